package e2e

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	principals = 200
	seldom     = 2_000   // calls in every run of the tests
	inFull     = 100_000 // calls where what must hold is measured
)

// Everybody uses the JSON-RPC id 1 and the progress token 1, in both eras and at both addresses, over one process of one
// provider: each gets what is theirs.
func TestNobodyGetsWhatIsAnothers(t *testing.T) {
	calls := seldom
	if *holds != "" {
		calls = inFull
	}
	s, admin := signedIn(t, "", map[string]string{"shared": "good"})
	web := newAgents(t)
	var agents []*agent
	for i := range principals {
		principal := fmt.Sprintf("agent-%d", i)
		key, _ := s.as(admin, 201, "POST", "/api/auth/keys", map[string]any{"principal_id": principal, "name": "crossing"})["raw_key"].(string)
		s.as(admin, 200, "POST", "/api/auth/principals/"+principal+"/roles", map[string]any{"role_id": "agent"})
		older := &agent{web: web, url: s.url + "/mcp/providers/shared", key: key}
		if i%2 == 0 {
			older.url = s.url + "/mcp"
		}
		newer := *older
		older.greet(t)
		agents = append(agents, older, &newer)
	}
	var crossed, failed atomic.Int64
	begun := time.Now()
	var all sync.WaitGroup
	for who, a := range agents {
		all.Go(func() {
			tool := "echo"
			if strings.HasSuffix(a.url, "/mcp") {
				tool = "shared__echo"
			}
			for i := range calls / len(agents) {
				nonce := fmt.Sprintf("nonce-%d-%d", who, i)
				r, err := a.call(t, tool, fmt.Sprintf(`{"message":%q}`, nonce))
				switch {
				case err == nil && r.text() == nonce && string(r.ID) == "1":
				case strings.Contains(r.raw, "nonce-"):
					crossed.Add(1)
					t.Errorf("%s got %s", nonce, r.raw)
				default:
					failed.Add(1)
					t.Errorf("%s got %d %s %v", nonce, r.Status, r.raw, err)
				}
				if crossed.Load()+failed.Load() > 20 {
					return
				}
			}
		})
	}
	all.Wait()
	// One process took all of them.
	if starts := s.as(admin, 200, "GET", "/api/events?limit=500&event_type=ProviderStarted", nil)["events"].([]any); len(starts) != 1 {
		t.Errorf("the provider was started %d times", len(starts))
	}
	keep(t, fmt.Sprintf("%d principals with keys, a client of each era for each, every request with id 1, over one stdio provider", principals),
		fmt.Sprintf("%d calls in %.0f s: %d crossed, %d failed", calls, time.Since(begun).Seconds(), crossed.Load(), failed.Load()))
}
