package nesting

import "fmt"

// Max is how deep a text may go within one line or one pair of brackets.
const Max = 1000

// Check refuses a text that is nested more than Max deep.
func Check(text []byte) error {
	if tooDeep(text) {
		return fmt.Errorf("nested more than %d deep", Max)
	}
	return nil
}

// tooDeep tells whether brackets are open, or lists begin in one line, more than Max deep. The library remembers the
// whole path of each level, so that 100 KB of brackets take gigabytes.
func tooDeep(text []byte) bool {
	brackets, dashes := 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			brackets++
		case ']', '}':
			brackets = max(0, brackets-1)
		case '-':
			dashes++
		case ' ', '\t':
			continue
		}
		if c != '-' {
			dashes = 0
		}
		if brackets > Max || dashes > Max {
			return true
		}
	}
	return false
}
