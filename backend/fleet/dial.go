package fleet

import (
	"context"
	"io"

	"hangar/backend/fault"
	"hangar/backend/launch"
	"hangar/backend/provider"
)

// Launch dials by the mode of a definition.
func Launch(l *launch.Launcher) Dial {
	return func(ctx context.Context, id provider.ID, spec provider.Spec, stderr *launch.Ring) (Wire, error) {
		switch spec.Mode {
		case provider.Subprocess:
			p, err := l.Start(ctx, launch.Spec{Provider: string(id), Command: spec.Command, Env: spec.Env}, stderr)
			if err != nil {
				return nil, err
			}
			return process{p}, nil
		default:
			return nil, fault.Named(fault.Unavailable, "ModeNotSupportedError",
				"this version of Hangar cannot run mode %q yet; subprocess works", string(spec.Mode))
		}
	}
}

// process is a launch.Process as a Wire.
type process struct{ *launch.Process }

// Stdin is the pipe to the process.
func (p process) Stdin() io.WriteCloser { return p.Process.Stdin() }
