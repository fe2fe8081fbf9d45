package auth

import "hangar/backend/event"

// The events of this noun. Kinds are those of reference/hangar.md 5.1 where it has them; no event holds a key, a token or
// a hash. What was changed is told from what to what; what was removed, as it was. Fields that end in _by are what a request claimed; who did it is the event's actor.

// The kinds.
const (
	KindKeyCreated       = "ApiKeyCreated"
	KindKeyRevoked       = "ApiKeyRevoked"
	KindKeyRotated       = "KeyRotated"
	KindPrincipalCreated = "PrincipalCreated"
	KindPrincipalUpdated = "PrincipalUpdated"
	KindPrincipalDeleted = "PrincipalDeleted"
	KindRoleAssigned     = "RoleAssigned"
	KindRoleRevoked      = "RoleRevoked"
	KindRoleCreated      = "CustomRoleCreated"
	KindRoleUpdated      = "CustomRoleUpdated"
	KindRoleDeleted      = "CustomRoleDeleted"
	KindPolicySet        = "ToolAccessPolicySet"
	KindPolicyCleared    = "ToolAccessPolicyCleared"
	KindSessionStarted   = "SessionStarted"
	KindSessionEnded     = "SessionEnded"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{
		KindKeyCreated, KindKeyRevoked, KindKeyRotated, KindPrincipalCreated, KindPrincipalUpdated, KindPrincipalDeleted,
		KindRoleAssigned, KindRoleRevoked, KindRoleCreated, KindRoleUpdated, KindRoleDeleted, KindPolicySet, KindPolicyCleared,
		KindSessionStarted, KindSessionEnded,
	}
}

// The streams; the follower of the log learns from them what to read anew.
const (
	streamKey       = "auth:key:"
	streamPrincipal = "auth:principal:"
	streamRole      = "auth:role:"
	streamPolicy    = "auth:policy:"
	streamSession   = "auth:session:"
)

// KeyCreated: somebody got a key.
type KeyCreated struct {
	KeyID       string `json:"key_id"`
	PrincipalID string `json:"principal_id"`
	KeyName     string `json:"key_name"`
	ExpiresAt   *int64 `json:"expires_at"` // unix seconds
	CreatedBy   string `json:"created_by"`
}

// KeyRevoked: it opens nothing any more.
type KeyRevoked struct {
	KeyID       string         `json:"key_id"`
	PrincipalID string         `json:"principal_id"`
	RevokedBy   string         `json:"revoked_by"`
	Reason      string         `json:"reason"`
	Changes     []event.Change `json:"changes"`
}

// KeyRotated: another one takes its place; until GraceUntil both open.
type KeyRotated struct {
	KeyID       string         `json:"key_id"`
	PrincipalID string         `json:"principal_id"`
	NewKeyID    string         `json:"new_key_id"`
	RotatedAt   int64          `json:"rotated_at"`  // unix seconds
	GraceUntil  int64          `json:"grace_until"` // unix seconds
	RotatedBy   string         `json:"rotated_by"`
	Changes     []event.Change `json:"changes"`
}

// PrincipalSaved: a principal came to be, or was changed.
type PrincipalSaved struct {
	PrincipalID string         `json:"principal_id"`
	Type        string         `json:"principal_type"`
	Groups      []string       `json:"groups"`
	Disabled    bool           `json:"disabled"`
	Description string         `json:"description"`
	Changes     []event.Change `json:"changes,omitempty"` // of one that was there
	created     bool
}

// PrincipalDeleted: with its keys, sessions, roles and policies.
type PrincipalDeleted struct {
	PrincipalID string              `json:"principal_id"`
	Definition  PrincipalDefinition `json:"definition"`
}

// RoleAssigned: a principal has a role more.
type RoleAssigned struct {
	PrincipalID string         `json:"principal_id"`
	RoleName    string         `json:"role_name"`
	Scope       string         `json:"scope"`
	AssignedBy  string         `json:"assigned_by"`
	Changes     []event.Change `json:"changes"`
}

// RoleRevoked: a principal has a role less.
type RoleRevoked struct {
	PrincipalID string         `json:"principal_id"`
	RoleName    string         `json:"role_name"`
	Scope       string         `json:"scope"`
	RevokedBy   string         `json:"revoked_by"`
	Changes     []event.Change `json:"changes"`
}

