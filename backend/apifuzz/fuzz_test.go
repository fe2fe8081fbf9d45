package apifuzz

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/apptest"
	"hangar/backend/mcptest"
	"hangar/backend/storetest"
)

var (
	seed = flag.Uint64("apifuzz.seed", 1, "of the requests; 0: another one every time")
	each = flag.Int("apifuzz.each", 12, "requests for each operation")
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(storetest.Main(m))
}

// Whatever an operation is asked, the answer is one that the document has, and none holds a secret.
func TestEveryOperationAnswersAsTheDocumentSays(t *testing.T) {
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixMilli())
	}
	t.Logf("-apifuzz.seed %d", *seed)
	// Whatever is defined, nothing of this machine is run or reached.
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	t.Setenv("KUBECONFIG", "/nowhere/config")
	var admin string
	a := apptest.Start(t, apptest.WithAdmin(&admin), apptest.WithFile("auth: {enabled: true}\n"), apptest.LogTo(io.Discard))
	a = a.As(admin)
	d := read(t)
	g := &generator{Rand: rand.New(rand.NewPCG(*seed, 0)), d: d, pool: map[string][]string{}}
	statuses, found := map[int]int{}, map[string]bool{}
	for range *each {
		furnish(t, a)
		for _, o := range d.operations {
			g.mode = pick(g, []mode{right, right, extreme, wrong})
			status, problem := ask(a, g, o)
			statuses[status]++
			if problem == "" || len(found) >= 40 {
				continue
			}
			if key := fmt.Sprint(o, status, problem[:min(len(problem), 60)]); !found[key] {
				found[key] = true
				t.Error(problem)
			}
		}
	}
	t.Logf("answers by status: %v", statuses)
	if statuses[200] < len(d.operations) || statuses[422] < len(d.operations)/2 {
		t.Errorf("too few requests get through, or too few are refused, to mean anything: %v", statuses)
	}
}

// furnish makes what many requests are about, as far as it was not left standing.
func furnish(t *testing.T, a *apptest.App) {
	command, env := mcptest.Command(t, "good")
	for path, body := range map[string]object{
		"/api/providers": {"provider_id": "good", "mode": "subprocess", "command": command, "env": env}, "/api/groups": {"group_id": "pair"},
	} {
		if got := a.Do("POST", path, body); got.Status != 201 && got.Status != 409 {
			t.Fatalf("POST %s: %d %s", path, got.Status, got.Raw)
		}
	}
	a.Do("POST", "/api/groups/pair/members", object{"member_id": "good"}) // it may be one
}

// ask sends one request and says what is wrong with its answer.
func ask(a *apptest.App, g *generator, o operation) (status int, problem string) {
	target := g.target(o)
	var text []byte
	req := a.Request(o.method, target, nil)
	if o.body != nil && (o.mustBody || g.IntN(4) > 0) {
		text = g.bytes(g.value("", o.body, 0))
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		req.Header.Set("Content-Type", "application/json")
	}
	got := a.Send(req)
	say := func(what any) string {
		return fmt.Sprintf("%s: %v\n\t%s %.300s\n\t%.300s\n\tis answered %d %s %.600s", o, what, o.method, target, text, got.Status, got.Header.Get("Content-Type"), got.Raw)
	}
	if strings.Contains(string(got.Raw), canary) {
		return got.Status, say("a secret")
	}
	if err := o.judge(got.Status, got.Header.Get("Content-Type"), got.Raw); err != nil {
		return got.Status, say(err)
	}
	var body any
	if got.Status < 300 && !strings.Contains(string(got.Raw), `"root"`) && json.Unmarshal(got.Raw, &body) == nil {
		g.harvest("", body)
	}
	return got.Status, ""
}
