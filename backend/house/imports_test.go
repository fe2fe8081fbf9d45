package house

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The rooms by height (docs/architecture.md). A room may import what its row lists, in any file but its tests.
const (
	floor   = "fault event mcp egress redact reference nesting sabotage"
	storage = "store eventlog secret"
	nouns   = "breaker provider group catalog audit auth discovery operation"
	motion  = "launch upstream oauth fleet invoke registry bridge"
	below   = floor + " " + storage + " " + nouns + " " + motion // what a face that serves others may use
	watch   = "telemetry call history alert upkeep"              // readers of the log that no face is below of
	faces   = "api gateway manage stream web edge config demo"
)

func table() map[string]string {
	return map[string]string{
		"fault":     "",
		"event":     "",
		"mcp":       "",
		"egress":    "sabotage egress/plain",
		"redact":    "",
		"reference": "",
		"nesting":   "",
		"sabotage":  "",

		"egress/plain": "",

		"store":    "fault sabotage",
		"eventlog": "store event fault",
		"secret":   "store fault",

		"breaker":   "",
		"operation": "fault event store eventlog", // the lowest noun: others report through it
		"provider":  "breaker " + floor + " " + storage,
		"group":     "breaker provider " + floor + " " + storage,
		"catalog":   "provider " + floor + " " + storage,
		"discovery": "operation provider engine " + floor + " " + storage,
		"auth":      floor + " " + storage,
		"audit":     floor + " " + storage,

		"engine": "egress", // launch's and discovery's

		"launch":   "engine provider fault",
		"upstream": "launch provider " + floor,
		"bridge":   "mcp fault",
		"oauth":    "upstream mcp provider secret egress fault",
		"registry": "catalog operation provider egress event fault",
		"fleet":    "breaker operation upstream launch provider " + floor + " " + storage,
		"invoke":   "auth breaker operation provider group eventlog " + floor, // fleet stands behind an interface of invoke's own

		"gateway":      below,
		"manage":       "gateway auth group invoke mcp provider fault",
		"api":          below + " " + watch + " config clientconfig", // its answers, and the words of a plan
		"call":         "event eventlog fault provider store",
		"upkeep":       "event eventlog fault store",
		"backup":       "event store secret",
		"alert":        "breaker event eventlog fault group provider store",
		"history":      "call event fault provider store",
		"telemetry":    "alert audit upkeep discovery invoke breaker event eventlog group operation provider",
		"stream":       "auth provider operation eventlog event fault", // log lines come through an interface of its own
		"web":          "auth fault",
		"edge":         "audit auth event fault sabotage",
		"config":       "provider group discovery auth reference nesting fault", // any noun's Spec
		"demo":         "mcp",
		"clientconfig": "provider fault",

		"app":        below + " engine clientconfig " + watch + " " + faces,
		"cmd/hangar": "app auth backup clientconfig config demo gateway provider secret store",

		"mcptest":             "mcp",
		"mcptest/cmd/hostile": "mcptest",
		"enginetest":          "engine",
		"storetest":           "",
		"storetest/fresh":     "store storetest",
		"apifuzz":             "",
		"apptest":             "app config mcptest storetest storetest/fresh " + below,
		"e2e":                 "",                                               // sees the binary from outside
		"faults":              "engine",                                         // so does this one, and asks the engine what is left
		"bench":               "app config provider event storetest " + storage, // measures the binary, and the log by itself
		"bench/cmd/floor":     "",
		"house":               "",
	}
}

// inTests is what any room's tests may import beside the room's own row: a store to work on, the fakes, the whole app.
const inTests = storage + " storetest storetest/fresh mcptest enginetest apptest demo"

