package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"hangar/backend/sabotage"
)

const (
	readyTime   = 2 * time.Second
	queueLength = 1024 // closures that wait; a full queue blocks the caller
	batchLength = 256  // closures that share a COMMIT at most
)

// Write runs fn in a transaction and returns when its changes are on the disk. An error of fn, or a panic in it, takes
// back what fn changed and nothing else.
//
// fn runs on the writer, and all other writes wait for it: it must do nothing but read and write this database. The
// context that it gets has the values of ctx but not its end: a statement that is interrupted half-way would take the
// whole batch with it. While fn still waits for its turn, the end of ctx takes it back.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.writer.write(ctx, fn)
}

// Health is nil while the store takes changes, and the reason when it does not any more.
func (db *DB) Health() error {
	if p := db.writer.broken.Load(); p != nil {
		return *p
	}
	return nil
}

// Ready is Health, and asks a server whether it is there. What it says is fit for anybody.
func (db *DB) Ready(ctx context.Context) error {
	err := db.Health()
	if err == nil && isPostgres(db.reader.db) {
		ctx, cancel := context.WithTimeout(ctx, readyTime)
		defer cancel()
		if db.reader.repeat(func() error { return db.reader.db.PingContext(ctx) }) != nil {
			return errors.New("the database server does not answer")
		}
	}
	return err
}

// writer owns the writing connection. Its goroutine runs from startWriter to close.
type writer struct {
	pool     *sqlx.DB
	log      *slog.Logger
	queue    chan *job
	closing  chan struct{} // closed by close: take no more
	done     chan struct{} // closed when the goroutine has ended
	once     sync.Once
	closeErr error // of once
	broken   atomic.Pointer[error]
	link     *link // to a PostgreSQL server; nil: SQLite, whose connection is never lost
	conn     *conn // of the goroutine; nil: it is lost
	failing  bool  // of the goroutine: the last transaction failed as a whole
}

// A job is either claimed by the writer or taken back by its caller, never both.
type job struct {
	ctx     context.Context
	fn      func(context.Context, *Tx) error
	claimed atomic.Bool
	err     error
	result  chan error
	tx      Tx
}

type insideKey struct{}

func startWriter(pool *sqlx.DB, c *conn, l *link, log *slog.Logger) *writer {
	w := &writer{
		pool: pool, link: l, log: log,
		queue:   make(chan *job, queueLength),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
		conn:    c,
	}
	go w.run()
	return w
}

func (w *writer) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	if ctx.Value(insideKey{}) == w {
		return errors.New("store: Write inside of Write would wait for itself; use the Tx at hand")
	}
	if p := w.broken.Load(); p != nil {
		return *p
	}
	// A context that has ended must not get in by the chance of a select.
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	j := &job{ctx: ctx, fn: fn, result: make(chan error, 1)}
	select {
	case <-w.closing:
		return closed()
	default:
	}
	select {
	case w.queue <- j:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-w.closing:
		return closed()
	}
	select {
	case err := <-j.result:
		return err
	case <-ctx.Done():
		if j.claimed.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
	case <-w.done: // it came into the queue after the last look at it
		if j.claimed.CompareAndSwap(false, true) {
			return closed()
		}
	}
	return <-j.result // claimed by the writer: the answer is on its way
}

func (w *writer) close() error {
	w.once.Do(func() {
		close(w.closing)
		<-w.done
		if w.conn != nil {
			w.conn.forget()
			w.closeErr = w.conn.c.Close()
		}
		w.closeErr = errors.Join(w.closeErr, w.pool.Close())
	})
	return w.closeErr
}

func (w *writer) run() {
	defer close(w.done)
	for {
		var again <-chan time.Time // what is stored must be announced, even when nobody writes
		if w.link != nil && w.link.unsure != nil {
			again = time.After(time.Second)
		}
		select {
		case j := <-w.queue:
			w.commit(w.drain(j))
		case <-again:
			if err := w.ready(); err != nil {
				w.log.Debug("the database is still out of reach", "error", err)
			}
		case <-w.closing:
			for batch := w.drain(nil); len(batch) > 0; batch = w.drain(nil) {
				w.commit(batch)
			}
			return
		}
	}
}

// drain claims what waits, first included.
func (w *writer) drain(first *job) []*job {
	var batch []*job
	if first != nil && first.claimed.CompareAndSwap(false, true) {
		batch = append(batch, first)
	}
	for len(batch) < batchLength {
		select {
		case j := <-w.queue:
			if j.claimed.CompareAndSwap(false, true) {
				batch = append(batch, j)
			}
		default:
			return batch
		}
	}
	return batch
}

// commit runs a batch in one transaction and answers all of its callers.
func (w *writer) commit(batch []*job) {
	if len(batch) == 0 {
		return
	}
	if err := w.transaction(batch); err != nil && !sabotage.Errors {
		err = w.judge(err)
		for _, j := range batch {
			if j.err == nil {
				j.err = err
			}
		}
	} else {
		w.healed()
	}
	for _, j := range batch {
		if j.err == nil {
			w.runAfter(j)
		}
	}
	for _, j := range batch {
		j.result <- j.err
	}
}

