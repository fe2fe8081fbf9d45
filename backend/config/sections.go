package config

import (
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/reference"
)

// Logging is what Hangar says on standard error.
type Logging struct {
	Level  string `yaml:"level" flag:"log-level" default:"info" enum:"debug,info,warn,error" reload:"live" usage:"debug, info, warn or error"`
	Format string `yaml:"format" flag:"log-format" default:"auto" enum:"auto,text,json" usage:"text, json, or auto: text on a terminal"`
}

// Check names the wrong field.
func (l Logging) Check() error {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return fault.Field("level", "must be debug, info, warn or error, not %q", l.Level)
	}
	if !slices.Contains([]string{"auto", "text", "json"}, l.Format) {
		return fault.Field("format", "must be auto, text or json, not %q", l.Format)
	}
	return nil
}

// Limits bound tool calls.
type Limits struct {
	CallTimeoutS        int `yaml:"call_timeout_s" flag:"call-timeout-s" default:"300" minimum:"1" maximum:"3600" reload:"live" usage:"seconds until a tool call without a deadline of its own is given up (1 to 3600)"`
	MaxConcurrency      int `yaml:"max_concurrency" flag:"max-concurrency" default:"256" minimum:"0" maximum:"100000" reload:"live" usage:"tool calls at once, in all; 0 is no limit"`
	ProviderConcurrency int `yaml:"provider_concurrency" flag:"provider-concurrency" default:"64" minimum:"0" maximum:"100000" reload:"live" usage:"tool calls at once of a provider whose definition says nothing; 0 is no limit"`
	QueueTimeoutS       int `yaml:"queue_timeout_s" flag:"queue-timeout-s" default:"30" minimum:"1" maximum:"3600" reload:"live" usage:"seconds that a call may wait for its place (1 to 3600)"`
}

// Check names the wrong field.
func (l Limits) Check() error {
	for _, f := range []struct {
		field string
		n     int
	}{{"call_timeout_s", l.CallTimeoutS}, {"queue_timeout_s", l.QueueTimeoutS}} {
		if f.n < 1 || f.n > 3600 {
			return fault.Field(f.field, "must be between 1 and 3600 seconds, not %d", f.n)
		}
	}
	for _, f := range []struct {
		field string
		n     int
	}{{"max_concurrency", l.MaxConcurrency}, {"provider_concurrency", l.ProviderConcurrency}} {
		if f.n < 0 || f.n > 100_000 {
			return fault.Field(f.field, "must be between 0 (no limit) and 100000 calls, not %d", f.n)
		}
	}
	return nil
}

// MCP is the MCP endpoint.
type MCP struct {
	Prefix       string `yaml:"prefix" default:"always" enum:"always,on_conflict,never" usage:"how /mcp names tools and prompts: always PROVIDER__NAME, on_conflict only where two providers have the name, never"`
	Management   bool   `yaml:"management_tools" default:"true" usage:"offer the tools that manage Hangar (hangar_list, hangar_start ...) on /mcp, to whoever may use them; false: only what finds and calls tools"`
	ResultBytes  int    `yaml:"result_bytes" default:"900000" minimum:"10000" maximum:"10485760" usage:"bytes that a tool of Hangar's answers at once; what is more is kept and fetched by hangar_fetch_continuation"`
	ResultKeepS  int    `yaml:"result_keep_s" default:"300" minimum:"1" maximum:"86400" usage:"seconds that such a result is kept"`
	ResultMemory int    `yaml:"result_memory_bytes" default:"67108864" minimum:"1048576" maximum:"4294967296" usage:"bytes of all that is kept; the oldest gives way"`
}

// Check names the wrong field.
func (m MCP) Check() error {
	if !slices.Contains([]string{"always", "on_conflict", "never"}, m.Prefix) {
		return fault.Field("prefix", "must be always, on_conflict or never, not %q", m.Prefix)
	}
	for _, f := range []struct {
		field        string
		n, low, high int
	}{
		{"result_bytes", m.ResultBytes, 10_000, 10 << 20}, {"result_keep_s", m.ResultKeepS, 1, 86_400},
		{"result_memory_bytes", m.ResultMemory, 1 << 20, 4 << 30},
	} {
		if f.n < f.low || f.n > f.high {
			return fault.Field(f.field, "must be between %d and %d, not %d", f.low, f.high, f.n)
		}
	}
	return nil
}

// Records is what is kept of what happened.
type Records struct {
	Calls     bool   `yaml:"calls" default:"true" usage:"keep a record of every tool call; without it calls are in no list, no history and no metric"`
	Arguments string `yaml:"arguments" default:"digest" enum:"none,digest,redacted,full" usage:"what a record keeps of a call's arguments: none, digest, redacted or full"`
	Strict    bool   `yaml:"strict" default:"false" usage:"answer a call only when its record is on the disk, and not at all when it cannot be written; a commit per call"`
}

// Check names the wrong field.
func (r Records) Check() error {
	if !slices.Contains([]string{"none", "digest", "redacted", "full"}, r.Arguments) {
		return fault.Field("arguments", "must be none, digest, redacted or full, not %q", r.Arguments)
	}
	return nil
}

