-- +goose Up

-- Which database this is. A client that sees another id than before knows that its positions mean nothing here.
CREATE TABLE store_info (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    id         TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

-- The log. Positions are 1..N without holes in commit order; versions are 1..N within a stream.
CREATE TABLE events (
    position   BIGINT PRIMARY KEY,
    id         TEXT COLLATE "C" NOT NULL UNIQUE,
    stream     TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    actor_type TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    data       TEXT COLLATE "C" NOT NULL,
    UNIQUE (stream, version)
);

CREATE INDEX events_kind ON events (kind, position);
CREATE INDEX events_stream_kind ON events (stream, kind, position);

CREATE TABLE streams (
    stream  TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL
);

-- The last position given out. Bumped in the transaction of the events, so that a rollback leaves no hole.
CREATE TABLE log_head (
    one  BIGINT PRIMARY KEY CHECK (one = 1),
    head BIGINT NOT NULL
);

INSERT INTO log_head (one, head) VALUES (1, 0);

-- What the writer stored last. When the connection breaks during a COMMIT, this says afterwards whether it was stored. Only
-- PostgreSQL needs it.
CREATE TABLE store_commit (
    one   BIGINT PRIMARY KEY CHECK (one = 1),
    token TEXT COLLATE "C" NOT NULL
);

INSERT INTO store_commit (one, token) VALUES (1, '');
