#!/usr/bin/env bash
# Packs a folder as an image of one layer, in the format of `docker save`: pack-image.sh FILE NAME:TAG FOLDER COMMAND...
# The same folder gives the same bytes.
set -euo pipefail
file=$1 name=$2 root=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plain_tar() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu "$@"; }

plain_tar -C "$root" -cf "$work/layer.tar" .
layer=$(sha256sum <"$work/layer.tar" | cut -d' ' -f1)
command=$(printf '"%s",' "$@")
case $(uname -m) in x86_64) architecture=amd64 ;; aarch64) architecture=arm64 ;; *) architecture=$(uname -m) ;; esac
printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":[%s],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
  "$architecture" "${command%,}" "$layer" >"$work/config.json"
printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" >"$work/manifest.json"
mkdir -p "$(dirname "$file")"
plain_tar -C "$work" -cf "$file.new" manifest.json config.json layer.tar
mv -f "$file.new" "$file"
