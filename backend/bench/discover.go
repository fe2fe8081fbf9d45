package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

const crowd = 1000 // containers

// discover is how soon a source settles whose engine shows a thousand containers that want to be found: every one of them
// approved by the source itself, and so a provider.
func (b *bench) discover() ([]section, error) {
	engine, err := b.engine()
	if err != nil {
		return nil, err
	}
	defer engine.server.Close()
	settled := row{name: fmt.Sprintf("%d containers, from adding the source to %d providers", crowd, crowd), unit: "ms", goal: atMost(10_000)}
	again := row{name: "looking again, nothing new", unit: "ms"}
	for range b.rounds {
		floor, err := engine.listed()
		if err != nil {
			return nil, err
		}
		first, second, err := b.settle(engine)
		if err != nil {
			return nil, err
		}
		settled.add(ms(first), ms(floor))
		again.add(ms(second), ms(floor))
	}
	if n := engine.acts.Load(); n > 0 {
		return nil, fmt.Errorf("the engine was asked for %d things that are more than looking", n)
	}
	return []section{{"Discovery", "one list of the same containers from the same socket, read and decoded by a client of net/http", []row{settled, again}}}, nil
}

// settle adds the source to a new server, then looks once more.
func (b *bench) settle(engine *crowdedEngine) (first, second time.Duration, err error) {
	server, err := b.serve("providers: {}\n")
	if err != nil {
		return 0, 0, err
	}
	defer b.end(server)
	c, err := dial(server.url)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	config := fmt.Sprintf(`{"host":%q,"auto_approve":true,"max_providers":%d,"max_registrations_per_minute":%d}`, "unix://"+engine.socket, crowd, crowd)
	begun := time.Now()
	a, err := c.expect(post("/api/discovery/sources", `{"source_type":"docker","mode":"additive","config":`+config+`}`), `"registered"`)
	if err != nil {
		return 0, 0, err
	}
	var added struct {
		ID string `json:"source_id"`
	}
	if err := json.Unmarshal(a.body, &added); err != nil {
		return 0, 0, err
	}
	scan := post("/api/discovery/sources/"+added.ID+"/scan", "")
	found := fmt.Sprintf(`"providers_found":%d`, crowd)
	if _, err := c.expect(scan, found); err != nil {
		return 0, 0, err
	}
	first = time.Since(begun)
	begun = time.Now()
	_, err = c.expect(scan, found)
	second = time.Since(begun)
	if err != nil {
		return 0, 0, err
	}
	list, err := c.expect(get("/api/providers"), `"providers"`)
	if n := strings.Count(string(list.body), `"source":"discovery"`); err == nil && n != crowd {
		err = fmt.Errorf("%d providers, not %d", n, crowd)
	}
	return first, second, err
}

// crowdedEngine is a socket that lists containers as an engine does.
type crowdedEngine struct {
	socket string
	server *http.Server
	acts   atomic.Int64
}

func (b *bench) engine() (*crowdedEngine, error) {
	e := &crowdedEngine{socket: filepath.Join(b.dir, "engine.sock")}
	listener, err := net.Listen("unix", e.socket)
	if err != nil {
		return nil, err
	}
	var all []map[string]any
	for i := range crowd {
		all = append(all, map[string]any{
			"Id": fmt.Sprintf("%064d", i), "Names": []string{fmt.Sprintf("/tool-%04d", i)}, "Image": "tools/tool:1", "State": "running",
			"Labels": map[string]string{"mcp.hangar.enabled": "true", "mcp.hangar.command": "serve"},
		})
	}
	body, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	e.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.47")
		w.Header().Set("Content-Type", "application/json")
		switch path := r.URL.Path; {
		case strings.HasSuffix(path, "/_ping"):
		case r.Method == http.MethodGet && strings.HasSuffix(path, "/containers/json"):
			_, _ = w.Write(body) // the client may be gone
		case r.Method == http.MethodGet && strings.HasSuffix(path, "/events"):
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		default:
			e.acts.Add(1)
			w.WriteHeader(http.StatusForbidden)
		}
	})}
	go func() { _ = e.server.Serve(listener) }() // it ends with Close
	return e, nil
}

// listed is one list, by a client of its own.
func (e *crowdedEngine) listed() (took time.Duration, err error) {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", e.socket)
	}}
	defer t.CloseIdleConnections()
	begun := time.Now()
	resp, err := (&http.Client{Transport: t}).Get("http://engine/containers/json")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var all []map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		return 0, err
	}
	took = time.Since(begun)
	if len(all) != crowd {
		return 0, fmt.Errorf("%d containers, not %d", len(all), crowd)
	}
	return took, nil
}
