package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/catalog"
	"hangar/backend/provider"
)

func (a *API) catalog(api huma.API) {
	huma.Register(api, op("GET", "/catalog", "list-catalog", "catalog", "Search the catalog", 200), a.listCatalog)
	huma.Register(api, op("POST", "/catalog", "add-catalog-entry", "catalog", "Add an entry", 201, 400, 409), a.addEntry)
	huma.Register(api, op("GET", "/catalog/{entry_id}", "get-catalog-entry", "catalog", "Get an entry", 200, 404), a.getEntry)
	huma.Register(api, op("DELETE", "/catalog/{entry_id}", "delete-catalog-entry", "catalog", "Delete an entry that somebody added; its providers live on", 200, 404), a.deleteEntry)
	deploy := op("POST", "/catalog/{entry_id}/deploy", "deploy-catalog-entry", "catalog", "Make a provider of an entry", 201, 400, 404, 409)
	deploy.Description = "The entry's form says what variables and secrets it asks for. With start, the answer comes when the provider is ready or has " +
		"failed to start (it stays, either way); the start is an operation meanwhile. Secrets are stored with the provider and never shown again."
	huma.Register(api, deploy, a.deployEntry)
	bring := op("POST", "/catalog/import", "import-catalog", "catalog", "Import a server.json of the official registry's format, or a list of them", 201, 400, 409, 413)
	bring.MaxBodyBytes = catalog.MaxDocument
	huma.Register(api, bring, a.importEntries)
	huma.Register(api, op("GET", "/catalog/mirror", "get-catalog-mirror", "catalog", "The registry that is mirrored, and how fresh the copy is", 200), a.getMirror)
	huma.Register(api, op("POST", "/catalog/mirror/refresh", "refresh-catalog-mirror", "catalog", "Refresh the mirror now; it is an operation", 202, 409), a.refreshMirror)
}

// OnEntry is the path of what is about one entry.
type OnEntry struct {
	EntryID string `path:"entry_id" doc:"The entry's id"`
}

// CatalogEntry is a server that can be deployed.
type CatalogEntry struct {
	EntryID     string         `json:"entry_id"`
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Description string         `json:"description"`
	Mode        string         `json:"mode" enum:"subprocess,docker,remote"`
	Command     []string       `json:"command" nullable:"false" doc:"Names in braces are variables"`
	Image       *string        `json:"image" nullable:"true"`
	Args        []string       `json:"args" nullable:"false" doc:"docker: arguments behind the image"`
	More        []catalog.Part `json:"more" nullable:"false" doc:"Arguments behind those, left out while their variable has no value or their switch is off"`
	Endpoint    *string        `json:"endpoint" nullable:"true"`
	Env         []string       `json:"env" nullable:"false" doc:"Variables of the environment that it sets"`
	RequiredEnv []string       `json:"required_env" nullable:"false" doc:"Those of them that a deploy must give values for"`
	Network     string         `json:"network" doc:"docker"`
	Volumes     []string       `json:"volumes" nullable:"false" doc:"docker: what it sees of the host"`
	Tags        []string       `json:"tags" nullable:"false"`
	Verified    bool           `json:"verified" doc:"Comes with Hangar"`
	Source      string         `json:"source" enum:"builtin,custom,registry"`
	Builtin     bool           `json:"builtin"`
	Homepage    string         `json:"homepage"`
	Version     string         `json:"version" doc:"Which is run; empty: the newest"`
	Variant     string         `json:"variant" doc:"npm, pypi, oci or remote: which of its server's ways to run it is"`
	Needs       string         `json:"needs" doc:"What the machine must have: npx, uvx, docker, another program"`
	ProviderID  string         `json:"provider_id" doc:"The id that a deploy takes when it is not told one"`
	Form        map[string]any `json:"form" doc:"JSON Schema of variables and secrets; secrets are writeOnly"`
	CreatedAt   *time.Time     `json:"created_at" nullable:"true"`
	UpdatedAt   *time.Time     `json:"updated_at" nullable:"true"`
}

