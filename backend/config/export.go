package config

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hangar/backend/provider"
	"hangar/backend/reference"
)

// Secrets says what an export writes in the place of a secret that is not a reference already.
type Secrets string

// What it can be. A mask is refused where the export is read; a variable has to be set there before the provider starts.
const (
	Mask      Secrets = "mask"
	Variables Secrets = "variables"
)

// Exported is a configuration as a file.
type Exported struct {
	YAML    string   `json:"yaml" doc:"A configuration file: an empty instance that is started with it has the same fleet"`
	Secrets []string `json:"secrets" nullable:"false" doc:"Keys of secrets that it does not carry"`
}

// Export writes the whole configuration as a file. What came from a flag or a variable belongs to the place and not to
// the configuration: it is named in a comment. No secret is written, only references to secrets.
func (c *Config) Export(how Secrets) Exported {
	hidden := []string{}
	names := variables{}
	text := render(c, func(key, value string) string {
		if reference.Plain(value) {
			return value
		}
		hidden = append(hidden, key)
		if how == Variables {
			return "${env:" + names.of(key, value) + "}"
		}
		return provider.Masked
	}, c.local)
	return Exported{YAML: c.preface(how, hidden, names) + text, Secrets: hidden}
}

// elsewhere says of a key that its value is not the file's.
func (c *Config) elsewhere(key string) bool {
	origin := c.origins[key]
	return strings.HasPrefix(origin, "flag ") || strings.HasPrefix(origin, "variable ")
}

// local says of a key that it belongs to the place: another instance that was started with the export must not write to
// our database.
func (c *Config) local(key string) bool { return key == "storage.url" || c.elsewhere(key) }

func (c *Config) preface(how Secrets, hidden []string, names variables) string {
	b := &strings.Builder{}
	b.WriteString("# Exported by Hangar. An empty instance that is started with this file has the same fleet.\n")
	for _, k := range Keys() {
		switch {
		case c.elsewhere(k.Name):
			fmt.Fprintf(b, "# Not in here, because it was given elsewhere: %s (%s)\n", k.Name, c.origins[k.Name])
		case c.local(k.Name) && c.origins[k.Name] != "default":
			fmt.Fprintf(b, "# Not in here, because it belongs to the instance: %s\n", k.Name)
		}
	}
	switch {
	case len(hidden) == 0:
	case how == Variables:
		fmt.Fprintf(b, "# Secrets are not in here. Set these variables where Hangar runs: %s\n", strings.Join(names.sorted(), " "))
	default:
		fmt.Fprintf(b, "# Secrets are not in here. Put a value, or a reference such as ${env:NAME}, in the place of each %s:\n", provider.Masked)
		for _, key := range hidden {
			fmt.Fprintf(b, "#   %s\n", strings.ToValidUTF8(strings.Map(printable, key), "?"))
		}
	}
	return b.String() + "\n"
}

// printable keeps a name out of the next line.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
		return '?'
	}
	return r
}

// variables gives secrets names: one for each value under a key of its own.
type variables map[string]string

var notInName = regexp.MustCompile(`[^A-Z0-9]+`)

func (v variables) of(key, value string) string {
	key = strings.TrimPrefix(key, "providers.")
	key = strings.NewReplacer(".env.", "_", ".auth.", "_", ".http.headers.", "_").Replace(key)
	base := strings.Trim(notInName.ReplaceAllString(strings.ToUpper(key), "_"), "_")
	if base == "" || base[0] <= '9' {
		base = "SECRET_" + base
	}
	name := base
	for n := 2; ; n++ {
		if is, taken := v[name]; !taken || is == value {
			v[name] = value
			return name
		}
		name = fmt.Sprintf("%s_%d", base, n)
	}
}

func (v variables) sorted() []string {
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Fingerprint gives the mask of a secret in comparisons: the same secret has the same one, and it tells nothing about the
// secret to whoever does not have the key.
func Fingerprint(key []byte) Secret {
	return func(_, value string) string {
		if reference.Plain(value) {
			return value
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(value))
		return provider.Masked + ":" + hex.EncodeToString(mac.Sum(nil)[:6])
	}
}
