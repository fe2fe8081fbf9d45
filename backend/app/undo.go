package app

import (
	"errors"
	"fmt"
	"log/slog"
)

// undoStack holds what must be undone, newest first.
type undoStack struct{ steps []undoStep }

type undoStep struct {
	name string
	do   func() error
}

func (u *undoStack) push(name string, do func() error) { u.steps = append(u.steps, undoStep{name, do}) }

// unwind undoes everything; one failure does not keep the rest from being undone.
func (u *undoStack) unwind(log *slog.Logger) error {
	var errs []error
	for i := len(u.steps) - 1; i >= 0; i-- {
		log.Debug("closing", "what", u.steps[i].name)
		if err := u.steps[i].do(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", u.steps[i].name, err))
		}
	}
	u.steps = nil
	return errors.Join(errs...)
}
