# One network namespace per node, with no way out of it. Sourced.

make_networks() { # NODES
  local node other
  for ((node = 1; node <= $1; node++)); do
    ip netns add "$(netns "$node")"
    on "$node" ip link set lo up
    if ((node == 1)); then
      # A bridge stands for the node's network card, and the other nodes are plugged into it.
      on 1 ip link add lan type bridge
    else
      on 1 ip link add "node$node" type veth peer name lan netns "$(netns "$node")"
      on 1 ip link set "node$node" master lan up
    fi
    on "$node" ip address add "$NODE_NET.$node/24" dev lan
    on "$node" ip link set lan up
    # So that a program on the node finds a route to a ClusterIP, before kube-proxy rewrites the address.
    on "$node" ip route add "$SERVICES" dev lan
    on "$node" sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
  done
  for ((node = 1; node <= $1; node++)); do
    for ((other = 1; other <= $1; other++)); do
      ((node == other)) || on "$node" ip route add "$POD_NET.$other.0/24" via "$NODE_NET.$other"
    done
  done
}

remove_networks() {
  local name
  for name in $(ip netns list | awk -v ours="^$NETWORK(-[0-9]+)?\$" '$1 ~ ours { print $1 }'); do ip netns delete "$name"; done
}
