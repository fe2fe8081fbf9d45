// Command hostile runs the servers of package mcptest as a program of its own: hostile MODE [ARGUMENTS].
//
// It is a tool for trying Hangar against misbehaving providers by hand and in end-to-end tests; it is not shipped.
package main

import (
	"fmt"
	"os"
	"strings"

	"hangar/backend/mcptest"
)

func main() {
	mcptest.Child() // a grandchild of a mode that forks
	if len(os.Args) < 2 {
		fmt.Fprintf(os.Stderr, "usage: hostile MODE [ARGUMENTS]\nmodes: %s\n", strings.Join(mcptest.Modes(), ", "))
		os.Exit(2)
	}
	os.Exit(mcptest.Run(os.Args[1], os.Args[2:]))
}
