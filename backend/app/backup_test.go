package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

func backup(a *apptest.App, label string) string {
	return a.Want(200, "POST", "/api/config/backup", object{"label": label}).Body["backup_id"].(string)
}

func restore(a *apptest.App, id string, body any) object {
	return a.Want(200, "POST", "/api/config/backups/"+id+"/restore", body).Body["result"].(object)
}

func backups(a *apptest.App) []object {
	var out []object
	for _, b := range a.Want(200, "GET", "/api/config/backups", nil).Body["backups"].([]any) {
		out = append(out, b.(object))
	}
	return out
}

func TestARestoreBringsTheFleetBack(t *testing.T) {
	file := yaml(t, false, object{
		"providers": object{"filed": double(t, "good", map[string]string{"SECRET": "written-out"}), "touched": double(t, "dump-env", map[string]string{"SECRET": "before"})},
		"groups":    object{"g": object{"members": []any{object{"id": "filed", "weight": 4}}}},
	})
	a := apptest.Start(t, apptest.WithFile(file))
	a.Add("mine", "good")
	a.Add("dropped", "good")
	a.Want(201, "POST", "/api/groups", object{"group_id": "made", "strategy": "sticky"})
	a.Want(201, "POST", "/api/groups/made/members", object{"member_id": "mine", "weight": 2})
	for _, id := range []string{"filed", "touched", "mine"} {
		a.Want(200, "POST", "/api/providers/"+id+"/start", nil)
	}
	before, kept := fleet(a, t), pid(a, t, "filed")
	id := backup(a, "before the storm")

	a.Want(200, "PUT", "/api/providers/touched", object{"env": object{"SECRET": "after"}, "description": "new"})
	a.Want(200, "DELETE", "/api/providers/dropped", nil)
	a.Want(200, "DELETE", "/api/groups/made", nil)
	a.Want(200, "PUT", "/api/groups/g", object{"strategy": "random"})
	a.Add("added", "good")
	diff := a.Want(200, "GET", "/api/config/diff?backup_id="+id, nil).Body["diff"].(string)
	for _, want := range []string{"--- backup " + id, "+++ in-memory", "-  dropped:", "+  added:", "+    strategy: random", "-  made:", "+    description: new"} {
		if !strings.Contains(diff, want) {
			t.Errorf("the difference lacks %q:\n%s", want, diff)
		}
	}

	// The other way round, with another backup, with the file, and as a file without secrets.
	later := backup(a, "after the storm")
	for query, wants := range map[string][]string{
		"from=memory&to=" + id:        {"--- in-memory", "+++ backup " + id, "+  dropped:", "-  added:"},
		"from=" + id + "&to=" + later: {"--- backup " + id, "+++ backup " + later, "-  dropped:", "+  added:", "***:"},
		"from=file&to=" + id:          {"--- on-disk", "+  dropped:", "+  made:"},
		"from=memory&to=file":         {"--- in-memory", "+++ on-disk", "-    description: new"},
	} {
		got := a.Want(200, "GET", "/api/config/diff?"+query, nil).Body["diff"].(string)
		for _, want := range wants {
			if !strings.Contains(got, want) || strings.Contains(got, "before\n") {
				t.Errorf("%s lacks %q:\n%s", query, want, got)
			}
		}
	}
	if got := a.Want(200, "GET", "/api/config/diff?from="+later+"&to=memory", nil).Body; got["has_changes"] != false {
		t.Errorf("%v", got["diff"])
	}
	text := a.Want(200, "POST", "/api/config/export", object{"backup_id": id}).Body["yaml"].(string)
	if !strings.Contains(text, "dropped:") || strings.Contains(text, "added:") || strings.Contains(text, "written-out") {
		t.Errorf("the backup as a file:\n%s", text)
	}
	a.Want(404, "POST", "/api/config/export", object{"backup_id": "none"})
	a.Want(404, "GET", "/api/config/diff?from=file&to=none", nil)

	plan := restore(a, id, object{"dry_run": true})
	if !slices.Equal(ids(plan["providers_added"]), []string{"dropped"}) || !slices.Equal(ids(plan["providers_removed"]), []string{"added"}) ||
		!slices.Equal(ids(plan["providers_updated"]), []string{"touched"}) || !has(a, "added")() {
		t.Errorf("%v", plan)
	}
	restore(a, id, nil)
	if now := fleet(a, t); !slices.Equal(now, before) {
		t.Errorf("another fleet:\n%s\n%s", strings.Join(now, "\n"), strings.Join(before, "\n"))
	}
	if got := a.Want(200, "GET", "/api/config/diff?backup_id="+id, nil).Body; got["has_changes"] != false {
		t.Errorf("%v", got["diff"])
	}
	noDiff(a, t, "after a restore of what the file says")
	if now := pid(a, t, "filed"); now != kept || now == 0 {
		t.Errorf("what the restore left as it was has pid %v, had %v", now, kept)
	}
	if got := a.Want(200, "POST", "/api/providers/touched/tools/dump/call", object{}); !strings.Contains(string(got.Raw), "SECRET=before") {
		t.Error("the secret did not come back")
	}
	for id, want := range map[string]string{"filed": "file", "touched": "file", "mine": "api", "dropped": "api"} {
		if got := a.Want(200, "GET", "/api/providers/"+id, nil).Body["source"]; got != want {
			t.Errorf("%s is owned by %v, want %s", id, got, want)
		}
	}
	if events := systemEvents(a, "ConfigurationRestored"); len(events) != 1 || events[0]["backup_id"] != id || !slices.Equal(ids(events[0]["providers_added"]), []string{"dropped"}) {
		t.Errorf("%v", events)
	}
	// What the restore took back is still what the file says: the next reload leaves it.
	if got := reload(a, nil); len(ids(got["providers_added"]))+len(ids(got["providers_removed"]))+len(ids(got["providers_updated"])) != 0 {
		t.Errorf("%v", got)
	}
}

