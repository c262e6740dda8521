# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts share: where things are, messages, locks.  To be sourced.
#
# From the environment: BASE (the kernel to patch), KDIR (the user's own tree
# in its place), ARCH (x86_64, or arm64: of the kernels and their guests), JOBS,
# V=1 (show the whole output), NSCAPS_BUILD (a build/ elsewhere), KCC (the
# compiler of kernels), CONFIG (of the kernel `given`).
# It defines, for all of them:
# shellcheck disable=SC2034

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BASE=${BASE:-6.12}
KDIR=${KDIR:-}
ARCH=${ARCH:-x86_64}
JOBS=${JOBS:-$(nproc)}
V=${V:-0}

CONFIG=${CONFIG:-}
[[ -z $CONFIG ]] || CONFIG=$(realpath -m -- "$CONFIG")

# everything generated goes below BUILD
BUILD=${NSCAPS_BUILD:-$TOP/build}
if [[ -n $KDIR ]]; then
	KDIR=$(realpath -m -- "$KDIR")
	TREES=$BUILD/kdir-$(printf '%s' "$KDIR" | sha256sum | cut -c1-12)
else
	TREES=$BUILD/$BASE
fi
PRISTINE=$TREES/pristine	# the kernel as it was fetched
TREE=$TREES/linux		# the same with ours in it

# What is built of the trees, the image's place in a build, and the prefix of the
# compiler.  Of another architecture the programs and libraries are SYSROOT's.
OUT=$TREES IMAGE=arch/x86/boot/bzImage CROSS='' SYSROOT=''
case $ARCH in
x86_64) ;;
arm64)
	OUT=$TREES-arm64 IMAGE=arch/arm64/boot/Image
	TRIPLET=aarch64-linux-gnu
	CROSS=$TRIPLET- SYSROOT=$BUILD/sysroot-arm64/root
	;;
*)
	echo "nscaps: ${0##*/}: no such ARCH: $ARCH (there are: x86_64 arm64)" >&2
	exit 1
	;;
esac
KMAKE=(ARCH="$ARCH")
[[ -z $CROSS ]] || KMAKE+=(CROSS_COMPILE="$CROSS")

LOGS=$BUILD/logs
PINS=$TOP/bases/$BASE/package

# where the repository has the shape of the kernel tree
OVERLAY_DIRS="Documentation arch block crypto fs include init io_uring ipc kernel lib mm net security tools"