func catalogEntry(e catalog.Entry) CatalogEntry {
	s := e.Recipe.Spec
	out := CatalogEntry{
		EntryID: e.ID, Name: e.Name, Title: e.Title, Description: e.Description, Mode: string(s.Mode), Command: listed(s.Command), Image: unless(s.Image), Args: listed(s.Args),
		More: listed(e.Recipe.More), Endpoint: unless(s.Endpoint), Env: e.Env(), RequiredEnv: e.RequiredEnv(), Network: s.WithDefaults().Network,
		Volumes: listed(s.Volumes), Tags: listed(e.Tags), Verified: e.Source == catalog.Builtin, Source: string(e.Source), Builtin: e.Source == catalog.Builtin,
		Homepage: e.Homepage, Version: e.Version, Variant: e.Variant, Needs: e.Needs(), ProviderID: string(e.ProviderID()), Form: e.Recipe.Form(),
	}
	if !e.CreatedAt.IsZero() {
		out.CreatedAt, out.UpdatedAt = &e.CreatedAt, &e.UpdatedAt
	}
	return out
}

// unless is null instead of an empty text.
func unless(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func catalogEntries(list []catalog.Entry) []CatalogEntry {
	out := make([]CatalogEntry, 0, len(list))
	for _, e := range list {
		out = append(out, catalogEntry(e))
	}
	return out
}

type listCatalogInput struct {
	Search string   `query:"search" maxLength:"200" doc:"Words that all stand in the name, the title, the description or a tag; the best comes first"`
	Tags   []string `query:"tags" maxItems:"20" doc:"All of them"`
	Source string   `query:"source" enum:"builtin,custom,registry" doc:"Only entries that come from there"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Offset int      `query:"offset" minimum:"0" default:"0"`
}

type listCatalogOutput struct {
	Body struct {
		Entries []CatalogEntry `json:"entries" nullable:"false"`
		Total   int            `json:"total" doc:"All that match, not only those shown"`
	}
}

func (a *API) listCatalog(ctx context.Context, in *listCatalogInput) (*listCatalogOutput, error) {
	found, total, err := a.Catalog.Search(ctx, catalog.Query{
		Search: in.Search, Tags: in.Tags, Source: catalog.Source(in.Source), Limit: in.Limit, Offset: in.Offset,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listCatalogOutput{}
	out.Body.Entries, out.Body.Total = catalogEntries(found), total
	return out, nil
}

type entryOutput struct{ Body CatalogEntry }

func (a *API) getEntry(ctx context.Context, in *OnEntry) (*entryOutput, error) {
	e, err := a.Catalog.Get(ctx, in.EntryID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &entryOutput{catalogEntry(e)}, nil
}

type addEntryInput struct {
	Body struct {
		Name        string             `json:"name" minLength:"1" maxLength:"200" doc:"Its id is made of it, and so is a provider's"`
		Description string             `json:"description" minLength:"1" maxLength:"1000"`
		Title       string             `json:"title,omitempty" maxLength:"200"`
		Mode        string             `json:"mode,omitempty" enum:"subprocess,docker,remote" doc:"Left out: what command, image or endpoint says"`
		Command     []string           `json:"command,omitempty" nullable:"false" doc:"The program and its arguments; {name} is a variable"`
		Image       string             `json:"image,omitempty"`
		Endpoint    string             `json:"endpoint,omitempty" doc:"URL; {name} is a variable"`
		Args        []string           `json:"args,omitempty" nullable:"false"`
		More        []catalog.Part     `json:"more,omitempty" nullable:"false" doc:"Arguments that may be left out"`
		Env         map[string]string  `json:"env,omitempty" doc:"{name} is a variable; no secrets, everybody can read the catalog"`
		Headers     map[string]string  `json:"headers,omitempty" doc:"remote; {name} is a variable"`
		Volumes     []string           `json:"volumes,omitempty" nullable:"false"`
		Network     string             `json:"network,omitempty"`
		Tags        []string           `json:"tags,omitempty" nullable:"false"`
		Homepage    string             `json:"homepage,omitempty"`
		Variables   []catalog.Variable `json:"variables,omitempty" nullable:"false" doc:"What a deploy asks for"`
	}
}

func (in *addEntryInput) entry() catalog.Entry {
	b := in.Body
	s := provider.Spec{
		Mode: provider.Mode(b.Mode), Command: b.Command, Image: b.Image, Endpoint: b.Endpoint, Args: b.Args, Env: b.Env, Volumes: b.Volumes, Network: b.Network,
	}
	if len(b.Headers) > 0 {
		s.HTTP = &provider.HTTP{Headers: b.Headers}
	}
	switch {
	case s.Mode != "":
	case s.Image != "":
		s.Mode = provider.Docker
	case s.Endpoint != "":
		s.Mode = provider.Remote
	default:
		s.Mode = provider.Subprocess
	}
	return catalog.Entry{
		Name: b.Name, Title: b.Title, Description: b.Description, Tags: b.Tags, Homepage: b.Homepage,
		Recipe: catalog.Recipe{Spec: s, More: b.More, Variables: b.Variables},
	}
}

func (a *API) addEntry(ctx context.Context, in *addEntryInput) (*entryOutput, error) {
	e, err := a.Catalog.Add(ctx, in.entry())
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &entryOutput{catalogEntry(e)}, nil
}

type deleteEntryOutput struct {
	Body struct {
		EntryID string `json:"entry_id"`
		Deleted bool   `json:"deleted"`
	}
}

func (a *API) deleteEntry(ctx context.Context, in *OnEntry) (*deleteEntryOutput, error) {
	if err := a.Catalog.Delete(ctx, in.EntryID); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteEntryOutput{}
	out.Body.EntryID, out.Body.Deleted = in.EntryID, true
	return out, nil
}

type importEntriesInput struct {
	Replace bool            `query:"replace" doc:"Take the place of entries that were imported or added before"`
	Body    json.RawMessage `doc:"A server.json, a registry's answer about one server, or its list of servers"`
}

// SkippedServer is a way to run a server that is of no use here.
type SkippedServer struct {
	Name    string `json:"name"`
	Variant string `json:"variant"`
	Reason  string `json:"reason"`
}

type importEntriesOutput struct {
	Body struct {
		Entries []CatalogEntry  `json:"entries" nullable:"false"`
		Skipped []SkippedServer `json:"skipped" nullable:"false"`
	}
}

func (a *API) importEntries(ctx context.Context, in *importEntriesInput) (*importEntriesOutput, error) {
	made, err := a.Catalog.Import(ctx, in.Body, in.Replace)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &importEntriesOutput{}
	out.Body.Entries, out.Body.Skipped = catalogEntries(made.Entries), []SkippedServer{}
	for _, s := range made.Skipped {
		out.Body.Skipped = append(out.Body.Skipped, SkippedServer(s))
	}
	return out, nil
}

type mirrorOutput struct {
	Body struct {
		Registry    string     `json:"registry" doc:"Its address; empty: none is mirrored"`
		Entries     int        `json:"entries" doc:"That the copy holds"`
		RefreshedAt *time.Time `json:"refreshed_at" nullable:"true" doc:"When the last refresh began that came to its end"`
		FullAt      *time.Time `json:"full_at" nullable:"true" doc:"When the last one began that took everything"`
		FailedAt    *time.Time `json:"failed_at" nullable:"true"`
		Error       string     `json:"error" doc:"Why the last refresh failed; empty: it did not"`
	}
}

func (a *API) getMirror(ctx context.Context, _ *struct{}) (*mirrorOutput, error) {
	m, err := a.Catalog.Mirror(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &mirrorOutput{}
	b := &out.Body
	b.Registry, b.Entries, b.RefreshedAt, b.FullAt, b.FailedAt, b.Error = m.Registry, m.Entries, m.RefreshedAt, m.FullAt, m.FailedAt, m.Error
	return out, nil
}

type refreshInput struct {
	Full bool `query:"full" doc:"Take everything, not only what has changed"`
}

type refreshOutput struct {
	Body struct {
		OperationID string `json:"operation_id"`
	}
}

func (a *API) refreshMirror(ctx context.Context, in *refreshInput) (*refreshOutput, error) {
	id, err := a.Registry.Begin(ctx, in.Full)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &refreshOutput{}
	out.Body.OperationID = string(id)
	return out, nil
}
