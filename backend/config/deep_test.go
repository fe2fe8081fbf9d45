package config

import (
	"strings"
	"testing"
)

func TestATextThatWouldTakeGigabytesToReadIsRefused(t *testing.T) {
	deep := []byte(strings.Repeat("[", 100_000))
	if _, err := (&finder{}).parse(deep); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Errorf("it says %v", err)
	}
	if _, err := AddProviders(deep, nil); err == nil || !strings.Contains(err.Error(), "nested more than 1000 deep") {
		t.Errorf("with providers to add it says %v", err)
	}
}
