#!/usr/bin/env bash
# From nothing to a trained job: images, a cluster, `helm install`, then the tests of this folder, or the command given.
#
#   run.sh             the tests, on two nodes; the last line is `N passed, N failed, N skipped`
#   run.sh COMMAND...  that command instead of the tests, with KUBECONFIG set and the operator installed, on one node
#
# With KUBECONFIG set, that cluster is used instead of a new one: the operator is installed into it and removed at the
# end with all that came with it. Its nodes must be able to get the images: where their names are not the chart's own,
# CHART_VALUES names a file of values that says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly RELEASE=terngrad-operator NAMESPACE=terngrad-system
say() { printf 'e2e: %s\n' "$*" >&2; }

if [ -n "${KUBECONFIG:-}" ]; then
  say "using the cluster of KUBECONFIG=$KUBECONFIG"
  for program in kubectl helm; do
    command -v "$program" >/dev/null || { say "$program is not on the PATH"; exit 1; }
  done
  readonly CRD=crd/terngradjobs.terngrad.dev
  found=$(kubectl get "$CRD" "namespace/$NAMESPACE" --ignore-not-found -o name)
  inside() { "$@"; }
  end() {
    local thing
    helm uninstall "$RELEASE" --namespace "$NAMESPACE" --wait --ignore-not-found >/dev/null
    kubectl delete secret "$RELEASE-authority" --namespace "$NAMESPACE" --ignore-not-found >/dev/null
    for thing in "$CRD" "namespace/$NAMESPACE"; do
      grep -q "${thing#*/}" <<<"$found" || kubectl delete "$thing" --ignore-not-found >/dev/null
    done
  }
else
  code=0
  bash test/cluster/build.sh all || code=$?
  if [ "$code" = 3 ]; then
    say 'no cluster can run here, so the end-to-end tests are left out'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
  fi
  [ "$code" = 0 ]
  [ -f dist/images/operator.tar ] && [ -f dist/images/trainer.tar ] || make --no-print-directory images
  bash test/cluster/up.sh --nodes "$([ $# -gt 0 ] && echo 1 || echo 2)"
  inside() { test/cluster/in.sh "$@"; }
  end() { bash test/cluster/down.sh; }
fi
trap end EXIT

say 'helm install'
inside helm install "$RELEASE" charts/terngrad-operator --namespace "$NAMESPACE" --create-namespace --wait --timeout 120s \
  ${CHART_VALUES:+--values "$CHART_VALUES"} >/dev/null || {
  inside kubectl --namespace "$NAMESPACE" get pods >&2
  say "the operator did not start; see the lines above, and 'Images' in docs/install.md"
  exit 1
}
if [ $# -gt 0 ]; then
  inside "$@"
else
  inside node --disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js --config test/e2e/jest.config.js
fi
