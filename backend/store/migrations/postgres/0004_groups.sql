-- +goose Up
CREATE TABLE groups (
    id          TEXT COLLATE "C" PRIMARY KEY,
    strategy    TEXT COLLATE "C" NOT NULL,
    min_healthy BIGINT NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- A member of which the provider is deleted leaves by an event of its own, so there is no cascade from providers.
CREATE TABLE group_members (
    group_id      TEXT COLLATE "C" NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    provider_id   TEXT COLLATE "C" NOT NULL,
    weight        BIGINT NOT NULL,
    priority      BIGINT NOT NULL,
    in_rotation   BIGINT NOT NULL,
    circuit_state TEXT COLLATE "C" NOT NULL, -- closed, open, half_open
    epoch         BIGINT NOT NULL, -- when this breaker began, unix microseconds
    PRIMARY KEY (group_id, provider_id)
);

CREATE INDEX group_members_provider ON group_members (provider_id);

-- +goose Down
DROP TABLE group_members;
DROP TABLE groups;
