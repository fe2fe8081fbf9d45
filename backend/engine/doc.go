// Package engine is the client of a container engine: Docker, or Podman through its compatible socket. Launch runs
// providers with it and discovery looks around with it.
//
// It speaks the Engine API and nothing else: there is no command line that a flag or a secret could get into. What a
// container may be is a type of our own (Container) that has no word for privileged, for the host's namespaces, for
// devices or for more capabilities; HostConfig, a pure function, turns it into what the engine is asked for. Zero values
// are the safe ones.
//
// Nothing is dialled until it is needed, and an engine that comes later, goes, or comes back is found again: every
// operation that cannot reach it fails with an UnavailableError, within its context.
//
// Owns: nothing stored. Uses: the moby client. Runs: two goroutines per attached container, until its Streams are closed.
package engine
