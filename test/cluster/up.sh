#!/usr/bin/env bash
# Starts a new cluster: one node, or `up.sh --nodes N`. Builds what is missing first (`build.sh all`).
# Images in dist/images/ are loaded into every node. `down.sh` ends it.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")"
for part in settings processes network certificates control-plane node; do . "./$part.sh"; done

nodes=1
case "${1:-}" in
  '') ;;
  --nodes) nodes=${2:?number of nodes} ;;
  *) say "unknown argument '$1'; give --nodes N or nothing"; exit 1 ;;
esac
[[ $nodes =~ ^[1-9]$ ]] || { say "--nodes must be 1 to 9, not '$nodes'"; exit 1; }
[ ! -e "$state" ] || { say "there is a cluster already ($state); end it with 'make cluster-down'"; exit 1; }
bash ./build.sh all
pki=$state/pki
started_ms=$(date +%s%3N)
tell() { say "$(awk -v ms=$(($(date +%s%3N) - started_ms)) 'BEGIN { printf "%5.1f s", ms / 1000 }')  $*"; }

mkdir -p "$state"/{pid,log}
# Mounts of containers must be seen by the pods' own mount namespaces, and are found and removed below one mount point.
mount --bind "$state" "$state"
mount --make-rshared "$state"
# The kubelet sets these for the whole machine; down.sh puts them back.
sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes >"$state/sysctl"
make_networks "$nodes"
make_certificates "$nodes"
start_api
for ((node = 1; node <= nodes; node++)); do start_runtime "$node"; done
tell 'containerd, with its images'
until_ok 60 'the API server' kubectl get --raw /readyz
tell 'API server'
start_controllers
for ((node = 1; node <= nodes; node++)); do start_node "$node"; done
start_dns
for ((node = 1; node <= nodes; node++)); do
  until_ok 120 "node$node" kubectl wait --for=condition=Ready "node/node$node" --timeout=1s
done
tell "$nodes node(s) ready"
until_ok 30 'the default service account' kubectl get serviceaccount default
until_ok 60 'DNS' on 1 curl -sf "http://$NODE_NET.1:8181/ready"
for image in "$here"/../../dist/images/*.tar; do
  [ -f "$image" ] || continue
  for ((node = 1; node <= nodes; node++)); do import_image "$node" "$image"; done
  tell "image $(basename "$image")"
done
tell "up; look around with: test/cluster/in.sh kubectl get nodes"
