-- +goose Up

-- Events that came by the thousand (records of calls), a batch to a row. They are in the log like any other: positions and
-- versions go on counting through them.
CREATE TABLE event_batches (
    last  BIGINT PRIMARY KEY, -- position of its last event
    first BIGINT NOT NULL,
    at    BIGINT NOT NULL, -- of its last event, unix microseconds
    data  BYTEA NOT NULL -- package eventlog, batch.go
);

-- Which batches hold events of a stream and kind.
CREATE TABLE event_batch_keys (
    stream TEXT COLLATE "C" NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL,
    last   BIGINT NOT NULL,
    PRIMARY KEY (stream, kind, last)
);

CREATE INDEX event_batch_kinds ON event_batch_keys (kind, last);

-- Readers of the log that must see every event: how far each has come. Nothing behind the slowest is ever removed.
CREATE TABLE log_readers (
    name     TEXT COLLATE "C" PRIMARY KEY,
    position BIGINT NOT NULL
);

-- The records of calls, thousands to a row, column by column. Search reads them from the newest to the oldest and skips
-- those whose filter says that they cannot hold what is sought.
CREATE TABLE call_segments (
    first     BIGINT PRIMARY KEY, -- position of its first record
    last      BIGINT NOT NULL,
    rows      BIGINT NOT NULL,
    level     BIGINT NOT NULL, -- how often it was merged; 9: it is full
    min_at    BIGINT NOT NULL, -- unix microseconds, as everywhere
    max_at    BIGINT NOT NULL,
    providers TEXT COLLATE "C" NOT NULL, -- JSON: of each its records and the version of the last one
    terms     BYTEA NOT NULL, -- a Bloom filter of all values that are searched for
    data      BYTEA NOT NULL -- package call, segment.go
);

CREATE INDEX call_segments_open ON call_segments (first) WHERE level < 9;

-- How many records there are of each provider.
CREATE TABLE call_counts (
    provider TEXT COLLATE "C" PRIMARY KEY,
    records  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE call_counts;
DROP TABLE call_segments;
DROP TABLE log_readers;
DROP TABLE event_batch_keys;
DROP TABLE event_batches;
