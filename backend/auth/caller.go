package auth

import (
	"context"

	"hangar/backend/event"
)

// Via is how somebody proved who they are.
type Via string

// The ways.
const (
	ViaLocal   Via = "local"   // by being at this machine
	ViaKey     Via = "key"     // by an API key
	ViaSession Via = "session" // by having signed in to the dashboard
)

// Caller is who makes a request, and by which credential. It says who somebody is, not what they may do: that is asked
// anew each time, because it can change.
type Caller struct {
	Principal  string
	Kind       Kind
	Via        Via
	Credential string // id of the key or session; "" for ViaLocal
}

// Local is whoever is at this machine.
func Local() Caller { return Caller{Principal: LocalID, Kind: User, Via: ViaLocal} }

type callerKey struct{}

// As puts the caller into the context, and as the actor of what is changed under it.
func As(ctx context.Context, c Caller) context.Context {
	ctx = context.WithValue(ctx, callerKey{}, c)
	return event.WithActor(ctx, event.Actor{Type: string(c.Kind), ID: c.Principal})
}

// CallerFrom finds the caller of the context.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
