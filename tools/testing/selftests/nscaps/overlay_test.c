// SPDX-License-Identifier: GPL-2.0
/*
 * Overlays: what their mounter can express is carried up as the value of the
 * same root or of one that is owned by fewer, what it cannot express is left
 * behind, and neither is a reason for a call to fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define USER	1000
#define NOBODY	65534
#define A_ROOT	100000

/* no uid of A's */
#define FOREIGN	5000

/**
 * struct layers - an overlay, and what was seen of it from inside
 * @lower: its lower directory
 * @top: has its upper and its work directory; NULL for a tmpfs that the
 *	mounter makes
 * @options: more options of the mount, each after a comma
 * @stacked: mount one more overlay over it, and use that
 * @change: what happens to the file between the two looks
 * @get: what getxattr(2) answers: before and after the change
 * @exec: what execve(2) grants: before and after the change
 * @mounted: errno of the mount
 * @changed: errno of the change
 */
struct layers {
	char lower[128];
	const char *top;
	const char *options;
	bool stacked;
	int (*change)(const char *path);
	struct outcome get[2];
	struct creds exec[2];
	int mounted;
	int changed;
};

FIXTURE(overlay)
{
	int a;
	char dir[64];
	char file[256];
	char upper[256];
	struct layers *l;
};

FIXTURE_VARIANT(overlay)
{
	const char *fs;
	bool own_upper;
};

/* the lower layer is the initial namespace's, the upper one of either */
FIXTURE_VARIANT_ADD(overlay, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(overlay, ext4) { .fs = "ext4" };
FIXTURE_VARIANT_ADD(overlay, tmpfs_own) { .fs = "tmpfs", .own_upper = true };
FIXTURE_VARIANT_ADD(overlay, ext4_own) { .fs = "ext4", .own_upper = true };

/* Directories DIR/{lower,work,upper}, the latter two for @owner to write */
static int make_layers(const char *dir, uid_t owner)
{
	static const char *const names[] = {
		"", "/lower", "/upper", "/work", "/upper2", "/work2",
	};
	char path[128];

	for (unsigned int i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, names[i]);
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
		if (chown(path, owner, owner))
			return -1;
	}
	return 0;
}

FIXTURE_SETUP(overlay)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	snprintf(self->dir, sizeof(self->dir), "%s/layers",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, make_layers(self->dir, A_ROOT));
	snprintf(self->file, sizeof(self->file), "%s/lower/file", self->dir);
	snprintf(self->upper, sizeof(self->upper), "%s/upper/file", self->dir);
	ASSERT_EQ(0, install_helper(self->file, A_ROOT));
	self->l = mmap(NULL, sizeof(*self->l), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->l);
	snprintf(self->l->lower, sizeof(self->l->lower), "%s/lower", self->dir);
	self->l->top = variant->own_upper ? NULL : self->dir;
	self->l->options = ",userxattr";
}

FIXTURE_TEARDOWN(overlay)
{
	char cmd[128];

	munmap(self->l, sizeof(*self->l));
	snprintf(cmd, sizeof(cmd), "rm -rf %s", self->dir);
	EXPECT_EQ(0, system(cmd));
	close(self->a);
}

/* The file in the upper layer of the overlay that this process mounted */
static char mounted_upper[256];

static int mount_overlay(const struct layers *l)
{
	const char *top = l->top;
	char data[1024];

	if (unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	if (!top) {
		top = "/root";
		if (mount("a", top, "tmpfs", 0, "mode=755") ||
		    make_layers(top, 0))
			return -1;
	}
	snprintf(mounted_upper, sizeof(mounted_upper), "%s/upper/file", top);
	snprintf(data, sizeof(data), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work%s",
		 l->lower, top, top, l->options);
	if (mount("overlay", "/mnt", "overlay", 0, data))
		return -1;
	if (!l->stacked)
		return 0;
	snprintf(data, sizeof(data), "lowerdir=/mnt,upperdir=%s/upper2,workdir=%s/work2%s",
		 top, top, l->options);
	return mount("overlay", "/mnt", "overlay", 0, data);
}

static void look(struct layers *l, int when)
{
	l->get[when] = get_in(NS_INIT, "/mnt/file", 64);
	l->exec[when] = exec_in(NS_INIT, USER, "/mnt/file", NULL);
}

/* The whole of it, by a process that stays in its namespaces */
static struct outcome look_change_look(void *ctx)
{
	struct layers *l = ctx;

	if (mount_overlay(l)) {
		l->mounted = errno;
		return (struct outcome) { .ret = -1, .err = errno };
	}
	look(l, 0);
	l->changed = l->change("/mnt/file") ? errno : 0;
	look(l, 1);
	return (struct outcome) {};
}

static int change_mode(const char *path)
{
	return chmod(path, 0711);
}

/* A byte more does no harm to the program */
static int append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, "", 1);
	close(fd);
	return n == 1 ? 0 : -1;
}

