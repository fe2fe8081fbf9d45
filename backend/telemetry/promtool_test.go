package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const deploy = "../../deploy"

// promtool runs Prometheus' own checker, which comes with the distribution's package `prometheus`.
func promtool(t *testing.T, dir string, stdin []byte, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing; scripts/bootstrap installs it (package prometheus)")
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// busy is a telemetry in which every metric has something to show.
func busy(t *testing.T) *bundle {
	b := setup(t)
	b.record(good("math", "add", 4), toolError("math", "add"), bad("math", "add", "UpstreamError"))
	b.life()
	b.misc()
	b.counters.folded.WithLabelValues("tool").Inc()
	_, err := b.operations.Create(b.ctx, "x", nil)
	must(t, err)
	must(t, b.operations.Recover(b.ctx)) // ends it
	return b
}

func TestPrometheusReadsWhatWeSay(t *testing.T) {
	promtool(t, ".", []byte(busy(t).text()), "check", "metrics")
}

func TestTheRulesAreGoodAndFireWhenTheyShould(t *testing.T) {
	dir := filepath.Join(deploy, "prometheus")
	promtool(t, dir, nil, "check", "rules", "hangar.rules.yml")
	promtool(t, dir, nil, "test", "rules", "hangar.rules.test.yml")
	promtool(t, dir, nil, "check", "config", "--syntax-only", "prometheus.yml")
}

// known are the names of all that we expose.
func known(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(busy(t).text(), -1) {
		names[m[1]] = true
	}
	return names
}

func checkNames(t *testing.T, where, expr string, names map[string]bool) {
	t.Helper()
	for _, used := range regexp.MustCompile(`\b(mcp_hangar|process|go)_[a-z_]+\b`).FindAllString(expr, -1) {
		if !names[used] {
			t.Errorf("%s uses %s, which does not exist: %s", where, used, expr)
		}
	}
}

// The dashboard asks for metrics that exist, in queries that Prometheus understands.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deploy, "grafana", "hangar.json"))
	must(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
		Templating struct {
			List []struct {
				Name       string `json:"name"`
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
	}
	must(t, json.Unmarshal(text, &dashboard))
	names := known(t)
	for _, v := range dashboard.Templating.List {
		checkNames(t, "variable "+v.Name, v.Definition, names)
	}
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	queries := 0
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			checkNames(t, p.Title, target.Expr, names)
			plain := strings.NewReplacer("$__rate_interval", "5m", "$provider", ".*", "$job", ".*").Replace(target.Expr)
			if strings.Contains(plain, "$") {
				t.Errorf("%s: a variable that nobody fills: %s", p.Title, plain)
			}
			fmt.Fprintf(&rules, "  - record: dashboard:query%d\n    expr: %q\n", queries, plain)
			queries++
		}
	}
	if queries < 20 {
		t.Fatalf("only %d queries were found", queries)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	must(t, os.WriteFile(file, []byte(rules.String()), 0o600))
	promtool(t, ".", nil, "check", "rules", file)
}

func TestTheRulesAskForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(deploy, "prometheus", "hangar.rules.yml"))
	must(t, err)
	checkNames(t, "hangar.rules.yml", string(text), known(t))
}
