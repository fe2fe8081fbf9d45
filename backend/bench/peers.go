package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	peerRun  = 500 * time.Millisecond
	peerWarm = 150 * time.Millisecond
)

// peer is something that stands before the same MCP server.
type peer struct {
	name string
	p    *process // its processor time is unknown when it is not ours
	way  prepare
	ours bool
}

// peers are this gateway, a reverse proxy and whatever -other names, each before the same MCP server: the demo behind a
// gateway of its own, reached over HTTP.
func (b *bench) peers() ([]section, error) {
	back, err := b.serve(b.demoConfig())
	if err != nil {
		return nil, err
	}
	defer b.end(back)
	if err := startDemo(back); err != nil {
		return nil, err
	}
	list, stop, err := b.startPeers(back)
	defer stop()
	if err != nil {
		return nil, err
	}
	cpu, rate, added := map[string]*row{}, map[string]*row{}, map[string]*row{}
	var order []string
	for range b.rounds {
		for _, c := range []int{1, 8, 64} {
			if err := besides(list, back, c, func(name string, s, proxy, direct sample, ours bool) {
				key := fmt.Sprintf("%s, c=%d", name, c)
				if rate[key] == nil {
					order = append(order, key)
					cpu[key], rate[key], added[key] = &row{name: key, unit: "µs"}, &row{name: key, unit: "calls/s"}, &row{name: key, unit: "µs"}
				}
				if ours {
					cpu[key].add(s.cpu, proxy.cpu)
				}
				rate[key].add(s.perSecond, direct.perSecond)
				added[key].add(s.p50-direct.p50, direct.p50)
			}); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range []int{8, 64} {
		cpu[fmt.Sprintf("%s, c=%d", us, c)].goal = ratioAtMost(0.6)
	}
	rate[us+", c=64"].goal = goal{limit: 0.75, ratio: true, atLeast: true}
	added[us+", c=1"].goal = atMost(200)
	const direct = "the same call straight to the MCP server behind"
	return []section{
		{"HTTP provider, beside other proxies: CPU of the proxy per call", "net/http/httputil.ReverseProxy before the same MCP server", measuredOf(pick(cpu, order))},
		{"HTTP provider, beside other proxies: throughput", direct, pick(rate, order)},
		{"HTTP provider, beside other proxies: median time added", direct + ", its whole time", pick(added, order)},
	}, nil
}

const us = "Hangar"

// measuredOf leaves out what could not be measured.
func measuredOf(rows []row) (out []row) {
	for _, r := range rows {
		if len(r.measured) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// besides is one round; the second of the list is the floor.
func besides(list []peer, back *process, callers int, add func(name string, s, proxy, direct sample, ours bool)) error {
	direct, err := measure(back, callers, peerWarm, peerRun, ways(text(100))[0].ready)
	if err != nil {
		return fmt.Errorf("direct, %d callers: %w", callers, err)
	}
	got := make([]sample, len(list))
	for i, peer := range list {
		if got[i], err = measure(peer.p, callers, peerWarm, peerRun, peer.way); err != nil {
			return fmt.Errorf("%s, %d callers: %w", peer.name, callers, err)
		}
	}
	for i, peer := range list {
		add(peer.name, got[i], got[1], direct, peer.ours)
	}
	return nil
}

// remoteConfig is of a gateway before the demo of another one.
func remoteConfig(back string) string {
	return fmt.Sprintf("providers:\n  demo:\n    mode: remote\n    endpoint: %s/mcp/providers/demo\n", back)
}

func (b *bench) startPeers(back *process) (list []peer, stop func(), err error) {
	stop = func() {
		for _, p := range list {
			if p.ours {
				b.end(p.p)
			}
		}
	}
	same := ways(text(100))[0].ready
	front, err := b.serve(remoteConfig(back.url))
	if err != nil {
		return list, stop, err
	}
	list = append(list, peer{us, front, same, true})
	if err := startDemo(front); err != nil {
		return list, stop, err
	}
	proxy, err := start(b.floorBinary, "proxy", back.url)
	if err != nil {
		return list, stop, err
	}
	list = append(list, peer{"httputil.ReverseProxy", proxy, same, true})
	nginx, err := b.nginx(back.url)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench: not beside nginx:", err)
	default:
		list = append(list, peer{"nginx", nginx, same, true})
	}
	if b.other != "" {
		u, err := url.Parse(b.other)
		if err != nil || u.Scheme != "http" || u.Host == "" {
			return list, stop, fmt.Errorf("-other must be like http://127.0.0.1:9000/mcp, not %q", b.other)
		}
		way := inSession(u.RequestURI(), callBody(b.otherTool, text(100), ""), text(100))
		list = append(list, peer{b.other, &process{cmd: &exec.Cmd{Process: &os.Process{Pid: os.Getpid()}}, url: "http://" + u.Host}, way, false})
	}
	return list, stop, nil
}

// nginx is one process of it, so that its processor time is that of one process.
func (b *bench) nginx(to string) (*process, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		return nil, err
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, "nginx")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config := fmt.Sprintf(nginxConfig, strings.TrimPrefix(to, "http://"), address)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(program, "-p", dir, "-c", "nginx.conf", "-e", "stderr"), url: "http://" + address, said: make(chan string, 1)}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.said <- ""
	for deadline := time.Now().Add(startPatience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c, err := dial(p.url); err == nil {
			return p, c.Close()
		}
	}
	b.end(p)
	return nil, fmt.Errorf("nginx does not listen on %s", address)
}

const nginxConfig = `daemon off; master_process off; pid nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream back { server %s; keepalive 64; }
  server {
    listen %s;
    keepalive_requests 1000000;
    location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost; }
  }
}
`
