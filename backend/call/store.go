package call

import (
	"context"
	"encoding/json"
	"fmt"

	"hangar/backend/provider"
	"hangar/backend/store"
)

const (
	closedLevel = 9    // of a segment that is full
	fullRows    = 4096 // records of a segment at most, unless they came at once
	fanIn       = 16   // segments of one level that make one of the next
)

// head is a segment without its records.
type head struct {
	First     int64  `db:"first"`
	Last      int64  `db:"last"`
	Rows      int    `db:"rows"`
	Level     int    `db:"level"`
	MinAt     int64  `db:"min_at"`
	MaxAt     int64  `db:"max_at"`
	Providers []byte `db:"providers"`
}

// share is what a segment holds of one provider.
type share struct {
	Provider provider.ID `json:"p"`
	Records  int64       `json:"n"`
	Version  int64       `json:"v"` // of the last one
}

func (h head) shares() (out []share, err error) {
	if err := json.Unmarshal(h.Providers, &out); err != nil {
		return nil, fmt.Errorf("%w: %w", errSegment, err)
	}
	return out, nil
}

// made is a segment to be stored.
type made struct {
	head
	shares []share
	terms  terms
	data   []byte
}

// build makes a segment; it costs time, and so happens outside of the transaction.
func build(records []Record, level int) (made, error) {
	first, last, d := records[0], records[len(records)-1], newDraft(records)
	m := made{
		head:  head{First: first.Position, Last: last.Position, Rows: len(records), Level: level, MinAt: store.Micros(first.At), MaxAt: store.Micros(first.At)},
		terms: termsOf(records, d), data: d.encode(),
	}
	at := map[provider.ID]int{}
	for _, r := range records {
		i, known := at[r.Provider]
		if !known {
			i = len(m.shares)
			at[r.Provider] = i
			m.shares = append(m.shares, share{Provider: r.Provider})
		}
		m.shares[i].Records++
		m.shares[i].Version = r.Version
		m.MinAt, m.MaxAt = min(m.MinAt, store.Micros(r.At)), max(m.MaxAt, store.Micros(r.At))
	}
	var err error
	m.Providers, err = json.Marshal(m.shares)
	return m, err
}

func (m made) insert(ctx context.Context, tx *store.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO call_segments (first, last, rows, level, min_at, max_at, providers, terms, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, m.First, m.Last, m.Rows, m.Level, m.MinAt, m.MaxAt, string(m.Providers), []byte(m.terms), m.data)
	if err != nil {
		return fmt.Errorf("store a segment of calls: %w", err)
	}
	return nil
}

// count adds to the numbers of records; by is -1 for records that are removed.
func count(ctx context.Context, tx *store.Tx, shares []share, by int64) error {
	for _, s := range shares {
		_, err := tx.Exec(ctx, `INSERT INTO call_counts (provider, records) VALUES (?, ?)
			ON CONFLICT (provider) DO UPDATE SET records = call_counts.records + excluded.records`, string(s.Provider), by*s.Records)
		if err != nil {
			return fmt.Errorf("count the records of calls: %w", err)
		}
	}
	return nil
}

// chunks cuts records into full segments; the last one gets the level.
func chunks(records []Record, level int) ([]made, error) {
	var out []made
	for len(records) > 0 {
		n, l := min(len(records), fullRows), closedLevel
		if n == len(records) && n < fullRows/2 {
			l = level
		}
		m, err := build(records[:n], l)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
		records = records[n:]
	}
	return out, nil
}

// merge puts segments in the place of some that follow on one another. One that was removed meanwhile stops it: then the
// next attempt sees what is left.
func (k *Keeper) merge(ctx context.Context, old []head, level int) error {
	var records []Record
	for _, h := range old {
		found, err := k.load(ctx, h.First, nil)
		if err != nil {
			return err
		}
		records = append(records, found...)
	}
	merged, err := chunks(records, level)
	if err != nil {
		return err
	}
	return k.o.DB.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		var between int
		err := tx.Get(ctx, &between, `SELECT COUNT(*) FROM call_segments WHERE first BETWEEN ? AND ?`, old[0].First, old[len(old)-1].First)
		if err != nil {
			return err
		}
		if between != len(old) {
			return fmt.Errorf("%w: %d of %d are left", errGone, between, len(old))
		}
		for _, h := range old {
			if _, err := tx.Exec(ctx, `DELETE FROM call_segments WHERE first = ?`, h.First); err != nil {
				return err
			}
		}
		for _, m := range merged {
			if err := m.insert(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// load reads the records of a segment that are wanted.
func (k *Keeper) load(ctx context.Context, first int64, wanted func(s *segment) (func(i int) bool, error)) ([]Record, error) {
	var data []byte
	if err := k.o.DB.Read().Get(ctx, &data, `SELECT data FROM call_segments WHERE first = ?`, first); err != nil {
		return nil, fmt.Errorf("read a segment of calls: %w", err)
	}
	s, err := open(data)
	if err != nil {
		return nil, err
	}
	var match func(i int) bool
	if wanted != nil {
		if match, err = wanted(&s); match == nil || err != nil {
			return nil, err
		}
	}
	return s.records(match)
}
