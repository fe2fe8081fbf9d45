package app_test

import (
	"strings"
	"testing"
	"time"

	"hangar/backend/apptest"
)

func alerts(a *apptest.App, query string) (out []map[string]any) {
	for _, one := range a.Want(200, "GET", "/api/observability/alerts?"+query, nil).Body["alerts"].([]any) {
		out = append(out, one.(map[string]any))
	}
	return out
}

// until waits for a condition that comes by itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestABrokenProviderRaisesAnAlertUntilItIsGone(t *testing.T) {
	dir := t.TempDir()
	a := apptest.Start(t, apptest.InDir(dir))
	a.Add("broken", "exit-now")
	a.Want(503, "POST", "/api/providers/broken/start", nil)
	until(t, "the alert fires", func() bool { return len(alerts(a, "state=firing&level=critical&rule=provider_dead")) == 1 })
	one := alerts(a, "state=firing&rule=provider_dead")[0]
	if one["provider_id"] != "broken" || one["level"] != "critical" || one["resolved_at"] != nil || one["message"] == "" || one["timestamp"] == "" {
		t.Errorf("%v", one)
	}
	id := one["alert_id"].(string)
	got := a.Want(200, "POST", "/api/observability/alerts/"+id+"/acknowledge", map[string]any{"note": "on it"}).Body["alert"].(map[string]any)
	if got["acknowledged_by"] != "local" || got["note"] != "on it" {
		t.Errorf("%v", got)
	}
	if got := a.Want(200, "DELETE", "/api/observability/alerts/"+id+"/acknowledge", nil).Body["alert"].(map[string]any); got["acknowledged_at"] != nil || got["note"] != "" {
		t.Errorf("taken back: %v", got)
	}
	a.Want(409, "DELETE", "/api/observability/alerts/"+id+"/acknowledge", nil)
	a.Want(201, "POST", "/api/observability/silences", map[string]any{"subject": "provider:broken", "minutes": 5, "reason": "known"})
	a.Stop()
	a = apptest.Start(t, apptest.InDir(dir)) // the same alert, not another one
	if got := alerts(a, "rule=provider_dead"); len(got) != 1 || got[0]["alert_id"] != id || got[0]["silenced"] != true {
		t.Errorf("%v", got)
	}
	silences := a.Want(200, "GET", "/api/observability/silences", nil).Body["silences"].([]any)
	a.Want(200, "DELETE", "/api/observability/silences/"+silences[0].(map[string]any)["silence_id"].(string), nil)
	a.Want(200, "DELETE", "/api/providers/broken", nil)
	until(t, "the alert resolves", func() bool { return len(alerts(a, "state=firing&rule=provider_dead")) == 0 })
	for _, kind := range []string{"AlertAcknowledged", "AlertAcknowledgementEnded", "AlertFired", "AlertResolved", "AlertSilenceEnded", "AlertSilenced"} {
		if got := a.Want(200, "GET", "/api/events?event_type="+kind, nil).Body["events"].([]any); len(got) == 0 {
			t.Errorf("%s is not on record", kind)
		}
	}
}

func TestWhatAlertsRefuse(t *testing.T) {
	a := apptest.Start(t)
	for _, c := range []struct {
		status             int
		method, path, says string
		body               any
	}{
		{422, "GET", "/api/observability/alerts?level=loud", "level", nil},
		{422, "GET", "/api/observability/alerts?state=odd", "state", nil},
		{422, "GET", "/api/observability/alerts?limit=0", "limit", nil},
		{422, "GET", "/api/observability/alerts?colour=red", "colour", nil},
		{404, "POST", "/api/observability/alerts/nobody/acknowledge", "AlertNotFoundError", map[string]any{}},
		{404, "DELETE", "/api/observability/alerts/nobody/acknowledge", "AlertNotFoundError", nil},
		{422, "POST", "/api/observability/silences", "minutes", map[string]any{"rule": "disk_low"}},
		{422, "POST", "/api/observability/silences", "minutes", map[string]any{"rule": "disk_low", "minutes": 0}},
		{422, "POST", "/api/observability/silences", "rule", map[string]any{"minutes": 5}},
		{422, "POST", "/api/observability/silences", "rule", map[string]any{"rule": "nonsense", "minutes": 5}},
		{422, "POST", "/api/observability/silences", "colour", map[string]any{"rule": "disk_low", "minutes": 5, "colour": 1}},
		{404, "DELETE", "/api/observability/silences/nobody", "SilenceNotFoundError", nil},
	} {
		if got := a.Want(c.status, c.method, c.path, c.body); !strings.Contains(string(got.Raw), c.says) {
			t.Errorf("%s %s does not say %q: %s", c.method, c.path, c.says, got.Raw)
		}
	}
}
