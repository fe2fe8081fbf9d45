package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Query asks for entries.
type Query struct {
	Search string   // words that all must stand in the name, the title, the description or a tag
	Tags   []string // all of them
	Source Source   // "" means any
	Limit  int      // 0 means all
	Offset int
}

// words are what a search looks for, in lower case.
func (q Query) words() []string { return strings.Fields(strings.ToLower(q.Search)) }

// takes reports whether an entry answers the query.
func (q Query) takes(e Entry) bool {
	if q.Source != "" && q.Source != e.Source {
		return false
	}
	for _, t := range q.Tags {
		if !slices.Contains(e.Tags, strings.ToLower(strings.TrimSpace(t))) {
			return false
		}
	}
	text := e.searched()
	for _, w := range q.words() {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// searched is all that a search looks at.
func (e Entry) searched() string {
	return strings.ToLower(strings.Join(append([]string{e.Name, e.Title, e.Description}, e.Tags...), "\n"))
}

// rank says how well an entry fits the words; less is better. A name counts more than a tag, a tag more than a title,
// and all of them more than a description.
func (e Entry) rank(words []string) int {
	full := strings.Join(words, " ")
	name, title := strings.ToLower(e.Name), strings.ToLower(e.Title)
	short := name[strings.LastIndexByte(name, '/')+1:]
	if name == full || short == full || title == full {
		return 0
	}
	sum := 0
	for _, w := range words {
		switch {
		case short == w:
			sum += 1
		case strings.HasPrefix(short, w):
			sum += 2
		case slices.Contains(e.Tags, w):
			sum += 3
		case strings.Contains(name, w):
			sum += 4
		case strings.Contains(title, w):
			sum += 5
		case slices.ContainsFunc(e.Tags, func(t string) bool { return strings.Contains(t, w) }):
			sum += 6
		default:
			sum += 8
		}
	}
	return sum
}

// sorted orders entries: by rank where something was searched for, what is built in before what others say, then by name.
func sorted(list []Entry, q Query) {
	words := q.words()
	weight := func(e Entry) int {
		if len(words) == 0 {
			return 0
		}
		return e.rank(words)
	}
	slices.SortStableFunc(list, func(a, b Entry) int {
		return cmp.Or(
			cmp.Compare(weight(a), weight(b)),
			cmp.Compare(a.standing(words), b.standing(words)),
			strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Variant, b.Variant), strings.Compare(a.ID, b.ID),
		)
	})
}

// standing puts what a registry says behind what somebody here or we ourselves said, among equals of a search.
func (e Entry) standing(words []string) int {
	if len(words) > 0 && e.Source == Registry {
		return 1
	}
	return 0
}

// page cuts a list.
func (q Query) page(list []Entry) []Entry {
	from := min(max(q.Offset, 0), len(list))
	to := len(list)
	if q.Limit > 0 {
		to = min(from+q.Limit, len(list))
	}
	return list[from:to]
}
