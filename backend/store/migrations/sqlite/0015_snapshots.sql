-- +goose Up

-- The state of a stream as of a version: what the events up to it come to. The newest of each stream.
CREATE TABLE snapshots (
    stream   TEXT    PRIMARY KEY,
    version  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    state    TEXT    NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

-- A batch that goes takes its keys with it.
CREATE INDEX event_batch_lasts ON event_batch_keys (last);

-- +goose Down
DROP INDEX event_batch_lasts;
DROP TABLE snapshots;
