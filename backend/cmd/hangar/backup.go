package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hangar/backend/backup"
	"hangar/backend/secret"
)

func backupCommand() *cobra.Command {
	var key bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the store into a file, while Hangar runs or not",
		Long: "Writes a consistent copy of the store into FILE. The key that opens stored secrets (secret.key) is left out unless --with-key is given:\n" +
			"without it a backup tells nobody a secret, and after a restore they have to be entered anew or the key brought along.",
		Args: cobra.ExactArgs(1),
	}
	load := storeSettings(cmd)
	cmd.Flags().BoolVar(&key, "with-key", false, "include the key that opens the secrets")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := load("")
		if err != nil {
			return err
		}
		if c.Storage.URL != "" {
			return usage("the store is in PostgreSQL: take its own backup (pg_dump), and keep %s of %s beside it", secret.KeyFile, c.DataDir)
		}
		m, err := backup.Make(cmd.Context(), backup.Options{Dir: c.DataDir, File: args[0], Key: key, Version: version})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: the store of %s up to event %d, %d bytes; verified\n", args[0], c.DataDir, m.Head, m.Files[0].Bytes)
		return err
	}
	return cmd
}

func restoreCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup into the data directory, verified before anything is touched",
		Args:  cobra.ExactArgs(1),
	}
	load := storeSettings(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "put a store that is there aside")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := load("")
		if err != nil {
			return err
		}
		if c.Storage.URL != "" {
			return usage("the store is in PostgreSQL: restore it there (pg_restore)")
		}
		r, err := backup.Restore(cmd.Context(), args[0], c.DataDir, force)
		if errors.Is(err, backup.ErrOccupied) {
			return fmt.Errorf("%w (--force)", err)
		}
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if _, err := fmt.Fprintf(out, "%s: the store is as of %s, up to event %d\n", c.DataDir, r.MadeAt.Format("2006-01-02 15:04:05 MST"), r.Head); err != nil {
			return err
		}
		if r.Aside != "" {
			_, err = fmt.Fprintf(out, "what was there is in %s\n", r.Aside)
		}
		return err
	}
	return cmd
}
