-- +goose Up

-- Which database this is. A client that sees another id than before knows that its positions mean nothing here.
CREATE TABLE store_info (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    id         TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The log. Positions are 1..N without holes in commit order; versions are 1..N within a stream.
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    stream     TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    actor_type TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    data       TEXT    NOT NULL,
    UNIQUE (stream, version)
) STRICT;

-- An index entry ends with the rowid, which is the position: these are (kind, position) and (stream, kind, position).
CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_stream_kind ON events (stream, kind);

CREATE TABLE streams (
    stream  TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last position given out. Bumped in the transaction of the events, so that a rollback leaves no hole.
CREATE TABLE log_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    head INTEGER NOT NULL
) STRICT;

INSERT INTO log_head (one, head) VALUES (1, 0);
