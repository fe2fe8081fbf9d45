package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"hangar/backend/eventlog"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// Providers is where a deploy ends; provider.Service is one.
type Providers interface {
	CreateTx(ctx context.Context, tx *store.Tx, id provider.ID, spec provider.Spec, source provider.Source) error
}

// Options of the service.
type Options struct {
	DB        *store.DB
	Events    *eventlog.Log
	Providers Providers
	Program   string // Hangar's own binary, which the built-in demo runs
}

// Service is the one door to the catalog: each verb is one transaction of rows and events.
type Service struct {
	o       Options
	builtin func() (map[string]Entry, error) // read when first asked for: a start need not wait for it
}

// New makes the service.
func New(o Options) *Service { return &Service{o: o, builtin: sync.OnceValues(builtin)} }

// Search finds entries, the best first; total counts all that match, not only those of the page.
func (s *Service) Search(ctx context.Context, q Query) (found []Entry, total int, err error) {
	if q.Source != Builtin {
		if found, err = search(ctx, s.o.DB.Read(), q.words()); err != nil {
			return nil, 0, err
		}
	}
	entries, err := s.builtin()
	if err != nil {
		return nil, 0, err
	}
	found = slices.AppendSeq(found, maps.Values(entries))
	found = slices.DeleteFunc(found, func(e Entry) bool { return !q.takes(e) })
	sorted(found, q)
	return q.page(found), len(found), nil
}

// Get finds one entry or answers CatalogEntryNotFoundError.
func (s *Service) Get(ctx context.Context, id string) (Entry, error) {
	return s.find(ctx, s.o.DB.Read(), id)
}

func (s *Service) find(ctx context.Context, q store.Querier, id string) (Entry, error) {
	entries, err := s.builtin()
	if err != nil {
		return Entry{}, err
	}
	if e, ok := entries[id]; ok {
		return e, nil
	}
	return load(ctx, q, id)
}

// Add makes an entry of a person's own. A name that is taken is a ConflictError.
func (s *Service) Add(ctx context.Context, e Entry) (out Entry, err error) {
	if err := e.Recipe.checkOpen(); err != nil {
		return e, err
	}
	e.ID = entryID(e)
	err = s.write(ctx, "add catalog entry", e.Name, func(ctx context.Context, tx *store.Tx) error {
		out, err = s.addTx(ctx, tx, e, false)
		return err
	})
	return out, err
}

func (s *Service) addTx(ctx context.Context, tx *store.Tx, e Entry, replace bool) (Entry, error) {
	e.Source = Custom
	if err := e.check(); err != nil {
		return e, err
	}
	if e.ID == "mirror" || e.ID == "import" {
		return e, fault.Field("name", "%q is taken by the API itself; choose another one", e.Name)
	}
	old, err := s.find(ctx, tx, e.ID)
	known := err == nil
	if err != nil && !fault.Is(err, fault.Missing) {
		return e, err
	}
	if known && (!replace || old.Source != Custom) {
		return e, fault.New(fault.Conflict, "the catalog has an entry %q already (%s); delete it first, or give this one another name", e.ID, old.Source).
			With("entry_id", e.ID)
	}
	if err := save(ctx, tx, e, 0); err != nil {
		return e, err
	}
	if known {
		err = s.o.Events.Append(ctx, tx, Updated{base{e.ID}, e.Name})
	} else {
		err = s.o.Events.Append(ctx, tx, Added{base{e.ID}, e.Name})
	}
	if err != nil {
		return e, err
	}
	return load(ctx, tx, e.ID)
}

// Imported is what became of the servers of a document.
type Imported struct {
	Entries []Entry
	Skipped []Skipped
}

