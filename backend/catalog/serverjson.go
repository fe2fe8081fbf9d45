package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"

	"hangar/backend/fault"
)

// The format of the official registry, schema 2025-12-11 (https://static.modelcontextprotocol.io/schemas/2025-12-11/
// server.schema.json); the versions since September 2025 read the same. Fields that nothing here needs are not listed.

// Server is a server.json.
type Server struct {
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Version     string      `json:"version"`
	WebsiteURL  string      `json:"websiteUrl"`
	Repository  *repository `json:"repository"`
	Packages    []pkg       `json:"packages"`
	Remotes     []transport `json:"remotes"`
}

type repository struct {
	URL string `json:"url"`
}

type pkg struct {
	RegistryType    string      `json:"registryType"`
	RegistryBaseURL string      `json:"registryBaseUrl"`
	Identifier      string      `json:"identifier"`
	Version         string      `json:"version"`
	RuntimeHint     string      `json:"runtimeHint"`
	Transport       transport   `json:"transport"`
	Runtime         []argument  `json:"runtimeArguments"`
	Arguments       []argument  `json:"packageArguments"`
	Environment     []namedText `json:"environmentVariables"`
}

type transport struct {
	Type      string           `json:"type"`
	URL       string           `json:"url"`
	Headers   []namedText      `json:"headers"`
	Variables map[string]input `json:"variables"`
}

type input struct {
	Description string   `json:"description"`
	IsRequired  bool     `json:"isRequired"`
	IsSecret    bool     `json:"isSecret"`
	Format      string   `json:"format"`
	Default     string   `json:"default"`
	Placeholder string   `json:"placeholder"`
	Choices     []string `json:"choices"`
	Value       string   `json:"value"`
}

type inputWithVariables struct {
	input
	Variables map[string]input `json:"variables"`
}

type argument struct {
	inputWithVariables
	Type       string `json:"type"` // positional, named
	Name       string `json:"name"`
	ValueHint  string `json:"valueHint"`
	IsRepeated bool   `json:"isRepeated"`
}

// namedText is a variable of the environment, or a header.
type namedText struct {
	inputWithVariables
	Name string `json:"name"`
}

// MaxDocument bounds an import, in bytes; maxServers bounds how many servers it may hold.
const MaxDocument, maxServers = 1 << 20, 200

// Listed is a server as a registry lists it.
type Listed struct {
	Server Server `json:"server"`
	Meta   struct {
		Official struct {
			Status   string `json:"status"`
			IsLatest *bool  `json:"isLatest"`
		} `json:"io.modelcontextprotocol.registry/official"`
	} `json:"_meta"`
}

// parseServers reads a server.json, the answer of a registry about one server, or a list of such answers.
func parseServers(document []byte) ([]Server, error) {
	if len(document) > MaxDocument {
		return nil, fault.New(fault.TooLarge, "the document has %d bytes; at most %d", len(document), MaxDocument)
	}
	document = bytes.TrimPrefix(document, []byte("\ufeff"))
	var probe struct {
		Server  json.RawMessage `json:"server"`
		Servers []Listed        `json:"servers"`
		Name    string          `json:"name"`
		Old     json.RawMessage `json:"version_detail"`
	}
	if err := json.Unmarshal(document, &probe); err != nil {
		return nil, fault.New(fault.Malformed, "this is no server.json: %s", err)
	}
	switch {
	case len(probe.Old) > 0:
		return nil, fault.New(fault.Invalid, "this is a server.json of the draft from July 2025; its fields are written in camelCase since September 2025 (registryType, environmentVariables)")
	case len(probe.Servers) > maxServers:
		return nil, fault.Field("servers", "at most %d servers at once", maxServers)
	case len(probe.Servers) > 0:
		list := make([]Server, len(probe.Servers))
		for i, l := range probe.Servers {
			list[i] = l.Server
		}
		return list, nil
	case len(probe.Server) > 0:
		document = probe.Server
	case probe.Name == "":
		return nil, fault.Field("name", "this is no server.json: it has neither a name nor servers")
	}
	var one Server
	if err := json.Unmarshal(document, &one); err != nil {
		return nil, fault.New(fault.Malformed, "this is no server.json: %s", err)
	}
	return []Server{one}, nil
}

// ReadPage turns an answer of a registry to GET /v0.1/servers into entries, and tells where the next one begins.
func ReadPage(document []byte) (p Page, servers int, next string, err error) {
	var answer struct {
		Servers  []json.RawMessage `json:"servers"`
		Metadata struct {
			NextCursor string `json:"nextCursor"`
			Next       string `json:"next_cursor"` // as the registry wrote it before October 2025
		} `json:"metadata"`
	}
	if err := json.Unmarshal(document, &answer); err != nil {
		return p, 0, "", fmt.Errorf("the registry's answer is not what it should be: %w", err)
	}
	for _, raw := range answer.Servers {
		var l Listed
		broken := json.Unmarshal(raw, &l) != nil // one that is broken is no reason to lose the others
		if l.Meta.Official.IsLatest != nil && !*l.Meta.Official.IsLatest {
			continue
		}
		made, _ := l.Server.entries()
		if broken || len(made) == 0 || l.Meta.Official.Status == "deleted" {
			p.Gone = append(p.Gone, l.Server.Name)
			continue
		}
		p.Entries = append(p.Entries, made...)
	}
	if next = answer.Metadata.NextCursor; next == "" {
		next = answer.Metadata.Next
	}
	return p, len(answer.Servers), next, nil
}
