#!/usr/bin/env bash
# Checks of the running cluster whatever the tests need of it. One line each, then `N passed, N failed`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
passed=0 failed=0
k() { ./in.sh kubectl --namespace=verify "$@"; }
client() { k exec client -- "$@"; }

check() { # NAME PATTERN COMMAND...
  local name=$1 pattern=$2 output
  shift 2
  output=$("$@" 2>&1)
  if grep -qE -- "$pattern" <<<"$output"; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s: no /%s/ in: %s\n' "$name" "$pattern" "${output:0:400}"
  fi
}

wait_for_end() { # POD: its phase, exit code and reason
  k wait --for='jsonpath={.status.containerStatuses[0].state.terminated.reason}' "pod/$1" --timeout=60s >/dev/null
  k get pod "$1" -o 'jsonpath={.status.phase} {.status.containerStatuses[0].state.terminated}'
}

# From inside a pod, with its own token.
api() { # HOST PATH
  client sh -c 'wget -qO- --no-check-certificate --header "Authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" "https://$0$1" 2>&1 | head -c 300' "$1" "$2"
}

./in.sh kubectl apply -f verify.yaml >/dev/null
check 'a Deployment becomes ready, by its probes' 'successfully rolled out' k rollout status deployment/web --timeout=90s
check 'a pod runs' 'condition met' k wait --for=condition=Ready pod/client --timeout=60s
check 'logs' 'serving as web-' k logs deployment/web
check 'exec' '^client$' client hostname
for address in $(k get pods -l app=web -o 'jsonpath={.items[*].status.podIP}'); do
  check "a pod reaches $address" '^web-' client timeout 5 wget -qO- "http://$address:8080/name"
done
check 'a headless Service has two addresses in DNS' '^2$' client sh -c 'nslookup web.verify.svc.cluster.local | grep -c "^Address.*10\.244\."'
check 'a Service has an address of its own' '^web-' client timeout 5 wget -qO- http://web-virtual/name
check "a pod's token is allowed what its role allows" 'PodList' api kubernetes.default.svc /api/v1/namespaces/verify/pods
check "a pod's token is refused the rest" '403 Forbidden' api kubernetes.default.svc /api/v1/namespaces/verify/secrets
check 'a pod ends with its exit code and its last words' '^Failed .*"exitCode":7.*finished' wait_for_end ends
check 'a memory limit holds' 'OOMKilled' wait_for_end greedy
check 'nothing leads out of the network' '^0$' ./in.sh sh -c 'ip route show default | wc -l'
check 'helm speaks to the cluster' '^NAME' ./in.sh helm list --all-namespaces
./in.sh kubectl delete namespace verify --wait=true --timeout=60s >/dev/null
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
