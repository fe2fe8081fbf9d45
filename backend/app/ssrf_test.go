package app_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hangar/backend/apptest"
)

// spelling is a way to write down an address that nobody may reach.
type spelling struct {
	host     string // as it stands in a URL
	literal  bool   // an address in its usual form, so that a client connects to it without asking DNS
	loopback bool   // a person with the permission may reach it (decisions.md 18)
}

// forbidden are the spellings of addresses that are not to be reached from here, or by nobody but a person.
func forbidden() []spelling {
	var list []spelling
	for _, base := range []string{"169.254.169.254", "127.0.0.1"} {
		a := netip.MustParseAddr(base).As4()
		number := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
		hi, lo := number>>16, number&0xffff
		inverse := ^number
		loopback := base == "127.0.0.1"
		list = append(list, spelling{base, true, loopback}, spelling{fmt.Sprintf("[::ffff:%s]", base), true, loopback}, spelling{fmt.Sprintf("[::ffff:%x:%x]", hi, lo), true, loopback},
			spelling{fmt.Sprintf("[0:0:0:0:0:ffff:%x:%x]", hi, lo), true, loopback})
		for _, tunnel := range []string{ // which nobody may use to a place near us
			fmt.Sprintf("[::%s]", base), fmt.Sprintf("[::%x:%x]", hi, lo), fmt.Sprintf("[::ffff:0:%x:%x]", hi, lo), fmt.Sprintf("[2002:%x:%x::1]", hi, lo),
			fmt.Sprintf("[64:ff9b::%x:%x]", hi, lo), fmt.Sprintf("[64:ff9b::%s]", base), fmt.Sprintf("[64:ff9b:1::%x:%x]", hi, lo),
			fmt.Sprintf("[2001:0:808:808::%x:%x]", inverse>>16, inverse&0xffff), fmt.Sprintf("[2606:4700::5efe:%s]", base), fmt.Sprintf("[2606:4700::200:5efe:%x:%x]", hi, lo),
		} {
			list = append(list, spelling{tunnel, true, false})
		}
		for _, disguise := range []string{
			base + ".", fmt.Sprint(number), fmt.Sprintf("0x%x", number), fmt.Sprintf("0X%X", number), fmt.Sprintf("0%o", number), fmt.Sprintf("%d.%d", a[0], number&0xffffff),
			fmt.Sprintf("%d.%d.%d", a[0], a[1], lo), fmt.Sprintf("0%o.0%o.0%o.0%o", a[0], a[1], a[2], a[3]), fmt.Sprintf("0x%x.0x%x.0x%x.0x%x", a[0], a[1], a[2], a[3]),
			fmt.Sprintf("%d.%d.%d.0x%x", a[0], a[1], a[2], a[3]), fmt.Sprintf("0x%x.%d", a[0], number&0xffffff), fmt.Sprintf("000%s", base), fmt.Sprintf("%d.0%o.%d.%d", a[0], a[1], a[2], a[3]),
			fmt.Sprintf("0x%x.", number), strings.ReplaceAll(base, ".", "。"), strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r - '0' + '０'
				}
				return r
			}, base), "user@" + base, "user:pass@" + base, "example.com:80@" + base, strings.ReplaceAll(base, ".", "%2e"), "%31" + base[1:], base + "\\\\@example.com", base + "%00.example.com",
			base + "%0d%0a", "[" + base + "]", base + ":80:80", base + ".%20", base + "..",
		} {
			list = append(list, spelling{disguise, false, false})
		}
	}
	for _, literal := range []string{
		"100.100.100.200", "168.63.129.16", "192.0.0.192", "[fd00:ec2::254]", "[fd20:ce::254]", "[fd00:42::42]", "0.0.0.0", "0.1.2.3", "[::]", "[::ffff:0:0]", "169.254.1.1", "169.254.170.2",
		"[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "224.0.0.1", "239.255.255.250", "[ff02::1]", "255.255.255.255", "240.0.0.1", "[100::1]",
	} {
		list = append(list, spelling{literal, true, false})
	}
	for _, own := range []string{"localhost", "LocalHost", "a.localhost", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]"} {
		list = append(list, spelling{own, own[0] == '[' || own[0] == '1', true})
	}
	return append(list, spelling{"0", false, false}, spelling{"0x0", false, false}, spelling{"ⓛocalhost", false, false})
}

