package nesting

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestATextThatWouldTakeGigabytesToReadIsTooDeep(t *testing.T) {
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
		if err := Check([]byte(c.text)); (err != nil) != c.deep {
			t.Errorf("%s: %v", name, err)
		}
	}
}
