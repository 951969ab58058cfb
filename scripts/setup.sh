# shellcheck shell=bash
#
# Installs what building Cinch needs and is not there yet, and nothing else.
# The other scripts source this file; it does nothing until one of these is called:
#
#   cinch_setup run            what building and running needs
#   cinch_setup test           the same, and what the tests need
#   cinch_setup_tool COMMAND [PACKAGE]     one more program, from the package of that name
#
# Standard output is left alone: it belongs to the program that is started afterwards.
# On a terminal it asks once before it installs; with CI=true, CINCH_YES=1 or no terminal it
# does not ask. What cannot be installed ends the calling script with status 69, and with a
# message that says what to do.
#
# Works with bash 3.2, the one that macOS has: no mapfile, no empty arrays under `set -u`.

# The manifest's tools version; the newest patch of this release is what swiftly is asked for.
CINCH_SWIFT_VERSION=6.3

# FFmpeg 5.1, by the number its libavutil carries: the first with today's channel layouts.
CINCH_LIBAVUTIL_VERSION=57.28

# Each library is both a pkg-config module and, with -dev, a Debian package.
CINCH_LIBRARIES='libavformat libavcodec libavfilter libavutil libswscale libswresample'

# What a toolchain unpacked from swift.org loads at run time. The -dev names are used because,
# unlike the names of the libraries themselves, they are the same in every release.
CINCH_SWIFT_LIBRARIES='libcurl4-openssl-dev libncurses-dev libsqlite3-dev libxml2-dev
    tzdata uuid-dev zlib1g-dev'

cinch__agreed=no
cinch__updated=no
cinch__sudo=

# --- Words ------------------------------------------------------------------------------------

cinch__say() {
    printf 'cinch: %s\n' "$*" >&2
}

# Ends the calling script. Each argument is one line.
cinch__fail() {
    cinch__say "$1"
    shift
    [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
    exit 69
}

cinch__has() {
    command -v "$1" >/dev/null 2>&1
}

cinch__interactive() {
    [ "${CI:-}" != true ] && [ "${CINCH_YES:-}" != 1 ] && [ -t 0 ] && [ -t 2 ]
}

# Says what will be installed; on a terminal, asks - once for everything in one run.
cinch__announce() { # WHAT
    if [ "$cinch__agreed" = no ] && cinch__interactive; then
        local answer=
        printf 'cinch: will install %s. Go ahead? [Y/n] ' "$1" >&2
        read -r answer || answer=no
        case $answer in
            '' | [yY]*) ;;
            *) cinch__fail 'nothing was installed.' ;;
        esac
    else
        cinch__say "installing $1"
    fi
    cinch__agreed=yes
}

# Runs an installer with its output in a log that is shown only if it fails. No standard input:
# whatever is piped into the calling script is meant for the program.
cinch__quietly() { # LOG COMMAND...
    local log=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null
}

# --- Debian, Ubuntu and their kin -------------------------------------------------------------

# Finds out how to become root, before anything is tried, so that nobody has to find the answer
# in apt's output. sudo asks for its password on the terminal itself, if there is one.
cinch__find_root() {
    if [ "$(id -u)" = 0 ]; then
        cinch__sudo=
    elif cinch__has sudo && sudo -n true 2>/dev/null; then
        cinch__sudo='sudo -n'
    elif cinch__has sudo && cinch__interactive; then
        cinch__sudo=sudo
    else
        return 1
    fi
}

cinch__require_root() { # PACKAGE...
    cinch__find_root ||
        cinch__fail 'installing packages needs root, and sudo without a password is not there.' \
            'Run this once as root, then start again:' \
            "apt-get update && apt-get install --no-install-recommends $*"
}

cinch__as_root() {
    # shellcheck disable=SC2086 # a command and its option, or nothing
    $cinch__sudo env DEBIAN_FRONTEND=noninteractive "$@"
}

cinch__apt_get() { # LOG ARGUMENT...
    local log=$1
    shift
    # The time-out is for apt's own lock: on a machine that has just started, the daily
    # update often holds it.
    cinch__quietly "$log" cinch__as_root apt-get -o DPkg::Lock::Timeout=600 "$@"
}