// trap is a port of this machine that nobody may come to.
type trap struct {
	port string
	hits atomic.Int64
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trap{}
	_, tr.port, _ = net.SplitHostPort(l.Addr().String())
	var done sync.WaitGroup
	done.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tr.hits.Add(1)
			_ = c.Close() // whoever came has been counted
		}
	})
	t.Cleanup(func() { _ = l.Close(); done.Wait() })
	return tr
}

// at is the address of a spelling, with the trap's port.
func (tr *trap) at(host string) string {
	if strings.HasSuffix(host, ":80:80") {
		return "http://" + host + "/mcp"
	}
	return "http://" + host + ":" + tr.port + "/mcp"
}

// No spelling of an address gets past any of the doors that take one, and nothing is ever connected to.
func TestNoSpellingOfAnAddressGetsThrough(t *testing.T) {
	all := forbidden()
	if len(all) < 80 {
		t.Fatalf("only %d spellings", len(all))
	}
	tr, dir := newTrap(t), t.TempDir()
	registry := httptest.NewServer(mirrored(all, tr))
	defer registry.Close()
	a := apptest.Start(t, apptest.InDir(dir), apptest.WithFlag("catalog-registry", registry.URL))
	a.Want(201, "POST", "/api/providers", object{"provider_id": "fine", "mode": "remote", "endpoint": "https://fine.example/mcp"})
	a.Want(201, "POST", "/api/catalog", object{"name": "open", "description": "d", "endpoint": "http://{host}/mcp", "variables": []object{{"name": "host", "required": true, "description": "h"}}})
	doors := []struct {
		name     string
		loopback bool // a person's word counts there
		try      func(i int, s spelling) apptest.Answer
	}{
		{"create", true, func(i int, s spelling) apptest.Answer {
			return a.Do("POST", "/api/providers", object{"provider_id": fmt.Sprintf("made%d", i), "mode": "remote", "endpoint": tr.at(s.host)})
		}},
		{"update, which takes no address", false, func(_ int, s spelling) apptest.Answer {
			return a.Do("PUT", "/api/providers/fine", object{"endpoint": tr.at(s.host)})
		}},
		{"import of a client's file", true, func(i int, s spelling) apptest.Answer {
			config, _ := json.Marshal(object{"mcpServers": object{fmt.Sprintf("took%d", i): object{"url": tr.at(s.host)}}})
			got := a.Want(200, "POST", "/api/connect/import", object{"text": string(config), "apply": true})
			if got.Body["made"] == 0.0 && got.Body["servers"].([]any)[0].(object)["verdict"] == "refused" {
				got.Status = 422 // one server of a file is refused in the answer, not by it
			}
			return got
		}},
		{"reload of the file", true, func(i int, s spelling) apptest.Answer {
			text, _ := json.Marshal(object{"providers": object{fmt.Sprintf("filed%d", i): object{"mode": "remote", "endpoint": tr.at(s.host)}}})
			a.Write(string(text))
			return a.Do("POST", "/api/config/reload", object{"dry_run": true})
		}},
		{"an entry of the catalog", true, func(i int, s spelling) apptest.Answer {
			return a.Do("POST", "/api/catalog", object{"name": fmt.Sprintf("entry%d", i), "description": "d", "endpoint": tr.at(s.host)})
		}},
		{"a deployment's variable", true, func(i int, s spelling) apptest.Answer {
			return a.Do("POST", "/api/catalog/open/deploy", object{"provider_id": fmt.Sprintf("filled%d", i), "variables": object{"host": s.host}})
		}},
		{"an engine to look at", true, func(_ int, s spelling) apptest.Answer {
			return a.Do("POST", "/api/discovery/sources", object{"source_type": "docker", "mode": "additive", "enabled": false, "config": object{"host": "tcp://" + s.host + ":" + tr.port}})
		}},
	}
	for _, d := range doors {
		for i, s := range all {
			if d.name == "a deployment's variable" && s.host[0] == '[' {
				continue // a value is escaped, and is no address any more
			}
			switch got := d.try(i, s); {
			case s.loopback && d.loopback:
				if got.Status >= 300 {
					t.Errorf("%s, %s: %d %s, which a person may mean", d.name, s.host, got.Status, got.Raw)
				}
			case got.Status != 422:
				t.Errorf("%s, %s: %d %s", d.name, s.host, got.Status, got.Raw)
			case strings.Contains(string(got.Raw), "user:pass"):
				t.Errorf("%s, %s: the refusal repeats credentials: %s", d.name, s.host, got.Raw)
			}
		}
	}
	// The file is watched, too: a loopback address that stood in it for long enough was taken for a wish of its writer.
	a.Write("{}\n")
	a.Want(200, "POST", "/api/config/reload", object{})
	for name, paths := range map[string][]string{"server.json": imported(t, a, tr, all), "the mirror": mirrorOf(t, a)} {
		for _, entry := range paths {
			if got := a.Do("POST", "/api/catalog/"+entry+"/deploy", object{}); got.Status != 422 && got.Status != 201 {
				t.Errorf("deploying %s of %s: %d %s", entry, name, got.Status, got.Raw)
			}
		}
	}
	found(t, a, tr, all)
	var stored []string
	for _, p := range a.Want(200, "GET", "/api/providers", nil).Body["providers"].([]any) {
		p := p.(object)
		id := fmt.Sprint(p["provider"])
		def := a.Want(200, "GET", "/api/providers/"+id, nil).Body
		if def["source"] == "api" {
			continue // a person meant loopback
		}
		stored = append(stored, id)
		if endpoint := fmt.Sprint(def["configuration"].(object)["endpoint"]); !slices.ContainsFunc(all, func(s spelling) bool {
			return s.loopback && (tr.at(s.host) == endpoint || "http://"+s.host+"/mcp" == endpoint)
		}) {
			t.Errorf("%s has %s", id, endpoint)
		}
	}
	if len(stored) < 10 {
		t.Fatalf("from the catalog: %v", stored)
	}
	refuse := func() {
		t.Helper()
		for _, id := range stored {
			got := a.Do("POST", "/api/providers/"+id+"/start", nil)
			if got.Status != 503 || !strings.Contains(string(got.Raw), "AddressNotAllowedError") && !strings.Contains(string(got.Raw), "the name a.localhost is not known") {
				t.Errorf("%s, which the catalog brought, starts: %d %s", id, got.Status, got.Raw)
			}
		}
	}
	refuse()
	a.Stop()
	a.Write("{}\n")
	a = apptest.Start(t, apptest.InDir(dir)) // what is stored is not trusted more than what came
	refuse()
	if n := tr.hits.Load(); n != 0 {
		t.Errorf("the trap was connected to %d times", n)
	}
	eventually(t, "attempts are on record", func() bool {
		events := a.Want(200, "GET", "/api/observability/security?limit=1000", nil).Raw
		return strings.Contains(string(events), "a loopback address, which only definitions made by a person may use") && strings.Contains(string(events), stored[0])
	})
}

