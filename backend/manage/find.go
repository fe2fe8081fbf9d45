package manage

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"unicode"

	"hangar/backend/mcp"
	"hangar/backend/provider"
)

// What a word is worth by where it stands.
const (
	inName, inParameter, inDescription = 4.0, 2.0, 1.0
	saturation                         = 1.2 // a word that stands there often is not worth much more
	part                               = 0.4 // of a word that only begins so
)

// found is a tool that a query may mean.
type found struct {
	Provider    string  `json:"provider"`
	Tool        string  `json:"tool"`
	Description string  `json:"description,omitempty"`
	Score       float64 `json:"score"`
}

const maxShown = 300 // bytes of a description

func findTools(ctx context.Context, t *Tools, c call) answer {
	all, err := t.offers(ctx)
	if err != nil {
		return ofError(err)
	}
	best := rank(all, c.args.text("query"))
	return say(map[string]any{"tools": best[:min(len(best), c.args.number("limit"))], "matching": len(best), "of": len(all)})
}

// rank orders the tools that have any of a query's words, the best first. The order is the same every time.
func rank(all []provider.Offer, query string) []found {
	docs := make([]map[string]float64, len(all))
	for i, o := range all {
		docs[i] = weigh(o)
	}
	out := []found{}
	terms := slices.Compact(slices.Sorted(slices.Values(words(query))))
	rarity := make([]float64, len(terms))
	for k, term := range terms {
		n := 0
		for _, d := range docs {
			if worth(d, term) > 0 {
				n++
			}
		}
		rarity[k] = math.Log(1 + (float64(len(docs))-float64(n)+0.5)/(float64(n)+0.5))
	}
	for i, o := range all {
		score := 0.0
		for k, term := range terms {
			w := worth(docs[i], term)
			score += rarity[k] * w / (w + saturation)
		}
		if score > 0 {
			text, _ := mcp.GetString(o.Raw, "description")
			if len(text) > maxShown {
				text = strings.ToValidUTF8(text[:maxShown], "") + "…"
			}
			out = append(out, found{string(o.Provider), o.Name, text, math.Round(score*1000) / 1000})
		}
	}
	slices.SortStableFunc(out, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Tool, b.Tool))
	})
	return out
}

// weigh is what a tool's words are worth.
func weigh(o provider.Offer) map[string]float64 {
	d := map[string]float64{}
	add := func(text string, worth float64) {
		for _, w := range words(text) {
			d[w] += worth
		}
	}
	add(o.Name, inName)
	add(string(o.Provider), inParameter)
	for _, field := range []string{"title", "description"} {
		text, _ := mcp.GetString(o.Raw, field)
		add(text, inDescription)
	}
	properties, _ := mcp.Get(o.Raw, "inputSchema", "properties")
	_ = mcp.Each(properties, func(name string, schema json.RawMessage) error { // no object: no parameters
		add(name, inParameter)
		text, _ := mcp.GetString(schema, "description")
		add(text, inDescription)
		return nil
	})
	return d
}

// worth is what a query's word is worth in a tool: whole, or as the beginning of longer ones.
func worth(d map[string]float64, term string) float64 {
	w := d[term]
	if len(term) < 3 {
		return w
	}
	most := 0.0
	for word, worth := range d {
		if word != term && (strings.HasPrefix(word, term) || len(word) > 3 && strings.HasPrefix(term, word)) {
			most = max(most, worth)
		}
	}
	return w + part*most
}

// words are those of a text, in lower case; add_two and addTwo are both two words.
func words(text string) (all []string) {
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			all = append(all, strings.ToLower(b.String()))
			b.Reset()
		}
	}
	lower := false
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			flush()
		}
		lower = unicode.IsLower(r)
		b.WriteRune(r)
	}
	flush()
	return all
}
