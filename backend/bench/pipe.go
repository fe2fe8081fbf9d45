package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// pipe is a provider without a gateway: its process and the two ends of its stdio.
type pipe struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// pipe starts the demo provider as a client without a gateway would: initialize, then its list of tools.
func (b *bench) pipe() (*pipe, error) {
	p := &pipe{cmd: exec.Command(b.hangar, "demo")}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 64<<10)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if err := p.call(greeting, "serverInfo"); err != nil {
		return nil, errors.Join(err, p.close())
	}
	_, err = fmt.Fprintln(p.in, greeted)
	return p, err
}

func (p *pipe) call(body, want string) error {
	_, err := p.ask(body, want)
	return err
}

func (p *pipe) ask(body, want string) ([]byte, error) {
	if _, err := io.WriteString(p.in, body+"\n"); err != nil {
		return nil, err
	}
	line, err := p.out.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(line, []byte(want)) {
		return nil, fmt.Errorf("%w: %.300s", errAnswer, line)
	}
	return line, nil
}

const listBody = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`

// tools are those that the demo lists, each as it says.
func (p *pipe) tools() ([]json.RawMessage, error) {
	line, err := p.ask(listBody, `"tools"`)
	if err != nil {
		return nil, err
	}
	var said struct {
		Result struct{ Tools []json.RawMessage }
	}
	err = json.Unmarshal(line, &said)
	return said.Result.Tools, err
}

func (p *pipe) close() error {
	err := p.in.Close()
	return errors.Join(err, p.cmd.Wait())
}
