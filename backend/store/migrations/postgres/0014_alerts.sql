-- +goose Up

CREATE TABLE alerts (
    id          TEXT COLLATE "C" PRIMARY KEY,
    rule        TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL, -- provider:math, group:pool, group:pool/math, system
    level       TEXT COLLATE "C" NOT NULL,
    message     TEXT COLLATE "C" NOT NULL,
    event_type  TEXT COLLATE "C" NOT NULL,
    details     TEXT COLLATE "C" NOT NULL,
    fired_at    BIGINT NOT NULL,
    changed_at  BIGINT NOT NULL,
    resolved_at BIGINT NOT NULL, -- 0 while it fires
    count       BIGINT NOT NULL,
    acked_at    BIGINT NOT NULL, -- 0: nobody is at it
    acked_by    TEXT COLLATE "C" NOT NULL,
    ack_note    TEXT COLLATE "C" NOT NULL
);

-- One alert fires for a rule and a subject.
CREATE UNIQUE INDEX alerts_firing ON alerts (rule, subject) WHERE resolved_at = 0;
CREATE INDEX alerts_resolved ON alerts (resolved_at);

CREATE TABLE alert_silences (
    id      TEXT COLLATE "C" PRIMARY KEY,
    rule    TEXT COLLATE "C" NOT NULL, -- '': any
    subject TEXT COLLATE "C" NOT NULL, -- '': any
    reason  TEXT COLLATE "C" NOT NULL,
    made_by TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL,
    until   BIGINT NOT NULL
);

-- +goose Down
DROP TABLE alert_silences;
DROP TABLE alerts;
