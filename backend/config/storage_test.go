package config

import (
	"slices"
	"strings"
	"testing"
)

func TestTheDatabasesURL(t *testing.T) {
	const password = "s3cr3t"
	for name, tt := range map[string]struct{ url, refused string }{
		"none":                         {url: `""`},
		"with a password":              {url: "postgres://me:" + password + "@db.example/hangar"},
		"the other spelling":           {url: "postgresql:///hangar?host=/run/postgresql"},
		"a reference":                  {url: "${env:DATABASE_URL}"},
		"a reference in it":            {url: "postgres://me:${file:/run/secrets/db}@db.example/hangar"},
		"a broken reference":           {url: "postgres://me:${file:run/secrets}@db.example/hangar", refused: "storage.url"},
		"of another kind of database":  {url: "mysql://me:" + password + "@db.example/hangar", refused: "must begin with postgres://"},
		"what an export writes for it": {url: "'***'", refused: "which only stands for a value that was not shown"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := load(t, "storage:\n  url: "+tt.url+"\n", nil, nil)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) || strings.Contains(err.Error(), password) {
					t.Errorf("%v, want %s", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Trim(tt.url, `"`); c.Storage.URL != want {
				t.Errorf("%q", c.Storage.URL)
			}
		})
	}
}

func TestTheDatabasesPasswordIsNotShown(t *testing.T) {
	const password = "s3cr3t"
	c, _, err := load(t, "storage:\n  url: postgres://me:"+password+"@db.example/hangar\n", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	without, _, err := load(t, "{}\n", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	changes := settingChanges(c, without)
	if !slices.Contains(changes, SettingChange{"storage.url", "***", "", true}) {
		t.Errorf("changes: %+v", changes)
	}
	storage, _ := c.Settings()["storage"].(map[string]any)
	if storage["url"] != "***" {
		t.Errorf("settings: %v", storage)
	}
	// The address of the database belongs to the instance: another one must not be led to write there.
	seal := func(_, value string) string { return "sealed" + strings.Repeat("x", len(value)) }
	for what, text := range map[string]string{"export": c.Export(Mask).YAML, "backup": c.Backup(Snapshot{}, seal)} {
		if strings.Contains(text, password) || strings.Contains(text, "url:") {
			t.Errorf("%s:\n%s", what, text)
		}
	}
	if !strings.Contains(c.Export(Mask).YAML, "belongs to the instance: storage.url") {
		t.Errorf("the export does not say so:\n%s", c.Export(Mask).YAML)
	}
}
