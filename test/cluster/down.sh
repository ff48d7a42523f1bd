#!/usr/bin/env bash
# Ends the cluster and removes all it left on this computer: processes, mounts, networks, cgroups, sysctls, files.
# Works also when some or all of its daemons were killed. What was built stays.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for part in settings processes network; do . "./$part.sh"; done
[ -e "$state" ] || { say 'nothing is up'; exit 0; }

nodes=$(ls "$state" | sed -n 's/^node\([0-9]*\)$/\1/p')
daemons=(coredns kube-scheduler kube-controller-manager)
for node in $nodes; do daemons+=("kubelet$node" "kube-proxy$node"); done

# All are asked at once, then waited for; their state is thrown away, so nobody gets long.
for name in "${daemons[@]}" kube-apiserver; do pid=$(pid_of "$name") && kill "$pid"; done
for name in "${daemons[@]}"; do stop "$name" 2; done
# A shim keeps its containers when containerd dies, and has no pid file: it is known by our socket on its command line.
end_containers() { # NODE
  local folder shim
  folder=$(node_folder "$1")
  for shim in /proc/[0-9]*; do
    { tr '\0' ' ' <"$shim/cmdline"; } 2>/dev/null | grep -qF -e "containerd-shim-runc-v2 " || continue
    { tr '\0' ' ' <"$shim/cmdline"; } 2>/dev/null | grep -qF -e "-address $folder/containerd.sock" || continue
    kill -9 "${shim#/proc/}" 2>/dev/null
  done
  # The containers' first processes, by the cgroup that bears their name.
  for file in "$folder"/run/io.containerd.runtime.v2.task/k8s.io/*/init.pid; do
    [ -s "$file" ] || continue
    grep -q "$(basename "$(dirname "$file")")" "/proc/$(cat "$file")/cgroup" 2>/dev/null && kill -9 "$(cat "$file")"
  done
}
for node in $nodes; do stop "containerd$node" 3; end_containers "$node"; done
stop kube-apiserver 1
stop etcd 2

[ ! -s "$state/sysctl" ] || sysctl -q -p "$state/sysctl" >/dev/null
for mount in $(findmnt -rno TARGET | grep "^$state/" | sort -r); do umount -l "$mount"; done
umount -l "$state"
remove_networks
for folder in $(find /sys/fs/cgroup -maxdepth 2 -type d \( -name kubepods -o -name 'terngrad-node[0-9]' \)); do
  find "$folder" -depth -type d -exec rmdir {} \; 2>/dev/null
done
rm -rf "$state"

left=$(findmnt -rno TARGET | grep -c "^$state")
[ "$left" = 0 ] && [ ! -e "$state" ] || { say "not all is gone: $left mounts below $state"; exit 1; }
say 'down; nothing is left'
