package config

import (
	"os"
	"regexp"
	"testing"
)

// What the README shows of configurations must be true: its examples load.
func TestTheReadmeIsRight(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
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
