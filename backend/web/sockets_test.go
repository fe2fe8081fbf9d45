package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hangar"
)

const smallDocument = `
asyncapi: 3.0.0
info: { title: Sockets, version: 1.0.0, description: "Says <what> ` + "`it`" + ` does.\n\nTwice." }
channels:
  zebra:
    address: /ws/{id}
    title: Stripes
    parameters: { id: { description: whose } }
    bindings: { ws: { query: { type: object, properties: { since: { type: integer, description: after } } } } }
    x-close-codes: [1012, 4404]
  ant: { address: /ws/ant, title: Small }
operations:
  out: { action: send, channel: { $ref: '#/channels/zebra' }, messages: [{ $ref: '#/channels/zebra/messages/Stripe' }] }
  in: { action: receive, channel: { $ref: '#/channels/zebra' }, messages: [{ $ref: '#/channels/zebra/messages/Ask' }] }
x-close-codes:
  - { code: 1012, name: restart, come_back: true, meaning: soon }
  - { code: 4404, name: gone, come_back: false, meaning: never }
components:
  messages:
    Stripe: { summary: one more, payload: { $ref: '#/components/schemas/Stripe' } }
    Ask: { title: ask, payload: { type: object, required: [type], properties: { type: { const: ask } } } }
  schemas:
    Frame:
      type: object
      required: [kind, at]
      properties: { kind: { type: string }, at: { type: number, examples: [1.5] } }
    Stripe:
      allOf: [{ $ref: '#/components/schemas/Frame' }]
      required: [colours, data]
      properties:
        kind: { enum: [black, white] }
        colours: { type: array, items: { enum: [b, w] } }
        width: { type: integer }
        note: { oneOf: [{ type: string }, { type: 'null' }], examples: [null] }
        data: { type: object, required: [ok], properties: { ok: { type: boolean, description: whether } } }
`

func TestTheSocketsPageIsMadeFromTheDocument(t *testing.T) {
	v, err := viewSockets([]byte(smallDocument))
	if err != nil {
		t.Fatal(err)
	}
	zebra := v.Sockets[0]
	if len(v.Sockets) != 2 || zebra.ID != "zebra" || len(zebra.Codes) != 2 || len(zebra.Path) != 1 || zebra.Query[0].Name != "since" {
		t.Fatalf("%+v", v)
	}
	frame := zebra.Sends[0]
	if frame.Title != "Stripe" || zebra.Takes[0].Title != "ask" {
		t.Errorf("%+v", zebra)
	}
	want := []field{
		{"kind", `"black" or "white"`, "", true}, // the later definition, at the place of the first
		{"at", "number", "", true},
		{"colours", `array of "b" or "w"`, "", true},
		{"width", "integer", "", false},
		{"note", "string or null", "", false},
		{"data", "object", "", true},
		{"data.ok", "boolean", "whether", true},
	}
	for i, f := range frame.Fields {
		if i >= len(want) || f != want[i] {
			t.Errorf("field %d: %+v", i, f)
		}
	}
	if got := strings.Join(strings.Fields(frame.Example), " "); got != `{ "kind": "black", "at": 1.5, "colours": [ "b" ], "note": null, "data": { "ok": false } }` {
		t.Errorf("example %s", got)
	}
}

func TestTheSocketsPage(t *testing.T) {
	s := site(t, func(o *Options) { o.BasePath, o.AsyncAPI = "/ops/", []byte(smallDocument) })
	w := get(http.HandlerFunc(s.SocketsDocs), "GET", "/docs/ws")
	body := w.Body.String()
	if w.Code != 200 || strings.Contains(body, "<script") {
		t.Fatalf("status %d\n%s", w.Code, body)
	}
	for _, want := range []string{
		"Says &lt;what&gt; <code>it</code> does.", `href="#zebra"`, "/ws/{id}", `href="/ops/api/asyncapi.yaml"`, `href="/ops/docs"`,
		`id="close-4404"`, `href="#close-1012"`, "&#34;kind&#34;: &#34;black&#34;", `aria-current="page"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := get(http.HandlerFunc(s.AsyncAPI), "GET", "/api/asyncapi.yaml"); got.Body.String() != smallDocument {
		t.Error("the document is another one")
	}
	if w := get(http.HandlerFunc(s.SocketsDocs), "POST", "/docs/ws"); w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

// The real document must be readable here too, and every frame in it shows an example.
func TestTheRealDocumentIsShownWhole(t *testing.T) {
	v, err := viewSockets(hangar.AsyncAPI())
	if err != nil {
		t.Fatal(err)
	}
	known := map[int]bool{}
	for _, c := range v.Codes {
		known[c.Code] = true
	}
	for _, s := range v.Sockets {
		if len(s.Sends) == 0 || s.Title == "" || s.Description == "" {
			t.Errorf("%s says too little: %+v", s.ID, s)
		}
		for _, code := range s.Codes {
			if !known[code] {
				t.Errorf("%s closes with %d, which is not explained", s.ID, code)
			}
		}
		for _, f := range append(s.Sends, s.Takes...) {
			if f.Summary == "" || !json.Valid([]byte(f.Example)) || strings.Contains(f.Example, `: ""`) || f.Example == "null" {
				t.Errorf("%s: %s (%s) has the example %s", s.ID, f.Title, f.Summary, f.Example)
			}
		}
	}
}

func TestExamples(t *testing.T) {
	s := site(t, func(o *Options) { o.BasePath, o.Examples = "/ops/", hangar.Examples() })
	w := get(http.HandlerFunc(s.Examples), "GET", "/examples/"+exampleClient)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	csp, body := w.Header().Get("Content-Security-Policy"), w.Body.String()
	if !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %s", csp)
	}
	// What that policy forbids must not be in the page.
	for _, never := range []string{"<script>", "<style", "style=", "onclick=", "http://", "https://"} {
		if strings.Contains(strings.ReplaceAll(body, "http://www.w3.org/", ""), never) {
			t.Errorf("the page has %s", never)
		}
	}
	for name, want := range map[string]int{
		"websocket_client_javascript.js": 200, "websocket_client_javascript.css": 200,
		"": 302, "nothing.js": 404, "../web.go": 404, "streaming_support.py": 404,
	} {
		got := get(http.HandlerFunc(s.Examples), "GET", "/examples/"+name)
		if got.Code != want {
			t.Errorf("%q: %d, want %d", name, got.Code, want)
		}
		if want == 302 && got.Header().Get("Location") != "/ops/examples/"+exampleClient {
			t.Errorf("to %s", got.Header().Get("Location"))
		}
	}
	if w := get(http.HandlerFunc(site(t, nil).Examples), "GET", "/examples/"+exampleClient); w.Code != 404 {
		t.Errorf("without examples: %d", w.Code)
	}
}
