package api

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
)

func (a *API) authPolicies(api huma.API) {
	huma.Register(api, op("GET", "/auth/policies", "list-policies", "auth", "List all tool policies", 200), a.listPolicies)
	get := op("GET", "/auth/policies/{provider_id}/{tool_name}", "get-policy", "auth", "Which tool policies speak of a tool, and how", 200)
	get.Description = "Roles grant the use of tools; policies only narrow it. A deny of any subject wins. A subject with an allow on a provider " +
		"may use nothing of that provider but what it lists."
	huma.Register(api, get, a.getPolicy)
	huma.Register(api, op("PUT", "/auth/policies/{provider_id}/{tool_name}", "set-policy", "auth", "Allow or deny a tool; it holds from the next call on", 200, 400), a.setPolicy)
	huma.Register(api, op("DELETE", "/auth/policies/{provider_id}/{tool_name}", "clear-policy", "auth", "Clear the policies of this place, of one subject or of all", 200), a.clearPolicy)
	huma.Register(api, op("POST", "/auth/check-permission", "check-permission", "auth", "May a principal do something, and why", 200, 400), a.checkPermission)
	huma.Register(api, op("POST", "/auth/explain", "explain-access", "auth", "Who can call a tool, and why", 200, 400, 404), a.explain)
}

// OnTools is the path of a tool policy.
type OnTools struct {
	ProviderID string `path:"provider_id" doc:"A provider, or a pattern (*, ?, [a-z])"`
	ToolName   string `path:"tool_name" doc:"A tool, or a pattern; / percent-encoded"`
}

// PolicyInfo is a tool policy.
type PolicyInfo struct {
	ProviderID  string    `json:"provider_id" doc:"May be a pattern"`
	ToolName    string    `json:"tool_name" doc:"May be a pattern"`
	PrincipalID string    `json:"principal_id" doc:"A principal, group:name, role:name, or * for everyone"`
	Effect      string    `json:"effect" enum:"allow,deny"`
	Exact       bool      `json:"exact" doc:"It is of exactly this place, and is cleared with it"`
	CreatedAt   time.Time `json:"created_at"`
}

type listPoliciesOutput struct {
	Body struct {
		Policies []PolicyInfo `json:"policies" nullable:"false" doc:"By provider, tool and subject"`
		Total    int          `json:"total"`
	}
}

