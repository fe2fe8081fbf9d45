package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hangar"
	"hangar/backend/app"
	"hangar/backend/auth"
	"hangar/backend/config"
	"hangar/backend/gateway"
	"hangar/backend/store"
)

// gcPercent takes a tenth off the processor time of a call, for some 20 MB more while calls come by the thousand
// (docs/performance.md). GOGC chooses another.
const gcPercent = 200

func serveCommand() *cobra.Command {
	var stdio bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server (default: http://127.0.0.1:8000, store in ./data, a sample configuration)",
		Long: "Run the server. Settings come from flags, then from HANGAR_* variables, then from the file, then from the defaults.\n" +
			"Without a file it starts with a sample configuration that works offline.",
		Args: cobra.NoArgs,
	}
	load := settings(cmd)
	cmd.Flags().BoolVar(&stdio, "stdio", false, "also serve MCP on stdin and stdout, for clients that start their servers")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := load("")
		if err != nil {
			return err
		}
		log := logs(c, cmd.ErrOrStderr())
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		o := app.Options{
			Config: c, Dist: hangar.Dist(), Version: version, Log: log.Logger, Level: log.Level, Hangup: hangup,
		}
		if stdio {
			o.Stdio = &app.Stdio{In: cmd.InOrStdin(), Out: cmd.OutOrStdout()}
		}
		return serve(cmd.Context(), o)
	}
	return cmd
}

// settings gives a command the flags of every setting, and says how they are loaded; a file that is not "" stands in for
// --config.
func settings(cmd *cobra.Command) (load func(file string) (*config.Config, error)) {
	named := cmd.Flags().String("config", "", "configuration file (YAML)")
	keys := config.Keys()
	for _, k := range keys {
		if k.Bool {
			cmd.Flags().Bool(k.Flag, k.Default == "true", k.Usage)
			continue
		}
		cmd.Flags().String(k.Flag, k.Default, k.Usage)
	}
	return func(file string) (*config.Config, error) {
		return config.Load(config.Source{File: cmp.Or(file, *named), Flags: given(cmd.Flags(), keys)})
	}
}

// storeSettings is settings for a command that works on the store itself: all flags are taken, so that a line written for serve
// serves here too, but the help shows those that say where the store is.
func storeSettings(cmd *cobra.Command) (load func(file string) (*config.Config, error)) {
	load = settings(cmd)
	for _, k := range config.Keys() {
		cmd.Flags().Lookup(k.Flag).Hidden = k.Flag != "data" && k.Flag != "storage-url"
	}
	return load
}

// given collects the flags that were set.
func given(flags *pflag.FlagSet, keys []config.Key) map[string]string {
	set := map[string]string{}
	for _, k := range keys {
		if f := flags.Lookup(k.Flag); f.Changed {
			set[k.Flag] = f.Value.String()
		}
	}
	return set
}

func logs(c *config.Config, out io.Writer) app.Logs {
	format := c.Logging.Format
	if format == "auto" {
		format = "json"
		if f, ok := out.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
				format = "text"
			}
		}
	}
	return app.NewLogs(out, format, c.Level())
}

// serve runs the app. On stdio a locked data directory means that an instance runs already: then this process only
// carries messages to it (decisions.md 21).
func serve(ctx context.Context, o app.Options) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	a, err := app.New(ctx, o)
	var locked *store.LockedError
	if errors.As(err, &locked) && o.Stdio != nil && locked.Holder.URL != "" {
		o.Log.Info("another instance holds the data directory; forwarding to it", "url", locked.Holder.URL)
		key, err := app.LocalKey(o.Config.DataDir)
		if err != nil {
			return fmt.Errorf("read the key of the running instance: %w", err)
		}
		return gateway.Forward(ctx, locked.Holder.URL+"/mcp", key, o.Stdio.In, o.Stdio.Out)
	}
	if err != nil {
		return err
	}
	// Tests and scripts that listen on port 0 read the address from this line.
	fmt.Fprintf(os.Stderr, "Hangar is listening on %s\n", a.URL())
	if link := a.SetupLink(); link != "" { // not through the log, which others may read
		fmt.Fprintf(os.Stderr, "Nobody can sign in yet. Within %s, open this once to become the admin:\n  %s\n", auth.SetupLife, link)
	}
	return a.Run(ctx)
}
