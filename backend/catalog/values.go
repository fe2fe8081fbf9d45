package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hangar/backend/fault"
)

// maxValue and maxMany bound what a deploy may say.
const maxValue, maxMany = 32_768, 50

// answers turns what a deploy said into values. Its error names every variable that is missing, unknown or wrong, and
// never repeats a value.
func (r Recipe) answers(variables, secrets map[string]json.RawMessage) (values, error) {
	out, wrong := values{}, []fault.FieldError{}
	say := func(group, name, format string, args ...any) {
		wrong = append(wrong, fault.FieldError{Field: group + "." + name, Message: fmt.Sprintf(format, args...)})
	}
	for group, given := range map[string]map[string]json.RawMessage{"variables": variables, "secrets": secrets} {
		for _, name := range slices.Sorted(maps.Keys(given)) {
			v, known := r.variable(name)
			switch {
			case !known:
				say(group, name, "there is no such variable%s", r.known(group == "secrets"))
			case v.Secret && group == "variables":
				say(group, name, "is a secret; give it in secrets")
			case !v.Secret && group == "secrets":
				say(group, name, "is no secret; give it in variables")
			default:
				list, why := v.read(given[name])
				if why != "" {
					say(group, name, "%s", why)
				}
				if len(list) > 0 {
					out[name] = list
				}
			}
		}
	}
	for _, v := range r.Variables {
		if len(out[v.Name]) > 0 {
			continue
		}
		if v.Default != "" {
			out[v.Name] = []string{v.Default}
			continue
		}
		group := map[bool]string{true: "secrets", false: "variables"}[v.Secret]
		if v.Required && !slices.ContainsFunc(wrong, func(w fault.FieldError) bool { return w.Field == group+"."+v.Name }) {
			say(group, v.Name, "%s", strings.TrimSuffix("is needed: "+v.Description, ": "))
		}
	}
	return out, refusal(wrong)
}

func refusal(wrong []fault.FieldError) error {
	if len(wrong) == 0 {
		return nil
	}
	slices.SortFunc(wrong, func(a, b fault.FieldError) int { return strings.Compare(a.Field, b.Field) })
	said := make([]string, len(wrong))
	for i, w := range wrong {
		said[i] = w.Field + ": " + w.Message
	}
	return fault.New(fault.Invalid, "%s", strings.Join(said, "; ")).With("errors", wrong)
}

func (r Recipe) known(secret bool) string {
	var names []string
	for _, v := range r.Variables {
		if v.Secret == secret {
			names = append(names, v.Name)
		}
	}
	if len(names) == 0 {
		return "; none is asked for"
	}
	return "; known are " + strings.Join(names, ", ")
}

// read takes a JSON value: a text, number or boolean, or a list of those where many are taken. An empty text and null
// are no value, as forms send them.
func (v Variable) read(raw json.RawMessage) (list []string, why string) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		items = []json.RawMessage{raw}
	} else if !v.Many {
		return nil, "takes one value, not a list"
	}
	if len(items) > maxMany {
		return nil, fmt.Sprintf("at most %d values", maxMany)
	}
	for _, item := range items {
		var text string
		switch c := append(item, 0)[0]; {
		case string(item) == "null":
		case c == '"':
			if json.Unmarshal(item, &text) != nil {
				return nil, "must be text"
			}
		case c == '{', c == '[':
			return nil, "must be a text, a number or a boolean"
		default:
			text = string(item)
		}
		if text == "" {
			continue
		}
		if why := v.refuses(text); why != "" {
			return nil, why
		}
		list = append(list, text)
	}
	return list, ""
}

var integerPattern = regexp.MustCompile(`^-?[0-9]{1,18}$`)

// refuses says what is wrong with a value, without repeating it; "" when nothing is.
func (v Variable) refuses(text string) string {
	switch {
	case len(text) > maxValue:
		return fmt.Sprintf("at most %d bytes", maxValue)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }):
		return "must be text without control characters"
	case len(v.Choices) > 0 && !slices.Contains(v.Choices, text):
		return "must be one of " + strings.Join(v.Choices, ", ")
	}
	switch v.kind() {
	case Integer:
		if !integerPattern.MatchString(text) {
			return "must be a whole number"
		}
	case Number:
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return "must be a number"
		}
	case Boolean:
		if text != "true" && text != "false" {
			return "must be true or false"
		}
	case Path:
		if !path.IsAbs(text) {
			return "must be an absolute path"
		}
	}
	return ""
}

// Form is the JSON Schema of what a deploy is asked for; a form can be made from it. Secrets are writeOnly.
func (r Recipe) Form() map[string]any {
	properties, required := map[string]any{}, []string{}
	for i, v := range r.Variables {
		properties[v.Name] = v.schema(i)
		if v.asked() {
			required = append(required, v.Name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func (v Variable) schema(order int) map[string]any {
	one := map[string]any{"type": v.kind()}
	if v.kind() == Path {
		one["type"], one["format"] = String, "path"
	}
	if len(v.Choices) > 0 {
		one["enum"] = v.Choices
	}
	if v.Many {
		one = map[string]any{"type": "array", "items": one, "maxItems": maxMany}
	}
	if v.Secret {
		one["format"], one["writeOnly"] = "password", true
	}
	for key, text := range map[string]string{"description": v.Description, "title": strings.ReplaceAll(v.Name, "_", " ")} {
		if text != "" {
			one[key] = text
		}
	}
	if v.Default != "" {
		one["default"] = v.typed(v.Default)
	}
	if v.Example != "" {
		one["examples"] = []any{v.typed(v.Example)}
	}
	one["x-order"] = order
	return one
}

// typed is a text as the JSON value that the schema's type wants; one that is none stays text.
func (v Variable) typed(text string) any {
	var value any
	switch v.kind() {
	case Integer, Number, Boolean:
		if json.Unmarshal([]byte(text), &value) != nil {
			return text
		}
	default:
		value = text
	}
	if v.Many {
		return []any{value}
	}
	return value
}
