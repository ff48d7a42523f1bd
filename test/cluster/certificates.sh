# Keys, certificates and kubeconfigs of the cluster's own parts. Sourced.

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=$1" \
    -keyout "$pki/$1.key" -out "$pki/$1.crt" 2>/dev/null
}

certificate() { # NAME AUTHORITY SUBJECT EXTENSIONS
  new_key "$pki/$1.key"
  openssl req -new -key "$pki/$1.key" -subj "$3" \
    | openssl x509 -req -CA "$pki/$2.crt" -CAkey "$pki/$2.key" -CAcreateserial -days 30 \
      -out "$pki/$1.crt" -extfile <(printf '%s\n' "$4") 2>/dev/null
}

# user NAME SUBJECT: a client certificate, and a kubeconfig that has it in it
user() {
  certificate "$1" ca "$2" extendedKeyUsage=clientAuth
  kubeconfig "$1"
}
kubeconfig() { # NAME
  cat >"$state/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://$NODE_NET.1:6443", certificate-authority-data: $(base64 -w0 "$pki/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$pki/$1.crt"), client-key-data: $(base64 -w0 "$pki/$1.key")}}]
contexts: [{name: test, context: {cluster: test, user: $1}}]
current-context: test
YAML
}

make_certificates() ( # NODES; nobody else may read the keys
  umask 077
  mkdir -p "$pki"
  authority ca
  authority front-proxy-ca
  certificate apiserver ca /CN=kube-apiserver "extendedKeyUsage=serverAuth
subjectAltName=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,IP:127.0.0.1,IP:$NODE_NET.1,IP:$API_SERVICE"
  certificate apiserver-kubelet-client ca /O=system:masters/CN=apiserver extendedKeyUsage=clientAuth
  certificate front-proxy-client front-proxy-ca /CN=front-proxy-client extendedKeyUsage=clientAuth
  user admin /O=system:masters/CN=admin
  user controller-manager /CN=system:kube-controller-manager
  user scheduler /CN=system:kube-scheduler
  user proxy /CN=system:kube-proxy
  user dns /CN=system:coredns
  new_key "$pki/service-accounts.key"
  openssl ec -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub" 2>/dev/null
  for ((node = 1; node <= $1; node++)); do
    certificate "kubelet$node" ca "/O=system:nodes/CN=system:node:node$node" "extendedKeyUsage=clientAuth,serverAuth
subjectAltName=DNS:node$node,IP:$NODE_NET.$node,IP:127.0.0.1"
    kubeconfig "kubelet$node"
  done
)
