package upstream

// UnsentError is a request that never left, because the conversation was over before. It is safe to make it elsewhere.
type UnsentError struct{ Err error }

// Error says why.
func (e *UnsentError) Error() string { return e.Err.Error() }

// Unwrap gives the end of the conversation.
func (e *UnsentError) Unwrap() error { return e.Err }

// Unsent is what whoever looks for such errors asks them.
func (e *UnsentError) Unsent() bool { return true }
