package operation

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"hangar/backend/fault"
)

func TestWhatAnOperationTakes(t *testing.T) {
	long := strings.Repeat("x", maxMessage+1)
	for name, tt := range map[string]struct {
		report Report
		field  string // that is refused
		want   string // of the operation afterwards: status, progress, message
	}{
		"progress is kept":                             {report: &Progress{Progress: 0.5, Message: "half"}, want: "running 0.5 half"},
		"progress may go back":                         {report: &Progress{Progress: 0}, want: "running 0 "},
		"progress beyond one is refused":               {report: &Progress{Progress: 1.01}, field: "progress"},
		"progress below zero is refused":               {report: &Progress{Progress: -0.01}, field: "progress"},
		"progress that is no number is refused":        {report: &Progress{Progress: math.NaN()}, field: "progress"},
		"details must be an object":                    {report: &Progress{Details: json.RawMessage(`[1]`)}, field: "details"},
		"details have a bound":                         {report: &Status{Status: "x", Details: json.RawMessage(`{"a":"` + strings.Repeat("x", maxDetails) + `"}`)}, field: "details"},
		"a message has a bound":                        {report: &Progress{Message: long}, field: "message"},
		"a message must be text":                       {report: &Progress{Message: "\xff"}, field: "message"},
		"a status is any word":                         {report: &Status{Status: "processing", Message: "m"}, want: "processing 0.25 m"},
		"a status must not be empty":                   {report: &Status{}, field: "status"},
		"a status is one line":                         {report: &Status{Status: "a\nb"}, field: "status"},
		"a status has a bound":                         {report: &Status{Status: strings.Repeat("x", maxWord+1)}, field: "status"},
		"a status that says completed does not end it": {report: &Status{Status: Completed}, want: "running 0.25 "},
		"a log changes nothing":                        {report: &Log{"info", "m"}, want: "running 0.25 begun"},
		"a log needs a level":                          {report: &Log{"", "m"}, field: "level"},
		"a result ends it":                             {report: &Result{json.RawMessage(`{"a":1}`)}, want: "completed 1 begun"},
		"a result may be absent":                       {report: &Result{}, want: "completed 1 begun"},
		"a result has a bound":                         {report: &Result{json.RawMessage(`"` + strings.Repeat("x", maxResult) + `"`)}, field: "result"},
		"an error ends it":                             {report: &Failure{"boom", ""}, want: "error 0.25 boom"},
		"an error must say something":                  {report: &Failure{}, field: "error"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Operation{ID: "id", Status: Running, Progress: 0.25, Message: "begun", Events: 1, StartedAt: time.Unix(10, 0)}
			said, err := o.take(tt.report, time.Unix(12, 0))
			if tt.field != "" {
				refused(t, err, fault.Invalid, "ValidationError")
				if err != nil && !strings.HasPrefix(err.Error(), tt.field+":") {
					t.Errorf("it names the wrong field: %v", err)
				}
				if len(said) > 0 || o.Events != 1 || o.Status != Running {
					t.Error("half of it was done")
				}
				return
			}
			must(t, err)
			if got := strings.Join([]string{o.Status, number(o.Progress), o.Message}, " "); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
			if o.Events != 1+len(said) {
				t.Errorf("%d events are counted, %d were said", o.Events-1, len(said))
			}
			if tt.report.last() != o.Ended() {
				t.Error("it ended, or did not, against expectation")
			}
		})
	}
}

func number(f float64) string {
	b, _ := json.Marshal(f)
	return string(b)
}

func TestTheBoundOfEventsLeavesRoomForTheEnd(t *testing.T) {
	o := Operation{ID: "id", Status: Running, Events: MaxEvents - 3}
	_, err := o.take(&Log{"info", "the last one"}, time.Now())
	must(t, err)
	_, err = o.take(&Log{"info", "one too many"}, time.Now())
	refused(t, err, fault.Limited, "OperationEventLimitError")
	_, err = o.take(&Result{}, time.Now())
	must(t, err)
	if o.Events != MaxEvents {
		t.Errorf("%d events", o.Events)
	}
}

func TestAViewShowsWhatTheRowHolds(t *testing.T) {
	o := Operation{
		ID: "id", Type: "import", Status: Failed, Metadata: json.RawMessage(`{}`), Error: &ErrorData{"boom", "ValueError"}, Events: 2,
		Cancellable: true, StartedAt: time.UnixMicro(1_735_734_000_123_000), EndedAt: time.UnixMicro(1_735_734_001_000_000),
	}
	got, err := json.Marshal(o.View())
	must(t, err)
	for _, part := range []string{`"started_at":1735734000.123`, `"ended_at":1735734001`, `"error":"boom"`, `"error_type":"ValueError"`, `"cancellable":false`} {
		if !strings.Contains(string(got), part) {
			t.Errorf("%s is missing in %s", part, got)
		}
	}
	if names := []string{Frame(KindStarted), Frame(KindStatus), Frame(KindError)}; !slices.Equal(names, []string{"status", "status", "error"}) {
		t.Error(names)
	}
}
