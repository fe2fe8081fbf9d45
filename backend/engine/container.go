package engine

import (
	"cmp"
	"maps"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
)

// What a container gets when its definition says nothing (reference/reliability.md b.3).
const (
	DefaultMemory = 512 << 20     // bytes, swap included
	DefaultCPU    = 1_000_000_000 // billionths of a core
	DefaultPIDs   = 128

	maxFiles = 8192 // open descriptors of one process
	tmpfs    = "rw,noexec,nosuid,nodev,size=67108864"
)

// Container is what may be asked of an engine. It has no word for what a provider must never get: privileges, more
// capabilities, devices, the host's process or IPC namespace, another container's anything.
type Container struct {
	Name       string
	Image      string
	Entrypoint []string // empty: the image's
	Args       []string // empty: the image's, unless there is an entrypoint
	Env        map[string]string
	User       string // empty: the image's
	Network    string // none (the default), bridge, host, or the name of a network
	Writable   bool   // the root file system may be written to
	Mounts     []Mount
	Memory     int64 // bytes, 0 means DefaultMemory
	CPU        int64 // billionths of a core, 0 means DefaultCPU
	PIDs       int64 // 0 means DefaultPIDs
	Labels     map[string]string
}

// Mount is a host directory or a named volume in a container.
type Mount struct {
	Source   string // absolute path, or the name of a volume
	Volume   bool   // Source is a name
	Target   string // absolute path in the container
	ReadOnly bool
}

// HostConfig is all that ties a container to its host. It is pure, so that the rule can be tested and fuzzed: whatever
// the container, what comes out drops all capabilities, gains no privileges and is bounded.
func HostConfig(c Container) *container.HostConfig {
	yes, pids := true, cmp.Or(c.PIDs, DefaultPIDs)
	memory := cmp.Or(c.Memory, DefaultMemory)
	h := &container.HostConfig{
		NetworkMode:    container.NetworkMode(cmp.Or(c.Network, "none")),
		IpcMode:        container.IPCModePrivate,
		CgroupnsMode:   container.CgroupnsModePrivate,
		CapDrop:        []string{"ALL"},
		SecurityOpt:    []string{"no-new-privileges"}, // seccomp and AppArmor stay at the engine's default profiles
		ReadonlyRootfs: !c.Writable,
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled}, // restarting is the fleet's business
		LogConfig:      container.LogConfig{Type: "none"},                              // its output is ours: no second copy on disk
		Init:           &yes,                                                           // reaps what the server leaves, forwards signals
		Resources: container.Resources{
			Memory: memory, MemorySwap: memory, // equal: no swap on top
			NanoCPUs: cmp.Or(c.CPU, DefaultCPU), PidsLimit: &pids,
			Ulimits: []*container.Ulimit{
				{Name: "core"}, // a core dump would hold secrets
				{Name: "nofile", Soft: maxFiles, Hard: maxFiles},
			},
		},
	}
	scratch := true
	for _, m := range c.Mounts {
		h.Mounts = append(h.Mounts, m.asked())
		scratch = scratch && m.Target != "/tmp"
	}
	if scratch {
		h.Tmpfs = map[string]string{"/tmp": tmpfs}
	}
	return h
}

func (m Mount) asked() mount.Mount {
	out := mount.Mount{Type: mount.TypeBind, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}
	if m.Volume {
		out.Type = mount.TypeVolume
		return out
	}
	// Mounts that the host makes later must not appear inside, nor the other way round.
	out.BindOptions = &mount.BindOptions{Propagation: mount.PropagationRPrivate}
	return out
}

// config is what runs inside. Its environment goes to the engine in the body of a request, never over a command line.
func config(c Container) *container.Config {
	out := &container.Config{
		Image: c.Image, Entrypoint: c.Entrypoint, Cmd: c.Args, User: c.User, Labels: c.Labels,
		OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		out.Env = append(out.Env, name+"="+c.Env[name])
	}
	return out
}
