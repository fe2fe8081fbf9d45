// Package config turns flags, the environment and a YAML file into one immutable Config, and decides what becomes of the
// fleet when the file says something else.
//
// A flag wins over the environment, the environment over the file, the file over the default; every value remembers
// where it came from. Structs are the whole list of keys: a field's tags give its name in the file, from which its flag
// (--base-path) and its variable (HANGAR_BASE_PATH) follow, its default and its help; the JSON Schema, the reference
// page, exports and comparisons follow from the same tags. A section is a field of Config whose type belongs to its noun.
// Reading is strict: a key that nobody knows is an error that names file, line, column and the key that was probably
// meant; all problems are told at once. Variables (${NAME}) are put in before types are asked for; references to secrets
// (${env:NAME}) stay what they are. Without a file there is a sample that works offline.
//
// Everything here decides and nothing acts: Load, NewPlan, Diff, Export, Backup, ReadBackup and NewRestore are functions
// of what they are given, Load's file apart. App carries out.
//
// Owns: Config, the keys, the sample; the events in events.go. Uses: provider, group and auth (their Spec), reference, fault.
// Runs: nothing.
package config
