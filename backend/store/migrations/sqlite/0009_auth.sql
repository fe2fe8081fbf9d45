-- +goose Up

CREATE TABLE auth_principals (
    id          TEXT    PRIMARY KEY, -- a group's begins with group:
    kind        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    disabled    INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE auth_members (
    principal_id TEXT NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    group_id     TEXT NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    PRIMARY KEY (principal_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX auth_members_group ON auth_members (group_id);

-- The custom roles; the built-in ones are in the program.
CREATE TABLE auth_roles (
    name        TEXT    PRIMARY KEY,
    description TEXT    NOT NULL,
    permissions TEXT    NOT NULL, -- JSON, a list of resource:action[:id]
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE auth_bindings (
    principal_id TEXT    NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    role         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (principal_id, role)
) STRICT, WITHOUT ROWID;

CREATE INDEX auth_bindings_role ON auth_bindings (role);

CREATE TABLE auth_keys (
    id           TEXT    PRIMARY KEY,
    principal_id TEXT    NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL, -- the first characters, by which people tell keys apart
    hash         BLOB    NOT NULL UNIQUE, -- SHA-256 of the whole; a key is 256 random bits, so a slow hash protects nothing more
    created_by   TEXT    NOT NULL, -- as claimed
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL, -- 0: never
    revoked_at   INTEGER NOT NULL, -- 0: not
    revoked_by   TEXT    NOT NULL, -- as claimed
    reason       TEXT    NOT NULL, -- of the revocation
    replaced_by  TEXT    NOT NULL, -- the key that took its place by rotation, or ''
    used_at      INTEGER NOT NULL  -- written in batches; 0: never
) STRICT;

CREATE INDEX auth_keys_principal ON auth_keys (principal_id);

CREATE TABLE auth_policies (
    provider   TEXT    NOT NULL, -- a pattern
    tool       TEXT    NOT NULL, -- a pattern
    subject    TEXT    NOT NULL, -- a principal, group:name, role:name or *
    effect     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (provider, tool, subject)
) STRICT, WITHOUT ROWID;

-- Who is signed in to the dashboard.
CREATE TABLE auth_sessions (
    id           TEXT    PRIMARY KEY,
    hash         BLOB    NOT NULL UNIQUE, -- SHA-256 of the cookie
    principal_id TEXT    NOT NULL REFERENCES auth_principals (id) ON DELETE CASCADE,
    key_id       TEXT    NOT NULL REFERENCES auth_keys (id) ON DELETE CASCADE, -- which opened it; it ends with that key
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    used_at      INTEGER NOT NULL -- written in batches
) STRICT;

-- The one set-up link that is open, if any.
CREATE TABLE auth_setup (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    hash       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE auth_setup;
DROP TABLE auth_sessions;
DROP TABLE auth_policies;
DROP TABLE auth_keys;
DROP TABLE auth_bindings;
DROP TABLE auth_roles;
DROP TABLE auth_members;
DROP TABLE auth_principals;
