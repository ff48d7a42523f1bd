#!/usr/bin/env bash
# Kills a daemon of the running cluster, as a crash would, and starts it again as it was: restart.sh kubelet1
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for part in settings processes; do . "./$part.sh"; done

name=${1:?the daemon, by the name of its file in $state/pid}
pid=$(pid_of "$name") || { say "no $name runs here; $state/pid names those that do"; exit 1; }
mapfile -d '' -t command <"/proc/$pid/cmdline"
node=${name##*[!0-9]}
kill -9 "$pid"
while pid_of "$name" >/dev/null; do sleep 0.05; done
start "${node:-1}" "$name" "${command[@]}"
