package faults

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The judge takes what a life started for its own, and what a killed life left for nobody's.
func TestWhatAKilledLifeLeftDescendsFromNoLife(t *testing.T) {
	life := exec.Command("sh", "-c", "sleep 600 & echo $!; wait")
	life.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := life.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := life.Start(); err != nil {
		t.Fatal(err)
	}
	// Of the group, the child alone is left at the end.
	defer func() { _ = syscall.Kill(-life.Process.Pid, syscall.SIGKILL) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(line)
	if !descends(pid, life.Process.Pid) {
		t.Errorf("%s is not taken for a process of %d, which started it", pid, life.Process.Pid)
	}
	if err := life.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = life.Wait() // it was killed
	if _, err := os.Stat("/proc/" + pid); err != nil {
		t.Fatal(err)
	}
	if descends(pid, life.Process.Pid) {
		t.Errorf("%s is taken for a process of %d, which is gone", pid, life.Process.Pid)
	}
}