// Alerts is where alerts begin.
type Alerts struct {
	ErrorPercent    int `yaml:"error_percent" default:"10" minimum:"0" maximum:"100" reload:"live" usage:"share of a provider's calls of the last five minutes that come to nothing; 0: no such alert"`
	SlowS           int `yaml:"slow_s" default:"10" minimum:"0" maximum:"3600" reload:"live" usage:"seconds that one in twenty of them may take; 0: no such alert"`
	Calls           int `yaml:"calls" default:"20" minimum:"1" maximum:"1000000" reload:"live" usage:"calls in five minutes below which these two say nothing"`
	ColdStartS      int `yaml:"cold_start_s" default:"10" minimum:"0" maximum:"3600" reload:"live" usage:"seconds that a start may take; 0: no such alert"`
	DiskFreePercent int `yaml:"disk_free_percent" default:"10" minimum:"0" maximum:"90" reload:"live" usage:"share of the disk of the data directory that should be free; 0: no such alert"`
}

// Check names the wrong field.
func (a Alerts) Check() error {
	for _, f := range []struct {
		field        string
		n, low, high int
	}{{"error_percent", a.ErrorPercent, 0, 100}, {"slow_s", a.SlowS, 0, 3600}, {"calls", a.Calls, 1, 1_000_000}, {"cold_start_s", a.ColdStartS, 0, 3600}, {"disk_free_percent", a.DiskFreePercent, 0, 90}} {
		if f.n < f.low || f.n > f.high {
			return fault.Field(f.field, "must be between %d and %d, not %d", f.low, f.high, f.n)
		}
	}
	return nil
}

// Storage is where state is kept, and how much of it.
type Storage struct {
	URL            string `yaml:"url" flag:"storage-url" secret:"true" usage:"PostgreSQL database, such as postgres://hangar:${file:/run/secrets/db}@db.example/hangar; empty: SQLite in the data directory"`
	OperationsKept int    `yaml:"operations_kept" flag:"operations-kept" default:"1000" minimum:"10" maximum:"100000" usage:"operations that are remembered; the oldest that have ended go first (10 to 100000)"`
	EventDays      int    `yaml:"event_days" default:"90" minimum:"0" maximum:"3650" reload:"live" usage:"days that events are kept; 0: for ever"`
	EventsKept     int    `yaml:"events_kept" default:"10000000" minimum:"0" maximum:"1000000000" reload:"live" usage:"events that are kept at most, the newest; 0: all"`
	CallDays       int    `yaml:"call_days" default:"90" minimum:"0" maximum:"3650" reload:"live" usage:"days that records of calls are kept; 0: for ever"`
	CallsKept      int    `yaml:"calls_kept" default:"10000000" minimum:"0" maximum:"1000000000" reload:"live" usage:"records of calls that are kept at most, the newest; 0: all"`
	SnapshotEvents int    `yaml:"snapshot_events" default:"100" minimum:"1" maximum:"1000000" reload:"live" usage:"events of a provider or group from one snapshot to the next; a stream with a snapshot can be compacted"`
	BackupsKept    int    `yaml:"backups_kept" flag:"backups-kept" default:"10" minimum:"1" maximum:"1000" reload:"live" usage:"backups of the configuration that are kept; the oldest go first (1 to 1000)"`
}

// Check names the wrong field.
func (s Storage) Check() error {
	if err := checkStorage(s.URL); err != nil {
		return fault.Field("url", "%s", err)
	}
	if s.OperationsKept < 10 || s.OperationsKept > 100_000 {
		return fault.Field("operations_kept", "must be between 10 and 100000, not %d", s.OperationsKept)
	}
	for _, f := range []struct {
		field        string
		n, low, high int
	}{
		{"event_days", s.EventDays, 0, 3650}, {"events_kept", s.EventsKept, 0, 1_000_000_000}, {"call_days", s.CallDays, 0, 3650},
		{"calls_kept", s.CallsKept, 0, 1_000_000_000}, {"snapshot_events", s.SnapshotEvents, 1, 1_000_000},
	} {
		if f.n < f.low || f.n > f.high {
			return fault.Field(f.field, "must be between %d and %d, not %d", f.low, f.high, f.n)
		}
	}
	if s.BackupsKept < 1 || s.BackupsKept > 1000 {
		return fault.Field("backups_kept", "must be between 1 and 1000, not %d", s.BackupsKept)
	}
	return nil
}

// checkStorage never repeats the text: it may hold a password.
func checkStorage(text string) error {
	if text == provider.Masked {
		return errors.New("is " + provider.Masked + ", which only stands for a value that was not shown")
	}
	if err := reference.Check(text); err != nil {
		return err
	}
	if text != "" && !reference.Plain(text) && !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return errors.New("must begin with postgres://, or be a reference such as ${env:DATABASE_URL}")
	}
	return nil
}

// WebSocket is the second listener, with the operations socket at its root (seed 002).
type WebSocket struct {
	Enabled bool   `yaml:"enabled" default:"true" usage:"serve the operations socket at the root of a listener of its own, too (also ENABLE_WEBSOCKET)"`
	Listen  string `yaml:"listen" default:"127.0.0.1:8765" usage:"address and port of that listener (also WEBSOCKET_PORT); port 0 is any that is free"`
}

// Catalog is where the catalog finds servers beside the built-in ones.
type Catalog struct {
	Registry string `yaml:"registry" usage:"address of an MCP registry whose servers the catalog mirrors, such as https://registry.modelcontextprotocol.io; empty: none"`
}

// Check names the wrong field.
func (c Catalog) Check() error {
	if c.Registry == "" {
		return nil
	}
	u, err := url.Parse(c.Registry)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fault.Field("registry", "must be an http or https address, such as https://registry.modelcontextprotocol.io, not %q", c.Registry)
	}
	return nil
}

// Reloading is when the file is read again.
type Reloading struct {
	Watch bool `yaml:"watch" flag:"watch-config" default:"true" usage:"reload when the configuration file changes; SIGHUP and POST /api/config/reload always do"`
}
