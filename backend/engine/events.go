package engine

import (
	"context"

	"github.com/moby/moby/client"
)

// Changed says that something became of a container.
type Changed struct {
	ID     string
	Action string // create, start, die, destroy, rename
}

// Follow calls each for whatever becomes of containers that bear these labels (an empty value means any), until ctx ends or
// the engine is lost, and returns why. ready is called once the engine has answered: what became of containers before is
// for List to tell.
func (e *Engine) Follow(ctx context.Context, labels map[string]string, ready func(), each func(Changed)) error {
	filters := byLabel(labels)
	filters.Add("type", "container")
	filters.Add("event", "create", "start", "die", "destroy", "rename")
	return e.do(ctx, "follow its containers", func(c *client.Client) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stream := c.Events(ctx, client.EventsListOptions{Filters: filters}) // returns when the engine has answered
		ready()
		for {
			select {
			case m := <-stream.Messages:
				each(Changed{ID: m.Actor.ID, Action: string(m.Action)})
			case err := <-stream.Err: // also when ctx ends
				return err
			}
		}
	})
}
