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

-- +goose Down
DROP TABLE event_batch_keys;
DROP TABLE event_batches;
