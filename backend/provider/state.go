package provider

import "fmt"

// State is where a provider stands in its life.
type State string

// The five states (reference/hangar.md 1.3). Only Ready answers calls.
const (
	Cold         State = "cold"
	Initializing State = "initializing"
	Ready        State = "ready"
	Degraded     State = "degraded"
	Dead         State = "dead"
)

// States lists them in the order of a life.
func States() []State { return []State{Cold, Initializing, Ready, Degraded, Dead} }

// Input is what can happen to a provider.
type Input string

// The inputs of Next.
const (
	Start       Input = "start"        // somebody wants it
	Up          Input = "up"           // the handshake succeeded
	StartFailed Input = "start_failed" // it did not, for the first times
	GaveUp      Input = "gave_up"      // it did not, once too often
	Unhealthy   Input = "unhealthy"    // probes failed up to the threshold
	Died        Input = "died"         // the process or connection is gone
	Stop        Input = "stop"         // by a person, by idleness, by shutdown
	Lost        Input = "lost"         // Hangar itself was gone; what ran then does not run now
)

// Inputs lists them.
func Inputs() []Input { return []Input{Start, Up, StartFailed, GaveUp, Unhealthy, Died, Stop, Lost} }

// TransitionError is an input that a state does not know.
type TransitionError struct {
	From  State
	Input Input
}

// Error names both.
func (e *TransitionError) Error() string {
	return fmt.Sprintf("a provider that is %s cannot take %q", e.From, e.Input)
}

// Next is the lifecycle: pure, and the only place that knows it. Staying in the same state is no change and no event.
func Next(from State, in Input) (State, error) {
	to, ok := table()[from][in]
	if !ok {
		return from, &TransitionError{From: from, Input: in}
	}
	return to, nil
}

func table() map[State]map[Input]State {
	return map[State]map[Input]State{
		Cold:         {Start: Initializing, Stop: Cold, Lost: Cold},
		Initializing: {Up: Ready, StartFailed: Dead, GaveUp: Degraded, Stop: Cold, Lost: Cold},
		Ready:        {Unhealthy: Degraded, Died: Dead, Stop: Cold, Lost: Cold},
		Degraded:     {Start: Initializing, Stop: Cold, Lost: Degraded},
		Dead:         {Start: Initializing, Stop: Cold, Lost: Dead},
	}
}
