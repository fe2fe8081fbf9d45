package stream

import (
	"net/url"
	"strings"

	"hangar/backend/fault"
)

// The two vocabularies (decisions.md 11): in that of seed 001 a provider is an MCP server. Kinds that begin with Provider
// are renamed in it, and their provider_id too; all others are neutral and carry the id under both names.
const (
	providerWord  = "Provider"
	mcpServerWord = "McpServer"
)

// renamed says whether a kind has another name in the vocabulary of seed 001, which lists these three as they are.
func renamed(kind string) bool {
	switch kind {
	case "ProviderDiscovered", "ProviderRegistered", "ProviderDeregistered":
		return false
	}
	return strings.HasPrefix(kind, providerWord)
}

func inOtherWords(kind string) string {
	if !renamed(kind) {
		return kind
	}
	return mcpServerWord + strings.TrimPrefix(kind, providerWord)
}

// idNames are the names under which a frame carries the id of its provider.
func idNames(kind string, as form) []string {
	switch {
	case !renamed(kind):
		return []string{"provider_id", "mcp_server_id"}
	case as == mcpServerForm:
		return []string{"mcp_server_id"}
	default:
		return []string{"provider_id"}
	}
}

// vocabulary is the one that a connection has chosen.
type vocabulary struct {
	form  form
	fixed bool // by the URL
}

// queryVocabulary reads ?vocabulary=; without it a filter in the URL says it by its words.
func queryVocabulary(q url.Values, f filter) (v vocabulary, err error) {
	if !q.Has("vocabulary") {
		return v.after(f, nil, nil), nil
	}
	switch word := q.Get("vocabulary"); word {
	case "provider":
		return vocabulary{providerForm, true}, nil
	case "mcp_server":
		return vocabulary{mcpServerForm, true}, nil
	default:
		return v, fault.Field("query.vocabulary", "must be provider or mcp_server, not %q", word)
	}
}

// after is the vocabulary once a filter came in these words; words that both know change nothing.
func (v vocabulary) after(f filter, providerIDs, mcpServerIDs []string) vocabulary {
	begins := func(word string, except func(string) bool) bool {
		for _, kind := range f.kinds {
			if strings.HasPrefix(kind, word) && !except(kind) {
				return true
			}
		}
		return false
	}
	switch {
	case v.fixed:
	case len(mcpServerIDs) > 0, mcpServerIDs != nil && providerIDs == nil, begins(mcpServerWord, func(string) bool { return false }):
		v.form = mcpServerForm
	case len(providerIDs) > 0, begins(providerWord, func(kind string) bool { return !renamed(kind) }):
		v.form = providerForm
	}
	return v
}
