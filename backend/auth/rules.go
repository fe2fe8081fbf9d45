package auth

import (
	"slices"
	"strings"
)

// Permission is what a door asks for, as resource:action.
type Permission string

// The permissions. Public and SignedIn are not granted by roles.
const (
	Public          Permission = "public"    // nobody is asked; says nothing about the fleet
	SignedIn        Permission = "signed-in" // whoever has signed in
	SystemRead      Permission = "system:read"
	SystemWrite     Permission = "system:write" // what the process itself does: its log's level, upkeep of its store
	DebugRead       Permission = "debug:read"   // profiles of the process, which hold pieces of its memory
	MetricsRead     Permission = "metrics:read"
	AlertsRead      Permission = "alert:read"
	AlertsWrite     Permission = "alert:write" // acknowledge, silence
	CallsRead       Permission = "call:read"
	EventsRead      Permission = "event:read"
	ProvidersRead   Permission = "provider:read"
	ProvidersExec   Permission = "provider:exec" // say what is run: define, change, deploy, approve
	ProvidersStart  Permission = "provider:start"
	ProvidersStop   Permission = "provider:stop"
	ProvidersDrop   Permission = "provider:delete"
	LogsRead        Permission = "log:read"
	ConfigRead      Permission = "config:read"
	ConfigUpdate    Permission = "config:update" // keep a copy; what brings a configuration into effect is provider:exec
	GroupsRead      Permission = "group:read"
	GroupsCreate    Permission = "group:create"
	GroupsUpdate    Permission = "group:update"
	GroupsDelete    Permission = "group:delete"
	CatalogRead     Permission = "catalog:read"
	CatalogWrite    Permission = "catalog:write" // what can be deployed; deploying needs provider:exec
	DiscoveryRead   Permission = "discovery:read"
	DiscoveryWrite  Permission = "discovery:write" // remove a source, look at one, reject; adding and approving is provider:exec
	OperationsRead  Permission = "operation:read"
	OperationsWrite Permission = "operation:write" // begin, report on, cancel, forget
	ToolsList       Permission = "tool:list"
	ToolsInvoke     Permission = "tool:invoke"
	AuthRead        Permission = "auth:read"
	AuthUpdate      Permission = "auth:update"
	AuditRead       Permission = "audit:read"
)

