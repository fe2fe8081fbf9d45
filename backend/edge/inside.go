package edge

import (
	"context"
	"net/http"
)

type insideKey struct{}

// Inside marks a request that somebody makes who came through the gate already: a tool of Hangar that stands for a route. It is
// judged by the same row of the same table, for the caller of its context; who they are is not asked again.
func Inside(ctx context.Context) context.Context {
	return context.WithValue(ctx, insideKey{}, true)
}

func inside(ctx context.Context) bool {
	marked, _ := ctx.Value(insideKey{}).(bool)
	return marked
}

// Outside is a middleware that a request from inside does without, since it came through it already.
func Outside(m func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		outer := m(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if inside(r.Context()) {
				next.ServeHTTP(w, r)
				return
			}
			outer.ServeHTTP(w, r)
		})
	}
}
