// Package plain is an HTTP/1.1 client for http:// that works in the goroutine of its caller: it writes the request and reads the
// answer there, on a connection of its own pool. net/http's Transport keeps two goroutines per connection, and each request is
// handed to one and each answer back from the other; that is half of what a call through it costs.
//
// The syntax of answers is net/http's (http.ReadResponse): heads, chunks, trailers and where a body ends are not parsed here. Requests
// are written here, and only ordinary ones: whatever is not (https, a body that is large, of unknown length or not in memory, another
// protocol asked for, a header or an address with a character that does not belong there) goes to http.Transport, which sends it or says
// what is wrong with it.
//
// A request is sent a second time only as net/http does it, and less often: on a connection that was used before, when either not
// one byte was written, or the method changes nothing and not one byte of an answer came. So a POST whose first byte has left is
// never repeated. (net/http also repeats a POST that has the header Idempotency-Key; here a header that somebody configured
// for all calls must not make it so.)
//
// Owns: idle connections. Uses: the standard library. Runs: a timer while there are idle connections, until CloseIdleConnections or
// until they have aged out; beside that only what the end of a request's context calls.
package plain
