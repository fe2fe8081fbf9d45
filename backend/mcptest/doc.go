// Package mcptest has MCP servers to test against: one that behaves, and one for every way we know in which real ones
// do not. Each runs as a real child process on stdio: a test binary whose TestMain calls Child executes itself again
// (Command), and cmd/hostile offers the same to a program that is not a test.
//
// The doubles are written with plain encoding/json on purpose: they must not share a mistake with the code under test.
// They take MCP 2025-11-25 and older by initialize and answer server/discover with "method not found".
//
// Unless the table says otherwise a mode behaves as good in everything else: initialize, ping, tools/list in three
// pages of two, tools/call concurrent, notifications/cancelled honoured, exit 0 on end of input, death on SIGTERM.
//
//	mode            arguments     what it does
//	good                          tools add{a,b} echo{message} slow{ms,steps} fail{} count{} big{bytes}; slow reports
//	                              progress when asked to, count tells how often each method was received; add
//	                              says that it only reads, slow that it may be repeated, the others say nothing
//	banner-stdout                 prints three lines for humans on stdout before anything else
//	garbage-stdout  [ms=2]        prints lines that are not messages on stdout all the time
//	half-frame      [ms=20]       writes every message in three parts with pauses, one cut inside a character
//	crlf                          ends every line with CR LF
//	batch                         wraps every answer into an array of one
//	huge-line       [bytes=32Mi]  answers every call but echo with one line of so many bytes
//	flood-stderr    [n=0]         writes lines of 1 KiB to stderr as fast as it can; n > 0: so many, then it is quiet
//	wrong-id                      answers calls under an id that was never used
//	on-request                    does to one call of echo what its message names, and nothing to the others: huge:BYTES,
//	                              garbage:, half: (of an answer), twice:, wrong-id:, late: (an answer after the
//	                              cancellation), wait:MS, die:CODE (in the middle of an answer)
//	null-id                       answers calls with an error whose id is null
//	double-answer                 answers every call twice, the second time with another result
//	server-request                during a call asks the client: ping, roots/list, sampling/createMessage,
//	                              elicitation/create; the result says what it was answered
//	progress-flood  [n=10000]     sends so many progress notifications before it answers a call
//	bad-schema                    tools/list has one good tool (echo) among broken ones
//	growing-tools                 every call adds a tool and sends notifications/tools/list_changed
//	slow-start      [ms=1000]     reads nothing for so long
//	hang-init                     never answers initialize (nor server/discover)
//	hang-list                     never answers tools/list
//	hang-call                     never answers tools/call
//	hang-ping                     never answers ping
//	stop-reading                  reads nothing after initialize, and lives on
//	exit-now        [code=1]      writes a line to stderr and exits
//	exit-mid-call   [code=3]      on a call writes a stack trace to stderr and exits without an answer
//	dies-after-n    [n=1]         answers so many calls, then exits with code 4
//	close-stdin                   on a call closes its stdin, does not answer, and lives on
//	close-stdout                  on a call closes its stdout and lives on
//	ignore-term                   ignores end of input and SIGTERM
//	fork-hold       [call]        leaves a grandchild that holds all three pipes and exits, at once or on the first call
//	fork-daemon     [hold] [bare] starts a daemon in a session of its own; hold: with our pipes; bare: with an empty
//	                              environment. Its pid is on stderr: "daemon <pid>"
//	dump-env                      the tool dump answers with the environment as a JSON array of strings
//	dump-fds                      the tool dump answers with its descriptors as a JSON object, number to target
//	dump-walls                    the tool dump pushes against what may hold it (writing, executing, dialling) and answers
//	                              with what happened, its capabilities and the like, as a JSON object of strings
//
// Owns: the doubles. Uses: the standard library and x/sys. Runs: child processes of whoever starts them.
package mcptest
