package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"hangar/backend/storetest"
)

// fillAll puts rows of every type of column into a database, more than a chunk of some.
func fillAll(t *testing.T, o Options) (id string) {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		var errs []error
		add := func(query string, args ...any) {
			_, err := tx.Exec(ctx, query, args...)
			errs = append(errs, err)
		}
		for i := range 3*chunkRows + 1 {
			add(`INSERT INTO events (position, id, stream, version, kind, at, actor_type, actor_id, data) VALUES (?, ?, 's', ?, 'K', 0, '', '', ?)`,
				i+1, fmt.Sprint("id", i), i+1, `{"text":"`+strings.Repeat("ü\n'\\", i%50)+`"}`)
		}
		add(`UPDATE log_head SET head = ?`, 3*chunkRows+1)
		for _, id := range []string{"b", "B", "a_", "é", "a-"} {
			add(`INSERT INTO providers (id, mode, spec, source, state, created_at, updated_at) VALUES (?, 'subprocess', '{}', 'api', 'cold', 1, ?)`, id, int64(1)<<62)
			add(`INSERT INTO provider_catalogue (provider_id, kind, ord, name, raw) VALUES (?, 'tool', 0, ?, '')`, id, strings.Repeat("x", chunkBytes/3))
		}
		add(`INSERT INTO secrets (scope, name, sealed, updated_at) VALUES ('s', 'n', ?, -1)`, []byte{0, 1, 255, 0})
		add(`INSERT INTO operations (id, type, status, progress, message, metadata, error, events, cancellable, actor_type, actor_id, started_at, ended_at)
			VALUES ('o', '', '', ?, '', '{}', NULL, 0, ?, '', '', 0, NULL), ('p', '', '', 1, '', '{}', 'null', 0, 0, '', '', 0, 7)`, 0.1, true)
		add(`INSERT INTO history_series (id, kind, name, tool) VALUES (41, 'tool', 'a', 'b')`)
		return errors.Join(errs...)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return db.StoreID()
}

func TestMigrateThereAndBack(t *testing.T) {
	first, second, url := t.TempDir(), t.TempDir(), storetest.Database(t)
	id := fillAll(t, Options{Dir: first})
	log := slog.New(slog.DiscardHandler)
	there, err := Migrate(t.Context(), Move{Dir: first, To: url, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server := openWith(t, Options{Dir: t.TempDir(), URL: url})
	if server.StoreID() != id {
		t.Errorf("the identity was %s and is %s", id, server.StoreID())
	}
	err = server.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
		var n int64
		err := tx.Get(ctx, &n, `INSERT INTO history_series (kind, name, tool) VALUES ('tool', 'a', 'c') RETURNING id`)
		if n != 42 {
			t.Errorf("the next number is %d", n)
		}
		return errors.Join(err, errors.New("not to stay"))
	})
	if err == nil || !strings.Contains(err.Error(), "not to stay") {
		t.Error(err)
	}
	if err := server.writer.close(); err != nil { // the lock is free
		t.Fatal(err)
	}
	back, err := Migrate(t.Context(), Move{Dir: second, From: url, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	byName := func(a, b Copied) int { return strings.Compare(a.Table, b.Table) }
	slices.SortFunc(there, byName)
	slices.SortFunc(back, byName)
	if !slices.Equal(there, back) {
		t.Errorf("there %v\nback  %v", there, back)
	}
	for _, c := range there {
		if c.Table == "events" && c.Rows != 3*chunkRows+1 || c.Table == "providers" && c.Rows != 5 || c.Sum == "" {
			t.Errorf("%+v", c)
		}
	}
	if again := open(t, second); again.StoreID() != id {
		t.Errorf("the identity was %s and is %s", id, again.StoreID())
	}
}

func TestMigrateIsAllOrNothing(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, c := range map[string]struct {
		source, target string // what is done there before
		want           string
	}{
		"to a database that holds something": {target: `INSERT INTO streams VALUES ('s', 1)`, want: "not empty (table streams)"},
		"when the target changes what it is given": {
			target: `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.raw := NEW.raw || ''!''; RETURN NEW; END';
				CREATE TRIGGER spoil BEFORE INSERT ON provider_catalogue FOR EACH ROW EXECUTE FUNCTION spoil()`,
			want: "table provider_catalogue: the copy differs: 5 rows",
		},
		"when a text cannot be stored there": {source: "INSERT INTO streams VALUES ('a' || char(0), 1)", want: "table streams: a text holds a NUL"},
		"when a table is missing there":      {target: `DROP TABLE secrets`, want: "the databases have different tables"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, url := t.TempDir(), storetest.Database(t)
			fillAll(t, Options{Dir: dir})
			for _, do := range []struct {
				o     Options
				query string
			}{{Options{Dir: dir}, c.source}, {Options{Dir: t.TempDir(), URL: url}, c.target}} {
				do.o.Log = log
				db, err := Open(t.Context(), do.o)
				if err == nil && do.query != "" {
					err = db.Write(t.Context(), func(ctx context.Context, tx *Tx) error { return tx.conn.control(ctx, do.query) })
				}
				if err = errors.Join(err, db.Close()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := Migrate(t.Context(), Move{Dir: dir, To: url, Log: log}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("have %v, want %q", err, c.want)
			}
			var n int
			db := openWith(t, Options{Dir: t.TempDir(), URL: url})
			if err := db.Read().Get(t.Context(), &n, `SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM providers)`); err != nil || n != 0 {
				t.Errorf("%d rows are there, %v", n, err)
			}
		})
	}
}

func TestMigrateRefuses(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	if _, err := Migrate(t.Context(), Move{Dir: dir, Log: log}); err == nil || !strings.Contains(err.Error(), "the same one") {
		t.Errorf("onto itself: %v", err)
	}
	if _, err := Migrate(t.Context(), Move{Dir: dir, To: "postgres:///x", Log: log}); err == nil || !strings.Contains(err.Error(), "there is no database in "+dir) {
		t.Errorf("of nothing: %v", err)
	}
	open(t, dir)
	var locked *LockedError
	if _, err := Migrate(t.Context(), Move{Dir: dir, To: "postgres:///x", Log: log}); !errors.As(err, &locked) {
		t.Errorf("while it is in use: %v", err)
	}
}