cinch__apt_update() { # LOG
    local log=$1 try
    # The time-out above does not cover the lock on the package lists. A source that cannot be
    # reached is no reason to stop: whether the packages are to be had is seen by installing.
    for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
        : >"$log"
        cinch__apt_get "$log" update && break
        grep -q 'Could not get lock' "$log" || break
        [ "$try" = 12 ] || sleep 5
    done
    cinch__updated=yes
}

cinch__apt_install() { # PACKAGE...
    local log
    log=$(mktemp "${TMPDIR:-/tmp}/cinch-setup.XXXXXX")
    # Most machines have lists that will do; only if they do not are new ones fetched.
    if ! cinch__apt_get "$log" install -y --no-install-recommends "$@"; then
        cinch__apt_update "$log"
        if ! cinch__apt_get "$log" install -y --no-install-recommends "$@"; then
            tail -n 15 "$log" >&2
            rm -f "$log"
            cinch__fail "apt-get could not install: $*"
        fi
    fi
    rm -f "$log"
}

# The version that apt-get would install, or nothing.
cinch__apt_candidate() { # PACKAGE
    LC_ALL=C apt-cache policy "$1" 2>/dev/null |
        sed -n 's/^ *Candidate: \([0-9]*:\)\{0,1\}\([0-9][^ ]*\)$/\2/p'
}

# --- What is missing --------------------------------------------------------------------------

cinch__libraries_found() { # [MODULE...]
    # One call for all of them: this is most of what a check costs.
    # shellcheck disable=SC2086 # the list is meant to be split
    pkg-config --exists $CINCH_LIBRARIES "$@" 2>/dev/null
}

# Whether Swift can link: a linker and the C++ library, which brings the C library with it. Files
# and not the command g++, because images made for Swift have the one without the other.
cinch__linkable() {
    local file
    cinch__has ld || return 1
    for file in /usr/lib/gcc/*/*/libstdc++.so; do
        [ -e "$file" ] && [ -e /usr/include/stdlib.h ] && return 0
    done
    cinch__has g++
}

# What is missing on any Linux, by its Debian name.
cinch__missing_linux() { # MODE
    local library
    cinch__linkable || echo g++
    cinch__has git || echo git
    cinch__has pkg-config || echo pkg-config
    if ! cinch__libraries_found libcurl; then
        for library in $CINCH_LIBRARIES; do
            pkg-config --exists "$library" 2>/dev/null || echo "$library-dev"
        done
        # Debian has several, which exclude each other; whichever is there is good.
        pkg-config --exists libcurl 2>/dev/null || echo libcurl4-openssl-dev
    fi
    if [ "$1" = test ] && ! { cinch__has ffmpeg && cinch__has ffprobe; }; then echo ffmpeg; fi
    if [ "$1" = test ] && ! cinch__has curl; then echo curl; fi
    if [ "$1" = test ] && ! cinch__has mediainfo; then echo mediainfo; fi
}

