// Command hangar is the control plane and gateway for MCP servers, in one binary: flags and subcommands only, the rest
// is package app.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	_ "golang.org/x/crypto/x509roots/fallback" // where the system has no roots: an image with nothing in it but this program

	"hangar/backend/app"
	"hangar/backend/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	os.Exit(conclude(err, os.Stderr))
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "hangar",
		Short:         "Control plane and gateway for MCP servers",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage("%w\n%s", err, cmd.UseLine()) })
	cmd.AddCommand(serveCommand(), keysCommand(), demoCommand(), configCommand(), openapiCommand(), versionCommand())
	cmd.AddCommand(importCommand(), callCommand(), statusCommand())
	cmd.AddCommand(backupCommand(), restoreCommand(), migrateCommand())
	complain(cmd)
	return cmd
}

func demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Be the demo MCP server, on stdin and stdout",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.Serve(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

func openapiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "openapi",
		Short: "Print the OpenAPI document",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			doc, err := app.OpenAPI()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(doc)
			return err
		},
	}
}
