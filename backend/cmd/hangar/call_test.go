package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCall(t *testing.T) {
	a := running(t)
	a.Add("math", "good") // cold: it is started to tell what it offers
	file := filepath.Join(t.TempDir(), "args.json")
	if err := os.WriteFile(file, []byte(`{"a": 40, "b": 1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "", "call", "math", "add", "a=2", "b=3").expect(t, "words", 0, "5\n", "")
	command(t, "", "call", "math", "add", "@"+file, "b=2").expect(t, "a file, and a word that wins", 0, "42\n", "")
	command(t, `{"a": 1, "b": 1}`, "call", "math", "add", "-").expect(t, "standard input", 0, "2\n", "")
	command(t, "", "call", "math", "add", "a:=2.5", "b:=1").expect(t, "JSON", 0, "3.5\n", "")
	r := command(t, "", "call", "math", "add", "a=2", "b=3", "-o", "json")
	var result map[string]any
	if err := json.Unmarshal([]byte(r.out), &result); err != nil || result["content"] == nil || result["duration_ms"] == nil {
		t.Errorf("%v: %s", err, r.out)
	}
	command(t, "", "call", "math", "fail").expect(t, "a tool that fails", exitWrong, "", "The tool reports an error.")
	command(t, "", "call", "math", "ad").expect(t, "an unknown tool", exitUsage, "", "it offers ")
	command(t, "", "call", "nobody", "add").expect(t, "an unknown provider", exitUsage, "", "nobody")
	command(t, "", "call", "math", "add", "a=x", "b=1").expect(t, "a word of another type", exitUsage, "", `a: must be number, not "x"`)
	command(t, "", "call", "math", "add", "a=1").expect(t, "an argument is missing", exitUsage, "", "needs b")
	command(t, "[1]", "call", "math", "add", "-").expect(t, "no object", exitUsage, "", "no JSON object")
	command(t, "", "call", "nobody", "add").expect(t, "neither provider nor group", exitUsage, "", `there is no provider and no group "nobody"`)
	a.Want(201, "POST", "/api/groups", map[string]any{"group_id": "sums"})
	command(t, "", "call", "sums", "add", "a=2", "b=3").expect(t, "a group of nobody", exitUsage, "", `group "sums" has no members`)
	a.Want(201, "POST", "/api/groups/sums/members", map[string]any{"member_id": "math"})
	command(t, "", "call", "sums", "add", "a=2", "b=3").expect(t, "a group", 0, "5\n", "")
	command(t, "", "call", "sums", "ad").expect(t, "a tool that no member has", exitUsage, "", `provider "math" has no tool "ad"`)
	a.Want(201, "POST", "/api/providers", map[string]any{"provider_id": "ghost", "mode": "subprocess", "command": []string{"/nonexistent/program"}})
	command(t, "", "call", "ghost", "add", "a=1").expect(t, "a provider that does not start", exitUnreachable, "", "/nonexistent/program")
}

func TestWhichJSONAWordMeans(t *testing.T) {
	schema := `{"type": "object", "additionalProperties": false, "required": ["s"], "$defs": {"n": {"type": "integer"}},
		"properties": {"s": {"type": "string"}, "i": {"type": "integer"}, "n": {"type": "number"}, "b": {"type": "boolean"}, "o": {"type": "object"},
			"l": {"type": "array", "items": {"type": "string"}}, "li": {"type": "array", "items": {"$ref": "#/$defs/n"}}, "r": {"$ref": "#/$defs/n"},
			"ns": {"type": ["integer", "null"]}, "u": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "e": {"enum": ["a", "b"]}, "any": {}, "loop": {"$ref": "#/properties/loop"}}}`
	for words, want := range map[string]string{
		"s=5":                        `{"s":"5"}`,
		"s=":                         `{"s":""}`,
		"s=a=b=c":                    `{"s":"a=b=c"}`,
		"s=true i=-7":                `{"i":-7,"s":"true"}`,
		`s={"a":1}`:                  `{"s":"{\"a\":1}"}`,
		"s=x n=1.5e3 b=true":         `{"b":true,"n":1.5e3,"s":"x"}`,
		"s=x n=12345678901234567890": `{"n":12345678901234567890,"s":"x"}`,
		`s=x o={"a":1}`:              `{"o":{"a":1},"s":"x"}`,
		"s=x l=1 l=b":                `{"l":["1","b"],"s":"x"}`,
		`s=x l=["1","2"]`:            `{"l":["1","2"],"s":"x"}`,
		"s=x li=1 li=2":              `{"li":[1,2],"s":"x"}`,
		"s=x r=3":                    `{"r":3,"s":"x"}`,
		"s=x ns=null":                `{"ns":null,"s":"x"}`,
		"s=x u=3":                    `{"s":"x","u":3}`,
		"s=x u=three":                `{"s":"x","u":"three"}`,
		"s=x e=a":                    `{"e":"a","s":"x"}`,
		"s=x any=[1] ":               `{"any":[1],"s":"x"}`,
		"s=x any=word":               `{"any":"word","s":"x"}`,
		"s=x loop=1":                 `{"loop":1,"s":"x"}`,
		`s:="5" i:=5`:                `{"i":5,"s":"5"}`,
		"@f":                         `{"s":"of a file"}`,
		"@f s=mine":                  `{"s":"mine"}`,
		"s=mine @f":                  `{"s":"mine"}`,

		"":         "needs s",
		"i=x s=":   `i: must be integer, not "x"`,
		"i=1.5 s=": `i: must be integer, not "1.5"`,
		"b=yes s=": `b: must be boolean`,
		"o=[1] s=": `o: must be object`,
		"li=x s=":  `li: must be integer`,
		"z=1 s=":   `takes no "z"; it takes any, b, e`,
		"s":        `"s" is none of KEY=VALUE`,
		"=x":       `is none of KEY=VALUE`,
		":=x":      `is none of KEY=VALUE`,
		"s:=x":     `s: "x" is no JSON`,
		"@broken":  "@broken is no JSON object",
		"@absent":  "there is no absent",
	} {
		got, err := toolArguments(json.RawMessage(schema), strings.Fields(words), func(name string) ([]byte, error) {
			text, ok := map[string]string{"f": `{"s": "of a file"}`, "broken": `[`}[name]
			if !ok {
				return nil, errors.New("there is no " + name)
			}
			return []byte(text), nil
		})
		said := ""
		if err != nil {
			said = err.Error()
		} else if b, err := json.Marshal(got); err == nil {
			said = string(b)
		}
		if strings.HasPrefix(want, "{") && said != want || !strings.Contains(said, want) {
			t.Errorf("%q means %s, want %s", words, said, want)
		}
	}
}

// Whatever words are given: no panic, and what comes out is JSON.
func FuzzToolArguments(f *testing.F) {
	f.Add(`{"properties": {"a": {"type": ["integer", "null"]}, "l": {"type": "array", "items": {"$ref": "#/x"}}}}`, "a=1", "l=2")
	f.Add(`{"additionalProperties": false, "$ref": "#"}`, "a:=[1]", "-")
	f.Fuzz(func(t *testing.T, schema, one, two string) {
		got, err := toolArguments(json.RawMessage(schema), []string{one, two}, func(string) ([]byte, error) { return []byte(`{"x": 1}`), nil })
		if err != nil {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
	})
}
