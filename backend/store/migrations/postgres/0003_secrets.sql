-- +goose Up

-- Values that must not be read from a copy of this file: each is sealed by a key that lies beside the database.
CREATE TABLE secrets (
    scope      TEXT COLLATE "C" NOT NULL, -- who keeps it: oauth.tokens
    name       TEXT COLLATE "C" NOT NULL, -- of what: a provider's id
    sealed     BYTEA NOT NULL, -- an envelope of package secret; scope and name are part of its seal
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);

-- +goose Down
DROP TABLE secrets;
