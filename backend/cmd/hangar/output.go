package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/spf13/cobra"
)

// output adds -o; json reports whether that is what is wanted.
func output(cmd *cobra.Command) (json func() (bool, error)) {
	format := cmd.Flags().StringP("output", "o", "table", "table or json")
	return func() (bool, error) {
		switch *format {
		case "table", "json":
			return *format == "json", nil
		}
		return false, usage("--output must be table or json, not %q", *format)
	}
}

// writeJSON writes a value as people read it, or an answer as it came.
func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	if raw, ok := v.(json.RawMessage); ok {
		if json.Indent(&b, raw, "", "  ") != nil {
			b.Reset()
			b.Write(raw)
		}
		b.WriteByte('\n')
	} else {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeTable writes rows below a head, in columns.
func writeTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			row[i] = oneLine(cell)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	return t.Flush()
}

// oneLine keeps what comes from elsewhere from moving the cursor or the columns.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
