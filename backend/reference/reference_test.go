package reference

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatATextRefersTo(t *testing.T) {
	env := map[string]string{"TOKEN": "t0ken", "EMPTY": "", "NESTED": "${env:TOKEN}"}
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	for path, text := range map[string]string{file: "from file\r\n", file + "2": "two\nlines\n\n", file + "-long": strings.Repeat("x", maxFile+1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := Source{Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
	for name, tt := range map[string]struct {
		text, want, refused string
		in, plain           bool
	}{
		"a text without a reference stays":             {text: "pa$$word ${TOKEN} $", want: "pa$$word ${TOKEN} $"},
		"a variable":                                   {text: "${env:TOKEN}", want: "t0ken", in: true, plain: true},
		"an empty variable is a value":                 {text: "${env:EMPTY}", want: "", in: true, plain: true},
		"a scheme in front":                            {text: "Bearer ${env:TOKEN}", want: "Bearer t0ken", in: true, plain: true},
		"any other text around could be a secret":      {text: "user:${env:TOKEN}", want: "user:t0ken", in: true},
		"two of them":                                  {text: "${env:TOKEN}${env:TOKEN}", want: "t0kent0ken", in: true, plain: true},
		"what a value holds is not read again":         {text: "${env:NESTED}", want: "${env:TOKEN}", in: true, plain: true},
		"a file without its last line break":           {text: "${file:" + file + "}", want: "from file", in: true, plain: true},
		"only one line break is taken away":            {text: "${file:" + file + "2}", want: "two\nlines\n", in: true, plain: true},
		"a variable that is not set":                   {text: "${env:NOBODY}", refused: "${env:NOBODY}: the variable is not set", in: true, plain: true},
		"a file that is not there":                     {text: "${file:/no/such/file}", refused: "${file:/no/such/file}: the file cannot be read: no such file", in: true, plain: true},
		"a file too long":                              {text: "${file:" + file + "-long}", refused: "longer than", in: true, plain: true},
		"a relative path":                              {text: "${file:secret}", refused: "must be absolute", in: true},
		"a path that goes up":                          {text: "${file:/run/../etc/passwd}", refused: "must be absolute and plain", in: true},
		"a name that is none":                          {text: "${env:A-B}", refused: "${env:...}: what it names is not the name of a variable", in: true},
		"a reference that is not closed":               {text: "x ${env:TOKEN", refused: "not closed", in: true},
		"one inside of another":                        {text: "${env:${env:TOKEN}}", refused: "not closed", in: true},
		"a kind that nobody knows is no reference":     {text: "${vault:x}", want: "${vault:x}"},
		"a directory":                                  {text: "${file:" + dir + "}", refused: "cannot be read", in: true, plain: true},
		"the first that fails does not hide the other": {text: "${env:A}${env:B}", refused: "${env:B}", in: true, plain: true},
	} {
		t.Run(name, func(t *testing.T) {
			if In(tt.text) != tt.in || Plain(tt.text) != tt.plain {
				t.Errorf("in %v, plain %v", In(tt.text), Plain(tt.text))
			}
			got, err := s.Resolve(tt.text)
			if tt.refused == "" && (err != nil || got != tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			if tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused) || got != "") {
				t.Errorf("got %q, %v, want a refusal with %q", got, err, tt.refused)
			}
		})
	}
}

// broken is a file whose reading fails with an error that tells what was read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("half of the canary") }
func (broken) Close() error             { return nil }

func TestNoErrorCarriesAValue(t *testing.T) {
	s := Source{
		Env:  func(string) (string, bool) { return "canary", true },
		Open: func(path string) (io.ReadCloser, error) { return broken{}, nil },
	}
	if _, err := s.Resolve("${env:A} ${file:/x}"); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
	s.Open = func(path string) (io.ReadCloser, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}
	if _, err := s.Resolve("${file:/x}"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
}

// The process's own environment and files are what the zero value reads.
func TestTheZeroSource(t *testing.T) {
	t.Setenv("REFERENCE_TEST", "here")
	if got, err := (Source{}).Resolve("${env:REFERENCE_TEST}"); err != nil || got != "here" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (Source{}).Resolve("${file:" + filepath.Join(t.TempDir(), "gone") + "}"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}
