# The store, the API server, the controllers, the scheduler and DNS. Sourced.

start_api() {
  # What service accounts do is recorded: the end-to-end tests count the operator's writes, and compare them with its roles.
  cat >"$state/audit-policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - { level: None, userGroups: ['system:serviceaccounts:kube-system'] }
  - { level: Metadata, userGroups: ['system:serviceaccounts'] }
  - { level: None }
YAML
  start 1 etcd "$bin/etcd" --data-dir="$state/etcd" --log-level=warn --unsafe-no-fsync \
    --listen-client-urls=http://127.0.0.1:2379 --advertise-client-urls=http://127.0.0.1:2379
  start 1 kube-apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address="$NODE_NET.1" --service-cluster-ip-range="$SERVICES" --allow-privileged=true --profiling=false \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --client-ca-file="$pki/ca.crt" \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --kubelet-client-certificate="$pki/apiserver-kubelet-client.crt" --kubelet-client-key="$pki/apiserver-kubelet-client.key" \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$pki/service-accounts.pub" --service-account-signing-key-file="$pki/service-accounts.key" \
    --requestheader-client-ca-file="$pki/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group \
    --requestheader-username-headers=X-Remote-User --enable-aggregator-routing=true \
    --proxy-client-cert-file="$pki/front-proxy-client.crt" --proxy-client-key-file="$pki/front-proxy-client.key" \
    --audit-policy-file="$state/audit-policy.yaml" --audit-log-path="$state/log/audit.json" --audit-log-maxsize=1000
}

# By default their own client limits would delay the default service account of a namespace by seconds.
start_controllers() {
  local limits=(--kube-api-qps=200 --kube-api-burst=400 --leader-elect=false --profiling=false --bind-address=127.0.0.1)
  local file=$state/controller-manager.kubeconfig
  start 1 kube-controller-manager "$bin/kube-controller-manager" "${limits[@]}" --kubeconfig="$file" \
    --authentication-kubeconfig="$file" --authorization-kubeconfig="$file" \
    --use-service-account-credentials=true --service-account-private-key-file="$pki/service-accounts.key" --root-ca-file="$pki/ca.crt" \
    --cluster-signing-cert-file="$pki/ca.crt" --cluster-signing-key-file="$pki/ca.key" \
    --allocate-node-cidrs=false --cluster-cidr="$POD_NET.0.0/16"
  file=$state/scheduler.kubeconfig
  start 1 kube-scheduler "$bin/kube-scheduler" "${limits[@]}" --kubeconfig="$file" \
    --authentication-kubeconfig="$file" --authorization-kubeconfig="$file"
}

start_dns() {
  kubectl apply -f "$here/dns/dns.yaml" >/dev/null
  cat >"$state/Corefile" <<COREFILE
.:53 {
    bind $NODE_NET.1
    errors
    ready $NODE_NET.1:8181
    kubernetes cluster.local in-addr.arpa {
        kubeconfig $state/dns.kubeconfig test
        ttl 5
    }
}
COREFILE
  start 1 coredns "$bin/coredns" -conf "$state/Corefile"
}
