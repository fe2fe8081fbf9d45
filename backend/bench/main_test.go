package main

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		want   spread
		text   string
	}{
		{"nothing measured is zero", nil, spread{}, "0.00"},
		{"one value has no brackets", []float64{12.34}, spread{12.34, 12.34, 12.34}, "12.3"},
		{"the median of an odd number is the middle one", []float64{3, 1, 2}, spread{1, 2, 3}, "2.00 [1.00–3.00]"},
		{"the median of an even number lies between", []float64{4, 1, 2, 3}, spread{1, 2.5, 4}, "2.50 [1.00–4.00]"},
		{"large values are in thousands", []float64{12_345, 12_345}, spread{12_345, 12_345, 12_345}, "12.3k"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := spreadOf(c.values); got != c.want || got.String() != c.text {
				t.Errorf("got %+v %q, want %+v %q", got, got, c.want, c.text)
			}
		})
	}
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	r := row{measured: []float64{10, 40, 30}, floor: []float64{10, 10, 30}}
	if got := r.ratio(); got != (spread{1, 1, 4}) {
		t.Errorf("got %+v", got)
	}
}

func TestVerdict(t *testing.T) {
	base := row{unit: "ms", measured: []float64{20}, floor: []float64{10}}
	for _, c := range []struct {
		name       string
		goal       goal
		text, want string
	}{
		{"no goal, no verdict", goal{}, "", ""},
		{"below the most that is allowed", atMost(30), "≤ 30.0 ms", "met"},
		{"above the most that is allowed", atMost(19), "≤ 19.0 ms", "MISSED"},
		{"exactly the most that is allowed", atMost(20), "≤ 20.0 ms", "met"},
		{"at least", atLeast(10), "≥ 10.0 ms", "met"},
		{"less than the least", atLeast(21), "≥ 21.0 ms", "MISSED"},
		{"a ratio is judged as a ratio", ratioAtMost(1.9), "≤ 1.90x", "MISSED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base
			r.goal = c.goal
			if r.goalText() != c.text || r.verdict() != c.want {
				t.Errorf("got %q %q, want %q %q", r.goalText(), r.verdict(), c.text, c.want)
			}
		})
	}
}

func TestTheTableIsMarkdown(t *testing.T) {
	var b strings.Builder
	section{"Title", "what it costs", []row{{name: "call", unit: "µs", measured: []float64{5}, floor: []float64{2}, goal: ratioAtMost(2)}}}.markdown(&b)
	want := "\n## Title\n\nFloor: what it costs.\n\n|  | measured | floor | ratio | goal |  |\n|---|---|---|---|---|---|\n" +
		"| call, µs | 5.00 | 2.00 | 2.50 | ≤ 2.00x | **missed** |\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestProcessorTime(t *testing.T) {
	own, children, err := cpuOf([]byte("42 (a) name) S 1 2 3 4 5 6 7 8 9 10 150 50 300 100 20 0 1 0 100\n"))
	if err != nil || own != 2*time.Second || children != 4*time.Second {
		t.Errorf("got %s %s %v", own, children, err)
	}
	if _, _, err := cpuOf([]byte("42 (x) S 1")); err == nil {
		t.Error("a short line was taken")
	}
}

func TestTheModesOfTheHostileProgram(t *testing.T) {
	list, err := foes("usage: hostile MODE [ARGUMENTS]\nmodes: good, fork-hold, fork-daemon, dump-env\n")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range list {
		ids = append(ids, f.id())
	}
	if got := strings.Join(ids, " "); got != "good fork-hold fork-hold-call fork-daemon-hold" {
		t.Errorf("got %s", got)
	}
	if _, err := foes("no such file"); err == nil {
		t.Error("a program without modes was taken")
	}
}

func TestTheWorstRowIsOneWithAGoal(t *testing.T) {
	of := func(name string, v float64, g goal) row {
		return row{name: name, measured: []float64{v}, floor: []float64{1}, goal: g}
	}
	got := worst([]row{of("good", 9, goal{}), of("a", 1, ratioAtMost(2)), of("b", 3, ratioAtMost(2)), of("c", 2, ratioAtMost(2))})
	if got.name != "worst: b" || got.verdict() != "MISSED" {
		t.Errorf("got %+v", got)
	}
}

func TestTheClientReadsBothForms(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Mcp-Session-Id", "s1")
		for range 3 {
			if _, err := w.Write([]byte(strings.Repeat("y", 3000))); err != nil {
				t.Error(err)
			}
			if r.URL.Path == "/chunks" {
				w.(http.Flusher).Flush()
			}
		}
	}))
	defer server.Close()
	c, err := dial(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, path := range []string{"/whole", "/chunks", "/whole"} {
		a, err := c.expect(post(path, "{}"), "yyy")
		if err != nil || a.status != 200 || a.session != "s1" || string(a.body) != strings.Repeat("y", 9000) {
			t.Errorf("%s: %d %q, %d bytes, %v", path, a.status, a.session, len(a.body), err)
		}
	}
	if _, err := c.expect(post("/whole", "{}"), "z"); err == nil {
		t.Error("an answer without what was expected was taken")
	}
}

func TestFramesOfASocket(t *testing.T) {
	here, there := net.Pipe()
	c := &conn{Conn: here, in: bufio.NewReader(here)}
	defer here.Close()
	at := time.Now().Add(-time.Second).UTC().Format("2006-01-02T15:04:05.000000Z")
	short := `{"timestamp":"` + at + `"}`
	long := `{"timestamp":"` + at + `","fill":"` + strings.Repeat("x", 300) + `"}`
	go func() {
		defer there.Close()
		// A ping, a short frame, a frame with a length of two bytes.
		stream := "\x89\x01p\x81" + string(rune(len(short))) + short + "\x81\x7e" + string([]byte{byte(len(long) >> 8), byte(len(long))}) + long
		if _, err := there.Write([]byte(stream)); err != nil {
			t.Error(err)
		}
	}()
	delays, err := c.listen(2)
	if err != nil || len(delays) != 2 || delays[0] < time.Second || delays[1] > time.Minute {
		t.Errorf("got %v %v", delays, err)
	}
	if _, err := c.listen(1); err == nil {
		t.Error("a socket that closed early was taken for complete")
	}
}
