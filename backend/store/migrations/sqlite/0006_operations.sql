-- +goose Up
CREATE TABLE operations (
    id          TEXT PRIMARY KEY,
    type        TEXT    NOT NULL,
    status      TEXT    NOT NULL, -- running, what a status event said, completed, error, cancelled
    progress    REAL    NOT NULL,
    message     TEXT    NOT NULL, -- the last one that was reported
    metadata    TEXT    NOT NULL, -- JSON, an object
    error       TEXT, -- JSON, operation.ErrorData; NULL: it has not failed
    events      INTEGER NOT NULL,
    cancellable INTEGER NOT NULL,
    actor_type  TEXT    NOT NULL,
    actor_id    TEXT    NOT NULL,
    started_at  INTEGER NOT NULL, -- unix microseconds, as everywhere
    ended_at    INTEGER -- NULL: it runs
) STRICT;

CREATE INDEX operations_started ON operations (started_at);
CREATE INDEX operations_ended ON operations (ended_at, started_at);

-- +goose Down
DROP TABLE operations;
