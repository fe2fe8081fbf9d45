-- +goose Up

CREATE TABLE alerts (
    id          TEXT    PRIMARY KEY,
    rule        TEXT    NOT NULL,
    subject     TEXT    NOT NULL, -- provider:math, group:pool, group:pool/math, system
    level       TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    event_type  TEXT    NOT NULL,
    details     TEXT    NOT NULL,
    fired_at    INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL, -- 0 while it fires
    count       INTEGER NOT NULL,
    acked_at    INTEGER NOT NULL, -- 0: nobody is at it
    acked_by    TEXT    NOT NULL,
    ack_note    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- One alert fires for a rule and a subject.
CREATE UNIQUE INDEX alerts_firing ON alerts (rule, subject) WHERE resolved_at = 0;
CREATE INDEX alerts_resolved ON alerts (resolved_at);

CREATE TABLE alert_silences (
    id      TEXT    PRIMARY KEY,
    rule    TEXT    NOT NULL, -- '': any
    subject TEXT    NOT NULL, -- '': any
    reason  TEXT    NOT NULL,
    made_by TEXT    NOT NULL,
    made_at INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE alert_silences;
DROP TABLE alerts;
