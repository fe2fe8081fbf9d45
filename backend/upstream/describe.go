package upstream

import (
	"encoding/json"
	"fmt"

	"hangar/backend/mcp"
)

// describe adds what every request of the stateless era says about itself. token is nil where no progress is wanted.
func describe(o Options, x mcp.Exchange, token json.RawMessage) (json.RawMessage, error) {
	meta, _ := mcp.Get(x.Params, "_meta")
	capabilities := x.Client.Capabilities
	if capabilities == nil {
		capabilities = json.RawMessage(`{}`)
	}
	var level json.RawMessage
	if l := x.Client.LogLevel; l != "" && l != mcp.LogAll {
		level = mcp.Quote(l)
	}
	for _, m := range [...]struct {
		key string
		val json.RawMessage
	}{
		{mcp.MetaClientCapabilities, capabilities},
		{mcp.MetaClientInfo, o.introduction()},
		{mcp.MetaVersion, mcp.Quote(mcp.Latest)},
		{mcp.MetaLogLevel, level},
		{"progressToken", token},
	} {
		if m.val == nil {
			continue
		}
		var err error
		if meta, err = mcp.Set(meta, m.val, m.key); err != nil {
			return nil, err
		}
	}
	return mcp.Set(x.Params, meta, "_meta")
}

// withToken asks a provider of the session era for progress.
func withToken(params, token json.RawMessage) (json.RawMessage, error) {
	return mcp.Set(params, token, "_meta", "progressToken")
}

// introduction is how we present ourselves, as clientInfo.
func (o Options) introduction() json.RawMessage {
	return fmt.Appendf(nil, `{"name":%s,"version":%s}`, mcp.Quote(o.Name), mcp.Quote(o.Version))
}

func initializeParams(o Options) json.RawMessage {
	capabilities, info := o.Capabilities, o.ClientInfo
	if capabilities == nil {
		capabilities = json.RawMessage(`{}`)
	}
	if info == nil {
		info = o.introduction()
	}
	return fmt.Appendf(nil, `{"protocolVersion":%s,"capabilities":%s,"clientInfo":%s}`, mcp.Quote(mcp.LatestSession), capabilities, info)
}