cinch__missing_debian() { # MODE
    cinch__missing_linux "$1"
    [ -e /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
}

# libcurl is not in this list: macOS has it, its headers are in the SDK, and Homebrew's pkg-config
# knows it there. Homebrew's own is kept out of sight (keg-only) and not needed.
cinch__missing_macos() { # MODE
    cinch__has pkg-config || echo pkg-config
    if ! cinch__libraries_found; then
        echo ffmpeg # libraries, headers and programs in one
    elif [ "$1" = test ] && ! { cinch__has ffmpeg && cinch__has ffprobe; }; then
        echo ffmpeg
    fi
    if [ "$1" = test ] && ! cinch__has mediainfo; then echo media-info; fi
}

# One line with a space between the names, for messages and for word splitting.
cinch__one_line() {
    local words
    words=$(tr -s '[:space:]' ' ')
    words=${words# }
    printf '%s' "${words% }"
}

# --- Swift ------------------------------------------------------------------------------------

# "major.minor" compared as numbers; what follows is ignored.
cinch__at_least() { # HAVE WANT
    local have_major have_minor want_major want_minor rest
    IFS=. read -r have_major have_minor rest <<<"${1%%[!0-9.]*}.0"
    IFS=. read -r want_major want_minor rest <<<"$2.0"
    [ "$have_major" -gt "$want_major" ] ||
        { [ "$have_major" -eq "$want_major" ] && [ "$have_minor" -ge "$want_minor" ]; }
}

# Asks the package manager, not the compiler: its version is the one that the manifest is
# held against, and it needs more of the system's libraries, so a toolchain that lacks some
# is found out here.
cinch__swift_version() {
    swift build --version 2>/dev/null </dev/null |
        sed -n 's/^.*Swift \([0-9][0-9]*\.[0-9][0-9.]*\).*$/\1/p'
}

# Sets cinch__swift: ok, missing, old, or broken (it is there but does not start).
cinch__look_for_swift() {
    local version
    cinch__swift=missing
    # On macOS /usr/bin/swift is there before any Swift is; calling it opens a dialogue.
    if [ "$(uname -s)" = Darwin ] && [ "$(command -v swift)" = /usr/bin/swift ] &&
        ! xcode-select -p >/dev/null 2>&1; then
        return
    fi
    cinch__has swift || return 0
    version=$(cinch__swift_version) || version=
    if [ -z "$version" ]; then
        cinch__swift=broken
    elif cinch__at_least "$version" "$CINCH_SWIFT_VERSION"; then
        cinch__swift=ok
    else
        cinch__swift=old
    fi
}

# Puts a toolchain that swiftly has installed on the PATH of the calling script.
cinch__use_swiftly() {
    local file
    for file in "${SWIFTLY_HOME_DIR:-$HOME/.local/share/swiftly}/env.sh" \
        "$HOME/.swiftly/env.sh"; do
        [ -r "$file" ] || continue
        set +u # the file is not ours
        # shellcheck disable=SC1090 # found at run time
        . "$file" >&2
        set -u
        hash -r
        return 0
    done
    return 1
}

cinch__find_swift() {
    local before
    cinch__look_for_swift
    [ "$cinch__swift" != ok ] || return 0
    # A shell that was open before swiftly came does not know of it.
    before=$cinch__swift
    if cinch__use_swiftly; then cinch__look_for_swift; fi
    # Of two that will not do, the first is the one that the messages are about.
    [ "$cinch__swift" != missing ] || cinch__swift=$before
}

cinch__swift_help() { # REASON
    if [ "$(uname -s)" = Darwin ]; then
        cinch__fail "$1" \
            "Cinch is built with Swift $CINCH_SWIFT_VERSION or newer. Install one of these," \
            'then start again:' \
            '- the command line tools:  xcode-select --install' \
            '- Xcode 26.4 or newer, from the App Store; then' \
            '  sudo xcode-select --switch /Applications/Xcode.app' \
            '- swiftly, the installer of swift.org (it also needs the command line tools):' \
            '  curl -O https://download.swift.org/swiftly/darwin/swiftly.pkg' \
            '  installer -pkg swiftly.pkg -target CurrentUserHomeDirectory' \
            "  ~/.swiftly/bin/swiftly init --skip-install" \
            "  ~/.swiftly/bin/swiftly install --use $CINCH_SWIFT_VERSION"
    fi
    cinch__fail "$1" \
        "Cinch is built with Swift $CINCH_SWIFT_VERSION or newer. To install it with swiftly," \
        'the installer of swift.org, run these, do what they say, and start again:' \
        "curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz" \
        "tar zxf swiftly-$(uname -m).tar.gz" \
        './swiftly init --skip-install' \
        ". ~/.local/share/swiftly/env.sh" \
        "swiftly install --use $CINCH_SWIFT_VERSION" \
        'Other ways: https://www.swift.org/install/linux/'
}

cinch__require_swift() {
    case $cinch__swift in
        missing) cinch__swift_help 'Swift is not installed.' ;;
        old) cinch__swift_help "Swift $(cinch__swift_version) is too old." ;;
        broken)
            cinch__say "$(command -v swift) does not start:"
            swift build --version </dev/null 2>&1 | head -n 3 >&2 || true
            cinch__swift_help 'Without it, Cinch cannot be built.'
            ;;
    esac
}

