-- +goose Up
ALTER TABLE providers ADD COLUMN cycles BIGINT NOT NULL DEFAULT 0; -- failure cycles since it last ran well
ALTER TABLE providers ADD COLUMN retry_at BIGINT; -- unix microseconds of the next restart; NULL: none is due
ALTER TABLE providers ADD COLUMN disabled TEXT COLLATE "C"; -- JSON, provider.Disabled; NULL: it may be started
ALTER TABLE providers ADD COLUMN circuit_state TEXT COLLATE "C" NOT NULL DEFAULT 'closed';

-- +goose Down
ALTER TABLE providers DROP COLUMN circuit_state;
ALTER TABLE providers DROP COLUMN disabled;
ALTER TABLE providers DROP COLUMN retry_at;
ALTER TABLE providers DROP COLUMN cycles;
