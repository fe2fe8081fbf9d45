package config

import (
	"hangar/backend/discovery"
	"hangar/backend/group"
	"hangar/backend/provider"
)

// Standing is what a plan begins from.
type Standing struct {
	Config    *Config // in effect
	Providers map[provider.ID]provider.Standing
	Groups    map[group.ID]group.Standing
	Sources   map[discovery.SourceID]discovery.Standing
	Running   func(provider.ID) (running bool, inFlight int)
}

// Plan is what a reload would do; everything that it does is in it.
type Plan struct {
	Providers ProviderPlan    `json:"providers"`
	Groups    GroupPlan       `json:"groups"`
	Sources   SourcePlan      `json:"discovery_sources"`
	Settings  []SettingChange `json:"settings" nullable:"false"`
}

// ProviderPlan is what becomes of the providers that the file owns.
type ProviderPlan struct {
	Added     []provider.ID `json:"added" nullable:"false"`
	Removed   []Affected    `json:"removed" nullable:"false" doc:"Stopped, after their calls in flight unless graceful is false"`
	Updated   []Affected    `json:"updated" nullable:"false"`
	Unchanged []provider.ID `json:"unchanged" nullable:"false" doc:"Their processes are not touched"`
	declare   provider.Declaration
}

// GroupPlan is what becomes of the groups that the file owns.
type GroupPlan struct {
	Added     []group.ID     `json:"added" nullable:"false"`
	Removed   []group.ID     `json:"removed" nullable:"false"`
	Updated   []ChangedGroup `json:"updated" nullable:"false"`
	Unchanged []group.ID     `json:"unchanged" nullable:"false"`
	declare   group.Declaration
}

// SourcePlan is what becomes of the discovery sources that the file owns.
type SourcePlan struct {
	Added     []discovery.SourceID `json:"added" nullable:"false"`
	Removed   []discovery.SourceID `json:"removed" nullable:"false" doc:"What it found stays"`
	Updated   []discovery.SourceID `json:"updated" nullable:"false"`
	Unchanged []discovery.SourceID `json:"unchanged" nullable:"false"`
	declare   discovery.Declaration
}

// Affected is a provider that a reload changes or removes.
type Affected struct {
	ID       provider.ID `json:"id"`
	Fields   []string    `json:"fields" nullable:"false" doc:"What differs; empty when it only becomes the file's, or goes"`
	Restarts bool        `json:"restarts" doc:"It runs and has to run anew"`
	Running  bool        `json:"running"`
	InFlight int         `json:"in_flight" doc:"Calls that are under way there now"`
}

// ChangedGroup is a group that a reload changes.
type ChangedGroup struct {
	ID     group.ID `json:"id"`
	Fields []string `json:"fields" nullable:"false"`
}

// NewPlan decides what a reload does. keepEdits is for the start, which leaves edits of people as they are until the file
// says something new; a reload takes them back. What somebody else has defined is a problem of the file.
func NewPlan(have Standing, next *Config, keepEdits bool) (Plan, error) {
	providers, clash := provider.Declare(have.Providers, next.Providers, keepEdits)
	groups, groupClash := group.Declare(have.Groups, next.Groups, keepEdits)
	sources, sourceClash := discovery.Declare(have.Sources, next.Discovery, keepEdits)
	var problems Problems
	for _, id := range clash {
		problems = append(problems, next.problem(next.placeOf(id), provider.Conflict(id, have.Providers[id].Source)))
	}
	for _, id := range groupClash {
		problems = append(problems, next.problem("groups."+string(id), group.Conflict(id)))
	}
	for _, id := range sourceClash {
		problems = append(problems, next.problem(next.Discovery.Key("discovery", id), discovery.Conflict(id)))
	}
	if len(problems) > 0 {
		return Plan{}, problems
	}
	return have.plan(providers, groups, sources, settingChanges(have.Config, next)), nil
}

// plan words declarations for people, with what runs and what is under way.
func (s Standing) plan(providers provider.Declaration, groups group.Declaration, sources discovery.Declaration, settings []SettingChange) Plan {
	p := Plan{Settings: settings}
	p.Providers = ProviderPlan{
		Added: list(providers.Add), Removed: []Affected{}, Updated: []Affected{}, Unchanged: list(providers.Keep), declare: providers,
	}
	p.Groups = GroupPlan{
		Added: list(groups.Add), Removed: list(groups.Remove), Updated: []ChangedGroup{}, Unchanged: list(groups.Keep), declare: groups,
	}
	p.Sources = SourcePlan{
		Added: list(sources.Add), Removed: list(sources.Remove), Updated: list(sources.Change), Unchanged: list(sources.Keep), declare: sources,
	}
	for _, id := range providers.Remove {
		p.Providers.Removed = append(p.Providers.Removed, s.affected(id, nil, false))
	}
	for _, c := range providers.Change {
		p.Providers.Updated = append(p.Providers.Updated, s.affected(c.ID, c.Fields, c.Restarts))
	}
	for _, c := range groups.Change {
		p.Groups.Updated = append(p.Groups.Updated, ChangedGroup{c.ID, list(c.Fields)})
	}
	return p
}

func (s Standing) affected(id provider.ID, fields []string, restarts bool) Affected {
	a := Affected{ID: id, Fields: list(fields)}
	if s.Running != nil {
		a.Running, a.InFlight = s.Running(id)
	}
	a.Restarts = restarts && a.Running
	return a
}

// problem is a refusal that was found after the file had been read, at its place.
func (c *Config) problem(key string, err error) Problem {
	f := &finder{name: c.src.File, places: c.spots}
	at := f.place(key)
	return Problem{Where: c.src.File, Line: at.line, Column: at.column, Key: key, Message: err.Error()}
}

// list makes an absent list an empty one.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Empty reports whether a reload would change nothing.
func (p Plan) Empty() bool {
	return p.Providers.declare.Empty() && p.Groups.declare.Empty() && p.Sources.declare.Empty() && len(p.Settings) == 0
}

// Declarations are what is to be carried out, by the nouns, in one transaction.
func (p Plan) Declarations() (provider.Declaration, group.Declaration, discovery.Declaration) {
	return p.Providers.declare, p.Groups.declare, p.Sources.declare
}

// Renewed are the providers whose definition changed so that what runs must run anew, and what failed may try again.
func (p Plan) Renewed() []provider.ID {
	var ids []provider.ID
	for _, c := range p.Providers.declare.Change {
		if c.Restarts {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// NeedsRestart are the settings that wait for Hangar's next start.
func (p Plan) NeedsRestart() []string {
	keys := []string{}
	for _, s := range p.Settings {
		if s.NeedsRestart {
			keys = append(keys, s.Key)
		}
	}
	return keys
}
