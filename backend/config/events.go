package config

import (
	"hangar/backend/group"
	"hangar/backend/provider"
)

// The events of configuration (reference/hangar.md 5.1). All are on the stream "system"; none holds a secret.

type base struct{}

// Stream is system.
func (base) Stream() string { return "system" }

// Changes names what a reload or a restore changed.
type Changes struct {
	ProvidersAdded     []provider.ID `json:"providers_added"`
	ProvidersRemoved   []provider.ID `json:"providers_removed"`
	ProvidersUpdated   []provider.ID `json:"providers_updated"`
	ProvidersUnchanged []provider.ID `json:"providers_unchanged"`
	GroupsAdded        []group.ID    `json:"groups_added"`
	GroupsRemoved      []group.ID    `json:"groups_removed"`
	GroupsUpdated      []group.ID    `json:"groups_updated"`
	NeedsRestart       []string      `json:"needs_restart"` // settings that wait for Hangar's next start
}

// Reloaded: the configuration is in effect, as a whole.
type Reloaded struct {
	base
	ConfigPath string `json:"config_path"`
	Changes
	DurationMS  int64  `json:"reload_duration_ms"`
	RequestedBy string `json:"requested_by"` // api, file_watcher, sighup, tool
}

// ReloadFailed: nothing was changed.
type ReloadFailed struct {
	base
	ConfigPath  string `json:"config_path"`
	Reason      string `json:"reason"` // with file, line and column
	ErrorType   string `json:"error_type"`
	RequestedBy string `json:"requested_by"`
}

// BackedUp: a backup was written.
type BackedUp struct {
	base
	BackupID string `json:"backup_id"`
	Label    string `json:"label"`
}

// Restored: the fleet is what it was when the backup was made.
type Restored struct {
	base
	BackupID string `json:"backup_id"`
	Changes
}

// The kinds.
const (
	KindReloaded     = "ConfigurationReloaded"
	KindReloadFailed = "ConfigurationReloadFailed"
	KindBackedUp     = "ConfigurationBackupCreated"
	KindRestored     = "ConfigurationRestored"
)

// Kinds lists the events of this room.
func Kinds() []string { return []string{KindReloaded, KindReloadFailed, KindBackedUp, KindRestored} }

// Kind is ConfigurationReloaded.
func (Reloaded) Kind() string { return KindReloaded }

// Kind is ConfigurationReloadFailed.
func (ReloadFailed) Kind() string { return KindReloadFailed }

// Kind is ConfigurationBackupCreated.
func (BackedUp) Kind() string { return KindBackedUp }

// Kind is ConfigurationRestored.
func (Restored) Kind() string { return KindRestored }

// Changes lists what a plan changes.
func (p Plan) Changes() Changes {
	c := Changes{
		ProvidersAdded: p.Providers.Added, ProvidersUnchanged: p.Providers.Unchanged, ProvidersRemoved: []provider.ID{}, ProvidersUpdated: []provider.ID{},
		GroupsAdded: p.Groups.Added, GroupsRemoved: p.Groups.Removed, GroupsUpdated: []group.ID{}, NeedsRestart: p.NeedsRestart(),
	}
	for _, a := range p.Providers.Removed {
		c.ProvidersRemoved = append(c.ProvidersRemoved, a.ID)
	}
	for _, a := range p.Providers.Updated {
		c.ProvidersUpdated = append(c.ProvidersUpdated, a.ID)
	}
	for _, g := range p.Groups.Updated {
		c.GroupsUpdated = append(c.GroupsUpdated, g.ID)
	}
	return c
}
