package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// row is one figure beside its floor; index i of both is round i.
type row struct {
	name     string
	unit     string
	measured []float64
	floor    []float64
	goal     goal
}

// goal is what a figure should reach; the zero goal is none.
type goal struct {
	limit   float64
	ratio   bool // of the ratio to the floor, not of the figure itself
	atLeast bool
}

func atMost(v float64) goal      { return goal{limit: v} }
func atLeast(v float64) goal     { return goal{limit: v, atLeast: true} }
func ratioAtMost(v float64) goal { return goal{limit: v, ratio: true} }

// section is a group of rows under one question; floor says what they stand beside.
type section struct {
	title, floor string
	rows         []row
}

// measure adds a figure that has no floor.
func (r *row) measure(v float64) { r.measured = append(r.measured, v) }

func (r row) ratio() spread { return spreadOf(ratios(r.measured, r.floor)) }

func (r row) cells() []string {
	ratio := "–" // to nothing
	if len(ratios(r.measured, r.floor)) > 0 {
		ratio = r.ratio().String()
	}
	floor := "–"
	if len(r.floor) > 0 {
		floor = spreadOf(r.floor).String()
	}
	return []string{r.name + ", " + r.unit, spreadOf(r.measured).String(), floor, ratio, r.goalText(), r.verdict()}
}

func (r row) goalText() string {
	if r.goal == (goal{}) {
		return ""
	}
	sign, unit := "≤ ", " "+r.unit
	if r.goal.atLeast {
		sign = "≥ "
	}
	if r.goal.ratio {
		unit = "x"
	}
	return sign + number(r.goal.limit) + unit
}

func (r row) verdict() string {
	if r.goal == (goal{}) {
		return ""
	}
	v := spreadOf(r.measured).median
	if r.goal.ratio {
		v = r.ratio().median
	}
	if v == r.goal.limit || (v > r.goal.limit) == r.goal.atLeast {
		return "met"
	}
	return "MISSED"
}

func heads() []string { return []string{"", "measured", "floor", "ratio", "goal", ""} }

// print writes a section for a terminal.
func (s section) print(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\n%s\nfloor: %s\n", s.title, s.floor); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(heads(), "\t"))
	for _, r := range s.rows {
		fmt.Fprintln(t, strings.Join(r.cells(), "\t"))
	}
	return t.Flush() // tells of the writes before it too
}

// markdown writes a section for docs/benchmarks.md.
func (s section) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\nFloor: %s.\n\n", s.title, s.floor)
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(heads())
	b.WriteString("|---|---|---|---|---|---|\n")
	for _, r := range s.rows {
		cells := r.cells()
		if cells[5] == "MISSED" {
			cells[5] = "**missed**"
		}
		line(cells)
	}
}
