-- +goose Up
CREATE TABLE discovery_sources (
    id         TEXT COLLATE "C" PRIMARY KEY,
    type       TEXT COLLATE "C" NOT NULL, -- docker, filesystem, kubernetes, entrypoint
    mode       TEXT COLLATE "C" NOT NULL, -- additive, authoritative
    enabled    BIGINT NOT NULL,
    config     TEXT COLLATE "C" NOT NULL, -- JSON, discovery.Config
    declared   TEXT COLLATE "C", -- JSON, as the configuration file last said; NULL when it never did
    healthy    BIGINT NOT NULL DEFAULT 1,
    error      TEXT COLLATE "C" NOT NULL DEFAULT '',
    last_scan  BIGINT, -- that succeeded; unix microseconds
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What each source says of a name, and what became of it. A row at rest is not written by a look that finds it unchanged.
CREATE TABLE discoveries (
    source_id     TEXT COLLATE "C" NOT NULL REFERENCES discovery_sources (id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL,
    candidate     TEXT COLLATE "C" NOT NULL, -- JSON, discovery.Candidate as last seen
    fingerprint   TEXT COLLATE "C" NOT NULL,
    status        TEXT COLLATE "C" NOT NULL, -- pending, quarantined, registered, rejected
    reason        TEXT COLLATE "C" NOT NULL,
    evidence      TEXT COLLATE "C" NOT NULL,
    registered    TEXT COLLATE "C" NOT NULL DEFAULT '', -- fingerprint of the definition that the provider has; '' there is none
    rejected_for  TEXT COLLATE "C" NOT NULL DEFAULT '', -- fingerprint of the definition that a person does not want
    registered_at BIGINT, -- without a person, for the rate
    found_at      BIGINT NOT NULL,
    status_at     BIGINT NOT NULL,
    seen_at       BIGINT, -- NULL: it was there at its source's last scan
    missing_since BIGINT, -- the first scan that did not show it
    lost          BIGINT NOT NULL DEFAULT 0,  -- given up, and said so
    PRIMARY KEY (source_id, name)
);

CREATE INDEX discoveries_name ON discoveries (name);

-- +goose Down
DROP TABLE discoveries;
DROP TABLE discovery_sources;
