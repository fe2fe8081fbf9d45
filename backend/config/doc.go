// Package config turns flags, the environment and a YAML file into one immutable Config.
//
// A flag wins over the environment, the environment over the file, the file over the default; every value remembers
// where it came from. One struct is the whole list of keys: a field's tags give its name in the file, from which its
// flag (--base-path) and its variable (HANGAR_BASE_PATH) follow, its default and its help. Reading is strict: a key that
// nobody knows is an error that names file, line and the key that was probably meant; all problems are told at once.
// Without a file there is a sample that works offline.
//
// Owns: Config, the keys, the sample. Uses: provider and auth (their Specs), fault. Runs: nothing.
package config
