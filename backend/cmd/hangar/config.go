package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hangar/backend/app"
	"hangar/backend/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check, describe and export configurations"}
	cmd.AddCommand(checkCommand(), schemaCommand(), exportCommand(), referenceCommand())
	return cmd
}

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Tell everything that is wrong with a configuration",
		Long: "Tell everything that is wrong with a configuration, one line each: file:line:column: key: what is wrong.\n" +
			"Exit code 0: nothing is; 1: something is; 2: it could not be read.",
		Args: cobra.MaximumNArgs(1),
	}
	load := storeSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file := ""
		if len(args) > 0 {
			file = args[0]
		}
		c, err := load(file)
		var problems config.Problems
		switch {
		case errors.As(err, &problems):
			fmt.Fprintln(cmd.OutOrStdout(), problems)
			return &exitError{code: exitWrong}
		case err != nil:
			fmt.Fprintln(cmd.ErrOrStderr(), "hangar:", err)
			return &exitError{code: exitUsage}
		}
		name := c.File()
		if name == "" {
			name = "the built-in sample"
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: good (providers: %d, groups: %d)\n", name, len(c.Providers), len(c.Groups))
		return err
	}
	return cmd
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration file",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(schema))
			return err
		},
	}
}

func exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print the fleet of a data directory as a configuration file",
		Long: "Print the fleet of a data directory as a configuration file: every provider and group, whoever owns it. The directory is\n" +
			"that of --data, HANGAR_DATA or the file; an instance may run on it meanwhile. Secrets that are no references are not printed.",
		Args: cobra.NoArgs,
	}
	secrets := cmd.Flags().String("secrets", string(config.Mask), "what stands for a secret: mask (***, refused where it is read) or variables (${env:...})")
	load := storeSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		how := config.Secrets(*secrets)
		if how != config.Mask && how != config.Variables {
			return fmt.Errorf("--secrets must be %s or %s, not %q", config.Mask, config.Variables, *secrets)
		}
		c, err := load("")
		if err != nil {
			return err
		}
		out, err := app.Export(cmd.Context(), c, how)
		if err != nil {
			return err
		}
		if len(out.Secrets) > 0 {
			fmt.Fprintf(cmd.ErrOrStderr(), "%d secrets are not in it; its first lines name them\n", len(out.Secrets))
		}
		_, err = fmt.Fprint(cmd.OutOrStdout(), out.YAML)
		return err
	}
	return cmd
}

// referenceCommand is for `make gen`.
func referenceCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "reference",
		Short:  "Print docs/configuration.md",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), config.Reference())
			return err
		},
	}
}
