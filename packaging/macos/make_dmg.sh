#!/bin/sh
# radassist.app -> dist/radassist-VERSION-macos-arm64.dmg, signed and notarised where the identity
# is named. For macOS; not run yet: see CHECKLIST.md beside it.
#
#   packaging/macos/make_dmg.sh VERSION
#   RADASSIST_CODESIGN_IDENTITY="Developer ID Application: ..."   signs
#   RADASSIST_NOTARY_PROFILE=name    notarises (stored once: xcrun notarytool store-credentials name)
set -eu
version=${1:?usage: make_dmg.sh VERSION}
project=$(cd "$(dirname "$0")/../.." && pwd)
app=$project/build/frozen/radassist.app
dmg=$project/dist/radassist-$version-macos-arm64.dmg
[ "$(uname -s)" = Darwin ] || { echo "make_dmg.sh: this runs on macOS" >&2; exit 2; }
[ -d "$app" ] || { echo "make_dmg.sh: there is no $app; freeze the program first" >&2; exit 2; }

if [ -n "${RADASSIST_CODESIGN_IDENTITY:-}" ]; then
    # From the inside out: libraries first, then the app, with the hardened runtime.
    find "$app/Contents" -type f \( -name '*.dylib' -o -name '*.so' \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime --sign "$RADASSIST_CODESIGN_IDENTITY"
    codesign --force --timestamp --options runtime \
        --entitlements "$project/packaging/macos/entitlements.plist" \
        --sign "$RADASSIST_CODESIGN_IDENTITY" "$app"
    codesign --verify --deep --strict --verbose=2 "$app"
fi

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
cp -R "$app" "$stage/"
ln -s /Applications "$stage/Applications"
mkdir -p "$project/dist"
rm -f "$dmg"
hdiutil create -volname "radassist $version" -srcfolder "$stage" -fs HFS+ -format UDZO "$dmg"

if [ -n "${RADASSIST_CODESIGN_IDENTITY:-}" ]; then
    codesign --timestamp --sign "$RADASSIST_CODESIGN_IDENTITY" "$dmg"
fi
if [ -n "${RADASSIST_NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$dmg" --keychain-profile "$RADASSIST_NOTARY_PROFILE" --wait
    xcrun stapler staple "$dmg"
    spctl --assess --type open --context context:primary-signature --verbose "$dmg"
fi
echo "$dmg"
