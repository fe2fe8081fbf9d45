package catalog

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"hangar/backend/fault"
	"hangar/backend/provider"
)

// Skipped is a way to run a server that is of no use here.
type Skipped struct {
	Name    string // of the server
	Variant string
	Reason  string
}

// entries makes an entry of each way to run a server that works here.
func (s Server) entries() (made []Entry, skipped []Skipped) {
	take := func(variant string, r Recipe, version string, why error) {
		e := Entry{
			Name: s.Name, Title: plainLine(s.Title, maxTitle), Description: plainLine(s.Description, maxDescription), Homepage: s.homepage(),
			Version: plainLine(version, maxTitle), Variant: variant, Tags: []string{variant}, Recipe: r,
		}
		if e.Description == "" {
			e.Description = e.Name
		}
		if why == nil {
			why = e.check()
		}
		if why != nil {
			skipped = append(skipped, Skipped{s.Name, variant, fault.From(why).Message})
			return
		}
		if !slices.ContainsFunc(made, func(o Entry) bool { return o.Variant == variant }) { // the first of a kind is its author's choice
			made = append(made, e)
		}
	}
	for _, p := range s.Packages {
		r, err := p.recipe()
		version := p.Version
		if version == "" {
			version = s.Version
		}
		take(p.RegistryType, r, version, err)
	}
	for _, t := range s.Remotes {
		r, err := t.recipe()
		take("remote", r, s.Version, err)
	}
	if len(s.Packages)+len(s.Remotes) == 0 {
		skipped = append(skipped, Skipped{s.Name, "", "it names no package and no remote"})
	}
	return made, skipped
}

func (s Server) homepage() string {
	for _, u := range []string{s.WebsiteURL, s.url()} {
		if strings.HasPrefix(u, "https://") && len(u) <= maxHomepage && !strings.ContainsFunc(u, unicode.IsControl) {
			return u
		}
	}
	return ""
}

func (s Server) url() string {
	if s.Repository == nil {
		return ""
	}
	return s.Repository.URL
}

// plainLine makes a text that comes from anywhere one that may stand in an entry.
func plainLine(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	text = strings.TrimSpace(text)
	for i := range text {
		if i > most-4 {
			return text[:i] + "..."
		}
	}
	return text
}

func cannot(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }

// recipe says how a package is run: always by the runner of its registry, in the version that the document names.
func (p pkg) recipe() (Recipe, error) {
	if p.Transport.Type != "stdio" && p.Transport.Type != "" {
		return Recipe{}, cannot("the package speaks %s on a port of its own, not on stdin and stdout", p.Transport.Type)
	}
	if p.Identifier == "" || strings.HasPrefix(p.Identifier, "-") || strings.ContainsFunc(p.Identifier, unicode.IsSpace) {
		return Recipe{}, cannot("%q is not the name of a package", p.Identifier)
	}
	var b builder
	switch p.RegistryType {
	case "npm":
		b.spec = provider.Spec{Mode: provider.Subprocess, Command: []string{"npx", "-y"}}
		b.runtime("npx", p)
		b.spec.Command = append(b.spec.Command, pinned(p.Identifier, "@", p.Version))
	case "pypi":
		b.spec = provider.Spec{Mode: provider.Subprocess, Command: []string{"uvx"}}
		b.runtime("uvx", p)
		b.spec.Command = append(b.spec.Command, pinned(p.Identifier, "@", p.Version))
	case "oci":
		b.container(p)
	default:
		return Recipe{}, cannot("packages of type %q are not supported; npm, pypi and oci are", p.RegistryType)
	}
	for _, a := range p.Arguments {
		b.argument(a)
	}
	for _, v := range p.Environment {
		b.spec.Env = b.named(b.spec.Env, v)
	}
	return b.recipe()
}

func pinned(name, by, version string) string {
	if version == "" || version == "latest" {
		return name
	}
	return name + by + version
}

// recipe says how a remote server is reached.
func (t transport) recipe() (Recipe, error) {
	b := builder{spec: provider.Spec{Mode: provider.Remote, Endpoint: t.URL, HTTP: &provider.HTTP{}}}
	switch t.Type {
	case "streamable-http":
	case "sse":
		b.spec.HTTP.Protocol = "sse"
	default:
		return Recipe{}, cannot("remotes of type %q are not supported; streamable-http and sse are", t.Type)
	}
	b.spec.Endpoint = b.text(t.URL, t.Variables)
	for _, h := range t.Headers {
		b.spec.HTTP.Headers = b.named(b.spec.HTTP.Headers, h)
	}
	if len(t.Headers) == 0 { // whoever wants credentials and names no header wants a sign-in
		b.spec.Auth = &provider.Auth{Type: "oauth"}
	}
	return b.recipe()
}

// builder gathers a recipe; the first thing that cannot be is kept.
type builder struct {
	spec      provider.Spec
	parts     []Part
	variables []Variable
	err       error
}

func (b *builder) recipe() (Recipe, error) {
	return Recipe{Spec: b.spec, More: b.parts, Variables: b.variables}, b.err
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = cannot(format, args...)
	}
}

