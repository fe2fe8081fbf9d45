package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"hangar/backend/auth"
	"hangar/backend/mcp"
)

// request is one request or notification with all that we look at of it. The rest of it nobody decodes. It is the
// mcp.Peer of the exchange that it causes.
type request struct {
	g       *Gateway
	msg     mcp.Message
	door    door
	era     mcp.Era
	client  string // how the client calls itself
	parts   parts
	header  http.Header // of HTTP in the stateless era; nil elsewhere
	contact             // to the client

	// released says that nothing keeps the bytes of msg once the request is answered, so that their memory is used again.
	// Only who knows where all of them went may say so: a request can be parked, its arguments kept for later.
	released bool
}

// contact is how a client is reached while a request of its runs.
type contact struct {
	send     func(frame []byte) // before the answer; nil: there is no way
	key      string             // tells clients apart
	declared json.RawMessage    // the capabilities of a client of the session era
	level    string             // its log level
	asker    *asker             // of the session era
	outside  mcp.Peer           // takes what no request causes; nil: nobody
	follow   *subscriber        // of the session era
	chose    func(level string) // keeps the log level of a session
}

// parts are the members of params that a relay judges, raw; nil where absent.
type parts struct {
	name, cursor, uri, task     mcp.Span
	state, responses            mcp.Span
	metaAt                      mcp.Span
	meta                        json.RawMessage
	token                       json.RawMessage
	version, info, capabilities json.RawMessage
	level                       json.RawMessage
}

// readParts finds them in one walk over params and one over _meta.
func readParts(params json.RawMessage) (parts, *mcp.Error) {
	var p parts
	if params == nil {
		return p, nil
	}
	var at [7]mcp.Span
	if err := mcp.Locate(params, at[:], "name", "_meta", "cursor", "uri", "taskId", "requestState", "inputResponses"); err != nil {
		return p, mcp.Errorf(mcp.CodeInvalidParams, "params: %s", err)
	}
	p.name, p.metaAt, p.cursor, p.uri, p.task, p.state, p.responses = at[0], at[1], at[2], at[3], at[4], at[5], at[6]
	if p.meta = p.metaAt.Of(params); p.meta == nil {
		return p, nil
	}
	var in [5]mcp.Span
	if err := mcp.Locate(p.meta, in[:], "progressToken", mcp.MetaVersion, mcp.MetaClientInfo, mcp.MetaClientCapabilities, mcp.MetaLogLevel); err != nil {
		return p, mcp.Errorf(mcp.CodeInvalidParams, "params._meta: %s", err)
	}
	p.token, p.version, p.info, p.capabilities, p.level = in[0].Of(p.meta), in[1].Of(p.meta), in[2].Of(p.meta), in[3].Of(p.meta), in[4].Of(p.meta)
	if p.token != nil && !isID(p.token) {
		return p, mcp.Errorf(mcp.CodeInvalidParams, "params._meta.progressToken must be a string or a number")
	}
	return p, nil
}

func isID(raw json.RawMessage) bool {
	return raw[0] == '"' || raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9')
}

// eraOf decides for one request by itself; no connection remembers an answer. claimed is the MCP-Protocol-Version header
// of a request without a session, "" elsewhere: a client that claims a version beyond the session era, or asks for
// server/discover, is to be told what its request lacks, not that it lacks a session.
func eraOf(m *mcp.Message, p parts, claimed string) mcp.Era {
	if p.version != nil || m.Method == mcp.MethodDiscover {
		return mcp.Stateless
	}
	if era, known := mcp.EraOf(claimed); claimed != "" && (!known || era == mcp.Stateless) {
		return mcp.Stateless
	}
	return mcp.Session
}

// checkStateless holds the rules of 2026-07-28 for what a request says of itself. The headers were checked before, since
// a request that contradicts itself is not judged by one of its halves.
func checkStateless(p parts) *mcp.Error {
	version, ok := mcp.String(p.version)
	if !ok {
		return mcp.Errorf(mcp.CodeInvalidParams, "params._meta[%q] is missing or not a string", mcp.MetaVersion)
	}
	if era, known := mcp.EraOf(version); !known || era != mcp.Stateless {
		return unsupported(version)
	}
	if p.capabilities == nil || p.capabilities[0] != '{' {
		return mcp.Errorf(mcp.CodeInvalidParams, "params._meta[%q] is missing or not an object", mcp.MetaClientCapabilities)
	}
	if p.level != nil {
		level, _ := mcp.String(p.level)
		if _, known := mcp.LevelRank(level); !known {
			return mcp.Errorf(mcp.CodeInvalidParams, "params._meta[%q] is no log level", mcp.MetaLogLevel)
		}
	}
	return nil
}

