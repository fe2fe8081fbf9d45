package config

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Key is one setting that a flag or a variable can give as well as the file.
type Key struct {
	Name    string // in the file: base_path
	Flag    string // base-path
	Env     string // HANGAR_BASE_PATH
	Usage   string
	Default string
	Bool    bool // the flag needs no value
	field   []int
}

// Keys lists them in the order of Config; the command line makes its flags of them. A section's keys carry its name:
// websocket.listen is --websocket-listen and HANGAR_WEBSOCKET_LISTEN.
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
		keys = append(keys, Key{
			Name:    name,
			Flag:    strings.NewReplacer("_", "-", ".", "-").Replace(name),
			Env:     "HANGAR_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_")),
			Usage:   usage,
			Default: f.Tag.Get("default"),
			Bool:    f.Type.Kind() == reflect.Bool,
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

// set gives a key the value that a text stands for; lists are separated by commas.
func (c *Config) set(k Key, text string) error {
	v := reflect.ValueOf(c).Elem().FieldByIndex(k.field)
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("must be a whole number, not %q", text)
		}
		v.SetInt(int64(n))
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("must be true or false, not %q", text)
		}
		v.SetBool(b)
	case reflect.Slice:
		var list []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		v.Set(reflect.ValueOf(list))
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
