package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

// client talks to the binary and keeps what it is told.
type client struct {
	url  string
	http *http.Client
}

func newClient(url string) *client {
	return &client{url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: patience}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// reply is an answer; status 0 means that none came.
type reply struct {
	status int
	header http.Header
	body   object
	raw    []byte
}

func (r reply) text(field string) string { s, _ := r.body[field].(string); return s }

// vague says that nobody knows what became of the request.
func (r reply) vague() bool {
	return r.status == 0 || r.text("error") == "StorageOutcomeUnknownError" || r.text("error") == "StorageFailedError"
}

func (c *client) send(ctx context.Context, method, path string, body any, header map[string]string) reply {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // a literal of this package
		}
		in = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, in)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}
	}
	r := reply{status: resp.StatusCode, header: resp.Header, raw: raw}
	_ = json.Unmarshal(raw, &r.body) // not every answer is an object
	return r
}

// read is a GET that must be answered with an object.
func (c *client) read(path string, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r := c.send(ctx, "GET", path, nil, nil)
	if r.status != http.StatusOK {
		return fmt.Errorf("GET %s: %d %s", path, r.status, r.raw)
	}
	if err := json.Unmarshal(r.raw, into); err != nil {
		return fmt.Errorf("GET %s: %w in %s", path, err, r.raw)
	}
	return nil
}

// tool calls a tool through /mcp, in the revision that needs no session.
func (c *client) tool(ctx context.Context, name, message string) reply {
	meta := object{
		"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": object{},
		"io.modelcontextprotocol/clientInfo": object{"name": "faults", "version": "1"},
	}
	return c.send(ctx, "POST", "/mcp", object{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": object{
		"name": name, "arguments": object{"message": message}, "_meta": meta,
	}}, map[string]string{
		"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name,
	})
}

// metrics are the plain samples of /metrics that have these names.
func (c *client) metrics(names ...string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r := c.send(ctx, "GET", "/metrics", nil, nil)
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %d", r.status)
	}
	found := map[string]float64{}
	for _, name := range names {
		for line := range strings.Lines(string(r.raw)) {
			var value float64
			if rest, ok := strings.CutPrefix(line, name+" "); ok {
				if _, err := fmt.Sscan(rest, &value); err != nil {
					return nil, err
				}
				found[name] = value
			}
		}
		if _, ok := found[name]; !ok {
			return nil, fmt.Errorf("/metrics does not have %s", name)
		}
	}
	return found, nil
}

// eventually waits for what must come; the error is the last reason why it has not.
func eventually(check func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
