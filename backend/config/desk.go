package config

import (
	"time"

	"hangar/backend/group"
	"hangar/backend/provider"
)

// What may be asked of a running instance about its configuration, and the answers.

// Who asks for a reload.
const (
	ByAPI     = "api"
	ByWatcher = "file_watcher"
	BySignal  = "sighup"
	ByTool    = "tool"
)

// ReloadRequest asks for a reload.
type ReloadRequest struct {
	Path   string // a file in the directory of the configuration; "" is the one in use
	DryRun bool   // only the plan
	Hurry  bool   // calls in flight of what restarts or goes are cut
	By     string
}

// ReloadResult is what a reload did, or would do.
type ReloadResult struct {
	Success            bool          `json:"success"`
	ConfigPath         string        `json:"config_path"`
	DryRun             bool          `json:"dry_run"`
	ProvidersAdded     []provider.ID `json:"providers_added" nullable:"false"`
	ProvidersRemoved   []provider.ID `json:"providers_removed" nullable:"false"`
	ProvidersUpdated   []provider.ID `json:"providers_updated" nullable:"false"`
	ProvidersUnchanged []provider.ID `json:"providers_unchanged" nullable:"false"`
	NeedsRestart       []string      `json:"needs_restart" nullable:"false" doc:"Settings of the file that wait for Hangar's next start"`
	DurationMS         float64       `json:"duration_ms"`
	Plan               Plan          `json:"plan"`
}

// Result words a plan that was carried out, or would be.
func (p Plan) Result(path string, dryRun bool, took time.Duration) ReloadResult {
	c := p.Changes()
	return ReloadResult{
		Success: true, ConfigPath: path, DryRun: dryRun, ProvidersAdded: c.ProvidersAdded, ProvidersRemoved: c.ProvidersRemoved,
		ProvidersUpdated: c.ProvidersUpdated, ProvidersUnchanged: c.ProvidersUnchanged, NeedsRestart: c.NeedsRestart,
		DurationMS: float64(took.Microseconds()) / 1000, Plan: p,
	}
}

// What can be compared, beside backups by their ids.
const (
	InMemory = "memory" // what is in effect
	OnDisk   = "file"
)

// Current is the configuration in effect: settings, and every provider and group whoever owns it.
type Current struct {
	Config       *Config
	Owners       map[provider.ID]provider.Source
	GroupOwners  map[group.ID]provider.Source
	NeedsRestart []string
	LastReload   *LastReload // nil: there was none
}

// LastReload is how the last reload went.
type LastReload struct {
	At          time.Time `json:"at"`
	RequestedBy string    `json:"requested_by"`
	Success     bool      `json:"success"`
	Error       string    `json:"error" doc:"Why it changed nothing; empty when it succeeded"`
}

// BackupInfo is a backup in a list.
type BackupInfo struct {
	ID        string    `json:"backup_id"`
	Path      string    `json:"path"`
	Label     string    `json:"label"`
	CreatedAt time.Time `json:"created_at"`
	Version   string    `json:"version" doc:"Of the Hangar that wrote it"`
	Size      int64     `json:"size_bytes"`
	Providers int       `json:"providers"`
	Groups    int       `json:"groups"`
	Problem   string    `json:"problem" doc:"Why it cannot be restored; empty when it can"`
}

// RestoreRequest asks for the fleet of a backup.
type RestoreRequest struct {
	ID     string
	DryRun bool
	Hurry  bool
}
