// Package auth says who somebody is and what they may do.
//
// The promises, before the code:
//
//   - There is one table, Rules, from every door (a REST route, a socket, an MCP method, a page) to the permission that it
//     needs. A door that is not in the table does not open.
//   - A decision is a pure function of an immutable picture of principals, roles and policies (Snapshot.Can). The picture
//     is replaced whole, the moment a change is committed, and in every other process as soon as its log shows the change.
//   - Roles grant, tool policies only narrow: a deny wins, an allow-list leaves what it lists. Nobody can give away what
//     they do not have themselves.
//   - Keys, sessions and set-up links are 256 random bits and are stored as hashes: they are shown once and cannot be read
//     back, nor made out by how long a wrong one takes.
//   - What cannot be decided is refused: while the picture cannot be read, nobody's credential opens anything.
//
// Permissions are written resource:action[:id], each part may be *, the id may hold wildcards (*, ?, [a-z], [!a-z]). Names
// of other releases (providers:start, provider:create, mcp_servers:read) are understood; see permission.go.
//
// Owns: tables auth_*; the events in events.go. Uses: eventlog, store, event, fault.
// Runs: Run follows the log, writes down when credentials were last used, and forgets what has expired.
package auth
