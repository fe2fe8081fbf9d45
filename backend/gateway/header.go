package gateway

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

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
	if rq.msg.Method != "tools/call" {
		return nil
	}
	name, ok := mcp.String(rq.parts.name.Of(rq.msg.Params))
	if !ok {
		return nil // the method says what is wrong with it
	}
	return agree(h, headerName, name, true)
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
		if got, ok = decodeHeader(got); !ok {
			return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s cannot be decoded", key)
		}
	}
	if got != want {
		return mcp.Errorf(mcp.CodeHeaderMismatch, "header %s does not say what the body says", key)
	}
	return nil
}

const (
	sentinelOpen  = "=?base64?"
	sentinelClose = "?="
)

// decodeHeader reads a mirrored value: visible ASCII with inner spaces and tabs as it is, anything else as
// =?base64?...?= over UTF-8.
func decodeHeader(v string) (string, bool) {
	if inner, ok := cutSentinel(v); ok {
		b, err := base64.StdEncoding.Strict().DecodeString(inner)
		// Go's decoder skips line breaks; a header cannot hold any, so there are none to skip.
		if err != nil || !utf8.Valid(b) {
			return "", false
		}
		return string(b), true
	}
	return v, isPlain(v)
}

// encodeHeader writes a value so that decodeHeader reads it.
func encodeHeader(v string) string {
	if _, like := cutSentinel(v); !like && isPlain(v) && strings.Trim(v, " \t") == v {
		return v
	}
	return sentinelOpen + base64.StdEncoding.EncodeToString([]byte(v)) + sentinelClose
}

func cutSentinel(v string) (string, bool) {
	inner, ok := strings.CutPrefix(v, sentinelOpen)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, sentinelClose)
}

func isPlain(v string) bool {
	for i := range len(v) {
		if c := v[i]; (c < 0x20 && c != '\t') || c > 0x7e {
			return false
		}
	}
	return true
}

// accepts reports whether a client takes both forms of an answer. A request without Accept takes anything (RFC 9110,
// 12.5.1).
func accepts(h http.Header) bool {
	values := h["Accept"]
	if len(values) == 0 {
		return true
	}
	var object, stream bool
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			kind, _, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "*/*":
				return true
			case "application/json", "application/*":
				object = true
			case "text/event-stream", "text/*":
				stream = true
			}
		}
	}
	return object && stream
}

func isJSON(h http.Header) bool {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
