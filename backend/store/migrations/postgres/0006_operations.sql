-- +goose Up
CREATE TABLE operations (
    id          TEXT COLLATE "C" PRIMARY KEY,
    type        TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL, -- running, what a status event said, completed, error, cancelled
    progress    DOUBLE PRECISION NOT NULL,
    message     TEXT COLLATE "C" NOT NULL, -- the last one that was reported
    metadata    TEXT COLLATE "C" NOT NULL, -- JSON, an object
    error       TEXT COLLATE "C", -- JSON, operation.ErrorData; NULL: it has not failed
    events      BIGINT NOT NULL,
    cancellable BIGINT NOT NULL,
    actor_type  TEXT COLLATE "C" NOT NULL,
    actor_id    TEXT COLLATE "C" NOT NULL,
    started_at  BIGINT NOT NULL, -- unix microseconds, as everywhere
    ended_at    BIGINT -- NULL: it runs
);

CREATE INDEX operations_started ON operations (started_at);
CREATE INDEX operations_ended ON operations (ended_at, started_at);

-- +goose Down
DROP TABLE operations;
