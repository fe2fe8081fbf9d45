package config

import (
	"strings"
	"testing"
)

func TestATextThatWouldTakeGigabytesToReadIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		deep bool
	}{
		"brackets":             {strings.Repeat("[", 100_000), true},
		"braces":               {strings.Repeat("{a: ", 100_000), true},
		"lists in a line":      {strings.Repeat("- ", 100_000) + "x", true},
		"many beside another":  {"a: [" + strings.Repeat("[], ", 5000) + "]", false},
		"a list of many lines": {strings.Repeat("- x\n", 5000), false},
		"a line in a comment":  {"# " + strings.Repeat("-", 200) + "\n", false},
	} {
		if got := tooDeep([]byte(c.text)); got != c.deep {
			t.Errorf("%s: %v", name, got)
		}
	}
	f := &finder{}
	if _, err := f.parse([]byte(strings.Repeat("[", 100_000))); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Errorf("it says %v", err)
	}
}