// mirrored is a registry all of whose servers are on addresses that nobody may reach.
func mirrored(all []spelling, tr *trap) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		servers := []object{}
		for i, s := range all {
			servers = append(servers, object{"server": object{"name": fmt.Sprintf("evil.example/s%d", i), "description": "d", "version": "1.0.0",
				"remotes": []object{{"type": "streamable-http", "url": tr.at(s.host)}}}})
		}
		_ = json.NewEncoder(w).Encode(object{"servers": servers, "metadata": object{}}) // the client may be gone
	}
}

// imported gives the entries that came of as many files server.json.
func imported(t *testing.T, a *apptest.App, tr *trap, all []spelling) (ids []string) {
	t.Helper()
	for i, s := range all {
		got := a.Do("POST", "/api/catalog/import", object{"name": fmt.Sprintf("evil.example/i%d", i), "description": "d", "version": "1",
			"remotes": []object{{"type": "streamable-http", "url": tr.at(s.host)}}})
		if got.Status != 422 && got.Status != 201 {
			t.Errorf("server.json, %s: %d %s", s.host, got.Status, got.Raw)
		}
		entries, _ := got.Body["entries"].([]any)
		if len(entries) > 0 && !s.loopback {
			t.Errorf("server.json, %s: an entry came of it", s.host)
		}
		for _, e := range entries {
			ids = append(ids, fmt.Sprint(e.(object)["entry_id"]))
		}
	}
	return ids
}

