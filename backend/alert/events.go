package alert

// Stream is the stream of all alerts.
const Stream = "alerts"

type base struct{}

// Stream is that of all alerts.
func (base) Stream() string { return Stream }

// about is what every event of an alert says.
type about struct {
	base
	AlertID    string `json:"alert_id"`
	Rule       Rule   `json:"rule"`
	Subject    string `json:"subject"`
	ProviderID string `json:"provider_id,omitempty"`
	Level      Level  `json:"level"`
}

// Fired: something is wrong, again, or more or less so than before.
type Fired struct {
	about
	Message  string `json:"message"`
	Count    int    `json:"count"`
	Silenced bool   `json:"silenced"`
}

// Resolved: it is right again, or of no interest any more.
type Resolved struct {
	about
	FiringS float64 `json:"firing_s"`
}

// AcknowledgedEvent: somebody is at it.
type AcknowledgedEvent struct {
	about
	Note string `json:"note"`
}

// AcknowledgementEnded: nobody is at it any more; somebody took it back.
type AcknowledgementEnded struct {
	about
}

// SilencedEvent: for a time nobody wants to hear of it.
type SilencedEvent struct {
	base
	SilenceID string `json:"silence_id"`
	Rule      Rule   `json:"rule"`
	Subject   string `json:"subject"`
	Reason    string `json:"reason"`
	Until     string `json:"until"`
}

// SilenceEnded: somebody took a silence back. One whose time is over has no event.
type SilenceEnded struct {
	base
	SilenceID string `json:"silence_id"`
}

// The kinds.
const (
	KindFired        = "AlertFired"
	KindResolved     = "AlertResolved"
	KindAcknowledged = "AlertAcknowledged"
	KindAckEnded     = "AlertAcknowledgementEnded"
	KindSilenced     = "AlertSilenced"
	KindSilenceEnded = "AlertSilenceEnded"
)

// Kinds lists the events of this noun.
func Kinds() []string {
	return []string{KindFired, KindResolved, KindAcknowledged, KindAckEnded, KindSilenced, KindSilenceEnded}
}

// Kind is AlertFired.
func (Fired) Kind() string { return KindFired }

// Kind is AlertResolved.
func (Resolved) Kind() string { return KindResolved }

// Kind is AlertAcknowledged.
func (AcknowledgedEvent) Kind() string { return KindAcknowledged }

// Kind is AlertAcknowledgementEnded.
func (AcknowledgementEnded) Kind() string { return KindAckEnded }

// Kind is AlertSilenced.
func (SilencedEvent) Kind() string { return KindSilenced }

// Kind is AlertSilenceEnded.
func (SilenceEnded) Kind() string { return KindSilenceEnded }
