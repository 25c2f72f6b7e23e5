#!/bin/sh
# Build repos/harbor.bundle from history.fast-import. Commit ids are always the same; so are the bytes of the bundle with
# one version of git.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
bare=$(mktemp -d)
trap 'rm -rf "$bare"' EXIT
git init -q --bare -b main "$bare"
git -C "$bare" fast-import --quiet --date-format=raw < "$here/history.fast-import"
mkdir -p "$here/../repos"
git -C "$bare" -c pack.threads=1 bundle create -q --version=2 "$here/../repos/harbor.bundle" --all HEAD