# Into the home folder of the user. It leaves the shell's profile as it is: the scripts find
# the toolchain without it.
cinch__install_swiftly() { # FOLDER LOG
    local folder=$1 log=$2 name
    name=swiftly-$(uname -m).tar.gz
    cinch__quietly "$log" curl -fsSL --retry 2 --connect-timeout 20 \
        -o "$folder/$name" "https://download.swift.org/swiftly/linux/$name" || return 1
    cinch__quietly "$log" tar -xzf "$folder/$name" -C "$folder" || return 1
    # In the folder, so that no .swift-version file of some project is read or changed.
    (
        cd "$folder" || exit 1
        if ! cinch__has swiftly; then
            cinch__quietly "$log" ./swiftly init --assume-yes --skip-install \
                --no-modify-profile --quiet-shell-followup || exit 1
            cinch__use_swiftly || exit 1
        fi
        cinch__quietly "$log" swiftly install --use --assume-yes \
            --post-install-file="$folder/after.sh" "$CINCH_SWIFT_VERSION"
    ) || return 1
    # swiftly writes down which system packages the toolchain lacks, as a script for root.
    if [ -s "$folder/after.sh" ]; then
        if cinch__find_root; then
            cinch__quietly "$log" cinch__as_root sh "$folder/after.sh" || return 1
        else
            cinch__say "swiftly asks for this to be run as root: $(cat "$folder/after.sh")"
        fi
    fi
    cinch__use_swiftly
}

cinch__install_swift() {
    local log folder status candidate
    log=$(mktemp "${TMPDIR:-/tmp}/cinch-setup.XXXXXX")

    candidate=
    if cinch__find_root; then
        candidate=$(cinch__apt_candidate swiftlang)
        if [ -z "$candidate" ] && [ "$cinch__updated" = no ]; then
            cinch__apt_update "$log"
            candidate=$(cinch__apt_candidate swiftlang)
        fi
    fi
    if [ -n "$candidate" ] && cinch__at_least "$candidate" "$CINCH_SWIFT_VERSION"; then
        rm -f "$log"
        cinch__apt_install swiftlang
        hash -r
    else
        : >"$log"
        folder=$(mktemp -d "${TMPDIR:-/tmp}/cinch-swift.XXXXXX")
        status=0
        cinch__install_swiftly "$folder" "$log" || status=$?
        rm -rf "$folder"
        if [ "$status" != 0 ]; then
            tail -n 15 "$log" >&2
            rm -f "$log"
            cinch__swift_help "Swift $CINCH_SWIFT_VERSION could not be installed."
        fi
        rm -f "$log"
    fi
    cinch__find_swift
}

# --- One system each --------------------------------------------------------------------------

cinch__setup_debian() { # MODE
    local packages what
    packages=$(cinch__missing_debian "$1")
    cinch__find_swift
    case $cinch__swift in
        broken) packages="$packages $CINCH_SWIFT_LIBRARIES" ;;
        missing | old)
            cinch__has curl || packages="$packages curl"
            cinch__has gpg || packages="$packages gnupg" # swiftly checks signatures with it
            ;;
    esac
    packages=$(printf '%s' "$packages" | cinch__one_line)

    what=$packages
    case $cinch__swift in
        missing | old)
            what="Swift $CINCH_SWIFT_VERSION (about 1 GB)${what:+ and, with apt-get, $what}"
            ;;
        *) what=${what:+$what with apt-get} ;;
    esac
    [ -n "$what" ] || return 0
    # shellcheck disable=SC2086 # the list is meant to be split
    [ -z "$packages" ] || cinch__require_root $packages
    cinch__announce "$what"

    # shellcheck disable=SC2086 # the list is meant to be split
    [ -z "$packages" ] || cinch__apt_install $packages
    hash -r
    case $cinch__swift in
        missing | old) cinch__install_swift ;;
        broken) cinch__look_for_swift ;;
    esac
    cinch__require_swift

    packages=$(cinch__missing_debian "$1" | cinch__one_line)
    [ -z "$packages" ] || cinch__fail "still missing after the installation: $packages"
}

