package bridge

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hangar/backend/mcp"
)

// Bound is what a state is good for.
type Bound struct {
	Principal string `json:"p"`
	Door      string `json:"d"`
	Request   string `json:"r"` // Digest
}

// State is what a client keeps for us.
type State struct {
	Kind    string `json:"k"` // one of the kinds below
	Bound   Bound  `json:"b"`
	Expires int64  `json:"x"` // unix seconds
	// Parked is the place of a live request, in the process named by Instance.
	Parked   string `json:"i,omitempty"`
	Instance string `json:"n,omitempty"`
	// Provider is whom the next round goes to; Upstream is what that gave us to keep, nil when it gave nothing.
	Provider string  `json:"v,omitempty"`
	Upstream *string `json:"s,omitempty"`
	// Keys are the keys of input requests that were renamed on the way.
	Task string `json:"t,omitempty"`
}

// The kinds of state.
const (
	Parked = "parked" // resume a live request
	Relay  = "relay"  // pass the round on, with what the provider gave us to keep
	Again  = "again"  // make the request anew: what it waited for happened elsewhere
	Task   = "task"   // the id of a task
)

// ErrState is a state that is not ours, not for this request, or too old.
var ErrState = errors.New("the requestState is not valid for this request")

// Sealer seals states. The first key seals, all open.
type Sealer struct{ keys []cipher.AEAD }

// NewSealer takes keys of 32 bytes, at least one.
func NewSealer(keys ...[]byte) (*Sealer, error) {
	if len(keys) == 0 {
		return nil, errors.New("bridge: a sealer needs a key")
	}
	s := &Sealer{}
	for _, k := range keys {
		block, err := aes.NewCipher(k)
		if err != nil {
			return nil, fmt.Errorf("bridge: %w", err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("bridge: %w", err)
		}
		s.keys = append(s.keys, aead)
	}
	return s, nil
}

// Seal gives a state in a form that only we can read or change.
func (s *Sealer) Seal(state State, ttl time.Duration) string {
	state.Expires = time.Now().Add(ttl).Unix()
	plain, err := json.Marshal(state)
	if err != nil { // strings and numbers
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(s.keys[0].Seal(nil, nil, plain, nil))
}

// Open reads a state that was given for the same principal, door and request; anything else is ErrState.
func (s *Sealer) Open(sealed string, b Bound) (State, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return State{}, ErrState
	}
	for _, k := range s.keys {
		plain, err := k.Open(nil, nil, raw, nil)
		if err != nil {
			continue
		}
		var state State
		if json.Unmarshal(plain, &state) != nil || state.Bound != b || time.Now().Unix() > state.Expires {
			return State{}, ErrState
		}
		return state, nil
	}
	return State{}, ErrState
}

// Digest names a request by its method, what it is about, and its arguments; how those are written does not matter.
func Digest(method, name string, arguments json.RawMessage) string {
	sum := sha256.New()
	for _, part := range [][]byte{[]byte(method), []byte(name), canonical(arguments)} {
		fmt.Fprintf(sum, "%d:", len(part))
		sum.Write(part)
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16])
}

func canonical(raw json.RawMessage) []byte {
	if raw == nil {
		return []byte("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}

// Refusal is the error for a state that cannot be used.
func Refusal() *mcp.Error {
	return mcp.Errorf(mcp.CodeInvalidParams, "%s: it was changed, is too old, or was given for another request or to somebody else", ErrState)
}
