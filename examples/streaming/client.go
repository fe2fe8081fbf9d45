package streaming

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

const (
	timeout = 5 * time.Second // for one report
	quiet   = 5 * time.Second // without progress reports after one found nobody: a dead server must not slow the work
)

// Client is where operations are reported to. It is safe for use by many goroutines.
type Client struct {
	URL  string // of Hangar, such as http://127.0.0.1:8000
	Key  string // sent as X-API-Key; may be empty
	HTTP *http.Client
	Log  *slog.Logger

	quietUntil atomic.Int64 // unix nanoseconds
}

// FromEnv takes HANGAR_URL and HANGAR_API_KEY.
func FromEnv() *Client {
	return &Client{
		URL: cmp.Or(os.Getenv("HANGAR_URL"), "http://127.0.0.1:8000"), Key: os.Getenv("HANGAR_API_KEY"),
		HTTP: http.DefaultClient, Log: slog.Default(),
	}
}

// Create announces an operation. When Hangar cannot be reached its ID is "" and its reports go nowhere.
func (c *Client) Create(ctx context.Context, operationType string, metadata map[string]any) *Operation {
	var created struct {
		ID string `json:"operation_id"`
	}
	c.post(ctx, "operations", map[string]any{"operation_type": operationType, "metadata": orEmpty(metadata)}, &created)
	return &Operation{ID: created.ID, client: c}
}

// post gives the status of the answer; 0 means that there was none. It reports by itself what goes wrong.
func (c *Client) post(ctx context.Context, path string, body, into any) int {
	status, err := c.exchange(ctx, path, body, into)
	if err != nil {
		c.Log.WarnContext(ctx, "a report did not get through to Hangar", "path", path, "error", err)
	}
	if status == 0 {
		c.quietUntil.Store(time.Now().Add(quiet).UnixNano())
	}
	return status
}

func (c *Client) exchange(ctx context.Context, path string, body, into any) (status int, err error) {
	data, err := json.Marshal(body)
	if err != nil {
		return http.StatusUnprocessableEntity, err // nobody else's fault, and no reason to be quiet
	}
	// Cancelled work still says so.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	url := strings.TrimSuffix(c.URL, "/") + "/api/" + path
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.Key != "" {
		request.Header.Set("X-API-Key", c.Key)
	}
	answer, err := c.HTTP.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close() // read only: nothing to lose
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	switch {
	case err != nil:
		return 0, err
	case answer.StatusCode >= 300:
		return answer.StatusCode, fmt.Errorf("%s: %s", answer.Status, text)
	case into != nil:
		return answer.StatusCode, json.Unmarshal(text, into)
	}
	return answer.StatusCode, nil
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}
