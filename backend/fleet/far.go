package fleet

import (
	"context"
	"fmt"

	"hangar/backend/launch"
	"hangar/backend/upstream"
)

// far is a remote conversation as a Wire: there is no process of ours, so it has ended when the conversation has.
type far struct{ *upstream.Remote }

// PID is 0: what runs, runs elsewhere.
func (far) PID() int { return 0 }

// Exit says why the conversation is over.
func (f far) Exit() launch.Exit {
	return launch.Exit{Code: -1, At: f.EndedAt(), Err: fmt.Errorf("is out of reach: %w", f.Err())}
}

// Stop says goodbye and returns when nothing of the conversation runs any more; it hurries when ctx ends.
func (f far) Stop(ctx context.Context) launch.Exit {
	f.Remote.Stop(ctx)
	return f.Exit()
}
