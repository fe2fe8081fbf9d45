package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/auth"
	"hangar/backend/fault"
)

func (a *API) authKeys(api huma.API) {
	create := op("POST", "/auth/keys", "create-key", "auth", "Create an API key", 201, 400, 409)
	create.Description = "The key itself is in the answer and nowhere else. A principal that does not exist comes to be, without any role."
	huma.Register(api, create, a.createKey)
	huma.Register(api, op("GET", "/auth/keys/{id}", "list-keys", "auth", "List the keys of a principal", 200, 404), a.listKeys)
	huma.Register(api, op("DELETE", "/auth/keys/{id}", "revoke-key", "auth", "Revoke a key; what it had opened is closed", 200, 404), a.revokeKey)
	huma.Register(api, op("POST", "/auth/keys/{id}/rotate", "rotate-key", "auth", "Replace a key; for a while both open", 200, 404, 409), a.rotateKey)
	huma.Register(api, op("POST", "/auth/ticket", "create-ticket", "auth", "Get a ticket that opens one socket within 30 s, as ?ticket=", 200, 429), a.createTicket)
	huma.Register(api, op("GET", "/auth/whoami", "whoami", "auth", "Who the caller is", 200), a.whoami)
}

type createKeyInput struct {
	Body struct {
		PrincipalID   string  `json:"principal_id" minLength:"1" maxLength:"256" doc:"Principal this key authenticates as"`
		PrincipalType string  `json:"principal_type,omitempty" enum:"user,service_account" default:"service_account" doc:"Of a principal that does not exist yet"`
		Name          string  `json:"name" minLength:"1" maxLength:"200" doc:"Human-readable key name"`
		CreatedBy     string  `json:"created_by,omitempty" maxLength:"256" default:"system" doc:"Goes on record as said; who did it is the caller"`
		ExpiresAt     *string `json:"expires_at,omitempty" nullable:"true" doc:"ISO 8601, UTC where it names no zone; never, when absent"`
	}
}

// NewKey is a key, for the one time that it is shown.
type NewKey struct {
	KeyID       string     `json:"key_id"`
	RawKey      string     `json:"raw_key" doc:"Shown now and never again"`
	PrincipalID string     `json:"principal_id"`
	Name        string     `json:"name"`
	ExpiresAt   *time.Time `json:"expires_at" nullable:"true"`
	Warning     string     `json:"warning"`
}

const keyWarning = "Store this key now: it cannot be shown again."

func newKey(k auth.Key, raw string) NewKey {
	return NewKey{k.ID, raw, k.Principal, k.Name, orNull(k.ExpiresAt), keyWarning}
}

// orNull is a time as JSON has it: null where there is none.
func orNull(t time.Time) *time.Time {
	if t.Year() <= 1 {
		return nil
	}
	t = t.UTC()
	return &t
}