static int open_to_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : close(fd);
}

static int chmod_and_open(const char *path)
{
	return change_mode(path) || open_to_write(path);
}

static int replace(const char *path)
{
	return install_helper(path, 0);
}

#define EXPECT_VALUE(_want, _outcome) do {				\
	struct value _v = _want;					\
	struct outcome _o = _outcome;					\
	EXPECT_EQ(0, _o.err);						\
	EXPECT_TRUE(value_eq(&_v, &_o.value));				\
} while (0)

#define EXPECT_GRANTED(_mask, _creds) do {				\
	struct creds _c = _creds;					\
	EXPECT_EQ(0, _c.err);						\
	EXPECT_EQ(_mask, _c.permitted);					\
} while (0)

/* The upper file from outside; a tmpfs of the mounter's own is gone by now */
#define EXPECT_UPPER(_want)						\
	do {								\
		if (!variant->own_upper)				\
			EXPECT_VALUE(_want, get_in(NS_INIT, self->upper, 64)); \
	} while (0)

#define EXPECT_NO_UPPER_VALUE()						\
	do {								\
		if (!variant->own_upper)				\
			EXPECT_EQ(ENODATA,				\
				  get_in(NS_INIT, self->upper, 64).err);\
	} while (0)

/* A root without a name in A: the file works, its value is left behind */
static void foreign(struct __test_metadata *_metadata, int ns, const char *file,
		    struct layers *l)
{
	struct value v = value_v3(FOREIGN);

	ASSERT_EQ(0, set_in(NS_INIT, file, v, 0).err);
	run_in(ns, 0, look_change_look, l);
	ASSERT_EQ(0, l->mounted);
	EXPECT_EQ(EOVERFLOW, l->get[0].err);
	EXPECT_GRANTED(0, l->exec[0]);
	EXPECT_EQ(0, l->changed);
	EXPECT_EQ(ENODATA, l->get[1].err);
	EXPECT_GRANTED(0, l->exec[1]);
	/* the lower one is as it was */
	EXPECT_VALUE(v, get_in(NS_INIT, file, 64));
}

/* A value that is and grants the same before the change and after it */
static void kept(struct __test_metadata *_metadata, int ns, struct layers *l,
		 struct value value, unsigned long long granted)
{
	run_in(ns, 0, look_change_look, l);
	ASSERT_EQ(0, l->mounted);
	EXPECT_EQ(0, l->changed);
	for (int when = 0; when < 2; when++) {
		EXPECT_VALUE(value, l->get[when]);
		EXPECT_GRANTED(granted, l->exec[when]);
	}
}

TEST_F(overlay, foreign_chmod)
{
	struct stat st;

	self->l->change = change_mode;
	foreign(_metadata, self->a, self->file, self->l);
	EXPECT_NO_UPPER_VALUE();
	ASSERT_EQ(0, stat(self->file, &st));
	EXPECT_EQ(0755, st.st_mode & 07777);
}

TEST_F(overlay, foreign_append)
{
	struct stat before, after;

	ASSERT_EQ(0, stat(self->file, &before));
	self->l->change = append;
	foreign(_metadata, self->a, self->file, self->l);
	EXPECT_NO_UPPER_VALUE();
	ASSERT_EQ(0, stat(self->file, &after));
	EXPECT_EQ(before.st_size, after.st_size);
}

/* and through one overlay more */
TEST_F(overlay, foreign_stacked)
{
	self->l->change = change_mode;
	self->l->stacked = true;
	foreign(_metadata, self->a, self->file, self->l);
	EXPECT_EQ(-1, access(self->upper, F_OK));
}

/* The mounter's own root stays what it is */
TEST_F(overlay, own_root)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v3(A_ROOT), 0).err);
	self->l->change = change_mode;
	kept(_metadata, self->a, self->l, value_v2(), TEST_MASK);
	EXPECT_UPPER(value_v3(A_ROOT));
}

/* So does another uid of the mounter's, which A does not honour */
TEST_F(overlay, other_root)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v3(101000), 0).err);
	self->l->change = change_mode;
	kept(_metadata, self->a, self->l, value_v3(1000), 0);
	EXPECT_UPPER(value_v3(101000));
}

/* What is the initial root's is, copied up by A, no more than A's */
TEST_F(overlay, initial_root)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v2(), 0).err);
	self->l->change = change_mode;
	kept(_metadata, self->a, self->l, value_v2(), TEST_MASK);
	EXPECT_UPPER(value_v3(A_ROOT));
	if (!variant->own_upper)
		EXPECT_GRANTED(0, exec_in(NS_INIT, NOBODY, self->upper, NULL));
}

