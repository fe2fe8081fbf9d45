package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hangar/backend/fault"
	"hangar/backend/storetest"
)

// newServerDB is newDB on PostgreSQL, whatever the suite runs on.
func newServerDB(t *testing.T, url string) *DB {
	t.Helper()
	db := openWith(t, Options{Dir: t.TempDir(), URL: url})
	makeThings(t, db)
	return db
}

func typeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Type
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it did not happen", what)
		}
	}
}

func TestACommitThatIsCutHasADefiniteEnd(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		mode   storetest.Cut
		stored bool
	}{
		"before the server saw it": {storetest.Before, false},
		"after the server did it":  {storetest.After, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, url := storetest.Through(t, storetest.Database(t))
			db := newServerDB(t, url)
			if err := db.Write(t.Context(), add("first")); err != nil {
				t.Fatal(err)
			}
			told := 0
			watched := func(ctx context.Context, tx *Tx) error {
				tx.AfterCommit(func() { told++ })
				return add("watched")(ctx, tx)
			}
			// The closure that holds the writer meanwhile must not take the cut.
			arm := func(context.Context, *Tx) error { p.Set(c.mode, false); return nil }
			errs := together(t, db, arm, watched, func(context.Context, *Tx) error { return boom }, add("c"))[1:]
			wantType, want, times := "StorageUnreachableError", []string{"first"}, 0
			if c.stored {
				wantType, want, times = "", []string{"first", "watched", "c"}, 1
			}
			if typeOf(errs[0]) != wantType || typeOf(errs[2]) != wantType {
				t.Errorf("errors: %v", errs)
			}
			if !errors.Is(errs[1], boom) {
				t.Errorf("the closure that failed by itself: %v", errs[1])
			}
			if got := names(t, db); !slices.Equal(got, want) || told != times {
				t.Errorf("rows: %v, told %d times", got, told)
			}
			if err := db.Write(t.Context(), add("next")); err != nil {
				t.Errorf("it must go on: %v", err)
			}
		})
	}
}

func TestACommitThatIsCutForLongIsToldOfAsUnknownAndSettledLater(t *testing.T) {
	for name, c := range map[string]struct {
		mode   storetest.Cut
		stored bool
	}{"not stored": {storetest.Before, false}, "stored": {storetest.After, true}} {
		t.Run(name, func(t *testing.T) {
			direct := storetest.Database(t)
			p, url := storetest.Through(t, direct)
			db := newServerDB(t, url)
			db.writer.link.patience = 50 * time.Millisecond
			told := make(chan struct{})
			p.Set(c.mode, true)
			err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
				tx.AfterCommit(func() { close(told) })
				return add("a")(ctx, tx)
			})
			if typeOf(err) != "StorageOutcomeUnknownError" || fault.From(err).Kind != fault.Unavailable {
				t.Fatalf("have %v", err)
			}
			if err := db.Write(t.Context(), add("b")); typeOf(err) != "StorageUnreachableError" {
				t.Errorf("while it is out of reach: %v", err)
			}
			if err := db.Health(); err != nil {
				t.Errorf("an outage is not the end: %v", err)
			}
			p.Set(storetest.Pass, false)
			if c.stored {
				<-told // without another write
			} else if eventually(t, "a write", func() bool { return db.Write(context.Background(), add("next")) == nil }); len(names(t, db)) != 1 {
				t.Errorf("rows: %v", names(t, db))
			}
		})
	}
}

