package provider

import "strings"

// VolumeOf turns the value of docker's --mount into an entry of Volumes, where it is one.
func VolumeOf(mount string) (volume string, ok bool) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(mount, ",") {
		key, text, _ := strings.Cut(part, "=")
		switch key {
		case "source":
			key = "src"
		case "destination", "target":
			key = "dst"
		case "ro":
			key = "readonly"
		}
		parts[key] = text
	}
	kind := parts["type"]
	if kind != "bind" && kind != "volume" && kind != "" || parts["src"] == "" || parts["dst"] == "" {
		return "", false
	}
	volume = parts["src"] + ":" + parts["dst"]
	if text, given := parts["readonly"]; given && text != "false" {
		volume += ":ro"
	}
	return volume, true
}
