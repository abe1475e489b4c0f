#!/usr/bin/env bash
# The artefacts of `make package` on a machine that has nothing: a new minimal Debian 12 root.
#
#   tests/packaging/test_package_root.sh        (or: make package-test)
#
# It installs the .deb with apt as packaging/INSTALL.md says, uses it as a normal user without
# Python, takes it away again, and runs the .tar.xz; every line that begins with "good" or "BAD" is
# a fact that was checked.  Pictures and logs lie in build/package-root/.  Needs root, debootstrap
# and Debian's packages.
#   PACKAGE_ROOT_KEEP=1    leave the root behind
set -euo pipefail

project=$(cd "$(dirname "$0")/../.." && pwd)
logs=$project/build/package-root
base=${XDG_CACHE_HOME:-$HOME/.cache}/radassist-package-root/bookworm
user=radiologist
bad=0

fail() { echo "test_package_root: $*" >&2; exit 2; }
good() { echo "good  $*"; }
bad() { echo "BAD   $*"; bad=$((bad + 1)); }
# check "what holds" COMMAND...: the output of the command is shown when it fails.
check() {
    local what=$1; shift
    if "$@" > "$logs/last.log" 2>&1; then good "$what"; else bad "$what"; tail -n 20 "$logs/last.log"; fi
}

[ "$(id -u)" = 0 ] || fail "needs root (debootstrap and chroot). Run it as root, or in a container."
command -v debootstrap > /dev/null || fail "needs debootstrap: apt-get install debootstrap"
deb=$(ls "$project"/dist/radassist_*.deb 2> /dev/null | tail -n 1) || true
archive=$(ls "$project"/dist/radassist-*.tar.xz 2> /dev/null | tail -n 1) || true
[ -n "$deb" ] && [ -n "$archive" ] || fail "there are no artefacts in dist/. Run: make package"

# All mounts live in a mount namespace of their own and vanish with it, however this ends.
if [ -z "${PACKAGE_ROOT_INSIDE:-}" ]; then
    PACKAGE_ROOT_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
mkdir -p "$logs"

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2> /dev/null | grep debian.org | head -n 1 || true)
if [ ! -f "$base/.complete" ]; then
    echo "      making a minimal root (once) …"
    rm -rf "$base"; mkdir -p "$base"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$base" ${mirror:+"$mirror"} \
        > "$logs/debootstrap.log" 2>&1 || fail "debootstrap failed, see $logs/debootstrap.log"
    touch "$base/.complete"
fi

root=$(mktemp -d /var/tmp/radassist-package-XXXXXX)
tidy() {
    umount --lazy --recursive "$root/proc" "$root/sys" "$root/tmp" "$root/dev" 2> /dev/null || true
    rm -rf --one-file-system "$root"
}
[ -n "${PACKAGE_ROOT_KEEP:-}" ] || trap tidy EXIT
cp -a --reflink=auto "$base/." "$root/"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -p "$root/dev/shm" "$root/dev/pts"
for node in null zero full random urandom tty; do
    touch "$root/dev/$node" && mount --bind "/dev/$node" "$root/dev/$node"
