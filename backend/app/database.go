package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"hangar/backend/config"
	"hangar/backend/reference"
	"hangar/backend/store"
)

// databaseURL puts in what a URL of a database refers to.
func databaseURL(url string) (string, error) {
	resolved, err := reference.Source{}.Resolve(url)
	if err != nil {
		return "", fmt.Errorf("storage.url: %w", err)
	}
	if resolved == "" && url != "" {
		return "", errors.New("storage.url: what it refers to is empty")
	}
	return resolved, nil
}

// Migrate copies everything that one database holds into another; each is a PostgreSQL URL, which may hold references, or
// empty for SQLite in the data directory.
func Migrate(ctx context.Context, c *config.Config, from, to string, log *slog.Logger) ([]store.Copied, error) {
	m := store.Move{Dir: c.DataDir, Log: log}
	var err error
	if m.From, err = databaseURL(from); err == nil {
		m.To, err = databaseURL(to)
	}
	if err != nil {
		return nil, err
	}
	return store.Migrate(ctx, m)
}
