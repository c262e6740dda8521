// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a filesystem belong to the process's user namespace, or to one above?
 *
 * The kernel does not show a superblock's user namespace (s_user_ns), so it is
 * reasoned out, from system calls that must fail and from the way in which
 * they do:
 *
 * removexattr(2) of a security attribute that is not there is EPERM without
 * CAP_SYS_ADMIN in s_user_ns.  Root of a namespace has it there just when that
 * is s_user_ns or above it.  The lowest namespace of the process's lineage
 * whose root has it is s_user_ns, or s_user_ns is below it, off the lineage.
 *
 * mknod(2) of a device without capabilities is EOVERFLOW for a uid that
 * s_user_ns does not map, and EPERM or EACCES for any other.  A namespace off
 * the lineage lacks uids that the lineage has; unless it maps the very same.
 *
 * Then, and where one may not ask, it counts whose the mount namespace is:
 * mount(2) takes CAP_SYS_ADMIN in the namespace that owns it, and makes
 * filesystems of the caller's namespace, which is that one or one above.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "gates.h"

/* nobody has it, and nobody will make it */
#define PROBE_XATTR	"security.nscap.absent"

static PRINTF(3, 4) void say(struct place *p, enum verdict v, const char *fmt, ...)
{
	va_list args;

	p->fs = v;
	va_start(args, fmt);
	vsnprintf(p->fs_how, sizeof(p->fs_how), fmt, args);
	va_end(args);
}

/**
 * struct probe - what is asked, and of what
 * @path: the file
 * @device: a device in its directory, which is not there and will not be
 * @searchable: everybody may search that directory
 * @gid: the directory's gid, which s_user_ns maps
 * @uid: the uid that is asked about
 */
struct probe {
	char path[64];
	char device[96];
	bool searchable;
	uint32_t gid;
	uint32_t uid;
};

static struct answer try_remove(void *ctx)
{
	const struct probe *p = ctx;
	struct answer a = { .ret = removexattr(p->path, PROBE_XATTR) };

	a.err = a.ret ? errno : 0;
	return a;
}

static bool capable_here(void)
{
	uint32_t euid;

	return effective_of(0, &euid) >> CAP_SYS_ADMIN & 1;
}

/* Has root of this namespace CAP_SYS_ADMIN in s_user_ns? */
static enum verdict governs(const struct userns *ns, struct probe *p)
{
	struct answer a = in_userns(ns, try_remove, p);

	if (!a.run)
		return UNKNOWN;
	switch (a.err) {
	case EPERM:
		/* in one's own namespace one is not always root */
		return ns->ino == userns_own() && !capable_here() ? UNKNOWN : NO;
	case ENODATA:
	case EOPNOTSUPP:
		return YES;
	default:
		return UNKNOWN;
	}
}

/* Nothing may forbid to search the directory, and none may make a device */
static bool limit_caps(bool searchable)
{
	const cap_value_t search = CAP_DAC_READ_SEARCH;
	cap_t caps = cap_init();
	bool ok;

	if (!caps)
		return false;
	cap_set_flag(caps, CAP_PERMITTED, 1, &search, CAP_SET);
	cap_set_flag(caps, CAP_EFFECTIVE, 1, &search, CAP_SET);
	ok = !cap_set_proc(caps);
	if (!ok && searchable)
		ok = !cap_clear(caps) && !cap_set_proc(caps);
	cap_free(caps);
	return ok;
}

static struct answer try_mknod(void *ctx)
{
	const struct probe *p = ctx;
	struct answer a = { .ret = -1 };

	setfsgid(p->gid);
	setfsuid(p->uid);
	if ((uint32_t)setfsuid(p->uid) != p->uid ||
	    (uint32_t)setfsgid(p->gid) != p->gid || !limit_caps(p->searchable))
		a.err = EAGAIN;
	else if (!mknod(p->device, S_IFCHR | 0600, makedev(1, 3)))
		a.ret = 0;
	else
		a.err = errno;
	return a;
}

/* Does s_user_ns map this uid, as seen here? */
static enum verdict fs_maps(struct probe *p, uint32_t uid)
{
	const struct userns own = { .fd = -1, .ino = userns_own() };
	struct answer a;

	if (!*p->device)
		return UNKNOWN;
	p->uid = uid;
	a = in_userns(&own, try_mknod, p);
	if (a.run && a.err == EOVERFLOW)
		return NO;
	return a.run && (a.err == EPERM || a.err == EACCES) ? YES : UNKNOWN;
}

/* Does s_user_ns map both ends of each of these ranges? */
static enum verdict fs_covers(struct probe *p, const struct map_line *lines,
			      int n, uint32_t *missing)
{
	enum verdict all = n > 0 ? YES : UNKNOWN;

	for (int i = 0; i < n; i++) {
		for (int end = 0; end < 2; end++) {
			enum verdict v;

			if (lines[i].outside == UINT32_MAX)
				return UNKNOWN;
			*missing = lines[i].outside +
				   (end ? lines[i].count - 1 : 0);
			v = fs_maps(p, *missing);
			if (v == NO)
				return NO;
			if (v == UNKNOWN)
				all = UNKNOWN;
		}
	}
	return all;
}

/* A namespace's uids as they are called here, not as its parent calls them */
static int map_here(const struct userns *ns, struct map_line *lines, int max)
{
	int n = userns_map(ns, "uid_map", lines, max);

	for (int i = 0; ns->ino == userns_own() && i < n; i++)
		lines[i].outside = lines[i].inside;
	return n;
}

