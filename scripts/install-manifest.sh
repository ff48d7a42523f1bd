#!/usr/bin/env bash
# Writes dist/install.yaml: the chart with its default values as one plain file, for `kubectl apply --server-side -f`.
# Needs helm (scripts/helm.sh).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly NAMESPACE=terngrad-system
helm=$(bash "$root/scripts/helm.sh" | tail -n 1)
target=$root/dist/install.yaml
mkdir -p "$root/dist"

{
  cat <<YAML
# terngrad-operator with the chart's default values. Apply with: kubectl apply --server-side -f install.yaml
apiVersion: v1
kind: Namespace
metadata:
  name: $NAMESPACE
  labels:
    pod-security.kubernetes.io/enforce: restricted
YAML
  # Tests are Helm's business; who deletes this file's objects means the resource definition too. Nothing here is
  # managed by Helm.
  "$helm" template terngrad-operator "$root/charts/terngrad-operator" --namespace "$NAMESPACE" --no-hooks --skip-tests --set crds.keep=false |
    sed -e '/^ *helm\.sh\/chart: /d' -e 's/^\( *app\.kubernetes\.io\/managed-by: \)Helm$/\1kubectl/'
} >"$target.new"
mv "$target.new" "$target"
echo "wrote ${target#"$root"/}"
