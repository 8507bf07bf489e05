#!/usr/bin/env bash
# Builds deploy/Containerfile with buildah upon a Debian 12 of debootstrap's, and runs its commands: prepare, worker and
# web on one volume, as the image's user, until a page and a form are there. For Debian, as root.
# It does not prove: that Debian's published image is the same as debootstrap's; that the image runs under Podman or
# Kubernetes without root and with a read-only root (chroot isolates nothing, and shares the host's network); PostgreSQL.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
store=(--root "$scratch/store" --runroot "$scratch/run" --storage-driver vfs)
finish() {
  local status=$?
  trap - EXIT
  [ -z "${pids:-}" ] || kill $pids 2>/dev/null || true
  wait
  buildah "${store[@]}" umount --all >/dev/null 2>&1 || true
  rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT
trap 'echo "Line $LINENO: $BASH_COMMAND" >&2' ERR

"${PYTHON:-.venv/bin/python}" -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary=:all: \
  --dest "$scratch/wheels" -r requirements/run.txt &
download=$!
# With what the Containerfile installs, so that its own step finds it there.
debootstrap --variant=minbase --include=ca-certificates,python3-venv,postgresql-client-15 bookworm "$scratch/debian" \
  >"$scratch/debootstrap.log" 2>&1 || { tail "$scratch/debootstrap.log"; exit 1; }
wait "$download"
rm -rf "$scratch"/debian/var/cache/apt/archives/*.deb
base=$(buildah "${store[@]}" from --quiet scratch)
mounted=$(buildah "${store[@]}" mount "$base")
mv "$scratch"/debian/* "$mounted/"
buildah "${store[@]}" commit --quiet "$base" localhost/debian:12 >/dev/null
buildah "${store[@]}" rm "$base" >/dev/null
buildah "${store[@]}" build --quiet --isolation chroot --layers=false --build-arg BASE=localhost/debian:12 \
  --build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels --volume "$scratch/wheels:/wheels:ro" \
  --file deploy/Containerfile --tag localhost/innovaatiojulistus . >/dev/null
container=$(buildah "${store[@]}" from --quiet localhost/innovaatiojulistus)
port=$("${PYTHON:-.venv/bin/python}" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
install -d -o 10001 -g 10001 "$scratch/var"
command() {
  exec buildah "${store[@]}" run --isolation chroot --volume "$scratch/var:/var/lib/innovaatiojulistus" \
    --env SITE_URL=http://127.0.0.1:$port --env PORT=$port "$container" -- deploy/container "$@"
}
(command prepare)
command worker &
pids=$!
command web &
pids+=" $!"
fetch() { curl --silent --show-error "$@"; }
# A command's output is kept before it is read: a reader that has seen enough would break curl's pipe.
fetch --fail --retry 60 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$port/readyz"
front=$(fetch --fail "http://127.0.0.1:$port/fi/")
[[ $front == *'<html lang="fi">'* ]]
refusal=$(fetch --output /dev/null --write-out '%{http_code}' --data name=Aino "http://127.0.0.1:$port/fi/verkosto/liity/")
[ "$refusal" = 422 ]
# The worker may be up later than the web process.
for _ in {1..60}; do
  state=$(fetch "http://127.0.0.1:$port/statusz")
  [[ $state == *'"worker": true'* ]] && break
  sleep 1
done
[[ $state == *'"worker": true'* ]]
[ -z "$(find "$scratch/var" -user root)" ]
kill $pids
wait $pids 2>/dev/null || true
pids=
echo "The image's commands work."
