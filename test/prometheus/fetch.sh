#!/usr/bin/env bash
# Prints the folder of prometheus and promtool, and fetches them first where that is needed: PATH, or Debian's package,
# which is unpacked and not installed: that needs no root, and no service starts. Kept outside the checkout.
# Exit codes: 0 done, 1 failed, 3 cannot be had on this computer (one line says why).
set -euo pipefail

cache=${TERNGRAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/terngrad}/prometheus
programs=$cache/usr/bin

cannot() { printf 'prometheus: %s\n' "$*" >&2; exit 3; }

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  dirname "$(command -v prometheus)"
  exit
fi
if [ -x "$programs/promtool" ]; then echo "$programs"; exit; fi

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  cannot "not found, and it is taken from Debian's packages (apt-get) only; put prometheus and promtool on the PATH"
mkdir -p "$cache"
work=$(mktemp -d "$cache/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
if ! apt-get download -qq prometheus >apt.log 2>&1; then
  # The lists of packages may be missing or old; bringing them up to date is root's.
  { [ "$(id -u)" = 0 ] && apt-get update -qq -o DPkg::Lock::Timeout=300 && apt-get download -qq prometheus; } >>apt.log 2>&1 ||
    cannot "not found, and Debian's package could not be fetched: $(tail -n 1 apt.log)"
fi
dpkg-deb -x ./prometheus_*.deb root
[ -x "$programs/promtool" ] || { mkdir -p "$cache/usr" && mv root/usr/bin "$cache/usr/bin"; }
echo "$programs"