func TestADatabaseThatSomebodyElseWroteToMeanwhileIsRefused(t *testing.T) {
	direct := storetest.Database(t)
	p, url := storetest.Through(t, direct)
	db := newServerDB(t, url)
	p.Set(storetest.Pass, true)
	p.Drop()
	other, err := Open(t.Context(), Options{Dir: t.TempDir(), URL: direct, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(other.Write(t.Context(), add("theirs")), other.Close())
	if err != nil {
		t.Fatal(err)
	}
	p.Set(storetest.Pass, false)
	eventually(t, "the refusal", func() bool {
		err = db.Write(context.Background(), add("ours"))
		return typeOf(err) != "StorageUnreachableError"
	})
	if typeOf(err) != "StorageReplacedError" || typeOf(db.Health()) != "StorageReplacedError" {
		t.Errorf("have %v, health %v", err, db.Health())
	}
	if got := names(t, db); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("rows: %v", got)
	}
}

func TestASilentServerCountsAsLost(t *testing.T) {
	p, url := storetest.Through(t, storetest.Database(t))
	db := newServerDB(t, url)
	db.writer.link.limit = 200 * time.Millisecond
	p.Set(storetest.Swallow, false)
	if err := db.Write(t.Context(), add("a")); typeOf(err) != "StorageUnreachableError" {
		t.Errorf("have %v", err)
	}
	db.Write(t.Context(), func(context.Context, *Tx) error { return nil }) //nolint:errcheck // of which limit is too short for a busy machine
	if got := names(t, db); len(got) != 0 {
		t.Errorf("rows: %v", got)
	}
}

func TestAServerThatIsRestartedOrKilledLosesNothingAcknowledged(t *testing.T) {
	server, url := storetest.Own(t)
	db := newServerDB(t, url)
	db.writer.link.patience = time.Minute // so that no answer is "unknown"
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var mu sync.Mutex
	acknowledged, refused, told := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				name := fmt.Sprintf("%d-%d", w, n)
				err := db.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
					tx.AfterCommit(func() { mu.Lock(); told[name] = true; mu.Unlock() })
					return add(name)(ctx, tx)
				})
				mu.Lock()
				switch typeOf(err) {
				case "":
					acknowledged[name] = true
				case "StorageUnreachableError":
					refused[name] = true
				default:
					t.Errorf("%v", err)
				}
				mu.Unlock()
				if err != nil {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	more := func() {
		t.Helper()
		mu.Lock()
		had := len(acknowledged)
		mu.Unlock()
		eventually(t, "more writes", func() bool { mu.Lock(); defer mu.Unlock(); return len(acknowledged) > had+100 })
	}
	for round, end := range []func() error{server.Stop, server.Kill, server.Stop, server.Kill} {
		more()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			// Where the end came in the middle of a COMMIT there is no refusal yet: all wait for how that one ended.
			for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
				mu.Lock()
				n := len(refused)
				mu.Unlock()
				if n > 0 {
					break
				}
			}
			if _, err := db.Read().Query(context.Background(), "SELECT 1"); typeOf(err) != "StorageUnreachableError" {
				t.Errorf("a read: %v", err)
			}
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		names(t, db) // the dead connections of the pool are not held against whoever reads
		if err := db.Ready(context.Background()); err != nil {
			t.Error(err)
		}
	}
	more()
	stop()
	wg.Wait()
	stored := map[string]bool{}
	for _, name := range names(t, db) {
		stored[name] = true
		if !acknowledged[name] {
			t.Errorf("%s is stored, and its caller was told that it is not", name)
		}
	}
	for name := range acknowledged {
		if !stored[name] || !told[name] {
			t.Errorf("%s was acknowledged: stored %v, announced %v", name, stored[name], told[name])
		}
	}
	if len(told) != len(acknowledged) {
		t.Errorf("%d were announced, %d acknowledged", len(told), len(acknowledged))
	}
	if err := db.Health(); err != nil {
		t.Error(err)
	}
}

