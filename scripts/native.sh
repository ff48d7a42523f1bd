#!/usr/bin/env bash
# Builds the native TensorFlow backend: the addon of @tensorflow/tfjs-node-gpu, compiled against the libraries inside a
# TensorFlow wheel. The result is kept outside the checkout, so the next clone only links it.
#
#   scripts/native.sh                 build, or link what was built before; prints the TensorFlow version
#   scripts/native.sh --if-possible   the same, but what cannot be built is reported and no failure
#
#   TERNGRAD_TENSORFLOW_VERSION   default 2.18.1; a version listed in native-requirements.txt
#   TERNGRAD_TENSORFLOW_WHEEL     default tensorflow-cpu; `tensorflow` is the CUDA build
#   TERNGRAD_NATIVE_PACKAGE       default node_modules/@tensorflow/tfjs-node-gpu of this checkout
#   XDG_CACHE_HOME                the cache is terngrad/native in there
#
# Exit codes: 0 done, 1 failed, 3 cannot be built on this computer (something is missing; one line says what).
set -euo pipefail
shopt -s inherit_errexit

readonly CANNOT_BUILD=3
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$scripts")
version=${TERNGRAD_TENSORFLOW_VERSION:-2.18.1}
wheel=${TERNGRAD_TENSORFLOW_WHEEL:-tensorflow-cpu}
package=${TERNGRAD_NATIVE_PACKAGE:-$root/node_modules/@tensorflow/tfjs-node-gpu}
headers=$root/node_modules/node-api-headers/include
# Which Python the wheel is for decides nothing here: it is never run. 3.11 wheels exist for every supported version.
python_tag=311

say() { printf 'native: %s\n' "$*" >&2; }
cannot() { say "cannot be built here: $*"; exit "$CANNOT_BUILD"; }

require_prerequisites() {
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || cannot "the TensorFlow wheels used are for Linux on x86_64"
  getconf GNU_LIBC_VERSION >/dev/null 2>&1 || cannot "TensorFlow needs glibc (musl systems such as Alpine have none)"
  command -v python3 >/dev/null || cannot "python3 is missing; it fetches and unpacks the TensorFlow wheel"
  python3 -m pip --version >/dev/null 2>&1 || cannot "python3 has no pip; install python3-pip"
  command -v g++ >/dev/null || cannot "g++ is missing; it compiles the addon"
  [ -f "$headers/node_api.h" ] || cannot "the development packages are missing; run 'npm ci'"
  requirement >/dev/null
}

# The wheel and its hash; pip refuses what does not match.
requirement() {
  grep -E "^$wheel==${version//./\\.} " "$scripts/native-requirements.txt" \
    || cannot "$wheel $version has no hash in scripts/native-requirements.txt"
}

download_wheel() { # DIRECTORY: prints the wheel's path
  requirement >"$1/requirement.txt"
  say "fetching $wheel $version (some 230 MB, 620 MB with CUDA)"
  python3 -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
    --only-binary :all: --implementation cp --python-version "$python_tag" --abi "cp$python_tag" \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --dest "$1" --requirement "$1/requirement.txt" >&2 || { say "fetching the wheel failed"; return 1; }
  ls "$1"/*.whl
}

compile_addon() { # SOURCE_PACKAGE INCLUDE BUILD
  mkdir -p "$3/lib/napi-v8"
  say "compiling the addon"
  g++ -std=c++17 -O2 -fPIC -shared \
    -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=tfjs_binding -DBUILDING_NODE_EXTENSION \
    -I"$headers" -I"$2" "$1/binding/tfjs_backend.cc" "$1/binding/tfjs_binding.cc" \
    -o "$3/lib/napi-v8/tfjs_binding.node" \
    -L"$3/deps/lib" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,'$ORIGIN/../../deps/lib'
}

tensorflow_version() { # FOLDER: loads the addon in there
  TF_CPP_MIN_LOG_LEVEL=2 node -p "require(process.argv[1]).TF_Version" "$1/lib/napi-v8/tfjs_binding.node"
}

build_into() { # WORK: leaves the finished folder WORK/done
  local done=$1/done wheel_file
  mkdir -p "$done/deps/lib" "$wheels"
  wheel_file=$(ls "$wheels"/*.whl 2>/dev/null | head -n 1) || true
  if [ -z "$wheel_file" ] || ! unpack "$wheel_file" "$1"; then
    mkdir -p "$1/wheel"
    wheel_file=$(download_wheel "$1/wheel")
    unpack "$wheel_file" "$1"
    mv -f "$wheel_file" "$wheels/"
  fi
  if command -v strip >/dev/null; then strip --strip-unneeded "$done"/deps/lib/*.so.2; fi
  compile_addon "$package" "$1/include" "$done"
  tensorflow_version "$done" >/dev/null
}

unpack() { # WHEEL WORK
  python3 "$scripts/native-unpack.py" "$1" "$2/done/deps/lib" "$2/include"
}

# Hard links cost no space and survive the cache's removal; across file systems a symbolic link has to do.
link_file() { # SOURCE TARGET
  [ ! "$1" -ef "$2" ] || return 0
  mkdir -p "$(dirname "$2")"
  ln -f "$1" "$2.$$" 2>/dev/null || ln -sf "$1" "$2.$$"
  mv -f "$2.$$" "$2" 2>/dev/null || rm -f "$2.$$" # another run has linked the same file meanwhile
}

install_from() { # FOLDER
  local file
  rm -rf "$package/deps/include"
  for file in deps/lib/libtensorflow_cc.so.2 deps/lib/libtensorflow_framework.so.2 lib/napi-v8/tfjs_binding.node; do
    link_file "$1/$file" "$package/$file"
  done
  [ ! -f "$1/deps/lib/THIRD_PARTY_NOTICES.txt" ] \
    || link_file "$1/deps/lib/THIRD_PARTY_NOTICES.txt" "$package/deps/lib/THIRD_PARTY_NOTICES.txt"
}

main() {
  [ -f "$package/package.json" ] || cannot "@tensorflow/tfjs-node-gpu is not installed; run 'npm ci'"
  command -v node >/dev/null || cannot "node is missing"
  local cache abi package_version built
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/terngrad/native
  abi=$(node -p process.versions.modules)
  package_version=$(node -p "require(process.argv[1]).version" "$package/package.json")
  built=$cache/$version-$wheel-$abi-$package_version
  wheels=$cache/wheels/$wheel-$version

  if ! [ -f "$built/lib/napi-v8/tfjs_binding.node" ] || ! tensorflow_version "$built" >/dev/null 2>&1; then
    require_prerequisites
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    build_into "$work"
    # Of two builds at once the later one wins: a folder that others may have loaded is moved away whole, never written.
    [ ! -e "$built" ] || mv -T "$built" "$work/replaced" 2>/dev/null || true
    mv -T "$work/done" "$built" 2>/dev/null || say "another build has finished first; using that one"
  fi
  install_from "$built"
  say "TensorFlow $(tensorflow_version "$package") is ready ($wheel)"
}

case "${1:-}" in
  '') main ;;
  --if-possible) bash "${BASH_SOURCE[0]}" || say 'going on without it; the wasm backend is next best' ;;
  *) say "unknown argument '$1'"; exit 1 ;;
esac
