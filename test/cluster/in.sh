#!/usr/bin/env bash
# Runs a command inside the cluster's network, as its administrator: in.sh kubectl get pods. Without a command: a shell.
# The cluster is reachable from there alone, and nothing outside is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
[ -e "/run/netns/$NETWORK" ] || { say "no cluster is up; start one with 'make cluster-up'"; exit 1; }
[ $# -gt 0 ] || set -- "${SHELL:-bash}"
PATH=$bin:$PATH KUBECONFIG=$state/admin.kubeconfig exec nsenter --net="/run/netns/$NETWORK" -- "$@"
