package audit

// The kinds.
const (
	KindAccessDenied   = "AccessDenied"
	KindSignInFailed   = "SignInFailed"
	KindLockedOut      = "LockedOut"
	KindRateLimited    = "RateLimited"
	KindAddressBlocked = "AddressBlocked"
)

// Kinds lists the events of this room.
func Kinds() []string {
	return []string{KindAccessDenied, KindSignInFailed, KindLockedOut, KindRateLimited, KindAddressBlocked}
}

// Stream is where they are.
const Stream = "audit"

// Refusal is something that was refused; what it says of a caller is what was proved, or "anonymous".
type Refusal struct {
	What      string `json:"-"`                    // the kind
	Principal string `json:"principal_id"`         // who asked
	Address   string `json:"address"`              // from where; of AddressBlocked: where to
	Door      string `json:"door,omitempty"`       // POST /api/providers, tools/call
	Thing     string `json:"resource,omitempty"`   // what it was about: math, math/add
	Reason    string `json:"reason"`               // for people
	ErrorType string `json:"error_type"`           // what the caller was told
	RequestID string `json:"request_id,omitempty"` // of the first
}

// Refused is a refusal on record: the first of its sort, or how many more there were since.
type Refused struct {
	Refusal
	Times   int64   `json:"times"`
	FirstAt float64 `json:"first_at"` // unix seconds
	LastAt  float64 `json:"last_at"`
}

// Kind is the refusal's.
func (r Refused) Kind() string { return r.What }

// Stream is audit.
func (Refused) Stream() string { return Stream }
