package redact

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// Mask stands where a secret stood.
const Mask = "***"

// Words of names whose values are secrets. A name is taken apart at _, - and changes of case.
var secretName = regexp.MustCompile(`(?i)^(.*[_\-. ])?(passw(or)?d|passphrase|secrets?|tokens?|authorization|proxy[_-]authorization|cookies?|set[_-]cookie|` +
	`api[_-]?keys?|x[_-]api[_-]key|access[_-]?keys?|private[_-]?keys?|secret[_-]?keys?|credentials?|bearer|code[_-]verifier|session[_-]id|mcp[_-]session[_-]id)$`)

var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// Key reports whether a value of this name is a secret.
func Key(name string) bool {
	return secretName.MatchString(camel.ReplaceAllString(name, "${1}_${2}"))
}

var (
	inURL      = regexp.MustCompile(`(\b[a-zA-Z][a-zA-Z0-9+.\-]*://[^\s/:@"']*):[^\s/@"']+@`)
	inQuery    = regexp.MustCompile(`(?i)([?&](?:[a-z0-9_\-]*(?:token|secret|password|passwd|api_?key|signature)|code|key|sig)=)[^&\s"'#]+`)
	inHeader   = regexp.MustCompile(`(?i)\b((?:bearer|basic|digest|token)\s+)[a-z0-9\-._~+/]{8,}=*`)
	wellKnown  = regexp.MustCompile(`\b(?:sk|pk|rk)[_-][A-Za-z0-9_\-]{16,}|\b(?:mcp|ghp|gho|ghu|ghs|ghr|glpat|npm|pypi|whsec|shpat)[_-][A-Za-z0-9_\-]{16,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bxox[abeprs]-[A-Za-z0-9\-]{10,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{30,}`)
	webToken   = regexp.MustCompile(`\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?`)
	privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)
	named      = regexp.MustCompile(`(?i)\b((?:[a-z0-9]+[_\-])*(?:password|passwd|secret|token|api[_\-]?key|private[_\-]?key|authorization)["']?\s*[:=]\s*["']?)[^\s"',;}]+`)
)

// Text masks what looks like a secret in a text.
func Text(s string) string {
	s = privateKey.ReplaceAllString(s, Mask)
	s = inURL.ReplaceAllString(s, "${1}:"+Mask+"@")
	s = inQuery.ReplaceAllString(s, "${1}"+Mask)
	s = inHeader.ReplaceAllString(s, "${1}"+Mask)
	s = webToken.ReplaceAllString(s, Mask)
	s = wellKnown.ReplaceAllString(s, Mask)
	return named.ReplaceAllString(s, "${1}"+Mask)
}

// Value masks the secrets of anything that marshals to JSON, by the names of its members; what does not is treated as
// text. The result is made of maps, lists, texts and numbers.
func Value(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return Text(fmt.Sprint(v))
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil { // it was just marshalled
		return Mask
	}
	return walk(tree)
}

func walk(v any) any {
	switch v := v.(type) {
	case string:
		return Text(v)
	case []any:
		for i := range v {
			v[i] = walk(v[i])
		}
	case map[string]any:
		for name, inside := range v {
			if Key(name) && !harmless(inside) {
				v[name] = Mask
			} else {
				v[name] = walk(inside)
			}
		}
	}
	return v
}

// harmless are values that say nothing, whatever they are called: how many tokens, whether there is a secret.
func harmless(v any) bool {
	switch v := v.(type) {
	case nil, bool, float64:
		return true
	case string:
		return v == ""
	}
	return false
}
