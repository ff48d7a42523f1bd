#!/usr/bin/env bash
# From nothing to a trained job: images, a cluster, `helm install`, then the tests of this folder, or the command given.
#
#   run.sh             the tests; the last line is `N passed, N failed, N skipped`
#   run.sh COMMAND...  that command instead of the tests, with KUBECONFIG set and the operator installed
#
# With KUBECONFIG set, that cluster is used instead of a new one: the operator is installed into it and removed at the
# end, and its nodes must be able to get the images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly RELEASE=terngrad-operator NAMESPACE=terngrad-system
say() { printf 'e2e: %s\n' "$*" >&2; }

if [ -n "${KUBECONFIG:-}" ]; then
  say "using the cluster of KUBECONFIG=$KUBECONFIG"
  inside() { "$@"; }
  end() { helm uninstall "$RELEASE" --namespace "$NAMESPACE" --wait >/dev/null; }
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
  bash test/cluster/up.sh
  inside() { test/cluster/in.sh "$@"; }
  end() { bash test/cluster/down.sh; }
fi
trap end EXIT

say 'helm install'
inside helm install "$RELEASE" charts/terngrad-operator --namespace "$NAMESPACE" --create-namespace --wait --timeout 120s >/dev/null
if [ $# -gt 0 ]; then
  inside "$@"
else
  inside node --disable-warning=ExperimentalWarning --experimental-vm-modules node_modules/jest/bin/jest.js --config test/e2e/jest.config.js
fi
