-- +goose Up

-- The way by which a change came, as JSON; empty for what Hangar does by itself.
ALTER TABLE events ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT '';