done
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -sf /proc/self/fd "$root/dev/fd"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
for file in /etc/apt/apt.conf.d/*proxy* /etc/apt/apt.conf.d/99artifact-registry; do
    [ ! -f "$file" ] || cp "$file" "$root/etc/apt/apt.conf.d/"
done

as_root() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }
as_user() {
    chroot --userspec=1000:1000 "$root" env -i HOME=/home/$user USER=$user PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
        QT_QPA_PLATFORM="${platform:-offscreen}" "${more[@]}" sh -c "cd /home/$user && exec \"\$@\"" sh "$@"
}
more=()
as_root useradd --create-home --uid 1000 --shell /bin/sh $user
home=$root/home/$user

echo "=== install $(basename "$deb") ==="
cp "$deb" "$root/tmp/"
as_root apt-get update -q > "$logs/apt-update.log" 2>&1 || fail "apt-get update failed, see $logs/apt-update.log"
before=$(as_root dpkg-query -W | wc -l)
check "apt installs it with what it depends on" as_root apt-get install -y -q --no-install-recommends "/tmp/$(basename "$deb")"
echo "      $(( $(as_root dpkg-query -W | wc -l) - before )) packages came with it"
check "there is no Python here" sh -c "! ls $root/usr/bin/python3* $root/usr/local/bin/python3* 2> /dev/null"
check "the command is in the PATH" test -x "$root/usr/bin/radassist"
for file in applications/radassist.desktop mime/packages/radassist.xml man/man1/radassist.1.gz \
    doc/radassist/copyright doc/radassist/sbom.cdx.json icons/hicolor/scalable/apps/radassist.svg \
    icons/hicolor/48x48/apps/radassist.png; do
    check "/usr/share/$file is there" test -s "$root/usr/share/$file"
done
check "licences of $(ls "$root/usr/share/doc/radassist/licences" | wc -l) parts are there" \
    test -s "$root/usr/share/doc/radassist/licences/LICENSE"
check "dpkg finds its files whole" as_root dpkg --verify radassist
installed=$(du -s --apparent-size -B1000000 "$root/usr/lib/radassist" | cut -f 1)
check "$installed MB installed, at most 450" test "$installed" -le 450

echo "=== as a normal user, without a screen ==="
check "--version: $(as_user radassist --version 2>&1)" as_user radassist --version
as_user radassist doctor > "$logs/doctor.txt" 2>&1 || true
check "doctor misses nothing" sh -c "! grep '^missing' $logs/doctor.txt"
check "engine processes are sealed" grep -q "kernel seal on" "$logs/doctor.txt"
grep -v '^ok' "$logs/doctor.txt" | sed 's/^/      /' || true
started=$(date +%s)
demo() { as_user radassist demo --no-language --out demo > "$logs/demo.txt" 2>&1; }
check "the demo runs" demo
echo "      in $(( $(date +%s) - started )) s"
for file in report.json report.txt report.pdf report.sr.dcm key-image-1.png screenshot.png; do
    check "the demo wrote $file" test -s "$home/demo/$file"
done
check "the vision pack measured the heart" grep -q "cardiothoracic ratio" "$logs/demo.txt"
check "the audit log verifies" grep -q "events, 0 problems" "$logs/demo.txt"
cp "$home/demo/screenshot.png" "$logs/demo.png" 2> /dev/null || true

echo "=== a model pack carried by hand ==="
pack=$root/tmp/language-tiny.zip
outside() { RADASSIST_HOME=$root/tmp/home "$root/usr/lib/radassist/radassist" "$@"; }
if outside models verify language-tiny > "$logs/export.log" 2>&1; then
    check "models export" outside models export language-tiny "$pack"
    cp "$pack" "$home/"
    check "models install" as_user radassist models install language-tiny.zip
    check "models verify" as_user radassist models verify language-tiny
    mkdir -p "$home/.local/share/radassist/home"
    echo '{"version": 1, "language_pack": "language-tiny"}' > "$home/.local/share/radassist/home/settings.json"
    printf 'FINDINGS:\nThe lungs are clear. There is a small effusion.\nIMPRESSION:\nEffusion.\n' > "$home/report.txt"
    chown -R 1000:1000 "$home"
    check "a report in plain text is read" as_user radassist import report.txt --out report.json
    answers() { as_user radassist chat report.json "rephrase sentence 2 of the findings" --json | grep '"how": "model"'; }
    check "the language engine answers on this processor" answers
    mkdir -p "$root/usr/share/radassist/models"
    mv "$home/.local/share/radassist/models/language-tiny" "$root/usr/share/radassist/models/"
    chmod -R a+rX "$root/usr/share/radassist"
    check "a pack of the administrator is found" as_user radassist models verify language-tiny
else
    echo "      left out: the pack language-tiny is not installed on the building machine"
fi

echo "=== with a screen (Xvfb) ==="
check "apt installs a virtual screen" as_root apt-get install -y -q --no-install-recommends xvfb xauth x11-apps imagemagick xdotool
check "there is still no Python" sh -c "! ls $root/usr/bin/python3* 2> /dev/null"
mkdir -p "$root/tmp/.X11-unix" && chmod 1777 "$root/tmp/.X11-unix"
sample=/usr/lib/radassist/lib/data_store/data/RG1_J2KR.dcm
cat > "$root/tmp/screen.sh" << 'END'
# Ticks of processor time (a hundredth of a second each) that a process has used: proc(5), stat.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
Xvfb :77 -screen 0 1600x1000x24 > /dev/null 2>&1 &
server=$!
program=
trap 'kill $program $server 2> /dev/null' EXIT
export DISPLAY=:77
for try in $(seq 100); do xdpyinfo > /dev/null 2>&1 && break; sleep 0.1; done
# From a cold start to a window that can be used, without a study.
for start in first second; do
    rm -f ready
    began=$(date +%s%N)
    RADASSIST_READY_FILE=ready radassist > window.txt 2>&1 &
    program=$!
    for try in $(seq 1500); do [ -e ready ] && break; sleep 0.02; done
    echo "$start start: window usable after $(( ($(date +%s%N) - began) / 1000000 )) ms"
    [ -e ready ] || exit 1
    [ $start = second ] || { kill $program; wait $program 2> /dev/null; }
done
sleep 5
before=$(ticks $program); sleep 5; after=$(ticks $program)
echo "idle: $((after - before)) ticks of processor time in 5 s; $(grep VmRSS /proc/$program/status)"
kill $program; wait $program 2> /dev/null
# With a study: the picture is taken when the program has nothing to do any more.
radassist open "$1" >> window.txt 2>&1 &
program=$!
last=-1; same=0
for try in $(seq 120); do
    sleep 1
    now=$(ticks $program)
    if [ $((now - last)) -le 2 ]; then same=$((same + 1)); else same=0; fi
    last=$now
    [ $same -lt 5 ] || break
done
import -window root screen.png
echo "with a study: $(grep VmRSS /proc/$program/status)"
END
platform=xcb
check "the window opens and draws" as_user sh /tmp/screen.sh $sample
platform=offscreen
cp "$logs/last.log" "$logs/window.log"
sed 's/^/      /' "$logs/window.log"
cp "$home/screen.png" "$logs/window.png" 2> /dev/null || bad "no picture of the window"
if [ -s "$home/window.txt" ]; then echo "      the window said:"; sed 's/^/      /' "$home/window.txt"; fi

echo "=== uninstall ==="
owned=$(find "$home/.local/share/radassist" -type f | wc -l)
check "apt purges it" as_root apt-get purge -y -q radassist
check "nothing of the program is left" sh -c "! ls -d $root/usr/lib/radassist $root/usr/bin/radassist $root/usr/share/doc/radassist 2> /dev/null"
left=$(find "$home/.local/share/radassist" -type f | wc -l)
check "the user's $owned files are still there" test "$owned" -gt 0 -a "$owned" = "$left"
check "so is the audit log" test -s "$home/.local/share/radassist/home/radassist.db"

echo "=== $(basename "$archive") ==="
cp "$archive" "$home/"
name=$(basename "$archive" .tar.xz)
as_root apt-get install -y -q --no-install-recommends xz-utils > "$logs/xz.log" 2>&1
check "it unpacks" as_user tar -xJf "$(basename "$archive")"
check "--version where it was unpacked" as_user "./$name/radassist" --version
check "install.sh" as_user "./$name/install.sh"
check "the installed command" as_user .local/bin/radassist --version
archive_demo() { as_user .local/bin/radassist demo --no-language --out demo2 > "$logs/demo2.txt" 2>&1; }
check "the demo" archive_demo
check "install.sh --uninstall" as_user "./$name/install.sh" --uninstall
check "the program is gone and the user's data are not" \
    sh -c "test ! -e $home/.local/lib/radassist && test -s $home/.local/share/radassist/home/radassist.db"

echo
echo "package root: $bad bad; logs and pictures are in $logs"
[ "$bad" = 0 ]
