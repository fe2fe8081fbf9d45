package gateway

import (
	"net/http"
	"strings"

	"hangar/backend/mcp"
)

// The headers of streamable HTTP, in net/http's spelling.
const (
	headerVersion = "Mcp-Protocol-Version"
	headerMethod  = "Mcp-Method"
	headerName    = "Mcp-Name"
	headerSession = "Mcp-Session-Id"
)

// checkHeaders holds the rule of 2026-07-28 that the mirrored headers say what the body says: whoever routes by a header
// must be able to rely on it.
func checkHeaders(h http.Header, rq *request) *mcp.Error {
	version, _ := mcp.String(rq.parts.version)
	if rq.parts.version != nil {
		if err := agree(h, headerVersion, version, false); err != nil {
			return err
		}
	}
	if rq.msg.IsNotification() { // the core has none; what is accepted and dropped is not judged
		return nil
	}
	if err := agree(h, headerMethod, rq.msg.Method, false); err != nil {
		return err
	}
	at, named := rq.named()
	if !named {
		return nil
	}
	name, ok := mcp.String(at.Of(rq.msg.Params))
	if !ok {
		return nil // the method says what is wrong with it
	}
	return agree(h, headerName, name, true)
}

// named is what Mcp-Name says of a request: whom or what it is for.
func (rq *request) named() (mcp.Span, bool) {
	switch rq.msg.Method {
	case mcp.MethodCallTool, mcp.MethodGetPrompt:
		return rq.parts.name, true
	case mcp.MethodRead:
		return rq.parts.uri, true
	case "tasks/get", "tasks/update", "tasks/cancel":
		return rq.parts.task, true
	}
	return mcp.Span{}, false
}

// checkMirrors holds the rule for arguments that are headers, too (x-mcp-header).
func checkMirrors(rq *request, e *entry) *mcp.Error {
	if rq.header == nil || rq.era != mcp.Stateless || e == nil {
		return nil
	}
	for _, m := range e.mirrors {
		key := http.CanonicalHeaderKey("Mcp-Param-" + m.Header)
		values := rq.header[key]
		want, has := m.Value(rq.msg.Params)
		switch {
		case !has && len(values) == 0:
		case !has:
			return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s is given for an argument that is not", key)
		case len(values) != 1:
			return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s is given %d times, not once", key, len(values))
		case !m.Is(values[0], want):
			return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s does not say what the argument says", key)
		}
	}
	return nil
}

// agree compares a header with what the body says. Values are case-sensitive; net/http has trimmed them.
func agree(h http.Header, key, want string, encoded bool) *mcp.Error {
	values := h[key]
	switch {
	case len(values) == 0:
		return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s is missing", key)
	case len(values) > 1:
		return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s is given %d times", key, len(values))
	}
	got := values[0]
	if encoded {
		var ok bool
		if got, ok = mcp.DecodeHeader(got); !ok {
			return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s cannot be decoded", key)
		}
	}
	if got != want {
		return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s does not say what the body says", key)
	}
	return nil
}

// accepts reports whether a client takes both forms of an answer.
func accepts(h http.Header) bool {
	object, stream := accepted(h)
	return object && stream
}

// accepted are the forms that a client takes. A request without Accept takes anything (RFC 9110, 12.5.1).
func accepted(h http.Header) (object, stream bool) {
	values := h["Accept"]
	if len(values) == 0 {
		return true, true
	}
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			kind, _, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "*/*":
				return true, true
			case "application/json", "application/*":
				object = true
			case "text/event-stream", "text/*":
				stream = true
			}
		}
	}
	return object, stream
}

func isJSON(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
