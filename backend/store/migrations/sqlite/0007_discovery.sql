-- +goose Up
CREATE TABLE discovery_sources (
    id         TEXT PRIMARY KEY,
    type       TEXT    NOT NULL, -- docker, filesystem, kubernetes, entrypoint
    mode       TEXT    NOT NULL, -- additive, authoritative
    enabled    INTEGER NOT NULL,
    config     TEXT    NOT NULL, -- JSON, discovery.Config
    declared   TEXT,             -- JSON, as the configuration file last said; NULL when it never did
    healthy    INTEGER NOT NULL DEFAULT 1,
    error      TEXT    NOT NULL DEFAULT '',
    last_scan  INTEGER,          -- that succeeded; unix microseconds
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- What each source says of a name, and what became of it. A row at rest is not written by a look that finds it unchanged.
CREATE TABLE discoveries (
    source_id     TEXT    NOT NULL REFERENCES discovery_sources (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    candidate     TEXT    NOT NULL, -- JSON, discovery.Candidate as last seen
    fingerprint   TEXT    NOT NULL,
    status        TEXT    NOT NULL, -- pending, quarantined, registered, rejected
    reason        TEXT    NOT NULL,
    evidence      TEXT    NOT NULL,
    registered    TEXT    NOT NULL DEFAULT '', -- fingerprint of the definition that the provider has; '' there is none
    rejected_for  TEXT    NOT NULL DEFAULT '', -- fingerprint of the definition that a person does not want
    registered_at INTEGER,                     -- without a person, for the rate
    found_at      INTEGER NOT NULL,
    status_at     INTEGER NOT NULL,
    seen_at       INTEGER,                     -- NULL: it was there at its source's last scan
    missing_since INTEGER,                     -- the first scan that did not show it
    lost          INTEGER NOT NULL DEFAULT 0,  -- given up, and said so
    PRIMARY KEY (source_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX discoveries_name ON discoveries (name);

-- +goose Down
DROP TABLE discoveries;
DROP TABLE discovery_sources;
