package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/clientconfig"
	"hangar/backend/fault"
)

func (a *API) connect(api huma.API) {
	o := op("GET", "/connect/{client}", "get-connection", "connect", "What an MCP client's file needs to use Hangar", 200, 404)
	o.Description = "Of claude-code, claude-desktop, cursor, vscode or codex. No key is in it: where everybody signs in, the client reads it from a variable or asks for it."
	huma.Register(api, o, a.getConnection)
	i := op("POST", "/connect/import", "import-client", "connect", "Make providers of the servers that a client is configured with", 200, 400)
	i.Description = "Without `apply` it says what would become of each server and does nothing. What looks like a secret becomes a reference, ${env:NAME}; " +
		"the names that have to be set where Hangar runs are told. One server that is refused keeps none of the others back."
	huma.Register(api, i, a.importClient)
}

type connectInput struct {
	Client   string `path:"client" doc:"claude-code, claude-desktop, cursor, vscode or codex"`
	Provider string `query:"provider_id" doc:"Only this provider, its names as they are"`
	Group    string `query:"group_id" doc:"Only this group"`
	host     string
	secure   bool
}

// Resolve learns by which address the client's user reaches us.
func (in *connectInput) Resolve(ctx huma.Context) []error {
	in.host, in.secure = ctx.Host(), ctx.TLS() != nil
	if in.Provider != "" && in.Group != "" {
		return []error{fieldError("query.group_id", "give a provider or a group, not both")}
	}
	return nil
}

// Connection is what makes a client use Hangar.
type Connection struct {
	Client  string   `json:"client"`
	Name    string   `json:"name"`
	URL     string   `json:"url" doc:"The MCP endpoint"`
	File    string   `json:"file" doc:"Where the text belongs"`
	Format  string   `json:"format" enum:"json,toml"`
	Text    string   `json:"text" doc:"The whole of a file with this one server"`
	Command string   `json:"command" doc:"Does the same in a shell; empty where there is none"`
	Link    string   `json:"link" doc:"Does the same with a click; empty where there is none"`
	Notes   []string `json:"notes" nullable:"false"`
}

type connectOutput struct {
	Body struct {
		Connection Connection `json:"connection"`
	}
}

func (a *API) getConnection(ctx context.Context, in *connectInput) (*connectOutput, error) {
	path, rights := "mcp", a.Auth.Rights(ctx)
	switch {
	case in.Provider != "":
		if d := rights.Can(auth.ToolsList, in.Provider); !d.Allowed {
			return nil, a.refuse(ctx, fault.New(fault.Denied, "this needs %s: %s", auth.ToolsList, d.Reason()))
		}
		if _, err := a.Providers.Get(ctx, (&OnProvider{ProviderID: in.Provider}).id()); err != nil {
			return nil, a.refuse(ctx, err)
		}
		path += "/providers/" + in.Provider
	case in.Group != "":
		if !rights.Can(auth.GroupsRead, in.Group).Allowed { // whether it exists is for those who may read it
			return nil, a.refuse(ctx, a.Groups.Missing((&OnGroup{GroupID: in.Group}).id()))
		}
		if _, err := a.Groups.Get(ctx, (&OnGroup{GroupID: in.Group}).id()); err != nil {
			return nil, a.refuse(ctx, err)
		}
		path += "/groups/" + in.Group
	}
	if in.Client == "claude-desktop" && path != "mcp" {
		return nil, a.refuse(ctx, fault.Field("query.provider_id", "Claude Desktop takes no address, so it gets everything; leave this out"))
	}
	reach := a.Reach(in.host, in.secure)
	reach.URL += path
	s, err := clientconfig.Connect(in.Client, reach)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &connectOutput{}
	out.Body.Connection = Connection{
		Client: s.Client, Name: s.Name, URL: reach.URL, File: s.File, Format: s.Format, Text: s.Text, Command: s.Command, Link: s.Link,
		Notes: append([]string{}, s.Notes...),
	}
	return out, nil
}
