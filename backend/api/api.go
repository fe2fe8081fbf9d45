package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"hangar/backend/alert"
	"hangar/backend/auth"
	"hangar/backend/call"
	"hangar/backend/catalog"
	"hangar/backend/clientconfig"
	"hangar/backend/discovery"
	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/fleet"
	"hangar/backend/group"
	"hangar/backend/history"
	"hangar/backend/invoke"
	"hangar/backend/mcp"
	"hangar/backend/operation"
	"hangar/backend/provider"
	"hangar/backend/registry"
	"hangar/backend/telemetry"
)

// Options are what the operations work with.
type Options struct {
	Providers     *provider.Service
	Fleet         *fleet.Fleet
	Invoke        *invoke.Service
	Groups        *group.Service
	GroupCalls    *invoke.Groups
	Auth          *auth.Service
	Discovery     *discovery.Service
	Operations    *operation.Service
	WebSocket     func(context.Context) (WebSocketStatus, error) // of the operations socket's own listener
	Catalog       *catalog.Service
	Registry      *registry.Mirror
	Configuration ConfigDesk
	Reach         func(host string, secure bool) clientconfig.Reach // by whoever asked for this host; its URL ends in /
	Events        *eventlog.Log
	Telemetry     *telemetry.Telemetry
	Calls         *call.Keeper
	History       *history.History
	Alerts        *alert.Service
	Compact       func(ctx context.Context, stream string) (int64, error)
	Tell          func(context.Context, event.Payload) error
	Level         *slog.LevelVar                       // of Log; nil: it cannot be changed
	Frame         func(event.Envelope) json.RawMessage // an event as GET /api/events shows it
	Version       string
	StoreID       string
	Started       time.Time
	BasePath      string // where the API is reached from outside, "/" or "/ops/"
	Log           *slog.Logger
}

// API is the REST face.
type API struct {
	Options
	huma huma.API
	json func() ([]byte, error)
	yaml func() ([]byte, error)
}

// New registers every operation on r, below /api.
func New(r chi.Router, o Options) *API {
	useErrorBody()
	a := &API{Options: o}
	c := huma.DefaultConfig("Hangar", o.Version)
	c.Info.Description = "Control plane and gateway for MCP servers: run providers, call their tools, watch all of it."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	// huma's own pages load from a CDN and its document handlers race (design/stack.md 2.1): we serve both ourselves.
	c.DocsPath, c.OpenAPIPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.RejectUnknownQueryParameters = true
	c.OnAddOperation = append(c.OnAddOperation, describeBody)
	c.Formats = map[string]huma.Format{"application/json": strictJSON(), "json": strictJSON()}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":    {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "An API key. Nothing is needed while nobody has to sign in."},
		"bearer": {Type: "http", Scheme: "bearer", Description: "The same key as Authorization: Bearer"},
	}
	c.Security = []map[string][]string{{"key": {}}, {"bearer": {}}, {}}
	a.huma = humachi.New(r, c)
	below := huma.NewGroup(a.huma, "/api")
	a.providers(below)
	a.bulk(below)
	a.tools(below)
	a.groups(below)
	a.authKeys(below)
	a.authPrincipals(below)
	a.authRoles(below)
	a.authPolicies(below)
	a.discovery(below)
	a.operations(below)
	a.websocket(below)
	a.connect(below)
	a.catalog(below)
	a.config(below)
	a.system(below)
	a.logLevel(below)
	a.events(below)
	a.audit(below)
	a.calls(below)
	a.activity(below)
	a.observability(below)
	a.maintenance(below)
	a.document(r)
	return a
}

// describeBody adds what every operation with a body may answer to one that is no JSON, or too large.
func describeBody(_ *huma.OpenAPI, o *huma.Operation) {
	if o.RequestBody == nil {
		return
	}
	for _, status := range []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge} {
		key := strconv.Itoa(status)
		if o.Responses[key] == nil {
			o.Responses[key] = &huma.Response{Description: http.StatusText(status), Content: o.Responses["422"].Content}
		}
	}
}

// maxDepth of a body; arguments of tools are the deepest that it holds.
const maxDepth = 100

// strictJSON refuses a body that could be read in two ways: what is judged must be what is done. huma decodes a body
// twice, first to judge it, so once is enough to look.
func strictJSON() huma.Format {
	plain := huma.DefaultJSONFormat
	return huma.Format{
		Marshal: plain.Marshal,
		Unmarshal: func(data []byte, v any) error {
			if _, judging := v.(*any); judging {
				if err := mcp.Strict(data, maxDepth); err != nil {
					return err
				}
			}
			err := plain.Unmarshal(data, v)
			if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && strings.HasPrefix(wrong.Value, "number ") {
				return fmt.Errorf("the %s is too large", wrong.Value)
			}
			return err
		},
	}
}

// document serves the OpenAPI document; it is made once, when first asked for.
func (a *API) document(r chi.Router) {
	if a.BasePath != "" {
		a.huma.OpenAPI().Servers = []*huma.Server{{URL: a.BasePath}}
	}
	a.json = sync.OnceValues(func() ([]byte, error) { return json.MarshalIndent(a.huma.OpenAPI(), "", "  ") })
	a.yaml = sync.OnceValues(func() ([]byte, error) { return a.huma.OpenAPI().YAML() })
	serve := func(contentType string, make func() ([]byte, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			doc, err := make()
			if err != nil {
				WriteError(w, r, a.Log, err)
				return
			}
			w.Header().Set("Content-Type", contentType)
			// The client may be gone.
			_, _ = w.Write(doc)
		}
	}
	r.Get("/api/openapi.json", serve("application/json", a.json))
	r.Get("/api/openapi.yaml", serve("application/yaml", a.yaml))
}

// YAML is the OpenAPI document.
func (a *API) YAML() ([]byte, error) { return a.yaml() }

// op describes an operation and the refusals that are its own; 401, 403, 422 and 500 belong to all of them.
func op(method, path, id, tag, summary string, status int, refusals ...int) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary, DefaultStatus: status,
		Errors: append(refusals, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity),
		// huma's deadline for the body stays on the connection and, 5 s later, ends the request as if its client had gone.
		BodyReadTimeout: -1,
	}
}
