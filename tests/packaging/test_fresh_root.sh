#!/usr/bin/env bash
# The two commands of the README on a machine that has nothing: a new Debian 12 root with
# python3, gcc, make and git, made by debootstrap, with a clean clone of the committed tree.
#
#   tests/packaging/test_fresh_root.sh [COMMAND...]      default: "make run" "make test"
#
# Each command is timed and its output kept under build/fresh-root/.  Needs root and debootstrap.
#   FRESH_ROOT=DIR     where the root is made (default: a new folder under /var/tmp, removed after)
#   FRESH_SHARED=DIR   a folder of real material, seen read-only as ../shared of the clone
#   FRESH_CACHE=DIR    a user's cache to start with (default: none, as on a fresh machine)
#   FRESH_KEEP=1       leave the root behind
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
logs=$project/build/fresh-root
base=${XDG_CACHE_HOME:-$HOME/.cache}/radassist-fresh-root/bookworm
packages=python3,gcc,make,git,ca-certificates

fail() { echo "test_fresh_root: $*" >&2; exit 2; }

[ "$(id -u)" = 0 ] || fail "needs root (debootstrap and chroot). Run it as root, or in a container."
command -v debootstrap > /dev/null || fail "needs debootstrap: apt-get install debootstrap"

# All mounts live in a mount namespace of their own and vanish with it, however this ends.
if [ -z "${FRESH_INSIDE:-}" ]; then
    FRESH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2> /dev/null | grep debian.org | head -n 1 || true)
if [ ! -f "$base/.complete" ]; then
    rm -rf "$base"
    mkdir -p "$base"
    debootstrap --variant=minbase --include="$packages" bookworm "$base" ${mirror:+"$mirror"} \
        > "$base.log" 2>&1 || fail "debootstrap failed, see $base.log"
    touch "$base/.complete"
fi

root=${FRESH_ROOT:-$(mktemp -d /var/tmp/radassist-fresh-XXXXXX)}
# The real material is unmounted before the root is removed: a bind mount of the same disk is no
# other file system to rm, and only its read-only flag would protect it.
tidy() {
    if mountpoint -q "$root/home/someone/shared"; then umount "$root/home/someone/shared" || return; fi
    umount --lazy --recursive "$root/proc" "$root/sys" "$root/tmp" "$root/dev" 2> /dev/null || true
    rm -rf --one-file-system "$root"
}
[ -n "${FRESH_KEEP:-}" ] || trap tidy EXIT
mkdir -p "$root" "$logs"
[ -f "$root/.complete" ] || cp -a --reflink=auto "$base/." "$root/"

# What a machine has and a bare root lacks: a kernel's file systems, a resolver, its user's pip set-up.
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -p "$root/dev/shm" "$root/dev/pts"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node" && mount --bind "/dev/$node" "$root/dev/$node"
done
mount -t tmpfs tmpfs "$root/dev/shm"
ln -sf /proc/self/fd "$root/dev/fd"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/pip.conf"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"

home=$root/home/someone
mkdir -p "$home"
[ -d "$home/radassist" ] || git clone --quiet --no-hardlinks "$project" "$home/radassist"
if [ -n "${FRESH_SHARED:-}" ]; then
    mkdir -p "$home/shared"
    mount --bind "$FRESH_SHARED" "$home/shared"
    mount -o remount,bind,ro "$home/shared"
fi
if [ -n "${FRESH_CACHE:-}" ]; then
    mkdir -p "$home/.cache" && cp -a "$FRESH_CACHE" "$home/.cache/radassist"
fi

passed=(HOME=/home/someone PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
for name in PIP_CERT PIP_DEFAULT_TIMEOUT PIP_INDEX_URL PIP_EXTRA_INDEX_URL SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
    [ -z "${!name:-}" ] || passed+=("$name=${!name}")
done

[ $# -gt 0 ] || set -- "make run" "make test"
worst=0
count=0
for command in "$@"; do
    count=$((count + 1))
    log=$logs/$count-${command//[^a-z-]/-}.log
    started=$(date +%s)
    code=0
    chroot "$root" env -i "${passed[@]}" sh -c "cd /home/someone/radassist && exec $command" \
        < /dev/null 2>&1 | tee "$log" || code=${PIPESTATUS[0]}
    echo "fresh root: '$command' ended with $code after $(($(date +%s) - started)) s" | tee -a "$logs/times.log"
    [ "$code" = 0 ] || worst=1
done
exit $worst
