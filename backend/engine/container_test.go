package engine_test

import (
	"encoding/json"
	"strings"
	"testing"

	"hangar/backend/engine"
)

// The empty container is the safest one: no value is needed for any of this.
func TestHostConfigOfNothing(t *testing.T) {
	h := engine.HostConfig(engine.Container{})
	b, err := json.Marshal(h)
	must(t, err)
	for _, want := range []string{
		`"NetworkMode":"none"`, `"IpcMode":"private"`, `"CgroupnsMode":"private"`, `"PidMode":""`, `"UTSMode":""`, `"UsernsMode":""`,
		`"CapAdd":null`, `"CapDrop":["ALL"]`, `"SecurityOpt":["no-new-privileges"]`, `"Privileged":false`, `"ReadonlyRootfs":true`,
		`"Tmpfs":{"/tmp":"rw,noexec,nosuid,nodev,size=67108864"}`, `"Memory":536870912`, `"MemorySwap":536870912`,
		`"NanoCpus":1000000000`, `"PidsLimit":128`, `"Ulimits":[{"Name":"core","Hard":0,"Soft":0},{"Name":"nofile","Hard":8192,"Soft":8192}]`, `"Init":true`, `"AutoRemove":false`, `"RestartPolicy":{"Name":"no"`,
		`"Binds":null`, `"Devices":null`, `"DeviceRequests":null`, `"DeviceCgroupRules":null`, `"VolumesFrom":null`, `"PortBindings":null`,
		`"PublishAllPorts":false`, `"MaskedPaths":null`, `"ReadonlyPaths":null`, `"LogConfig":{"Type":"none"`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}

func TestHostConfigOfWhatIsAsked(t *testing.T) {
	h := engine.HostConfig(engine.Container{
		Network: "bridge", Writable: true, Memory: 1 << 30, CPU: 5e8, PIDs: 7,
		Mounts: []engine.Mount{{Source: "/srv/a", Target: "/tmp", ReadOnly: true}, {Source: "named", Volume: true, Target: "/data"}},
	})
	if h.NetworkMode != "bridge" || h.ReadonlyRootfs || h.Memory != 1<<30 || h.MemorySwap != 1<<30 || h.NanoCPUs != 5e8 || *h.PidsLimit != 7 {
		t.Errorf("%+v", h)
	}
	if len(h.Tmpfs) != 0 { // an engine refuses two mounts at one place
		t.Errorf("a scratch over a declared /tmp: %v", h.Tmpfs)
	}
	b, err := json.Marshal(h.Mounts)
	must(t, err)
	const want = `[{"Type":"bind","Source":"/srv/a","Target":"/tmp","ReadOnly":true,"BindOptions":{"Propagation":"rprivate"}},` +
		`{"Type":"volume","Source":"named","Target":"/data"}]`
	if string(b) != want {
		t.Errorf("mounts %s", b)
	}
}
