package mcp

import "slices"

// Era is how a revision carries state.
type Era uint8

const (
	// Session is 2024-11-05 to 2025-11-25: initialize, then a session.
	Session Era = iota
	// Stateless is 2026-07-28 on: every request describes itself.
	Stateless
)

// Latest is the newest revision; Hangar's internal form.
const Latest = "2026-07-28"

// LatestSession is the newest revision of the session era.
const LatestSession = "2025-11-25"

type revision struct {
	name string
	era  Era
}

// revisions is the table of what we speak, newest first.
func revisions() []revision {
	return []revision{
		{Latest, Stateless},
		{LatestSession, Session},
		{"2025-06-18", Session},
		{"2025-03-26", Session},
		{"2024-11-05", Session},
	}
}

// Supported lists the revisions, newest first.
func Supported() []string {
	var out []string
	for _, r := range revisions() {
		out = append(out, r.name)
	}
	return out
}

// EraOf tells the era of a revision that we speak.
func EraOf(version string) (Era, bool) {
	for _, r := range revisions() {
		if r.name == version {
			return r.era, true
		}
	}
	return Session, false
}

// Negotiate answers `initialize`: the requested revision when it is one of the session era, else the newest of that era.
func Negotiate(requested string) string {
	if era, ok := EraOf(requested); ok && era == Session {
		return requested
	}
	return LatestSession
}

// The keys that 2026-07-28 defines in _meta.
const (
	MetaVersion            = "io.modelcontextprotocol/protocolVersion"
	MetaClientInfo         = "io.modelcontextprotocol/clientInfo"
	MetaClientCapabilities = "io.modelcontextprotocol/clientCapabilities"
	MetaServerInfo         = "io.modelcontextprotocol/serverInfo"
	MetaLogLevel           = "io.modelcontextprotocol/logLevel"
	MetaSubscription       = "io.modelcontextprotocol/subscriptionId"
)

// HasVersion reports whether version is one that we speak.
func HasVersion(version string) bool { return slices.Contains(Supported(), version) }
