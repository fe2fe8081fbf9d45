package auth

import (
	"context"

	"hangar/backend/fault"
	"hangar/backend/store"
)

// SetPolicy narrows who may use the tools of a place, from the next call on. It takes the place of the policy that the
// same subject had there; setting it again changes nothing.
func (s *Service) SetPolicy(ctx context.Context, p Policy) error {
	if err := p.check(); err != nil {
		return err
	}
	return s.write(ctx, "set a tool policy", func(ctx context.Context, tx *store.Tx) error {
		before, err := effectAt(ctx, tx, p)
		if err != nil || before != nil && *before == p.Effect {
			return err
		}
		err = exec(ctx, tx, `INSERT INTO auth_policies (provider, tool, subject, effect, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (provider, tool, subject) DO UPDATE SET effect = excluded.effect, created_at = excluded.created_at`,
			p.Provider, p.Tool, p.Subject, string(p.Effect), store.Micros(tx.Now()))
		if err != nil {
			return err
		}
		return s.events.Append(ctx, tx, PolicySet{p.Provider, p.Tool, p.Subject, p.Effect, effectChange(before, &p.Effect)})
	})
}

// ClearPolicies removes the policies of exactly this place, of one subject or, with an empty one, of all. It tells how
// many there were.
func (s *Service) ClearPolicies(ctx context.Context, provider, tool, subject string) (cleared int, err error) {
	if err := checkPlace(provider, tool); err != nil {
		return 0, err
	}
	err = s.write(ctx, "clear tool policies", func(ctx context.Context, tx *store.Tx) error {
		where, args := `provider = ? AND tool = ?`, []any{provider, tool}
		if subject != "" {
			where, args = where+` AND subject = ?`, append(args, subject)
		}
		if err := tx.Get(ctx, &cleared, `SELECT count(*) FROM auth_policies WHERE `+where, args...); err != nil {
			return err
		}
		return s.clearTx(ctx, tx, where, args...)
	})
	return cleared, err
}

// clearTx removes the policies that a condition names.
func (s *Service) clearTx(ctx context.Context, tx *store.Tx, where string, args ...any) error {
	var rows []policyRow
	if err := tx.Select(ctx, &rows, selectPolicies+` WHERE `+where, args...); err != nil {
		return err
	}
	if err := exec(ctx, tx, `DELETE FROM auth_policies WHERE `+where, args...); err != nil {
		return err
	}
	for _, r := range rows {
		was := Effect(r.Effect)
		if err := s.events.Append(ctx, tx, PolicyCleared{r.Provider, r.Tool, r.Subject, effectChange(&was, nil)}); err != nil {
			return err
		}
	}
	return nil
}

// AllPolicies lists every policy, by its place.
func (s *Service) AllPolicies(ctx context.Context) ([]Policy, error) {
	return policies(ctx, s.db.Read())
}

// Policies lists those that speak of a tool: at its own place or by a pattern.
func (s *Service) Policies(ctx context.Context, provider, tool string) ([]Policy, error) {
	if err := checkPlace(provider, tool); err != nil {
		return nil, err
	}
	all, err := policies(ctx, s.db.Read())
	if err != nil {
		return nil, err
	}
	var found []Policy
	for _, p := range all {
		if p.Provider == provider && p.Tool == tool || matches(p.Provider, provider) && matches(p.Tool, tool) {
			found = append(found, p)
		}
	}
	return found, nil
}

// Verdict is what becomes of one principal's call.
type Verdict struct {
	Principal Principal
	Decision
}

// Explain says who may call a tool, and why: of one principal, or of everybody who could sign in.
func (s *Service) Explain(ctx context.Context, provider, tool, id string) ([]Verdict, error) {
	if provider == "" || tool == "" {
		return nil, fault.Field("tool_name", "a provider and a tool must be named")
	}
	snap := s.Snapshot()
	if id != "" {
		p, ok := snap.find(id)
		if !ok {
			return nil, missingPrincipal(id)
		}
		return []Verdict{{p, snap.Rights(id).Tool(ToolsInvoke, provider, tool)}}, nil
	}
	all, err := s.Principals(ctx)
	if err != nil {
		return nil, err
	}
	var verdicts []Verdict
	for _, p := range all {
		if p.Kind != Group {
			verdicts = append(verdicts, Verdict{p, snap.Rights(p.ID).Tool(ToolsInvoke, provider, tool)})
		}
	}
	return verdicts, nil
}

// Check decides about a permission in any spelling. A part that is * asks for all of it.
func (s *Service) Check(id, permission string) (Grant, Decision, error) {
	g, err := ParseGrant("permission", permission)
	if err != nil {
		return g, Decision{}, err
	}
	rights := s.Snapshot().Rights(id)
	d := Decision{}
	for _, p := range g.permissions() { // the first that is refused is the answer
		if d = rights.Can(p, g.ID); !d.Allowed {
			break
		}
	}
	return g, d, nil
}
