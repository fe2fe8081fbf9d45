package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"hangar/backend/app"
)

// lite is how the command line names SQLite in the data directory.
const lite = "sqlite"

func migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate (--to URL | --from URL)",
		Short: "Copy all state from one database to another: SQLite to PostgreSQL, or back",
		Long: "Copy everything that Hangar knows from SQLite in the data directory to a PostgreSQL database (--to), or back (--from).\n" +
			"No instance may run meanwhile. The target must be empty; the source stays as it is. Every table is compared, row by row,\n" +
			"before anything is kept. Afterwards set storage.url to the new database, or remove it.\n" +
			"A URL may hold references, so that no password stands on the command line: 'postgres://hangar:${env:DB_PASSWORD}@db/hangar'.",
		Args: cobra.NoArgs,
	}
	from := cmd.Flags().String("from", lite, "the database to read: a PostgreSQL URL, or "+lite)
	to := cmd.Flags().String("to", lite, "the database to fill: a PostgreSQL URL, or "+lite)
	load := storeSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *from == *to {
			return usage("name one database with --to or --from\n%s", cmd.UseLine())
		}
		c, err := load("")
		if err != nil {
			return err
		}
		copied, err := app.Migrate(cmd.Context(), c, database(*from), database(*to), logs(c, cmd.ErrOrStderr()).Logger)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "TABLE\tROWS\tSHA-256 ON BOTH SIDES")
		rows := int64(0)
		for _, t := range copied {
			fmt.Fprintf(w, "%s\t%d\t%s\n", t.Table, t.Rows, t.Sum)
			rows += t.Rows
		}
		if err := w.Flush(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d tables, %d rows: copied and compared\n", len(copied), rows)
		return err
	}
	return cmd
}

func database(flag string) string {
	if flag == lite {
		return ""
	}
	return flag
}
