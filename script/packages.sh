# packages.sh: which Debian packages what needs, and a function that installs those that are missing.
# Sourced by the other scripts; it says what it does before it does it.

BUILD_PACKAGES="gcc make pkg-config libc6-dev linux-libc-dev libsqlite3-dev libsodium-dev libssl-dev libseccomp-dev libunistring-dev"
LIST_PACKAGE="python3-zxcvbn"  # only its list of common passwords is used: src/auth/common.c
JOUST_PACKAGES="libjansson-dev libcairo2-dev"
TEST_PACKAGES="libcmocka-dev wrk man-db curl procps python3 python3-pytest python3-requests python3-requests-oauthlib python3-authlib python3-jwt python3-jsonschema python3-cryptography"
BENCH_PACKAGES="wrk nghttp2-client valgrind strace binutils util-linux python3"

say() { printf '== %s\n' "$*" >&2; }

missing() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

# The list of common passwords is one file of a package that would bring a whole Python with it: where that is not
# installed, the package is unpacked into build/lists, where the Makefile looks too.
need_list() {
    list_root=${here:-.}
    [ -f "$list_root/script/packages.sh" ] || list_root=.
    [ -n "$(missing $LIST_PACKAGE)" ] && [ ! -d "$list_root/build/lists/usr" ] || return 0
    say "unpacking $LIST_PACKAGE into build/lists"
    mkdir -p "$list_root/build/lists"
    fetch() { (cd "$list_root/build/lists" && apt-get download -q $LIST_PACKAGE >&2); }
    fetch 2>/dev/null || { $as_root apt-get update -q >&2 && fetch; } || return 1
    dpkg-deb -x "$list_root/build/lists/$LIST_PACKAGE"_*.deb "$list_root/build/lists" && rm -f "$list_root/build/lists/$LIST_PACKAGE"_*.deb
}

as_root=
[ "$(id -u)" -eq 0 ] || ! command -v sudo >/dev/null || as_root=sudo

need() {
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: please install what these Debian packages hold: $*"
        return 0
    fi
    case " $* " in *" gcc "*) need_list || return 1 ;; esac    # who compiles needs it
    absent=$(missing "$@")
    [ -n "$absent" ] || return 0
    if [ "$(id -u)" -ne 0 ] && [ -z "$as_root" ]; then
        say "run this as root first: apt-get install -y --no-install-recommends $absent"
        return 1
    fi
    say "installing $absent"
    # The package lists may be there already; fetch them only when an install fails without.
    install() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $absent >&2; }
    install 2>/dev/null || { $as_root apt-get update -q >&2 && install; }
}

jobs() { getconf _NPROCESSORS_ONLN; }
