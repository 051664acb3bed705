# Set-up shared by the scripts beside this folder. Sourced by bash, never run by itself.
#
#   VRRPD_VENV    where the virtual environment lives (default: .venv in the checkout)
#   VRRPD_PYTHON  the Python to make it with (default: the first of python3, python3.14 .. python3.11 that is new enough)
#   VRRPD_LOG     where the output of apt-get and pip goes (default: a temporary file, shown when they fail)

set -euo pipefail

program=$(basename "$0")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
venv=${VRRPD_VENV:-$root/.venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
for each in /usr/lib/postgresql/*/bin; do
    if [ -x "$each/postgres" ]; then PATH=$PATH:$each; fi # where Debian has them, of whichever version
done
export PYTHONNOUSERSITE=1
unset PYTHONHOME PYTHONPATH

say() { printf '%s\n' "$*" >&2; }
die() { say "$program: $*"; exit 1; }

require_linux() {
    [ "$(uname -s)" = Linux ] || die "needs Linux: vrrpd stands on Linux's netlink and packet sockets (this is $(uname -s))"
}

require_root() {
    [ "$(id -u)" = 0 ] || die "needs root, for $1. Run: sudo ./scripts/$program"
}

require_namespaces() {
    require_root "network namespaces, raw sockets and missing packages"
    unshare --net --pid --fork --mount true 2>/dev/null ||
        die "may not create network namespaces here. In a container this needs --privileged; a virtual machine needs nothing"
}

# --- Debian packages ---------------------------------------------------------------------------------------------

# Which package brings which program.
package_of() {
    case $1 in
        ip | bridge) echo iproute2 ;;
        killall) echo psmisc ;;
        nft) echo nftables ;;
        ps | sysctl) echo procps ;;
        setpriv | nsenter | unshare | flock) echo util-linux ;;
        /usr/lib/frr/vrrpd) echo frr ;;
        /lib/systemd/systemd) echo systemd ;;
        python3) echo python3-venv ;;
        groff) echo groff-base ;;
        postgres | initdb) echo postgresql ;;
        *) echo "$1" ;;
    esac
}

policy=${VRRPD_POLICY_RC_D:-/usr/sbin/policy-rc.d}
policy_mark='# Written by the set-up of vrrpd for the length of one apt-get install; process'

# Packages of daemons must not start them. A policy that somebody else made stays as it is.
forbid_service_starts() {
    local owner
    owner=$(sed -n "s/^$policy_mark //p" "$policy" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
        rm -f "$policy" # a set-up that was killed could not remove it
    fi
    (set -o noclobber && printf '#!/bin/sh\n%s %s\nexit 101\n' "$policy_mark" "$1" >"$policy") 2>/dev/null || return 0
    chmod 755 "$policy"
}

allow_service_starts() {
    if grep -qs "^$policy_mark $1\$" "$policy"; then rm -f "$policy"; fi
}

# PostgreSQL's package makes a cluster of its own unless a file says no, which is there for the installation only.
clusters=${VRRPD_CREATECLUSTER_D:-/etc/postgresql-common/createcluster.d}

forbid_clusters() {
    local each owner
    for each in "$clusters"/vrrpd-*.conf; do
        owner=${each##*/vrrpd-}
        if [ -e "$each" ] && ! kill -0 "${owner%.conf}" 2>/dev/null; then rm -f "$each"; fi
    done
    case " $2 " in *" postgresql"*) ;; *) return 0 ;; esac
    mkdir -p "$clusters"
    echo 'create_main_cluster = false' >"$clusters/vrrpd-$1.conf"
}

allow_clusters() {
    [ -e "$clusters/vrrpd-$1.conf" ] || return 0
    rm -f "$clusters/vrrpd-$1.conf"
    # The package does not bring this folder; without any files it is nobody's.
    rmdir "$clusters" "${clusters%/*}" 2>/dev/null || true
}

run_logged() {
    local log=${VRRPD_LOG:-} made=
    if [ -z "$log" ]; then
        log=$(mktemp) || die "cannot make a temporary file in ${TMPDIR:-/tmp}"
        made=yes
    fi
    if ! "$@" </dev/null >>"$log" 2>&1; then
        tail -n 30 "$log" >&2
        if [ -n "$made" ]; then rm -f "$log"; fi
        return 1
    fi
    if [ -n "$made" ]; then rm -f "$log"; fi
}

install_packages() (
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    me=$BASHPID
    forbid_service_starts "$me"
    forbid_clusters "$me" "$*"
    trap 'allow_service_starts "$me"; allow_clusters "$me"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    say "updating the list of Debian packages"
    run_logged apt-get -q -o DPkg::Lock::Timeout=300 update || say "apt-get update failed; going on with the list at hand"
    say "installing Debian packages: $* (their services are not started)"
    run_logged apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
)

