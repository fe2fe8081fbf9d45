package api

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/config"
	"hangar/backend/discovery"
	"hangar/backend/group"
)

// ConfigDesk is what a running instance does about its configuration; errors are faults.
type ConfigDesk interface {
	Current(ctx context.Context) (config.Current, error)
	Export(ctx context.Context, how config.Secrets, backup string) (config.Exported, error)
	Reload(ctx context.Context, r config.ReloadRequest) (config.ReloadResult, error)
	Diff(ctx context.Context, from, to string) (config.Difference, error)
	Backup(ctx context.Context, label string) (config.BackupInfo, error)
	Backups(ctx context.Context) ([]config.BackupInfo, error)
	Restore(ctx context.Context, r config.RestoreRequest) (config.ReloadResult, error)
}

func (a *API) config(api huma.API) {
	huma.Register(api, op("GET", "/config", "get-config", "config", "The configuration in effect, without secrets", 200), a.getConfig)
	reload := op("POST", "/config/reload", "reload-config", "config", "Read the configuration file again and bring it into effect, or tell the plan", 200)
	reload.Description = "The whole file takes effect, in one transaction, or nothing of it. A file that cannot be used is a ConfigurationError " +
		"(422) whose details.problems name file, line and column. What the file leaves as it was keeps running."
	huma.Register(api, reload, a.reloadConfig)
	huma.Register(api, op("POST", "/config/export", "export-config", "config", "The whole fleet, of now or of a backup, as a configuration file, without secrets", 200, 404), a.exportConfig)
	diff := op("GET", "/config/diff", "diff-config", "config", "Compare two of what is in effect, the file, and backups", 200, 404)
	diff.Description = "Without parameters: the file with what is in effect. Of a backup the providers and groups are compared, as a restore brings back no more."
	huma.Register(api, diff, a.diffConfig)
	huma.Register(api, op("POST", "/config/backup", "backup-config", "config", "Write a backup into the data directory", 200), a.backupConfig)
	huma.Register(api, op("GET", "/config/backups", "list-config-backups", "config", "List backups, newest first", 200), a.listBackups)
	huma.Register(api, op("POST", "/config/backups/{backup_id}/restore", "restore-config-backup", "config", "Make the fleet what it was when a backup was made, or tell the plan", 200, 404), a.restoreBackup)
}

// ConfigBody is the configuration in effect.
type ConfigBody struct {
	File      string            `json:"file" doc:"The configuration file; empty where the built-in sample stands in"`
	Settings  map[string]any    `json:"settings" doc:"By section, as in the file; secrets are masked"`
	Origins   map[string]string `json:"origins" doc:"Where the value of each setting came from: default, the file, a flag, a variable"`
	Providers []ConfigProvider  `json:"providers" nullable:"false" doc:"Every provider, whoever owns it"`
	Groups    []ConfigGroup     `json:"groups" nullable:"false"`
	Discovery discovery.Spec    `json:"discovery" doc:"Every discovery source, whoever owns it"`
}

// ConfigProvider is a definition in the configuration.
type ConfigProvider struct {
	ProviderID string `json:"provider_id"`
	Mode       string `json:"mode" enum:"subprocess,docker,remote"`
	Source     string `json:"source" enum:"file,api,discovery,catalog" doc:"Who owns the definition"`
	Configuration
}

// ConfigGroup is a group in the configuration.
type ConfigGroup struct {
	GroupID string `json:"group_id"`
	Source  string `json:"source" enum:"file,api" doc:"Who owns it"`
	group.Spec
}

type configOutput struct {
	Body struct {
		Config       ConfigBody                  `json:"config"`
		NeedsRestart []string                    `json:"needs_restart" nullable:"false" doc:"Settings of which the file says something else, and that wait for Hangar's next start"`
		LastReload   Nullable[config.LastReload] `json:"last_reload" doc:"How the last reload went; null when there was none"`
	}
}

