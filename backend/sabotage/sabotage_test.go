package sabotage

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Each guard has a test that fails without it. The tests run as they are, on builds with one guard taken away.
func TestEveryGuardIsMissed(t *testing.T) {
	for tag, held := range map[string]struct{ room, test string }{
		"sabotage_origin":   {"app", "TestEveryListenerKnowsItsNames"},
		"sabotage_gate":     {"edge", "TestAListenerWithOneDoor"},
		"sabotage_redact":   {"provider", "TestTheRecordOfAChange"},
		"sabotage_egress":   {"egress", "TestWhichAddressesAreReached"},
		"sabotage_seal":     {"provider", "TestSecretsOfDefinitionsAreSealedInTheStore"},
		"sabotage_refusals": {"audit", "TestKnockingIsCounted"},
	} {
		t.Run(tag, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=off", "-tags", tag, "-run", "^"+held.test+"$", "hangar/backend/"+held.room)
			run.Env = append(os.Environ(), "HANGAR_BIN=") // that one has all its guards
			out, err := run.CombinedOutput()
			if err == nil {
				t.Errorf("%s passes without its guard:\n%s", held.test, out)
			} else if !strings.Contains(string(out), "--- FAIL: "+held.test) {
				t.Errorf("it did not come to %s: %v\n%s", held.test, err, out)
			}
		})
	}
}
