// Package secret keeps values that must not be readable in a copy of the database: tokens, client secrets.
//
// Each value is sealed by AES-256-GCM with a random nonce. Its envelope is
//
//	1 byte version (1) | 4 bytes key id | 12 bytes nonce | ciphertext and tag
//
// and what it is sealed to is the version, the key id, the scope and the name, so that a row moved to another name does
// not open. The keys are in a file of the data directory, secret.key, that only its owner may read: one per line, the
// first seals, all of them open. A key is changed by putting a new line on top. Whoever takes a backup of the database
// without that file has no secrets; whoever loses the file has to enter them anew.
//
// Owns: the table secrets, the file secret.key. Uses: store, fault. Runs: nothing.
package secret
