package app_test

import (
	"testing"

	"go.uber.org/goleak"

	"hangar/backend/mcptest"
	"hangar/backend/storetest"
)

func TestMain(m *testing.M) {
	mcptest.Child()
	goleak.VerifyTestMain(storetest.Main(m))
}