// RoleSaved: a custom role was made or changed.
type RoleSaved struct {
	RoleName    string         `json:"role_name"`
	Permissions []string       `json:"permissions"`
	Description string         `json:"description"`
	Changes     []event.Change `json:"changes,omitempty"` // of one that was there
	created     bool
}

// RoleDeleted: nobody has it any more.
type RoleDeleted struct {
	RoleName   string         `json:"role_name"`
	Definition RoleDefinition `json:"definition"`
}

// PolicySet: who may use a tool was narrowed.
type PolicySet struct {
	ProviderID  string         `json:"provider_id"`
	ToolName    string         `json:"tool_name"`
	PrincipalID string         `json:"principal_id"`
	Effect      Effect         `json:"effect"`
	Changes     []event.Change `json:"changes"`
}

// PolicyCleared: it was widened again.
type PolicyCleared struct {
	ProviderID  string         `json:"provider_id"`
	ToolName    string         `json:"tool_name"`
	PrincipalID string         `json:"principal_id"`
	Changes     []event.Change `json:"changes"`
}

// SessionStarted: somebody signed in to the dashboard.
type SessionStarted struct {
	SessionID   string `json:"session_id"`
	PrincipalID string `json:"principal_id"`
	KeyID       string `json:"key_id"`
}

// SessionEnded: somebody signed out, or was.
type SessionEnded struct {
	SessionID   string `json:"session_id"`
	PrincipalID string `json:"principal_id"`
	Reason      string `json:"reason"`
}

// Kind is ApiKeyCreated.
func (KeyCreated) Kind() string { return KindKeyCreated }

// Kind is ApiKeyRevoked.
func (KeyRevoked) Kind() string { return KindKeyRevoked }

// Kind is KeyRotated.
func (KeyRotated) Kind() string { return KindKeyRotated }

// Kind is PrincipalCreated or PrincipalUpdated.
func (e PrincipalSaved) Kind() string {
	if e.created {
		return KindPrincipalCreated
	}
	return KindPrincipalUpdated
}

// Kind is PrincipalDeleted.
func (PrincipalDeleted) Kind() string { return KindPrincipalDeleted }

// Kind is RoleAssigned.
func (RoleAssigned) Kind() string { return KindRoleAssigned }

// Kind is RoleRevoked.
func (RoleRevoked) Kind() string { return KindRoleRevoked }

// Kind is CustomRoleCreated or CustomRoleUpdated.
func (e RoleSaved) Kind() string {
	if e.created {
		return KindRoleCreated
	}
	return KindRoleUpdated
}

// Kind is CustomRoleDeleted.
func (RoleDeleted) Kind() string { return KindRoleDeleted }

// Kind is ToolAccessPolicySet.
func (PolicySet) Kind() string { return KindPolicySet }

// Kind is ToolAccessPolicyCleared.
func (PolicyCleared) Kind() string { return KindPolicyCleared }

// Kind is SessionStarted.
func (SessionStarted) Kind() string { return KindSessionStarted }

// Kind is SessionEnded.
func (SessionEnded) Kind() string { return KindSessionEnded }

// Stream is the key's.
func (e KeyCreated) Stream() string { return streamKey + e.KeyID }

// Stream is the key's.
func (e KeyRevoked) Stream() string { return streamKey + e.KeyID }

// Stream is the old key's.
func (e KeyRotated) Stream() string { return streamKey + e.KeyID }

// Stream is the principal's.
func (e PrincipalSaved) Stream() string { return streamPrincipal + e.PrincipalID }

// Stream is the principal's.
func (e PrincipalDeleted) Stream() string { return streamPrincipal + e.PrincipalID }

// Stream is the principal's.
func (e RoleAssigned) Stream() string { return streamPrincipal + e.PrincipalID }

// Stream is the principal's.
func (e RoleRevoked) Stream() string { return streamPrincipal + e.PrincipalID }

// Stream is the role's.
func (e RoleSaved) Stream() string { return streamRole + e.RoleName }

// Stream is the role's.
func (e RoleDeleted) Stream() string { return streamRole + e.RoleName }

// Stream is the place's.
func (e PolicySet) Stream() string { return streamPolicy + e.ProviderID + "/" + e.ToolName }

// Stream is the place's.
func (e PolicyCleared) Stream() string { return streamPolicy + e.ProviderID + "/" + e.ToolName }

// Stream is the session's.
func (e SessionStarted) Stream() string { return streamSession + e.SessionID }

// Stream is the session's.
func (e SessionEnded) Stream() string { return streamSession + e.SessionID }
