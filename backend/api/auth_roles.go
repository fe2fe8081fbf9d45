package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/fault"
)

func (a *API) authRoles(api huma.API) {
	huma.Register(api, op("GET", "/auth/roles", "list-roles", "auth", "List all roles", 200), a.listRoles)
	huma.Register(api, op("GET", "/auth/permissions", "list-permissions", "auth", "What a role can permit", 200), a.listPermissions)
	huma.Register(api, op("GET", "/auth/roles/builtin", "list-builtin-roles", "auth", "List the built-in roles", 200), a.listBuiltinRoles)
	huma.Register(api, op("GET", "/auth/roles/{role_id}", "get-role", "auth", "Get a role", 200, 404), a.getRole)
	huma.Register(api, op("POST", "/auth/roles", "create-role", "auth", "Create a custom role", 201, 400, 409), a.createRole)
	huma.Register(api, op("PUT", "/auth/roles/{role_id}", "update-role", "auth", "Update a custom role; it holds at once", 200, 404, 409), a.updateRole)
	huma.Register(api, op("DELETE", "/auth/roles/{role_id}", "delete-role", "auth", "Delete a custom role; nobody has it any more", 200, 404, 409), a.deleteRole)
}

type listPermissionsOutput struct {
	Body struct {
		Resources []ResourceInfo `json:"resources" nullable:"false"`
		Reserved  []string       `json:"reserved" nullable:"false" doc:"Names that no custom role can have"`
	}
}

// ResourceInfo is a resource that roles speak of.
type ResourceInfo struct {
	Resource string   `json:"resource"`
	Actions  []string `json:"actions" nullable:"false"`
}

func (a *API) listPermissions(context.Context, *struct{}) (*listPermissionsOutput, error) {
	out := &listPermissionsOutput{}
	for _, r := range auth.Vocabulary() {
		out.Body.Resources = append(out.Body.Resources, ResourceInfo{r.Name, r.Actions})
	}
	out.Body.Reserved = auth.Reserved()
	return out, nil
}

// OnRole is the path of what is about one role.
type OnRole struct {
	RoleID string `path:"role_id" doc:"The role's name"`
}

// RoleInfo is a role.
type RoleInfo struct {
	RoleID           string   `json:"role_id"`
	Name             string   `json:"name"`
	Description      string   `json:"description"`
	Permissions      []string `json:"permissions" nullable:"false" doc:"resource:action[:id], * for all"`
	PermissionsCount int      `json:"permissions_count"`
	IsBuiltin        bool     `json:"is_builtin"`
}

func roleInfo(r auth.Role) RoleInfo {
	return RoleInfo{r.Name, r.Name, r.Description, append([]string{}, r.Permissions...), len(r.Permissions), r.Builtin}
}

type listRolesOutput struct {
	Body struct {
		Roles        []RoleInfo `json:"roles" nullable:"false"`
		Total        int        `json:"total"`
		BuiltinCount int        `json:"builtin_count"`
		CustomCount  int        `json:"custom_count"`
	}
}