// expiry reads a time as clients write it.
func expiry(text *string) (time.Time, error) {
	if text == nil || *text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly} {
		if t, err := time.Parse(layout, *text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.Field("expires_at", "must be a time such as 2027-01-31T12:00:00Z")
}

type createKeyOutput struct{ Body NewKey }

func (a *API) createKey(ctx context.Context, in *createKeyInput) (*createKeyOutput, error) {
	expires, err := expiry(in.Body.ExpiresAt)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	k, raw, err := a.Auth.CreateKey(ctx, auth.NewKey{
		Principal: in.Body.PrincipalID, Kind: auth.Kind(in.Body.PrincipalType), Name: in.Body.Name,
		CreatedBy: in.Body.CreatedBy, ExpiresAt: expires,
	})
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &createKeyOutput{newKey(k, raw)}, nil
}

// OnKeys is the one path of a principal's keys (GET) and of a key (the other methods).
type OnKeys struct {
	ID string `path:"id" doc:"GET: a principal; otherwise: a key"`
}

// KeyInfo is what is known of a key.
type KeyInfo struct {
	KeyID            string     `json:"key_id"`
	Name             string     `json:"name"`
	Prefix           string     `json:"prefix" doc:"How the key begins"`
	CreatedAt        time.Time  `json:"created_at"`
	CreatedBy        string     `json:"created_by"`
	ExpiresAt        *time.Time `json:"expires_at" nullable:"true"`
	LastUsedAt       *time.Time `json:"last_used_at" nullable:"true"`
	Active           bool       `json:"active" doc:"It opens"`
	Revoked          bool       `json:"revoked"`
	RevokedAt        *time.Time `json:"revoked_at" nullable:"true"`
	RevocationReason string     `json:"revocation_reason"`
	ReplacedBy       string     `json:"replaced_by" doc:"The key that took its place by rotation"`
}

type listKeysOutput struct {
	Body struct {
		PrincipalID string    `json:"principal_id"`
		Keys        []KeyInfo `json:"keys" nullable:"false" doc:"The newest first"`
		Total       int       `json:"total"`
		Active      int       `json:"active"`
	}
}

func (a *API) listKeys(ctx context.Context, in *OnKeys) (*listKeysOutput, error) {
	keys, err := a.Auth.Keys(ctx, in.ID)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &listKeysOutput{}
	out.Body.PrincipalID, out.Body.Keys, out.Body.Total = in.ID, []KeyInfo{}, len(keys)
	now := time.Now()
	for _, k := range keys {
		if k.Active(now) {
			out.Body.Active++
		}
		out.Body.Keys = append(out.Body.Keys, KeyInfo{
			KeyID: k.ID, Name: k.Name, Prefix: k.Prefix, CreatedAt: k.CreatedAt, CreatedBy: k.CreatedBy, ExpiresAt: orNull(k.ExpiresAt),
			LastUsedAt: orNull(k.UsedAt), Active: k.Active(now), Revoked: !k.RevokedAt.IsZero(), RevokedAt: orNull(k.RevokedAt),
			RevocationReason: k.Reason, ReplacedBy: k.ReplacedBy,
		})
	}
	return out, nil
}

type revokeKeyInput struct {
	OnKeys
	Body *struct {
		RevokedBy string `json:"revoked_by,omitempty" maxLength:"256" default:"system" doc:"Goes on record as said; who did it is the caller"`
		Reason    string `json:"reason,omitempty" maxLength:"1000"`
	} `required:"false"`
}

type revokeKeyOutput struct {
	Body struct {
		KeyID     string `json:"key_id"`
		Revoked   bool   `json:"revoked"`
		RevokedBy string `json:"revoked_by"`
		Reason    string `json:"reason"`
	}
}

func (a *API) revokeKey(ctx context.Context, in *revokeKeyInput) (*revokeKeyOutput, error) {
	by, reason := "system", ""
	if in.Body != nil {
		by, reason = in.Body.RevokedBy, in.Body.Reason
	}
	if err := a.Auth.RevokeKey(ctx, in.ID, by, reason); err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &revokeKeyOutput{}
	out.Body.KeyID, out.Body.Revoked, out.Body.RevokedBy, out.Body.Reason = in.ID, true, by, reason
	return out, nil
}

type rotateKeyInput struct {
	OnKeys
	Body *struct {
		GracePeriodS *int    `json:"grace_period_s,omitempty" minimum:"0" maximum:"2592000" doc:"For how long the old key goes on to open; a day, when absent"`
		ExpiresAt    *string `json:"expires_at,omitempty" nullable:"true" doc:"Of the new key; as the old one's, when absent"`
		RotatedBy    string  `json:"rotated_by,omitempty" maxLength:"256" default:"system"`
	} `required:"false"`
}

type rotateKeyOutput struct {
	Body struct {
		NewKey
		RotatedKeyID string    `json:"rotated_key_id" doc:"The old key"`
		GraceUntil   time.Time `json:"grace_until" doc:"Until when the old key opens"`
	}
}

const graceByDefault = 24 * time.Hour

func (a *API) rotateKey(ctx context.Context, in *rotateKeyInput) (*rotateKeyOutput, error) {
	r := auth.Rotation{Grace: graceByDefault, By: "system"}
	if in.Body != nil {
		var err error
		if r.ExpiresAt, err = expiry(in.Body.ExpiresAt); err != nil {
			return nil, a.refuse(ctx, err)
		}
		r.By = in.Body.RotatedBy
		if in.Body.GracePeriodS != nil {
			r.Grace = time.Duration(*in.Body.GracePeriodS) * time.Second
		}
	}
	k, raw, until, err := a.Auth.RotateKey(ctx, in.ID, r)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &rotateKeyOutput{}
	out.Body.NewKey, out.Body.RotatedKeyID, out.Body.GraceUntil = newKey(k, raw), in.ID, until
	return out, nil
}

type ticketOutput struct {
	Body struct {
		Ticket     string    `json:"ticket" doc:"Good once"`
		ExpiresAt  time.Time `json:"expires_at"`
		ExpiresInS int       `json:"expires_in_s"`
	}
}

func (a *API) createTicket(ctx context.Context, _ *struct{}) (*ticketOutput, error) {
	caller, _ := auth.CallerFrom(ctx)
	raw, expires, err := a.Auth.IssueTicket(caller)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &ticketOutput{}
	out.Body.Ticket, out.Body.ExpiresAt, out.Body.ExpiresInS = raw, expires.UTC(), int(auth.TicketLife.Seconds())
	return out, nil
}

type whoamiOutput struct {
	Body struct {
		PrincipalID string   `json:"principal_id"`
		Type        string   `json:"type" enum:"user,service_account"`
		Via         string   `json:"via" enum:"local,key,session" doc:"How they proved it; local while nobody has to sign in"`
		Permissions []string `json:"permissions" nullable:"false" doc:"All that their roles grant"`
	}
}

func (a *API) whoami(ctx context.Context, _ *struct{}) (*whoamiOutput, error) {
	caller, _ := auth.CallerFrom(ctx)
	out := &whoamiOutput{}
	out.Body.PrincipalID, out.Body.Type, out.Body.Via = caller.Principal, string(caller.Kind), string(caller.Via)
	out.Body.Permissions = a.Auth.Rights(ctx).Granted()
	return out, nil
}