// What the file defined when the backup was made, and does not any more, comes back as a definition of its own.
func TestARestoreOfWhatTheFileForgot(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("config_reload: {watch: false}\n"+one("old")))
	id := backup(a, "")
	a.Write("config_reload: {watch: false}\n" + one("new"))
	reload(a, nil)
	restore(a, id, nil)
	if got := a.Want(200, "GET", "/api/providers/old", nil).Body["source"]; got != "api" || has(a, "new")() {
		t.Errorf("old is owned by %v; new: %v", got, has(a, "new")())
	}
	reload(a, nil)
	if !has(a, "old")() || !has(a, "new")() {
		t.Error("the reload did not add what the file says, or took what is not its own")
	}
	noDiff(a, t, "after the reload")
}

func TestBackupsAreFewAndOurs(t *testing.T) {
	a := apptest.Start(t, apptest.WithFlag("backups-kept", "3"))
	var made []string
	for _, label := range []string{"1", "2", "3", "4", "5"} {
		made = append(made, backup(a, label))
	}
	list := backups(a)
	if len(list) != 3 || list[0]["label"] != "5" || list[2]["label"] != "3" || list[0]["backup_id"] != made[4] || list[0]["version"] != "test" {
		t.Fatalf("%v", list)
	}
	a.Want(404, "POST", "/api/config/backups/"+made[0]+"/restore", nil)
	dir := filepath.Join(a.Dir, "data", "backups")
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	path := list[0]["path"].(string)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || filepath.Dir(path) != dir {
		t.Errorf("%s: %v %v", path, info, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("%v %v", entries, err)
	}

	// One that was damaged says so, and changes nothing; what is no backup is not listed.
	write(t, path, "snapshot: {label: broken}\nprovders: {}\n")
	write(t, filepath.Join(dir, "notes.yaml"), "x")
	if err := os.Symlink("/etc/hosts", filepath.Join(dir, "20200101T000000.000000Z.yaml")); err != nil {
		t.Fatal(err)
	}
	if list = backups(a); len(list) != 3 || !strings.Contains(list[0]["problem"].(string), "provders: unknown key; did you mean providers?") {
		t.Errorf("%v", list)
	}
	if got := a.Want(422, "POST", "/api/config/backups/"+made[4]+"/restore", nil); !strings.Contains(string(got.Raw), "provders") {
		t.Errorf("%s", got.Raw)
	}
	a.Want(404, "POST", "/api/config/backups/20200101T000000.000000Z/restore", nil) // a link out of the folder
	if events := systemEvents(a, "ConfigurationBackupCreated"); len(events) != 5 || events[4]["backup_id"] != made[4] {
		t.Errorf("%v", events)
	}
}

// A backup is its instance's: with another key its secrets stay shut, and it is no file to start with.
func TestABackupElsewhere(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("config_reload: {watch: false}\nproviders: {p: {command: [/bin/true], env: {T: written-out}}}\n"))
	id := backup(a, "")
	text, err := os.ReadFile(backups(a)[0]["path"].(string))
	if err != nil {
		t.Fatal(err)
	}
	b := apptest.Start(t)
	write(t, filepath.Join(b.Dir, "data", "backups", id+".yaml"), string(text))
	got := b.Want(422, "POST", "/api/config/backups/"+id+"/restore", nil)
	if !strings.Contains(string(got.Raw), "providers.p.env.T: the secret cannot be opened") || has(b, "p")() {
		t.Errorf("%s", got.Raw)
	}
	if _, err := apptest.New(t, apptest.WithFile(string(text))); err == nil || !strings.Contains(err.Error(), "snapshot: this is a backup") || !strings.Contains(err.Error(), "is sealed") {
		t.Errorf("%v", err)
	}
	// Nor can a sealed secret be moved to another place.
	moved := strings.Replace(string(text), "      T:", "      U:", 1)
	write(t, backups(a)[0]["path"].(string), moved)
	if got := a.Want(422, "POST", "/api/config/backups/"+id+"/restore", nil); !strings.Contains(string(got.Raw), "cannot be opened") {
		t.Errorf("%s", got.Raw)
	}
}