cinch__setup_macos() { # MODE
    local packages prefix log
    # Homebrew may be there without being on the PATH, in a shell that never read a profile.
    for prefix in /opt/homebrew /usr/local; do
        if ! cinch__has brew && [ -x "$prefix/bin/brew" ]; then
            eval "$("$prefix/bin/brew" shellenv)"
        fi
    done

    cinch__find_swift
    cinch__require_swift

    packages=$(cinch__missing_macos "$1" | cinch__one_line)
    [ -n "$packages" ] || return 0
    if ! cinch__has brew; then
        # shellcheck disable=SC2016 # to be copied as it stands
        cinch__fail "needs $packages, which Homebrew installs, and Homebrew is not there." \
            'To get it, run this and start again (it is described at https://brew.sh):' \
            '/bin/bash -c "$(curl -fsSL https://raw.githubusercontent.com/Homebrew/install/HEAD/install.sh)"'
    fi
    cinch__announce "$packages with Homebrew"
    log=$(mktemp "${TMPDIR:-/tmp}/cinch-setup.XXXXXX")
    # shellcheck disable=SC2086 # the list is meant to be split
    if ! cinch__quietly "$log" brew install --quiet $packages; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        cinch__fail "Homebrew could not install: $packages"
    fi
    rm -f "$log"
    hash -r

    packages=$(cinch__missing_macos "$1" | cinch__one_line)
    [ -z "$packages" ] || cinch__fail "still missing after the installation: $packages"
}

# Elsewhere names and sources of the packages differ too much to install them unasked.
cinch__setup_elsewhere() { # MODE
    local packages
    packages=$(cinch__missing_linux "$1" | cinch__one_line)
    if [ -n "$packages" ]; then
        cinch__fail "missing, by their Debian names: $packages. Install them, then start again:" \
            'Fedora (ffmpeg from RPM Fusion: the ffmpeg-free of Fedora has no H.264 encoder):' \
            '  sudo dnf install gcc-c++ git pkgconf-pkg-config ffmpeg ffmpeg-devel libcurl-devel' \
            'Arch:' \
            '  sudo pacman -S --needed gcc git pkgconf ffmpeg curl' \
            "Others: a C++ compiler, git, pkg-config, FFmpeg's libraries and libcurl with their headers"
    fi
    cinch__find_swift
    cinch__require_swift
}

# --- What the other scripts call --------------------------------------------------------------

cinch_setup() { # run|test
    case $1 in
        run | test) ;;
        *) cinch__fail "cinch_setup: run or test, not '$1'" ;;
    esac
    # Unset where nobody has logged in; bash then still knows it as ~.
    export HOME=${HOME:-~}

    if [ "$(uname -s)" = Darwin ]; then
        cinch__setup_macos "$1"
    elif cinch__has apt-get && cinch__has dpkg; then
        cinch__setup_debian "$1"
    else
        cinch__setup_elsewhere "$1"
    fi

    # Said here because the compiler would say it in a hundred lines.
    pkg-config --atleast-version="$CINCH_LIBAVUTIL_VERSION" libavutil ||
        cinch__fail 'FFmpeg is too old: Cinch needs 5.1 or newer.' \
            "That is libavutil $CINCH_LIBAVUTIL_VERSION; this is $(pkg-config --modversion libavutil)." \
            'Debian 12, Ubuntu 24.04 and everything newer have it.'
}

cinch_setup_tool() { # COMMAND [PACKAGE]
    local command=$1 package=${2:-$1}
    ! cinch__has "$command" || return 0
    if [ "$(uname -s)" = Darwin ] && cinch__has brew; then
        cinch__announce "$package with Homebrew"
        brew install --quiet "$package" >&2 </dev/null
    elif cinch__has apt-get && cinch__has dpkg; then
        cinch__require_root "$package"
        cinch__announce "$package with apt-get"
        cinch__apt_install "$package"
    fi
    hash -r
    cinch__has "$command" ||
        cinch__fail "$command is missing; its package is usually called $package."
}