func (a *API) listPolicies(ctx context.Context, _ *struct{}) (*listPoliciesOutput, error) {
	all, err := a.Auth.AllPolicies(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listPoliciesOutput{}
	out.Body.Policies, out.Body.Total = []PolicyInfo{}, len(all)
	for _, p := range all {
		out.Body.Policies = append(out.Body.Policies, policyInfo(p, true))
	}
	return out, nil
}

func policyInfo(p auth.Policy, exact bool) PolicyInfo {
	return PolicyInfo{p.Provider, p.Tool, p.Subject, string(p.Effect), exact, p.CreatedAt}
}

type policyOutput struct {
	Body struct {
		ProviderID string       `json:"provider_id"`
		ToolName   string       `json:"tool_name"`
		Found      bool         `json:"found"`
		Policies   []PolicyInfo `json:"policies" nullable:"false" doc:"All that match"`
		Denied     []string     `json:"denied" nullable:"false" doc:"Subjects that a policy here denies it"`
		Allowed    []string     `json:"allowed" nullable:"false" doc:"Subjects whose allow-list has it"`
		Decisions  []Decision   `json:"decisions" nullable:"false" doc:"What follows from roles and policies for everybody"`
	}
}

func (a *API) getPolicy(ctx context.Context, in *OnTools) (*policyOutput, error) {
	found, err := a.Auth.Policies(ctx, in.ProviderID, in.ToolName)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	var verdicts []auth.Verdict
	if !strings.ContainsAny(in.ProviderID+in.ToolName, "*?[") { // a pattern is no tool that somebody could call
		if verdicts, err = a.Auth.Explain(ctx, in.ProviderID, in.ToolName, ""); err != nil {
			return nil, a.refuse(ctx, err)
		}
	}
	out := &policyOutput{}
	b := &out.Body
	b.ProviderID, b.ToolName, b.Found = in.ProviderID, in.ToolName, len(found) > 0
	b.Policies, b.Denied, b.Allowed, b.Decisions = []PolicyInfo{}, []string{}, []string{}, decisions(verdicts)
	for _, p := range found {
		b.Policies = append(b.Policies, policyInfo(p, p.Provider == in.ProviderID && p.Tool == in.ToolName))
		if p.Effect == auth.Allow {
			b.Allowed = append(b.Allowed, p.Subject)
		} else {
			b.Denied = append(b.Denied, p.Subject)
		}
	}
	return out, nil
}

type setPolicyInput struct {
	OnTools
	Body struct {
		PrincipalID string `json:"principal_id" minLength:"1" maxLength:"263" doc:"A principal, group:name, role:name, or * for everyone"`
		Effect      string `json:"effect" enum:"allow,deny"`
	}
}

type setPolicyOutput struct {
	Body struct {
		ProviderID  string `json:"provider_id"`
		ToolName    string `json:"tool_name"`
		PrincipalID string `json:"principal_id"`
		Effect      string `json:"effect"`
		Set         bool   `json:"set"`
	}
}

func (a *API) setPolicy(ctx context.Context, in *setPolicyInput) (*setPolicyOutput, error) {
	err := a.Auth.SetPolicy(ctx, auth.Policy{
		Provider: in.ProviderID, Tool: in.ToolName, Subject: in.Body.PrincipalID, Effect: auth.Effect(in.Body.Effect),
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &setPolicyOutput{}
	b := &out.Body
	b.ProviderID, b.ToolName, b.PrincipalID, b.Effect, b.Set = in.ProviderID, in.ToolName, in.Body.PrincipalID, in.Body.Effect, true
	return out, nil
}

type clearPolicyInput struct {
	OnTools
	PrincipalID string `query:"principal_id" doc:"Only the policy of this subject"`
}

type clearPolicyOutput struct {
	Body struct {
		ProviderID string `json:"provider_id"`
		ToolName   string `json:"tool_name"`
		Cleared    int    `json:"cleared" doc:"How many there were"`
	}
}

func (a *API) clearPolicy(ctx context.Context, in *clearPolicyInput) (*clearPolicyOutput, error) {
	n, err := a.Auth.ClearPolicies(ctx, in.ProviderID, in.ToolName, in.PrincipalID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &clearPolicyOutput{}
	out.Body.ProviderID, out.Body.ToolName, out.Body.Cleared = in.ProviderID, in.ToolName, n
	return out, nil
}

type checkPermissionInput struct {
	Body struct {
		PrincipalID string `json:"principal_id" minLength:"1" maxLength:"256"`
		Permission  string `json:"permission" minLength:"1" maxLength:"600" doc:"resource:action[:id]; without an id: for all things"`
	}
}

type checkPermissionOutput struct {
	Body struct {
		PrincipalID   string  `json:"principal_id"`
		Permission    string  `json:"permission" doc:"In normal spelling"`
		ResourceType  string  `json:"resource_type"`
		Action        string  `json:"action"`
		ResourceID    string  `json:"resource_id"`
		Allowed       bool    `json:"allowed"`
		GrantedByRole *string `json:"granted_by_role" nullable:"true"`
		Reason        string  `json:"reason"`
	}
}

func (a *API) checkPermission(ctx context.Context, in *checkPermissionInput) (*checkPermissionOutput, error) {
	g, d, err := a.Auth.Check(in.Body.PrincipalID, in.Body.Permission)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &checkPermissionOutput{}
	b := &out.Body
	b.PrincipalID, b.Permission, b.ResourceType, b.Action, b.ResourceID = in.Body.PrincipalID, g.String(), g.Resource, g.Action, g.ID
	b.Allowed, b.GrantedByRole, b.Reason = d.Allowed, grantedBy(d), d.Reason()
	return out, nil
}

func grantedBy(d auth.Decision) *string {
	if d.Role == "" || !d.Allowed {
		return nil
	}
	return &d.Role
}

type explainInput struct {
	Body struct {
		ProviderID  string `json:"provider_id" minLength:"1" maxLength:"64"`
		ToolName    string `json:"tool_name" minLength:"1" maxLength:"256"`
		PrincipalID string `json:"principal_id,omitempty" maxLength:"256" doc:"Of this principal only"`
	}
}

// Decision is whether a principal may call a tool.
type Decision struct {
	PrincipalID   string  `json:"principal_id"`
	Type          string  `json:"type" enum:"user,service_account,group"`
	Allowed       bool    `json:"allowed"`
	GrantedByRole *string `json:"granted_by_role" nullable:"true"`
	Reason        string  `json:"reason"`
}

func decisions(verdicts []auth.Verdict) []Decision {
	list := []Decision{}
	for _, v := range verdicts {
		list = append(list, Decision{v.Principal.ID, string(v.Principal.Kind), v.Allowed, grantedBy(v.Decision), v.Reason()})
	}
	return list
}

type explainOutput struct {
	Body struct {
		ProviderID string     `json:"provider_id"`
		ToolName   string     `json:"tool_name"`
		Allowed    []string   `json:"allowed" nullable:"false" doc:"Who can call it"`
		Decisions  []Decision `json:"decisions" nullable:"false"`
	}
}

func (a *API) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	verdicts, err := a.Auth.Explain(ctx, in.Body.ProviderID, in.Body.ToolName, in.Body.PrincipalID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &explainOutput{}
	out.Body.ProviderID, out.Body.ToolName, out.Body.Allowed, out.Body.Decisions = in.Body.ProviderID, in.Body.ToolName, []string{}, decisions(verdicts)
	for _, v := range verdicts {
		if v.Allowed {
			out.Body.Allowed = append(out.Body.Allowed, v.Principal.ID)
		}
	}
	return out, nil
}
