package config

import (
	"cmp"
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Key is one setting that a flag or a variable can give as well as the file.
type Key struct {
	Name    string // in the file: limits.call_timeout_s
	Flag    string // call-timeout-s
	Env     string // HANGAR_CALL_TIMEOUT_S
	Usage   string
	Default string
	Bool    bool // the flag needs no value
	Live    bool // a reload brings it into effect
	field   []int
}

// Keys lists them in the order of Config; the command line makes its flags of them. Unless its tag says otherwise, the
// flag of a section's key carries the section's name: websocket.listen is --websocket-listen and HANGAR_WEBSOCKET_LISTEN.
func Keys() []Key { return keysOf(reflect.TypeFor[Config](), "", nil) }

func keysOf(t reflect.Type, section string, at []int) []Key {
	var keys []Key
	for _, f := range fields(t) {
		name, index := join(section, yamlName(f)), append(slices.Clone(at), f.Index...)
		usage, ok := f.Tag.Lookup("usage")
		if !ok {
			if f.Type.Kind() == reflect.Struct {
				keys = append(keys, keysOf(f.Type, name, index)...)
			}
			continue
		}
		flag := cmp.Or(f.Tag.Get("flag"), strings.NewReplacer("_", "-", ".", "-").Replace(name))
		keys = append(keys, Key{
			Name:    name,
			Flag:    flag,
			Env:     "HANGAR_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_")),
			Usage:   usage,
			Default: f.Tag.Get("default"),
			Bool:    f.Type.Kind() == reflect.Bool,
			Live:    f.Tag.Get("reload") == "live",
			field:   index,
		})
	}
	return keys
}

// fields gives what a file may set: the exported fields.
func fields(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return !f.IsExported() })
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

// inline says that the keys of a field's struct stand beside those of the struct that has it.
func inline(f reflect.StructField) bool { return strings.HasSuffix(f.Tag.Get("yaml"), ",inline") }

// help is what a key is for, from whichever tag it has.
func help(f reflect.StructField) string { return cmp.Or(f.Tag.Get("usage"), f.Tag.Get("doc")) }

// set gives a key the value that a text stands for; lists are separated by commas.
func (c *Config) set(k Key, text string) error {
	v := reflect.ValueOf(c).Elem().FieldByIndex(k.field)
	if v.Kind() != reflect.Slice {
		return setText(v, text)
	}
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	v.Set(reflect.ValueOf(list))
	return nil
}

// setText gives a plain value what a text stands for.
func setText(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("must be a whole number, not %q", text)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n-n != 0 { // infinities and what is no number
			return fmt.Errorf("must be a number, not %q", text)
		}
		v.SetFloat(n)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("must be true or false, not %q", text)
		}
		v.SetBool(b)
	default:
		return fmt.Errorf("cannot be given as text (%s)", v.Kind())
	}
	return nil
}

func (c *Config) defaults() {
	for _, k := range Keys() {
		c.origins[k.Name] = "default"
		if k.Default != "" {
			_ = c.set(k, k.Default) // a test sets each default; a wrong one never ships
		}
	}
}

// override applies the environment, then the flags. An empty variable counts as absent: that is how one unsets it in
// a unit file or a compose file.
func (c *Config) override(src Source, found *finder) {
	c.overrideByGuide(src, found)
	for _, k := range Keys() {
		if text, ok := src.Env(k.Env); ok && text != "" {
			c.apply(k, text, "variable "+k.Env, found)
		}
		if text, ok := src.Flags[k.Flag]; ok {
			c.apply(k, text, "flag --"+k.Flag, found)
		}
	}
}

func (c *Config) apply(k Key, text, origin string, found *finder) {
	if err := c.set(k, text); err != nil {
		found.add(Problem{Where: origin, Message: err.Error()})
		return
	}
	c.origins[k.Name] = origin
}

// overrideByGuide applies the two variables of seed 002; our own names for the same settings win over them.
func (c *Config) overrideByGuide(src Source, found *finder) {
	for _, k := range Keys() {
		switch k.Name {
		case "websocket.enabled":
			if text, ok := src.Env("ENABLE_WEBSOCKET"); ok && text != "" {
				c.apply(k, text, "variable ENABLE_WEBSOCKET", found)
			}
		case "websocket.listen":
			if port, ok := src.Env("WEBSOCKET_PORT"); ok && port != "" {
				host, _, err := net.SplitHostPort(c.WebSocket.Listen)
				if err != nil { // the file's; check tells
					continue
				}
				c.apply(k, net.JoinHostPort(host, port), "variable WEBSOCKET_PORT", found)
			}
		}
	}
}
