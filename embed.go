// Package hangar embeds what the browser needs: the built dashboard and Swagger UI.
//
// It stands at the module's root because go:embed cannot reach above its own folder. Owns: the embedded files. Uses: the standard
// library. Runs: nothing.
package hangar

import (
	"embed"
	"io/fs"
)

// A fresh clone holds only .gitkeep there: it must build, and web then says that the dashboard is not built. "all:"
// takes that file, and Vite's manifest under .vite/, along.
//
//go:embed all:frontend/dist
var dist embed.FS

// Dist is the folder that `vite build` wrote.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "frontend/dist")
	if err != nil {
		panic(err) // only a path that is no path fails, and this one is a constant
	}
	return sub
}
