package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hangar/backend/app"
	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/store"
)

func keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make API keys without a running server",
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(createKeyCommand())
	return cmd
}

func createKeyCommand() *cobra.Command {
	var file, data, principal, name string
	var days int
	var bootstrap bool
	cmd := &cobra.Command{
		Use:   "create --bootstrap",
		Short: "Make an admin's key in a data directory that no Hangar uses: the way back in for whoever owns it",
		Long: "Makes a key for an admin, who comes to be one with it, and prints the key to standard output, once. It works on the\n" +
			"data directory itself and asks nobody, so it needs the right to write there, and Hangar must not run on it.",
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&bootstrap, "bootstrap", false, "make an admin's key on the data directory itself")
	cmd.Flags().StringVar(&file, "config", "", "configuration file (YAML), for its data directory")
	cmd.Flags().StringVar(&data, "data", "", "directory of the store (default data)")
	cmd.Flags().StringVar(&principal, "principal", "admin", "whose key it is")
	cmd.Flags().StringVar(&name, "name", "bootstrap", "how the key is called in lists")
	cmd.Flags().IntVar(&days, "expires-days", 0, "days until the key expires; 0 is never")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !bootstrap {
			return errors.New("a running Hangar makes keys itself (POST /api/auth/keys); for an admin's key without one, add --bootstrap")
		}
		flags := map[string]string{}
		if data != "" {
			flags["data"] = data
		}
		c, err := config.Load(config.Source{File: file, Flags: flags})
		if err != nil {
			return err
		}
		n := auth.NewKey{Principal: principal, Name: name, CreatedBy: "hangar keys"}
		if days > 0 {
			n.ExpiresAt = time.Now().AddDate(0, 0, days)
		}
		k, raw, err := app.Bootstrap(cmd.Context(), c, n, logs(c, cmd.ErrOrStderr()).Logger)
		var locked *store.LockedError
		if errors.As(err, &locked) {
			return fmt.Errorf("%w\nA Hangar that runs makes keys itself: sign in there and POST /api/auth/keys; or stop it, make the key, and start it again", locked)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "Key %s of admin %s, in %s. It is shown now and never again:\n", k.ID, k.Principal, c.DataDir)
		_, err = fmt.Fprintln(cmd.OutOrStdout(), raw)
		return err
	}
	return cmd
}
