package api

import (
	"context"
	"slices"

	"hangar/backend/clientconfig"
	"hangar/backend/fault"
	"hangar/backend/provider"
)

type importClientInput struct {
	Body struct {
		Text    string   `json:"text" minLength:"1" maxLength:"1000000" doc:"The file, as the client has it: JSON, comments are fine"`
		Apply   bool     `json:"apply,omitempty" doc:"Do it"`
		Only    []string `json:"only,omitempty" maxItems:"10000" doc:"Only these servers, by the names that the file gives them; all, when absent"`
		All     bool     `json:"all,omitempty" doc:"Also those that are disabled there"`
		Copy    bool     `json:"copy_secrets,omitempty" doc:"Take the secrets themselves, which are never shown again, instead of referring to variables"`
		Exposed bool     `json:"allow_exposed_secrets,omitempty" doc:"Also servers that have a secret on their command line or in their address, for everybody to read"`
	}
}

// ImportStep is what becomes of one server.
type ImportStep struct {
	Name    string                `json:"name" doc:"As the file has it"`
	ID      string                `json:"provider_id" doc:"As it is called here; empty where nothing comes of it"`
	Mode    string                `json:"mode"`
	Verdict string                `json:"verdict" enum:"new,renamed,same,skipped,refused,failed"`
	Reason  string                `json:"reason"`
	Runs    string                `json:"runs" doc:"What is run or asked, in one line; empty where nothing comes of it"`
	Notes   []string              `json:"notes" nullable:"false" doc:"What is different here"`
	Secrets []clientconfig.Wanted `json:"secrets" nullable:"false" doc:"What has to be set where Hangar runs"`
	Done    bool                  `json:"done"`
}

type importClientOutput struct {
	Body struct {
		Applied bool         `json:"applied"`
		Servers []ImportStep `json:"servers" nullable:"false"`
		Due     int          `json:"due" doc:"How many of them make a provider"`
		Made    int          `json:"made"`
	}
}

func (a *API) importClient(ctx context.Context, in *importClientInput) (*importClientOutput, error) {
	steps, err := a.importPlan(ctx, in)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &importClientOutput{}
	b := &out.Body
	b.Applied, b.Servers = in.Body.Apply, []ImportStep{}
	for _, s := range steps {
		runs := ""
		if s.Due() {
			b.Due++
			runs = s.Spec.Summary()
			if in.Body.Apply {
				if err := a.take(ctx, &s); err != nil {
					return nil, a.refuse(ctx, err)
				}
			}
		}
		if s.Done {
			b.Made++
		}
		b.Servers = append(b.Servers, ImportStep{
			s.Name, string(s.ID), s.Mode, s.Verdict, s.Reason, runs, append([]string{}, s.Notes...), append([]clientconfig.Wanted{}, s.Secrets...), s.Done,
		})
	}
	return out, nil
}

// importPlan decides without doing anything. Neither the variables nor the home directory of this process are the
// client's, so nothing in the file refers to them.
func (a *API) importPlan(ctx context.Context, in *importClientInput) ([]clientconfig.Step, error) {
	found, err := clientconfig.Parse([]byte(in.Body.Text), clientconfig.Options{})
	if err != nil {
		return nil, fault.Field("text", "%s", fault.From(err).Message)
	}
	for _, wanted := range in.Body.Only {
		if !slices.ContainsFunc(found, func(c clientconfig.Candidate) bool { return c.Name == wanted }) {
			return nil, fault.Field("only", "the file has no server %q", wanted)
		}
	}
	found = slices.DeleteFunc(found, func(c clientconfig.Candidate) bool {
		return len(in.Body.Only) > 0 && !slices.Contains(in.Body.Only, c.Name)
	})
	all, err := a.Providers.List(ctx)
	if err != nil {
		return nil, err
	}
	taken := map[provider.ID]clientconfig.Existing{}
	for _, p := range all {
		taken[p.ID] = clientconfig.ExistingOf(p.Spec)
	}
	return clientconfig.Plan(found, taken, clientconfig.Choice{All: in.Body.All, Copy: in.Body.Copy, Expose: in.Body.Exposed}), nil
}

// take makes the provider of a step. What is wrong with this one server is told in its step.
func (a *API) take(ctx context.Context, s *clientconfig.Step) error {
	switch err := a.Providers.Create(ctx, s.ID, s.Spec, provider.SourceAPI); {
	case err == nil:
		s.Done = true
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
		s.Verdict, s.Reason = clientconfig.Failed, fault.From(err).Message
	default:
		return err
	}
	return nil
}
