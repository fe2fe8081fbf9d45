package fleet

import (
	"context"
	"io"
	"time"

	"hangar/backend/fault"
	"hangar/backend/launch"
	"hangar/backend/provider"
	"hangar/backend/reference"
	"hangar/backend/upstream"
)

// Means is what the modes are run with. A mode whose means are missing cannot be run.
type Means struct {
	Launcher *launch.Launcher
	Docker   *launch.Docker
	Remotes  *upstream.Remotes
}

// Launch dials by the mode of a definition.
func Launch(m Means) Dial {
	return func(ctx context.Context, p provider.Provider, o upstream.Options, stderr *launch.Ring, stage launch.Stage) (Link, error) {
		p, err := p.Resolved(reference.Source{}) // secrets are read for this one start
		if err != nil {
			return Link{}, err
		}
		if stderr != nil {
			o.Strange = strange(stderr)
		}
		switch {
		case p.Spec.Mode == provider.Subprocess && m.Launcher != nil:
			stage("launching", p.Spec.Command[0])
			started, err := m.Launcher.Start(ctx, launch.Spec{Provider: string(p.ID), Command: p.Spec.Command, Env: p.Spec.Env}, stderr)
			if err != nil {
				return Link{}, err
			}
			return over(process{started}, o), nil
		case p.Spec.Mode == provider.Docker && m.Docker != nil:
			started, err := m.Docker.Start(ctx, string(p.ID), p.Spec, stderr, stage)
			if err != nil {
				return Link{}, err
			}
			return over(started, o), nil
		case p.Spec.Mode == provider.Remote && m.Remotes != nil:
			stage("connecting", "")
			remote, err := m.Remotes.Open(p, o)
			if err != nil {
				return Link{}, err
			}
			return Link{Conn: remote, Wire: far{remote}}, nil
		default:
			return Link{}, fault.Named(fault.Unavailable, "ModeNotSupportedError",
				"this Hangar cannot run mode %q", string(p.Spec.Mode))
		}
	}
}

// strange puts what a provider wrongly writes to stdout among its log lines, where somebody looks for it.
func strange(lines *launch.Ring) func(line string, more bool) {
	return func(line string, more bool) {
		text := "[hangar] on stdout, where only messages of MCP belong (logs go to stderr): " + line
		if more {
			text += " [what else is no message is only counted]"
		}
		lines.Append(time.Now(), text)
	}
}

// pipe is a Wire that speaks on its stdin and stdout: a process or a container.
type pipe interface {
	Wire
	Stdin() io.WriteCloser
	Stdout() io.Reader
}

func over(p pipe, o upstream.Options) Link {
	return Link{Conn: upstream.Open(p.Stdin(), p.Stdout(), o), Wire: p}
}

// process is a launch.Process as a pipe.
type process struct{ *launch.Process }

// Stdin is the pipe to the process.
func (p process) Stdin() io.WriteCloser { return p.Process.Stdin() }
