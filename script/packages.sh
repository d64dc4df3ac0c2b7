# packages.sh: which Debian packages what needs, and a function that installs those that are missing.
# Sourced by the other scripts; it says what it does before it does it.

BUILD_PACKAGES="gcc make pkg-config libc6-dev linux-libc-dev libsqlite3-dev libsodium-dev libssl-dev libseccomp-dev libunistring-dev"
JOUST_PACKAGES="libjansson-dev libcairo2-dev"
TEST_PACKAGES="libcmocka-dev wrk man-db curl procps python3 python3-pytest python3-requests python3-requests-oauthlib python3-authlib python3-jwt python3-jsonschema python3-cryptography"
BENCH_PACKAGES="wrk nghttp2-client valgrind strace binutils util-linux python3"

say() { printf '== %s\n' "$*" >&2; }

missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

need() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: please install what these Debian packages hold: $*"
        return 0
    fi
    absent=$(missing "$@")
    [ -n "$absent" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "run this as root first: apt-get install -y --no-install-recommends $absent"
            return 1
        fi
        as_root=sudo
    fi
    say "installing $absent"
    # The package lists may be there already; fetch them only when an install fails without.
    install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $absent >&2; }
    install 2>/dev/null || { $as_root apt-get update -q >&2 && install; }
}

jobs() { getconf _NPROCESSORS_ONLN; }
