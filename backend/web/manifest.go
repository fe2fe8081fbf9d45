package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
)

// Where things stand in the build. Vite's root is frontend/, so the entry's key is relative to it.
const (
	manifestFile  = ".vite/manifest.json"
	entryKey      = "app/main.tsx"
	swaggerScript = "vendor/swagger-ui/swagger-ui-bundle.js"
	swaggerStyle  = "vendor/swagger-ui/swagger-ui.css"
)

// chunk is one entry of Vite's manifest (https://vite.dev/guide/backend-integration).
type chunk struct {
	File    string   `json:"file"`
	CSS     []string `json:"css"`
	Imports []string `json:"imports"`
}

// entry is what the shell loads; paths are relative to the base path.
type entry struct {
	Script  string
	Styles  []string
	Preload []string // static imports of the script, so that they load beside it and not after it
}

func readManifest(dist fs.FS) (entry, error) {
	b, err := fs.ReadFile(dist, manifestFile)
	if err != nil {
		return entry{}, fmt.Errorf("read the dashboard's manifest: %w", err)
	}
	var chunks map[string]chunk
	if err := json.Unmarshal(b, &chunks); err != nil {
		return entry{}, fmt.Errorf("read the dashboard's manifest: %w", err)
	}
	main, ok := chunks[entryKey]
	if !ok {
		return entry{}, fmt.Errorf("the dashboard's manifest has no %s; build it again with `make build`", entryKey)
	}
	e := entry{Script: main.File}
	seen := map[string]bool{entryKey: true}
	var walk func(c chunk)
	walk = func(c chunk) {
		for _, key := range c.Imports { // imports first: their styles must come before those that build on them
			if seen[key] {
				continue
			}
			seen[key] = true
			walk(chunks[key])
			e.Preload = append(e.Preload, chunks[key].File)
		}
		for _, css := range c.CSS {
			if !slices.Contains(e.Styles, css) {
				e.Styles = append(e.Styles, css)
			}
		}
	}
	walk(main)
	return e, nil
}
