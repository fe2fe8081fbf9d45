package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
)

// table is what two databases must agree on to exchange rows.
type table struct {
	name    string
	columns []string // in order
	key     []string // the primary key, in order
	needs   []string // tables that it refers to
}

const (
	liteColumns = `SELECT m.name AS tab, c.name AS col, c.pk AS key FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name <> 'goose_db_version' ORDER BY m.name, c.cid`
	liteNeeds = `SELECT DISTINCT m.name AS tab, f."table" AS col FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`

	serverColumns = `SELECT c.relname AS tab, a.attname AS col, COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0) AS key
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname NOT IN ('goose_db_version', 'store_commit')
		ORDER BY c.relname, a.attnum`
	serverNeeds = `SELECT DISTINCT c.relname AS tab, f.relname AS col FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
		JOIN pg_class f ON f.oid = n.confrelid WHERE n.contype = 'f' AND n.connamespace = current_schema()::regnamespace`
	// What the server numbers by itself goes on after the highest number that is there.
	serverNumbers = `SELECT table_name AS tab, column_name AS col FROM information_schema.columns
		WHERE table_schema = current_schema() AND is_identity = 'YES'`
)

// pair is a row of the queries above.
type pair struct {
	Table  string `db:"tab"`
	Column string `db:"col"`
	Key    int    `db:"key"`
}

// tables lists all but those that belong to the database itself: a table stands after those that it refers to.
func tables(ctx context.Context, db *sqlx.DB) ([]table, error) {
	columns, needs := liteColumns, liteNeeds
	if isPostgres(db) {
		columns, needs = serverColumns, serverNeeds
	}
	var cols, refs []pair
	if err := db.SelectContext(ctx, &cols, columns); err != nil {
		return nil, fmt.Errorf("list the tables: %w", translate(err))
	}
	if err := db.SelectContext(ctx, &refs, needs); err != nil {
		return nil, fmt.Errorf("list what the tables refer to: %w", translate(err))
	}
	var list []table
	for _, c := range cols {
		if len(list) == 0 || list[len(list)-1].name != c.Table {
			list = append(list, table{name: c.Table})
		}
		t := &list[len(list)-1]
		t.columns = append(t.columns, c.Column)
		if c.Key > 0 {
			t.key = append(t.key, "")
		}
	}
	for _, c := range cols {
		if c.Key > 0 {
			list[slices.IndexFunc(list, func(t table) bool { return t.name == c.Table })].key[c.Key-1] = c.Column
		}
	}
	for _, r := range refs {
		if i := slices.IndexFunc(list, func(t table) bool { return t.name == r.Table }); i >= 0 && r.Column != r.Table {
			list[i].needs = append(list[i].needs, r.Column)
		}
	}
	return inOrder(list)
}

// inOrder puts what is referred to before what refers to it.
func inOrder(list []table) ([]table, error) {
	var out []table
	done := map[string]bool{}
	for len(out) < len(list) {
		before := len(out)
		for _, t := range list {
			if !done[t.name] && !slices.ContainsFunc(t.needs, func(n string) bool { return !done[n] }) {
				out, done[t.name] = append(out, t), true
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("the tables refer to each other in a circle")
		}
	}
	return out, nil
}

// same checks that rows of one database fit into the other, whatever the order of the columns.
func same(a, b []table) error {
	names := func(list []table) []string {
		var all []string
		for _, t := range list {
			for _, c := range t.columns {
				all = append(all, t.name+"."+c)
			}
		}
		slices.Sort(all)
		return all
	}
	if x, y := names(a), names(b); !slices.Equal(x, y) {
		return fmt.Errorf("the databases have different tables: %v and %v", x, y)
	}
	return nil
}
