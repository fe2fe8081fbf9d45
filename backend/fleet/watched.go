package fleet

import (
	"maps"
	"slices"
	"sync"
)

// watched are the resources of one provider that somebody watches, with how many do.
type watched struct {
	mu   sync.Mutex
	uris map[string]int
}

// add reports the first one to watch a resource.
func (w *watched) add(uri string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uris == nil {
		w.uris = map[string]int{}
	}
	w.uris[uri]++
	return w.uris[uri] == 1
}

// remove reports the last one.
func (w *watched) remove(uri string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.uris[uri] == 0 {
		return false
	}
	w.uris[uri]--
	if w.uris[uri] > 0 {
		return false
	}
	delete(w.uris, uri)
	return true
}

func (w *watched) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.uris))
}

func (w *watched) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.uris) > 0
}
