-- +goose Up

-- Events that came by the thousand (records of calls), a batch to a row. They are in the log like any other: positions and
-- versions go on counting through them.
CREATE TABLE event_batches (
    last  INTEGER PRIMARY KEY, -- position of its last event
    first INTEGER NOT NULL,
    at    INTEGER NOT NULL, -- of its last event, unix microseconds
    data  BLOB    NOT NULL -- package eventlog, batch.go
) STRICT;

-- Which batches hold events of a stream and kind.
CREATE TABLE event_batch_keys (
    stream TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (stream, kind, last)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_batch_kinds ON event_batch_keys (kind, last);

-- Readers of the log that must see every event: how far each has come. Nothing behind the slowest is ever removed.
CREATE TABLE log_readers (
    name     TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The records of calls, thousands to a row, column by column. Search reads them from the newest to the oldest and skips
-- those whose filter says that they cannot hold what is sought.
CREATE TABLE call_segments (
    first     INTEGER PRIMARY KEY, -- position of its first record
    last      INTEGER NOT NULL,
    rows      INTEGER NOT NULL,
    level     INTEGER NOT NULL, -- how often it was merged; 9: it is full
    min_at    INTEGER NOT NULL, -- unix microseconds, as everywhere
    max_at    INTEGER NOT NULL,
    providers TEXT    NOT NULL, -- JSON: of each its records and the version of the last one
    terms     BLOB    NOT NULL, -- a Bloom filter of all values that are searched for
    data      BLOB    NOT NULL -- package call, segment.go
) STRICT;

CREATE INDEX call_segments_open ON call_segments (first) WHERE level < 9;

-- How many records there are of each provider.
CREATE TABLE call_counts (
    provider TEXT PRIMARY KEY,
    records  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE call_counts;
DROP TABLE call_segments;
DROP TABLE log_readers;
DROP TABLE event_batch_keys;
DROP TABLE event_batches;
