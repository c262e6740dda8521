#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make a filesystem for fs_test and mount it.
# usage: fs_mount.sh FILESYSTEM PLACE LAYERS SOURCE
# PLACE: the directory to mount at.  LAYERS: an empty directory on a disk, for
# what lies on another filesystem.  SOURCE: the files that a filesystem which
# cannot be written is to have.

set -euo pipefail
fs=$1 place=$2 layers=$3 source=$4
image=$place.image

# disk MEGABYTES MKFS...: on a loop device
disk()
{
	truncate -s "$1M" "$image"
	shift
	"$@" "$image"
	mount -o loop "$image" "$place"
}

# overlay OPTIONS: of directories in LAYERS
overlay()
{
	mkdir "$layers/lower" "$layers/upper" "$layers/work"
	mount -t overlay overlay "$place" \
		-o "lowerdir=$layers/lower,upperdir=$layers/upper,workdir=$layers/work$1"
}

case $fs in
xfs)
	disk 320 mkfs.xfs -q
	;;
btrfs)
	disk 256 mkfs.btrfs -q
	;;
f2fs)
	disk 128 mkfs.f2fs -q
	;;
squashfs)
	mksquashfs "$source" "$image" -quiet -no-progress
	mount -o loop -t squashfs "$image" "$place"
	;;
erofs)
	mkfs.erofs "$image" "$source"
	mount -o loop -t erofs "$image" "$place"
	;;
overlay | overlay_upper)
	overlay ""
	;;
overlay_idmapped)
	overlay ",redirect_dir=off"
	;;
overlay_redirect)
	overlay ",redirect_dir=on"
	;;
overlay_metacopy)
	overlay ",redirect_dir=on,metacopy=on"
	;;
overlay_userxattr | overlay_ns)
	overlay ",userxattr"
	;;
overlay_stacked)
	overlay ""
	mkdir "$layers/upper2" "$layers/work2"
	mount -t overlay overlay "$place" \
		-o "lowerdir=$place,upperdir=$layers/upper2,workdir=$layers/work2"
	;;
fuse)
	# it asks for default_permissions, always
	mkdir "$layers/lower"
	bindfs -o suid,dev "$layers/lower" "$place"
	;;
fuse2fs)
	# without default_permissions: the server itself looks at who asks
	truncate -s 128M "$image"
	mkfs.ext4 -q "$image"
	fuse2fs -o no_default_opts,allow_other,suid,dev "$image" "$place"
	;;
9p)
	# the server answers on fd 100; it ends when the other end is closed
	mkdir "$layers/lower"
	diod --foreground --rfdno 100 --wfdno 100 --no-auth --allsquash \
		--squashuser root --export "$layers/lower" 101>&- &
	mount -t 9p diod "$place" \
		-o "trans=fd,rfdno=101,wfdno=101,version=9p2000.L,uname=root,access=any,aname=$layers/lower"
	;;
ecryptfs)
	mkdir "$layers/lower"
	keyctl add user nscaps 0123456789abcdef0123456789abcdef @u
	keyctl search @u encrypted 0123456789abcdef ||
		keyctl add encrypted 0123456789abcdef "new ecryptfs user:nscaps 64" @u
	# without its helper, which asks for a passphrase
	mount -i -t ecryptfs "$layers/lower" "$place" \
		-o ecryptfs_sig=0123456789abcdef,ecryptfs_cipher=aes,ecryptfs_key_bytes=16
	;;
*)
	echo "fs_mount.sh: no such filesystem: $fs"
	exit 1
	;;
esac
