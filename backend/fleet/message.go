package fleet

import (
	"errors"
	"time"

	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/upstream"
)

// message is what an actor's inbox takes.
type message interface{ isMessage() }

type (
	start struct {
		reply chan error
		asked bool // by a person: old failures do not count any more
	}
	stop struct {
		reply  chan error
		reason string
		retire bool           // and never start again
		hurry  bool           // calls in flight are cut
		spare  bool           // not when it is being called or started: errBusy then
		idle   *provider.Idle // set when idleness is the reason
	}
	// renew: the definition changed so that what runs must run anew.
	renew struct {
		reply chan error
		hurry bool
	}
	unretire struct{}
	respec   struct{} // the definition changed
	relist   struct{} // the provider says that its lists changed

	// started is the outcome of an attempt.
	started struct {
		attempt   *attempt
		session   *session
		hello     upstream.Hello
		catalogue provider.Catalogue
		took      time.Duration
		failure   *failure

		remembered *time.Time // since when the era is known; nil: it was found out just now
	}
	// stopped: nothing is left of a session that was being stopped.
	stopped struct{ session *session }
	// broke: a session ended by itself.
	broke struct {
		session *session
		why     *failure
		noticed time.Time
	}
	probed struct {
		session *session
		probe   provider.Probe
	}
	listed struct {
		session   *session
		catalogue provider.Catalogue
		err       error
	}
)

func (start) isMessage()    {}
func (stop) isMessage()     {}
func (renew) isMessage()    {}
func (unretire) isMessage() {}
func (respec) isMessage()   {}
func (relist) isMessage()   {}
func (started) isMessage()  {}
func (stopped) isMessage()  {}
func (broke) isMessage()    {}
func (probed) isMessage()   {}
func (listed) isMessage()   {}

// failure is why a start or a session failed, for the record and for the caller.
type failure struct {
	last  *provider.LastError
	fault *fault.Error
}

// because takes over what the cause tells a caller beside its message, such as where to sign in.
func (f *failure) because(err error) *failure {
	var known *fault.Error
	if errors.As(err, &known) {
		for key, value := range known.Details {
			f.fault = f.fault.With(key, value)
		}
		f.last.AuthorizationURL, _ = known.Details["authorization_url"].(string)
	}
	return f
}
