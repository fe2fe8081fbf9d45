// Package stream serves the WebSockets: all events, state changes only, the log lines of one provider.
//
// The promises, before the code:
//
//   - One JSON object per text frame. An event is encoded once and the bytes are shared by all connections (Encode).
//   - With ?since=<position> a client gets every later event that its filter lets through, first from the log, then
//     live, without seam or duplicate. Where the log does not reach back it is told so by a `reset` frame.
//   - A slow reader slows nobody. Each connection has a queue, bounded in frames and bytes; when it is full the oldest
//     frames go, and a `warning` frame takes their place: how many, and the position after which to ask again.
//     A reader that stays behind for 30 s is closed with 1013; one that takes nothing for 10 s is cut.
//   - Log lines are pulled from the provider's ring, at the reader's own pace: the ring is the queue.
//
// Close codes, in two halves. Come back: 1012 (the server restarts), 1013 (too slow; with since), any abnormal end.
// Do not come back: 1008 (the client broke a rule), 1009 (a message of it was too large), 4404 (the provider is gone).
//
// Owns: the connections. Uses: eventlog, event, fault, provider (names only). Runs: Hub.Run, and three goroutines at
// most per connection, all ended when Run returns.
package stream
