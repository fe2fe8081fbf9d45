package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"hangar/backend/apptest"
)

const stolen = "canary-outside" // what stands in files that no door may lead to

// strays are spellings of files outside of a directory that is at dir; outside is the absolute path of one that exists.
func strays(dir, outside string) []string {
	up := "../" + filepath.Base(filepath.Dir(outside)) + "/" + filepath.Base(outside)
	list := []string{
		outside, "/" + outside, "/." + outside, "file://" + outside, dir + "/../" + up[3:], dir + "/x/../" + up, dir + "/./" + up, dir + "//" + up, outside + "/", outside + "/.", outside + "\x00", outside + "\x00.yaml",
		up, "./" + up, "x/../" + up, ".//" + up, "..//" + up[3:], "./.././" + up[3:], strings.ReplaceAll(up, "/", `\`), strings.ReplaceAll(up, "..", "....//"), strings.ReplaceAll(up, "../", "..;/"),
		strings.ReplaceAll(up, "../", "%2e%2e/"), strings.ReplaceAll(up, "../", "..%2f"), strings.ReplaceAll(up, "../", "%2e%2e%2f"), strings.ReplaceAll(up, "../", "%252e%252e%252f"), strings.ReplaceAll(up, "../", "..%5c"),
		strings.ReplaceAll(up, "../", "..%c0%af"), strings.ReplaceAll(up, "../", "%c0%ae%c0%ae/"), strings.ReplaceAll(up, "../", "．．/"), strings.ReplaceAll(up, "../", "..∕"), strings.ReplaceAll(up, "../", "..%u2215"),
		up + "\x00", up + "%00", up + "%00.yaml", up + "\n", " " + up, "~/" + up, "$HOME/" + up, "${file:" + outside + "}", "`" + outside + "`", `C:\` + outside, `\\host\share\x.yaml`, "//host/share/x.yaml",
		"/proc/self/root" + outside, "/proc/self/cwd/" + up, "/dev/stdin", "/dev/fd/0", "/etc/passwd", "/proc/self/environ", "..", "../", ".", "/",
		"link.yaml", "dir-link/" + filepath.Base(outside), "pipe.yaml", "folder.yaml", "linked/../" + up,
	}
	for n := range 8 {
		list = append(list, strings.Repeat("../", n+2)+strings.TrimPrefix(outside, "/"))
	}
	return append(list, strings.Repeat("a/", 3000)+up, strings.Repeat("../", 2000)+"etc/passwd")
}

// No spelling of a path leads out of the directory that a door reads from.
func TestNoSpellingOfAPathLeadsOut(t *testing.T) {
	top := t.TempDir()
	outside := filepath.Join(top, "other", "out.yaml")
	dir := filepath.Join(top, "own")
	text := fmt.Sprintf("providers: {%s: {command: [/bin/cat]}}\nname: %s\nmode: subprocess\ncommand: [/bin/cat]\n", stolen, stolen)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	plant := func(in string) { // what is inside and leads out, or is no file
		t.Helper()
		check(os.MkdirAll(filepath.Join(in, "folder.yaml"), 0o700))
		check(os.Symlink(outside, filepath.Join(in, "link.yaml")))
		check(os.Symlink(filepath.Dir(outside), filepath.Join(in, "dir-link")))
		check(makePipe(filepath.Join(in, "pipe.yaml")))
	}
	check(os.MkdirAll(filepath.Dir(outside), 0o700))
	check(os.WriteFile(outside, []byte(text), 0o600))
	check(os.MkdirAll(dir, 0o700))
	plant(dir)
	a := apptest.Start(t, apptest.InDir(dir))
	a.Want(200, "POST", "/api/config/backup", object{})
	backups := filepath.Join(dir, "data", "backups")
	plant(backups)
	check(os.Symlink(outside, filepath.Join(backups, "20260101T000000.000000Z.yaml")))
	all := strays(dir, outside)
	if len(all) < 40 {
		t.Fatalf("only %d spellings", len(all))
	}
	raw := func(method, path string, body any) apptest.Answer {
		r := a.Request(method, "/", body)
		r.URL = &url.URL{Scheme: "http", Host: r.URL.Host, Opaque: strings.TrimPrefix(a.URL, "http:") + path}
		return a.Send(r)
	}
	wire := func(s string) string { // as it is, as far as a request's line can hold it
		return strings.NewReplacer("\x00", "%00", "\n", "%0a", " ", "%20", "?", "%3f", "#", "%23").Replace(s)
	}
	doors := map[string]func(s string) apptest.Answer{
		"a file to reload": func(s string) apptest.Answer {
			return a.Do("POST", "/api/config/reload", object{"config_path": s})
		},
		"a file to look at": func(s string) apptest.Answer {
			return a.Do("POST", "/api/config/reload", object{"config_path": s, "dry_run": true})
		},
		"a backup to restore": func(s string) apptest.Answer {
			return a.Do("POST", "/api/config/backups/"+url.PathEscape(s)+"/restore", object{})
		},
		"a backup to compare with": func(s string) apptest.Answer {
			return a.Do("GET", "/api/config/diff?backup="+url.QueryEscape(s), nil)
		},
		"an asset":            func(s string) apptest.Answer { return raw("GET", "/assets/"+wire(s), nil) },
		"an asset, escaped":   func(s string) apptest.Answer { return raw("GET", "/assets/"+url.PathEscape(s), nil) },
		"an example":          func(s string) apptest.Answer { return raw("GET", "/examples/"+wire(s), nil) },
		"an example, escaped": func(s string) apptest.Answer { return raw("GET", "/examples/"+url.PathEscape(s), nil) },
		"a page":              func(s string) apptest.Answer { return raw("GET", "/docs/"+wire(s), nil) },
		"the shell":           func(s string) apptest.Answer { return raw("GET", "/"+wire(s), nil) },
		"a provider's id":     func(s string) apptest.Answer { return raw("GET", "/api/providers/"+url.PathEscape(s)+"/logs", nil) },
		"a new provider's id": func(s string) apptest.Answer {
			return a.Do("POST", "/api/providers", object{"provider_id": s, "mode": "subprocess", "command": []string{"/bin/cat"}})
		},
		"an entry of the catalog": func(s string) apptest.Answer { return raw("GET", "/api/catalog/"+url.PathEscape(s), nil) },
		"a profile":               func(s string) apptest.Answer { return raw("GET", "/debug/pprof/"+url.PathEscape(s), nil) },
		"a source's pattern": func(s string) apptest.Answer {
			return a.Do("POST", "/api/discovery/sources", object{"source_type": "filesystem", "mode": "additive", "enabled": false, "config": object{"path": dir, "patterns": []string{s}}})
		},
	}
	quiet := map[string]bool{"an asset": true, "an example": true, "a page": true, "the shell": true, "an asset, escaped": true, "an example, escaped": true} // may answer with a page of ours, or lead to one
	for door, try := range doors {
		for _, s := range all {
			got := try(s)
			if strings.Contains(string(got.Raw), "/bin/cat") || strings.Contains(string(got.Raw), "root:x:") || strings.Contains(string(got.Raw), "PATH=") {
				t.Errorf("%s, %.80q: what is outside is told: %.300s", door, s, got.Raw)
			}
			fits := got.Status >= 400 && got.Status < 500 || got.Status == http.StatusRequestURITooLong || quiet[door] && (got.Status < 400 || strings.Contains(string(got.Raw), "dashboard is not built"))
			if door == "a source's pattern" && !strings.Contains(s, "/") && got.Status == 201 {
				fits = true // a pattern for names in the directory
			}
			if door == "a profile" && (s == "." || s == "/" || s == ".." || s == "../") || door == "a file to reload" && s == "hangar.yaml" {
				fits = true
			}
			if !fits {
				t.Errorf("%s, %.80q: %d %.300s", door, s, got.Status, got.Raw)
			}
		}
	}
	// A source reads one directory, and what is linked into it from elsewhere is not read.
	id := a.Want(201, "POST", "/api/discovery/sources", object{"source_type": "filesystem", "mode": "additive", "config": object{"path": dir, "auto_approve": true}}).Body["source_id"].(string)
	a.Want(200, "POST", "/api/discovery/sources/"+id+"/scan", nil)
	for _, where := range []string{"/api/providers", "/api/discovery/pending", "/api/discovery/quarantined", "/api/discovery/providers"} {
		if got := a.Want(200, "GET", where, nil); strings.Contains(string(got.Raw), stolen) {
			t.Errorf("%s has what is outside: %s", where, got.Raw)
		}
	}
	for _, s := range []string{"srv", "./srv", "../srv", "~", "$HOME", "", "\x00", "/srv\x00", "file:///srv", `C:\srv`} {
		for kind, config := range map[string]object{
			"filesystem": {"path": s}, "entrypoint": {"directories": []string{s}}, "kubernetes": {"kubeconfig": s},
		} {
			if kind == "kubernetes" && s == "" {
				continue // means the account of the pod
			}
			if got := a.Do("POST", "/api/discovery/sources", object{"source_type": kind, "mode": "additive", "enabled": false, "config": config}); got.Status != 422 {
				t.Errorf("%s with %q: %d %s", kind, s, got.Status, got.Raw)
			}
		}
	}
}

// No spelling of a part of the host's system is mounted into a container.
func TestNoSpellingOfTheHostIsMounted(t *testing.T) {
	a := apptest.Start(t)
	n := 0
	for _, target := range []string{"/", "/etc", "/proc", "/sys", "/dev", "/run", "/var", "/root", "/usr", "/boot", "/home", "/home/me", "/home/me/.ssh", "/var/run/docker.sock", "/srv/engine.sock"} {
		for _, s := range []string{target, target + "/", "/" + target, "/." + target, "/srv/.." + target, target + "/.", target + "/../" + filepath.Base(target), "." + target, ".." + target, target + "\x00"} {
			if s == "/srv/engine.sock//" {
				continue
			}
			n++
			got := a.Do("POST", "/api/providers", object{"provider_id": fmt.Sprintf("p%d", n), "mode": "docker", "image": "i", "volumes": []string{s + ":/inside"}})
			if got.Status != 422 || !strings.Contains(string(got.Raw), "volumes[0]") {
				t.Errorf("%q: %d %s", s, got.Status, got.Raw)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d spellings", n)
	}
}

// While a file is exchanged for a link that leads out, for a pipe and back, nothing outside is ever read and nobody waits.
func TestAFileThatIsExchangedWhileItIsRead(t *testing.T) {
	top := t.TempDir()
	outside, dir := filepath.Join(top, "out.yaml"), filepath.Join(top, "own")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(dir, 0o700))
	check(os.WriteFile(outside, []byte("providers: {"+stolen+": {command: [/bin/cat]}}\n"), 0o600))
	a := apptest.Start(t, apptest.InDir(dir))
	file, next := filepath.Join(dir, "swapped.yaml"), filepath.Join(dir, "next")
	check(os.WriteFile(file, []byte("providers: {}\n"), 0o600))
	var over atomic.Bool
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; err == nil && !over.Load(); i++ {
			switch i % 3 {
			case 0:
				err = os.Symlink(outside, next)
			case 1:
				err = os.WriteFile(next, []byte("providers: {}\n"), 0o600)
			default:
				err = makePipe(next)
			}
			if err == nil {
				err = os.Rename(next, file)
			}
		}
		done <- err
	}()
	read, refused := 0, 0
	for range 5000 {
		got := a.Do("POST", "/api/config/reload", object{"config_path": "swapped.yaml", "dry_run": true})
		switch {
		case strings.Contains(string(got.Raw), stolen):
			t.Fatalf("what is outside was read: %s", got.Raw)
		case got.Status == 200:
			read++
		case got.Status == 422:
			refused++
		default:
			t.Fatalf("%d %s", got.Status, got.Raw)
		}
		if read >= 20 && refused >= 100 {
			break
		}
	}
	over.Store(true)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if read == 0 || refused == 0 {
		t.Errorf("read %d times and refused %d times: the race was not run", read, refused)
	}
}

// makePipe is a file that holds whoever opens it the usual way.
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
