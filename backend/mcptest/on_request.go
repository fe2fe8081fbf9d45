package mcptest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// onRequest does to the answer of one call of echo what its message names, and to no other call's: so that a guilty call can
// be told from its neighbours on the same pipe.
func onRequest(d *double) {
	d.handlers["tools/call"] = func(d *double, m message) {
		var c call
		decode(m.Params, &c)
		what, argument, asked := strings.Cut(c.Arguments.Message, ":")
		if c.Name != "echo" || !asked {
			callTool(d, m)
			return
		}
		n, _ := strconv.Atoi(argument)
		d.misbehave(m, what, n)
	}
}

func (d *double) misbehave(m message, what string, n int) {
	answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"%s"}]}}`, m.ID, what)
	switch what {
	case "huge":
		d.huge(m.ID, n)
	case "garbage":
		d.raw([]byte("\xff\xfe not a message {\"jsonrpc\":\n"))
	case "half":
		d.raw([]byte(answer[:len(answer)/2] + "\n"))
	case "twice":
		d.raw([]byte(answer + "\n" + strings.Replace(answer, what, "again", 1) + "\n"))
	case "wrong-id":
		d.raw([]byte(strings.Replace(answer, `"id":`+string(m.ID), `"id":"nobody's"`, 1) + "\n"))
	case "late": // an answer to a call that was given up
		d.mu.Lock()
		ctx := d.running[string(m.ID)].ctx
		d.mu.Unlock()
		<-ctx.Done()
		d.raw([]byte(answer + "\n"))
	case "wait":
		time.Sleep(time.Duration(n) * time.Millisecond)
		d.raw([]byte(answer + "\n"))
	case "die":
		d.raw([]byte(answer[:len(answer)/2]))
		os.Exit(n)
	default:
		d.send(message{ID: m.ID, Error: rpcError(-32602, "nothing is known of "+what)})
	}
}
