// Package reference reads references to secrets: ${env:NAME} and ${file:/path}, alone or inside of a text.
//
// A reference is kept as it is written, in the configuration, in the store and in every export; what it refers to is read
// at the last moment, by whoever needs the value, and goes nowhere else. So it may be shown, and the value never is: no
// error of this package carries one.
//
// Owns: the notation. Uses: the standard library. Runs: nothing.
package reference
