package provider

import (
	"regexp"
	"strings"
)

var secretName = regexp.MustCompile(`(?i)(^|[_.-])(api[_-]?key|key|token|secret|password|passwd|pwd|pass|pat|auth|authorization|bearer|credentials?|cookie|dsn|private|signature|connection[_-]?string|(database|db|redis|mongo(db)?|postgres(ql)?|mysql|amqp)[_-]?ur[il])($|[_.-])`)

// SecretName reports whether a variable or a header of this name most likely holds a secret. It errs on the safe side.
func SecretName(name string) bool {
	if secretName.MatchString(name) {
		return true
	}
	lower := strings.ToLower(name)
	for _, end := range []string{"token", "apikey", "password", "secret", "credentials"} { // githubToken, GITHUBTOKEN
		if strings.HasSuffix(lower, end) {
			return true
		}
	}
	return false
}