func TestOneHangarPerDatabase(t *testing.T) {
	url := storetest.Database(t)
	db, err := Open(t.Context(), Options{Dir: t.TempDir(), URL: url, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseServer(url)
	if err != nil {
		t.Fatal(err)
	}
	l := &link{pool: s.pool("hangar-writer other", 1, nil), name: "hangar-writer other"}
	defer l.pool.Close()
	if _, err := l.connect(t.Context(), 0); typeOf(err) != "StorageBusyError" || !strings.Contains(err.Error(), "another Hangar uses the database (from this machine, since 20") {
		t.Errorf("have %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := l.connect(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c.discard()
}

func TestManyThatOpenAnEmptyDatabaseAtOnceMigrateItOnce(t *testing.T) {
	url := storetest.Database(t)
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() {
			db, err := Open(context.Background(), Options{Dir: t.TempDir(), URL: url, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = db.StoreID()
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if slices.Sort(ids); ids[0] == "" || ids[0] != ids[7] {
		t.Errorf("ids: %v", ids)
	}
}

func TestWhatTheServerRefusesHasItsKind(t *testing.T) {
	db := newServerDB(t, storetest.Database(t))
	raise := func(code string) string { return `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '` + code + `'; END $$` }
	for _, c := range []struct {
		query string
		kind  fault.Kind
		name  string
	}{
		{raise("53100"), fault.Full, "StorageFullError"},
		{raise("40P01"), fault.Unavailable, "StorageBusyError"},
		{raise("57P01"), fault.Unavailable, "StorageUnreachableError"},
		{raise("25006"), fault.Unavailable, "StorageUnreachableError"},
		{raise("08006"), fault.Unavailable, "StorageUnreachableError"},
		{raise("53300"), fault.Unavailable, "StorageUnreachableError"},
		{"INSERT INTO things (name) VALUES ('a'), ('a')", fault.Conflict, "ConflictError"},
		{"INSERT INTO provider_catalogue VALUES ('none', 'tool', 0, '', '')", fault.Conflict, "ConflictError"},
		{"SELECT nothing", fault.Broken, "InternalServerError"},
	} {
		err := db.Write(t.Context(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, c.query)
			return err
		})
		if f := fault.From(err); f.Kind != c.kind || f.Type != c.name {
			t.Errorf("%s: %v", c.query, err)
		}
	}
	for _, text := range []string{"a\x00b", "a\xff"} {
		if err := db.Write(t.Context(), add(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
		var n int
		if err := db.Read().Get(t.Context(), &n, "SELECT COUNT(*) FROM things WHERE name = ?", text); err != nil || n != 0 {
			t.Errorf("looking for %q: %d, %v", text, n, err)
		}
	}
}

func TestAnErrorThatAClosureLooksAwayFromFailsItAlone(t *testing.T) {
	db := newServerDB(t, storetest.Database(t))
	looksAway := func(ctx context.Context, tx *Tx) error {
		_ = errors.Join(add("x")(ctx, tx), add("x")(ctx, tx))
		return nil
	}
	errs := together(t, db, add("a"), looksAway, add("b"))
	if errs[0] != nil || !fault.Is(errs[1], fault.Conflict) || errs[2] != nil {
		t.Errorf("errors: %v", errs)
	}
	if err := db.Write(t.Context(), looksAway); !fault.Is(err, fault.Conflict) {
		t.Errorf("alone: %v", err)
	}
	if got := names(t, db); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("rows: %v", got)
	}
}

func TestAReaderOfPostgreSQLMustNotWrite(t *testing.T) {
	db := newServerDB(t, storetest.Database(t))
	var id string
	err := db.Read().Get(t.Context(), &id, "DELETE FROM store_info RETURNING id")
	if err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("have %v", err)
	}
}

func TestThePasswordOfTheURLIsNeverShown(t *testing.T) {
	const secret = "s3cr3t"
	for _, url := range []string{
		"postgres://me:" + secret + "@127.0.0.1:1/db",
		"postgres://me:" + secret + "@127.0.0.1:1/db?sslmode=none",
		"postgres://me:" + secret + "@127.0.0.1:port/db",
		"postgres://me:" + secret + "%zz@127.0.0.1:1/db",
		"mysql://me:" + secret + "@127.0.0.1/db",
	} {
		o := Options{Dir: t.TempDir(), URL: url, Log: slog.New(slog.DiscardHandler)}
		_, err := Open(t.Context(), o)
		peek := Peek(t.Context(), o, func(context.Context, Querier) error { return nil })
		for _, err := range []error{err, peek} {
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
}

// The order of texts must be the one of SQLite, and comparisons must not depend on the machine.
func TestTextsAreOrderedByTheirBytes(t *testing.T) {
	db := newServerDB(t, storetest.Database(t))
	var wrong []string
	err := db.Read().Select(t.Context(), &wrong, `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT IN ('things', 'goose_db_version') AND data_type NOT IN ('bigint', 'double precision', 'bytea')
		AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')`)
	if err != nil || len(wrong) > 0 {
		t.Errorf("columns that are neither numbers, bytes nor text of collation C: %v (%v)", wrong, err)
	}
}

// columns gives the shape of a database: "table.column type".
func columns(t *testing.T, db *sqlx.DB, query string) []string {
	t.Helper()
	var list []string
	if err := db.Select(&list, query); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	lite, server := open(t, t.TempDir()), openWith(t, Options{Dir: t.TempDir(), URL: storetest.Database(t)})
	a := columns(t, lite.reader.db, `SELECT m.name || '.' || c.name || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'REAL' THEN 'double precision'
		WHEN 'BLOB' THEN 'bytea' ELSE lower(c.type) END || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN '' ELSE ' null' END
		FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version'`)
	b := columns(t, server.reader.db, `SELECT table_name || '.' || column_name || ' ' || data_type || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('goose_db_version', 'store_commit')`)
	for _, c := range a {
		if !slices.Contains(b, c) {
			t.Errorf("PostgreSQL lacks %s", c)
		}
	}
	for _, c := range b {
		if !slices.Contains(a, c) {
			t.Errorf("SQLite lacks %s", c)
		}
	}
}
