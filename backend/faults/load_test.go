package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const prefix = "t-" // of every name that the workers give

// worker changes what is its own and nobody else's, so that it knows what must be there.
type worker struct {
	id     int
	c      *client
	h      *history
	dice   *rand.Rand
	pace   time.Duration // between two steps
	demo   []string      // the command of a provider
	mark   string        // in the environment of its providers
	tool   string        // the provider whose tools are called
	at     string        // the prefix of this life's names
	n      int
	groups []string
	provs  []string
	keys   []string
	ops    []string
}

// crew is all workers; what they own they take along from life to life.
type crew struct {
	seed    uint64
	workers []*worker
}

func newCrew(n int, seed uint64, h *history, c *client, demo []string, mark, tool string) *crew {
	cr := &crew{seed: seed}
	for i := range n {
		cr.workers = append(cr.workers, &worker{id: i, c: c, h: h, demo: demo, mark: mark, tool: tool})
	}
	return cr
}

// run works until the context ends, or until the binary does not answer any more.
func (cr *crew) run(ctx context.Context, life int) (wait func()) {
	var all sync.WaitGroup
	for _, w := range cr.workers {
		w.dice = rand.New(rand.NewPCG(cr.seed, uint64(life)<<8|uint64(w.id)))
		w.at, w.n, w.ops = fmt.Sprintf("%s%d-%d-", prefix, life, w.id), 0, nil
		all.Go(func() {
			for ctx.Err() == nil && w.step(context.WithoutCancel(ctx)) { // what was begun is heard out
				select {
				case <-ctx.Done():
				case <-time.After(w.pace):
				}
			}
		})
	}
	return all.Wait
}

func (w *worker) name() string {
	w.n++
	return fmt.Sprint(w.at, w.n)
}

// step does one thing and reports whether it was answered.
func (w *worker) step(ctx context.Context) bool {
	switch p := w.dice.IntN(100); {
	case p < 30:
		return w.noun(ctx, &w.groups, "/api/groups", "Group", "Created", "Deleted", func(id string) object { return object{"group_id": id} })
	case p < 50:
		return w.noun(ctx, &w.provs, "/api/providers", "Provider", "Registered", "Deregistered", func(id string) object {
			return object{"provider_id": id, "mode": "subprocess", "command": w.demo, "env": object{"MARK": w.mark}}
		})
	case p < 53:
		return w.start(ctx)
	case p < 63:
		return w.key(ctx)
	case p < 80:
		return w.operation(ctx)
	case p < 90:
		r := w.c.send(ctx, "POST", "/api/providers/"+w.tool+"/tools/echo/call", object{"arguments": object{"message": w.name()}}, nil)
		return w.echoed(r, fmt.Sprint(w.at, w.n))
	default:
		message := w.name()
		return w.echoed(w.c.tool(ctx, w.tool+"__echo", message), message)
	}
}

// try makes a change that is a fact of the log when it succeeds.
func (w *worker) try(ctx context.Context, f fact, method, path string, body any) (r reply, ok bool) {
	w.h.intend(f)
	r = w.c.send(ctx, method, path, body, nil)
	switch {
	case r.vague():
	case r.status < 300:
		w.h.settle(f, acked)
		return r, true
	default:
		w.h.settle(f, refused)
		w.complain(r, "%s %s", method, path)
	}
	return r, false
}

// complain judges a refusal: everything that a worker asks for is right, so only a store that takes nothing may refuse.
func (w *worker) complain(r reply, what string, args ...any) {
	switch {
	case r.status == http.StatusNotFound:
		w.h.blame("I1", what+": what was acknowledged is not there: %s", append(args, r.raw)...)
	case r.status != http.StatusServiceUnavailable && r.status != http.StatusInsufficientStorage:
		w.h.blame("I2", what+": %d %s", append(args, r.status, r.raw)...)
	}
}

