# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# A Debian for a guest, made by mmdebstrap: without root in a user namespace, so
# that a hook can write to no file out here, but by mmdebstrap's "download".
# Read after lib.sh; it fails with its last message in the output.

suite=trixie

# listed FILE: the packages of such a list
listed()
{
	sed -E '/^[[:space:]]*(#|$)/d' "$1"
}

# debian_tar TAR PACKAGES [option of mmdebstrap...]: a new system with these, of
# the release SUITE, from the archive of this system
debian_tar()
{
	local tar=$1 packages=$2 uri key opt=
	shift 2
	read -r uri key < <("$TOP/scripts/fetch" archive)
	[[ -n $uri ]] || return
	[[ $key == - ]] || opt="[signed-by=$key] "
	mmdebstrap --variant=minbase --architectures=amd64 --format=tar \
		--include="$packages" \
		--aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		"$@" "$suite" "$tar" "deb $opt$uri $suite main"
}

# debian_image TAR IMAGE SIZE: it as ext4; where we are not root, by the root of a
# user namespace, who is us on the disk and can make no device
debian_image()
{
	local as=() dir=${2%/*}
	((EUID == 0)) || as=(unshare --map-root-user --map-auto)
	# shellcheck disable=SC2016
	"${as[@]}" sh -ec '
		cd "$1"
		rm -rf root "$3" && mkdir root
		tar --xattrs --xattrs-include="*" --exclude="./dev/*" -C root -xf "$2"
		mkdir root/harness
		truncate -s "$4" "$3"
		mke2fs -q -t ext4 -L nscaps -d root "$3"
		rm -rf root' - "$dir" "$1" "$2" "$3"
}
