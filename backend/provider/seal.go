package provider

import (
	"encoding/base64"
	"encoding/json"
	"regexp"

	"hangar/backend/reference"
	"hangar/backend/sabotage"
	"hangar/backend/secret"
)

// sealScope is whose the sealed values are; a value is bound to its provider and field, so that it opens nowhere else.
const sealScope = "provider"

// sealedText is how a sealed value stands in a stored definition. One that could not be opened keeps this form: it comes back
// with its key, and until then a start says so.
var sealedText = regexp.MustCompile(`^\$\{sealed:([A-Za-z0-9+/=]*)\}$`)

// Seal gives the definition as it is stored: what is secret, and not a reference, is sealed.
func (s Spec) Seal(id ID, vault *secret.Vault) ([]byte, error) {
	if vault != nil && !sabotage.Seal {
		s = s.MapSecrets(func(field, value string) string {
			if reference.Plain(value) || sealedText.MatchString(value) {
				return value
			}
			return "${sealed:" + base64.StdEncoding.EncodeToString(vault.Seal(sealScope, string(id)+"/"+field, []byte(value))) + "}"
		})
	}
	return json.Marshal(s)
}

// Bare reports whether a secret stands in the definition in the clear.
func (s Spec) Bare() (bare bool) {
	s.MapSecrets(func(_, value string) string {
		bare = bare || !reference.Plain(value) && !sealedText.MatchString(value)
		return value
	})
	return bare
}

// Unseal reads a definition as Seal wrote it.
func Unseal(id ID, text []byte, vault *secret.Vault) (s Spec, err error) {
	if err := json.Unmarshal(text, &s); err != nil || vault == nil {
		return s, err
	}
	return s.MapSecrets(func(field, value string) string {
		m := sealedText.FindStringSubmatch(value)
		if m == nil {
			return value
		}
		sealed, err := base64.StdEncoding.DecodeString(m[1])
		if err != nil {
			return value
		}
		if plain, err := vault.Unseal(sealScope, string(id)+"/"+field, sealed); err == nil {
			return string(plain)
		}
		return value
	}), nil
}
