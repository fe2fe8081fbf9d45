package provider

import (
	"fmt"
	"time"
)

// NeedsSignIn is the type of the failure that no restart mends: a remote provider wants a person's consent first.
const NeedsSignIn = "AuthorizationRequiredError"

// Status is the one health sentence: computed here, rendered everywhere (design/ux.md section 1, decision 1).
type Status struct {
	Level   string `json:"level" enum:"ok,warn,error,off,busy" doc:"How much attention it needs"`
	Summary string `json:"summary" doc:"One sentence"`
	Detail  string `json:"detail" doc:"Why, when there is more to say"`
	Action  string `json:"action" enum:",start,logs,edit" doc:"What most likely helps"`
}

// Status words the state of a provider for a person.
func (p Provider) Status(stopping bool) Status {
	if stopping {
		return Status{Level: "busy", Summary: "Stopping"}
	}
	if p.Disabled != nil {
		return Status{
			Level: "error", Summary: fmt.Sprintf("Disabled after %s in a row", plural(p.Disabled.Cycles, "failure")),
			Detail: p.Disabled.Reason, Action: "start",
		}
	}
	switch p.State {
	case Ready:
		return p.readyStatus()
	case Initializing:
		return Status{Level: "busy", Summary: "Starting"}
	case Degraded:
		return p.failedStatus("warn", fmt.Sprintf("Failed %s in a row", times(p.Failures)))
	case Dead:
		return p.failedStatus("error", "Not running after a failure")
	}
	if p.Meta.StartedAt == nil {
		return Status{Level: "off", Summary: "Never started", Detail: "Starts with its first call", Action: "start"}
	}
	return Status{Level: "off", Summary: "Stopped", Detail: "Starts with the next call", Action: "start"}
}

func (p Provider) readyStatus() Status {
	if p.Failures > 0 {
		return Status{Level: "warn", Summary: fmt.Sprintf("Running, but failed %s in a row", health(p.Failures)), Action: "logs"}
	}
	s := Status{Level: "ok", Summary: fmt.Sprintf("Running with %s", plural(p.Tools, "tool"))}
	if p.Meta.StartedAt != nil {
		s.Detail = fmt.Sprintf("Started in %s", time.Duration(p.Meta.StartupDurationMS)*time.Millisecond)
	}
	return s
}

func (p Provider) failedStatus(level, summary string) Status {
	if p.LastError != nil && p.LastError.Type == NeedsSignIn {
		return Status{Level: "warn", Summary: "Waits for somebody to sign in", Detail: p.LastError.Message, Action: "start"}
	}
	s := Status{Level: level, Summary: summary, Action: "logs"}
	if p.RetryAt != nil {
		s.Summary = fmt.Sprintf("%s; restart %d of %d is due", summary, p.Cycles, p.Spec.DisableAfter()-1)
	}
	if p.LastError != nil {
		s.Detail = p.LastError.Message
		if p.LastError.Type == "ProviderStartError" && len(p.LastError.Stderr) == 0 {
			s.Action = "edit" // it never said a word: most likely the definition is wrong
		}
	}
	return s
}

func times(n int) string  { return plural(n, "time") }
func health(n int) string { return plural(n, "health check") }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
