package main

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
)

func visitMCPGo(ctx context.Context, t target, s *seen) error {
	way, err := mcpGoTransport(t)
	if err != nil {
		return err
	}
	options := []client.ClientOption{client.WithProtocolVersion(t.Era)}
	if t.Era != newer {
		options = []client.ClientOption{client.WithLegacyProtocolOnly()}
	}
	c := client.NewClient(way, options...)
	if err := c.Start(ctx); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer c.Close()
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = t.Era
	hello.Params.ClientInfo = mcp.Implementation{Name: "conformance", Version: "1"}
	if _, err := c.Initialize(ctx, hello); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	s.Spoke = c.ProtocolVersion()
	if err := mcpGoLists(ctx, c, s); err != nil {
		return err
	}
	for _, call := range t.Calls {
		request := mcp.CallToolRequest{}
		request.Params.Name, request.Params.Arguments = call.Tool, call.Arguments
		r, err := c.CallTool(ctx, request)
		if err != nil {
			return fmt.Errorf("tools/call %s: %w", call.Tool, err)
		}
		s.Answers = append(s.Answers, r)
	}
	if t.Era == newer { // which has no ping
		return nil
	}
	return c.Ping(ctx)
}

func mcpGoTransport(t target) (transport.Interface, error) {
	if t.URL != "" {
		return transport.NewStreamableHTTP(t.URL)
	}
	return transport.NewStdio(t.Command[0], variables(t), t.Command[1:]...), nil
}

func mcpGoLists(ctx context.Context, c *client.Client, s *seen) error {
	can := c.GetServerCapabilities()
	if can.Tools != nil {
		r, err := c.ListTools(ctx, mcp.ListToolsRequest{})
		if err != nil {
			return fmt.Errorf("tools/list: %w", err)
		}
		s.Tools = each(r.Tools)
	}
	if can.Resources != nil {
		r, err := c.ListResources(ctx, mcp.ListResourcesRequest{})
		if err != nil {
			return fmt.Errorf("resources/list: %w", err)
		}
		s.Resources = each(r.Resources)
		templates, err := c.ListResourceTemplates(ctx, mcp.ListResourceTemplatesRequest{})
		if err != nil && !unknown(err) {
			return fmt.Errorf("resources/templates/list: %w", err)
		}
		if err == nil {
			s.Templates = each(templates.ResourceTemplates)
		}
	}
	if can.Prompts != nil {
		r, err := c.ListPrompts(ctx, mcp.ListPromptsRequest{})
		if err != nil {
			return fmt.Errorf("prompts/list: %w", err)
		}
		s.Prompts = each(r.Prompts)
	}
	return nil
}

func each[T any](list []T) (out []any) {
	for _, it := range list {
		out = append(out, it)
	}
	return out
}
