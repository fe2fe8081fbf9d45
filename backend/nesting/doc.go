// Package nesting looks at a YAML text before it is parsed: the library remembers the whole path of each level, so that 100 KB of
// opening brackets would take gigabytes. Whoever parses a text that others wrote asks here first.
//
// Owns: the limit. Uses: the standard library. Runs: nothing.
package nesting
