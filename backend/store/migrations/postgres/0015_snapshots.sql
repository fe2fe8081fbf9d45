-- +goose Up

-- The state of a stream as of a version: what the events up to it come to. The newest of each stream.
CREATE TABLE snapshots (
    stream   TEXT COLLATE "C" PRIMARY KEY,
    version  BIGINT NOT NULL,
    position BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT COLLATE "C" NOT NULL -- JSON
);

-- A batch that goes takes its keys with it.
CREATE INDEX event_batch_lasts ON event_batch_keys (last);

-- +goose Down
DROP INDEX event_batch_lasts;
DROP TABLE snapshots;
