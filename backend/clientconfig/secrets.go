package clientconfig

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"hangar/backend/provider"
)

var (
	// reference is what clients put variables into: ${env:X}, ${X}, ${X:-default}, ${input:x}, {env:X}.
	reference = regexp.MustCompile(`\$?\{env:([A-Za-z_][A-Za-z0-9_]*)\}|\$\{input:([^{}]+)\}|\$\{([A-Za-z_/][A-Za-z0-9_]*)(:-([^}]*))?\}`)
	// bare is a whole value that is a variable of a shell, as the Gemini CLI expands it.
	bare = regexp.MustCompile(`^\$([A-Z_][A-Z0-9_]*)$`)
	// known are the beginnings that services give to their keys, and addresses with a password.
	known = regexp.MustCompile(`^(sk-|sk_|pk_live_|rk_|ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|xox[abposr]-|AKIA|AIza|eyJ|ya29\.|hf_|npm_|pypi-|sntrys_|dop_v1_|tvly-|fc-|BSA|ntn_|secret_|lin_api_|figd_|Bearer |Basic )|://[^/@\s]*:[^/@\s]+@`)
	flags = regexp.MustCompile(`^--?([A-Za-z][A-Za-z0-9_-]*)(=(.*))?$`)
)

// secretValue reports whether a text looks like a secret by itself.
func secretValue(text string) bool { return known.MatchString(text) }

// hidden are values that Hangar never shows: of the environment, of headers. Secrets among them become references.
func (r *reader) hidden(c *Candidate, prefix string, values map[string]string) map[string]string {
	out := make(map[string]string, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		if m := bare.FindStringSubmatch(value); m != nil {
			value = "${" + m[1] + "}"
		}
		switch {
		case value == "" || reference.MatchString(value):
			out[name] = r.translate(c, prefix+name, value)
		case provider.SecretName(name) || secretValue(value):
			variable := snake(name)
			if prefix != "env." {
				variable = snake(string(c.ID) + "_" + name)
			}
			out[name] = r.secret(c, prefix+name, variable, value)
		default:
			out[name] = value
		}
	}
	return out
}

// secret gives a value a variable and refers to it. One that stands for another value already is not taken twice.
func (r *reader) secret(c *Candidate, field, variable, value string) string {
	if reference.MatchString(value) {
		return r.translate(c, field, value)
	}
	variable = strings.TrimPrefix(variable, "HANGAR_") // those are Hangar's own settings
	if other, taken := r.variables[variable]; taken && other != value {
		variable = snake(string(c.ID)) + "_" + variable
	}
	base := variable
	for n := 2; ; n++ {
		other, taken := r.variables[variable]
		if !taken || other == value {
			break
		}
		variable = fmt.Sprintf("%s_%d", base, n)
	}
	r.variables[variable] = value
	c.Secrets = append(c.Secrets, Secret{field, variable, value})
	return "${env:" + variable + "}"
}

// translate turns the references of a client into ours, in a place that is hidden.
func (r *reader) translate(c *Candidate, field, text string) string {
	return replace(text, func(m match) string {
		if value, ok := r.predefined(m.name); ok && m.kind == "" {
			return value
		}
		if m.hasDefault && !provider.SecretName(m.name) {
			c.Notes = append(c.Notes, fmt.Sprintf("%s takes the default of %s", field, m.name))
			return m.fallback
		}
		variable := m.name
		if m.kind == "input" {
			variable = snake(m.name)
		}
		if !slices.ContainsFunc(c.Secrets, func(s Secret) bool { return s.Field == field && s.Variable == variable }) {
			c.Secrets = append(c.Secrets, Secret{Field: field, Variable: variable})
		}
		if _, taken := r.variables[variable]; !taken {
			r.variables[variable] = ""
		}
		return "${env:" + variable + "}"
	})
}