/* Another file of the same name is another file */
TEST_F(overlay, whiteout)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v3(A_ROOT), 0).err);
	self->l->change = replace;
	run_in(self->a, 0, look_change_look, self->l);
	ASSERT_EQ(0, self->l->mounted);
	EXPECT_EQ(0, self->l->changed);
	EXPECT_GRANTED(TEST_MASK, self->l->exec[0]);
	EXPECT_EQ(ENODATA, self->l->get[1].err);
	EXPECT_GRANTED(0, self->l->exec[1]);
	EXPECT_VALUE(value_v3(A_ROOT), get_in(NS_INIT, self->file, 64));
}

/* A's root writes beneath its overlay: it is A's root that wrote it */
static int set_beneath(const char *path)
{
	struct value v = value_v2();

	if (change_mode(path))
		return -1;
	return setxattr(mounted_upper, CAPS_XATTR, v.bytes, v.size, 0);
}

TEST_F(overlay, set_beneath)
{
	self->l->change = set_beneath;
	run_in(self->a, 0, look_change_look, self->l);
	ASSERT_EQ(0, self->l->mounted);
	EXPECT_EQ(0, self->l->changed);
	EXPECT_EQ(ENODATA, self->l->get[0].err);
	EXPECT_VALUE(value_v2(), self->l->get[1]);
	EXPECT_GRANTED(TEST_MASK, self->l->exec[1]);
	EXPECT_UPPER(value_v3(A_ROOT));
	if (!variant->own_upper)
		EXPECT_GRANTED(0, exec_in(NS_INIT, NOBODY, self->upper, NULL));
}

static int change_nothing(const char *path)
{
	return access(path, F_OK);
}

/* What the lower file is given later does not come up after it */
TEST_F(overlay, lower_changed)
{
	self->l->change = change_mode;
	foreign(_metadata, self->a, self->file, self->l);
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v2(), 0).err);
	self->l->change = change_nothing;
	run_in(self->a, 0, look_change_look, self->l);
	ASSERT_EQ(0, self->l->mounted);
	EXPECT_EQ(0, self->l->changed);
	for (int when = 0; when < 2; when++) {
		if (variant->own_upper) {
			/* an overlay with nothing in it yet */
			EXPECT_VALUE(value_v2(), self->l->get[when]);
			continue;
		}
		EXPECT_EQ(ENODATA, self->l->get[when].err);
		EXPECT_GRANTED(0, self->l->exec[when]);
	}
}

/* An overlay of the initial namespace: all that it has, metadata only first */
TEST_F(overlay, metacopy)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v3(A_ROOT), 0).err);
	self->l->options = ",metacopy=on,redirect_dir=on";
	self->l->change = chmod_and_open;
	kept(_metadata, NS_INIT, self->l, value_v3(A_ROOT), 0);
	EXPECT_UPPER(value_v3(A_ROOT));
}

/* The lower layer is an idmapped mount: its root 0 is A's, above as below */
TEST_F(overlay, idmapped_lower)
{
	ASSERT_EQ(0, chown(self->l->lower, 0, 0));
	ASSERT_EQ(0, install_helper(self->file, 0));
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v2(), 0).err);
	ASSERT_EQ(0, bind_idmapped(self->l->lower, "/mnt", self->a));
	snprintf(self->l->lower, sizeof(self->l->lower), "/mnt");
	self->l->options = "";
	self->l->change = change_mode;
	kept(_metadata, NS_INIT, self->l, value_v3(A_ROOT), 0);
	umount2("/mnt", MNT_DETACH);
	EXPECT_UPPER(value_v3(A_ROOT));
}

/* The upper layer is one: what its idmap cannot express is left behind */
TEST_F(overlay, idmapped_upper)
{
	const int ns = userns_new(NS_INIT, "0 0 1000\n");

	ASSERT_LE(0, ns);
	ASSERT_EQ(0, make_layers(self->dir, 0));
	ASSERT_EQ(0, install_helper(self->file, 0));
	ASSERT_EQ(0, set_in(NS_INIT, self->file, value_v3(FOREIGN), 0).err);
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", ns));
	self->l->top = "/mnt";
	self->l->options = "";
	self->l->change = change_mode;
	run_in(NS_INIT, 0, look_change_look, self->l);
	umount2("/mnt", MNT_DETACH);
	ASSERT_EQ(0, self->l->mounted);
	EXPECT_VALUE(value_v3(FOREIGN), self->l->get[0]);
	EXPECT_EQ(0, self->l->changed);
	EXPECT_EQ(ENODATA, self->l->get[1].err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->upper, 64).err);
	EXPECT_VALUE(value_v3(FOREIGN), get_in(NS_INIT, self->file, 64));
	close(ns);
}

TEST_HARNESS_MAIN
