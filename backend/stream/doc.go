// Package stream serves the WebSockets: events, provider states, the log lines of one provider, operations, and the
// status board.
//
// The promises, before the code:
//
//   - One hub, one queue. All sockets follow the log's tail through one hub; each is one conn with one queue. What is
//     its own is its dialect (talk): what comes first, what the client may say, how a notice is dressed.
//   - One JSON object per text frame; with ?batch=1 a frame may be an array of them. An event is encoded once per
//     vocabulary, the WebSocket header included, and the bytes are shared by all connections. Connections that want the
//     same are one topic: matched once, and joined into arrays once.
//   - With a position (?since=, or `since` in a subscribe message) a client gets every later event that its filter lets
//     through, first from the log, then live, without seam or duplicate. Where the log does not reach back it is told so
//     by a `reset` frame. The answer to a message comes before what it asks for.
//   - A slow reader slows nobody. Each connection has a queue, bounded in frames and bytes; when it is full the oldest
//     events go, and a `warning` frame takes their place: how many, and the position after which to ask again. Until it
//     reads again it is parked: those of one topic have one queue together, and an event costs nothing for each of them.
//     A reader that stays behind for 30 s is closed with 1013; one that takes nothing for 10 s is cut.
//   - Where only the newest counts there is no queue: mode=delta compares pictures, log lines are pulled from the
//     provider's ring, both at the reader's own pace; the status board shows itself anew to whom it has lost something.
//   - Whoever may not be here any more (Recheck) gets no frame more.
//   - Nothing is read from the database under the hub's lock; what a connection needs of it its own writer reads.
//
// Close codes, in two halves. Come back: 1012 (the server restarts), 1013 (too slow, or no sign of life; with since), any
// abnormal end. Do not come back: 1008 (the client broke a rule, or may not be here any more), 1009 (a message of it was
// too large), 4404 (the provider is gone).
//
// Owns: the connections. Uses: eventlog, event, fault, provider and operation (their names, and what the board and the
// answers show of them). Runs: Hub.Run with two rooms more (the picture of mode=delta, the board's beat), and per
// connection a reader, a writer while there is something to write, and for log lines a watcher; all have ended when Run
// returns.
package stream
