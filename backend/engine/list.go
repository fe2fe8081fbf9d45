package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Listed is a container in a list.
type Listed struct {
	ID, Name, Image string
	State           string // created, running, exited, ...
	Labels          map[string]string
	Addresses       []netip.Addr // in its networks, by the networks' names; none while it does not run
}

// Running reports whether its first process runs.
func (l Listed) Running() bool { return l.State == string(container.StateRunning) }

// List gives all containers, running or not, that bear these labels; an empty value means any.
func (e *Engine) List(ctx context.Context, labels map[string]string) ([]Listed, error) {
	var list []Listed
	err := e.do(ctx, "list containers", func(c *client.Client) error {
		found, err := c.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: byLabel(labels)})
		for _, it := range found.Items {
			list = append(list, listed(it))
		}
		return err
	})
	return list, err
}

func listed(it container.Summary) Listed {
	out := Listed{ID: it.ID, Image: it.Image, State: string(it.State), Labels: it.Labels}
	// A container may be linked under more names, each below the one that links it: /other/alias.
	names := slices.SortedFunc(slices.Values(it.Names), func(a, b string) int { return cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")) })
	if len(names) > 0 {
		out.Name = strings.TrimPrefix(names[0], "/")
	}
	if it.NetworkSettings == nil {
		return out
	}
	for _, name := range slices.Sorted(maps.Keys(it.NetworkSettings.Networks)) {
		n := it.NetworkSettings.Networks[name]
		switch {
		case n == nil:
		case n.IPAddress.IsValid():
			out.Addresses = append(out.Addresses, n.IPAddress)
		case n.GlobalIPv6Address.IsValid():
			out.Addresses = append(out.Addresses, n.GlobalIPv6Address)
		}
	}
	return out
}

func byLabel(labels map[string]string) client.Filters {
	filters := client.Filters{}
	for name, value := range labels {
		if value != "" {
			name = fmt.Sprintf("%s=%s", name, value)
		}
		filters.Add("label", name)
	}
	return filters
}
