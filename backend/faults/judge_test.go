package faults

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Bounds of what a server without work holds; far above what it does hold, far below what a leak makes of it.
const (
	maxGoroutines = 500
	maxFiles      = 300
	maxWAL        = 64 << 20
)

// judge holds what the binary has against what its log says and what the workers were told.
type judge struct {
	h    *history
	c    *client
	data string
	mark string

	position int64
	sums     [][32]byte // of each event of the log
	ids      map[string]bool
	seen     map[fact]bool
	lost     int // acknowledged facts that are not in the log

	// What the log says is there: a replay.
	groups, providers map[string]string // their descriptions
	keys              map[string]map[string]bool
	ops               map[string]bool // of the workers; true: it has not ended
	file              map[string]string
	paired            string // the generation that cfg-a has and cfg-b must get next
}

func newJudge(h *history, c *client, data, mark string) *judge {
	return &judge{
		h: h, c: c, data: data, mark: mark, ids: map[string]bool{}, seen: map[fact]bool{}, groups: map[string]string{},
		providers: map[string]string{}, keys: map[string]map[string]bool{}, ops: map[string]bool{}, file: map[string]string{},
	}
}

// look judges a server that has no work. whole reads the log from its beginning and compares every byte.
func (j *judge) look(whole bool, followers []*follower) error {
	from := j.position
	if whole {
		from = 0
	}
	log, raw, head, err := j.c.after(from)
	if err != nil {
		return err
	}
	for i, e := range log {
		j.read(e, raw[i])
	}
	if j.position != head {
		j.h.blame("I3", "the head is %d, the last event %d", head, j.position)
	}
	j.facts()
	if err := j.rows(); err != nil {
		return err
	}
	for _, f := range followers {
		if err := eventually(func() error {
			if at := f.position(); at < head {
				return fmt.Errorf("at %d of %d", at, head)
			}
			return nil
		}); err != nil {
			j.h.blame("I6", "a follower does not get everything: %v", err)
		}
		f.compare(log)
	}
	return j.bounds()
}

// read takes an event into the replay, or compares it with what it was before.
func (j *judge) read(e entry, raw json.RawMessage) {
	sum := sha256.Sum256(raw)
	if e.Position <= j.position {
		if j.sums[e.Position-1] != sum {
			j.h.blame("I5", "the event at %d is another one now: %s", e.Position, raw)
		}
		return
	}
	if e.Position != j.position+1 {
		j.h.blame("I3", "position %d comes after %d", e.Position, j.position)
	}
	for int64(len(j.sums)) < e.Position {
		j.sums = append(j.sums, sum)
	}
	j.position = e.Position
	if j.ids[e.ID] {
		j.h.blame("I3", "the event %s is there twice", e.ID)
	}
	j.ids[e.ID] = true
	j.replay(e)
	if f, ok := e.fact(func(op string) bool { _, mine := j.ops[op]; return mine }); ok {
		j.meet(f, e.Position)
	}
}

// meet holds a fact of the log against the history.
func (j *judge) meet(f fact, position int64) {
	j.h.mu.Lock()
	o, tried := j.h.facts[f]
	j.h.mu.Unlock()
	switch {
	case j.seen[f]:
		j.h.blame("I3", "it is there twice, again at %d: %s", position, f)
	case !tried:
		j.h.blame("I2", "nobody tried what stands at %d: %s", position, f)
	case o == refused:
		j.h.blame("I2", "it was refused and stands at %d: %s", position, f)
	}
	j.seen[f] = true
}

// facts looks for what was acknowledged and is not there.
func (j *judge) facts() {
	j.h.mu.Lock()
	defer j.h.mu.Unlock()
	for f, o := range j.h.facts {
		if o == acked && !j.seen[f] {
			j.lost++
			j.h.wrong = append(j.h.wrong, violation{"I1", "it was acknowledged and is not there: " + f.String()})
		}
	}
}

func (j *judge) replay(e entry) {
	text, described := e.described()
	if j.paired != "" && (e.Kind != "ProviderUpdated" || e.Provider != "cfg-b" || text != j.paired) {
		j.h.blame("I15", "cfg-a became %q, and what followed at %d was %s of %s", j.paired, e.Position, e.Kind, e.Provider)
	}
	j.paired = ""
	switch {
	case e.Kind == "GroupCreated" || e.Kind == "GroupUpdated" && described:
		j.groups[e.Group] = text
	case e.Kind == "GroupDeleted":
		delete(j.groups, e.Group)
	case e.Kind == "ProviderUpdated" && e.Source == "file" && described:
		j.file[e.Provider] = text
		if e.Provider == "cfg-a" {
			j.paired = text
		}
	case e.Source == "file":
	case e.Kind == "ProviderRegistered" || e.Kind == "ProviderUpdated" && described:
		j.providers[e.Provider] = text
	case e.Kind == "ProviderDeregistered":
		delete(j.providers, e.Provider)
	case e.Kind == "ApiKeyCreated":
		if j.keys[e.Owner] == nil {
			j.keys[e.Owner] = map[string]bool{}
		}
		j.keys[e.Owner][e.Key] = true
	case e.Kind == "ApiKeyRevoked":
		j.keys[e.Owner][e.Key] = false
	default:
		j.replayOperation(e)
	}
}

