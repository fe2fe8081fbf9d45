package catalog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Source says where an entry comes from.
type Source string

// The sources.
const (
	Builtin  Source = "builtin"
	Custom   Source = "custom"   // a person made it, or imported it from a file
	Registry Source = "registry" // the mirror holds it
)

// Entry is a server that can be deployed.
type Entry struct {
	ID          string    `json:"-" yaml:"-"`
	Source      Source    `json:"-" yaml:"-"`
	CreatedAt   time.Time `json:"-" yaml:"-"` // zero for what is built in
	UpdatedAt   time.Time `json:"-" yaml:"-"`
	Name        string    `json:"name" yaml:"name"`
	Title       string    `json:"title,omitempty" yaml:"title"`
	Description string    `json:"description" yaml:"description"`
	Homepage    string    `json:"homepage,omitempty" yaml:"homepage"`
	Version     string    `json:"version,omitempty" yaml:"version"`
	Variant     string    `json:"variant,omitempty" yaml:"-"` // npm, pypi, oci, remote: which of its server's ways to run it is
	Tags        []string  `json:"tags,omitempty" yaml:"tags"`
	Recipe      Recipe    `json:"recipe" yaml:"recipe"`
}

// Recipe says how a server is run, once its variables have values.
type Recipe struct {
	Spec      provider.Spec `json:"spec" yaml:"spec"` // with placeholders: {name}
	More      []Part        `json:"more,omitempty" yaml:"more"`
	Variables []Variable    `json:"variables,omitempty" yaml:"variables"`
}

// Part is a run of arguments behind those of the Spec. It is left out when a variable in it has no value, or when its
// switch is not on, and repeated for each value of a variable that takes many.
type Part struct {
	When string   `json:"when,omitempty" yaml:"when"` // a boolean variable
	Args []string `json:"args" yaml:"args"`
}

// The types of a variable.
const (
	String  = "string"
	Integer = "integer"
	Number  = "number"
	Boolean = "boolean"
	Path    = "path" // absolute, on the machine that runs the server
)

// Variable is what a deploy asks for.
type Variable struct {
	Name        string   `json:"name" yaml:"name"`
	Description string   `json:"description,omitempty" yaml:"description"`
	Type        string   `json:"type,omitempty" yaml:"type" enum:"string,integer,number,boolean,path"` // "" means string
	Secret      bool     `json:"secret,omitempty" yaml:"secret"`
	Required    bool     `json:"required,omitempty" yaml:"required"`
	Many        bool     `json:"many,omitempty" yaml:"many"` // takes a list; each value is an argument of its own
	Default     string   `json:"default,omitempty" yaml:"default"`
	Example     string   `json:"example,omitempty" yaml:"example"`
	Choices     []string `json:"choices,omitempty" yaml:"choices"`
}

func (v Variable) kind() string {
	if v.Type == "" {
		return String
	}
	return v.Type
}

// asked reports whether a deploy must say a value.
func (v Variable) asked() bool { return v.Required && v.Default == "" }

// settled reports whether there is always a value.
func (v Variable) settled() bool { return v.Required || v.Default != "" }

// Limits of an entry.
const (
	maxName, maxTitle, maxDescription, maxHomepage = 200, 200, 1000, 2048
	maxTags, maxTag                                = 30, 50
	maxVariables, maxParts, maxPartArgs            = 60, 60, 20
)

var (
	namePattern     = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]*[A-Za-z0-9])?$`)
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,127}$`)
	tagPattern      = regexp.MustCompile(`^[a-z0-9][a-z0-9 ._+-]*$`)
)

