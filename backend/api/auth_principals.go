package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
)

func (a *API) authPrincipals(api huma.API) {
	huma.Register(api, op("GET", "/auth/principals", "list-principals", "auth", "List principals, groups of them included", 200), a.listPrincipals)
	save := op("PUT", "/auth/principals/{principal_id}", "save-principal", "auth", "Create or change a principal", 200, 400, 409)
	save.Description = "Fields that are absent stay as they are. The id of a group begins with group:. A disabled principal is out at once."
	huma.Register(api, save, a.savePrincipal)
	huma.Register(api, op("DELETE", "/auth/principals/{principal_id}", "delete-principal", "auth", "Delete a principal with its keys, sessions, roles and policies", 200, 404), a.deletePrincipal)
	huma.Register(api, op("GET", "/auth/principals/{principal_id}/roles", "list-principal-roles", "auth", "List the roles of a principal", 200, 404), a.listPrincipalRoles)
	huma.Register(api, op("POST", "/auth/principals/{principal_id}/roles", "assign-role", "auth", "Assign a role to a principal or a group of them", 200, 400, 404), a.assignRole)
	huma.Register(api, op("DELETE", "/auth/principals/{principal_id}/roles/{role_id}", "revoke-role", "auth", "Take a role from a principal", 200, 404), a.revokeRole)
}

// OnPrincipal is the path of what is about one principal.
type OnPrincipal struct {
	PrincipalID string `path:"principal_id" doc:"The principal's id; group:name for a group"`
}

// PrincipalInfo is a principal.
type PrincipalInfo struct {
	PrincipalID string    `json:"principal_id"`
	Type        string    `json:"type" enum:"user,service_account,group"`
	Description string    `json:"description"`
	Disabled    bool      `json:"disabled"`
	Groups      []string  `json:"groups" nullable:"false"`
	Roles       []string  `json:"roles" nullable:"false" doc:"Its own, not those of its groups"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func principalInfo(p auth.Principal) PrincipalInfo {
	return PrincipalInfo{
		p.ID, string(p.Kind), p.Description, p.Disabled, append([]string{}, p.Groups...), append([]string{}, p.Roles...), p.CreatedAt, p.UpdatedAt,
	}
}

type listPrincipalsOutput struct {
	Body struct {
		Principals []PrincipalInfo `json:"principals" nullable:"false"`
		Total      int             `json:"total"`
	}
}

func (a *API) listPrincipals(ctx context.Context, _ *struct{}) (*listPrincipalsOutput, error) {
	all, err := a.Auth.Principals(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listPrincipalsOutput{}
	out.Body.Principals, out.Body.Total = []PrincipalInfo{}, len(all)
	for _, p := range all {
		out.Body.Principals = append(out.Body.Principals, principalInfo(p))
	}
	return out, nil
}

type savePrincipalInput struct {
	OnPrincipal
	Body struct {
		Type        *string   `json:"type,omitempty" enum:"user,service_account,group"`
		Description *string   `json:"description,omitempty" maxLength:"1000"`
		Disabled    *bool     `json:"disabled,omitempty" doc:"Cannot sign in; what it has open is closed"`
		Groups      *[]string `json:"groups,omitempty" doc:"All groups that it is in, with group: or without"`
	}
}

type savePrincipalOutput struct{ Body PrincipalInfo }

func (a *API) savePrincipal(ctx context.Context, in *savePrincipalInput) (*savePrincipalOutput, error) {
	p, err := a.Auth.SavePrincipal(ctx, in.PrincipalID, auth.PrincipalPatch{
		Kind: (*auth.Kind)(in.Body.Type), Description: in.Body.Description, Disabled: in.Body.Disabled, Groups: in.Body.Groups,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &savePrincipalOutput{principalInfo(p)}, nil
}

type deletePrincipalOutput struct {
	Body struct {
		PrincipalID string `json:"principal_id"`
		Deleted     bool   `json:"deleted"`
	}
}

func (a *API) deletePrincipal(ctx context.Context, in *OnPrincipal) (*deletePrincipalOutput, error) {
	if err := a.Auth.DeletePrincipal(ctx, in.PrincipalID); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deletePrincipalOutput{}
	out.Body.PrincipalID, out.Body.Deleted = in.PrincipalID, true
	return out, nil
}

type principalRolesOutput struct {
	Body struct {
		PrincipalID string     `json:"principal_id"`
		Scope       string     `json:"scope" example:"global"`
		Roles       []RoleInfo `json:"roles" nullable:"false" doc:"Its own, not those of its groups"`
		Groups      []string   `json:"groups" nullable:"false" doc:"Whose roles it has besides"`
		Count       int        `json:"count"`
	}
}

func (a *API) listPrincipalRoles(ctx context.Context, in *OnPrincipal) (*principalRolesOutput, error) {
	p, err := a.Auth.Principal(ctx, in.PrincipalID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &principalRolesOutput{}
	out.Body.PrincipalID, out.Body.Scope, out.Body.Roles, out.Body.Count = p.ID, scope, []RoleInfo{}, len(p.Roles)
	out.Body.Groups = append([]string{}, p.Groups...)
	for _, name := range p.Roles {
		r, err := a.Auth.Role(ctx, name)
		if err != nil {
			return nil, a.refuse(ctx, err)
		}
		out.Body.Roles = append(out.Body.Roles, roleInfo(r))
	}
	return out, nil
}

// scope is the only one that roles are given in.
const scope = "global"

type assignRoleInput struct {
	OnPrincipal
	Body struct {
		RoleID     string `json:"role_id" minLength:"1" maxLength:"64"`
		AssignedBy string `json:"assigned_by,omitempty" maxLength:"256" default:"system" doc:"Goes on record as said; who did it is the caller"`
	}
}

type assignRoleOutput struct {
	Body struct {
		PrincipalID string `json:"principal_id"`
		RoleID      string `json:"role_id"`
		RoleName    string `json:"role_name"`
		Scope       string `json:"scope"`
		Assigned    bool   `json:"assigned"`
		AssignedBy  string `json:"assigned_by"`
	}
}

func (a *API) assignRole(ctx context.Context, in *assignRoleInput) (*assignRoleOutput, error) {
	if err := a.Auth.AssignRole(ctx, in.PrincipalID, in.Body.RoleID, in.Body.AssignedBy); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &assignRoleOutput{}
	b := &out.Body
	b.PrincipalID, b.RoleID, b.RoleName, b.Scope, b.Assigned, b.AssignedBy = in.PrincipalID, in.Body.RoleID, in.Body.RoleID, scope, true, in.Body.AssignedBy
	return out, nil
}

type revokeRoleInput struct {
	OnPrincipal
	RoleID string `path:"role_id" doc:"The role's name"`
}

type revokeRoleOutput struct {
	Body struct {
		PrincipalID string `json:"principal_id"`
		RoleID      string `json:"role_id"`
		RoleName    string `json:"role_name"`
		Scope       string `json:"scope"`
		Revoked     bool   `json:"revoked"`
	}
}

func (a *API) revokeRole(ctx context.Context, in *revokeRoleInput) (*revokeRoleOutput, error) {
	if err := a.Auth.RevokeRole(ctx, in.PrincipalID, in.RoleID, ""); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &revokeRoleOutput{}
	b := &out.Body
	b.PrincipalID, b.RoleID, b.RoleName, b.Scope, b.Revoked = in.PrincipalID, in.RoleID, in.RoleID, scope, true
	return out, nil
}
