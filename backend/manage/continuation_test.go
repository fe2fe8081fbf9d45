package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"hangar/backend/gateway"
)

// said calls a tool as somebody and reads its structure.
func said(t *testing.T, tools *Tools, who, name, arguments string) (out map[string]any, failed bool) {
	t.Helper()
	raw, err := tools.Call(as(t.Context(), who), gateway.OwnCall{Name: name, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var r struct {
		StructuredContent map[string]any
		IsError           bool
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r.StructuredContent, r.IsError
}

const big = `{"provider":"p1","tool":"big","arguments":{}}`

// What does not fit is kept whole, small results go out as they are, and nothing is left out without a word.
func TestALargeResultIsKeptAndFetched(t *testing.T) {
	tools, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 100_000}})
	r := run(t, tools, `{"calls":[`+big+`,{"provider":"p1","tool":"a","arguments":{}}]}`)
	o := r.Results[0]
	if !r.Success || !o.Truncated || o.Reason != "batch_budget_exceeded" || o.OriginalSize < 200_000 || string(o.Result) != "null" || o.Preview == "" || !utf8.ValidString(o.Preview) {
		t.Fatalf("%+v", o.cut)
	}
	if !strings.HasPrefix(o.ContinuationID, "cont_"+r.BatchID+"_0_") || r.Results[1].Truncated || len(r.Results[1].Result) == 0 {
		t.Errorf("%q, %+v", o.ContinuationID, r.Results[1])
	}
	var whole strings.Builder
	for offset, more := 0.0, true; more; {
		piece, failed := said(t, tools, "ada", fetchRest, fmt.Sprintf(`{"continuation_id":%q,"offset":%d,"limit":70001}`, o.ContinuationID, int(offset)))
		if failed || piece["complete"] == true {
			t.Fatalf("%v", piece)
		}
		whole.WriteString(piece["data"].(string))
		offset, more = piece["next_offset"].(float64), piece["has_more"].(bool)
	}
	if whole.Len() != o.OriginalSize || !json.Valid([]byte(whole.String())) || !strings.Contains(whole.String(), "éé") {
		t.Errorf("%d bytes of %d", whole.Len(), o.OriginalSize)
	}
	all, _ := said(t, tools, "ada", fetchRest, fmt.Sprintf(`{"continuation_id":%q}`, o.ContinuationID))
	if _, parsed := all["data"].(map[string]any); !parsed || all["complete"] != true {
		t.Errorf("it fits, and is not parsed: %v", all["complete"])
	}
	if behind, failed := said(t, tools, "ada", fetchRest, fmt.Sprintf(`{"continuation_id":%q,"offset":9999999}`, o.ContinuationID)); !failed {
		t.Errorf("behind the end: %v", behind)
	}
}

// Where only the search mode's tools are listed, hangar_call fetches too: one piece at a time, and never kept again.
func TestABatchFetchesWhatIsKept(t *testing.T) {
	tools, _ := setupWith(t, Options{Results: Results{Bytes: 100_000}})
	id := run(t, tools, `{"calls":[`+big+`]}`).Results[0].ContinuationID
	fetch := fmt.Sprintf(`{"provider":"hangar","tool":"hangar_fetch_continuation","arguments":{"continuation_id":%q}}`, id)
	r := run(t, tools, `{"calls":[`+fetch+`]}`)
	if !r.Success || r.Results[0].Truncated || len(r.Results[0].Result) < 200_000 {
		t.Errorf("%+v, %d bytes", r.Results[0].cut, len(r.Results[0].Result))
	}
	two, failed := said(t, tools, "ada", callTools, `{"calls":[`+fetch+`,`+fetch+`]}`)
	if !failed || !strings.Contains(fmt.Sprint(two), "once in a batch") {
		t.Errorf("%v", two)
	}
}

