package engine

import (
	"context"
	"strings"

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

// Pull fetches an image from its registry, without credentials. The registry's words are in the error.
func (e *Engine) Pull(ctx context.Context, ref string) error {
	return e.do(ctx, "pull the image "+ref, func(c *client.Client) error {
		progress, err := c.ImagePull(ctx, ref, client.ImagePullOptions{})
		if err != nil {
			return err
		}
		defer func() { _ = progress.Close() }() // read to its end, or given up
		return progress.Wait(ctx)
	})
}

// IsImageID reports whether a reference is an image's own id, which no registry knows.
func IsImageID(ref string) bool { return strings.HasPrefix(ref, "sha256:") }
