package catalog

import "hangar/backend/provider"

// The events of this noun. They name entries and providers; what a deploy was told stays out of them.

type base struct {
	EntryID string `json:"entry_id"`
}

// Stream is the catalog's.
func (base) Stream() string { return stream }

const stream = "catalog"

// Added: a person made or imported an entry.
type Added struct {
	base
	Name string `json:"name"`
}

// Updated: an import replaced an entry.
type Updated struct {
	base
	Name string `json:"name"`
}

// Deleted: a person removed an entry.
type Deleted struct {
	base
	Name string `json:"name"`
}

// Deployed: a provider was made of an entry.
type Deployed struct {
	base
	Name       string      `json:"name"`
	ProviderID provider.ID `json:"provider_id"`
}

// Mirrored: a refresh of the mirror is complete.
type Mirrored struct {
	Registry string `json:"registry"`
	Full     bool   `json:"full"` // everything was fetched, not only what had changed
	Kept     int    `json:"kept"` // entries that were fetched
	Removed  int    `json:"removed"`
	Total    int    `json:"total"`
}

// Stream is the catalog's.
func (Mirrored) Stream() string { return stream }

// The kinds.
const (
	KindAdded    = "CatalogEntryAdded"
	KindUpdated  = "CatalogEntryUpdated"
	KindDeleted  = "CatalogEntryDeleted"
	KindDeployed = "CatalogEntryDeployed"
	KindMirrored = "CatalogMirrored"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{KindAdded, KindUpdated, KindDeleted, KindDeployed, KindMirrored}
}

// Kind is CatalogEntryAdded.
func (Added) Kind() string { return KindAdded }

// Kind is CatalogEntryUpdated.
func (Updated) Kind() string { return KindUpdated }

// Kind is CatalogEntryDeleted.
func (Deleted) Kind() string { return KindDeleted }

// Kind is CatalogEntryDeployed.
func (Deployed) Kind() string { return KindDeployed }

// Kind is CatalogMirrored.
func (Mirrored) Kind() string { return KindMirrored }
