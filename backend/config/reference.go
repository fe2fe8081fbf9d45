package config

import (
	_ "embed" // the words around the tables
	"fmt"
	"reflect"
	"strings"
)

//go:embed reference.md
var referenceText string

// Reference is docs/configuration.md: the words of reference.md and, in the place of {{tables}}, every key there is.
func Reference() string {
	d := &tables{}
	d.settings()
	for _, f := range fields(reflect.TypeFor[Config]()) {
		if _, key := f.Tag.Lookup("usage"); !key {
			d.section(f, yamlName(f))
		}
	}
	return strings.Replace(referenceText, "{{tables}}\n", d.b.String(), 1)
}

type tables struct{ b strings.Builder }

// settings are the keys that flags and variables give too.
func (d *tables) settings() {
	d.b.WriteString("### Settings\n\n")
	d.b.WriteString("| Key | Flag | Environment | Default | | Reload |\n|---|---|---|---|---|---|\n")
	d.b.WriteString("| | `--config` | `" + configVariable + "` | the sample | the file | |\n")
	for _, k := range Keys() {
		reload := "restart"
		if k.Live {
			reload = "live"
		}
		d.row("`"+k.Name+"`", "`--"+k.Flag+"`", "`"+k.Env+"`", code(k.Default), k.Usage, reload)
	}
}

func (d *tables) row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	fmt.Fprintf(&d.b, "| %s |\n", strings.Join(cells, " | "))
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// section is a table of the keys below a field, and then those of what is below them; sections of nothing but settings
// stand in the first table already.
func (d *tables) section(f reflect.StructField, key string) {
	t, key := element(f.Type, key)
	if t.Kind() != reflect.Struct {
		return
	}
	if rows := d.rows(t, key); rows != "" {
		fmt.Fprintf(&d.b, "\n### `%s`\n\n%s.\n", key, sentence(help(f)))
		if alias := f.Tag.Get("alias"); alias != "" {
			fmt.Fprintf(&d.b, "`%s` is another name for `%s`.\n", alias, yamlName(f))
		}
		d.b.WriteString("\n| Key | Type | Default | |\n|---|---|---|---|\n" + rows)
	}
	for _, inner := range fields(t) {
		if _, key := inner.Tag.Lookup("usage"); key || inline(inner) {
			continue
		}
		d.section(inner, join(key, yamlName(inner)))
	}
}

func (d *tables) rows(t reflect.Type, section string) string {
	part := &tables{}
	for _, f := range fields(t) {
		if _, key := f.Tag.Lookup("usage"); key {
			continue
		}
		if inline(f) {
			part.row("...", "", "", "every key of `providers.<id>`")
			continue
		}
		text := help(f)
		if f.Tag.Get("secret") == "true" {
			text += "; **secret**"
		}
		part.row("`"+yamlName(f)+"`", typeName(f), code(f.Tag.Get("default")), text)
	}
	return part.b.String()
}

// element is what one entry of a map or list is, and how its key is written.
func element(t reflect.Type, key string) (reflect.Type, string) {
	for {
		switch t.Kind() {
		case reflect.Map:
			key += ".<id>"
		case reflect.Slice:
			key += "[]"
		case reflect.Pointer:
		default:
			return t, key
		}
		t = t.Elem()
	}
}

func typeName(f reflect.StructField) string {
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if enum := f.Tag.Get("enum"); enum != "" && t.Kind() == reflect.String {
		return "`" + strings.ReplaceAll(enum, ",", "` `") + "`"
	}
	switch t.Kind() {
	case reflect.Int:
		if low, high := f.Tag.Get("minimum"), f.Tag.Get("maximum"); low != "" && high != "" {
			return fmt.Sprintf("number, %s to %s", low, high)
		}
		return "number"
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list"
		}
		return "list of text"
	case reflect.Map:
		if t.Elem().Kind() == reflect.Struct {
			return "mapping"
		}
		return "mapping to text"
	case reflect.Struct:
		return "mapping"
	default:
		return "text"
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
