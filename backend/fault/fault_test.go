package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"hangar/backend/fault"
)

func TestKindsAndStatusesAreOneToOne(t *testing.T) {
	names := map[string]bool{}
	for k := fault.Broken; k <= fault.Full; k++ {
		if fault.OfStatus(k.Status()) != k {
			t.Errorf("status %d stands for two kinds", k.Status())
		}
		if names[k.Name()] {
			t.Errorf("name %s stands for two kinds", k.Name())
		}
		names[k.Name()] = true
	}
	if fault.OfStatus(418) != fault.Malformed || fault.OfStatus(599) != fault.Broken {
		t.Error("unknown statuses")
	}
}

func TestFromGivesNothingAwayOfAnUnknownError(t *testing.T) {
	if f := fault.From(errors.New("password is hunter2")); f.Kind != fault.Broken || strings.Contains(f.Message, "hunter2") {
		t.Errorf("%+v", f)
	}
	known := fault.New(fault.Missing, "no such thing")
	if f := fault.From(fmt.Errorf("while looking: %w", known)); f != known {
		t.Errorf("%+v", f)
	}
	if f := fault.From(fmt.Errorf("x: %w", context.DeadlineExceeded)); f.Kind != fault.Timeout {
		t.Errorf("%+v", f)
	}
	if f := fault.From(context.Canceled); f.Type != "RequestCancelledError" {
		t.Errorf("%+v", f)
	}
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	a := fault.New(fault.Invalid, "x").With("a", 1)
	b := a.With("b", 2)
	if len(a.Details) != 1 || len(b.Details) != 2 {
		t.Errorf("%v %v", a.Details, b.Details)
	}
	if f := fault.Field("name", "is %s", "bad"); f.Message != "name: is bad" || f.Details["errors"].([]fault.FieldError)[0].Field != "name" {
		t.Errorf("%+v", f)
	}
}

func TestAFieldWithinAnother(t *testing.T) {
	err := fault.Within("members[1]", fault.Within("auth", fault.Field("type", "is wrong")))
	var e *fault.Error
	if !errors.As(err, &e) || err.Error() != "members[1].auth.type: is wrong" || e.Details["errors"].([]fault.FieldError)[0].Field != "members[1].auth.type" {
		t.Errorf("%v", err)
	}
	for _, other := range []error{errors.New("x"), fault.New(fault.Conflict, "taken")} {
		if got := fault.Within("a", other); got != other {
			t.Errorf("%v became %v", other, got)
		}
	}
}
