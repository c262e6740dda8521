// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be found out about the mount and the filesystem of a file.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mount.h"

/*
 * Later than some headers that this is built with: statmount(2) of Linux 6.8,
 * and its mnt_ns_id of 6.11.
 */
#ifndef SYS_statmount
#define SYS_statmount		457
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE	0x00004000U
#endif
#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID		_IOR(NSIO, 0x5, uint64_t)
#endif
#define WANT_MNT_BASIC		0x2
#define ATTR_IDMAP		0x00100000

struct statmount_req {
	uint32_t size, spare;
	uint64_t mnt_id, param, mnt_ns_id;
};

struct statmount_buf {
	uint32_t size, mnt_opts;
	uint64_t mask;
	uint32_t sb_dev_major, sb_dev_minor;
	uint64_t sb_magic;
	uint32_t sb_flags, fs_type;
	uint64_t mnt_id, mnt_parent_id;
	uint32_t mnt_id_old, mnt_parent_id_old;
	uint64_t mnt_attr;
	char rest[4096];
};

static_assert(offsetof(struct statmount_buf, mnt_attr) == 64, "as in the kernel");

/* Ask the kernel whether the mount is one of this mount namespace */
static void ask_statmount(int fd, int mntns, struct mount *m)
{
	struct statmount_req req = { .size = sizeof(req), .param = WANT_MNT_BASIC };
	struct statmount_buf *buf;
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, &stx) ||
	    !(stx.stx_mask & STATX_MNT_ID_UNIQUE))
		return;
	req.mnt_id = stx.stx_mnt_id;
	if (mntns >= 0 && ioctl(mntns, NS_GET_MNTNS_ID, &req.mnt_ns_id))
		return;
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return;
	if (!syscall(SYS_statmount, &req, buf, sizeof(*buf), 0)) {
		m->member = YES;
		m->member_how = "statmount(2) finds it there";
		if (buf->mask & WANT_MNT_BASIC)
			m->idmapped = buf->mnt_attr & ATTR_IDMAP ? YES : NO;
	} else if (errno == ENOENT) {
		m->member = NO;
		m->member_how = "statmount(2) does not find it there";
	}
	free(buf);
}

/* \ooo, as the kernel writes blanks and newlines there */
static void unescape(char *s)
{
	char *to = s;

	while (*s) {
		unsigned int c;

		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1 && strlen(s) >= 4) {
			*to++ = c;
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = 0;
}

static bool option(const char *options, const char *name)
{
	const size_t n = strlen(name);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return true;
	}
	return false;
}

struct info_line {
	uint64_t id;
	char dev[32], point[4096], options[1024], fstype[64];
};

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELD...] - TYPE SOURCE OPTIONS */
static bool parse_line(char *line, struct info_line *l)
{
	unsigned long long id;
	char *dash = strstr(line, " - ");

	if (!dash || sscanf(line, "%llu %*u %31s %*s %4095s %1023s", &id, l->dev,
			    l->point, l->options) != 4 ||
	    sscanf(dash + 3, "%63s", l->fstype) != 1)
		return false;
	l->id = id;
	unescape(l->point);
	return true;
}

typedef bool (*line_fn)(const struct info_line *l, void *ctx);

static int each_line(pid_t pid, line_fn fn, void *ctx)
{
	struct info_line *l = malloc(sizeof(*l));
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid ? pid : getpid());
	f = fopen(path, "re");
	if (!f || !l) {
		free(l);
		if (f)
			fclose(f);
		return -1;
	}
	while (getline(&line, &size, f) > 0) {
		if (parse_line(line, l) && fn(l, ctx))
			break;
	}
	free(line);
	free(l);
	fclose(f);
	return 0;
}

static bool take_mount(const struct info_line *l, void *ctx)
{
	struct mount *m = ctx;

	if (l->id != m->id)
		return false;
	memcpy(m->fstype, l->fstype, sizeof(m->fstype));
	memcpy(m->point, l->point, sizeof(m->point));
	memcpy(m->dev, l->dev, sizeof(m->dev));
	m->idmapped = option(l->options, "idmapped") ? YES : NO;
	m->member = YES;
	m->member_how = "it is in the process's mountinfo";
	return true;
}

