package store

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// nowhere stands for a text that PostgreSQL cannot hold, so that looking for one finds nothing, as it does in SQLite: it is
// a code point that no text of ours has.
const nowhere = "\U0010FFFF"

// arguments makes of the values of a query what the database takes. Booleans are numbers, as the columns are, which
// PostgreSQL would not convert by itself.
func arguments(server bool, query string, args []any) []any {
	copied := false
	put := func(i int, v any) {
		if !copied {
			args, copied = slices.Clone(args), true // it is the caller's
		}
		args[i] = v
	}
	reads := server && strings.HasPrefix(strings.TrimLeft(query, " \n\t"), "SELECT")
	for i, a := range args {
		switch v := a.(type) {
		case bool:
			n := 0
			if v {
				n = 1
			}
			put(i, n)
		case string:
			if reads && !storable(v) {
				put(i, nowhere)
			}
		}
	}
	return args
}

// storable reports whether PostgreSQL can hold a text.
func storable(s string) bool { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }
