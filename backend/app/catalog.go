package app

import (
	"context"
	"fmt"
	"os"

	"hangar/backend/catalog"
	"hangar/backend/registry"
)

// buildCatalog makes the catalog, and the mirror of a registry where one is configured.
func (a *App) buildCatalog(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program, which the demo of the catalog runs: %w", err)
	}
	a.catalog = catalog.New(catalog.Options{DB: a.db, Events: a.events, Providers: a.providers, Program: program})
	a.registry = registry.New(registry.Options{
		Catalog: a.catalog, Operations: a.operations, URL: a.opts.Config.Catalog.Registry, Version: a.opts.Version, Log: a.opts.Log,
	})
	return a.registry.Recover(ctx)
}
