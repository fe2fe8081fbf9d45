package apifuzz

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
)

// canary is a secret; it is in environments, headers and credentials of requests, and in no answer.
const canary = "sk-proj-C4n4ry7f3aQ9x1Zz"

type mode int

const (
	right   mode = iota // what the document allows
	extreme             // the ends of it
	wrong               // what it forbids
)

// generator makes requests.
type generator struct {
	*rand.Rand
	d    *document
	pool map[string][]string // values of earlier answers, by the name of their field
	mode mode
}

// hostile are texts that break what is careless.
func hostile() []string {
	return []string{
		"", " ", ".", "..", "../../etc/passwd", "%2e%2e%2f", "a/b", "a\x00b", "\u202e", "\ufeff", "é", "a\nb", "a\tb", "'; DROP TABLE events; --", "${env:HOME}", "{name}",
		"*", "-1", "null", "true", "0x10", "1e400", "9223372036854775808", "\xff\xfe", "<script>alert(1)</script>", "https://169.254.169.254/", "file:///etc/passwd",
		strings.Repeat("a", 256), strings.Repeat("é", 2000), strings.Repeat("x", 100_000),
	}
}

// known gives fields values that lead somewhere; the rest is what the schema says.
func known(name string) []string {
	switch name {
	case "command":
		return []string{"/bin/true", "no-such-program"}
	case "endpoint", "url":
		return []string{"http://127.0.0.1:9/mcp", "https://127.0.0.1:9/mcp", "http://169.254.169.254/mcp"}
	case "image":
		return []string{"example/image:1", "Not An Image"}
	case "volumes":
		return []string{"/tmp:/tmp:ro", "data:/data"}
	case "mode":
		return []string{"subprocess", "docker", "remote", "additive", "authoritative"}
	case "client":
		return []string{"claude-desktop", "cursor", "vscode", "none"}
	case "permission", "permissions":
		return []string{"provider:read", "provider:*:x", "*:*:*"}
	case "role_id":
		return []string{"admin", "viewer", "mine"}
	case "provider_id", "provider", "member_id":
		return []string{"good", "sandbox", "nobody"}
	case "group_id", "group":
		return []string{"pair", "nobody"}
	case "tool_name", "tool":
		return []string{"echo", "add", "none"}
	case "from", "to", "expires_at":
		return []string{"2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "yesterday"}
	case "source_type":
		return []string{"filesystem", "docker", "kubernetes", "entrypoint"}
	case "timeout_ms":
		return []string{"1", "1000"}
	case "level":
		return []string{"debug", "info", "warning"}
	case "config_path":
		return []string{"none.yaml"}
	}
	return nil
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// text makes a text for a field.
func (g *generator) text(name string, s object) string {
	if g.mode == wrong && g.IntN(3) == 0 {
		return pick(g, hostile())
	}
	if list, ok := s["enum"].([]any); ok {
		text, _ := pick(g, list).(string)
		return text
	}
	low, high := number(s["minLength"], 0), number(s["maxLength"], 40)
	if g.mode == extreme && g.IntN(2) == 0 {
		return strings.Repeat("b", int(pick(g, []float64{low, high, high + 1, max(low-1, 0)})))
	}
	if pooled := slices.Concat(g.pool[name], known(name)); len(pooled) > 0 && g.IntN(4) > 0 {
		return pick(g, pooled)
	}
	if s["format"] == "date-time" {
		return "2026-11-25T12:00:00Z"
	}
	n := int(max(low, min(high, 8)))
	return strings.Repeat("q", max(n-1, 0)) + string(rune('a'+g.IntN(26)))
}

func number(v any, otherwise float64) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case uint64:
		return float64(n)
	}
	return otherwise
}

// value makes something for a schema.
func (g *generator) value(name string, s object, depth int) any {
	s = g.d.follow(s)
	if variants, ok := s["oneOf"].([]any); ok {
		return g.value(name, pick(g, variants).(object), depth+1)
	}
	kind, _ := s["type"].(string)
	if kinds, ok := s["type"].([]any); ok {
		kind = kinds[0].(string)
		if g.IntN(6) == 0 {
			return nil
		}
	}
	if g.mode == wrong && g.IntN(8) == 0 {
		kind = pick(g, []string{"string", "integer", "boolean", "array", "object", "null", "number"})
	}
	switch kind {
	case "string":
		return g.text(name, s)
	case "integer", "number":
		return g.number(s, kind == "integer")
	case "boolean":
		return g.IntN(2) == 0
	case "null":
		return nil
	case "array":
		return g.array(name, s, depth)
	case "object":
		return g.object(name, s, depth)
	}
	return pick(g, []any{object{"message": "hi"}, object{"a": 1.0, "b": 2.0}, object{}, "text", 7.0, nil, []any{}, object{"deep": object{"er": []any{1.0, "x"}}}})
}