func (j *judge) replayOperation(e entry) {
	_, mine := j.ops[e.Op]
	switch {
	case e.Kind == "OperationStarted" && len(e.OpType) > len(prefix) && e.OpType[:len(prefix)] == prefix:
		j.ops[e.Op] = true
	case mine && (e.Kind == "OperationCompleted" || e.Kind == "OperationError"):
		j.ops[e.Op] = false
	}
}

// rows holds the tables against the replay.
func (j *judge) rows() error {
	var groups struct {
		Groups []struct {
			ID          string `json:"group_id"`
			Description string `json:"description"`
		} `json:"groups"`
	}
	if err := j.c.read("/api/groups", &groups); err != nil {
		return err
	}
	have := map[string]string{}
	for _, g := range groups.Groups {
		have[g.ID] = g.Description
	}
	j.same("groups", have, j.groups)
	var providers struct {
		Providers []struct {
			ID          string `json:"provider"`
			Description string `json:"description"`
			Source      string `json:"source"`
		} `json:"providers"`
	}
	if err := j.c.read("/api/providers", &providers); err != nil {
		return err
	}
	have, file := map[string]string{}, map[string]string{}
	for _, p := range providers.Providers {
		if p.Source == "file" {
			file[p.ID] = p.Description
		} else {
			have[p.ID] = p.Description
		}
	}
	j.same("providers", have, j.providers)
	if file["cfg-a"] != file["cfg-b"] {
		j.h.blame("I15", "half of a reload: %v", file)
	}
	for id, want := range j.file {
		if file[id] != want {
			j.h.blame("I7", "provider %s of the file is %q, and the log says %q", id, file[id], want)
		}
	}
	return j.keyRows()
}

func (j *judge) keyRows() error {
	for owner, want := range j.keys {
		var keys struct {
			Keys []struct {
				ID      string `json:"key_id"`
				Revoked bool   `json:"revoked"`
			} `json:"keys"`
		}
		if err := j.c.read("/api/auth/keys/"+owner, &keys); err != nil {
			return err
		}
		have := map[string]bool{}
		for _, k := range keys.Keys {
			have[k.ID] = !k.Revoked
		}
		for id, active := range have { // of what was revoked long ago, only the record may be left
			if was, ok := want[id]; !ok || was != active {
				j.h.blame("I7", "key %s: active is %v, the log says %v (made: %v)", id, active, was, ok)
			}
		}
		for id, active := range want {
			if _, ok := have[id]; active && !ok {
				j.h.blame("I7", "key %s is in the log and not in the table", id)
			}
		}
	}
	return nil
}

func (j *judge) same(what string, have, want map[string]string) {
	if maps.Equal(have, want) {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if got, ok := have[id]; !ok || got != want[id] {
			j.h.blame("I7", "%s: the log says %s is %q, the table %q (there: %v)", what, id, want[id], got, ok)
		}
	}
	for id := range have {
		if _, ok := want[id]; !ok {
			j.h.blame("I7", "%s: %s is in the table and not in the log", what, id)
		}
	}
}

// begun judges a server that has just begun as process life: nothing of the life before goes on. What the new life has
// started itself, as a restart that was due, is its own.
func (j *judge) begun(life int) error {
	if err := eventually(func() error { // what was killed is seen for a moment more
		left, err := marked("MARK=" + j.mark)
		left = slices.DeleteFunc(left, func(pid string) bool { return descends(pid, life) })
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("processes of an earlier life: %v", left)
		}
		return err
	}); err != nil {
		j.h.blame("I9", "%v", err)
	}
	var running struct {
		Operations []object `json:"operations"`
		Total      int      `json:"total"`
	}
	if err := j.c.read("/api/operations?status=running&limit=1", &running); err != nil {
		return err
	}
	if running.Total > 0 {
		j.h.blame("I9", "%d operations of an earlier life still run, such as %v", running.Total, running.Operations)
	}
	for id, open := range j.ops {
		if open {
			j.h.blame("I9", "by the log, operation %s of an earlier life still runs", id)
		}
	}
	return nil
}

func (j *judge) bounds() error {
	got, err := j.c.metrics("go_goroutines", "process_open_fds")
	if err != nil {
		return err
	}
	if got["go_goroutines"] > maxGoroutines || got["process_open_fds"] > maxFiles {
		j.h.blame("I12", "%v", got)
	}
	if wal, err := os.Stat(filepath.Join(j.data, "hangar.db-wal")); err == nil && wal.Size() > maxWAL {
		j.h.blame("I12", "the write-ahead log has %d bytes", wal.Size())
	}
	return nil
}
