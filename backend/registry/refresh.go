package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hangar/backend/catalog"
	"hangar/backend/egress"
	"hangar/backend/fault"
)

// pageSize is the most that the official registry gives at once.
const pageSize = "100"

// refresh fetches page after page and keeps each; only when the last one is kept does the mirror count as fresh.
func (m *Mirror) refresh(ctx context.Context, j job) (catalog.Mirror, error) {
	began := time.Now()
	state, err := m.o.Catalog.BeginRefresh(ctx)
	if err != nil {
		return state, err
	}
	query := url.Values{"limit": {pageSize}, "version": {"latest"}}
	full := j.full || state.FullAt == nil || state.RefreshedAt == nil || time.Since(*state.FullAt) > m.o.FullEvery
	if !full {
		query.Set("updated_since", state.RefreshedAt.UTC().Format(time.RFC3339))
	}
	kept, seen := 0, map[string]bool{}
	for page := 1; ; page++ {
		body, err := m.fetch(ctx, query)
		if err != nil {
			return state, err
		}
		p, servers, next, err := catalog.ReadPage(body)
		if err != nil {
			return state, fault.New(fault.Upstream, "page %d: %s", page, err)
		}
		kept += len(p.Entries)
		switch {
		case kept > m.o.Limits.Entries:
			return state, fault.New(fault.Upstream, "the registry has more than %d entries", m.o.Limits.Entries)
		case next != "" && (page >= m.o.Limits.Pages || seen[next]):
			return state, fault.New(fault.Upstream, "the registry's list does not end: page %d leads to one that was there, or beyond %d", page, m.o.Limits.Pages)
		}
		if err := m.o.Catalog.Keep(ctx, state.Generation, p); err != nil {
			return state, err
		}
		j.report.Progress(1-1/float64(page+1), fmt.Sprintf("%d pages, %d entries", page, kept), map[string]int{"pages": page, "entries": kept, "servers": servers})
		if next == "" {
			return m.o.Catalog.EndRefresh(ctx, state.Generation, began, full, kept)
		}
		seen[next] = true
		query.Set("cursor", next)
	}
}

// fetch asks for one page.
func (m *Mirror) fetch(ctx context.Context, query url.Values) ([]byte, error) {
	target, err := url.Parse(strings.TrimSuffix(m.o.URL, "/") + "/v0.1/servers?" + query.Encode())
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "hangar/"+m.o.Version)
	resp, err := m.http.Do(req)
	if err != nil {
		return nil, m.problem(ctx, err, target)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Upstream, "%s answered %s", target.Host, resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, m.o.Limits.Bytes+1))
	if err != nil {
		return nil, m.problem(ctx, err, target)
	}
	if int64(len(body)) > m.o.Limits.Bytes {
		return nil, fault.New(fault.Upstream, "an answer of %s has more than %d bytes", target.Host, m.o.Limits.Bytes)
	}
	return body, nil
}

func (m *Mirror) problem(ctx context.Context, err error, target *url.URL) error {
	err = egress.Explain(ctx, err, target)
	var p *egress.Problem
	if errors.As(err, &p) {
		return fault.Named(fault.Upstream, string(p.Kind), "%s", p.Message).Because(p.Err)
	}
	return err
}