/* Is there another namespace below, off the lineage, with the same uids? */
static bool has_double(const struct lineage *l, int k, const struct map_line *want,
		       int n)
{
	const struct owner *o;

	for (size_t i = 0; (o = owner_at(i)); i++) {
		if (!lineage_has(l, o->ino) && owner_below(o, l->ns[k].ino) &&
		    owner_maps(o, want, n))
			return true;
	}
	return false;
}

/* Does the process's mount namespace belong to its own lineage? */
static enum verdict own_mounts(const struct subject *s)
{
	int mnt = s->mntns, fd;
	enum verdict v;
	struct stat st;

	if (mnt < 0)
		mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (mnt < 0)
		return UNKNOWN;
	fd = ioctl(mnt, NS_GET_USERNS);
	if (fd >= 0) {
		v = fstat(fd, &st) ? UNKNOWN :
			lineage_has(&s->lineage, st.st_ino) ? YES : NO;
		close(fd);
	} else {
		/* not below the caller's, so above, where the lineage goes on */
		v = errno == EPERM && !s->lineage.complete ? YES : UNKNOWN;
	}
	if (mnt != s->mntns)
		close(mnt);
	return v;
}

static void by_mount_namespace(const struct subject *s, struct place *p)
{
	if (p->mount.member == YES && own_mounts(s) == YES)
		say(p, YES, "%s is mounted in a mount namespace of the process's own user namespace or of one above it",
		    p->mount.fstype);
	else
		say(p, UNKNOWN, "%s can be mounted by any user namespace, and nothing tells by which it was",
		    *p->mount.fstype ? p->mount.fstype : "it");
}

/* The lowest of the lineage whose root has power over it; -1: none; -2: ? */
static int lowest_governor(const struct lineage *l, struct probe *pr)
{
	for (int i = 0; i < l->n; i++) {
		enum verdict v = governs(&l->ns[i], pr);

		if (v == YES)
			return i;
		if (v == UNKNOWN)
			return -2;
	}
	return -1;
}

static void belongs_to(struct place *p, ino_t ino)
{
	say(p, YES, "it belongs to user:[%lu]: removexattr(2) there shows power over it, and mknod(2) the same uids",
	    (unsigned long)ino);
	p->fs_ino = ino;
}

static void ask_kernel(const struct subject *s, struct place *p, struct probe *pr)
{
	const struct lineage *l = &s->lineage;
	static struct map_line lines[340];
	enum verdict covers;
	uint32_t uid = 0;
	int n, k;

	n = subject_map(s, "uid_map", lines, ARRAY_LEN(lines));
	if (fs_covers(pr, lines, n, &uid) == NO) {
		say(p, NO, "it does not map uid %u, as mknod(2) shows, which the process's user namespace does",
		    uid);
		return;
	}
	k = lowest_governor(l, pr);
	if (k < 0) {
		by_mount_namespace(s, p);
		return;
	}
	n = map_here(&l->ns[k], lines, ARRAY_LEN(lines));
	covers = fs_covers(pr, lines, n, &uid);
	if (covers == NO)
		say(p, NO, "it belongs to a namespace below user:[%lu], as it does not map uid %u",
		    (unsigned long)l->ns[k].ino, uid);
	else if (covers == YES && !has_double(l, k, lines, n))
		belongs_to(p, l->ns[k].ino);
	else
		by_mount_namespace(s, p);
}

/* What EPERM and EOVERFLOW mean only where nothing else says so first */
static bool probe_ready(int fd, int dir, const struct mount *m, struct probe *pr)
{
	struct statx stx;

	snprintf(pr->path, sizeof(pr->path), "/proc/self/fd/%d", fd);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_UID, &stx) ||
	    stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		return false;
	/* 65534 may stand for a gid that has no name here */
	if (dir >= 0 && mount_same_fs(dir, m) &&
	    !statx(dir, "", AT_EMPTY_PATH, STATX_GID | STATX_MODE, &stx) && stx.stx_gid != 65534) {
		snprintf(pr->device, sizeof(pr->device),
			 "/proc/self/fd/%d/.nscap-absent-%d", dir, getpid());
		pr->gid = stx.stx_gid;
		pr->searchable = stx.stx_mode & 1;
	}
	return true;
}

/**
 * fs_namespace - does a filesystem belong to the process's user namespace, or
 *	to one above it?
 * @fd: a file on it
 * @dir: its directory, or -1
 * @s: the process
 * @p: whose mount is filled in; the answer goes there
 */
void fs_namespace(int fd, int dir, const struct subject *s, struct place *p)
{
	struct probe pr = {};
	char point[4096];
	int other = -1;

	if (fs_userns_mountable(p->mount.fstype) == NO) {
		say(p, YES, "%s is mounted by the initial user namespace alone",
		    p->mount.fstype);
		p->fs_ino = USERNS_INIT_INO;
		return;
	}
	if (!s->lineage.n) {
		say(p, UNKNOWN, "the process's user namespace may not be looked at");
		return;
	}
	/* an idmap and a read-only mount would answer in the kernel's place */
	if ((p->mount.idmapped != NO || p->mount.readonly)) {
		if (mount_sibling(&p->mount, point, sizeof(point)))
			other = open(point, O_PATH | O_CLOEXEC);
		if (other < 0 || !mount_same_fs(other, &p->mount)) {
			by_mount_namespace(s, p);
			if (other >= 0)
				close(other);
			return;
		}
		fd = other;
		dir = other;
	}
	if (probe_ready(fd, dir, &p->mount, &pr))
		ask_kernel(s, p, &pr);
	else
		by_mount_namespace(s, p);
	if (other >= 0)
		close(other);
}