// Import makes entries of a server.json, or of a list of them, all or none. replace lets it take the place of entries
// that an earlier import made.
func (s *Service) Import(ctx context.Context, document []byte, replace bool) (out Imported, err error) {
	servers, err := parseServers(document)
	if err != nil {
		return out, err
	}
	var entries []Entry
	for _, server := range servers {
		made, skipped := server.entries()
		for _, e := range made {
			e.ID = entryID(e)
			entries = append(entries, e)
		}
		out.Skipped = append(out.Skipped, skipped...)
	}
	if len(entries) == 0 {
		return out, nothingToRun(out.Skipped)
	}
	err = s.write(ctx, "import into the catalog", entries[0].Name, func(ctx context.Context, tx *store.Tx) error {
		out.Entries = nil
		for _, e := range entries {
			added, err := s.addTx(ctx, tx, e, replace)
			if err != nil {
				return err
			}
			out.Entries = append(out.Entries, added)
		}
		return nil
	})
	return out, err
}

func nothingToRun(skipped []Skipped) error {
	said := make([]string, len(skipped))
	for i, k := range skipped {
		said[i] = k.Name + ": " + k.Reason
	}
	return fault.New(fault.Invalid, "nothing in it can be run here: %s", strings.Join(said, "; "))
}

// Delete removes an entry. What is built in or mirrored cannot be deleted. Providers that were made of it live on.
func (s *Service) Delete(ctx context.Context, id string) error {
	return s.write(ctx, "delete catalog entry", id, func(ctx context.Context, tx *store.Tx) error {
		e, err := s.find(ctx, tx, id)
		if err != nil {
			return err
		}
		if e.Source != Custom {
			why := map[Source]string{Builtin: "is built in", Registry: "comes from the registry that is mirrored"}[e.Source]
			return fault.Field("entry_id", "%q %s; only entries that somebody made here can be deleted", id, why)
		}
		if err := exec(ctx, tx, `DELETE FROM catalog_entries WHERE id = ?`, id); err != nil {
			return err
		}
		return s.o.Events.Append(ctx, tx, Deleted{base{id}, e.Name})
	})
}

// Order is what somebody says who deploys an entry.
type Order struct {
	ProviderID provider.ID // "" means the entry's own
	Variables  map[string]json.RawMessage
	Secrets    map[string]json.RawMessage
}

// Deploy makes a provider of an entry; it starts nothing.
func (s *Service) Deploy(ctx context.Context, id string, o Order) (made provider.ID, err error) {
	err = s.write(ctx, "deploy catalog entry", id, func(ctx context.Context, tx *store.Tx) error {
		made, err = s.DeployTx(ctx, tx, id, o)
		return err
	})
	return made, err
}

// DeployTx is Deploy inside a larger transaction.
func (s *Service) DeployTx(ctx context.Context, tx *store.Tx, id string, o Order) (provider.ID, error) {
	e, err := s.find(ctx, tx, id)
	if err != nil {
		return "", err
	}
	if o.ProviderID == "" {
		o.ProviderID = e.ProviderID()
	}
	given, err := e.Recipe.answers(o.Variables, o.Secrets)
	if err != nil {
		return "", err
	}
	spec, err := e.Recipe.fill(given)
	if err != nil {
		return "", err
	}
	if e.Source == Builtin && len(spec.Command) > 0 && spec.Command[0] == program {
		spec.Command[0] = s.o.Program
	}
	if spec.Description == "" {
		spec.Description = e.Description
	}
	if err := s.o.Providers.CreateTx(ctx, tx, o.ProviderID, spec, provider.SourceCatalog); err != nil {
		return "", err
	}
	return o.ProviderID, s.o.Events.Append(ctx, tx, Deployed{base{id}, e.Name, o.ProviderID})
}

func (s *Service) write(ctx context.Context, what, name string, fn func(context.Context, *store.Tx) error) error {
	if err := s.o.DB.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s %s: %w", what, name, err)
	}
	return nil
}

// entryID is the id of an entry that somebody here makes: its name as it can stand in a path.
func entryID(e Entry) string {
	id := strings.ToLower(slug(e.Name, maxName))
	if e.Variant != "" {
		id += "-" + e.Variant
	}
	return strings.Trim(id, "-")
}
