package invoke

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatIsKeptOfArguments(t *testing.T) {
	const params = `{"name":"add","arguments":{"a":1,"password":"hunter2","note":"Bearer abcdefghijkl"}}`
	long := `{"arguments":{"a":"` + strings.Repeat("x", maxKept) + `"}}`
	for name, tt := range map[string]struct {
		params string
		how    Arguments
		want   string
	}{
		"nothing":                     {params, ArgumentsNone, ""},
		"a digest":                    {params, ArgumentsDigest, "sha256:"},
		"without secrets":             {params, ArgumentsRedacted, `{"a":1,"note":"Bearer ***","password":"***"}`},
		"all of them":                 {params, ArgumentsFull, `{"a":1,"password":"hunter2","note":"Bearer abcdefghijkl"}`},
		"too long is a digest":        {long, ArgumentsFull, "sha256:"},
		"too long to be looked at":    {long, ArgumentsRedacted, "sha256:"},
		"a call without any":          {`{"name":"add"}`, ArgumentsFull, ""},
		"params that are no object":   {`[]`, ArgumentsDigest, ""},
		"how nobody has said: digest": {params, "", "sha256:"},
	} {
		got := kept(json.RawMessage(tt.params), tt.how)
		if tt.want == "sha256:" && strings.HasPrefix(got, tt.want) && len(got) == len(tt.want)+64 {
			continue
		}
		if got != tt.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if kept(json.RawMessage(params), ArgumentsDigest) != kept(json.RawMessage(strings.Replace(params, "add", "sub", 1)), ArgumentsDigest) {
		t.Error("the digest is of more than the arguments")
	}
}
