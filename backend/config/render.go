package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Secret gives what stands for a secret in a text, in the notation of the file.
type Secret func(key, value string) string

// render writes a struct as YAML that reads back as the same: what is at its default is left out, maps are in order.
// leaveOut, when not nil, says which keys are not written.
func render(v any, secret Secret, leaveOut func(key string) bool) string {
	w := &yamlWriter{secret: secret, leaveOut: leaveOut}
	w.object(reflect.Indirect(reflect.ValueOf(v)), "", 0)
	return w.b.String()
}

type yamlWriter struct {
	b        strings.Builder
	secret   Secret
	leaveOut func(key string) bool
}

func (w *yamlWriter) line(indent int, format string, args ...any) {
	w.b.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteByte('\n')
}

// inside is the text of a struct; "" when it says nothing.
func (w *yamlWriter) inside(v reflect.Value, at string, indent int) string {
	part := &yamlWriter{secret: w.secret, leaveOut: w.leaveOut}
	part.object(v, at, indent)
	return part.b.String()
}

// object writes the fields of a struct that say something.
func (w *yamlWriter) object(v reflect.Value, at string, indent int) {
	for _, f := range fields(v.Type()) {
		value := v.FieldByIndex(f.Index)
		if inline(f) {
			if !value.IsZero() {
				w.object(value, at, indent)
			}
			continue
		}
		name := yamlName(f)
		key := join(at, name)
		if name == "" || atDefault(f, value) || w.leaveOut != nil && w.leaveOut(key) {
			continue
		}
		w.field(name, key, value, f.Tag.Get("secret") == "true", false, indent)
	}
}

// atDefault reports whether leaving a key out says the same.
func atDefault(f reflect.StructField, v reflect.Value) bool {
	def, given := f.Tag.Lookup("default")
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
		return true
	case v.Kind() == reflect.Pointer && v.Elem().Kind() != reflect.Struct:
		return given && fmt.Sprint(v.Elem().Interface()) == def
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Map:
		return v.Len() == 0
	case given:
		return fmt.Sprint(v.Interface()) == def
	default:
		return v.IsZero()
	}
}

// field writes one key and what it holds.
func (w *yamlWriter) field(name, key string, v reflect.Value, secret, entry bool, indent int) {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct: // an empty one says nothing, unless that it is there says it: as an entry of a map
		if text := w.inside(v, key, indent+1); text != "" {
			w.line(indent, "%s:", quoted(name))
			w.b.WriteString(text)
		} else if entry {
			w.line(indent, "%s: {}", quoted(name))
		}
	case reflect.Map:
		w.line(indent, "%s:", quoted(name))
		for _, k := range sortedKeys(v) {
			w.field(k.String(), join(key, k.String()), v.MapIndex(k), secret, true, indent+1)
		}
	case reflect.Slice:
		w.list(name, key, v, secret, indent)
	default:
		w.line(indent, "%s: %s", quoted(name), w.scalar(key, v, secret))
	}
}

func (w *yamlWriter) list(name, key string, v reflect.Value, secret bool, indent int) {
	if v.Type().Elem().Kind() == reflect.Struct {
		w.line(indent, "%s:", quoted(name))
		for i := range v.Len() {
			text := w.inside(v.Index(i), fmt.Sprintf("%s[%d]", key, i), indent+2)
			if text == "" {
				text = "{}\n"
			}
			w.b.WriteString(strings.Repeat("  ", indent+1) + "- " + strings.TrimPrefix(text, strings.Repeat("  ", indent+2)))
		}
		return
	}
	items := make([]string, v.Len())
	for i := range items {
		items[i] = w.scalar(fmt.Sprintf("%s[%d]", key, i), v.Index(i), secret)
	}
	w.line(indent, "%s: [%s]", quoted(name), strings.Join(items, ", "))
}

func (w *yamlWriter) scalar(key string, v reflect.Value, secret bool) string {
	if v.Kind() != reflect.String {
		return fmt.Sprint(v.Interface())
	}
	text := v.String()
	if secret && text != "" {
		return quoted(w.secret(key, text))
	}
	return quoted(escaped(text))
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./@%+-]*$`)
	otherType = regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|~|\.inf|\.nan|[.]?[0-9_.e+-]*)$`)
)

// quoted is a text as a YAML scalar: as it is where nothing could mistake it, else as JSON quotes it, which YAML reads
// exactly.
func quoted(text string) string {
	if plainText.MatchString(text) && !otherType.MatchString(text) {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string and a buffer never fail
	return strings.TrimSuffix(b.String(), "\n")
}