// check is the rule of what an entry may be; its error names the field.
func (e Entry) check() error {
	switch {
	case len(e.Name) > maxName || !namePattern.MatchString(e.Name):
		return fault.Field("name", "must be 1 to %d letters, digits, spaces, ., _, - or /, beginning and ending with a letter or a digit", maxName)
	case strings.TrimSpace(e.Description) == "":
		return fault.Field("description", "say in a sentence what it is for")
	case e.Homepage != "" && !strings.HasPrefix(e.Homepage, "https://") && !strings.HasPrefix(e.Homepage, "http://"):
		return fault.Field("homepage", "must be an http or https address")
	case len(e.Tags) > maxTags:
		return fault.Field("tags", "at most %d", maxTags)
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{{"title", e.Title, maxTitle}, {"description", e.Description, maxDescription}, {"homepage", e.Homepage, maxHomepage}, {"version", e.Version, maxTitle}} {
		if !utf8.ValidString(text.value) || len(text.value) > text.most || strings.ContainsFunc(text.value, unicode.IsControl) {
			return fault.Field(text.field, "must be at most %d characters of plain text on one line", text.most)
		}
	}
	for i, t := range e.Tags {
		if len(t) > maxTag || !tagPattern.MatchString(t) {
			return fault.Field(fmt.Sprintf("tags[%d]", i), "must be at most %d lower case letters, digits, spaces, ., _, + or -", maxTag)
		}
	}
	return e.Recipe.check()
}

func (r Recipe) check() error {
	if len(r.Variables) > maxVariables {
		return fault.Field("variables", "at most %d", maxVariables)
	}
	for i, v := range r.Variables {
		at := fmt.Sprintf("variables[%d]", i)
		if err := v.check(at); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Variables[:i], func(o Variable) bool { return o.Name == v.Name }) {
			return fault.Field(at+".name", "there are two variables %q", v.Name)
		}
	}
	if err := r.checkParts(); err != nil {
		return err
	}
	return r.checkUse()
}

func (v Variable) check(at string) error {
	kinds := []string{String, Integer, Number, Boolean, Path}
	switch {
	case !variablePattern.MatchString(v.Name):
		return fault.Field(at+".name", "must be up to 128 letters, digits, _, . or -, beginning with a letter or _")
	case !slices.Contains(kinds, v.kind()):
		return fault.Field(at+".type", "must be %s, not %q", strings.Join(kinds, ", "), v.Type)
	case v.Secret && (v.kind() != String || v.Many || v.Default != ""):
		return fault.Field(at+".secret", "a secret is one string without a default")
	case v.Many && v.kind() == Boolean:
		return fault.Field(at+".many", "a switch is on or off")
	case len(v.Description) > maxDescription:
		return fault.Field(at+".description", "at most %d characters", maxDescription)
	}
	if slices.ContainsFunc(append(slices.Clone(v.Choices), v.Default), holdsReference) {
		return fault.Field(at, "neither its default nor its choices may contain $, which could begin a reference to a secret of this machine")
	}
	if v.Default != "" {
		if why := v.refuses(v.Default); why != "" {
			return fault.Field(at+".default", "%s", why)
		}
	}
	return nil
}

func (r Recipe) checkParts() error {
	if len(r.More) > maxParts {
		return fault.Field("more", "at most %d", maxParts)
	}
	for i, p := range r.More {
		at := fmt.Sprintf("more[%d]", i)
		if len(p.Args) == 0 || len(p.Args) > maxPartArgs {
			return fault.Field(at+".args", "between 1 and %d arguments", maxPartArgs)
		}
		if v, known := r.variable(p.When); p.When != "" && (!known || v.kind() != Boolean) {
			return fault.Field(at+".when", "must name a boolean variable, not %q", p.When)
		}
	}
	if len(r.More) > 0 && r.Spec.Mode == provider.Remote {
		return fault.Field("more", "a remote server takes no arguments")
	}
	return nil
}

func (r Recipe) variable(name string) (Variable, bool) {
	i := slices.IndexFunc(r.Variables, func(v Variable) bool { return v.Name == name })
	if i < 0 {
		return Variable{}, false
	}
	return r.Variables[i], true
}

// holdsReference reports whether a text could become ${env:NAME} or ${file:/path} in a definition: then whoever wrote the
// entry would read the secrets of whoever deploys it.
func holdsReference(text string) bool { return strings.Contains(text, "$") }

