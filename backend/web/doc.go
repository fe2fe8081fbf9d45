// Package web gives the browser its pages: the shell of the dashboard, the API's documentation, and the files both need.
//
// Every page is made for one answer: its content security policy allows only scripts and styles that carry that
// answer's nonce, and its addresses carry the base path, so that one build of the dashboard serves at any prefix.
// Which scripts to load stands in Vite's manifest, read once. In development the shell points at Vite instead.
//
// Owns: page.templ, the policy, caching of static files. Uses: fault. Runs: nothing.
package web
