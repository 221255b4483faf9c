# Shared by the scripts beside it, which source it and run under `set -euo pipefail`.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# What the scripts need from Debian: the package, and the file by which it is known to be there.
readonly needed_to_build='
libssl-dev     /usr/include/openssl/ssl.h
zlib1g-dev     /usr/include/zlib.h
pkg-config     /usr/bin/pkg-config'
readonly needed_to_serve='
dovecot-imapd  /usr/lib/dovecot/imap
openssl        /usr/bin/openssl
python3        /usr/bin/python3'
readonly needed_to_test='
mblaze         /usr/bin/mlist
procmail       /usr/bin/formail'
readonly needed_to_compare='
isync          /usr/bin/mbsync
mb2md          /usr/bin/mb2md'

# Installs what is missing of these lists, and does not ask for rights where nothing is.
install_missing() {
  local missing=() package file
  while read -r package file; do
    [ -z "$package" ] || [ -e "$file" ] || missing+=("$package")
  done <<<"$(printf '%s\n' "$@")"
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "missing, and there is no apt-get: ${missing[*]}"
  say "Installing from Debian: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      die "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    say "(with sudo, which may ask for your password)"
    as_root=(sudo)
  fi
  "${as_root[@]}" bash -s -- "${missing[@]}" <<'AS_ROOT'
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  # Debian's own way to install a server's package without starting the server.
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
install() { apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null; }
install "$@" 2>/dev/null || { apt-get update -qq && install "$@"; }
# Nor shall a server that came with the tests start at the next boot.
if [ -d /run/systemd/system ]; then
  case " $* " in *' dovecot-imapd '*)
    systemctl disable --quiet dovecot.service dovecot.socket 2>/dev/null || true ;;
  esac
fi
AS_ROOT
}

# Swift is the one thing that Debian does not have.
require_swift() {
  command -v swift >/dev/null || [ ! -x /opt/swift/usr/bin/swift ] ||
    PATH=/opt/swift/usr/bin:$PATH
  command -v swift >/dev/null || die "no swift in PATH; see https://www.swift.org/install/linux"
}

# A target imports only what it declares; warnings are errors by Package.swift.
readonly strict=(--explicit-target-dependency-import-check=error)
