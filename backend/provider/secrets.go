package provider

import (
	"maps"
	"slices"

	"hangar/backend/fault"
	"hangar/backend/reference"
	"hangar/backend/sabotage"
	"hangar/backend/secret"
)

// Masked stands for a value that is not shown. In an update it means: keep what is stored.
const Masked = "***"

// MapSecrets gives a copy in which every secret is what fn makes of it: the values of the environment and of headers, any
// of which may be one, and those of auth. fn is told the field: env.TOKEN, auth.password. What is empty is no secret.
func (s Spec) MapSecrets(fn func(field, value string) string) Spec {
	values := func(prefix string, m map[string]string) map[string]string {
		out := make(map[string]string, len(m))
		for _, k := range slices.Sorted(maps.Keys(m)) {
			out[k] = m[k]
			if m[k] != "" {
				out[k] = fn(prefix+k, m[k])
			}
		}
		return out
	}
	s.Env = values("env.", s.Env)
	if s.HTTP != nil {
		h := *s.HTTP
		h.Headers = values("http.headers.", h.Headers)
		s.HTTP = &h
	}
	if s.Auth != nil {
		a := *s.Auth
		for _, secret := range []struct {
			field string
			value *string
		}{
			{"auth.bearer_token", &a.BearerToken}, {"auth.api_key", &a.APIKey},
			{"auth.password", &a.Password}, {"auth.client_secret", &a.ClientSecret},
		} {
			if *secret.value != "" {
				*secret.value = fn(secret.field, *secret.value)
			}
		}
		s.Auth = &a
	}
	return s
}

// Masked is the definition with every secret hidden. A reference is none: it says where the secret is.
func (s Spec) Masked() Spec {
	return s.MapSecrets(func(_, value string) string {
		if reference.Plain(value) || sabotage.Redact {
			return value
		}
		return Masked
	})
}

// checkSecrets refuses what could not be a secret: a broken reference, and the mask itself, which an export wrote where it
// did not tell the secret.
func (s Spec) checkSecrets() (err error) {
	s.MapSecrets(func(field, value string) string {
		if err != nil {
			return value
		}
		if value == Masked {
			err = fault.Field(field, "is %s, which only stands for a value that was not shown; give the value, or a reference such as ${env:NAME}", Masked)
		} else if sealedText.MatchString(value) {
			err = fault.Field(field, "is a sealed value that cannot be opened here; give the value anew, or a reference such as ${env:NAME}")
		} else if wrong := reference.Check(value); wrong != nil {
			err = fault.Field(field, "%s", wrong)
		}
		return value
	})
	return err
}

// Resolved is a definition as it is run, with the secrets that it refers to in place. It must not be stored or shown. What
// was merely discovered may not refer to anything: whoever may label a container must not read our secrets by it.
func (p Provider) Resolved(from reference.Source) (Provider, error) {
	var err error
	spec := p.Spec.MapSecrets(func(field, value string) string {
		if err == nil && sealedText.MatchString(value) {
			err = unresolved(p.ID, field, "the stored secret cannot be opened with the keys in "+secret.KeyFile+"; restore that file, or give the value anew")
		}
		if err != nil || !reference.In(value) {
			return value
		}
		if p.Source == SourceDiscovery {
			err = unresolved(p.ID, field, "a discovered definition may not refer to secrets; define the provider yourself")
			return value
		}
		out, wrong := from.Resolve(value)
		if wrong != nil {
			err = unresolved(p.ID, field, wrong.Error())
		}
		return out
	})
	if err == nil {
		err = spec.check() // a line break out of a file must not become a header
	}
	p.Spec = spec
	return p, err
}

func unresolved(id ID, field, why string) error {
	return fault.Named(fault.Unavailable, "SecretReferenceError", "provider %q: %s: %s", string(id), field, why).
		With("provider_id", string(id)).With("field", field)
}
