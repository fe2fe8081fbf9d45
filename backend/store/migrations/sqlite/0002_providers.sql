-- +goose Up
CREATE TABLE providers (
    id          TEXT PRIMARY KEY,
    mode        TEXT    NOT NULL,
    spec        TEXT    NOT NULL, -- JSON, provider.Spec
    source      TEXT    NOT NULL,
    declared    TEXT, -- JSON, the spec as the configuration file last said; NULL when it never did
    state       TEXT    NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    last_error  TEXT, -- JSON, provider.LastError
    meta        TEXT    NOT NULL DEFAULT '{}', -- JSON, provider.Meta
    tools       INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL, -- unix microseconds, as everywhere
    updated_at  INTEGER NOT NULL
) STRICT;

-- Counters outlive their provider: deletion folds its row into the one with the empty id.
CREATE TABLE provider_stats (
    provider_id     TEXT PRIMARY KEY,
    calls           INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    last_call_at    INTEGER,
    last_success_at INTEGER,
    last_failure_at INTEGER
) STRICT;

-- What a provider offers, as it said in its last handshake; read while it is cold.
CREATE TABLE provider_catalogue (
    provider_id TEXT    NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL, -- tool, prompt, resource, template
    ord         INTEGER NOT NULL, -- the provider's own order
    name        TEXT    NOT NULL, -- name of a tool or prompt, URI of a resource
    raw         TEXT    NOT NULL, -- JSON, byte for byte
    PRIMARY KEY (provider_id, kind, ord)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE provider_catalogue;
DROP TABLE provider_stats;
DROP TABLE providers;