// Rules maps every door to its permission. Keys are "METHOD /path" as the router knows it, "WS /path", "MCP method" and
// "TOOL name" for a tool of Hangar's own, with the parameter of what it is about behind its name. An absent door stays shut.
func Rules() map[string]Permission {
	return map[string]Permission{
		"GET /api/system":                 SystemRead,
		"GET /api/events":                 EventsRead,
		"GET /api/observability/audit":    AuditRead,
		"GET /api/observability/security": AuditRead,
		"GET /api/openapi.json":           SignedIn,
		"GET /api/openapi.yaml":           SignedIn,
		"GET /api/asyncapi.yaml":          SignedIn,
		"GET /api/system/log-level":       SystemRead,
		"PUT /api/system/log-level":       SystemWrite,

		"GET /api/providers":                                       ProvidersRead,
		"POST /api/providers":                                      ProvidersExec,
		"POST /api/providers/bulk":                                 ProvidersRead, // and the verb's own permission for each provider
		"GET /api/providers/{provider_id}":                         ProvidersRead,
		"PUT /api/providers/{provider_id}":                         ProvidersExec,
		"DELETE /api/providers/{provider_id}":                      ProvidersDrop,
		"POST /api/providers/{provider_id}/start":                  ProvidersStart,
		"POST /api/providers/{provider_id}/stop":                   ProvidersStop,
		"GET /api/tools":                                           ToolsList,
		"GET /api/providers/{provider_id}/tools":                   ToolsList,
		"GET /api/providers/{provider_id}/tools/history":           EventsRead,
		"POST /api/providers/{provider_id}/tools/{tool_name}/call": ToolsInvoke,
		"GET /api/providers/{provider_id}/health":                  ProvidersRead,
		"GET /api/providers/{provider_id}/logs":                    LogsRead,

		"GET /api/groups":                                    GroupsRead,
		"POST /api/groups":                                   GroupsCreate,
		"GET /api/groups/{group_id}":                         GroupsRead,
		"PUT /api/groups/{group_id}":                         GroupsUpdate,
		"DELETE /api/groups/{group_id}":                      GroupsDelete,
		"POST /api/groups/{group_id}/rebalance":              GroupsUpdate,
		"POST /api/groups/{group_id}/members":                GroupsUpdate,
		"DELETE /api/groups/{group_id}/members/{member_id}":  GroupsUpdate,
		"POST /api/groups/{group_id}/tools/{tool_name}/call": ToolsInvoke,

		"GET /api/catalog":                                           CatalogRead,
		"POST /api/catalog":                                          CatalogWrite,
		"GET /api/catalog/{entry_id}":                                CatalogRead,
		"DELETE /api/catalog/{entry_id}":                             CatalogWrite,
		"POST /api/catalog/{entry_id}/deploy":                        ProvidersExec,
		"POST /api/catalog/import":                                   CatalogWrite,
		"GET /api/catalog/mirror":                                    CatalogRead,
		"POST /api/catalog/mirror/refresh":                           CatalogWrite,
		"POST /api/auth/keys":                                        AuthUpdate,
		"GET /api/auth/keys/{id}":                                    AuthRead, // a principal's keys
		"DELETE /api/auth/keys/{id}":                                 AuthUpdate,
		"POST /api/auth/keys/{id}/rotate":                            AuthUpdate,
		"GET /api/auth/roles":                                        AuthRead,
		"POST /api/auth/roles":                                       AuthUpdate,
		"GET /api/auth/roles/builtin":                                AuthRead,
		"GET /api/auth/roles/{role_id}":                              AuthRead,
		"PUT /api/auth/roles/{role_id}":                              AuthUpdate,
		"DELETE /api/auth/roles/{role_id}":                           AuthUpdate,
		"GET /api/auth/principals":                                   AuthRead,
		"PUT /api/auth/principals/{principal_id}":                    AuthUpdate,
		"DELETE /api/auth/principals/{principal_id}":                 AuthUpdate,
		"GET /api/auth/principals/{principal_id}/roles":              AuthRead,
		"POST /api/auth/principals/{principal_id}/roles":             AuthUpdate,
		"DELETE /api/auth/principals/{principal_id}/roles/{role_id}": AuthUpdate,
		"POST /api/auth/check-permission":                            AuthRead,
		"POST /api/auth/explain":                                     AuthRead,
		"GET /api/auth/permissions":                                  AuthRead,
		"GET /api/auth/policies":                                     AuthRead,
		"GET /api/auth/policies/{provider_id}/{tool_name}":           AuthRead,
		"PUT /api/auth/policies/{provider_id}/{tool_name}":           AuthUpdate,
		"DELETE /api/auth/policies/{provider_id}/{tool_name}":        AuthUpdate,
		"GET /api/auth/whoami":                                       SignedIn,
		"POST /api/auth/ticket":                                      SignedIn,

		"GET /api/discovery/sources":                    DiscoveryRead,
		"POST /api/discovery/sources":                   ProvidersExec, // a source may approve by itself
		"PUT /api/discovery/sources/{source_id}":        ProvidersExec,
		"DELETE /api/discovery/sources/{source_id}":     DiscoveryWrite,
		"POST /api/discovery/sources/{source_id}/scan":  DiscoveryWrite,
		"PUT /api/discovery/sources/{source_id}/enable": ProvidersExec,
		"GET /api/discovery/providers":                  DiscoveryRead,
		"GET /api/discovery/pending":                    DiscoveryRead,
		"GET /api/discovery/quarantined":                DiscoveryRead,
		"POST /api/discovery/approve/{name}":            ProvidersExec, // as creating the provider
		"POST /api/discovery/reject/{name}":             DiscoveryWrite,

		"GET /api/connect/{client}": ToolsList,
		"POST /api/connect/import":  ProvidersExec, // as creating the providers

		"GET /api/operations":                          OperationsRead,
		"POST /api/operations":                         OperationsWrite,
		"GET /api/operations/{operation_id}":           OperationsRead,
		"GET /api/operations/{operation_id}/events":    OperationsRead,
		"DELETE /api/operations/{operation_id}":        OperationsWrite,
		"POST /api/operations/{operation_id}/progress": OperationsWrite,
		"POST /api/operations/{operation_id}/status":   OperationsWrite,
		"POST /api/operations/{operation_id}/log":      OperationsWrite,
		"POST /api/operations/{operation_id}/result":   OperationsWrite,
		"POST /api/operations/{operation_id}/error":    OperationsWrite,
		"POST /api/get_websocket_status_service":       OperationsRead,

		"GET /api/calls":           CallsRead,
		"GET /api/calls/{call_id}": CallsRead,

		"GET /metrics":                                            MetricsRead,
		"POST /api/maintenance/compact":                           SystemWrite,
		"GET /api/observability/alerts":                           AlertsRead,
		"POST /api/observability/alerts/{alert_id}/acknowledge":   AlertsWrite,
		"DELETE /api/observability/alerts/{alert_id}/acknowledge": AlertsWrite,
		"GET /api/observability/silences":                         AlertsRead,
		"POST /api/observability/silences":                        AlertsWrite,
		"DELETE /api/observability/silences/{silence_id}":         AlertsWrite,

		"GET /api/observability/activity":        ProvidersRead,
		"GET /api/observability/metrics/history": MetricsRead,
		"GET /api/observability/metrics":         MetricsRead,

		"GET /api/config":                              ConfigRead,
		"POST /api/config/export":                      ConfigRead,
		"GET /api/config/diff":                         ConfigRead,
		"POST /api/config/reload":                      ProvidersExec, // what it brings into effect are programs to be run
		"POST /api/config/backup":                      ConfigUpdate,
		"GET /api/config/backups":                      ConfigRead,
		"POST /api/config/backups/{backup_id}/restore": ProvidersExec,

		"WS /api/ws/events":                       EventsRead,
		"WS /api/ws/state":                        ProvidersRead,
		"WS /api/ws/operations":                   OperationsRead, // and at the root of the second listener
		"WS /ws/mcp-status":                       ProvidersRead,
		"WS /api/ws/providers/{provider_id}/logs": LogsRead,

		"MCP initialize":      ToolsList,
		"MCP server/discover": ToolsList,
		"MCP ping":            Public,
		"MCP tools/list":      ToolsList,
		"MCP tools/call":      ToolsInvoke,
		// Prompts and resources are in tool rights what tools are: named prompts/NAME and resources/URI.
		"MCP prompts/list":                     ToolsList,
		"MCP prompts/get":                      ToolsInvoke,
		"MCP resources/list":                   ToolsList,
		"MCP resources/templates/list":         ToolsList,
		"MCP resources/read":                   ToolsInvoke,
		"MCP resources/subscribe":              ToolsInvoke,
		"MCP resources/unsubscribe":            ToolsInvoke,
		"MCP completion/complete":              ToolsInvoke,
		"MCP logging/setLevel":                 ToolsList,
		"MCP subscriptions/listen":             ToolsList,
		"MCP tasks/get":                        ToolsInvoke,
		"MCP tasks/update":                     ToolsInvoke,
		"MCP tasks/cancel":                     ToolsInvoke,
		"MCP notifications/initialized":        ToolsList,
		"MCP notifications/cancelled":          ToolsInvoke,
		"MCP notifications/roots/list_changed": ToolsList,
		"MCP notifications/progress":           ToolsList,
		"POST /mcp/groups/{group_id}":          ToolsList,
		"GET /mcp/groups/{group_id}":           ToolsList,
		"DELETE /mcp/groups/{group_id}":        ToolsList,
		"POST /mcp":                            ToolsList, // and the method's own permission
		"GET /mcp":                             ToolsList,
		"DELETE /mcp":                          ToolsList,
		"POST /mcp/providers/{provider_id}":    ToolsList,
		"GET /mcp/providers/{provider_id}":     ToolsList,
		"DELETE /mcp/providers/{provider_id}":  ToolsList,

		// Tools of Hangar itself ask for what the route asks for that they stand for, and for MCP tools/call before it.
		"TOOL hangar_approve":                    ProvidersExec,
		"TOOL hangar_call":                       ToolsInvoke,
		"TOOL hangar_delete_continuation":        ToolsInvoke,
		"TOOL hangar_describe_tool":              ToolsInvoke,
		"TOOL hangar_details/{provider_id}":      ProvidersRead,
		"TOOL hangar_discover":                   DiscoveryWrite,
		"TOOL hangar_discovered":                 DiscoveryRead,
		"TOOL hangar_fetch_continuation":         ToolsInvoke,
		"TOOL hangar_find_tools":                 ToolsInvoke,
		"TOOL hangar_group_list":                 GroupsRead,
		"TOOL hangar_group_rebalance/{group_id}": GroupsUpdate,
		"TOOL hangar_health":                     SystemRead,
		"TOOL hangar_list":                       ProvidersRead,
		"TOOL hangar_load":                       ProvidersExec,
		"TOOL hangar_metrics":                    MetricsRead,
		"TOOL hangar_quarantine":                 DiscoveryRead,
		"TOOL hangar_reload_config":              ProvidersExec,
		"TOOL hangar_sources":                    DiscoveryRead,
		"TOOL hangar_start/{provider_id}":        ProvidersStart,
		"TOOL hangar_status":                     ProvidersRead,
		"TOOL hangar_stop/{provider_id}":         ProvidersStop,
		"TOOL hangar_tools/{provider_id}":        ToolsList,
		"TOOL hangar_unload/{provider_id}":       ProvidersDrop,
		"TOOL hangar_warm/{provider_id}":         ProvidersStart,

		"GET /livez":                 Public,
		"GET /readyz":                Public,
		"GET /docs":                  SignedIn,
		"HEAD /docs":                 SignedIn,
		"GET /login":                 Public,
		"POST /login":                Public, // the key in its body is the proof
		"POST /logout":               Public, // the session that it ends is the proof
		"GET /setup":                 Public,
		"POST /setup":                Public, // the token of the set-up link is the proof
		"GET /oauth/callback":        Public, // the state in its query is the proof
		"GET /docs/ws":               SignedIn,
		"HEAD /docs/ws":              SignedIn,
		"GET /examples/*":            Public, // pages and programs of the guide; a socket that they open asks for its own permission
		"HEAD /examples/*":           Public,
		"GET /assets/*":              Public,
		"HEAD /assets/*":             Public,
		"GET /vendor/*":              Public,
		"HEAD /vendor/*":             Public,
		"GET /*":                     Public, // the dashboard's shell and its assets
		"GET /startupz":              Public,
		"GET /health/live":           Public,
		"GET /health/ready":          Public,
		"GET /health/startup":        Public,
		"GET /debug/pprof/":          DebugRead,
		"GET /debug/pprof/profile":   DebugRead,
		"GET /debug/pprof/trace":     DebugRead,
		"GET /debug/pprof/{profile}": DebugRead,
	}
}

