package mcp

import "errors"

// Strict checks that a text is one JSON value which everybody reads alike: no key twice in any object, however it is
// escaped, and no deeper nesting than depth. It is for texts by which something is decided.
func Strict(b []byte, depth int) error {
	i, err := strictValue(b, skipSpace(b, 0), depth)
	if err != nil {
		return err
	}
	if skipSpace(b, i) != len(b) {
		return syntaxAt(i)
	}
	return nil
}

func strictValue(b []byte, i, depth int) (int, error) {
	if i >= len(b) || b[i] != '{' && b[i] != '[' {
		return skipValue(b, i, 0)
	}
	if depth == 0 {
		return 0, errors.New("nested too deeply")
	}
	closing := byte(']')
	if b[i] == '{' {
		closing = '}'
	}
	var keys map[string]bool // of an object
	if closing == '}' {
		keys = map[string]bool{}
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == closing {
		return i + 1, nil
	}
	for {
		var err error
		if keys != nil {
			if i, err = strictKey(b, i, keys); err != nil {
				return 0, err
			}
		}
		if i, err = strictValue(b, i, depth-1); err != nil {
			return 0, err
		}
		if i = skipSpace(b, i); i >= len(b) || b[i] != ',' && b[i] != closing {
			return 0, syntaxAt(i)
		}
		if b[i] == closing {
			return i + 1, nil
		}
		i = skipSpace(b, i+1)
	}
}

// strictKey reads a key and its colon.
func strictKey(b []byte, i int, keys map[string]bool) (int, error) {
	if i >= len(b) || b[i] != '"' {
		return 0, syntaxAt(i)
	}
	end, err := skipString(b, i)
	if err != nil {
		return 0, err
	}
	key := keyOf(b, member{keyStart: i, keyEnd: end})
	if keys[key] {
		return 0, duplicate(key)
	}
	keys[key] = true
	if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
		return 0, syntaxAt(i)
	}
	return skipSpace(b, i+1), nil
}
