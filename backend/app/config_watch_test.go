package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hangar/backend/apptest"
)

// one is a file with one provider of a name.
func one(id string) string { return "providers:\n  " + id + ":\n    command: [/bin/true]\n" }

func has(a *apptest.App, id string) func() bool {
	return func() bool { return a.Do("GET", "/api/providers/"+id, nil).Status == 200 }
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// turn makes a link lead elsewhere at once, as those who mount configurations do.
func turn(t *testing.T, link, to string) {
	t.Helper()
	if err := os.Symlink(to, link+".new"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(link+".new", link); err != nil {
		t.Fatal(err)
	}
}

func TestAChangedFileIsSeen(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, a *apptest.App){
		"written in place":      func(t *testing.T, a *apptest.App) { write(t, a.File, one("two")) },
		"replaced by renaming":  func(_ *testing.T, a *apptest.App) { a.Write(one("two")) },
		"removed and made anew": func(t *testing.T, a *apptest.App) { _ = os.Remove(a.File); write(t, a.File, one("two")) },
		"replaced by a link": func(t *testing.T, a *apptest.App) {
			write(t, a.Dir+"/real/x.yaml", one("two"))
			turn(t, a.File, "real/x.yaml")
		},
		"by a signal, if need be": func(_ *testing.T, a *apptest.App) { a.Write(one("two")); a.HangUp() },
	} {
		t.Run(name, func(t *testing.T) {
			a := apptest.Start(t, apptest.WithFile(one("one")))
			if !has(a, "one")() {
				t.Fatal("the first file is not in effect")
			}
			change(t, a)
			eventually(t, "the new file is in effect", has(a, "two"))
			if has(a, "one")() {
				t.Error("the old one is as well")
			}
			by := systemEvents(a, "ConfigurationReloaded")[0]["requested_by"]
			if by != "file_watcher" && !strings.Contains(name, "signal") {
				t.Errorf("asked for by %v", by)
			}
			noDiff(a, t, "after the change")
		})
	}
}

// A mounted ConfigMap: the file is a link into ..data, which is a link to a directory that is replaced.
func TestAChangedLinkOnTheWayIsSeen(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(one("one")))
	write(t, filepath.Join(a.Dir, "..2026_1", "hangar.yaml"), one("mounted-1"))
	write(t, filepath.Join(a.Dir, "..2026_2", "hangar.yaml"), one("mounted-2"))
	turn(t, filepath.Join(a.Dir, "..data"), "..2026_1")
	turn(t, a.File, "..data/hangar.yaml")
	eventually(t, "the mounted file is in effect", has(a, "mounted-1"))
	turn(t, filepath.Join(a.Dir, "..data"), "..2026_2")
	eventually(t, "the next one is", has(a, "mounted-2"))
	write(t, filepath.Join(a.Dir, "..2026_2", "hangar.yaml"), one("mounted-3"))
	eventually(t, "and what is written behind the links", has(a, "mounted-3"))
}

func TestAMistakeIsOnRecordAndChangesNothing(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(one("one")))
	a.Write("providers:\n  two:\n    comand: [/bin/true]\n")
	eventually(t, "the mistake is on record", func() bool { return len(systemEvents(a, "ConfigurationReloadFailed")) > 0 })
	failed := systemEvents(a, "ConfigurationReloadFailed")[0]
	if failed["requested_by"] != "file_watcher" || failed["error_type"] != "ConfigurationError" || failed["config_path"] != a.File ||
		!strings.Contains(failed["reason"].(string), "hangar.yaml:3:5: providers.two.comand: unknown key; did you mean command?") {
		t.Errorf("%v", failed)
	}
	if !has(a, "one")() || has(a, "two")() {
		t.Error("something was changed")
	}
	// By the path that a signal takes, the same.
	a.HangUp()
	eventually(t, "the signal found it, too", func() bool { return len(systemEvents(a, "ConfigurationReloadFailed")) > 1 })
	if got := systemEvents(a, "ConfigurationReloadFailed")[1]["requested_by"]; got != "sighup" {
		t.Errorf("asked for by %v", got)
	}
	a.Write(one("three"))
	eventually(t, "the mended file is in effect", has(a, "three"))
}

