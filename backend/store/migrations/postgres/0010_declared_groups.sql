-- +goose Up
ALTER TABLE groups ADD COLUMN source TEXT COLLATE "C" NOT NULL DEFAULT 'api'; -- who owns it, as with providers
ALTER TABLE groups ADD COLUMN declared TEXT COLLATE "C"; -- JSON, group.Spec as the configuration file last said; NULL when it never did

-- +goose Down
ALTER TABLE groups DROP COLUMN declared;
ALTER TABLE groups DROP COLUMN source;
