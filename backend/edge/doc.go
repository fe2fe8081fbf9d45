// Package edge is the choke point that every request passes before anything else looks at it: who is it, may it, how
// often.
//
// The promises, before the code:
//
//   - A request is judged by the row of auth.Rules that belongs to the route which will serve it. A route without a row
//     is refused, whoever asks.
//   - A request that a tool of Hangar makes from inside (Inside) is judged by the same row, for the caller of its context.
//   - Whoever was let in is asked again when something about access changes: what is no longer allowed is cancelled
//     (Recheck), and sockets ask by themselves (Pass.Again).
//   - A cookie is believed only together with proof that our own page sent it: its origin, and for changes a token.
//   - Wrong keys are counted by address and by the beginning of the key, each different one once: the same wrong key again
//     and again is a client that was not told, not a guess. The right key always opens from this machine itself, and no
//     guessing at a key keeps its owner out.
//   - Every table that strangers can fill is bounded.
//
// While nobody has to sign in, everybody is auth.Local.
//
// Owns: the order of the checks, cookies, lock-outs, rate limits, security headers. Uses: audit, auth, event, fault.
// Runs: nothing; the HTTP server brings the goroutines.
package edge
