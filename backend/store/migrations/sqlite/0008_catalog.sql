-- +goose Up
-- What is built in is not here: it comes with the binary.
CREATE TABLE catalog_entries (
    id         TEXT PRIMARY KEY,
    source     TEXT    NOT NULL, -- custom, registry
    name       TEXT    NOT NULL,
    searched   TEXT    NOT NULL, -- name, title, description and tags in lower case
    entry      TEXT    NOT NULL, -- JSON, catalog.Entry
    generation INTEGER NOT NULL, -- of registry: the refresh that saw it last; 0 for custom
    created_at INTEGER NOT NULL, -- unix microseconds, as everywhere
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX catalog_entries_source ON catalog_entries (source, name);

-- At most one row: the registry that is mirrored.
CREATE TABLE catalog_mirror (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    registry    TEXT    NOT NULL, -- its address
    generation  INTEGER NOT NULL, -- counts refreshes
    full_at     INTEGER, -- when a complete one began; NULL: there was none
    refreshed_at INTEGER, -- when the last one began that came to its end
    failed_at   INTEGER,
    error       TEXT    NOT NULL -- why the last one failed; empty: it did not
) STRICT;

-- +goose Down
DROP TABLE catalog_mirror;
DROP TABLE catalog_entries;
