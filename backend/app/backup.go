package app

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hangar/backend/config"
	"hangar/backend/event"
	"hangar/backend/fault"
	"hangar/backend/provider"
	"hangar/backend/store"
)

const (
	backupsDir  = "backups"
	sealedScope = "config-backup"
)

// backups opens the folder of the backups, in which alone they are looked for.
func (d *desk) backups() (*os.Root, error) {
	data, err := os.OpenRoot(d.a.opts.Config.DataDir)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	if err := data.Mkdir(backupsDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, store.OfFile(err)
	}
	return data.OpenRoot(backupsDir)
}

func (d *desk) backupPath(file string) string {
	return filepath.Join(d.a.opts.Config.DataDir, backupsDir, file)
}

// Backup writes the configuration as it is now, and lets the oldest backups go.
func (d *desk) Backup(ctx context.Context, label string) (config.BackupInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	have, err := d.look(ctx)
	if err != nil {
		return config.BackupInfo{}, err
	}
	root, err := d.backups()
	if err != nil {
		return config.BackupInfo{}, err
	}
	defer root.Close()
	now := time.Now().UTC()
	shot := config.Snapshot{TakenAt: now.Format(time.RFC3339Nano), Version: d.a.opts.Version, Label: label, Providers: map[provider.ID]provider.Source{}}
	for id, p := range have.Providers {
		shot.Providers[id] = p.Source
	}
	text := whole(have).Backup(shot, d.seal)
	id := config.BackupID(now)
	file, err := config.BackupFile(id)
	if err != nil {
		return config.BackupInfo{}, err
	}
	if err := writeNew(root, file, []byte(text)); err != nil {
		return config.BackupInfo{}, fmt.Errorf("write backup %s: %w", id, store.OfFile(err))
	}
	if err := d.a.tell(ctx, config.BackedUp{BackupID: id, Label: label}); err != nil {
		return config.BackupInfo{}, err
	}
	d.rotate(root)
	return d.info(root, id)
}

// writeNew writes a file that is whole, durable and its owner's alone, or is not there.
func writeNew(root *os.Root, name string, text []byte) error {
	const unfinished = "unfinished" // one at a time, under desk.mu; a crash leaves one, which the next replaces
	f, err := root.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = root.Rename(unfinished, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(unfinished)) // its room may be what is missing
	}
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// rotate keeps as many as the configuration says. One that cannot be removed now goes with the next.
func (d *desk) rotate(root *os.Root) {
	ids, err := backupIDs(root)
	if err == nil {
		for _, id := range ids[:max(0, len(ids)-d.current.Load().Storage.BackupsKept)] {
			if file, ferr := config.BackupFile(id); ferr == nil {
				err = errors.Join(err, root.Remove(file))
			}
		}
	}
	if err != nil {
		d.a.opts.Log.Warn("old backups could not be removed", "error", err)
	}
}

// backupIDs lists what is there, oldest first.
func backupIDs(root *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if id, ok := config.BackupOf(e.Name()); ok && e.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Backups lists what is there, newest first.
func (d *desk) Backups(context.Context) ([]config.BackupInfo, error) {
	root, err := d.backups()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	ids, err := backupIDs(root)
	if err != nil {
		return nil, err
	}
	list := []config.BackupInfo{}
	for _, id := range slices.Backward(ids) {
		info, err := d.info(root, id)
		if errors.Is(err, fs.ErrNotExist) { // rotated away at this moment
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	return list, nil
}

// info is what a backup says of itself; one that cannot be read any more says why.
func (d *desk) info(root *os.Root, id string) (config.BackupInfo, error) {
	file, err := config.BackupFile(id)
	if err != nil {
		return config.BackupInfo{}, err
	}
	stat, err := root.Stat(file)
	if err != nil {
		return config.BackupInfo{}, err
	}
	info := config.BackupInfo{ID: id, Path: d.backupPath(file), Size: stat.Size(), CreatedAt: stat.ModTime().UTC()}
	text, err := readIn(root, file)
	if err != nil {
		info.Problem = reason(err)
		return info, nil
	}
	c, shot, err := config.ReadBackup(file, text, d.unseal)
	if err != nil {
		info.Problem = err.Error()
		return info, nil
	}
	info.Label, info.Version, info.Providers, info.Groups = shot.Label, shot.Version, len(c.Providers), len(c.Groups)
	if at := shot.Taken(); !at.IsZero() {
		info.CreatedAt = at
	}
	return info, nil
}

// readBackup finds a backup by its id.
func (d *desk) readBackup(id string) (*config.Config, config.Snapshot, error) {
	missing := fault.Named(fault.Missing, "BackupNotFoundError", "there is no backup %q", id).With("backup_id", id)
	file, err := config.BackupFile(id)
	if err != nil {
		return nil, config.Snapshot{}, missing
	}
	root, err := d.backups()
	if err != nil {
		return nil, config.Snapshot{}, err
	}
	defer root.Close()
	if info, err := root.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return nil, config.Snapshot{}, missing
	}
	text, err := readIn(root, file)
	if err != nil {
		return nil, config.Snapshot{}, fmt.Errorf("read backup %s: %w", id, err)
	}
	c, shot, err := config.ReadBackup(file, text, d.unseal)
	if err != nil {
		return nil, shot, refusal(err)
	}
	return c, shot, nil
}

// Restore makes the fleet what it was when a backup was made, in one transaction, or changes nothing.
func (d *desk) Restore(ctx context.Context, r config.RestoreRequest) (config.ReloadResult, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	begun := time.Now()
	was, shot, err := d.readBackup(r.ID)
	if err != nil {
		return config.ReloadResult{}, err
	}
	if r.DryRun {
		have, err := d.look(ctx)
		if err != nil {
			return config.ReloadResult{}, err
		}
		return config.NewRestore(have, was, shot).Result(d.backupPath(was.File()), true, time.Since(begun)), nil
	}
	var plan config.Plan
	err = d.a.db.Write(ctx, func(ctx context.Context, tx *store.Tx) error {
		have, err := d.standing(ctx, tx)
		if err != nil {
			return err
		}
		plan = config.NewRestore(have, was, shot)
		if err := d.declareTx(ctx, tx, plan); err != nil {
			return err
		}
		return d.a.events.Append(ctx, tx, config.Restored{BackupID: r.ID, Changes: plan.Changes()})
	})
	if err != nil {
		return config.ReloadResult{}, err
	}
	d.settle(ctx, plan, r.Hurry)
	by, _ := event.ActorFrom(ctx)
	d.a.opts.Log.Info("backup restored", "backup", r.ID, "by", by.ID)
	return plan.Result(d.backupPath(was.File()), false, time.Since(begun)), nil
}

func (d *desk) seal(key, value string) string {
	return base64.RawURLEncoding.EncodeToString(d.vault.Seal(sealedScope, key, []byte(value)))
}

func (d *desk) unseal(key, sealed string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil {
		raw, err = d.vault.Unseal(sealedScope, key, raw)
	}
	if err != nil {
		return "", errors.New("the secret cannot be opened: it was sealed by another instance, for another key, or its key is lost")
	}
	return string(raw), nil
}