// A plan is no news: what was only looked at is still to come.
func TestAPlanKeepsNothingFromTheWatch(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(one("one")))
	write(t, filepath.Join(a.Dir, "other.yaml"), one("other"))
	write(t, filepath.Join(a.Dir, "bad.yaml"), "listne: x\n")
	a.Write(one("two"))
	reload(a, object{"dry_run": true})
	eventually(t, "the file is in effect", has(a, "two"))
	a.Want(200, "PUT", "/api/providers/two", object{"description": "edited"})
	reload(a, object{"dry_run": true, "config_path": "other.yaml"})
	a.Want(422, "POST", "/api/config/reload", object{"config_path": "bad.yaml"})
	a.Write(one("two") + "# nothing new\n")
	eventually(t, "the file was looked at again", func() bool { return len(systemEvents(a, "ConfigurationReloaded")) == 2 })
	if n := len(systemEvents(a, "ConfigurationReloaded")); n != 2 {
		t.Errorf("%d reloads", n)
	}
}

func TestAFileThatIsNotWatched(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile("config_reload: {watch: false}\n"+one("one")))
	a.Write("config_reload: {watch: false}\n" + one("two"))
	reload(a, object{"dry_run": true}) // a plan is no reload
	if has(a, "two")() {
		t.Error("it is watched")
	}
	a.HangUp()
	eventually(t, "a signal reloads it all the same", has(a, "two"))
}

// Whoever takes the file away, or mounts a directory where it was, is told so, and that nothing changed.
func TestAFileThatIsAwayIsSpokenOf(t *testing.T) {
	log := &spoken{}
	a := apptest.Start(t, apptest.WithLog(log), apptest.WithFile(one("one")))
	says := func(words string) func() bool {
		re := regexp.MustCompile(`(` + words + `)`)
		return func() bool { return log.find(re) != "" }
	}
	if err := os.Remove(a.File); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(a.File, 0o700); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is said", says("configuration file cannot be read.*not a regular file"))
	if !has(a, "one")() {
		t.Error("what was read last is gone")
	}
	if err := os.Remove(a.File); err != nil {
		t.Fatal(err)
	}
	write(t, a.File, one("two"))
	eventually(t, "that it is back is said", says("configuration file can be read again"))
	eventually(t, "it is in effect", has(a, "two"))
}

// Another file of the directory becomes the one in use, watched and compared.
func TestAnotherFileOfTheDirectory(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(one("one")))
	write(t, filepath.Join(a.Dir, "other", "next.yaml"), one("two"))
	if got := reload(a, object{"config_path": "other/next.yaml"}); !slices.Equal(ids(got["providers_added"]), []string{"two"}) || got["config_path"] != filepath.Join(a.Dir, "other", "next.yaml") {
		t.Errorf("%v", got)
	}
	noDiff(a, t, "after the reload")
	write(t, filepath.Join(a.Dir, "other", "next.yaml"), one("three"))
	eventually(t, "it is watched now", has(a, "three"))
}

func TestAnEmptyFileRemovesNothing(t *testing.T) {
	a := apptest.Start(t, apptest.WithFile(one("one")))
	write(t, a.File, " \n")
	eventually(t, "the refusal is on record", func() bool { return len(systemEvents(a, "ConfigurationReloadFailed")) == 1 })
	if reason, _ := systemEvents(a, "ConfigurationReloadFailed")[0]["reason"].(string); !strings.Contains(reason, "providers: {}") {
		t.Errorf("it says %q", reason)
	}
	if !has(a, "one")() {
		t.Error("the provider is gone")
	}
	write(t, a.File, "providers: {}\n")
	eventually(t, "what is said in so many words is done", func() bool { return !has(a, "one")() })
}
