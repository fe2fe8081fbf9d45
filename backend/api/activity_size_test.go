package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hangar/backend/history"
	"hangar/backend/provider"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A list of a thousand is asked for every few seconds: its answer has to stay small though a tenth of them is busy.
func TestActivityOfAThousandProvidersIsSmall(t *testing.T) {
	const most = 120 << 10
	random := rand.New(rand.NewPCG(1, 2))
	out := &activityOutput{}
	for i := range 1_000 {
		var h history.Activity
		for m := range history.Minutes {
			h.States[m] = provider.Cold
			if i%3 != 0 {
				h.States[m] = provider.Ready
			}
			if i%10 == 0 {
				h.Calls[m], h.Failed[m] = random.Uint32N(500), random.Uint32N(5)
			}
		}
		h.Rate, h.P95 = random.Float64()*500, time.Duration(random.IntN(int(time.Second)))
		row := activityOf(h)
		row.Provider, row.Protocol = fmt.Sprintf("provider-%04d", i), "2025-11-25"
		out.Body.Providers = append(out.Body.Providers, row)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if err := json.NewEncoder(zip).Encode(out.Body); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", packed.Len())
	if packed.Len() > most {
		t.Errorf("%d bytes, at most %d are wanted", packed.Len(), most)
	}
}
