// Package bridge carries requests across the eras of the protocol.
//
// A provider of the session era asks its client questions while a request runs. A client of the stateless era cannot be
// asked: it gets an answer that says what is wanted (input_required) and makes the request again with the answers. So the
// live request is parked here, and its place named by a sealed requestState; the retry resumes it (Lot).
//
// The other way round a provider of the stateless era answers input_required, and its client of the session era is asked,
// in as many rounds as it takes (Rounds).
//
// What a client is given to keep is sealed (Seal): it is good for one principal, one door and one request, and for a while.
//
// A parked request lives in this process. It is cancelled when nobody comes back in time; a state that outlived it is
// refused with a word that the request may have had an effect, and is never run again by itself.
//
// Owns: parked requests, in memory. Uses: mcp, fault. Runs: one goroutine per request that may be parked, until that is over.
package bridge
