package redact

import (
	"context"
	"log/slog"
)

// Handler redacts what goes to another handler: the message, and every attribute by its name and shape.
func Handler(next slog.Handler) slog.Handler { return handler{next} }

type handler struct{ next slog.Handler }

// Enabled is slog.Handler's.
func (h handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle is slog.Handler's.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(attr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs is slog.Handler's.
func (h handler) WithAttrs(list []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(list))
	for i, a := range list {
		clean[i] = attr(a)
	}
	return handler{h.next.WithAttrs(clean)}
}

// WithGroup is slog.Handler's.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.next.WithGroup(name)} }

func attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		group := v.Group()
		clean := make([]slog.Attr, len(group))
		for i, inside := range group {
			clean[i] = attr(inside)
			if Key(a.Key) {
				clean[i].Value = slog.StringValue(Mask)
			}
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindString:
		if Key(a.Key) && v.String() != "" {
			return slog.String(a.Key, Mask)
		}
		return slog.String(a.Key, Text(v.String()))
	case slog.KindAny:
		return slog.Attr{Key: a.Key, Value: anyValue(a.Key, v.Any())}
	}
	return slog.Attr{Key: a.Key, Value: v} // numbers, times, yes or no
}

func anyValue(key string, v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		if Key(key) {
			return slog.StringValue(Mask)
		}
		return slog.StringValue(Text(v.Error()))
	}
	if Key(key) {
		return slog.StringValue(Mask)
	}
	return slog.AnyValue(Value(v))
}
