// Every Kubernetes component and etcd in one binary, so that they are compiled, linked and paged in once.
// The component is the program's own name, or the first argument: `kube kubelet --config ...`.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// components maps a name to that component's main function.
var components = map[string]func(){}

func main() {
	if run, known := components[filepath.Base(os.Args[0])]; known {
		run()
		return
	}
	if len(os.Args) > 1 {
		if run, known := components[os.Args[1]]; known {
			os.Args = os.Args[1:]
			run()
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: kube COMPONENT [flag]...; components:", slices.Sorted(maps.Keys(components)))
	os.Exit(2)
}