func (a *API) getConfig(ctx context.Context, _ *struct{}) (*configOutput, error) {
	c, err := a.Configuration.Current(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &configOutput{}
	out.Body.NeedsRestart, out.Body.LastReload = c.NeedsRestart, Nullable[config.LastReload]{c.LastReload}
	out.Body.Config = ConfigBody{
		File: c.Config.File(), Settings: c.Config.Settings(), Origins: c.Config.Origins(), Providers: []ConfigProvider{}, Groups: []ConfigGroup{},
		Discovery: c.Config.Discovery,
	}
	for _, id := range slices.Sorted(maps.Keys(c.Config.Providers)) {
		spec := c.Config.Providers[id]
		out.Body.Config.Providers = append(out.Body.Config.Providers,
			ConfigProvider{string(id), string(spec.Mode), string(c.Owners[id]), configuration(spec)})
	}
	for _, id := range slices.Sorted(maps.Keys(c.Config.Groups)) {
		out.Body.Config.Groups = append(out.Body.Config.Groups, ConfigGroup{string(id), string(c.GroupOwners[id]), c.Config.Groups[id]})
	}
	return out, nil
}

type reloadInput struct {
	Body *struct {
		ConfigPath string `json:"config_path,omitempty" maxLength:"4096" doc:"Another .yaml file in the directory of the configuration; it is the one in use from then on, until Hangar's next start"`
		Graceful   *bool  `json:"graceful,omitempty" default:"true" doc:"Calls in flight of what restarts or goes may end; false cuts them"`
		DryRun     bool   `json:"dry_run,omitempty" doc:"Tell the plan and change nothing"`
	} `required:"false"`
}

type plannedOutput struct {
	Body struct {
		Status string              `json:"status" enum:"reloaded,restored,planned"`
		Result config.ReloadResult `json:"result"`
	}
}

func (a *API) reloadConfig(ctx context.Context, in *reloadInput) (*plannedOutput, error) {
	r := config.ReloadRequest{By: config.ByAPI}
	if b := in.Body; b != nil {
		r.Path, r.DryRun, r.Hurry = b.ConfigPath, b.DryRun, b.Graceful != nil && !*b.Graceful
	}
	result, err := a.Configuration.Reload(ctx, r)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return planned("reloaded", result), nil
}

func planned(done string, result config.ReloadResult) *plannedOutput {
	out := &plannedOutput{}
	out.Body.Status, out.Body.Result = done, result
	if result.DryRun {
		out.Body.Status = "planned"
	}
	return out
}

type exportInput struct {
	Body *struct {
		BackupID string         `json:"backup_id,omitempty" maxLength:"64" doc:"The fleet of this backup, with the settings and sources of now"`
		Secrets  config.Secrets `json:"secrets,omitempty" enum:"mask,variables" default:"mask" doc:"What stands for a secret that is no reference: ***, which is refused where the export is read, or a reference to a variable"`
	} `required:"false"`
}

type exportOutput struct{ Body config.Exported }

func (a *API) exportConfig(ctx context.Context, in *exportInput) (*exportOutput, error) {
	how, backup := config.Mask, ""
	if in.Body != nil {
		how, backup = cmp.Or(in.Body.Secrets, how), in.Body.BackupID
	}
	e, err := a.Configuration.Export(ctx, how, backup)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return &exportOutput{e}, nil
}

type diffInput struct {
	From     string `query:"from" maxLength:"64" doc:"memory (what is in effect), file, or the id of a backup; file, when absent"`
	To       string `query:"to" maxLength:"64" doc:"The same; memory, when absent"`
	BackupID string `query:"backup_id" maxLength:"64" doc:"The same as from: compare this backup with what is in effect"`
}

type diffOutput struct {
	Body struct {
		config.Difference
		HasDiff bool `json:"has_diff" doc:"The same as has_changes, as it was once called"`
	}
}

func (a *API) diffConfig(ctx context.Context, in *diffInput) (*diffOutput, error) {
	d, err := a.Configuration.Diff(ctx, cmp.Or(in.From, in.BackupID, config.OnDisk), cmp.Or(in.To, config.InMemory))
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &diffOutput{}
	out.Body.Difference, out.Body.HasDiff = d, d.HasChanges
	return out, nil
}

type backupInput struct {
	Body *struct {
		Label string `json:"label,omitempty" maxLength:"200" doc:"What it is for"`
	} `required:"false"`
}

type backupOutput struct {
	Body struct {
		config.BackupInfo
		BackupPath string `json:"backup_path" doc:"The file, in the data directory"`
		Created    bool   `json:"created"`
	}
}

func (a *API) backupConfig(ctx context.Context, in *backupInput) (*backupOutput, error) {
	label := ""
	if in.Body != nil {
		label = in.Body.Label
	}
	info, err := a.Configuration.Backup(ctx, label)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &backupOutput{}
	out.Body.BackupInfo, out.Body.BackupPath, out.Body.Created = info, info.Path, true
	return out, nil
}

type backupsOutput struct {
	Body struct {
		Backups []config.BackupInfo `json:"backups" nullable:"false"`
		Total   int                 `json:"total"`
	}
}

func (a *API) listBackups(ctx context.Context, _ *struct{}) (*backupsOutput, error) {
	list, err := a.Configuration.Backups(ctx)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	out := &backupsOutput{}
	out.Body.Backups, out.Body.Total = list, len(list)
	return out, nil
}

type restoreInput struct {
	BackupID string `path:"backup_id" maxLength:"64" doc:"From the list of backups"`
	Body     *struct {
		Graceful *bool `json:"graceful,omitempty" default:"true" doc:"Calls in flight of what restarts or goes may end; false cuts them"`
		DryRun   bool  `json:"dry_run,omitempty" doc:"Tell the plan and change nothing"`
	} `required:"false"`
}

func (a *API) restoreBackup(ctx context.Context, in *restoreInput) (*plannedOutput, error) {
	r := config.RestoreRequest{ID: in.BackupID}
	if b := in.Body; b != nil {
		r.DryRun, r.Hurry = b.DryRun, b.Graceful != nil && !*b.Graceful
	}
	result, err := a.Configuration.Restore(ctx, r)
	if err != nil {
		return nil, a.refuse(ctx, err)
	}
	return planned("restored", result), nil
}
