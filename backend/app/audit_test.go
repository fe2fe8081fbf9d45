package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/apptest"
)

// audited gives the newest record of a type.
func audited(a *apptest.App, t *testing.T, eventType string) object {
	t.Helper()
	records := a.Want(200, "GET", "/api/observability/audit?event_type="+eventType, nil).Body["records"].([]any)
	if len(records) == 0 {
		t.Fatalf("no record of %s", eventType)
	}
	return records[0].(object)
}

// Whichever way a change came, its record says who, from where, by which way, in which request, and from what to what.
func TestTheAuditSaysWhoAndHow(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithAdmin(&admin), apptest.WithFile("auth: {enabled: true}\nproviders: {}\n"))
	root := a.As(admin)
	send := func(headers map[string]string) (requestID string) {
		t.Helper()
		body, _ := json.Marshal(object{"idle_ttl_s": 60})
		if headers["first"] != "" {
			body, _ = json.Marshal(object{"idle_ttl_s": 61})
		}
		req, err := http.NewRequestWithContext(t.Context(), "PUT", a.URL+"/api/providers/math", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-API-Key", admin)
		for k, v := range headers {
			req.Header.Set(k, v)
		}
		got := a.Send(req)
		if got.Status != 200 {
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
		return got.Header.Get("X-Request-Id")
	}
	root.Want(201, "POST", "/api/providers", object{"provider_id": "math", "mode": "subprocess", "command": []string{"/bin/true"}, "env": object{"TOKEN": "canary-5e1f"}})
	made := audited(root, t, "ProviderRegistered")
	if def := made["data"].(object)["definition"].(object); def["env"].(object)["TOKEN"] != "***" || made["provider_id"] != "math" || made["actor"].(object)["id"] != "root" {
		t.Errorf("%v", made)
	}
	for via, headers := range map[string]map[string]string{
		"rest": {"first": "1"}, "ui": {"Sec-Fetch-Site": "same-origin", "first": "1"}, "cli": {"User-Agent": "hangar/0.1.0", "first": "1"},
	} {
		send(nil)
		id := send(headers)
		r := audited(root, t, "ProviderUpdated")
		if o := r["origin"].(object); o["via"] != via || o["address"] != "127.0.0.1" || o["request_id"] != id || r["actor"].(object)["id"] != "root" {
			t.Errorf("%s: %v", via, r)
		}
		if c := fmt.Sprint(r["data"].(object)["changes"]); c != "[map[after:61 before:60 field:idle_ttl_s]]" {
			t.Errorf("%s: %s", via, c)
		}
	}
	a.Write("auth: {enabled: true}\nproviders: {filed: {command: [/bin/true]}}\n")
	root.Want(200, "POST", "/api/config/reload", nil)
	if r := audited(root, t, "ConfigurationReloaded"); r["actor"].(object)["id"] != "root" {
		t.Errorf("%v", r)
	}
	all := root.Want(200, "GET", "/api/observability/audit?by=people&limit=1000", nil)
	if bytes.Contains(all.Raw, []byte("canary")) {
		t.Error("the audit tells a secret")
	}
	for _, r := range all.Body["records"].([]any) {
		if r := r.(object); r["actor"].(object)["type"] == "system" {
			t.Errorf("by people: %v", r)
		}
	}
	page := root.Want(200, "GET", "/api/observability/audit?actor=root&limit=1", nil).Body
	rest := root.Want(200, "GET", fmt.Sprintf("/api/observability/audit?actor=root&limit=1000&before=%.0f", page["next_before"]), nil).Body
	if page["total"] != 1.0 || rest["total"].(float64) < 5 || rest["next_before"] != 0.0 {
		t.Errorf("pages: %v %v", page["total"], rest["total"])
	}
	root.Want(422, "GET", "/api/observability/audit?limit=0", nil)
}

func TestWhatIsRefusedIsOnRecord(t *testing.T) {
	var admin string
	a := apptest.Start(t, apptest.WithAdmin(&admin), apptest.WithFile("auth: {enabled: true}\nproviders: {}\n"))
	root := a.As(admin)
	root.Add("math", "good")
	root.Want(200, "POST", "/api/providers/math/start", nil)
	agent := a.As(root.Want(201, "POST", "/api/auth/keys", object{"principal_id": "bot", "name": "n"}).Body["raw_key"].(string))
	root.Want(200, "POST", "/api/auth/principals/bot/roles", object{"role_id": "agent"})
	root.Want(200, "PUT", "/api/auth/policies/math/sum", object{"principal_id": "bot", "effect": "deny"})

	for range 20 {
		agent.Want(403, "POST", "/api/providers", object{"provider_id": "x", "mode": "subprocess", "command": []string{"/bin/true"}})
	}
	agent.Want(403, "POST", "/api/providers/math/tools/sum/call", object{"arguments": object{}})
	for i := range 12 {
		a.As(fmt.Sprintf("mcp_wrong%037d", i)).Do("GET", "/api/providers", nil)
	}
	a.Want(401, "GET", "/api/providers", nil) // asks only, and is asked to sign in
	strange, err := http.NewRequestWithContext(t.Context(), "POST", a.URL+"/api/providers", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	strange.Header.Set("Origin", "https://evil.example")
	a.Send(strange)
	root.Want(201, "POST", "/api/providers", object{"provider_id": "meta", "mode": "remote", "endpoint": "http://metadata.localtest/latest"})

	want := map[string]string{
		"access_denied medium bot":         "was denied POST /api/providers",
		"unauthorized_tool medium bot":     "math/sum",
		"access_denied low anonymous":      "sign-in from 127.0.0.1",
		"repeated_failures high anonymous": "locked out",
		"access_denied medium anonymous":   "evil.example",
		"config_change info root":          "math was defined",
	}
	var events []any
	eventually(t, "everything is on record", func() bool {
		events = root.Want(200, "GET", "/api/observability/security?limit=1000", nil).Body["events"].([]any)
		found := 0
		for is, says := range want {
			if slices.ContainsFunc(events, func(e any) bool {
				s := e.(object)
				return fmt.Sprintf("%s %s %s", s["event_type"], s["severity"], s["user_id"]) == is && strings.Contains(fmt.Sprint(s["message"], s["details"]), says)
			}) {
				found++
			}
		}
		return found == len(want)
	})
	denied := 0.0
	for _, e := range events {
		s := e.(object)
		if strings.Contains(fmt.Sprint(s["message"]), "POST /api/providers:") && s["user_id"] == "bot" {
			denied++
		}
		if s["event_type"] == "unauthorized_tool" && (s["provider_id"] != "math" || s["tool_name"] != "sum") {
			t.Errorf("%v", s)
		}
		if strings.Contains(fmt.Sprint(s), "mcp_wrong") {
			t.Errorf("a key that was tried is told: %v", s)
		}
	}
	if denied > 2 {
		t.Errorf("%v records of twenty refusals of one sort", denied)
	}
	if low := root.Want(200, "GET", "/api/observability/security?severity=high", nil).Body["events"].([]any); len(low) == 0 || low[0].(object)["severity"] != "high" {
		t.Errorf("%v", low)
	}
	agent.Want(403, "GET", "/api/observability/security", nil)
	agent.Want(403, "GET", "/api/observability/audit", nil)
}

func TestTheLogIsAskedAboutATime(t *testing.T) {
	a := apptest.Start(t)
	moment := func() string {
		time.Sleep(2 * time.Millisecond) // times are kept in microseconds: what is before is before
		defer time.Sleep(2 * time.Millisecond)
		return url.QueryEscape(time.Now().Format(time.RFC3339Nano))
	}
	group := func(id string) { a.Want(201, "POST", "/api/groups", object{"group_id": id}) }
	group("before")
	from := moment()
	group("within")
	a.Want(201, "POST", "/api/auth/keys", object{"principal_id": "bot", "name": "n"})
	to := moment()
	group("after")
	for path, list := range map[string]string{"/api/events": "events", "/api/observability/audit": "records", "/api/observability/security": "events"} {
		ask := func(query string) string {
			return fmt.Sprint(a.Want(200, "GET", path+"?limit=400"+query, nil).Body[list])
		}
		for query, want := range map[string][3]bool{
			"":                            {true, true, true},
			"&from=" + from:               {false, true, true},
			"&to=" + to:                   {true, true, false},
			"&from=" + from + "&to=" + to: {false, true, false},
			"&from=2001-01-01T00:00:00Z":  {true, true, true},
			"&to=2001-01-01T00:00:00Z":    {},
			"&from=2100-01-01T00:00:00Z":  {},
			"&to=2100-01-01T00:00:00Z":    {true, true, true},
		} {
			got := ask(query)
			if path == "/api/observability/security" { // groups are none of its business
				if want[1] != strings.Contains(got, "bot") {
					t.Errorf("%s%s: %s", path, query, got)
				}
				continue
			}
			for i, id := range []string{"before", "within", "after"} {
				if want[i] != strings.Contains(got, id) {
					t.Errorf("%s%s, %s: %s", path, query, id, got)
				}
			}
		}
		got := a.Do("GET", path+"?from="+to+"&to="+from, nil)
		if got.Status != 422 || !strings.Contains(string(got.Raw), "query.to") {
			t.Errorf("%s, the end before the beginning: %d %s", path, got.Status, got.Raw)
		}
	}
}
