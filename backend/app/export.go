package app

import (
	"context"

	"hangar/backend/config"
	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Export writes the fleet of a data directory as a configuration file, whether an instance runs on it or not.
func Export(ctx context.Context, c *config.Config, how config.Secrets) (out config.Exported, err error) {
	url, err := databaseURL(c.Storage.URL)
	if err != nil {
		return out, err
	}
	err = store.Peek(ctx, store.Options{Dir: c.DataDir, URL: url}, func(ctx context.Context, q store.Querier) error {
		have := config.Standing{Config: c}
		if have.Providers, err = provider.New(nil, nil).StandingIn(ctx, q); err != nil {
			return err
		}
		if have.Groups, err = group.New(nil, nil, nil, nil).StandingIn(ctx, q); err != nil {
			return err
		}
		if have.Sources, err = discovery.New(discovery.Options{}).StandingIn(ctx, q); err != nil {
			return err
		}
		out = whole(have).Export(how)
		return nil
	})
	return out, err
}
