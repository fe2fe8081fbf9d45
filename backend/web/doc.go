// Package web gives the browser its pages: the shell of the dashboard, the documentation, and the files they need.
//
// Every page is made for one answer: its content security policy allows only scripts and styles that carry that
// answer's nonce, and its addresses carry the base path, so that one build of the dashboard serves at any prefix.
// Which scripts to load stands in Vite's manifest, read once. In development the shell points at Vite instead.
//
// The page about the sockets is rendered from their AsyncAPI document, without a script. The files below /examples/ are also
// used from a folder, so they have no nonce and a policy of their own.
//
// Owns: the pages, the policies, caching of static files. Uses: fault. Runs: nothing.
package web