// libraries says exactly which rooms use a module; the standard library is free. A library in two rooms deserves a
// thought; docs/dependencies.md says why each is there.
func libraries() map[string]string {
	return map[string]string{
		"github.com/a-h/templ":                   "web",
		"github.com/coder/websocket":             "stream",
		"github.com/containerd/errdefs":          "engine",
		"github.com/danielgtaylor/huma/v2":       "api",
		"github.com/go-chi/chi/v5":               "api app gateway stream",
		"github.com/aymanbagabas/go-udiff":       "config",
		"github.com/fsnotify/fsnotify":           "app discovery",
		"github.com/go-logr/logr":                "discovery",
		"github.com/google/uuid":                 "alert app call discovery eventlog invoke manage operation store",
		"github.com/goccy/go-yaml":               "catalog config discovery web",
		"github.com/jackc/pgx/v5":                "store storetest",
		"github.com/jmoiron/sqlx":                "eventlog store",
		"github.com/moby/moby/api":               "engine",
		"github.com/moby/moby/client":            "engine enginetest",
		"github.com/pressly/goose/v3":            "store",
		"github.com/spf13/cobra":                 "cmd/hangar",
		"github.com/tailscale/hujson":            "clientconfig",
		"github.com/spf13/pflag":                 "cmd/hangar",
		"github.com/sony/gobreaker/v2":           "breaker",
		"github.com/modelcontextprotocol/go-sdk": "oauth",
		"golang.org/x/sys":                       "launch mcptest",
		"golang.org/x/crypto/x509roots/fallback": "cmd/hangar",
		"golang.org/x/time":                      "edge",
		"k8s.io/apimachinery":                    "discovery",
		"k8s.io/client-go":                       "discovery",
		"k8s.io/klog/v2":                         "discovery",
		"modernc.org/sqlite":                     "store",
		"github.com/prometheus/client_golang":    "telemetry",
		"github.com/prometheus/common":           "telemetry",
	}
}

// forTests are modules that any test may use.
const forTests = "go.uber.org/goleak github.com/modelcontextprotocol/go-sdk github.com/coder/websocket github.com/go-chi/chi/v5 golang.org/x/sync " +
	"github.com/goccy/go-yaml github.com/google/jsonschema-go"

const (
	module = "hangar"
	prefix = "hangar/backend/"
)

func TestWhoImportsWhom(t *testing.T) {
	rules, seen := table(), map[string]bool{}
	for _, p := range packages(t) {
		room, ok := strings.CutPrefix(p.ImportPath, prefix)
		if !ok {
			continue
		}
		row, ok := rules[room]
		if !ok {
			t.Errorf("room %s has no row in the table of house/imports_test.go", room)
			continue
		}
		seen[room] = true
		check(t, room, p.Imports, row)
		check(t, room+" (test)", slices.Concat(p.TestImports, p.XTestImports), row+" "+inTests+" "+room)
	}
	for room := range rules {
		if !seen[room] {
			t.Errorf("the table has a row for %s, which does not exist", room)
		}
	}
}

func check(t *testing.T, room string, imports []string, row string) {
	t.Helper()
	allowed := strings.Fields(row)
	for _, path := range imports {
		if other, ok := strings.CutPrefix(path, prefix); ok && !slices.Contains(allowed, other) {
			t.Errorf("%s imports %s; it may import: %s", room, other, row)
		}
	}
}

func TestWhichLibraryBelongsWhere(t *testing.T) {
	rules, used := libraries(), map[string][]string{}
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, prefix)
		for _, path := range p.Imports {
			if lib := library(path); lib != "" && !slices.Contains(used[lib], room) {
				used[lib] = append(used[lib], room)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			lib := library(path)
			if lib != "" && !slices.Contains(strings.Fields(rules[lib]), room) && !slices.Contains(strings.Fields(forTests), lib) {
				t.Errorf("the tests of %s use %s, which belongs to: %s", room, lib, rules[lib])
			}
		}
	}
	for lib, rooms := range used {
		slices.Sort(rooms)
		if got := strings.Join(rooms, " "); got != rules[lib] {
			t.Errorf("%s is used by: %s; the table says: %s", lib, got, rules[lib])
		}
	}
	for lib := range rules {
		if len(used[lib]) == 0 {
			t.Errorf("the table has a row for %s, which nobody uses", lib)
		}
	}
}

// library is the module of an import path, or "" for the standard library and our own.
func library(path string) string {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") || first == module {
		return ""
	}
	for _, known := range slices.Concat(slices.Collect(maps.Keys(libraries())), strings.Fields(forTests)) {
		if path == known || strings.HasPrefix(path, known+"/") {
			return known
		}
	}
	return path
}

// The floor is what everyone stands on: it must not bring anything along.
func TestTheFloorNeedsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range packages(t) {
		room := strings.TrimPrefix(p.ImportPath, prefix)
		if !slices.Contains(strings.Fields(floor), room) {
			continue
		}
		for _, dep := range p.Deps {
			own := dep == prefix+"sabotage" || strings.HasPrefix(dep, prefix+room+"/") // constants, all of them false; a room within
			if library(dep) != "" || strings.HasPrefix(dep, prefix) && !own {
				t.Errorf("%s depends on %s", room, dep)
			}
		}
	}
}
