#!/bin/sh
# Installs radassist from the unpacked archive for one user or for all, and takes it away again.
#
#   ./install.sh                        for you: ~/.local
#   sudo ./install.sh --prefix /usr/local    for all users
#   ./install.sh --uninstall [--prefix DIR]
#
# Reports, audit log, settings and model packs of users are never touched.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=$HOME/.local
action=install
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?--prefix needs a folder}; shift 2 ;;
        --uninstall) action=uninstall; shift ;;
        *) echo "install.sh: unknown option $1" >&2; exit 2 ;;
    esac
done
case $prefix in /*) ;; *) echo "install.sh: the prefix must begin with /" >&2; exit 2 ;; esac

refresh() {
    if command -v update-desktop-database > /dev/null 2>&1; then
        update-desktop-database -q "$prefix/share/applications" || true
    fi
    if command -v update-mime-database > /dev/null 2>&1 && [ -d "$prefix/share/mime/packages" ]; then
        update-mime-database "$prefix/share/mime" > /dev/null 2>&1 || true
    fi
}

remove() {
    rm -rf "$prefix/lib/radassist"
    rm -f "$prefix/bin/radassist"
    (cd "$here/share" && find . -type f) | while read -r file; do rm -f "$prefix/share/$file"; done
    rm -rf "$prefix/share/doc/radassist"
}

if [ "$action" = uninstall ]; then
    remove
    refresh
    echo "radassist is gone from $prefix. Reports, settings and model packs of users are still there."
    exit 0
fi

[ "$here" != "$prefix/lib/radassist" ] || { echo "install.sh: this is the installed copy" >&2; exit 2; }
remove
mkdir -p "$prefix/bin" "$prefix/lib" "$prefix/share"
cp -R "$here/radassist.app" "$prefix/lib/radassist"
cp -R "$here/share/." "$prefix/share/"
ln -s ../lib/radassist/radassist "$prefix/bin/radassist"
refresh
echo "Installed. Start it with: $prefix/bin/radassist"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "Note: $prefix/bin is not in your PATH." ;; esac
