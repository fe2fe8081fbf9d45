package provider

import "testing"

func TestWhatAFilterMeans(t *testing.T) {
	files := Provider{ID: "files-eu", State: Ready, Spec: Spec{Mode: Subprocess, Description: "Reads the Archive"}}
	ill := Provider{ID: "web", State: Ready, Failures: 2, Spec: Spec{Mode: Remote}}
	dead := Provider{ID: "db", State: Dead, Spec: Spec{Mode: Docker}}
	for name, c := range map[string]struct {
		filter   Filter
		p        Provider
		stopping bool
		want     bool
	}{
		"no filter means all":                                {Filter{}, files, false, true},
		"a part of the id is found":                          {Filter{Text: "-EU"}, files, false, true},
		"a word of the description is found":                 {Filter{Text: " archive "}, files, false, true},
		"the mode is found":                                  {Filter{Text: "remote"}, ill, false, true},
		"a text that is nowhere is not":                      {Filter{Text: "zebra"}, files, false, false},
		"one of the states is enough":                        {Filter{States: []State{Dead, Ready}}, files, false, true},
		"another state is not meant":                         {Filter{States: []State{Cold}}, files, false, false},
		"text and state both have to fit":                    {Filter{Text: "files", States: []State{Dead}}, files, false, false},
		"what runs well wants no attention":                  {Filter{Attention: true}, files, false, false},
		"what fails its checks wants attention":              {Filter{Attention: true}, ill, false, true},
		"what is dead wants attention":                       {Filter{Attention: true}, dead, false, true},
		"what is being stopped wants none, whatever it says": {Filter{Attention: true}, ill, true, false},
	} {
		if got := c.filter.Match(c.p, c.stopping); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
