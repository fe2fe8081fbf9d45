// Package launch turns a Spec into a running provider: a byte stream to talk over, and the promise that whatever was
// started is gone after it ends.
//
// A subprocess gets its own process group, exactly three descriptors, an environment that is an allow-list, and where
// the kernel lets us a cgroup of its own, because a group does not hold a daemon that called setsid. It is stopped by a
// ladder: close stdin, wait, SIGTERM, wait, SIGKILL. When its first process is gone, for whatever reason, everything
// that it started is killed too. What a run of Hangar could not clean up itself (kill -9) the next one finds by markers
// in the environment and by the names of cgroups: Launcher.Sweep.
//
// A container (Docker) offers the same: Stdin, Stdout, PID, Done, Exit, Stop. Its definition is checked once more and
// turned into an engine.Container by a pure function; the engine attaches before it starts; the same ladder ends in the
// removal of the container. What was lost, by us or by its engine, is found by labels: Docker.Reconcile, at start and
// every minute.
//
// Owns: child processes, their pipes and cgroups, containers, Ring (the last lines of stderr). Uses: the operating system,
// engine. Runs: two goroutines per process (supervise, drain) until it is gone, one more while it is being stopped; per
// container those and the engine's; one per image that is being pulled.
package launch
