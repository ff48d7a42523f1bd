# Starting and ending the cluster's daemons. Sourced.

netns() { if [ "$1" = 1 ]; then echo "$NETWORK"; else echo "$NETWORK-$1"; fi; }
node_folder() { echo "$state/node$1"; }

# on NODE COMMAND...: in that node's network. Not `ip netns exec`: that mounts /sys anew, and the cgroups are gone.
on() {
  local network
  network=/run/netns/$(netns "$1")
  shift
  nsenter --net="$network" -- "$@"
}

# start NODE NAME COMMAND...: detached, in that node's network, with a pid file and a log
start() {
  local network name=$2
  network=/run/netns/$(netns "$1")
  shift 2
  # nsenter becomes the program; it is no function, so that $! is the program's own pid.
  (
    set -m
    nsenter --net="$network" -- "$@" >>"$state/log/$name.log" 2>&1 </dev/null &
    echo $! >"$state/pid/$name"
  )
}

# The pid of a daemon that runs. A stale pid file's number may be another's by now: its command line must name our folders.
pid_of() {
  local pid
  pid=$(cat "$state/pid/$1" 2>/dev/null) || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -e "$state/" -e "$bin/" && echo "$pid"
}

# stop NAME SECONDS: asks, and kills after so many seconds
stop() {
  local pid tenths=$(($2 * 10))
  pid=$(pid_of "$1") || { rm -f "$state/pid/$1"; return 0; }
  kill "$pid" 2>/dev/null || true
  while pid_of "$1" >/dev/null; do
    ((tenths-- > 0)) || { kill -9 "$pid" 2>/dev/null || true; break; }
    sleep 0.1
  done
  rm -f "$state/pid/$1"
}

# until_ok SECONDS WHAT COMMAND...
until_ok() {
  local limit=$1 what=$2 started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS - started < limit)) || { say "gave up after $limit s: $what; see $state/log"; return 1; }
    sleep 0.1
  done
}

kubectl() { on 1 "$bin/kubectl" --kubeconfig="$state/admin.kubeconfig" "$@"; }
containers() { # NODE COMMAND...: ctr of that node
  local socket
  socket=$(node_folder "$1")/containerd.sock
  shift
  ctr -a "$socket" -n k8s.io "$@"
}
