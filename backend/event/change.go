package event

// Change is a field that got another value, as the record shows it: what is secret is masked, so that of a secret it only tells
// that it was touched.
type Change struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}
