package config

import (
	"reflect"
	"slices"
	"strings"
)

// hint names the key that was probably meant: one that is spelt alike, one of that name in a section, or else all there are.
func hint(key string, t reflect.Type) string {
	known := names(t)
	best, least := "", max(2, len(key)/3)+1
	for _, k := range known {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best == "" || least > 0 {
		if inside := section(key, t); inside != "" {
			best = inside
		}
	}
	if best != "" {
		return "; did you mean " + best + "?"
	}
	slices.Sort(known)
	return "; known are " + strings.Join(known, " ")
}

// section looks for a key one level down, under its name or as section and name in one word (log_level).
func section(key string, t reflect.Type) string {
	for _, f := range fields(t) {
		if f.Type.Kind() != reflect.Struct || inline(f) {
			continue
		}
		for _, k := range fields(f.Type) {
			flag := strings.ReplaceAll(k.Tag.Get("flag"), "-", "_")
			if name := yamlName(k); name == key && len(name) > 3 || flag == key {
				return yamlName(f) + "." + name
			}
		}
	}
	return ""
}

func names(t reflect.Type) []string {
	var list []string
	for _, f := range fields(t) {
		if inline(f) {
			list = append(list, names(f.Type)...)
			continue
		}
		list = append(list, yamlName(f))
	}
	return list
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// distance is Levenshtein's: how many letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
