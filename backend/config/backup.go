package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/provider"
	"hangar/backend/reference"
)

// Snapshot is what a backup says of itself.
type Snapshot struct {
	TakenAt   string                          `yaml:"taken_at" doc:"when, in UTC"`
	Version   string                          `yaml:"version" doc:"of the Hangar that wrote it"`
	Label     string                          `yaml:"label" doc:"what it is for"`
	Providers map[provider.ID]provider.Source `yaml:"providers" doc:"who owned each provider"`
}

// Taken is when the backup was made.
func (s Snapshot) Taken() time.Time {
	t, err := time.Parse(time.RFC3339Nano, s.TakenAt)
	if err != nil {
		return time.Time{}
	}
	return t
}

// backup is the file of one.
type backup struct {
	Snapshot Snapshot `yaml:"snapshot"`
	Config   Config   `yaml:",inline"`
}

// Backup writes the whole configuration as a backup: every secret that is not a reference is sealed.
func (c *Config) Backup(s Snapshot, seal func(key, value string) string) string {
	return "# A backup of a Hangar. Only the instance that made it can read the secrets in it.\n\n" +
		render(backup{s, *c}, func(key, value string) string {
			if reference.Plain(value) {
				return value
			}
			return "${sealed:" + seal(key, value) + "}"
		}, c.local)
}

var sealedText = regexp.MustCompile(`^\$\{sealed:([^{}]*)\}$`)

// ReadBackup reads a backup. Its error is Problems where the text is not one.
func ReadBackup(name string, text []byte, unseal func(key, sealed string) (string, error)) (*Config, Snapshot, error) {
	var b backup
	b.Config = Config{origins: map[string]string{}, places: map[provider.ID]string{}, src: Source{File: name}}
	found := &finder{name: name, env: func(string) (string, bool) { return "", false }}
	b.Config.defaults()
	found.read(text, reflect.ValueOf(&b).Elem(), func(key, value string) (string, error) {
		if m := sealedText.FindStringSubmatch(value); m != nil {
			return unseal(key, m[1])
		}
		return value, nil
	})
	if len(found.list) == 0 {
		b.Config.hoist(found)
		b.Config.checkProviders(found)
		b.Config.checkGroups(found)
	}
	return &b.Config, b.Snapshot, found.err()
}

// NewRestore decides how the fleet becomes what it was when a backup was made. Settings and discovery sources are not part of it: they
// say how things are here and now.
func NewRestore(have Standing, was *Config, s Snapshot) Plan {
	owned := map[provider.ID]provider.Owned{}
	for id, spec := range was.Providers {
		owned[id] = provider.Owned{Spec: spec, Source: s.Providers[id]}
	}
	providers := provider.Reinstate(have.Providers, owned)
	gone := map[provider.ID]bool{}
	for _, id := range providers.Remove {
		gone[id] = true
	}
	added := map[provider.ID]bool{}
	for _, id := range providers.Add {
		added[id] = true
	}
	groups := group.Reinstate(have.Groups, was.Groups, func(id provider.ID) bool {
		_, is := have.Providers[id]
		return added[id] || is && !gone[id]
	})
	return have.plan(providers, groups, discovery.Declaration{}, []SettingChange{})
}

// Name of a backup's file, and of the time in it.
const (
	backupForm = "20060102T150405.000000Z"
	backupEnds = ".yaml"
)

var backupID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{6}Z$`)

// BackupID names the backup of a moment.
func BackupID(at time.Time) string { return at.UTC().Format(backupForm) }

// BackupFile is the name of a backup's file; the error is for an id that none can have.
func BackupFile(id string) (string, error) {
	if !backupID.MatchString(id) {
		return "", fmt.Errorf("%q is not the id of a backup: %w", id, os.ErrNotExist)
	}
	return id + backupEnds, nil
}

// BackupOf is the id in the name of a backup's file.
func BackupOf(file string) (id string, ok bool) {
	id, ok = strings.CutSuffix(file, backupEnds)
	return id, ok && backupID.MatchString(id)
}