// To anybody but whose call it was, a result is not there: neither to be read nor to be deleted.
func TestAKeptResultIsItsCallersAlone(t *testing.T) {
	tools, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 100_000}})
	id := run(t, tools, `{"calls":[`+big+`]}`).Results[0].ContinuationID
	arguments := fmt.Sprintf(`{"continuation_id":%q}`, id)
	theirs, failed := said(t, tools, "bob", fetchRest, arguments)
	none, _ := said(t, tools, "bob", fetchRest, `{"continuation_id":"cont_none"}`)
	if !failed || theirs["found"] != false || fmt.Sprint(theirs) != fmt.Sprint(none) {
		t.Errorf("%v, and of what is not there %v", theirs, none)
	}
	if gone, _ := said(t, tools, "bob", deleteRest, arguments); gone["deleted"] != false {
		t.Errorf("%v", gone)
	}
	if gone, _ := said(t, tools, "ada", deleteRest, arguments); gone["deleted"] != true {
		t.Errorf("%v", gone)
	}
	if mine, _ := said(t, tools, "ada", fetchRest, arguments); mine["found"] != false || tools.kept.bytes != 0 {
		t.Errorf("%v, %d bytes are kept", mine, tools.kept.bytes)
	}
}

func TestAKeptResultExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tools, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 100_000, Keep: time.Minute}})
		arguments := fmt.Sprintf(`{"continuation_id":%q}`, run(t, tools, `{"calls":[`+big+`]}`).Results[0].ContinuationID)
		time.Sleep(59 * time.Second)
		if there, _ := said(t, tools, "ada", fetchRest, arguments); there["found"] != true {
			t.Errorf("%v", there)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if gone, _ := said(t, tools, "ada", fetchRest, arguments); gone["found"] != false || tools.kept.bytes != 0 || len(tools.kept.order) != 0 {
			t.Errorf("%v, %d bytes are kept", gone, tools.kept.bytes)
		}
	})
}

// Memory is bounded: who keeps the most makes room, and what is larger than all of it is a failure that says so.
func TestWhatIsKeptIsBounded(t *testing.T) {
	tools, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 100_000, Memory: 700_000}})
	bob := as(t.Context(), "bob")
	theirs, _ := tools.kept.put(bob, "x", make([]byte, 150_000))
	var ids []string
	for range 5 {
		ids = append(ids, run(t, tools, `{"calls":[`+big+`]}`).Results[0].ContinuationID)
	}
	if tools.kept.bytes > 700_000 {
		t.Errorf("%d bytes are kept", tools.kept.bytes)
	}
	if _, ok := tools.kept.get(bob, theirs, false); !ok {
		t.Error("somebody else's results pushed it out")
	}
	if _, ok := tools.kept.get(as(t.Context(), "ada"), ids[0], false); ok {
		t.Error("the oldest did not give way")
	}
	small, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 100_000, Memory: 150_000}})
	r := run(t, small, `{"calls":[`+big+`]}`)
	if r.Success || r.Failed != 1 || r.Results[0].ErrorType != "ResultTooLargeError" || r.Results[0].ContinuationID != "" {
		t.Errorf("%+v", r.Results[0])
	}
}

// The other tools keep what is too large as well.
func TestALargeAnswerOfAnyToolIsKept(t *testing.T) {
	tools, _ := setupWith(t, Options{Listed: true, Results: Results{Bytes: 20_000}})
	tools.o.Do = func(context.Context, string, string, []byte) (int, []byte) {
		return 200, []byte(`{"sources":["` + strings.Repeat("x", 30_000) + `"]}`)
	}
	got, failed := said(t, tools, "ada", "hangar_sources", `{}`)
	if failed || got["truncated"] != true {
		t.Fatalf("%v", got)
	}
	all, _ := said(t, tools, "ada", fetchRest, fmt.Sprintf(`{"continuation_id":%q}`, got["continuation_id"]))
	if data, _ := all["data"].(map[string]any); len(data["sources"].([]any)) != 1 {
		t.Errorf("%v", all["complete"])
	}
}