me=${0##*/}

# KCC: the compiler, through a cache where the user has one.  It is not
# installed: a build that finds nothing in it takes up to twice the time.
if [[ -z ${KCC:-} ]]; then
	KCC=${CROSS}gcc
	! command -v ccache >/dev/null || KCC="ccache $KCC"
fi
# of what a build runs itself
HOSTKCC=$KCC
[[ -z $CROSS ]] || HOSTKCC=gcc
# dependencies from the compiler, and not by preprocessing each file before
export KCC CCACHE_DEPEND=1

# how the object is compiled whose lines and branches are counted: what is inlined
# would be there once for each call
COUNTED="-fno-inline -Wno-attributes -include $TOP/tests/coverage/noinline.h"

# pages of the manual whose examples are tests, and what these are called
PAGES="doc-examples=Documentation/admin-guide/nscaps.rst doc-why=Documentation/admin-guide/nscaps-why.rst doc-users=docs/users.md"

# our sources with kernel-doc
KERNEL_DOC="security/commoncap_ns.c include/linux/nscaps.h
	include/uapi/linux/capability.h include/uapi/linux/nscaps.h"

# page NAME=PATH: the file; Markdown is the repository's, the rest the tree's
page()
{
	if [[ $1 == *.md ]]; then echo "$TOP/${1#*=}"; else echo "$TREE/${1#*=}"; fi
}

# say LINE...
say()
{
	printf '%s\n' "$@"
}

die()
{
	printf 'nscaps: %s: %s\n' "$me" "$*" >&2
	exit 1
}

# need_base: BASE names a directory of bases/.
need_base()
{
	[[ -n $KDIR || -f $PINS ]] ||
		die "no such base: $BASE (there are: $(cd "$TOP/bases" && echo *))"
}

# has_distro: is there a kernel that the distribution built of that very source?
has_distro()
{
	[[ -z $KDIR && -f $PINS-image ]]
}

# stock_of KIND: distro where there is that, else that KIND, which is built
stock_of()
{
	if has_distro; then echo distro; else echo "$1"; fi
}

# overlay_files ROOT: the files below it that stand where the kernel has them
overlay_files()
{
	(
		cd "$1"
		for d in $OVERLAY_DIRS; do
			[[ ! -d $d ]] || find "$d" -type f
		done
		[[ ! -f MAINTAINERS.diff ]] || echo MAINTAINERS.diff
	)
}

# tree_of KIND: the source of a kernel
tree_of()
{
	if [[ $1 == *stock ]]; then echo "$PRISTINE"; else echo "$TREE"; fi
}

# kernel_version: that of the prepared tree, as 6.12.117
kernel_version()
{
	sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$/\2/p' "$TREE/Makefile" |
		paste -sd.
}

# settings: what was given for this command, for the one that does it again
settings()
{
	local name
	[[ $BASE == 6.12 ]] || printf ' BASE=%s' "$BASE"
	for name in TEST KDIR CONFIG; do
		[[ -z ${!name:-} ]] || printf ' %s=%s' "$name" "${!name}"
	done
	[[ $ARCH == x86_64 ]] || printf ' ARCH=%s' "$ARCH"
}

# our_version: our commit by its number and name, and whether files were edited
our_version()
{
	local dirty=''
	git -C "$TOP" diff --quiet HEAD || dirty=.dirty
	printf 'nscaps%s.g%s%s\n' "$(git -C "$TOP" rev-list --count HEAD)" \
		"$(git -C "$TOP" rev-parse --short=8 HEAD)" "$dirty"
}

# commit_time: of our commit, in seconds, for what is built of it
commit_time()
{
	git -C "$TOP" log -1 --format=%ct ||
		die "the version is that of git, and this is not its tree"
}

# maintainer: of the packages
maintainer()
{
	sed -n 's/^Maintainer: //p' "$TOP/packaging/nscaps-tools/debian/control"
}

# changelog_entry SOURCE VERSION PATH...: an entry of a package's changelog, of our
# commit: stdin, and the last commits to these paths; the rest is in git
changelog_entry()
{
	printf '%s (%s) unstable; urgency=medium\n\n' "$1" "$2"
	shift 2
	cat
	git -C "$TOP" log -n 20 --format='%w(76,2,4)* %s' -- "$@"
	printf '\n -- %s  %s\n' "$(maintainer)" "$(date -uR -d "@$(commit_time)")"
}

# repack PACKAGE DIR NEW COMMAND: a copy of a Debian package, changed by the
# command in DIR, where it is unpacked
repack()
{
	rm -rf "$2"
	dpkg-deb -R "$1" "$2"
	(cd "$2" && eval "$4")
	dpkg-deb -Znone --root-owner-group -b "$2" "$3"
}

# expected_tests SUITE: the names of the tests that are to run: those of all
# bases, and those that this one has beside them
expected_tests()
{
	local of_base=$TOP/bases/$BASE/expected/$1.txt
	cat "$TOP/tests/expected/$1.txt"
	[[ ! -f $of_base ]] || cat "$of_base"
}

# make_dirs DIR...: with one clear line where the disk is full or read-only.
make_dirs()
{
	local err
	err=$(mkdir -p -- "$@" 2>&1) || die "cannot make $1: ${err##*: }"
}

# lock FILE [shared]: hold the lock until this shell ends.
lock()
{
	local how=-x fd
	[[ ${2:-} != shared ]] || how=-s
	make_dirs "${1%/*}"
	exec {fd}>>"$1" || die "cannot write $1"
	flock $how -n "$fd" && return
	say "waiting for another run (${1#"$BUILD"/})"
	flock $how "$fd"
}

# disk_full LOG: does this log tell of a full disk? Then end with one line.
disk_full()
{
	! grep -qsi 'no space left on device' "$1" ||
		die "the disk is full ($BUILD); free some space, or set NSCAPS_BUILD"
}
