package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"hangar/backend/event"
	"hangar/backend/eventlog"
	"hangar/backend/provider"
	"hangar/backend/store"
)

// stored is what a database holds before the product starts on it.
type stored struct {
	providers []provider.ID
	tools     []json.RawMessage // of each provider
	events    int               // records of calls, in addition
}

// at says who acts in what the benchmarks store themselves.
func acting() context.Context { return event.WithActor(context.Background(), event.System("bench")) }

// keep writes it into a data directory.
func (s stored) keep(dir, command string) (err error) {
	ctx, log := acting(), slog.New(slog.DiscardHandler)
	db, err := store.Open(ctx, store.Options{Dir: dir, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	events, err := eventlog.New(db, log)
	if err != nil {
		return err
	}
	if err := s.define(ctx, provider.New(db, events), command); err != nil {
		return err
	}
	for left := s.events; left > 0; left -= recordsAtOnce {
		err := db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
			return events.Append(ctx, tx, records(s.providers[0], min(left, recordsAtOnce))...)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s stored) define(ctx context.Context, providers *provider.Service, command string) error {
	var catalogue provider.Catalogue
	for _, raw := range s.tools {
		var named struct{ Name string }
		if err := json.Unmarshal(raw, &named); err != nil {
			return err
		}
		catalogue = append(catalogue, provider.Item{Kind: provider.Tool, Name: named.Name, Raw: raw})
	}
	for _, id := range s.providers {
		spec := provider.Spec{Mode: provider.Subprocess, Command: []string{command, "demo"}}
		if err := providers.Create(ctx, id, spec, provider.SourceAPI); err != nil {
			return err
		}
		if err := providers.SaveCatalogue(ctx, id, catalogue); err != nil {
			return err
		}
	}
	return nil
}

const recordsAtOnce = 1000 // in one transaction

func records(id provider.ID, n int) []event.Payload {
	out := make([]event.Payload, n)
	for i := range out {
		out[i] = record(id)
	}
	return out
}

// record is what every call leaves in the log.
func record(id provider.ID) event.Payload {
	return provider.NewCallCompleted(id, provider.CallCompleted{
		CallFacts: provider.CallFacts{
			ToolName: "echo", CorrelationID: "0a8f7c7e-7a53-4b9e-9d43-2a1f0e3f5f10", DurationMS: 1.234, ExecuteMS: 1.234, RequestSizeBytes: 90, Via: provider.ViaMCP,
		},
		ResultSizeBytes: 156,
	})
}

func manyProviders(n int) []provider.ID {
	var ids []provider.ID
	for i := range n {
		ids = append(ids, provider.ID(fmt.Sprintf("provider-%03d", i)))
	}
	return ids
}

// manyTools are n tools with schemas of a usual size, about 400 bytes each.
func manyTools(n int) []json.RawMessage {
	var out []json.RawMessage
	for i := range n {
		out = append(out, fmt.Appendf(nil, `{"name":"tool_%04d","title":"Tool %d","description":"Looks things up in the archive by number, name and day, and says where they are.",`+
			`"inputSchema":{"type":"object","properties":{"number":{"type":"integer","minimum":0,"description":"Number of the thing"},`+
			`"name":{"type":"string","description":"Name, or its beginning"},"day":{"type":"string","format":"date"}},"required":["number"]}}`, i, i))
	}
	return out
}
