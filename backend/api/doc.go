// Package api is the REST face: huma operations, one file per noun, and the bodies that they speak.
//
// A file's first function lists its routes. Bodies are types of their own, filled from the nouns, so that a noun can
// change without the contract and the other way round. Every error, from every cause, leaves as ErrorBody.
//
// Owns: the OpenAPI document. Uses: any room below the faces.
// Runs: nothing; the HTTP server brings the goroutine.
package api
