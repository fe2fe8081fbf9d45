package provider

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hangar/backend/egress"
	"hangar/backend/fault"
)

// Policies of Pull.
const (
	PullNever     = "never"
	PullIfMissing = "if_missing"
	PullAlways    = "always"
)

// CurrentUser as User means the user that Hangar runs as.
const CurrentUser = "current"

// Limits of a container.
const (
	minMemory, maxMemory = 6 << 20, 1 << 40 // bytes; engines take no less
	minCPU, maxCPU       = 0.01, 1024
	maxPIDs              = 32_768
	maxVolumes           = 32
	maxImage             = 512
)

// Parts of an image's name.
const (
	imageWord = `[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`
	imageHost = `(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]{1,5})?/)?`
	imageTag  = `(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?`
	imageSum  = `sha256:[0-9a-f]{64}`
)

var (
	imagePattern   = regexp.MustCompile(`^(?:` + imageSum + `|` + imageHost + imageWord + `(?:/` + imageWord + `)*` + imageTag + `(?:@` + imageSum + `)?)$`)
	userPattern    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$`)
	networkPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`)
	volumePattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{1,127}$`)
)

// checkDocker is the rule of what a container may be. There are no fields for what a provider must never get
// (privileges, devices, the host's namespaces), so that an unknown field is the answer to those.
func (s Spec) checkDocker() error {
	if err := checkImage(s.Image); err != nil {
		return err
	}
	for _, words := range []struct {
		field string
		list  []string
	}{{"command", s.Command}, {"args", s.Args}} {
		if err := checkWords(words.field, words.list); err != nil {
			return err
		}
	}
	if len(s.Command) > 0 && strings.TrimSpace(s.Command[0]) == "" {
		return fault.Field("command", "its first word is the program; leave it out to run what the image runs")
	}
	if s.User != "" && !userPattern.MatchString(s.User) {
		return fault.Field("user", `must be a user or user:group, by number or by a name in the image, or "current", not %q`, s.User)
	}
	if err := s.checkPull(); err != nil {
		return err
	}
	if err := checkNetwork(s.Network); err != nil {
		return err
	}
	if _, err := s.Resources.Limits(); err != nil {
		return err
	}
	_, err := s.Mounts()
	return err
}

func checkImage(image string) error {
	switch {
	case strings.TrimSpace(image) == "":
		return fault.Field("image", "mode docker needs an image")
	case len(image) > maxImage, !imagePattern.MatchString(image):
		return fault.Field("image", "must be name[:tag], name@sha256:digest or an image id sha256:..., not %q", clipped(image))
	}
	// The first word is a registry when it looks like a host. The engine fetches from there, in our name.
	if registry, _, named := strings.Cut(image, "/"); named && (strings.ContainsAny(registry, ".:") || registry == "localhost") {
		host, _, _ := strings.Cut(registry, ":")
		if err := (egress.Policy{Loopback: true}).CheckHost(host); err != nil {
			return fault.Field("image", "the registry %s", err)
		}
	}
	return nil
}

func checkWords(field string, words []string) error {
	if len(words) > maxArgs {
		return fault.Field(field, "at most %d arguments", maxArgs)
	}
	for i, w := range words {
		if strings.ContainsRune(w, 0) || !utf8.ValidString(w) {
			return fault.Field(fmt.Sprintf("%s[%d]", field, i), "must be text without NUL")
		}
	}
	return nil
}

func (s Spec) checkPull() error {
	if !slices.Contains([]string{"", PullNever, PullIfMissing, PullAlways}, s.Pull) {
		return fault.Field("pull", "must be never, if_missing or always, not %q", s.Pull)
	}
	if s.Pull == PullAlways && strings.HasPrefix(s.Image, "sha256:") {
		return fault.Field("pull", "an image id cannot be pulled; name the image, or use never")
	}
	return nil
}

// checkNetwork allows a name and nothing that has a colon: container:other would join another container's network.
func checkNetwork(network string) error {
	if network != "" && !networkPattern.MatchString(network) {
		return fault.Field("network", "must be none, bridge, host or the name of a network, not %q", clipped(network))
	}
	return nil
}

// Limits are Resources in the engine's units; 0 means its safe default.
type Limits struct {
	Memory int64 // bytes
	CPU    int64 // billionths of a core
	PIDs   int64
}

// Limits checks and converts; a nil receiver gives the defaults.
func (r *Resources) Limits() (Limits, error) {
	if r == nil {
		return Limits{}, nil
	}
	var l Limits
	if r.Memory != "" {
		n, err := parseBytes(r.Memory)
		if err != nil || n < minMemory || n > maxMemory {
			return Limits{}, fault.Field("resources.memory", "must be between 6m and 1024g, as in 512m or 1g, not %q", clipped(r.Memory))
		}
		l.Memory = n
	}
	if r.CPU != 0 {
		if math.IsNaN(r.CPU) || r.CPU < minCPU || r.CPU > maxCPU {
			return Limits{}, fault.Field("resources.cpu", "must be between %v and %d cores, not %v", minCPU, maxCPU, r.CPU)
		}
		l.CPU = int64(math.Round(r.CPU * 1e9))
	}
	if r.PIDs < 0 || r.PIDs > maxPIDs {
		return Limits{}, fault.Field("resources.pids", "must be between 1 and %d, or left out, not %d", maxPIDs, r.PIDs)
	}
	l.PIDs = int64(r.PIDs)
	return l, nil
}

// parseBytes reads 512m, 1g, 1048576, with binary units as engines have them.
func parseBytes(text string) (int64, error) {
	number, shift := strings.ToLower(text), 0
	for suffix, bits := range map[string]int{"k": 10, "m": 20, "g": 30, "kb": 10, "mb": 20, "gb": 30, "kib": 10, "mib": 20, "gib": 30} {
		rest, ok := strings.CutSuffix(number, suffix)
		if ok && rest != "" && unicode.IsDigit(rune(rest[len(rest)-1])) {
			number, shift = rest, bits
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > maxMemory>>shift {
		return 0, fmt.Errorf("not an amount of memory: %q", text)
	}
	return n << shift, nil
}

func clipped(s string) string {
	if len(s) > 100 {
		return s[:100] + "..."
	}
	return s
}

// Volume is what a container sees of its host: a directory or a file, or a named volume of the engine.
type Volume struct {
	Source   string // absolute path on the host, or the name of a volume
	Named    bool
	Target   string // absolute path in the container
	ReadOnly bool
}

// Mounts reads Volumes; an error names the entry.
func (s Spec) Mounts() ([]Volume, error) {
	if len(s.Volumes) > maxVolumes {
		return nil, fault.Field("volumes", "at most %d", maxVolumes)
	}
	var list []Volume
	for i, text := range s.Volumes {
		v, err := parseVolume(text)
		if err == nil && slices.ContainsFunc(list, func(other Volume) bool { return other.Target == v.Target }) {
			err = fmt.Errorf("%s is mounted twice", v.Target)
		}
		if err != nil {
			return nil, fault.Field(fmt.Sprintf("volumes[%d]", i), "%s", err)
		}
		list = append(list, v)
	}
	return list, nil
}

func parseVolume(text string) (Volume, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return Volume{}, fmt.Errorf("must be text without control characters")
	}
	parts := strings.Split(text, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return Volume{}, fmt.Errorf("must be source:target or source:target:ro, not %q", clipped(text))
	}
	v := Volume{Source: parts[0], Target: parts[1]}
	if len(parts) == 3 {
		if parts[2] != "ro" && parts[2] != "rw" {
			return Volume{}, fmt.Errorf("ends in ro or rw, not %q", clipped(parts[2]))
		}
		v.ReadOnly = parts[2] == "ro"
	}
	if v.Named = !strings.HasPrefix(v.Source, "/"); v.Named {
		if !volumePattern.MatchString(v.Source) {
			return Volume{}, fmt.Errorf("its source must be an absolute path or the name of a volume, not %q", clipped(v.Source))
		}
	} else if err := checkPath(&v.Source); err != nil {
		return Volume{}, err
	} else if why := HostPathDenied(v.Source); why != "" {
		return Volume{}, fmt.Errorf("%s must not be mounted: %s", clipped(v.Source), why)
	}
	if err := checkPath(&v.Target); err != nil {
		return Volume{}, err
	}
	for _, tree := range []string{"/", "/proc", "/sys", "/dev"} {
		if v.Target == tree || tree != "/" && within(v.Target, tree) {
			return Volume{}, fmt.Errorf("nothing can be mounted over %s in a container", tree)
		}
	}
	return v, nil
}

// checkPath wants a path that says plainly where it leads; only a slash at its end is forgiven.
func checkPath(p *string) error {
	if len(*p) > 1 {
		*p = strings.TrimSuffix(*p, "/")
	}
	if !path.IsAbs(*p) || path.Clean(*p) != *p || len(*p) > 4096 {
		return fmt.Errorf("must be an absolute path without . or .. or doubled slashes, not %q", clipped(*p))
	}
	return nil
}

// HostPathDenied says why a clean absolute path of the host must not be mounted into a container; "" when it may be.
// Links are the business of whoever has the file system at hand: it asks again about what they lead to.
func HostPathDenied(p string) string {
	if p == "/" {
		return "it is the whole host"
	}
	if strings.HasSuffix(p, ".sock") {
		return "a socket is a way out of the container, and that of an engine is the host itself"
	}
	trees := "/etc /proc /sys /dev /run /var /boot /root /bin /sbin /lib /lib32 /lib64 /libx32 /usr /private/etc /private/var /System /Library"
	for tree := range strings.FieldsSeq(trees) {
		if within(p, tree) {
			return tree + " belongs to the host's system"
		}
	}
	for _, homes := range []string{"/home", "/Users"} {
		if !within(p, homes) {
			continue
		}
		parts := strings.Split(strings.TrimPrefix(p, homes), "/") // "", user, entry, ...
		if len(parts) < 3 {
			return "it is a whole home directory; mount a directory in it"
		}
		if strings.HasPrefix(parts[2], ".") {
			return "hidden entries of a home directory hold keys and settings"
		}
	}
	return ""
}

func within(p, tree string) bool { return p == tree || strings.HasPrefix(p, tree+"/") }