// open are texts that everybody can read: arguments, addresses, volumes. Variables in them get their value now, and what
// looks like a secret is told.
func (r *reader) open(c *Candidate, what string, list []string) []string {
	out := make([]string, len(list))
	secretNext := false
	for i, text := range list {
		where := what
		if len(list) > 1 {
			where = fmt.Sprintf("%s %d", what, i)
		}
		exposed := false
		text = replace(text, func(m match) string {
			value, ok := r.predefined(m.name)
			switch {
			case ok && m.kind == "":
				return value
			case m.kind == "input":
				c.Problem = fmt.Sprintf("%s asks for an input, %q; write its value into the file first", where, m.name)
				return ""
			}
			value, ok = r.Env(m.name)
			switch {
			case !ok && !m.hasDefault && m.kind == "":
				return m.text // not every ${...} is meant for the client; those who expand it leave what is not set
			case !ok && !m.hasDefault:
				c.Problem = fmt.Sprintf("%s needs the variable %s, which is not set here; set it and import again", where, m.name)
			case value == "" && m.hasDefault:
				value = m.fallback
			}
			exposed = exposed || provider.SecretName(m.name)
			return value
		})
		if rest, ok := strings.CutPrefix(text, "~/"); ok && r.Home != "" {
			text = path.Join(r.Home, rest)
		}
		flag := flags.FindStringSubmatch(text)
		switch {
		case exposed, secretNext && flag == nil, secretValue(text), flag != nil && flag[2] != "" && (provider.SecretName(flag[1]) || secretValue(flag[3])):
			c.Exposed = append(c.Exposed, where)
		}
		secretNext = flag != nil && flag[2] == "" && provider.SecretName(flag[1])
		out[i] = text
	}
	return out
}

// match is a reference in a text.
type match struct {
	text       string
	kind       string // env, input, or "" where it does not say
	name       string
	hasDefault bool
	fallback   string
}

func replace(text string, by func(match) string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		m := reference.FindStringSubmatch(found)
		switch {
		case m[1] != "":
			return by(match{kind: "env", name: m[1]})
		case m[2] != "":
			return by(match{kind: "input", name: m[2]})
		}
		return by(match{text: found, name: m[3], hasDefault: m[4] != "", fallback: m[5]})
	})
}

// predefined are the variables of editors.
func (r *reader) predefined(name string) (string, bool) {
	switch name {
	case "userHome", "HOME":
		return r.Home, r.Home != ""
	case "workspaceFolder", "workspaceRoot":
		return r.Workspace, r.Workspace != ""
	case "pathSeparator", "/":
		return "/", true
	}
	return "", false
}

// WithValues is the definition with the secrets themselves instead of references, as far as the file has them.
func (c Candidate) WithValues() provider.Spec {
	s := c.Spec
	fill := func(field, text string) string {
		for _, k := range c.Secrets {
			if k.Field == field && k.value != "" {
				text = strings.ReplaceAll(text, "${env:"+k.Variable+"}", k.value)
			}
		}
		return text
	}
	s.Env = maps.Clone(s.Env)
	for name, text := range s.Env {
		s.Env[name] = fill("env."+name, text)
	}
	if s.HTTP != nil {
		h := *s.HTTP
		h.Headers = maps.Clone(h.Headers)
		for name, text := range h.Headers {
			h.Headers[name] = fill("http.headers."+name, text)
		}
		s.HTTP = &h
	}
	if s.Auth != nil {
		a := *s.Auth
		a.BearerToken = fill("auth.bearer_token", a.BearerToken)
		s.Auth = &a
	}
	return s
}

// Known reports whether the file has the value itself.
func (s Secret) Known() bool { return s.value != "" }

// snake is a name as variables of the environment are written.
func snake(name string) string {
	var b strings.Builder
	lower := false
	for _, c := range name {
		upper := c >= 'A' && c <= 'Z'
		switch {
		case upper && lower:
			b.WriteByte('_')
			b.WriteRune(c)
		case c >= 'a' && c <= 'z':
			b.WriteRune(c - 'a' + 'A')
		case upper, c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		lower = c >= 'a' && c <= 'z'
	}
	out := strings.Trim(b.String(), "_")
	if out == "" || out[0] >= '0' && out[0] <= '9' {
		out = "V_" + out
	}
	return strings.TrimRight(out, "_")
}
