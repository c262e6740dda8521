/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be found out about the mount and the filesystem of a file.
 */
#ifndef NSCAP_MOUNT_H
#define NSCAP_MOUNT_H

#include "userns.h"

/**
 * struct mount - a mount, as seen from the mount namespace of a process
 * @id: its number in mountinfo
 * @dev: device number of the filesystem, as in mountinfo
 * @fstype: type of the filesystem; "" where it is not known
 * @point: where it is mounted; "" where it is not known
 * @nosuid: is it?
 * @idmapped: is it?
 * @member: does it belong to that mount namespace?
 * @member_how: how that is known
 * @readonly: is it?
 */
struct mount {
	uint64_t id;
	char dev[32];
	char fstype[64];
	char point[4096];
	enum verdict nosuid;
	enum verdict idmapped;
	enum verdict member;
	const char *member_how;
	bool readonly;
};

int mount_of(int fd, pid_t pid, int mntns, struct mount *mount);
bool mount_sibling(const struct mount *mount, char *point, size_t size);
bool mount_same_fs(int fd, const struct mount *mount);
enum verdict fs_userns_mountable(const char *fstype);

#endif /* NSCAP_MOUNT_H */