/* A foreign mount may still be one of the caller's: its type is of use */
static bool take_type(const struct info_line *l, void *ctx)
{
	struct mount *m = ctx;

	if (strcmp(l->dev, m->dev))
		return false;
	memcpy(m->fstype, l->fstype, sizeof(m->fstype));
	if (l->id == m->id)
		m->idmapped = option(l->options, "idmapped") ? YES : NO;
	return l->id == m->id;
}

/**
 * mount_of - the mount of an open file
 * @fd: the file; O_PATH will do
 * @pid: the process whose mount namespace is asked about; 0 for the caller
 * @mntns: that mount namespace, open; -1 for the caller's
 * @m: where it goes
 *
 * Return: 0, or an errno.
 */
int mount_of(int fd, pid_t pid, int mntns, struct mount *m)
{
	struct statvfs vfs;
	struct statx stx;

	*m = (struct mount) {
		.nosuid = UNKNOWN, .idmapped = UNKNOWN, .member = UNKNOWN,
		.member_how = "neither statmount(2) nor mountinfo tells",
	};
	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID | STATX_BASIC_STATS, &stx))
		return errno;
	m->id = stx.stx_mask & STATX_MNT_ID ? stx.stx_mnt_id : 0;
	snprintf(m->dev, sizeof(m->dev), "%u:%u", stx.stx_dev_major,
		 stx.stx_dev_minor);
	if (!fstatvfs(fd, &vfs)) {
		m->nosuid = vfs.f_flag & ST_NOSUID ? YES : NO;
		m->readonly = vfs.f_flag & ST_RDONLY;
	}
	if (m->id)
		each_line(pid, take_mount, m);
	if (m->member == UNKNOWN)
		ask_statmount(fd, mntns, m);
	if (!*m->fstype)
		each_line(0, take_type, m);
	return 0;
}

struct sibling {
	const struct mount *mount;
	char *point;
	size_t size;
};

static bool take_sibling(const struct info_line *l, void *ctx)
{
	struct sibling *s = ctx;

	if (strcmp(l->dev, s->mount->dev) || option(l->options, "idmapped") ||
	    option(l->options, "ro"))
		return false;
	snprintf(s->point, s->size, "%s", l->point);
	return true;
}

/**
 * mount_sibling - another mount of the same filesystem, without an idmap
 * @mount: the mount
 * @point: where the path goes
 * @size: how much fits there
 *
 * Return: false when the caller sees none.
 */
bool mount_sibling(const struct mount *mount, char *point, size_t size)
{
	struct sibling s = { mount, point, size };

	*point = 0;
	each_line(0, take_sibling, &s);
	return *point;
}

/**
 * mount_same_fs - is an open file on the filesystem of a mount?
 * @fd: the file
 * @mount: the mount
 *
 * Return: whether it is; false where that cannot be found out.
 */
bool mount_same_fs(int fd, const struct mount *mount)
{
	struct mount m;

	return !mount_of(fd, 0, -1, &m) && !strcmp(m.dev, mount->dev);
}

/* Needs a block device, which only the initial namespace's root can mount */
static bool needs_device(const char *fstype)
{
	FILE *f = fopen("/proc/filesystems", "re");
	char line[128], name[64];
	bool found = false;

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = line[0] == '\t' && sscanf(line, "%63s", name) == 1 &&
			!strcmp(name, fstype);
	fclose(f);
	return found;
}

/**
 * fs_userns_mountable - can such a filesystem be mounted in a user namespace?
 * @fstype: its type
 *
 * Return: NO when only the initial namespace can; UNKNOWN for a type that is
 * not known here.
 */
enum verdict fs_userns_mountable(const char *fstype)
{
	static const char *const may[] = {
		"tmpfs", "ramfs", "overlay", "fuse", "proc", "sysfs", "devpts",
		"mqueue", "cgroup", "cgroup2", "bpf", "binfmt_misc", "binder",
	};
	static const char *const not[] = {
		"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs",
		"devtmpfs", "hugetlbfs", "zfs", "rootfs",
	};

	for (size_t i = 0; i < ARRAY_LEN(may); i++) {
		if (!strcmp(may[i], fstype))
			return YES;
	}
	for (size_t i = 0; i < ARRAY_LEN(not); i++) {
		if (!strcmp(not[i], fstype))
			return NO;
	}
	return *fstype && needs_device(fstype) ? NO : UNKNOWN;
}
