// Command clients is what `make conformance` drives the Go clients with: clients sdk|mcp-go, a plan on stdin, what was seen on
// stdout. conformance/typescript.mjs does the same for the TypeScript clients.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// target is one connection of the plan: to an address, or to a process of its own.
type target struct {
	Name    string            `json:"name"`
	Era     string            `json:"era"` // a revision
	URL     string            `json:"url"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env"`
	Calls   []call            `json:"calls"`
}

type call struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
}

// seen is what a client saw of a target.
type seen struct {
	Name      string `json:"name"`
	Era       string `json:"era"`
	Spoke     string `json:"spoke"` // the revision that was agreed on
	Tools     []any  `json:"tools"`
	Resources []any  `json:"resources"`
	Templates []any  `json:"templates"`
	Prompts   []any  `json:"prompts"`
	Answers   []any  `json:"answers"`
	Problem   string `json:"problem,omitempty"`
}

const patience = 60 * time.Second

func main() {
	visit := map[string]func(context.Context, target, *seen) error{"sdk": visitSDK, "mcp-go": visitMCPGo}[os.Args[len(os.Args)-1]]
	var plan []target
	if err := json.NewDecoder(os.Stdin).Decode(&plan); err != nil || visit == nil {
		fmt.Fprintln(os.Stderr, "usage: clients sdk|mcp-go < plan:", err)
		os.Exit(2)
	}
	var all []seen
	for _, t := range plan {
		s := seen{Name: t.Name, Era: t.Era}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := visit(ctx, t, &s); err != nil {
			s.Problem = err.Error()
		}
		cancel()
		all = append(all, s)
	}
	if err := json.NewEncoder(os.Stdout).Encode(all); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func variables(t target) []string {
	env := os.Environ()
	for k, v := range t.Env {
		env = append(env, k+"="+v)
	}
	return env
}

// unknown is the answer of a server that has resources and does not know the word template.
func unknown(err error) bool { return strings.Contains(err.Error(), "Method not found") }