func mirrorOf(t *testing.T, a *apptest.App) (ids []string) {
	t.Helper()
	eventually(t, "the registry was mirrored", func() bool { return a.Want(200, "GET", "/api/catalog/mirror", nil).Body["refreshed_at"] != nil })
	for _, e := range a.Want(200, "GET", "/api/catalog?source=registry&limit=1000", nil).Body["entries"].([]any) {
		ids = append(ids, fmt.Sprint(e.(object)["entry_id"]))
	}
	return ids
}

// found shows the spellings to discovery: none is registered, loopback included, although the source approves by itself.
func found(t *testing.T, a *apptest.App, tr *trap, all []spelling) {
	t.Helper()
	dir := t.TempDir()
	for i, s := range all {
		text, _ := json.Marshal(object{"name": fmt.Sprintf("found%d", i), "mode": "remote", "endpoint": tr.at(s.host)})
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yaml", i)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := a.Want(201, "POST", "/api/discovery/sources", object{"source_type": "filesystem", "mode": "additive", "config": object{"path": dir, "auto_approve": true, "max_providers": 1000, "max_registrations_per_minute": 1000}}).Body["source_id"].(string)
	a.Want(200, "POST", "/api/discovery/sources/"+id+"/scan", nil)
	if held := a.Want(200, "GET", "/api/discovery/quarantined", nil).Body["quarantined"].(object); len(held) != len(all) {
		t.Errorf("%d of %d are quarantined", len(held), len(all))
	}
}

// What a server says is judged like what a person writes: where its metadata are, which server gives tokens, where it redirects.
func TestWhatAServerNamesIsJudged(t *testing.T) {
	var mu sync.Mutex
	var to, how string
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		to, how := to, how
		mu.Unlock()
		say := func(v any) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v) // the client may be gone
		}
		switch {
		case how == "redirect":
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		case strings.HasPrefix(r.URL.Path, "/.well-known/oauth-protected-resource") && how == "authorization server":
			say(object{"resource": srv.URL + "/mcp", "authorization_servers": []string{to}})
		case strings.HasPrefix(r.URL.Path, "/.well-known/"):
			http.NotFound(w, r)
		default:
			meta := srv.URL + "/.well-known/oauth-protected-resource/mcp"
			if how == "metadata" {
				meta = to
			}
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+meta+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer srv.Close()
	a := apptest.Start(t)
	n := 0
	for _, kind := range []string{"metadata", "authorization server", "redirect"} {
		for _, s := range forbidden() {
			if !s.literal || s.loopback { // the server itself is on loopback here; package egress has the case where it is not
				continue
			}
			mu.Lock()
			to, how = "https://"+s.host+":1/x", kind
			mu.Unlock()
			n++
			id := fmt.Sprintf("p%d", n)
			a.Want(201, "POST", "/api/providers", object{"provider_id": id, "mode": "remote", "endpoint": srv.URL + "/mcp", "auth": object{"type": "oauth"}})
			got := a.Do("POST", "/api/providers/"+id+"/start", nil)
			if got.Status < 400 || !(strings.Contains(string(got.Raw), "are not allowed: it is") || strings.Contains(string(got.Raw), "not ours to send") || strings.Contains(string(got.Raw), "refers to a non-public address")) {
				t.Errorf("%s %s: %d %s", kind, s.host, got.Status, got.Raw)
			}
			a.Want(200, "DELETE", "/api/providers/"+id, nil)
		}
	}
}