// Scope says of which things a door needs its permission.
type Scope uint8

// The scopes.
const (
	Whole Scope = iota // of all: what it does is not about one thing, or makes a new one
	Some               // of one at least: it shows, or goes on to, only those that the caller may
	One                // of the one that its path names
	Fleet              // of all, and what it tells is about every provider: closed to who is limited to some
)

// Door is a row of the table, as the one who guards it needs it.
type Door struct {
	Permission Permission
	Scope      Scope
	Param      string // of the path; names the thing when Scope is One
}

// Doors is Rules with the scopes, which follow from the paths: a path that names a thing asks for that one; one that
// shows or calls things without naming any asks for some; the rest asks for all.
func Doors() map[string]Door {
	rules := Rules()
	doors := make(map[string]Door, len(rules))
	for name, p := range rules {
		doors[name] = newDoor(name, p)
	}
	return doors
}

func newDoor(name string, p Permission) Door {
	method, path, _ := strings.Cut(name, " ")
	resource, _, _ := strings.Cut(string(p), ":")
	param, filtered := things(resource)
	if param != "" && strings.Contains(path, "{"+param+"}") {
		return Door{p, One, param}
	}
	shows := method == "GET" || method == "HEAD" || method == "WS" || resource == "tool" ||
		(method == "TOOL" || method == "POST") && strings.HasSuffix(string(p), ":read")
	if filtered && shows {
		return Door{p, Some, ""}
	}
	if slices.Contains(untold(), name) {
		return Door{p, Fleet, ""}
	}
	return Door{p, Whole, ""}
}

// untold are the doors that tell of every provider in one piece, of which nothing can be left out: sums.
func untold() []string {
	return []string{
		"GET /metrics", "GET /api/observability/metrics", "TOOL hangar_metrics",
	}
}

// ToolDoors are the rows of the tools of Hangar itself, by name.
func ToolDoors() map[string]Door {
	tools := map[string]Door{}
	for name, d := range Doors() {
		if tool, ok := strings.CutPrefix(name, "TOOL "); ok {
			tool, _, _ = strings.Cut(tool, "/")
			tools[tool] = d
		}
	}
	return tools
}

// things tells which path parameter names a thing of a resource, and whether the doors that name none show only what
// their caller may see.
func things(resource string) (param string, filtered bool) {
	switch resource {
	case "provider", "log", "tool", "event":
		return "provider_id", true
	case "group":
		return "group_id", true
	case "auth":
		return "principal_id", false
	default:
		return "", false
	}
}

// DoorName is the name of a route's row: sockets are told from requests.
func DoorName(method, path string) string {
	if method == "GET" && (strings.HasPrefix(path, "/api/ws/") || strings.HasPrefix(path, "/ws/")) {
		method = "WS"
	}
	return method + " " + path
}
