package invoke

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"hangar/backend/mcp"
	"hangar/backend/redact"
)

// Arguments says what the record of a call keeps of its arguments.
type Arguments string

// What it can be.
const (
	ArgumentsNone     Arguments = "none"
	ArgumentsDigest   Arguments = "digest"   // tells whether two calls were the same, and nothing else
	ArgumentsRedacted Arguments = "redacted" // secrets masked, by the names of members and by the shapes of values
	ArgumentsFull     Arguments = "full"
)

// maxKept is how many bytes of arguments a record keeps; what is longer is kept as its digest.
const maxKept = 8 << 10

// kept is what of a call's params goes into its record.
func kept(params json.RawMessage, how Arguments) string {
	if how == ArgumentsNone {
		return ""
	}
	arguments, ok := mcp.Get(params, "arguments")
	if !ok {
		return ""
	}
	if len(arguments) <= maxKept {
		switch how {
		case ArgumentsFull:
			return string(arguments)
		case ArgumentsRedacted:
			if text, err := json.Marshal(redact.Value(json.RawMessage(arguments))); err == nil {
				return string(text)
			}
		}
	}
	const name = "sha256:"
	var text [len(name) + 2*sha256.Size]byte
	sum := sha256.Sum256(arguments)
	hex.Encode(text[copy(text[:], name):], sum[:])
	return string(text[:])
}