# Arguments: the programs needed. Installs the packages of those that are missing.
ensure_programs() {
    local each name missing=()
    for each in "$@"; do
        if ! command -v "$each" >/dev/null; then
            name=$(package_of "$each")
            case " ${missing[*]-} " in *" $name "*) ;; *) missing+=("$name") ;; esac
        fi
    done
    if [ ${#missing[@]} = 0 ]; then return 0; fi
    command -v apt-get >/dev/null ||
        die "these programs are missing and there is no apt-get to bring them: ${missing[*]}"
    require_root "installing ${missing[*]}"
    install_packages "${missing[@]}" || die "could not install ${missing[*]} (above: the end of apt-get's output)"
    if [ -d /run/systemd/system ]; then
        say "packages of daemons are enabled by Debian: before the next boot, 'systemctl disable NAME' what you do not use"
    fi
}

# --- Python ------------------------------------------------------------------------------------------------------

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local each seen=
    for each in ${VRRPD_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_new_enough "$each"; then
            command -v "$each"
            return
        fi
        seen="$seen${seen:+, }$("$each" --version 2>/dev/null || true)"
    done
    seen=$(printf '%s' "$seen" | sed 's/\(, \)\+/, /g; s/^, //; s/, $//')
    [ -n "$seen" ] || die "needs Python 3.11 or newer. Run: sudo apt-get install python3-venv"
    die "needs Python 3.11 or newer (found: $seen); Debian 12 and Ubuntu 24.04 and all later ones have it"
}

# The seal of a virtual environment: what it was made for. Another Python, place or requirement breaks it.
seal_of() {
    printf '%s %s\n' "$root" "$("$1" -c 'import sys; print(sys.version.split()[0])')"
    cat "$root/setup.cfg" "$root/pyproject.toml" | sha256sum
}

make_venv() {
    local python=$1 version
    if [ -e "$venv" ] && [ ! -e "$venv/pyvenv.cfg" ]; then
        die "$venv exists and is no virtual environment; set VRRPD_VENV to another place"
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
            die "$python cannot make virtual environments. Run: sudo apt-get install $version-venv"
        fi
        install_packages "$version-venv" || die "could not install $version-venv"
    fi
    say "making a virtual environment in $venv"
    "$python" -m venv --clear "$venv" || die "could not make a virtual environment in $venv"
}

# As pip does with what it installs: a checkout then starts as fast, also where Python may not write compiled modules.
# Only by its owner, who could not remove what another user compiled.
compile_package() {
    if [ -O "$root/vrrpd" ]; then "$venv/bin/python" -m compileall -q "$root/vrrpd" >/dev/null 2>&1 || true; fi
}

# Arguments: the extras wanted. Re-uses the environment when it was made from the same requirements.
ensure_venv() {
    local python wanted have=' ' each stamp=$venv/vrrpd-requirements
    python=$(find_python)
    mkdir -p "$(dirname "$venv")" 2>/dev/null || die "may not write $(dirname "$venv"); set VRRPD_VENV to another place"
    if [ -w "$(dirname "$venv")" ]; then
        exec 9>"$venv.lock"
        flock 9
    fi
    if [ -f "$stamp" ] && [ -x "$venv/bin/python" ] && is_new_enough "$venv/bin/python" &&
        [ "$(sed 1d "$stamp")" = "$(seal_of "$venv/bin/python")" ]; then
        have=" $(sed -n 1p "$stamp") "
    elif ! is_new_enough "$venv/bin/python"; then
        make_venv "$python"
    fi
    wanted=${have# }
    for each in "$@"; do
        case $have in *" $each "*) ;; *) wanted="$wanted$each " ;; esac
    done
    wanted=${wanted% }
    if [ "$have" = " $wanted " ]; then
        compile_package
        exec 9>&-
        return 0
    fi
    [ -w "$venv" ] || die "may not write $venv (made by another user?); set VRRPD_VENV to another place"
    say "installing Python packages into $venv ($wanted)"
    run_logged "$venv/bin/python" -m pip --disable-pip-version-check --no-input install --editable "$root[${wanted// /,}]" ||
        die "pip could not install the packages (above: the end of its output)"
    { printf '%s\n' "$wanted" && seal_of "$venv/bin/python"; } >"$stamp"
    compile_package
    exec 9>&-
}

# netifaces has no wheels for Python 3.10 and later. Where it does not build, its tests are skipped with this reason.
try_witness() {
    local python=$venv/bin/python
    export VRRPD_NO_WITNESS=
    if "$python" -c 'import netifaces' 2>/dev/null; then return 0; fi
    if [ -s "$venv/vrrpd-no-witness" ]; then
        VRRPD_NO_WITNESS=$(cat "$venv/vrrpd-no-witness")
    elif ! command -v gcc >/dev/null; then
        VRRPD_NO_WITNESS="netifaces has no wheel for this Python, and there is no gcc to build it"
    elif ! "$python" -c 'import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())'; then
        VRRPD_NO_WITNESS="netifaces has no wheel for this Python, and Python.h to build it is missing (python3-dev)"
    elif [ ! -w "$venv" ]; then
        VRRPD_NO_WITNESS="netifaces is not installed, and $venv is not ours to write"
    else
        say "building netifaces, the tests' second witness"
        if ! run_logged "$python" -m pip --disable-pip-version-check --no-input install --editable "$root[witness]" 2>/dev/null; then
            VRRPD_NO_WITNESS="netifaces does not build on this Python"
            printf '%s\n' "$VRRPD_NO_WITNESS" >"$venv/vrrpd-no-witness"
        fi
    fi
}