// checkUse holds every placeholder against its variable: what may stand where.
func (r Recipe) checkUse() error {
	used := map[string]bool{}
	for _, p := range r.More {
		used[p.When] = true
	}
	for _, place := range r.places() {
		if holdsReference(place.text) {
			return fault.Field(place.field, "must not contain $, which could begin a reference to a secret of this machine; only who deploys may refer to one")
		}
		for _, name := range r.names(place.text) {
			v, _ := r.variable(name)
			used[name] = true
			switch {
			case v.Secret && !place.hidden:
				return fault.Field(place.field, "the secret %q must not stand here, where everybody can read it; put it into the environment or a header", name)
			case !v.settled() && place.fixed:
				return fault.Field(place.field, "the variable %q may have no value; make it required, give it a default, or move the argument to more", name)
			case v.Many && !(place.whole && place.text == "{"+name+"}" || place.part):
				return fault.Field(place.field, "the variable %q takes many values and must be an argument of its own", name)
			}
		}
	}
	for i, v := range r.Variables {
		if !used[v.Name] {
			return fault.Field(fmt.Sprintf("variables[%d].name", i), "nothing uses {%s}", v.Name)
		}
	}
	return r.checkSpec()
}

// checkOpen refuses what a person would not want everybody to read. What others published is published.
func (r Recipe) checkOpen() error {
	for _, place := range r.places() {
		if place.env != "" && place.text != "" && len(r.names(place.text)) == 0 && provider.SecretName(place.env) {
			return fault.Field(place.field, "looks like a secret, and everybody can read the catalog; declare a secret variable and write its name in braces here")
		}
	}
	return nil
}

// checkSpec judges the definition as far as it is known before the variables have values.
func (r Recipe) checkSpec() error {
	s := r.Spec
	switch {
	case !slices.Contains([]provider.Mode{provider.Subprocess, provider.Docker, provider.Remote}, s.Mode):
		return fault.Field("mode", "must be subprocess, docker or remote, not %q", string(s.Mode))
	case len(r.Variables) == 0:
		return s.WithDefaults().Check()
	case s.Mode == provider.Subprocess && (len(s.Command) == 0 || s.Command[0] == ""):
		return fault.Field("command", "mode subprocess needs a command: the program, then its arguments")
	case s.Mode == provider.Subprocess && len(r.names(s.Command[0])) > 0:
		return fault.Field("command", "the program itself must not be a variable")
	case s.Mode == provider.Docker && s.Image == "":
		return fault.Field("image", "mode docker needs an image")
	case s.Mode == provider.Docker && len(r.names(s.Image)) > 0:
		return fault.Field("image", "the image must not be a variable")
	case s.Mode == provider.Remote && s.Endpoint == "":
		return fault.Field("endpoint", "mode remote needs an endpoint URL")
	}
	return nil
}

// ProviderID is the id that a deploy takes when it is not told one: the last part of the name, in the letters of an id.
func (e Entry) ProviderID() provider.ID {
	name := e.Name[strings.LastIndexByte(e.Name, '/')+1:]
	return provider.ID(strings.Trim(slug(name, 64), "-_"))
}

// slug keeps letters, digits, _ and -; what lies between becomes one dash.
func slug(text string, most int) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c < utf8.RuneSelf && (unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_'):
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= most {
			break
		}
	}
	return b.String()
}

// Needs is what the machine must have to run it: npx, uvx, docker, another program, or nothing for a remote server.
func (e Entry) Needs() string {
	switch {
	case e.Recipe.Spec.Mode == provider.Docker:
		return "docker"
	case e.Recipe.Spec.Mode == provider.Subprocess && e.Recipe.Spec.Command[0] != program:
		return e.Recipe.Spec.Command[0]
	}
	return ""
}

// RequiredEnv names the variables of the environment that a deploy must be given values for.
func (e Entry) RequiredEnv() []string {
	list := []string{}
	for name, text := range e.Recipe.Spec.Env {
		if slices.ContainsFunc(e.Recipe.names(text), func(n string) bool { v, _ := e.Recipe.variable(n); return v.asked() }) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Env names the variables of the environment that it sets.
func (e Entry) Env() []string {
	list := slices.AppendSeq([]string{}, maps.Keys(e.Recipe.Spec.Env))
	slices.Sort(list)
	return list
}
