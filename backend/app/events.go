package app

// Started: the process is up.
type Started struct {
	Version    string `json:"version"`
	InstanceID string `json:"instance_id"`
	Swept      int    `json:"swept"` // processes of an earlier run that were found and ended
}

// Kind is SystemStarted.
func (Started) Kind() string { return "SystemStarted" }

// Stream is system.
func (Started) Stream() string { return "system" }

// Stopped: the process ends in an orderly way.
type Stopped struct {
	Reason string `json:"reason"`
}

// Kind is SystemStopped.
func (Stopped) Kind() string { return "SystemStopped" }

// Stream is system.
func (Stopped) Stream() string { return "system" }
