package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What the README says about settings must be true: its table lists every key, and its example loads.
func TestTheReadmeIsRight(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, k := range Keys() {
		if row := "| `" + k.Name + "` | `--" + k.Flag + "` | `" + k.Env + "` |"; !strings.Contains(text, row) {
			t.Errorf("the table of settings lacks a row that begins with %s", row)
		}
	}
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(examples) == 0 {
		t.Fatal("the README has no example of a configuration")
	}
	for _, m := range examples {
		if c, _, err := load(t, m[1], nil, nil); err != nil || len(c.Providers) == 0 {
			t.Errorf("the example gives %+v, %v:\n%s", c, err, m[1])
		}
	}
}
