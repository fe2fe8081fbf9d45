// Package redact takes secrets out of what is written down: of logs, and of whatever else leaves the process and was not
// made for it.
//
// It goes by structure first: a value whose name says that it is a secret (Key) is masked whatever it looks like, in
// attributes, groups, maps, headers and whatever marshals to JSON. In text it looks for the shapes that secrets have
// (Text): authorization headers, passwords in URLs, secrets in query strings, tokens with well-known prefixes, keys.
// That is a net below, not a reason to log what nobody needs.
//
// Owns: the rules. Uses: the standard library. Runs: nothing.
package redact
