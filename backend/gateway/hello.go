package gateway

import (
	"context"
	"encoding/json"

	"hangar/backend/mcp"
)

// hello is what never changes in how we introduce ourselves.
type hello struct {
	info     json.RawMessage // {"name","version"}
	listTail string          // closes a list in the stateless era
	meta     string          // "_meta":{...} of a result of our own
}

func newHello(version string) hello {
	if version == "" {
		version = "dev"
	}
	info := encode(struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}{"hangar", version})
	meta := `"_meta":{"` + mcp.MetaServerInfo + `":` + string(info) + `}`
	return hello{info: info, meta: meta, listTail: `,"ttlMs":0,"cacheScope":"private","resultType":"complete",` + meta + `}`}
}

// everyCapability is what the aggregate offers. It does not depend on which providers are up: whatever they turn out to
// have is there at once, and announced.
const everyCapability = `{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"completions":{},"logging":{}}`

const tasksExtension = "io.modelcontextprotocol/tasks"

// capabilities are what is declared at a door: everything, or at a provider's own what that has declared, with what we
// see to ourselves.
func (g *Gateway) capabilities(d door, era mcp.Era) json.RawMessage {
	v := g.shelves.current.Load()
	if d.provider == "" {
		return withTasks(json.RawMessage(everyCapability), v, era)
	}
	s := v.shelves[d.provider]
	if s == nil || len(s.capabilities) == 0 || s.capabilities[0] != '{' {
		return json.RawMessage(everyCapability)
	}
	own, err := mcp.Filter(s.capabilities, func(key string) bool {
		return key != "tasks" && (key != "extensions" || s.stateless == (era == mcp.Stateless)) // what the eras do not share
	})
	if err != nil {
		return json.RawMessage(everyCapability)
	}
	for _, of := range []string{"tools", "prompts", "resources"} {
		if has, ok := mcp.Get(own, of); ok && has[0] == '{' || of == "tools" {
			if with, err := mcp.Set(own, json.RawMessage("true"), of, "listChanged"); err == nil {
				own = with
			}
		}
	}
	return own
}

// withTasks declares the extension where a provider has it.
func withTasks(all json.RawMessage, v *view, era mcp.Era) json.RawMessage {
	if era != mcp.Stateless {
		return all
	}
	for _, s := range v.order {
		if _, has := mcp.Get(s.capabilities, "extensions", tasksExtension); has && s.stateless {
			if with, err := mcp.Set(all, json.RawMessage("{}"), "extensions", tasksExtension); err == nil {
				return with
			}
		}
	}
	return all
}

// discover says what we are, in the stateless era.
func discover(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	body := append(json.RawMessage(`{"supportedVersions":`), encode(mcp.Supported())...)
	body = append(append(body, `,"capabilities":`...), g.capabilities(rq.door, rq.era)...)
	return payload{body: g.instruct(ctx, rq, body), tail: g.hello.listTail}, nil
}

// initialize says what we are, in the session era. The transport has made the session.
func initialize(ctx context.Context, g *Gateway, rq *request) (payload, *mcp.Error) {
	requested, ok := mcp.GetString(rq.msg.Params, "protocolVersion")
	if !ok {
		return payload{}, mcp.Errorf(mcp.CodeInvalidParams, "params.protocolVersion is missing or not a string")
	}
	body := append(json.RawMessage(`{"protocolVersion":`), mcp.Quote(mcp.Negotiate(requested))...)
	body = append(append(body, `,"capabilities":`...), g.capabilities(rq.door, rq.era)...)
	body = append(append(body, `,"serverInfo":`...), g.hello.info...)
	return payload{body: g.instruct(ctx, rq, body), tail: "}"}, nil
}

func (g *Gateway) instruct(ctx context.Context, rq *request, body json.RawMessage) json.RawMessage {
	if text := g.shown(ctx, rq.door).instructions(); text != "" {
		body = append(append(body, `,"instructions":`...), mcp.Quote(text)...)
	}
	return mcp.OneLine(body)
}
