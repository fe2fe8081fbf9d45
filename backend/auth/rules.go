package auth

// Permission is what a door asks for, as resource:action.
type Permission string

// The permissions.
const (
	Public             Permission = "public" // no permission needed; says nothing about the fleet
	SystemRead         Permission = "system:read"
	SystemWrite        Permission = "system:write" // what the process itself does: its log's level, upkeep of its store
	DebugRead          Permission = "debug:read"   // profiles of the process, which hold pieces of its memory
	EventsRead         Permission = "events:read"
	MetricsRead        Permission = "metrics:read"
	CallsRead          Permission = "calls:read"
	ProvidersRead      Permission = "providers:read"
	ProvidersWrite     Permission = "providers:write" // change or delete a definition; cannot make anything run
	ProvidersExec      Permission = "providers:exec"  // whatever can end in a program being run: define, change env, start
	ProvidersLifecycle Permission = "providers:stop"
	LogsRead           Permission = "logs:read"
	ConfigRead         Permission = "config:read"
	ConfigUpdate       Permission = "config:update" // keep a copy; what brings a configuration into effect is ProvidersExec
	GroupsRead         Permission = "groups:read"
	GroupsWrite        Permission = "groups:write"
	CatalogRead        Permission = "catalog:read"
	CatalogWrite       Permission = "catalog:write" // what can be deployed; deploying needs providers:exec
	DiscoveryRead      Permission = "discovery:read"
	DiscoveryWrite     Permission = "discovery:write" // remove a source, look at one, reject; adding and approving is providers:exec
	OperationsRead     Permission = "operations:read"
	OperationsWrite    Permission = "operations:write" // report on one's own work, cancel, forget
	ToolsList          Permission = "tools:list"
	ToolsInvoke        Permission = "tools:invoke"
)

// Rules maps every door to its permission. Keys are "METHOD /path" as the router knows it, "WS /path" and
// "MCP method". An absent door stays shut.
func Rules() map[string]Permission {
	return map[string]Permission{
		"GET /api/asyncapi.yaml":    Public,
		"GET /api/system":           SystemRead,
		"GET /api/system/log-level": SystemRead,
		"PUT /api/system/log-level": SystemWrite,
		"GET /api/events":           EventsRead,
		"GET /api/openapi.json":     Public,
		"GET /api/openapi.yaml":     Public,

		"GET /api/providers":                                       ProvidersRead,
		"POST /api/providers":                                      ProvidersExec,
		"GET /api/providers/{provider_id}":                         ProvidersRead,
		"PUT /api/providers/{provider_id}":                         ProvidersExec,
		"DELETE /api/providers/{provider_id}":                      ProvidersWrite,
		"POST /api/providers/{provider_id}/start":                  ProvidersExec,
		"POST /api/providers/{provider_id}/stop":                   ProvidersLifecycle,
		"GET /api/tools":                                           ToolsList,
		"GET /api/providers/{provider_id}/tools":                   ToolsList,
		"GET /api/providers/{provider_id}/tools/history":           EventsRead,
		"POST /api/providers/{provider_id}/tools/{tool_name}/call": ToolsInvoke,
		"GET /api/providers/{provider_id}/health":                  ProvidersRead,
		"GET /api/providers/{provider_id}/logs":                    LogsRead,

		"GET /api/groups":                                    GroupsRead,
		"POST /api/groups":                                   GroupsWrite,
		"GET /api/groups/{group_id}":                         GroupsRead,
		"PUT /api/groups/{group_id}":                         GroupsWrite,
		"DELETE /api/groups/{group_id}":                      GroupsWrite,
		"POST /api/groups/{group_id}/rebalance":              GroupsWrite,
		"POST /api/groups/{group_id}/members":                GroupsWrite,
		"DELETE /api/groups/{group_id}/members/{member_id}":  GroupsWrite,
		"POST /api/groups/{group_id}/tools/{tool_name}/call": ToolsInvoke,

		"GET /api/catalog":                    CatalogRead,
		"POST /api/catalog":                   CatalogWrite,
		"GET /api/catalog/{entry_id}":         CatalogRead,
		"DELETE /api/catalog/{entry_id}":      CatalogWrite,
		"POST /api/catalog/{entry_id}/deploy": ProvidersExec,
		"POST /api/catalog/import":            CatalogWrite,
		"GET /api/catalog/mirror":             CatalogRead,
		"POST /api/catalog/mirror/refresh":    CatalogWrite,

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

		"GET /metrics":                           MetricsRead,
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

		"MCP initialize":                      ToolsList,
		"MCP server/discover":                 ToolsList,
		"MCP ping":                            Public,
		"MCP tools/list":                      ToolsList,
		"MCP tools/call":                      ToolsInvoke,
		"MCP notifications/initialized":       ToolsList,
		"MCP notifications/cancelled":         ToolsInvoke,
		"POST /mcp":                           ToolsList, // and the method's own permission
		"GET /mcp":                            ToolsList,
		"DELETE /mcp":                         ToolsList,
		"POST /mcp/providers/{provider_id}":   ToolsList,
		"GET /mcp/providers/{provider_id}":    ToolsList,
		"DELETE /mcp/providers/{provider_id}": ToolsList,

		"GET /livez":                 Public,
		"GET /readyz":                Public,
		"GET /docs":                  Public,
		"GET /oauth/callback":        Public, // the state in its query is the proof
		"HEAD /docs":                 Public,
		"GET /docs/ws":               Public,
		"HEAD /docs/ws":              Public,
		"GET /examples/*":            Public, // a page; the socket it opens asks for its own permission
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
