-- +goose Up
CREATE TABLE providers (
    id          TEXT COLLATE "C" PRIMARY KEY,
    mode        TEXT COLLATE "C" NOT NULL,
    spec        TEXT COLLATE "C" NOT NULL, -- JSON, provider.Spec
    source      TEXT COLLATE "C" NOT NULL,
    declared    TEXT COLLATE "C", -- JSON, the spec as the configuration file last said; NULL when it never did
    state       TEXT COLLATE "C" NOT NULL,
    failures    BIGINT NOT NULL DEFAULT 0,
    last_error  TEXT COLLATE "C", -- JSON, provider.LastError
    meta        TEXT COLLATE "C" NOT NULL DEFAULT '{}', -- JSON, provider.Meta
    tools       BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL, -- unix microseconds, as everywhere
    updated_at  BIGINT NOT NULL
);

-- Counters outlive their provider: deletion folds its row into the one with the empty id.
CREATE TABLE provider_stats (
    provider_id     TEXT COLLATE "C" PRIMARY KEY,
    calls           BIGINT NOT NULL DEFAULT 0,
    failed          BIGINT NOT NULL DEFAULT 0,
    last_call_at    BIGINT,
    last_success_at BIGINT,
    last_failure_at BIGINT
);

-- What a provider offers, as it said in its last handshake; read while it is cold.
CREATE TABLE provider_catalogue (
    provider_id TEXT COLLATE "C" NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    kind        TEXT COLLATE "C" NOT NULL, -- tool, prompt, resource, template
    ord         BIGINT NOT NULL, -- the provider's own order
    name        TEXT COLLATE "C" NOT NULL, -- name of a tool or prompt, URI of a resource
    raw         TEXT COLLATE "C" NOT NULL, -- JSON, byte for byte
    PRIMARY KEY (provider_id, kind, ord)
);

-- +goose Down
DROP TABLE provider_catalogue;
DROP TABLE provider_stats;
DROP TABLE providers;
