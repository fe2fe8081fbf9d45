// Package auth says who may do what.
//
// There is one table, Rules, from every door (a REST route, a socket, an MCP method) to the permission that it needs; a
// door that is not in the table does not open, and a test walks the router and the method tables to prove that none is
// missing. Until principals and roles are built, whoever reaches the loopback listener is the local operator.
//
// Owns: the permissions and the table. Uses: the standard library. Runs: nothing.
package auth
