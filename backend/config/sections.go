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

// Records is what is kept of what happened.
type Records struct {
	Calls bool `yaml:"calls" default:"true" usage:"keep a record of every tool call; without it calls are in no list, no history and no metric"`
}

// Storage is where state is kept, and how much of it.
type Storage struct {
	URL            string `yaml:"url" flag:"storage-url" secret:"true" usage:"PostgreSQL database, such as postgres://hangar:${file:/run/secrets/db}@db.example/hangar; empty: SQLite in the data directory"`
	OperationsKept int    `yaml:"operations_kept" flag:"operations-kept" default:"1000" minimum:"10" maximum:"100000" usage:"operations that are remembered; the oldest that have ended go first (10 to 100000)"`
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
