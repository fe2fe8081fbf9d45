package provider_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hangar/backend/event"
	"hangar/backend/provider"
)

// What a reader learns of a call is the same from memory and from the disk.
func TestTheRecordOfACallReadsBack(t *testing.T) {
	facts := provider.CallFacts{
		ToolName: "add", CorrelationID: "c", DurationMS: 3, QueueMS: 1, ColdStartMS: 0.5, ExecuteMS: 1.5, RequestSizeBytes: 7,
		Via: provider.ViaMCP, GroupID: "g", BatchID: "b", TraceID: "t",
	}
	for name, c := range map[string]struct {
		told event.Payload
		want provider.Call
	}{
		"a result": {provider.NewCallCompleted("p", provider.CallCompleted{CallFacts: facts, ResultSizeBytes: 9}),
			provider.Call{Provider: "p", CallFacts: facts, ResultSizeBytes: 9, Outcome: provider.CallSucceeded}},
		"a tool that failed": {provider.NewCallCompleted("p", provider.CallCompleted{CallFacts: facts, IsError: true}),
			provider.Call{Provider: "p", CallFacts: facts, Outcome: provider.CallToolError, ErrorType: provider.ToolErrorType}},
		"no result": {provider.NewCallFailed("p", provider.CallFailed{CallFacts: facts, ErrorMessage: "boo\"m\n", ErrorType: "UpstreamError"}),
			provider.Call{Provider: "p", CallFacts: facts, Outcome: provider.CallError, ErrorType: "UpstreamError", ErrorMessage: "boo\"m\n"}},
	} {
		data, err := json.Marshal(c.told)
		must(t, err)
		if own := c.told.(event.Appender).AppendJSON(nil); string(own) != string(data) {
			t.Errorf("%s: it writes %s, want %s", name, own, data)
		}
		for where, e := range map[string]event.Envelope{
			"memory": {Kind: c.told.Kind(), Payload: c.told},
			"disk":   {Kind: c.told.Kind(), Data: data},
		} {
			got, ok, err := provider.CallOf(e)
			if got.Told() != c.told {
				t.Errorf("%s, from %s: told as %+v", name, where, got.Told())
			}
			if err != nil || !ok || got != c.want {
				t.Errorf("%s, from %s: %+v, %v, %v", name, where, got, ok, err)
			}
		}
	}
	if _, ok, err := provider.CallOf(event.Envelope{Kind: provider.KindStarted, Data: []byte(`{}`)}); ok || err != nil {
		t.Errorf("a start is a call: %v", err)
	}
	if _, _, err := provider.CallOf(event.Envelope{Kind: provider.KindCallFailed, Position: 7, Data: []byte(`{"tool_name":1}`)}); err == nil || !strings.Contains(err.Error(), "position 7") {
		t.Errorf("nonsense is read: %v", err)
	}
}
