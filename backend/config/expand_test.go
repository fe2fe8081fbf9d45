package config

import (
	"strings"
	"testing"

	"hangar/backend/provider"
)

func TestVariablesInATextAndWhatTheyAre(t *testing.T) {
	env := lookup(map[string]string{"NAME": "value", "EMPTY": "", "TRICKY": "${NAME} $$", "DIGITS": "20"})
	for name, tt := range map[string]struct {
		text, want, refused string
		secret              bool
	}{
		"a text without any":                       {text: "plain: text", want: "plain: text"},
		"a variable":                               {text: "${NAME}", want: "value"},
		"amid other text, twice":                   {text: "a-${NAME}/${NAME}.", want: "a-value/value."},
		"what a variable holds is not read again":  {text: "${TRICKY}", want: "${NAME} $$"},
		"an empty one is a value":                  {text: "<${EMPTY}>", want: "<>"},
		"a default for one that is not set":        {text: "${GONE:-x y}", want: "x y"},
		"a default for one that is empty":          {text: "${EMPTY:-x}", want: "x"},
		"a default that is not needed":             {text: "${NAME:-x}", want: "value"},
		"an empty default":                         {text: "<${GONE:-}>", want: "<>"},
		"a default with a variable":                {text: "${GONE:-${NAME}!}", want: "value!"},
		"a default with braces":                    {text: `${GONE:-{"a":{}}}`, want: `{"a":{}}`},
		"a default that is not needed may be sick": {text: "${NAME:-${GONE}}", want: "value"},
		"a demand that is met":                     {text: "${NAME:?say it}", want: "value"},
		"a demand that is not":                     {text: "${GONE:?say it}", refused: "variable GONE: say it"},
		"two dollars are one":                      {text: "$$", want: "$"},
		"and escape a variable":                    {text: "$${NAME}", want: "${NAME}"},
		"three of them":                            {text: "$$${NAME}", want: "$value"},
		"a lone dollar is itself":                  {text: "US$ 5, $HOME $", want: "US$ 5, $HOME $"},
		"one that is not set":                      {text: "a ${GONE}", refused: "variable GONE is not set; set it, or give a default: ${GONE:-...}"},
		"one that is not closed":                   {text: "${NAME", refused: "not closed"},
		"one without a name":                       {text: "${}", refused: "${} is no variable"},
		"one with a wrong name":                    {text: "${A-B}", refused: "${A-B} is no variable"},
		"a wrong one in a secret is not told":      {text: "${hunter2!}", secret: true, refused: "${...} is no variable"},
		"a reference where a secret stands, stays": {text: "Bearer ${env:GONE} $$ ${NAME}", secret: true, want: "Bearer ${env:GONE} $ value"},
		"a reference elsewhere":                    {text: "${file:/run/x}", refused: "only where secrets do"},
		"an escaped reference elsewhere is text":   {text: "$${env:X}", want: "${env:X}"},
		"but never a secret":                       {text: "$${env:X}", secret: true, refused: "cannot itself be a secret"},
		"what a backup sealed":                     {text: "${sealed:abc}", secret: true, refused: "restore it there"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := expander{env: env, secret: tt.secret}.expand(tt.text)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("got %q, %v, want a refusal with %q", got, err, tt.refused)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestVariablesComeBeforeTypes(t *testing.T) {
	env := map[string]string{
		"TTL": "20", "CPU": "1.5", "YES": "true", "HOST": "a.example", "PROGRAM": "/bin/x", "TOKEN": "007", "STRUCTURE": "a: {b: [c]}\n# d",
	}
	c, _, err := load(t, `
unsafe_no_auth: ${YES}
allowed_hosts: ["${HOST}", b.example]
limits: {call_timeout_s: "${TTL}"}
providers:
  a:
    command: ["${PROGRAM}", -v, "${GONE:-$$}"]
    idle_ttl_s: ${TTL}
    hold_warm: ${YES}
    env:
      TOKEN: ${TOKEN}
      STRUCTURE: ${STRUCTURE}
      LATER: ${env:NOT_SET_NOW}
    description: |
      runs ${PROGRAM}
  b: {image: "x:${TTL}", resources: {cpu: "${CPU}"}, read_only: "${NO:-false}"}
`, env, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Providers["a"], c.Providers["b"]
	if !c.UnsafeNoAuth || c.AllowedHosts[0] != "a.example" || c.Limits.CallTimeoutS != 20 || a.Command[0] != "/bin/x" || a.Command[2] != "$" ||
		a.IdleTTL != 20 || !a.HoldWarm || a.Env["TOKEN"] != "007" || a.Env["STRUCTURE"] != env["STRUCTURE"] || a.Env["LATER"] != "${env:NOT_SET_NOW}" ||
		a.Description != "runs /bin/x\n" || b.Image != "x:20" || b.Resources.CPU != 1.5 || *b.ReadOnly {
		t.Errorf("%+v\n%+v\n%+v", c, a, b)
	}
	for name, tt := range map[string]struct{ file, says string }{
		"one that is not set": {"providers:\n  a:\n    command: [x, '${GONE}']\n", "hangar.yaml:3:18: providers.a.command[1]: variable GONE is not set"},
		"a text that is no number": {"providers:\n  a:\n    command: [x]\n    idle_ttl_s: ${HOST}\n",
			`hangar.yaml:4:17: providers.a.idle_ttl_s: must be a whole number, not "a.example"`},
		"in a key":                  {"providers:\n  ${HOST}: {command: [x]}\n", "hangar.yaml:2:3: providers: variables are put into values, not into keys"},
		"a broken reference":        {"providers:\n  a:\n    command: [x]\n    env:\n      A: ${file:x}\n", "hangar.yaml:5:7: providers.a.env.A: ${file:...}: the path must be absolute"},
		"what an export hid":        {"providers:\n  a:\n    command: [x]\n    env: {A: '***'}\n", "hangar.yaml:4:11: providers.a.env.A: is ***, which only stands for"},
		"a reference in a command":  {"providers:\n  a:\n    command: [x, '${env:HOST}']\n", "hangar.yaml:3:18: providers.a.command[1]: a reference to a secret may stand only"},
		"a sealed value of a guest": {"providers:\n  a:\n    command: [x]\n    env: {A: '${sealed:AAAA}'}\n", "hangar.yaml:4:14: providers.a.env.A: is sealed"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := load(t, tt.file, env, nil); err == nil || !strings.HasPrefix(err.Error(), tt.says) {
				t.Errorf("got %v\nwant %s", err, tt.says)
			}
		})
	}
}

// No error about a value that may be a secret repeats it.
func TestErrorsKeepSecrets(t *testing.T) {
	const canary = "hunter2-canary"
	for name, file := range map[string]string{
		"a line break in a header":     "providers:\n  a: {endpoint: 'https://x.example', http: {headers: {X-A: \"" + canary + "\\n\"}}}\n",
		"a secret of the wrong type":   "providers:\n  a: {endpoint: 'https://x.example', auth: {type: basic, username: u, bearer_token: " + canary + "}}\n",
		"a value with a NUL":           "providers:\n  a: {command: [x], env: {A: \"" + canary + "\\0\"}}\n",
		"a mapping as a value":         "providers:\n  a: {command: [x], env: {A: {b: " + canary + "}}}\n",
		"a list as a value":            "providers:\n  a: {command: [x], env: {A: [" + canary + "]}}\n",
		"a variable that is none":      "providers:\n  a: {command: [x], env: {A: '${" + canary + "!}'}}\n",
		"a broken reference around it": "providers:\n  a: {command: [x], env: {A: '" + canary + "${env:B'}}\n",
		"a quote that does not end":    "providers:\n  a:\n    command: [x]\n    env:\n      A: \"" + canary + "\n",
		"a text that is a key":         "providers:\n  a:\n    command: [x]\n    env:\n      A: " + canary + ": x\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := load(t, file, nil, nil)
			if err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestEscapedIsTheWayBack(t *testing.T) {
	for _, text := range []string{"", "$", "$$", "a$b", "${X}", "$${X}", "$$$", "$ {", "US$", "${env:X}", provider.Masked} {
		if got, err := (expander{env: lookup(nil)}).expand(escaped(text)); err != nil || got != text {
			t.Errorf("%q became %q, then %q, %v", text, escaped(text), got, err)
		}
	}
}
