# One node: containerd, kubelet and kube-proxy. Sourced.

start_runtime() { # NODE
  local node=$1 folder image
  folder=$(node_folder "$node")
  mkdir -p "$folder"/{root,run,cni}
  cat >"$folder/containerd.toml" <<TOML
version = 2
root = "$folder/root"
state = "$folder/run"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[grpc]
  address = "$folder/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$folder/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE, as in many containers and sandboxes, no process may get a lower score than its parent.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
      Root = "$folder/runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$folder/cni"
TOML
  cat >"$folder/cni/pods.conflist" <<JSON
{ "cniVersion": "1.0.0", "name": "pods", "plugins": [
  { "type": "bridge", "bridge": "pods", "isGateway": true, "hairpinMode": true, "ipMasq": false,
    "ipam": { "type": "host-local", "dataDir": "$folder/addresses", "ranges": [[{ "subnet": "$POD_NET.$node.0/24" }]], "routes": [{ "dst": "0.0.0.0/0" }] } },
  { "type": "portmap", "capabilities": { "portMappings": true } }
] }
JSON
  start "$node" "containerd$node" containerd --config "$folder/containerd.toml"
  until_ok 30 "containerd of node$node" containers "$node" version
  for image in "$images"/*.tar; do import_image "$node" "$image"; done
}

import_image() { # NODE FILE
  containers "$1" images import "$2" >>"$state/log/images.log" 2>&1 || { say "cannot import $2; see $state/log/images.log"; return 1; }
}

# Two kubelets of one kernel would clean up each other's pods: every further node gets cgroups of its own.
cgroup_root() { # NODE: makes and prints it
  local root=/terngrad-node$1 hierarchy
  if [ "$1" = 1 ]; then
    root=/
  elif [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup$root"
  else
    for hierarchy in /sys/fs/cgroup/{cpu,cpuacct,cpuset,memory,pids,blkio,devices,freezer,hugetlb,systemd}; do
      [ ! -d "$hierarchy" ] || mkdir -p "$hierarchy$root"
    done
    cat /sys/fs/cgroup/cpuset/cpuset.cpus >"/sys/fs/cgroup/cpuset$root/cpuset.cpus"
    cat /sys/fs/cgroup/cpuset/cpuset.mems >"/sys/fs/cgroup/cpuset$root/cpuset.mems"
  fi
  echo "$root"
}

start_node() { # NODE
  local node=$1 folder cgroups
  folder=$(node_folder "$node")
  cgroups=$(cgroup_root "$node")
  : >"$folder/resolv.conf"
  cat >"$folder/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failSwapOn: false
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: $cgroups
containerRuntimeEndpoint: unix://$folder/containerd.sock
authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: $pki/ca.crt } }
authorization: { mode: Webhook }
tlsCertFile: $pki/kubelet$node.crt
tlsPrivateKeyFile: $pki/kubelet$node.key
clusterDomain: cluster.local
clusterDNS: [$DNS_SERVICE]
resolvConf: $folder/resolv.conf
podLogsDir: $state/log/pods$node
volumePluginDir: $folder/volume-plugins
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: { memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1% }
oomScoreAdj: 0
maxOpenFiles: 20000
YAML
  start "$node" "kubelet$node" "$bin/kubelet" --config="$folder/kubelet.yaml" --kubeconfig="$state/kubelet$node.kubeconfig" \
    --root-dir="$folder/kubelet" --cert-dir="$pki" --hostname-override="node$node" --node-ip="$NODE_NET.$node"
  # Connection tracking is set for the whole machine, not per network: it is left as it is.
  start "$node" "kube-proxy$node" "$bin/kube-proxy" --kubeconfig="$state/proxy.kubeconfig" --hostname-override="node$node" \
    --proxy-mode=iptables --cluster-cidr="$POD_NET.0.0/16" --conntrack-max-per-core=0 --conntrack-min=0 \
    --conntrack-tcp-timeout-established=0s --conntrack-tcp-timeout-close-wait=0s --oom-score-adj=0 --nodeport-addresses=primary
}
