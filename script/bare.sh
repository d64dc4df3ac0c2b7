# bare.sh: a Debian 12 that has nothing on it, in a folder.  Sourced, after packages.sh, by script/test-fresh and
# tests/scorecard/hello/bare.  They set `here`, the repository, and `work`, an empty folder, and call `remove_bare` at their end.

# Root, and in a namespace of mounts and processes of its own, so that nothing is left behind.
alone_as_root() {
    if [ "$(id -u)" -ne 0 ]; then exec sudo -E "$0" "$@"; fi
    if [ "${FRESH_NAMESPACE:-}" != yes ]; then
        need debootstrap git curl
        FRESH_NAMESPACE=yes exec unshare --mount --propagation private --pid --fork --kill-child "$0" "$@"
    fi
}

remove_bare() {
    local point
    for point in "$work"/*/{sys,dev,proc,usr/local/rust}; do
        if mountpoint -q "$point"; then umount -R "$point" || true; fi
    done
    # Not one file further than this folder: with anything still mounted it stays.
    if grep -q " $work/" /proc/self/mounts; then say "still mounted below $work"; else rm -rf "$work"; fi
}

now_ms() { local t=$EPOCHREALTIME; echo $((${t/[.,]/} / 1000)); }

# The archive that this machine's apt uses, and the proxy on the way there.
archive() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1; }

copy_apt_configuration() {
    local name
    for name in apt.conf apt.conf.d sources.list sources.list.d auth.conf auth.conf.d preferences.d trusted.gpg trusted.gpg.d keyrings; do
        [ -e "/etc/apt/$name" ] || continue
        rm -rf "$1/etc/apt/$name"
        cp -a "/etc/apt/$name" "$1/etc/apt/$name"
    done
    mkdir -p "$1/usr/share/keyrings"
    cp -a /usr/share/keyrings/. "$1/usr/share/keyrings/"
    cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

make_bare() {
    local from proxy
    from=$(archive)
    proxy=$(apt-config shell proxy Acquire::http::Proxy)
    eval "$proxy"
    [ -z "${proxy:-}" ] || export http_proxy="$proxy"
    say "a bare Debian 12 with debootstrap"
    debootstrap --variant=minbase bookworm "$work/bare" "${from:-http://deb.debian.org/debian}" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 20 "$work/debootstrap.log" >&2; return 1; }
    copy_apt_configuration "$work/bare"
    rm -rf "$work/bare/var/lib/apt/lists" && mkdir -p "$work/bare/var/lib/apt/lists/partial"
}

# A copy of the bare system with the kernel's folders mounted, and the repository in /home/someone/postern.
make_root() {
    cp -a "$work/bare" "$work/$1"
    mount -t proc proc "$work/$1/proc"
    mount --rbind /dev "$work/$1/dev"
    mount --rbind /sys "$work/$1/sys"
    chroot "$work/$1" useradd --create-home --shell /bin/bash someone
    git -c safe.directory='*' clone -q --no-hardlinks "$here" "$work/$1/home/someone/postern"
    chroot "$work/$1" chown -R someone: /home/someone/postern
}

# enter ROOT USER COMMAND…: becomes that command, with an environment as bare as the system.
enter() {
    local root=$1 user=$2
    shift 2
    exec chroot "$work/$root" setpriv --reuid "$user" --regid "$user" --init-groups \
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="/home/someone" \
        ${CI:+CI="$CI"} "$@"
}

inside() { (enter "$@"); }
