package app_test

import (
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/mcptest"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(m)
}
