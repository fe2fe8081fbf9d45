package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
)

const (
	chunkRows   = 200
	chunkValues = 5000    // a statement has a limit of 32766
	chunkBytes  = 4 << 20 // of texts and bytes, so that a chunk fits in memory whatever the rows hold
)

// Move is what Migrate needs.
type Move struct {
	Dir      string       // the data directory; locked meanwhile
	From, To string       // URLs of PostgreSQL databases; empty: SQLite in the data directory
	Log      *slog.Logger // required
}

// Copied is a table that was copied and compared.
type Copied struct {
	Table string
	Rows  int64
	Sum   string // SHA-256 of its rows in the order of their key, the same on both sides
}

// Migrate copies everything that one database holds into an empty one, in one transaction, and compares row by row before
// it commits. The source stays as it is; both are brought to the newest schema first. The identity goes along, so that
// positions of the log mean the same in both.
func Migrate(ctx context.Context, m Move) (_ []Copied, err error) {
	if m.From == m.To {
		return nil, errors.New("the two databases are the same one")
	}
	if _, err := os.Stat(filepath.Join(m.Dir, "hangar.db")); m.From == "" && err != nil {
		return nil, fmt.Errorf("there is no database in %s: %w", m.Dir, err)
	}
	from, err := Open(ctx, Options{Dir: m.Dir, URL: m.From, Log: m.Log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to := &DB{log: m.Log}
	p, err := openParts(ctx, m.Dir, Options{URL: m.To, Instance: uuid.NewString(), Log: m.Log}) // under the same lock
	if err != nil {
		return nil, err
	}
	to.reader, to.writer = p.reader, p.writer
	defer func() { err = errors.Join(err, to.writer.close(), to.reader.db.Close()) }()
	return copyAll(ctx, from, to)
}

func copyAll(ctx context.Context, from, to *DB) ([]Copied, error) {
	list, err := tables(ctx, from.reader.db)
	if err != nil {
		return nil, err
	}
	there, err := tables(ctx, to.reader.db)
	if err == nil {
		err = errors.Join(same(list, there), empty(ctx, to, there))
	}
	if err != nil {
		return nil, err
	}
	if to.writer.link != nil {
		to.writer.link.limit = math.MaxInt64 // as long as it takes
	}
	var copied []Copied
	err = from.View(ctx, func(_ context.Context, q Querier) error {
		return to.Write(ctx, func(inside context.Context, tx *Tx) error {
			for _, t := range list {
				c, err := copyTable(ctx, inside, q, tx, t)
				if err != nil {
					return fmt.Errorf("table %s: %w", t.name, err)
				}
				copied = append(copied, c)
			}
			return renumber(inside, tx)
		})
	})
	if err != nil {
		return nil, err
	}
	return copied, nil
}

// seeded says of a table that its migration puts a row into it, which the copy replaces.
func seeded(name string) bool { return name == "store_info" || name == "log_head" }

func empty(ctx context.Context, db *DB, list []table) error {
	for _, t := range list {
		query := "SELECT COUNT(*) FROM " + quote(t.name)
		switch {
		case t.name == "log_head":
			query = "SELECT head FROM log_head"
		case seeded(t.name):
			continue
		}
		var n int64
		if err := db.Read().Get(ctx, &n, query); err != nil {
			return fmt.Errorf("look into table %s: %w", t.name, err)
		}
		if n > 0 {
			return fmt.Errorf("the database to fill is not empty (table %s): give an empty one, or move hangar.db and what is beside it away", t.name)
		}
	}
	return nil
}

// copyTable reads with ctx, which may end, and writes with inside, which must not.
func copyTable(ctx, inside context.Context, q Querier, tx *Tx, t table) (Copied, error) {
	if seeded(t.name) {
		if _, err := tx.Exec(inside, "DELETE FROM "+quote(t.name)); err != nil {
			return Copied{}, err
		}
	}
	var c chunk
	was, rows, err := walk(ctx, q, t, func(values []any) error {
		c.add(values)
		if !c.full(len(values)) {
			return nil
		}
		return c.insert(inside, tx, t)
	})
	if err == nil {
		err = c.insert(inside, tx, t)
	}
	if err != nil {
		return Copied{}, err
	}
	is, count, err := walk(inside, tx, t, func([]any) error { return nil })
	if err != nil {
		return Copied{}, err
	}
	if was != is || rows != count {
		return Copied{}, fmt.Errorf("the copy differs: %d rows with checksum %s became %d with %s", rows, was, count, is)
	}
	return Copied{t.name, rows, was}, nil
}

// walk reads a table in the order of its key, and gives the checksum and the number of its rows.
func walk(ctx context.Context, q Querier, t table, each func(values []any) error) (sum string, n int64, err error) {
	rows, err := q.Query(ctx, "SELECT "+quoted(t.columns)+" FROM "+quote(t.name)+" ORDER BY "+quoted(t.key))
	if err != nil {
		return "", 0, err
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return "", 0, err
		}
		for _, v := range values {
			if err := digest(h, v); err != nil {
				return "", 0, err
			}
		}
		if err := each(values); err != nil {
			return "", 0, err
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return "", 0, translate(err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// digest takes a value up so that no two rows look alike.
func digest(h hash.Hash, v any) error {
	var head [9]byte
	var body []byte
	switch v := v.(type) {
	case nil:
		head[0] = 'n'
	case int64:
		head[0] = 'i'
		binary.BigEndian.PutUint64(head[1:], uint64(v))
	case float64:
		head[0] = 'f'
		binary.BigEndian.PutUint64(head[1:], math.Float64bits(v))
	case string:
		head[0], body = 't', []byte(v)
		binary.BigEndian.PutUint64(head[1:], uint64(len(v)))
	case []byte:
		head[0], body = 'b', v
		binary.BigEndian.PutUint64(head[1:], uint64(len(v)))
	default:
		return fmt.Errorf("a column has values of type %T, which cannot be compared", v)
	}
	h.Write(head[:])
	h.Write(body)
	return nil
}

// chunk is rows that one statement inserts.
type chunk struct {
	rows, bytes int
	values      []any
}

func (c *chunk) add(values []any) {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			c.bytes += len(v)
		case []byte:
			c.bytes += len(v)
		}
	}
	c.values = append(c.values, values...)
	c.rows++
}

func (c *chunk) full(columns int) bool {
	return c.rows >= chunkRows || len(c.values)+columns > chunkValues || c.bytes >= chunkBytes
}

func (c *chunk) insert(ctx context.Context, tx *Tx, t table) error {
	if c.rows == 0 {
		return nil
	}
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.columns)), ", ") + ")"
	_, err := tx.Exec(ctx, "INSERT INTO "+quote(t.name)+" ("+quoted(t.columns)+") VALUES "+
		strings.TrimSuffix(strings.Repeat(one+", ", c.rows), ", "), c.values...)
	*c = chunk{values: c.values[:0]}
	return err
}

// renumber makes the server's own numbers go on where the copied ones end.
func renumber(ctx context.Context, tx *Tx) error {
	if !tx.conn.pg {
		return nil
	}
	var list []pair
	if err := tx.Select(ctx, &list, serverNumbers); err != nil {
		return err
	}
	for _, p := range list {
		_, err := tx.Exec(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), COALESCE(MAX(%s), 0) + 1, false) FROM %s",
			p.Table, p.Column, quote(p.Column), quote(p.Table)))
		if err != nil {
			return fmt.Errorf("number table %s: %w", p.Table, err)
		}
	}
	return nil
}

func quote(name string) string { return `"` + name + `"` }

func quoted(names []string) string { return quote(strings.Join(names, `", "`)) }
