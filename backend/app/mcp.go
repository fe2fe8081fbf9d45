package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"hangar/backend/bridge"
	"hangar/backend/gateway"
	"hangar/backend/secret"
)

// buildGateway makes the MCP door, and has it told of what providers say unasked.
func (a *App) buildGateway(ctx context.Context) error {
	seal, err := a.sealer(ctx)
	if err != nil {
		return fmt.Errorf("the key of the MCP door: %w", err)
	}
	a.gateway, err = gateway.New(gateway.Options{
		Providers: a.providers, Events: a.events, Calls: a.invoke, Groups: a.groups, GroupCalls: a.groupCalls,
		Seal: seal, Watch: a.fleet.Watch, Leave: a.fleet.Leave, RootsChanged: a.fleet.RootsChanged, Prefix: gateway.Prefix(a.opts.Config.MCP.Prefix),
		Guard: a.guard.check, Access: a.auth, Refused: a.refusedTool, Version: a.opts.Version, Log: a.opts.Log,
	})
	if err != nil {
		return err
	}
	a.fleet.Told(a.gateway.Told)
	return nil
}

// sealer seals what clients keep for us. Its key outlives the process: tasks of a provider do, too.
func (a *App) sealer(ctx context.Context) (*bridge.Sealer, error) {
	const scope, name = "mcp", "state"
	key, err := a.vault.Get(ctx, scope, name)
	if errors.Is(err, secret.ErrMissing) || errors.Is(err, secret.ErrUnreadable) { // the vault's own key may have been replaced
		key = make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		err = a.vault.Put(ctx, scope, name, key)
	}
	if err != nil {
		return nil, err
	}
	return bridge.NewSealer(key)
}
