package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestStatus(t *testing.T) {
	a := running(t)
	command(t, "", "status").expect(t, "nothing", 0, "", "no providers")
	a.Add("math", "good")
	a.Want(200, "POST", "/api/providers/math/start", nil)
	a.Add("cold", "good")
	r := command(t, "", "status")
	r.expect(t, "all is well", 0, "PROVIDER  STATE  HEALTH", "")
	for _, line := range []string{`(?m)^math +ready +Running with \d+ tools? +\d+ +0$`, `(?m)^cold +cold +Never started +0 +0$`} {
		if !regexp.MustCompile(line).MatchString(r.out) {
			t.Errorf("no line %s in\n%s", line, r.out)
		}
	}
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "ghost", "mode": "subprocess", "command": []string{"/nonexistent/program"}})
	a.Do("POST", "/api/providers/ghost/start", nil)
	command(t, "", "status").expect(t, "one is not well", exitWrong, "/nonexistent/program", "1 of 3 providers are not well.")
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "wordy", "mode": "subprocess", "command": []string{"/nonexistent/" + strings.Repeat("long/", 60)}})
	a.Do("POST", "/api/providers/wordy/start", nil)
	for line := range strings.Lines(command(t, "", "status").out) {
		if len(line) > 200 {
			t.Errorf("nobody's terminal is so wide: %s", line)
		}
	}
	a.Want(200, "DELETE", "/api/providers/wordy", nil)
	r = command(t, "", "status", "-o", "json")
	var list struct {
		Providers []map[string]any `json:"providers"`
	}
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list.Providers) != 3 || r.code != exitWrong {
		t.Errorf("%v: %s", err, r.out)
	}
}
