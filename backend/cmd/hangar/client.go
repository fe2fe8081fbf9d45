package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

const defaultURL = "http://127.0.0.1:8000"

// client speaks to a running Hangar.
type client struct {
	base string
	key  string
	http *http.Client
}

// remote adds what every command needs that speaks to a running Hangar.
func remote(cmd *cobra.Command) (connect func() (*client, error)) {
	at := cmd.Flags().String("url", "", "address of the running Hangar (default $HANGAR_URL, or "+defaultURL+")")
	return func() (*client, error) {
		base := cmp.Or(*at, os.Getenv("HANGAR_URL"), defaultURL)
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, usage("--url must be an http or https address, such as %s, not %q", defaultURL, base)
		}
		return &client{strings.TrimSuffix(base, "/"), os.Getenv("HANGAR_API_KEY"), &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}}, nil
	}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// refusal is an answer of Hangar that is an error.
type refusal struct {
	Status  int    `json:"status_code"`
	Type    string `json:"error"`
	Message string `json:"message"`
}

// Error is Hangar's own sentence.
func (r *refusal) Error() string { return r.Message }

func refusedWith(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.Status == status
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 256 << 20

// do asks for something. Its error knows its exit code.
func (c *client) do(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "hangar/"+version)
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("X-API-Key", c.key)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if resp.StatusCode < 400 {
		return answer, nil
	}
	return nil, c.refused(resp.StatusCode, answer)
}

func (c *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ending(exitInterrupted, "interrupted")
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return ending(exitUnreachable, "no answer from Hangar at %s: %w; is it running (hangar serve), and is this its address (--url, HANGAR_URL)?", c.base, err)
}

func (c *client) refused(status int, answer []byte) error {
	r := &refusal{Status: status}
	if json.Unmarshal(answer, r) != nil || r.Message == "" {
		r.Message = fmt.Sprintf("%s answered %d %s; is Hangar there?", c.base, status, http.StatusText(status))
	}
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ending(exitSignIn, "%w (the key comes from HANGAR_API_KEY)", r)
	case status >= 500:
		return &exitError{exitUnreachable, r}
	}
	return &exitError{exitUsage, r}
}

// get reads an answer into a value.
func (c *client) get(ctx context.Context, path string, into any) error {
	answer, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return ending(exitUnreachable, "%s answered with something else than was expected; is it Hangar, of this version? (%w)", c.base, err)
	}
	return nil
}
