package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hangar/examples/streaming"
)

// nobody is an address where nothing listens.
const nobody = "http://127.0.0.1:1"

// check compares what an operation told at last.
func (k kit) check(id string, want ...string) {
	k.t.Helper()
	got := k.told(id)
	if len(got) < len(want) || !slices.Equal(got[len(got)-len(want):], want) {
		k.t.Errorf("it told\n%s\nwant at last\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The guide's producers, as they stand in it, against the real server.
func TestThePythonProducers(t *testing.T) {
	for what, c := range map[string]struct {
		exit            int
		prints, reports string
		told            []string
	}{
		"agent": {prints: `{"output": "GOOD"}`, reports: "process_data", told: []string{
			`progress {"details":{},"message":"Loading data","progress":0.2}`,
			`status {"details":{"bytes":4},"message":"Reading","status":"loading"}`,
			`progress {"details":{},"message":"Processing","progress":0.5}`,
			`log {"level":"info","message":"4 characters"}`,
			`progress {"details":{},"message":"Finalizing","progress":0.8}`,
			`result {"result":{"output":"GOOD"}}`, `completed {"status":"completed"}`,
		}},
		"failing agent": {exit: 1, prints: "ValueError: bad data", reports: "process_data", told: []string{
			`log {"level":"info","message":"3 characters"}`,
			`error {"error":"bad data","error_type":"ValueError"}`,
		}},
		"steps": {prints: `{"steps": 5}`, reports: "multi_step", told: []string{
			`progress {"details":{"step":4,"total_steps":5},"message":"Step 4: Generate output","progress":0.8}`,
			`progress {"details":{"step":5,"total_steps":5},"message":"Step 5: Cleanup","progress":1}`,
			`result {"result":{"steps":5}}`, `completed {"status":"completed"}`,
		}},
		"single calls": {prints: `{"output": "done"}`, reports: "my_operation", told: []string{
			`progress {"details":{},"message":"Halfway","progress":0.5}`,
			`result {"result":{"output":"done"}}`, `completed {"status":"completed"}`,
		}},
		"cache": {prints: `[{"of": "x"}, {"of": "x"}]`, reports: "cached", told: []string{
			`result {"result":{"of":"x"}}`, `completed {"status":"completed"}`,
		}},
		"cancelled": {prints: `"cancelled"`, reports: "slow", told: []string{
			`error {"error":"CancelledError","error_type":"CancelledError"}`,
		}},
	} {
		t.Run(what, func(t *testing.T) {
			k := serveKit(t)
			if said := k.python("testdata/guide/producers.py", what).end(c.exit); !strings.Contains(said, c.prints) {
				t.Errorf("it printed %s", said)
			}
			id, _ := k.one(c.reports)
			k.check(id, c.told...)
		})
	}
}

// Two agents in one process do not report to each other's operation.
func TestTwoPythonProducersAtOnce(t *testing.T) {
	k := serveKit(t)
	k.python("testdata/guide/producers.py", "two agents").end(0)
	found := 0
	for _, o := range k.do(200, "GET", "/api/operations", nil)["operations"].([]any) {
		o := o.(map[string]any)
		if o["operation_type"] != "process_data" {
			continue
		}
		found++
		input := o["metadata"].(map[string]any)["input"].(string)
		k.check(o["operation_id"].(string), `result {"result":{"output":"`+strings.ToUpper(input)+`"}}`, `completed {"status":"completed"}`)
	}
	if found != 2 {
		t.Errorf("%d operations", found)
	}
}

// The work goes on when nobody takes the reports: the same results, and warnings.
func TestPythonWorksWithoutHangar(t *testing.T) {
	k := kit{server: &server{t: t, url: nobody}}
	for what, prints := range map[string]string{
		"agent": `{"output": "GOOD"}`, "steps": `{"steps": 5}`, "single calls": `{"output": "done"}`, "cancelled": `"cancelled"`,
	} {
		said := k.python("testdata/guide/producers.py", what).end(0)
		if !strings.Contains(said, prints) || !strings.Contains(said, "a report did not reach Hangar") {
			t.Errorf("%s printed %s", what, said)
		}
	}
}

// compiled is the TypeScript helper and a program that uses it, checked and compiled by the compiler of the root.
func compiled(t *testing.T) (program string) {
	t.Helper()
	dir := t.TempDir()
	for from, to := range map[string]string{"../../examples/streaming.ts": "streaming.ts", "testdata/guide/producers.ts": "producers.ts"} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(root(t), "node_modules")
	cmd := exec.CommandContext(t.Context(), filepath.Join(modules, ".bin", "tsc"), "--strict", "--noUncheckedIndexedAccess",
		"--exactOptionalPropertyTypes", "--noUnusedLocals", "--erasableSyntaxOnly", "--target", "es2022", "--module", "nodenext",
		"--typeRoots", filepath.Join(modules, "@types"), "--types", "node", "--skipLibCheck", "producers.ts")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return filepath.Join(dir, "producers.js")
}

func TestTheTypeScriptProducers(t *testing.T) {
	k := serveKit(t)
	program := compiled(t)
	said := k.start("node", program).end(0)
	if want := `{"results":[6,"RangeError: too many rows","left out",7,7],"warnings":0}`; said != want {
		t.Errorf("it printed %s, want %s", said, want)
	}
	var ends []string
	for _, o := range k.do(200, "GET", "/api/operations", nil)["operations"].([]any) {
		if o := o.(map[string]any); o["operation_type"] == "process_data" {
			told := k.told(o["operation_id"].(string))
			ends = append(ends, told[len(told)-1])
		}
	}
	slices.Sort(ends)
	if want := []string{`completed {"status":"completed"}`, `error {"error":"too many rows","error_type":"RangeError"}`}; !slices.Equal(ends, want) {
		t.Errorf("they ended with %v", ends)
	}
	id, _ := k.one("multi_step")
	k.check(id,
		`progress {"details":{"step":1,"total_steps":2},"message":"one","progress":0.5}`,
		`progress {"details":{"step":2,"total_steps":2},"message":"two","progress":1}`,
		`progress {"details":{"step":3,"total_steps":2},"message":"three, which was not announced","progress":1}`,
		`result {"result":{"steps":3}}`, `completed {"status":"completed"}`)
	k.one("cached") // the second time it came from the cache

	alone := kit{server: &server{t: t, url: nobody}}
	if said := alone.start("node", program).end(0); !strings.Contains(said, `[6,"RangeError: too many rows","left out",7,7],"warnings":4`) {
		t.Errorf("without Hangar it printed %s", said)
	}
}

func TestTheGoProducer(t *testing.T) {
	k := serveKit(t)
	var warnings strings.Builder
	c := &streaming.Client{URL: k.url, HTTP: http.DefaultClient, Log: slog.New(slog.NewTextHandler(&warnings, nil))}
	ctx := t.Context()
	rows, err := streaming.Run(ctx, c, "import", map[string]any{"file": "a.csv"},
		func(ctx context.Context, op *streaming.Operation) (int, error) {
			op.Status(ctx, "reading", "", nil)
			tracker := streaming.NewTracker(op, 2)
			tracker.Step(ctx, "one", nil)
			tracker.Step(ctx, "two", map[string]any{"rows": 42})
			op.Log(ctx, "info", "all read")
			return 42, nil
		})
	if rows != 42 || err != nil || warnings.Len() > 0 {
		t.Errorf("%d, %v, %s", rows, err, &warnings)
	}
	id, _ := k.one("import")
	k.check(id,
		`status {"details":{},"message":"","status":"reading"}`,
		`progress {"details":{"step":1,"total_steps":2},"message":"one","progress":0.5}`,
		`progress {"details":{"rows":42,"step":2,"total_steps":2},"message":"two","progress":1}`,
		`log {"level":"info","message":"all read"}`,
		`result {"result":42}`, `completed {"status":"completed"}`)

	// Cancelled work still says how it ended.
	ended, cancel := context.WithCancel(ctx)
	_, err = streaming.Run(ended, c, "stopped", nil, func(ctx context.Context, _ *streaming.Operation) (int, error) {
		cancel()
		return 0, context.Cause(ctx)
	})
	id, _ = k.one("stopped")
	k.check(id, `error {"error":"context canceled","error_type":"*errors.errorString"}`)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	// A panic is reported and goes on.
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_, _ = streaming.Run(ctx, c, "panicking", nil, func(context.Context, *streaming.Operation) (int, error) { panic("oh") })
	}()
	id, _ = k.one("panicking")
	k.check(id, `error {"error":"the work panicked","error_type":"panic"}`)

	// Somebody cancels it from outside: the next report says so, and the work can look.
	op := c.Create(ctx, "cancelled", nil)
	k.do(200, "DELETE", "/api/operations/"+op.ID, nil)
	if op.Ended() || op.Progress(ctx, 0.5, "still at it", nil) || !op.Ended() {
		t.Error("the producer was not told that its operation is over")
	}
}

// Without Hangar the work is done all the same, and a dead address is not asked for every bit of progress.
func TestGoWorksWithoutHangar(t *testing.T) {
	var warnings strings.Builder
	c := &streaming.Client{URL: nobody, HTTP: http.DefaultClient, Log: slog.New(slog.NewTextHandler(&warnings, nil))}
	got, err := streaming.Run(t.Context(), c, "alone", nil, func(ctx context.Context, op *streaming.Operation) (string, error) {
		for i := range 100 {
			op.Progress(ctx, float64(i)/100, "", nil)
		}
		return "done", nil
	})
	if n := strings.Count(warnings.String(), "did not get through"); got != "done" || err != nil || n != 1 {
		t.Errorf("%s, %v, %d warnings", got, err, n)
	}
	var cache streaming.Cache[int]
	cache.Entries = 2
	for i := range 3 {
		cache.Set(fmt.Sprint(i), i)
	}
	_, first := cache.Get("0")
	if last, ok := cache.Get("2"); first || !ok || last != 2 {
		t.Error("the cache keeps the wrong ones")
	}
}

// The HTML client in a real browser, under the server's own policy, and the guide's JavaScript beside it.
func TestTheHTMLClient(t *testing.T) {
	k := serveKit(t)
	id := k.create("code_generation")
	k.emit(id, "progress", map[string]any{"progress": 0.25, "message": "begun before the page was open"})
	p := k.start("node", "testdata/guide/page.mjs", k.url+"/examples/websocket_client_javascript.html", id, k.socket)
	p.until("ready")
	for _, progress := range []float64{0.5, 0.75} {
		k.emit(id, "progress", map[string]any{"progress": progress, "message": "Generating code..."})
	}
	k.emit(id, "result", map[string]any{"result": map[string]any{"ok": true}})
	said := p.end(0)
	var seen struct {
		State     string
		Guide     []string
		Stats     []string
		Operation string
		Progress  float64
		Log       []string
		Problems  []string
	}
	last := said[strings.LastIndex(said, "\n")+1:]
	if err := json.Unmarshal([]byte(last), &seen); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if len(seen.Problems) > 0 {
		t.Errorf("the page complained: %v", seen.Problems)
	}
	if want := []string{"Progress: 50%", "Progress: 75%", "Completed!"}; !slices.Equal(seen.Guide, want) {
		t.Errorf("the guide's class saw %v", seen.Guide)
	}
	if seen.State != "Connected" || seen.Progress != 1 || !strings.Contains(seen.Operation, "code_generation completed 100 %") {
		t.Errorf("%+v", seen)
	}
	for _, kind := range []string{"connected", "progress", "result", "completed"} {
		if !slices.Contains(seen.Log, kind) {
			t.Errorf("the log lacks %s: %v", kind, seen.Log)
		}
	}
	if len(seen.Stats) != 4 || slices.Contains(seen.Stats, "–") {
		t.Errorf("statistics %v", seen.Stats)
	}
}
