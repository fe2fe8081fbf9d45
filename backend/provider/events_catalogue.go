package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// PromptsChanged: the stored catalogue of prompts is another one.
type PromptsChanged struct {
	base
	PromptsCount int      `json:"prompts_count"`
	Added        []string `json:"added"`
	Removed      []string `json:"removed"`
	Changed      []string `json:"changed"`
}

// ResourcesChanged: the stored catalogue of resources and resource templates is another one.
type ResourcesChanged struct {
	base
	ResourcesCount int      `json:"resources_count"`
	TemplatesCount int      `json:"templates_count"`
	Added          []string `json:"added"` // URIs and URI templates
	Removed        []string `json:"removed"`
	Changed        []string `json:"changed"`
}

// ToolDefinitionChanged: a tool of the same name is another one than before. What a model was told about it may not hold
// any more, and what a person approved neither: both versions are kept.
type ToolDefinitionChanged struct {
	base
	ToolName      string          `json:"tool_name"`
	OldDigest     string          `json:"old_digest"` // sha256 of the definition as the provider wrote it, in hex
	NewDigest     string          `json:"new_digest"`
	OldDefinition json.RawMessage `json:"old_definition,omitempty"` // absent beyond 64 KiB
	NewDefinition json.RawMessage `json:"new_definition,omitempty"`
}

// Kind is ProviderPromptsChanged.
func (PromptsChanged) Kind() string { return KindPromptsChanged }

// Kind is ProviderResourcesChanged.
func (ResourcesChanged) Kind() string { return KindResourcesChanged }

// Kind is ToolDefinitionChanged.
func (ToolDefinitionChanged) Kind() string { return KindToolDefinitionChanged }

// maxKeptDefinition bounds what an event carries of a tool.
const maxKeptDefinition = 64 << 10 // bytes

func definitionChanged(id ID, name string, before, after json.RawMessage) ToolDefinitionChanged {
	return ToolDefinitionChanged{
		base: base{id}, ToolName: name, OldDigest: Digest(before), NewDigest: Digest(after),
		OldDefinition: keepable(before), NewDefinition: keepable(after),
	}
}

// Digest names a definition: two that differ in a byte have different ones.
func Digest(definition json.RawMessage) string {
	sum := sha256.Sum256(definition)
	return hex.EncodeToString(sum[:])
}

func keepable(definition json.RawMessage) json.RawMessage {
	if len(definition) > maxKeptDefinition {
		return nil
	}
	return definition
}