func (a *API) listRoles(ctx context.Context, _ *struct{}) (*listRolesOutput, error) {
	all, err := a.Auth.Roles(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listRolesOutput{}
	out.Body.Roles, out.Body.Total = []RoleInfo{}, len(all)
	for _, r := range all {
		if r.Builtin {
			out.Body.BuiltinCount++
		} else {
			out.Body.CustomCount++
		}
		out.Body.Roles = append(out.Body.Roles, roleInfo(r))
	}
	return out, nil
}

type builtinRolesOutput struct {
	Body struct {
		Roles []RoleInfo `json:"roles" nullable:"false"`
		Count int        `json:"count"`
	}
}

func (a *API) listBuiltinRoles(context.Context, *struct{}) (*builtinRolesOutput, error) {
	out := &builtinRolesOutput{}
	for _, r := range auth.Builtin() {
		out.Body.Roles = append(out.Body.Roles, roleInfo(r))
	}
	out.Body.Count = len(out.Body.Roles)
	return out, nil
}

type roleOutput struct {
	Body struct {
		Found bool     `json:"found"`
		Role  RoleInfo `json:"role"`
	}
}

func (a *API) getRole(ctx context.Context, in *OnRole) (*roleOutput, error) {
	r, err := a.Auth.Role(ctx, in.RoleID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &roleOutput{}
	out.Body.Found, out.Body.Role = true, roleInfo(r)
	return out, nil
}

type createRoleInput struct {
	Body struct {
		RoleID      string   `json:"role_id,omitempty" maxLength:"64" doc:"Letters, digits, _ and -; one of role_id, role_name and name is required"`
		RoleName    string   `json:"role_name,omitempty" maxLength:"64" doc:"Same as role_id"`
		Name        string   `json:"name,omitempty" maxLength:"64" doc:"Same as role_id"`
		Description string   `json:"description,omitempty" maxLength:"1000"`
		Permissions []string `json:"permissions,omitempty" maxItems:"10000" doc:"resource:action[:id], such as providers:start or tool:invoke:math/add; * and patterns are understood"`
		CreatedBy   string   `json:"created_by,omitempty" maxLength:"256" default:"system" doc:"Goes on record as said; who did it is the caller"`
	}
}

// SavedRole is a role as it is now stored. huma describes an embedded struct only when it is exported.
type SavedRole struct {
	RoleID           string   `json:"role_id"`
	RoleName         string   `json:"role_name"`
	Description      string   `json:"description"`
	Permissions      []string `json:"permissions" nullable:"false"`
	PermissionsCount int      `json:"permissions_count"`
}

func saved(r auth.Role) SavedRole {
	return SavedRole{r.Name, r.Name, r.Description, append([]string{}, r.Permissions...), len(r.Permissions)}
}

type createRoleOutput struct {
	Body struct {
		SavedRole
		Created   bool   `json:"created"`
		CreatedBy string `json:"created_by"`
	}
}

func (a *API) createRole(ctx context.Context, in *createRoleInput) (*createRoleOutput, error) {
	name := ""
	for _, one := range []string{in.Body.RoleID, in.Body.RoleName, in.Body.Name} {
		if one != "" && name != "" && one != name {
			return nil, a.refuse(ctx, fault.Field("role_id", "role_id, role_name and name are the same thing and must not differ"))
		}
		if one != "" {
			name = one
		}
	}
	r, err := a.Auth.CreateRole(ctx, auth.Role{Name: name, Description: in.Body.Description, Permissions: in.Body.Permissions})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &createRoleOutput{}
	out.Body.SavedRole, out.Body.Created, out.Body.CreatedBy = saved(r), true, in.Body.CreatedBy
	return out, nil
}

type updateRoleInput struct {
	OnRole
	Body struct {
		Description *string   `json:"description,omitempty" maxLength:"1000"`
		Permissions *[]string `json:"permissions,omitempty" maxItems:"10000"`
		UpdatedBy   string    `json:"updated_by,omitempty" maxLength:"256" default:"system" doc:"Goes on record as said; who did it is the caller"`
	}
}

type updateRoleOutput struct {
	Body struct {
		SavedRole
		Updated   bool   `json:"updated"`
		UpdatedBy string `json:"updated_by"`
	}
}

func (a *API) updateRole(ctx context.Context, in *updateRoleInput) (*updateRoleOutput, error) {
	r, err := a.Auth.UpdateRole(ctx, in.RoleID, auth.RolePatch{Description: in.Body.Description, Permissions: in.Body.Permissions})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &updateRoleOutput{}
	out.Body.SavedRole, out.Body.Updated, out.Body.UpdatedBy = saved(r), true, in.Body.UpdatedBy
	return out, nil
}

type deleteRoleOutput struct {
	Body struct {
		RoleID  string `json:"role_id"`
		Deleted bool   `json:"deleted"`
	}
}

func (a *API) deleteRole(ctx context.Context, in *OnRole) (*deleteRoleOutput, error) {
	if err := a.Auth.DeleteRole(ctx, in.RoleID); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &deleteRoleOutput{}
	out.Body.RoleID, out.Body.Deleted = in.RoleID, true
	return out, nil
}
