package api

import (
	"context"
	"log/slog"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hangar/backend/fault"
)

func (a *API) logLevel(api huma.API) {
	huma.Register(api, op("GET", "/system/log-level", "get-log-level", "system", "Get the level of the log", 200), a.getLogLevel)
	huma.Register(api, op("PUT", "/system/log-level", "set-log-level", "system", "Change the level of the log, until the next restart", 200, 400, 409), a.setLogLevel)
}

type logLevelBody struct {
	Level string `json:"level" enum:"debug,info,warn,error"`
}

type logLevelOutput struct{ Body logLevelBody }

type logLevelInput struct{ Body logLevelBody }

func (a *API) getLogLevel(context.Context, *struct{}) (*logLevelOutput, error) {
	out := &logLevelOutput{}
	if a.Level != nil {
		out.Body.Level = strings.ToLower(a.Level.Level().String())
	}
	return out, nil
}

func (a *API) setLogLevel(ctx context.Context, in *logLevelInput) (*logLevelOutput, error) {
	if a.Level == nil {
		return nil, a.refuse(ctx, fault.New(fault.Conflict, "the level of this log is fixed"))
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(in.Body.Level)); err != nil { // the schema has checked it
		return nil, a.refuse(ctx, fault.Field("level", "%s", err))
	}
	old := strings.ToLower(a.Level.Level().String())
	if err := a.Tell(ctx, LogLevelChanged{old, in.Body.Level}); err != nil {
		return nil, a.refuse(ctx, err)
	}
	a.Level.Set(level)
	return &logLevelOutput{in.Body}, nil
}

// LogLevelChanged: somebody asked for more or fewer lines.
type LogLevelChanged struct {
	OldLevel string `json:"old_level"`
	NewLevel string `json:"new_level"`
}

// Kind is LogLevelChanged.
func (LogLevelChanged) Kind() string { return "LogLevelChanged" }

// Stream is system.
func (LogLevelChanged) Stream() string { return "system" }
