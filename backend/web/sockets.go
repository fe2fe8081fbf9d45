package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

// socketsView is the page about the sockets.
type socketsView struct {
	Title, Version, Description string
	Sockets                     []socketView
	Codes                       []closeCode
}

type socketView struct {
	ID, Address, Title, Description string
	Path, Query                     []field
	Sends, Takes                    []frameView // by the server
	Codes                           []int
}

type frameView struct {
	Title, Summary, Example string
	Fields                  []field
}

// SocketsDocs answers with a page made from the AsyncAPI document. It needs no script.
func (s *Site) SocketsDocs(w http.ResponseWriter, r *http.Request) {
	if !s.reads(w, r) {
		return
	}
	view, err := s.sockets()
	if err != nil {
		s.opts.WriteError(w, r, err)
		return
	}
	s.page(w, r, http.StatusOK, strictPolicy, func(n string) templ.Component { return sockets(s.opts.BasePath, n, view) })
}

// AsyncAPI answers with the document itself.
func (s *Site) AsyncAPI(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	// The client may be gone.
	_, _ = w.Write(s.opts.AsyncAPI)
}

func viewSockets(text []byte) (*socketsView, error) {
	doc, err := parseAsyncAPI(text)
	if err != nil {
		return nil, err
	}
	view := &socketsView{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description, Codes: doc.CloseCodes}
	for _, id := range doc.Channels.Keys {
		c := doc.Channels.Of[id]
		one := socketView{
			ID: id, Address: c.Address, Title: c.Title, Description: c.Description, Codes: c.CloseCodes,
			Query: doc.fields(c.Bindings.WS.Query, ""),
		}
		for _, name := range c.Parameters.Keys {
			one.Path = append(one.Path, field{name, "string", c.Parameters.Of[name].Description, true})
		}
		for _, key := range doc.Operations.Keys {
			op := doc.Operations.Of[key]
			if last(op.Channel.Ref) != id {
				continue
			}
			for _, ref := range op.Messages {
				if frame := doc.frame(last(ref.Ref)); op.Action == "send" {
					one.Sends = append(one.Sends, frame)
				} else {
					one.Takes = append(one.Takes, frame)
				}
			}
		}
		view.Sockets = append(view.Sockets, one)
	}
	return view, nil
}

func (d *asyncAPI) frame(name string) frameView {
	m := d.Components.Messages.Of[name]
	var example bytes.Buffer
	if err := json.Indent(&example, d.example(m.Payload), "", "  "); err != nil {
		example.WriteString(err.Error()) // seen on the page, and by its test
	}
	title := m.Title
	if title == "" {
		title = name
	}
	return frameView{Title: title, Summary: m.Summary, Example: example.String(), Fields: d.fields(m.Payload, "")}
}

// paragraphs splits a description at its empty lines.
func paragraphs(text string) []string {
	return strings.Split(strings.TrimSpace(text), "\n\n")
}

// ticked splits at backticks: every second piece is code.
func ticked(text string) []string { return strings.Split(text, "`") }
