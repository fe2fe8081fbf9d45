-- +goose Up
CREATE TABLE groups (
    id          TEXT PRIMARY KEY,
    strategy    TEXT    NOT NULL,
    min_healthy INTEGER NOT NULL,
    description TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

-- A member of which the provider is deleted leaves by an event of its own, so there is no cascade from providers.
CREATE TABLE group_members (
    group_id      TEXT    NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    provider_id   TEXT    NOT NULL,
    weight        INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    in_rotation   INTEGER NOT NULL,
    circuit_state TEXT    NOT NULL, -- closed, open, half_open
    epoch         INTEGER NOT NULL, -- when this breaker began, unix microseconds
    PRIMARY KEY (group_id, provider_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_provider ON group_members (provider_id);

-- +goose Down
DROP TABLE group_members;
DROP TABLE groups;
