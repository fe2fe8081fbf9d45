package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"hangar/backend/store"
)

// Mirror is what is known of the registry that is mirrored.
type Mirror struct {
	Registry    string     // "" means none
	Generation  int64      // counts refreshes
	FullAt      *time.Time // when the last complete refresh began
	RefreshedAt *time.Time // when the last refresh began that came to its end
	FailedAt    *time.Time
	Error       string // why the last refresh failed; "" when it did not
	Entries     int    // that the cache holds
}

type mirrorRow struct {
	Registry    string        `db:"registry"`
	Generation  int64         `db:"generation"`
	FullAt      sql.NullInt64 `db:"full_at"`
	RefreshedAt sql.NullInt64 `db:"refreshed_at"`
	FailedAt    sql.NullInt64 `db:"failed_at"`
	Error       string        `db:"error"`
	Entries     int           `db:"entries"`
}

func loadMirror(ctx context.Context, q store.Querier) (Mirror, error) {
	var r mirrorRow
	err := q.Get(ctx, &r, `SELECT registry, generation, full_at, refreshed_at, failed_at, error,
    (SELECT COUNT(*) FROM catalog_entries WHERE source = 'registry') AS entries FROM catalog_mirror WHERE id = 1`)
	if errors.Is(err, sql.ErrNoRows) {
		return Mirror{}, nil
	}
	return Mirror{r.Registry, r.Generation, moment(r.FullAt), moment(r.RefreshedAt), moment(r.FailedAt), r.Error, r.Entries}, err
}

func moment(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := store.Time(n.Int64)
	return &t
}

// Mirror tells of the mirror.
func (s *Service) Mirror(ctx context.Context) (Mirror, error) { return loadMirror(ctx, s.o.DB.Read()) }

// UseRegistry says which registry is mirrored; "" means none. What the cache holds of another one is forgotten.
func (s *Service) UseRegistry(ctx context.Context, registry string) error {
	return s.write(ctx, "mirror registry", registry, func(ctx context.Context, tx *store.Tx) error {
		m, err := loadMirror(ctx, tx)
		if err != nil || m.Registry == registry {
			return err
		}
		for _, q := range []string{`DELETE FROM catalog_entries WHERE source = 'registry'`, `DELETE FROM catalog_mirror`} {
			if err := exec(ctx, tx, q); err != nil {
				return err
			}
		}
		if registry == "" {
			return nil
		}
		return exec(ctx, tx, `INSERT INTO catalog_mirror (id, registry, generation, error) VALUES (1, ?, 0, '')`, registry)
	})
}

// BeginRefresh counts a new generation, which what is fetched will belong to.
func (s *Service) BeginRefresh(ctx context.Context) (m Mirror, err error) {
	err = s.write(ctx, "refresh", "mirror", func(ctx context.Context, tx *store.Tx) error {
		if err := exec(ctx, tx, `UPDATE catalog_mirror SET generation = generation + 1`); err != nil {
			return err
		}
		m, err = loadMirror(ctx, tx)
		return err
	})
	return m, err
}

// Page is what one answer of a registry holds.
type Page struct {
	Entries []Entry
	Gone    []string // names of servers that were taken back, or that nothing here can run
}

// Keep stores a page of a refresh. Of a server that it names, what an earlier refresh left goes.
func (s *Service) Keep(ctx context.Context, generation int64, p Page) error {
	return s.write(ctx, "keep a page of the", "mirror", func(ctx context.Context, tx *store.Tx) error {
		names := append([]string{}, p.Gone...)
		for _, e := range p.Entries {
			e.ID, e.Source = mirroredID(e), Registry
			if err := save(ctx, tx, e, generation); err != nil {
				return err
			}
			names = append(names, e.Name)
		}
		for _, name := range names {
			err := exec(ctx, tx, `DELETE FROM catalog_entries WHERE source = 'registry' AND name = ? AND generation < ?`, name, generation)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// EndRefresh closes a refresh that saw everything (full) or what had changed. A full one removes what it did not see.
func (s *Service) EndRefresh(ctx context.Context, generation int64, began time.Time, full bool, kept int) (m Mirror, err error) {
	err = s.write(ctx, "end the refresh of the", "mirror", func(ctx context.Context, tx *store.Tx) error {
		before, err := loadMirror(ctx, tx)
		if err != nil {
			return err
		}
		if before.Generation != generation {
			return fmt.Errorf("refresh %d was overtaken by %d", generation, before.Generation)
		}
		at := store.Micros(began)
		if full {
			if err := exec(ctx, tx, `DELETE FROM catalog_entries WHERE source = 'registry' AND generation < ?`, generation); err != nil {
				return err
			}
			err = exec(ctx, tx, `UPDATE catalog_mirror SET full_at = ?, refreshed_at = ?, failed_at = NULL, error = ''`, at, at)
		} else {
			err = exec(ctx, tx, `UPDATE catalog_mirror SET refreshed_at = ?, failed_at = NULL, error = ''`, at)
		}
		if err != nil {
			return err
		}
		if m, err = loadMirror(ctx, tx); err != nil {
			return err
		}
		return s.o.Events.Append(ctx, tx, Mirrored{m.Registry, full, kept, max(before.Entries-m.Entries, 0), m.Entries})
	})
	return m, err
}

// FailRefresh notes why a refresh did not come to its end. The cache stays as it is.
func (s *Service) FailRefresh(ctx context.Context, why error) error {
	return s.write(ctx, "note the failed refresh of the", "mirror", func(ctx context.Context, tx *store.Tx) error {
		return exec(ctx, tx, `UPDATE catalog_mirror SET failed_at = ?, error = ?`, store.Micros(tx.Now()), why.Error())
	})
}

// mirroredID is the id of a mirrored entry. The digest keeps names apart that differ only in what an id cannot hold.
func mirroredID(e Entry) string {
	sum := sha256.Sum256([]byte(e.Name + "\n" + e.Variant))
	return strings.Trim(strings.ToLower(slug(e.Name, 100)), "-") + "-" + hex.EncodeToString(sum[:4])
}
