package main

import (
	"context"
	"fmt"
	"iter"
	"os/exec"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const newer = "2026-07-28"

func visitSDK(ctx context.Context, t target, s *seen) error {
	var way mcp.Transport = &mcp.StreamableClientTransport{Endpoint: t.URL}
	if t.URL == "" {
		cmd := exec.CommandContext(ctx, t.Command[0], t.Command[1:]...)
		cmd.Env = variables(t)
		way = &mcp.CommandTransport{Command: cmd}
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "conformance", Version: "1"}, nil)
	session, err := client.Connect(ctx, way, &mcp.ClientSessionOptions{ProtocolVersion: t.Era})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer session.Close()
	hello := session.InitializeResult()
	s.Spoke = hello.ProtocolVersion
	can := hello.Capabilities
	if can.Tools != nil {
		if s.Tools, err = all(session.Tools(ctx, nil)); err != nil {
			return fmt.Errorf("tools/list: %w", err)
		}
	}
	if can.Resources != nil {
		if s.Resources, err = all(session.Resources(ctx, nil)); err != nil {
			return fmt.Errorf("resources/list: %w", err)
		}
		if s.Templates, err = all(session.ResourceTemplates(ctx, nil)); err != nil && !unknown(err) {
			return fmt.Errorf("resources/templates/list: %w", err)
		}
	}
	if can.Prompts != nil {
		if s.Prompts, err = all(session.Prompts(ctx, nil)); err != nil {
			return fmt.Errorf("prompts/list: %w", err)
		}
	}
	for _, c := range t.Calls {
		r, err := session.CallTool(ctx, &mcp.CallToolParams{Name: c.Tool, Arguments: c.Arguments})
		if err != nil {
			return fmt.Errorf("tools/call %s: %w", c.Tool, err)
		}
		s.Answers = append(s.Answers, r)
	}
	if t.Era == newer { // which has no ping
		return nil
	}
	return session.Ping(ctx, nil)
}

func all[T any](list iter.Seq2[*T, error]) (out []any, err error) {
	for it, err := range list {
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	return out, nil
}
