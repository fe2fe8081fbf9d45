package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// Both are set by the linker (-X main.version, -X main.revision); only a release has a revision.
var (
	version  = "0.1.0-dev"
	revision = ""
)

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, and what it was built from and with",
		Args:  cobra.NoArgs,
	}
	asJSON := output(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		raw, err := asJSON()
		if err != nil {
			return err
		}
		about := struct {
			Version  string `json:"version"`
			Revision string `json:"revision"`
			Go       string `json:"go"`
			Platform string `json:"platform"`
		}{version, revision, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
		if raw {
			return writeJSON(cmd.OutOrStdout(), about)
		}
		line := fmt.Sprintf("hangar %s (%s, %s)", about.Version, about.Go, about.Platform)
		if revision != "" {
			line = fmt.Sprintf("hangar %s (%s, %s, %s)", about.Version, revision, about.Go, about.Platform)
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
		return err
	}
	return cmd
}
