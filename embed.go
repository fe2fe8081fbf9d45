// Package hangar embeds what the browser needs: the built dashboard, Swagger UI, the document of the sockets, the example
// client.
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

//go:embed openapi/asyncapi.yaml
var asyncAPI []byte

//go:embed examples/websocket_client_javascript.html examples/websocket_client_javascript.js
//go:embed examples/websocket_client_javascript.css
var examples embed.FS

// AsyncAPI is the document of the sockets, YAML.
func AsyncAPI() []byte { return asyncAPI }

// Examples is the HTML client of the operations socket, as a folder.
func Examples() fs.FS { return folder(examples, "examples") }

// Dist is the folder that `vite build` wrote.
func Dist() fs.FS { return folder(dist, "frontend/dist") }

func folder(files embed.FS, path string) fs.FS {
	sub, err := fs.Sub(files, path)
	if err != nil {
		panic(err) // only a path that is no path fails, and these are constants
	}
	return sub
}
