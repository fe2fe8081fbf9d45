// Package clientconfig reads the files in which MCP clients keep their servers, and makes provider definitions of them.
//
// A file is told by its shape, not by its name: mcpServers (Claude Desktop, Claude Code, Cursor, Windsurf, Gemini CLI, LM
// Studio, Cline and many more), servers with inputs (VS Code), context_servers (Zed), mcp (OpenCode, VS Code's settings),
// or the servers alone. Comments, trailing commas and a byte order mark are taken.
//
// Everything is pure: bytes in, candidates out. What looks like a secret becomes a reference, ${env:NAME}, which Hangar
// follows when it starts the provider; the references of the clients become ours. What cannot be a reference because it
// stands on a command line or in an address is told as Exposed.
//
// Owns: nothing. Uses: provider, fault. Runs: nothing.
package clientconfig