func (g *generator) number(s object, whole bool) any {
	low, high := number(s["minimum"], 0), number(s["maximum"], 1000)
	switch {
	case g.mode == wrong && g.IntN(2) == 0:
		return pick(g, []any{-1.0, low - 1, high + 1, 1.5, 1e300, json.Number("9223372036854775807"), json.Number("1e999"), json.Number("-9223372036854775809")})
	case g.mode == extreme:
		return pick(g, []any{low, high, low - 1, high + 1})
	}
	n := low + g.Float64()*(high-low)
	if whole {
		n = math.Floor(n)
	}
	return n
}

func (g *generator) array(name string, s object, depth int) any {
	items, _ := s["items"].(object)
	n := g.IntN(3)
	if g.mode == extreme && g.IntN(4) == 0 {
		n = 300
	}
	list := []any{}
	for range n {
		if depth < 6 {
			list = append(list, g.value(name, items, depth+1))
		}
	}
	return list
}

func (g *generator) object(name string, s object, depth int) any {
	made := object{}
	properties, _ := s["properties"].(object)
	required, _ := s["required"].([]any)
	for _, key := range sortedKeys(properties) {
		must := slices.Contains(required, any(key))
		if depth < 6 && (must && (g.mode != wrong || g.IntN(8) > 0) || !must && g.IntN(3) == 0) {
			made[key] = g.value(key, properties[key].(object), depth+1)
		}
	}
	if more, ok := s["additionalProperties"].(object); ok && properties == nil {
		for range g.IntN(3) {
			value := g.value(name, more, depth+1)
			if name == "env" || name == "headers" || name == "secrets" {
				value = canary
			}
			made[pick(g, []string{"TOKEN", "X-Key", "path", "a b", ""})] = value
		}
	}
	for _, key := range []string{"bearer_token", "api_key", "password", "client_secret", "token"} {
		if _, ok := made[key]; ok {
			made[key] = canary
		}
	}
	if g.mode == wrong && g.IntN(10) == 0 {
		made[pick(g, []string{"unheard_of", "__proto__", "ID", "\u0000"})] = 1.0
	}
	return made
}

// bytes makes the text of a body; wrong ones may be no JSON at all.
func (g *generator) bytes(body any) []byte {
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(`{"number": 1e999}`) // what encoding/json does not write
	}
	if g.mode != wrong || g.IntN(4) > 0 {
		return text
	}
	return pick(g, [][]byte{
		nil, []byte("{"), []byte("[]"), []byte("null"), []byte("\xff\xfe{}"), []byte("\ufeff{}"), text[:len(text)/2], append(text, '}'), []byte(`"text"`),
		[]byte(strings.Repeat("[", 20_000)), []byte(strings.Repeat(`{"a":`, 5_000)), []byte(`{"a":1,"a":2}`), []byte("a=b&c=d"), []byte("{\"description\":\"\xff\"}"),
	})
}

// target makes the path and the query.
func (g *generator) target(o operation) string {
	path, query := o.path, url.Values{}
	for _, p := range o.parameters {
		switch {
		case p.in == "path":
			text := g.text(p.name, g.d.follow(p.schema))
			if text == "" || text == "." || text == ".." { // another path
				text = "nobody"
			}
			path = strings.Replace(path, "{"+p.name+"}", url.PathEscape(text), 1)
		case p.in == "query" && (p.required || g.IntN(3) == 0):
			query.Add(p.name, g.parameter(p))
		}
	}
	if g.mode == wrong && g.IntN(10) == 0 {
		query.Add("unheard_of", "1")
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func (g *generator) parameter(p parameter) string {
	switch v := g.value(p.name, p.schema, 5).(type) {
	case string:
		return v
	case []any:
		var all []string
		for _, one := range v {
			text, _ := one.(string)
			all = append(all, text)
		}
		return strings.Join(all, ",")
	default:
		text, _ := json.Marshal(v) // a number that JSON does not have becomes an empty text, which is wrong too
		return string(text)
	}
}

// harvest keeps the texts of an answer for later requests.
func (g *generator) harvest(name string, v any) {
	switch v := v.(type) {
	case object:
		for _, key := range sortedKeys(v) {
			g.harvest(key, v[key])
		}
	case []any:
		for _, one := range v[:min(len(v), 3)] {
			g.harvest(name, one)
		}
	case string:
		if v == "" || len(v) > 200 || slices.Contains(g.pool[name], v) {
			return
		}
		if len(g.pool[name]) >= 20 {
			g.pool[name] = g.pool[name][10:]
		}
		g.pool[name] = append(g.pool[name], v)
		if name == "key_id" || name == "principal_id" {
			g.pool["id"] = append(g.pool["id"], v)
		}
	}
}

func sortedKeys(m object) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
