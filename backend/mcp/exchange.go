package mcp

import (
	"context"
	"encoding/json"
)

// Exchange is one request on its way to a provider, in the newest revision's form: what it says of its hop is not in
// Params, because every hop says its own.
type Exchange struct {
	Method   string
	Params   json.RawMessage // one line, or nil; without the _meta keys of a hop and without a progress token
	Progress bool            // notifications/progress are wanted
	Client   Client
	Peer     Peer // nil: nobody is there to be told or asked anything
	Own      bool // it is Hangar's own, so nothing that a provider sends meanwhile belongs to it
}

// Client is who a request is made for, as far as a provider may know. The zero Client can do nothing but wait.
type Client struct {
	Era          Era
	Key          string          // tells clients apart; "" is nobody in particular
	Capabilities json.RawMessage // an object; nil: none
	LogLevel     string          // which log messages are wanted: "" none, LogAll whatever comes, else from this level on
	Outside      Peer            // takes what no request causes, where a conversation is for this client alone; nil: nobody
}

// LogAll is the level of a client of the session era that never chose one: the provider decides.
const LogAll = "*"

// Peer is the other side of a request while it runs.
type Peer interface {
	// Hear takes a notification that belongs to the request: in order, in the goroutine of the request, never after it
	// has returned.
	Hear(method string, params json.RawMessage)
	// Ask has the client answer a request of the provider's. The end of ctx ends the question. A refusal is a *Error.
	// Several questions may be asked at a time.
	Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error)
}

// The methods that are more to us than a name in a table.
const (
	MethodInitialize  = "initialize"
	MethodDiscover    = "server/discover"
	MethodListen      = "subscriptions/listen"
	MethodCallTool    = "tools/call"
	MethodGetPrompt   = "prompts/get"
	MethodRead        = "resources/read"
	MethodComplete    = "completion/complete"
	MethodSubscribe   = "resources/subscribe"
	MethodUnsubscribe = "resources/unsubscribe"
	MethodSetLevel    = "logging/setLevel"

	MethodElicit = "elicitation/create"
	MethodSample = "sampling/createMessage"
	MethodRoots  = "roots/list"

	NoteInitialized      = "notifications/initialized"
	NoteCancelled        = "notifications/cancelled"
	NoteProgress         = "notifications/progress"
	NoteMessage          = "notifications/message"
	NoteToolsChanged     = "notifications/tools/list_changed"
	NotePromptsChanged   = "notifications/prompts/list_changed"
	NoteResourcesChanged = "notifications/resources/list_changed"
	NoteUpdated          = "notifications/resources/updated"
	NoteRootsChanged     = "notifications/roots/list_changed"
	NoteAcknowledged     = "notifications/subscriptions/acknowledged"
	NoteElicited         = "notifications/elicitation/complete"
	NoteTask             = "notifications/tasks"
)

// The values of resultType in the core.
const (
	ResultComplete = "complete"
	ResultInput    = "input_required"
)

// Capable reports whether a client declared what it takes to answer a request of a provider's.
func Capable(capabilities json.RawMessage, method string, params json.RawMessage) bool {
	switch method {
	case MethodRoots:
		return declares(capabilities, "roots")
	case MethodSample:
		return declares(capabilities, "sampling")
	case MethodElicit:
		if mode, _ := GetString(params, "mode"); mode == "url" {
			return declares(capabilities, "elicitation", "url")
		}
		// An empty object means forms, and so does everything of before there were modes.
		return declares(capabilities, "elicitation") &&
			(declares(capabilities, "elicitation", "form") || !declares(capabilities, "elicitation", "url"))
	}
	return false
}

func declares(capabilities json.RawMessage, path ...string) bool {
	raw, ok := Get(capabilities, path...)
	return ok && len(raw) > 0 && raw[0] == '{'
}

// levels are the severities of log messages (RFC 5424), the least first.
func levels() []string {
	return []string{"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"}
}

// LevelRank orders log levels; false when there is no such level.
func LevelRank(level string) (int, bool) {
	for i, l := range levels() {
		if l == level {
			return i, true
		}
	}
	return 0, false
}

// WantsLog reports whether a log message is one that a client asked for.
func (c Client) WantsLog(params json.RawMessage) bool {
	if c.LogLevel == "" || c.LogLevel == LogAll {
		return c.LogLevel == LogAll
	}
	least, _ := LevelRank(c.LogLevel)
	level, _ := GetString(params, "level")
	got, known := LevelRank(level)
	return !known || got >= least
}