// noun creates, updates or deletes one of a kind.
func (w *worker) noun(ctx context.Context, own *[]string, path, kind, made, gone string, body func(id string) object) bool {
	switch p := w.dice.IntN(3); {
	case len(*own) == 0 || p == 0 && len(*own) < 8:
		id := w.name()
		r, ok := w.try(ctx, fact{kind + made, id, ""}, "POST", path, body(id))
		if ok {
			*own = append(*own, id)
		}
		return r.status > 0
	case p == 1:
		id, token := (*own)[w.dice.IntN(len(*own))], w.name()
		r, _ := w.try(ctx, fact{kind + "Updated", id, token}, "PUT", path+"/"+id, object{"description": token})
		return r.status > 0
	default:
		i := w.dice.IntN(len(*own))
		id := (*own)[i]
		f := fact{kind + gone, id, ""}
		r, ok := w.try(ctx, f, "DELETE", path+"/"+id, nil)
		if ok || r.vague() { // nobody knows: it is not touched again
			*own = slices.Delete(*own, i, i+1)
		}
		return r.status > 0
	}
}

// start starts a provider of its own, so that there are processes to leave behind.
func (w *worker) start(ctx context.Context) bool {
	if len(w.provs) == 0 {
		return true
	}
	id := w.provs[w.dice.IntN(len(w.provs))]
	r := w.c.send(ctx, "POST", "/api/providers/"+id+"/start", nil, nil)
	if r.status >= 300 {
		w.complain(r, "start %s", id)
	}
	return r.status > 0
}

func (w *worker) key(ctx context.Context) bool {
	if len(w.keys) > 2 {
		id := w.keys[0]
		r, ok := w.try(ctx, fact{"ApiKeyRevoked", id, ""}, "DELETE", "/api/auth/keys/"+id, nil)
		if ok || r.vague() {
			w.keys = w.keys[1:]
		}
		return r.status > 0
	}
	name := w.name()
	r, ok := w.try(ctx, fact{"ApiKeyCreated", name, ""}, "POST", "/api/auth/keys", object{"principal_id": fmt.Sprint(prefix, "w", w.id), "name": name})
	if ok {
		w.keys = append(w.keys, r.text("key_id"))
	}
	return r.status > 0
}

// operation begins one, or goes on with it, or ends it; some are left for the fault to interrupt.
func (w *worker) operation(ctx context.Context) bool {
	token := w.name()
	if len(w.ops) == 0 || len(w.ops) < 4 && w.dice.IntN(3) == 0 {
		r, ok := w.try(ctx, fact{"OperationStarted", token, ""}, "POST", "/api/operations", object{"operation_type": token})
		if ok {
			w.ops = append(w.ops, r.text("operation_id"))
		}
		return r.status > 0
	}
	i := w.dice.IntN(len(w.ops))
	id := w.ops[i]
	if w.dice.IntN(3) > 0 {
		r, _ := w.try(ctx, fact{"OperationProgress", id, token}, "POST", "/api/operations/"+id+"/progress", object{"progress": 0.5, "message": token})
		return r.status > 0
	}
	w.ops = slices.Delete(w.ops, i, i+1)
	r, _ := w.try(ctx, fact{"OperationResult", id, ""}, "POST", "/api/operations/"+id+"/result", object{"result": token})
	return r.status > 0
}

// echoed looks whether a call got its own answer.
func (w *worker) echoed(r reply, message string) bool {
	_, refused := r.body["error"].(object) // MCP says so with a 200
	w.h.called(r.status == http.StatusOK && !refused)
	switch {
	case refused && strings.Contains(string(r.raw), `"type":"Storage`):
	case r.status == http.StatusOK && !strings.Contains(string(r.raw), `"`+message+`"`):
		w.h.blame("I10", "a call with %q was answered %s", message, r.raw)
	case r.status > 0 && r.status != http.StatusOK:
		w.complain(r, "a call")
	}
	return r.status > 0
}
