package streaming

import (
	"sync"
	"time"
)

// Cache keeps results by key for a while, so that work is not done twice. The zero value keeps them for five minutes, and
// at most 1,000 of them.
type Cache[T any] struct {
	Lifetime time.Duration
	Entries  int

	mu   sync.Mutex
	kept map[string]cached[T]
}

type cached[T any] struct {
	value T
	until time.Time
}

// Get gives what was set under this key and is not too old.
func (c *Cache[T]) Get(key string) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.kept[key]
	if !ok || time.Now().After(kept.until) {
		return value, false
	}
	return kept.value, true
}

// Set keeps a result; where there are too many, the one that would go first makes room.
func (c *Cache[T]) Set(key string, value T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lifetime, entries := c.Lifetime, c.Entries
	if lifetime == 0 {
		lifetime = 5 * time.Minute
	}
	if entries == 0 {
		entries = 1000
	}
	if c.kept == nil {
		c.kept = map[string]cached[T]{}
	}
	c.kept[key] = cached[T]{value, time.Now().Add(lifetime)}
	for len(c.kept) > entries {
		oldest := key
		for k, kept := range c.kept {
			if kept.until.Before(c.kept[oldest].until) {
				oldest = k
			}
		}
		delete(c.kept, oldest)
	}
}