// transaction runs BEGIN, the closures and COMMIT. Its error is one of the whole batch: nothing of it is stored.
func (w *writer) transaction(batch []*job) error {
	if p := w.broken.Load(); p != nil {
		return *p
	}
	ctx, cancel := w.bounded()
	defer cancel()
	token, err := w.begin(ctx)
	if err != nil {
		return err
	}
	err = w.closures(ctx, batch)
	committing := err == nil
	if committing {
		if sabotage.Commit {
			answerEarly(batch)
		}
		err = w.end(ctx)
	}
	if err == nil {
		if w.link != nil {
			w.link.last = token
		}
		return nil
	}
	if w.conn.lost(err) {
		w.drop()
		if committing {
			return w.resolve(token, batch, err)
		}
		return unreachable(err)
	}
	// A failed COMMIT may leave the transaction open; after some errors SQLite has ended it by itself, and then
	// ROLLBACK has nothing to do and says so.
	if rb := w.conn.control(ctx, "ROLLBACK"); rb != nil {
		w.log.Debug("rollback after a failed transaction", "error", rb)
	}
	if errors.Is(err, errAlone) {
		return nil // the only closure of the batch failed, and its caller knows
	}
	return err
}

// answerEarly is what must never be: callers hear of success, and then there is time to be killed in.
func answerEarly(batch []*job) {
	for _, j := range batch {
		j.result <- j.err
	}
	time.Sleep(20 * time.Millisecond)
}

// bounded gives the statements of a transaction the time that a server has for it. SQLite is not bounded: interrupted
// half-way, it would give up the batch for nothing.
func (w *writer) bounded() (context.Context, context.CancelFunc) {
	if w.link == nil {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), w.link.limit)
}

func (w *writer) begin(ctx context.Context) (token string, err error) {
	if w.link == nil {
		return "", w.conn.control(ctx, "BEGIN IMMEDIATE")
	}
	for try := 0; ; try++ {
		if err := w.ready(); err != nil {
			return "", err
		}
		token, err = w.link.begin(ctx, w.conn)
		if err == nil || !w.conn.lost(err) {
			return token, err
		}
		w.drop()
		if try > 0 { // a server that was restarted meanwhile is found dead by the first try
			return "", unreachable(err)
		}
	}
}

var errNoTransaction = errors.New("a closure ended the transaction")

func (w *writer) end(ctx context.Context) error {
	if !w.conn.inTransaction() {
		return errNoTransaction // COMMIT would roll back, and report success
	}
	return w.conn.control(ctx, "COMMIT")
}

// errAlone says that a closure without a savepoint failed: the transaction holds nothing that is wanted.
var errAlone = errors.New("the only closure failed")

func (w *writer) closures(ctx context.Context, batch []*job) error {
	if len(batch) == 1 {
		j := batch[0]
		j.err = w.runOne(ctx, j)
		switch {
		case j.tx.abort != nil:
			j.err = nil // the error of the batch says more
			return j.tx.abort
		case j.err != nil:
			return errAlone
		}
		return nil
	}
	for _, j := range batch {
		if err := w.inSavepoint(ctx, j); err != nil {
			return err
		}
	}
	return nil
}

// inSavepoint runs one closure of many. It returns an error only when the transaction itself is lost; RELEASE and
// ROLLBACK TO find that out too, because the savepoint is gone with the transaction.
func (w *writer) inSavepoint(ctx context.Context, j *job) error {
	if w.conn.pg {
		w.conn.due = true // a message to a server and back costs as much as what it carries out
	} else if err := w.conn.control(ctx, "SAVEPOINT closure"); err != nil {
		return err
	}
	j.err = w.runOne(ctx, j)
	if j.tx.abort != nil {
		j.err = nil
		return j.tx.abort
	}
	if j.err != nil && !w.conn.due {
		if err := w.conn.control(ctx, "ROLLBACK TO SAVEPOINT closure"); err != nil {
			return err
		}
	}
	if w.conn.pg {
		return nil // the next one releases it in the same message, or COMMIT does
	}
	return w.conn.control(ctx, "RELEASE SAVEPOINT closure")
}

// runOne calls the closure and turns a panic into an error. batch bounds its statements.
func (w *writer) runOne(batch context.Context, j *job) (err error) {
	w.conn.trim()
	j.tx = Tx{now: now(), conn: w.conn}
	defer func() {
		j.tx.end()
		if p := recover(); p != nil {
			w.log.Error("panic in a transaction; it was rolled back", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	ctx := context.WithValue(context.WithoutCancel(j.ctx), insideKey{}, w)
	if until, ok := batch.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until)
		defer cancel()
	}
	if err = j.fn(ctx, &j.tx); err == nil {
		err = j.tx.spoil // the closure looked away, but its transaction cannot go on
	}
	return err
}

// runAfter calls the functions one by one: a panic in one must not keep the next from learning of the commit.
func (w *writer) runAfter(j *job) {
	for _, fn := range j.tx.after {
		func() {
			defer func() {
				if p := recover(); p != nil {
					w.log.Error("panic after a commit; the changes are stored", "panic", p, "stack", string(debug.Stack()))
				}
			}()
			fn()
		}()
	}
}

// judge turns the error of a transaction into what the callers get, and ends all writing when the disk cannot be
// trusted any more. A failure that lasts is logged once, and its end too.
func (w *writer) judge(err error) error {
	switch {
	case w.broken.Load() != nil:
		return err
	case isFatal(err):
		err = failed(err)
		w.broken.Store(&err)
		w.log.Error("the database cannot be written; no more changes are taken", "error", err)
		return err
	}
	err = translate(err)
	if !w.failing {
		w.failing = true
		w.log.Error("transactions fail", "error", err)
	}
	return err
}

func (w *writer) healed() {
	if w.failing {
		w.failing = false
		w.log.Info("transactions succeed again")
	}
}
