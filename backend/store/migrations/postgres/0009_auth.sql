-- +goose Up

CREATE TABLE auth_principals (
    id          TEXT COLLATE "C" PRIMARY KEY, -- a group's begins with group:
    kind        TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    disabled    BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE auth_members (
    principal_id TEXT COLLATE "C" NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    group_id     TEXT COLLATE "C" NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    PRIMARY KEY (principal_id, group_id)
);

CREATE INDEX auth_members_group ON auth_members (group_id);

-- The custom roles; the built-in ones are in the program.
CREATE TABLE auth_roles (
    name        TEXT COLLATE "C" PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL,
    permissions TEXT COLLATE "C" NOT NULL, -- JSON, a list of resource:action[:id]
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE auth_bindings (
    principal_id TEXT COLLATE "C" NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    role         TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (principal_id, role)
);

CREATE INDEX auth_bindings_role ON auth_bindings (role);

CREATE TABLE auth_keys (
    id           TEXT COLLATE "C" PRIMARY KEY,
    principal_id TEXT COLLATE "C" NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    name         TEXT COLLATE "C" NOT NULL,
    prefix       TEXT COLLATE "C" NOT NULL, -- the first characters, by which people tell keys apart
    hash         BYTEA NOT NULL UNIQUE, -- SHA-256 of the whole; a key is 256 random bits, so a slow hash protects nothing more
    created_by   TEXT COLLATE "C" NOT NULL, -- as claimed
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL, -- 0: never
    revoked_at   BIGINT NOT NULL, -- 0: not
    revoked_by   TEXT COLLATE "C" NOT NULL, -- as claimed
    reason       TEXT COLLATE "C" NOT NULL, -- of the revocation
    replaced_by  TEXT COLLATE "C" NOT NULL, -- the key that took its place by rotation, or ''
    used_at      BIGINT NOT NULL  -- written in batches; 0: never
);

CREATE INDEX auth_keys_principal ON auth_keys (principal_id);

CREATE TABLE auth_policies (
    provider   TEXT COLLATE "C" NOT NULL, -- a pattern
    tool       TEXT COLLATE "C" NOT NULL, -- a pattern
    subject    TEXT COLLATE "C" NOT NULL, -- a principal, group:name, role:name or *
    effect     TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (provider, tool, subject)
);

-- Who is signed in to the dashboard.
CREATE TABLE auth_sessions (
    id           TEXT COLLATE "C" PRIMARY KEY,
    hash         BYTEA NOT NULL UNIQUE, -- SHA-256 of the cookie
    principal_id TEXT COLLATE "C" NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    key_id       TEXT COLLATE "C" NOT NULL REFERENCES auth_keys (id) ON DELETE CASCADE, -- which opened it; it ends with that key
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL -- written in batches
);

-- The one set-up link that is open, if any.
CREATE TABLE auth_setup (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    hash       BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE auth_setup;
DROP TABLE auth_sessions;
DROP TABLE auth_policies;
DROP TABLE auth_keys;
DROP TABLE auth_bindings;
DROP TABLE auth_roles;
DROP TABLE auth_members;
DROP TABLE auth_principals;
