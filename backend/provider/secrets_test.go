package provider_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/reference"
)

// filled is a remote definition with a secret in every field that takes one.
func filled(value string) provider.Spec {
	return provider.Spec{
		Mode: provider.Remote, Endpoint: "https://mcp.example.com/mcp", Env: map[string]string{"TOKEN": value, "NONE": ""},
		Auth: &provider.Auth{BearerToken: value, APIKey: value, Password: value, ClientSecret: value},
		HTTP: &provider.HTTP{Headers: map[string]string{"X-Token": value}},
	}
}

// What the tags call a secret and what MapSecrets touches are the same fields.
func TestEverySecretFieldIsMapped(t *testing.T) {
	var tagged []string
	var walk func(reflect.Type, string)
	walk = func(ty reflect.Type, prefix string) {
		for i := range ty.NumField() {
			f := ty.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if f.Tag.Get("secret") == "true" {
				if f.Type.Kind() == reflect.Map {
					name += ".*"
				}
				tagged = append(tagged, prefix+name)
			}
			if f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
				walk(f.Type.Elem(), prefix+name+".")
			}
		}
	}
	walk(reflect.TypeFor[provider.Spec](), "")
	var mapped []string
	spec := filled("canary")
	out := spec.MapSecrets(func(field, value string) string {
		field = strings.NewReplacer("env.TOKEN", "env.*", "http.headers.X-Token", "http.headers.*").Replace(field)
		mapped = append(mapped, field)
		return "x"
	})
	slices.Sort(tagged)
	slices.Sort(mapped)
	if !slices.Equal(tagged, mapped) {
		t.Errorf("tagged %v, mapped %v", tagged, mapped)
	}
	if text, _ := json.Marshal(out); strings.Contains(string(text), "canary") {
		t.Errorf("a secret is left: %s", text)
	}
	if text, _ := json.Marshal(spec); strings.Contains(string(text), `"x"`) {
		t.Errorf("the original was changed: %s", text)
	}
}

func TestAMaskHidesValuesAndShowsReferences(t *testing.T) {
	text, err := json.Marshal(filled("canary").Masked())
	if err != nil || strings.Contains(string(text), "canary") || strings.Count(string(text), provider.Masked) != 6 {
		t.Errorf("%s, %v", text, err)
	}
	text, _ = json.Marshal(filled("${env:TOKEN}").Masked())
	if strings.Count(string(text), "${env:TOKEN}") != 6 {
		t.Errorf("a reference is hidden: %s", text)
	}
	if got := filled("canary${env:TOKEN}").Masked().Env["TOKEN"]; got != provider.Masked {
		t.Errorf("a text around a reference is shown: %s", got)
	}
}

func TestSecretsThatCannotBe(t *testing.T) {
	for value, says := range map[string]string{
		provider.Masked:           "env.TOKEN: is ***",
		"${env:A-B}":              "env.TOKEN: ${env:...}:",
		"${file:relative}":        "env.TOKEN: ${file:...}: the path must be absolute",
		"Bearer ${env:NEVER ends": "env.TOKEN: a reference is not closed",
	} {
		s := demo().WithDefaults()
		s.Env = map[string]string{"TOKEN": value}
		if err := s.Check(); !fault.Is(err, fault.Invalid) || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestReferencesAreResolvedForARun(t *testing.T) {
	from := reference.Source{
		Env: func(name string) (string, bool) { return "canary-" + strings.ToLower(name), name != "GONE" },
		Open: func(path string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("first\nsecond ${env:X} ***")), nil
		},
	}
	p := provider.Provider{ID: "far", Source: provider.SourceFile, Spec: provider.Spec{
		Mode: provider.Remote, Endpoint: "https://mcp.example.com/mcp", Env: map[string]string{"A": "${env:ALPHA}", "B": "$plain"},
		Auth: &provider.Auth{Type: "bearer", BearerToken: "${env:BETA}"},
	}.WithDefaults()}
	got, err := p.Resolved(from)
	if err != nil || got.Spec.Env["A"] != "canary-alpha" || got.Spec.Env["B"] != "$plain" || got.Spec.Auth.BearerToken != "canary-beta" {
		t.Fatalf("%+v, %v", got.Spec, err)
	}
	if p.Spec.Env["A"] != "${env:ALPHA}" || p.Spec.Auth.BearerToken != "${env:BETA}" {
		t.Fatalf("the definition itself was changed: %+v", p.Spec)
	}
	file := p
	file.Spec.Env = map[string]string{"A": "${file:/run/secrets/a}"}
	if got, err = file.Resolved(from); err != nil || got.Spec.Env["A"] != "first\nsecond ${env:X} ***" {
		t.Fatalf("%+v, %v", got.Spec.Env, err)
	}
	for name, tt := range map[string]struct {
		change func(*provider.Provider)
		says   string
	}{
		"a variable that is not set": {func(p *provider.Provider) { p.Spec.Env = map[string]string{"A": "${env:GONE}"} },
			`provider "far": env.A: ${env:GONE}: the variable is not set`},
		"a discovered definition must not read our secrets": {func(p *provider.Provider) { p.Source = provider.SourceDiscovery },
			`provider "far": env.A: a discovered definition may not refer`},
		"a line break must not come into a header": {func(p *provider.Provider) {
			p.Spec.HTTP = &provider.HTTP{Headers: map[string]string{"X-A": "${file:/run/secrets/a}"}}
		}, "http.headers.X-A: value too long"},
	} {
		t.Run(name, func(t *testing.T) {
			p := p
			tt.change(&p)
			_, err := p.Resolved(from)
			var known *fault.Error
			if !errors.As(err, &known) || !strings.HasPrefix(err.Error(), tt.says) {
				t.Fatalf("%v", err)
			}
			if said := fmt.Sprintf("%v %v", err, known.Details); strings.Contains(said, "canary") || strings.Contains(said, "second") {
				t.Errorf("the error tells a secret: %s", said)
			}
		})
	}
}
