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
dovecot-pop3d  /usr/lib/dovecot/pop3
openssl        /usr/bin/openssl
python3        /usr/bin/python3'
readonly needed_to_test='
isync          /usr/bin/mbsync
mblaze         /usr/bin/mlist
procmail       /usr/bin/formail'
readonly needed_to_compare='
isync          /usr/bin/mbsync
mpop           /usr/bin/mpop
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

# Other servers for the tests. Debian allows one IMAP and one POP3 server a machine, so that these are
# unpacked below .build/servers, which needs no rights, and not installed: name, a file in it, packages.
readonly servers_to_unpack='
courier    usr/lib/courier/courier/courierpop3login  courier-imap courier-pop courier-base courier-authlib-userdb
cyrus      usr/lib/cyrus/bin/pop3d                   cyrus-imapd cyrus-pop3d sasl2-bin libsasl2-modules
mailutils  usr/sbin/pop3d                            mailutils-imap4d mailutils-pop3d'

# Unpacks those that are missing, each with what it needs beyond the packages that are installed. Only
# root can run them; without one of them the tests of that server are skipped.
unpack_servers() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  local name file packages
  while read -r name file packages; do
    [ -z "$name" ] || [ -e ".build/servers/$name/$file" ] ||
      unpack_server "$name" "$file" $packages || say "$name can't be unpacked; its tests are skipped"
  done <<<"$servers_to_unpack"
}

unpack_server() {
  local target=.build/servers/$1 file=$2 debs deb
  shift 2
  say "Unpacking from Debian: $*"
  debs=$(mktemp -d)
  mkdir -p "$debs/partial"
  download() {
    apt-get install -qq -y --no-install-recommends --reinstall --download-only \
      -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$debs" "$@" \
      </dev/null >/dev/null
  }
  if download "$@" 2>/dev/null || { apt-get update -qq && download "$@"; }; then
    rm -rf "$target"
    mkdir -p "$target"/usr/{bin,lib,sbin}
    # Packages of before the merged /usr have files in these.
    ln -s usr/bin usr/lib usr/sbin "$target"
    for deb in "$debs"/*.deb; do
      dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink --no-same-owner -C "$target"
    done
  fi
  rm -rf "$debs"
  [ -e "$target/$file" ]
}

# Swift is the one thing that Debian does not have.
require_swift() {
  command -v swift >/dev/null || [ ! -x /opt/swift/usr/bin/swift ] ||
    PATH=/opt/swift/usr/bin:$PATH
  command -v swift >/dev/null || die "no swift in PATH; see https://www.swift.org/install/linux"
}

# A target imports only what it declares; warnings are errors by Package.swift.
readonly strict=(--explicit-target-dependency-import-check=error)