// declare notes a variable and returns its placeholder. Two that share a name but not their meaning are told apart.
func (b *builder) declare(name string, in input, many bool) string {
	v := Variable{
		Name: name, Description: plainLine(in.Description, maxDescription), Type: map[string]string{"number": Number, "boolean": Boolean, "filepath": Path}[in.Format],
		Secret: in.IsSecret, Required: in.IsRequired, Many: many && in.Format != "boolean", Default: in.Default,
		Example: plainLine(in.Placeholder, maxTitle), Choices: in.Choices,
	}
	if v.Secret {
		v.Type, v.Default, v.Many = "", "", false
	}
	if v.Type == Path && v.Default != "" && v.refuses(v.Default) != "" { // "~/notes": a hint, not a path
		v.Default, v.Example = "", v.Default
	}
	for n := 2; ; n++ {
		i := slices.IndexFunc(b.variables, func(o Variable) bool { return o.Name == v.Name })
		if i < 0 {
			b.variables = append(b.variables, v)
			break
		}
		if reflect.DeepEqual(b.variables[i], v) {
			break
		}
		v.Name = fmt.Sprintf("%s_%d", name, n)
	}
	return "{" + v.Name + "}"
}

// text declares the variables of a text and gives it with their placeholders.
func (b *builder) text(text string, variables map[string]input) string {
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if !strings.Contains(text, "{"+name+"}") {
			continue
		}
		in := variables[name]
		if in.Value != "" {
			text = strings.ReplaceAll(text, "{"+name+"}", in.Value)
			continue
		}
		text = strings.ReplaceAll(text, "{"+name+"}", b.declare(name, in, false))
	}
	return text
}

// named adds a variable of the environment or a header.
func (b *builder) named(to map[string]string, v namedText) map[string]string {
	if to == nil {
		to = map[string]string{}
	}
	if v.Value != "" {
		to[v.Name] = b.text(v.Value, v.Variables)
	} else {
		to[v.Name] = b.declare(v.Name, v.input, false)
	}
	return to
}

// argument adds an argument behind the package.
func (b *builder) argument(a argument) {
	name := a.ValueHint
	if a.Type == "named" {
		name = strings.Trim(a.Name, "-")
	}
	name = strings.TrimLeft(slug(name, 60), "-0123456789")
	var args []string
	if a.Type == "named" {
		args = []string{a.Name}
	}
	switch {
	case a.Type != "named" && a.Type != "positional" || a.Type == "named" && a.Name == "":
		b.fail("an argument is neither positional nor named")
	case a.Value != "":
		b.parts = append(b.parts, Part{Args: append(args, b.text(a.Value, a.Variables))})
	case name == "":
		b.fail("a positional argument has neither a value nor a hint")
	case a.Type == "named" && bare(a.input), a.Type == "named" && a.Format == "boolean" && a.IsRequired:
		b.parts = append(b.parts, Part{Args: args})
	case a.Type == "named" && a.Format == "boolean":
		b.parts = append(b.parts, Part{When: strings.Trim(b.declare(name, a.input, false), "{}"), Args: args})
	default:
		b.parts = append(b.parts, Part{Args: append(args, b.declare(name, a.input, a.IsRepeated))})
	}
}

// bare is an input of which nothing is said: the name alone is the argument, as in --stdio.
func bare(in input) bool { return reflect.DeepEqual(in, input{IsRequired: in.IsRequired}) }

// runtime adds the arguments of the runner itself, which are fixed or not at all.
func (b *builder) runtime(runner string, p pkg) {
	if len(p.Runtime) > 0 && p.RuntimeHint != "" && p.RuntimeHint != runner {
		b.fail("it wants to be run by %s with arguments for it; here %s runs it", p.RuntimeHint, runner)
	}
	for _, a := range p.Runtime {
		if len(a.Variables) > 0 || a.Value == "" && a.Type != "named" || strings.Contains(a.Value, "{") {
			b.fail("an argument for %s itself would have to be asked for", runner)
		}
		for _, word := range []string{a.Name, a.Value} {
			if word != "" && !slices.Contains(b.spec.Command, word) {
				b.spec.Command = append(b.spec.Command, word)
			}
		}
	}
}

// container makes the definition of an image. The network is that of `docker run`, which its author had in mind.
func (b *builder) container(p pkg) {
	image := strings.TrimPrefix(p.Identifier, "https://")
	if last := image[strings.LastIndexByte(image, '/')+1:]; !strings.ContainsAny(last, ":@") {
		image = pinned(image, ":", p.Version)
	}
	b.spec = provider.Spec{Mode: provider.Docker, Image: image, Network: "bridge"}
	for _, a := range p.Runtime {
		b.dockerRun(a)
	}
}

// dockerRun translates an option of `docker run`. What has no counterpart makes the package unusable here, because a
// server that lacks what it was promised fails in ways that nobody understands.
func (b *builder) dockerRun(a argument) {
	option, value := a.Name, a.Value
	if a.Type == "positional" {
		option, value, _ = strings.Cut(a.Value, "=")
	}
	value = b.text(value, a.Variables)
	switch option {
	case "-i", "--interactive", "--rm", "--init", "-t", "--tty", "run":
	case "-e", "--env":
		name, text, given := strings.Cut(value, "=")
		if !given { // passed on from the outside: then it stands among environmentVariables too
			return
		}
		if b.spec.Env == nil {
			b.spec.Env = map[string]string{}
		}
		b.spec.Env[name] = text
	case "-v", "--volume":
		b.spec.Volumes = append(b.spec.Volumes, value)
	case "--mount":
		volume, ok := provider.VolumeOf(value)
		if !ok {
			b.fail("the mount %q is of a kind that is not supported", value)
			return
		}
		b.spec.Volumes = append(b.spec.Volumes, volume)
	case "--network", "--net":
		b.spec.Network = value
	case "-u", "--user":
		b.spec.User = value
	default:
		b.fail("the option %s of docker run has no counterpart here", option)
	}
}
