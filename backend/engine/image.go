package engine

import (
	"context"
	"strings"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

// Image gives the id of an image that the engine has, or "" when it has none of this name.
func (e *Engine) Image(ctx context.Context, ref string) (id string, err error) {
	err = e.do(ctx, "look up the image "+ref, func(c *client.Client) error {
		found, err := c.ImageInspect(ctx, ref)
		id = found.ID
		return err
	})
	if IsNotFound(err) {
		return "", nil
	}
	return id, err
}

// PullProgress is how far a pull has come: bytes over all layers that are known so far.
type PullProgress struct {
	Done, Total int64
	Status      string // the engine's own word: Downloading, Extracting ...
}

// Pull fetches an image from its registry, without credentials, and tells report, which must be quick, of each step. The
// registry's words are in the error.
func (e *Engine) Pull(ctx context.Context, ref string, report func(PullProgress)) error {
	return e.do(ctx, "pull the image "+ref, func(c *client.Client) error {
		answer, err := c.ImagePull(ctx, ref, client.ImagePullOptions{})
		if err != nil {
			return err
		}
		defer func() { _ = answer.Close() }() // read to its end, or given up
		layers := map[string]jsonstream.Progress{}
		for message, err := range answer.JSONMessages(ctx) {
			if err != nil {
				return err
			}
			if message.Error != nil {
				return message.Error
			}
			if message.Progress != nil && message.Progress.Total > 0 {
				layers[message.ID+message.Status] = *message.Progress
			}
			report(sum(layers, message.Status))
		}
		return nil
	})
}

// sum counts downloading and extracting a layer as two, since each takes its time.
func sum(layers map[string]jsonstream.Progress, status string) PullProgress {
	p := PullProgress{Status: status}
	for _, l := range layers {
		p.Done += min(l.Current, l.Total)
		p.Total += l.Total
	}
	return p
}

// IsImageID reports whether a reference is an image's own id, which no registry knows.
func IsImageID(ref string) bool { return strings.HasPrefix(ref, "sha256:") }
