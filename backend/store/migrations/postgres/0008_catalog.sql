-- +goose Up
-- What is built in is not here: it comes with the binary.
CREATE TABLE catalog_entries (
    id         TEXT COLLATE "C" PRIMARY KEY,
    source     TEXT COLLATE "C" NOT NULL, -- custom, registry
    name       TEXT COLLATE "C" NOT NULL,
    searched   TEXT COLLATE "C" NOT NULL, -- name, title, description and tags in lower case
    entry      TEXT COLLATE "C" NOT NULL, -- JSON, catalog.Entry
    generation BIGINT NOT NULL, -- of registry: the refresh that saw it last; 0 for custom
    created_at BIGINT NOT NULL, -- unix microseconds, as everywhere
    updated_at BIGINT NOT NULL
);

CREATE INDEX catalog_entries_source ON catalog_entries (source, name);

-- At most one row: the registry that is mirrored.
CREATE TABLE catalog_mirror (
    id          BIGINT PRIMARY KEY CHECK (id = 1),
    registry    TEXT COLLATE "C" NOT NULL, -- its address
    generation  BIGINT NOT NULL, -- counts refreshes
    full_at     BIGINT, -- when a complete one began; NULL: there was none
    refreshed_at BIGINT, -- when the last one began that came to its end
    failed_at   BIGINT,
    error       TEXT COLLATE "C" NOT NULL -- why the last one failed; empty: it did not
);

-- +goose Down
DROP TABLE catalog_mirror;
DROP TABLE catalog_entries;
