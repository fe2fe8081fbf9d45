-- +goose Up

-- The providers that an operation is about, as JSON; none for one that may be about any.
ALTER TABLE operations ADD COLUMN providers TEXT NOT NULL DEFAULT '[]';