// unsupported is the answer to a version that we do not speak in the form in which it was claimed.
func unsupported(version string) *mcp.Error {
	e := mcp.Errorf(mcp.CodeUnsupportedVersion, "protocol version %q is not supported here", version)
	e.Data = encode(struct {
		Supported []string `json:"supported"`
		Requested string   `json:"requested"`
	}{mcp.Supported(), version})
	return e
}

// encode is for what we say ourselves: plain structs that always encode.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return b
}

// clientName is how the log calls a client.
func clientName(info json.RawMessage) string {
	name, ok := mcp.GetString(info, "name")
	if !ok || name == "" {
		return "unknown"
	}
	return strings.ToValidUTF8(name[:min(len(name), 128)], "")
}

// reserved is the prefix of the _meta keys by which a stateless request describes its hop.
const reserved = "io.modelcontextprotocol/"

// upstreamParams is params as the provider gets them: its own name for what is asked for, at the place where the client's
// stands; without the client's progress token, since tokens are ours on that side; and without what a stateless client
// said of its hop, which is said anew.
func (rq *request) upstreamParams(at mcp.Span, own string) (json.RawMessage, *mcp.Error) {
	p, params := rq.parts, rq.msg.Params
	edits := make([]mcp.Edit, 0, 2)
	if known, _ := mcp.String(at.Of(params)); at.Found() && known != own {
		edits = append(edits, mcp.Edit{At: at, With: mcp.Quote(own)})
	}
	if p.token != nil || (rq.era == mcp.Stateless && p.meta != nil) {
		meta, err := mcp.Filter(p.meta, func(key string) bool {
			return key != "progressToken" && (rq.era == mcp.Session || !strings.HasPrefix(key, reserved))
		})
		if err != nil {
			return nil, mcp.Errorf(mcp.CodeInvalidParams, "params._meta: %s", err)
		}
		edits = append(edits, mcp.Edit{At: p.metaAt, With: meta})
	}
	if len(edits) == 0 {
		return params, nil
	}
	if len(edits) == 2 && edits[0].At.Start > edits[1].At.Start {
		edits[0], edits[1] = edits[1], edits[0]
	}
	return mcp.Splice(params, edits...), nil
}

// capabilities are what the client declared, for this request or when it opened its session.
func (rq *request) capabilities() json.RawMessage {
	if rq.era == mcp.Stateless {
		return rq.parts.capabilities
	}
	return rq.declared
}

// asks reports a client that could be asked something.
func (rq *request) asks() bool { return len(rq.capabilities()) > len(`{}`) }

// who is who the request is made for, as a provider may know.
func (rq *request) who(ctx context.Context, to target) mcp.Client {
	c := mcp.Client{Era: rq.era, Key: rq.key, Capabilities: rq.capabilities(), LogLevel: rq.level, Outside: rq.outside}
	if rq.era == mcp.Session {
		return c
	}
	c.LogLevel, _ = mcp.String(rq.parts.level)
	if c.Key == "" && !rq.g.stateless(to.provider) { // a provider of that era does not tell clients apart by sessions
		who, _ := auth.CallerFrom(ctx)
		c.Key = "principal " + who.Principal + " " + string(c.Capabilities)
	}
	return c
}

// Hear passes a notification on to the client, a report of progress under the client's own token.
func (rq *request) Hear(method string, params json.RawMessage) {
	if rq.send == nil {
		return
	}
	if method == mcp.NoteProgress {
		own, err := mcp.Set(params, rq.parts.token, "progressToken")
		if rq.parts.token == nil || err != nil {
			return
		}
		params = own
	}
	rq.send(mcp.AppendNotification(make([]byte, 0, len(params)+80), method, params))
}

// Ask asks a client of the session era, on the stream of this request.
func (rq *request) Ask(ctx context.Context, method string, params json.RawMessage) (json.RawMessage, error) {
	if rq.asker == nil || rq.send == nil || rq.era == mcp.Stateless {
		return nil, mcp.Errorf(mcp.CodeMethodNotFound, "the client cannot be asked")
	}
	if !mcp.Capable(rq.declared, method, params) {
		return nil, mcp.Errorf(mcp.CodeMethodNotFound, "the client does not take %s", method)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, rq.g.opts.AskPatience, errNoAnswer)
	defer cancel()
	return rq.asker.ask(ctx, rq.send, method, params)
}

var errNoAnswer = errors.New("the client did not answer in time")

// permitted gives each method the permission that the one table of doors names.
func permitted(all []method, rules map[string]auth.Permission) (map[string]method, error) {
	out := make(map[string]method, len(all))
	for _, m := range all {
		permission, ok := rules["MCP "+m.name]
		if !ok {
			return nil, &undeclaredError{m.name}
		}
		m.permission = permission
		out[m.name] = m
	}
	return out, nil
}

type undeclaredError struct{ method string }

// Error names the method.
func (e *undeclaredError) Error() string {
	return "gateway: no permission is declared for MCP method " + e.method
}
