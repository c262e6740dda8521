// SPDX-License-Identifier: GPL-2.0
/*
 * setxattrat(2), getxattrat(2), listxattrat(2) and removexattrat(2) of
 * security.capability: by the name in a directory and by AT_EMPTY_PATH, the
 * answers are those of the calls that take a path.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
/* has struct xattr_args only where it comes before sys/xattr.h */
#include <linux/xattr.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

/* What glibc does not have yet */

static ssize_t sys_setxattrat(int dfd, const char *path, unsigned int at_flags,
			      const char *name, const struct xattr_args *args,
			      size_t size)
{
	return syscall(__NR_setxattrat, dfd, path, at_flags, name, args, size);
}

static ssize_t sys_getxattrat(int dfd, const char *path, unsigned int at_flags,
			      const char *name, const struct xattr_args *args,
			      size_t size)
{
	return syscall(__NR_getxattrat, dfd, path, at_flags, name, args, size);
}

static ssize_t sys_listxattrat(int dfd, const char *path,
			       unsigned int at_flags, char *list, size_t size)
{
	return syscall(__NR_listxattrat, dfd, path, at_flags, list, size);
}

static ssize_t sys_removexattrat(int dfd, const char *path,
				 unsigned int at_flags, const char *name)
{
	return syscall(__NR_removexattrat, dfd, path, at_flags, name);
}

/**
 * struct at_call - a file, and a call for it
 * @dfd: the directory, or the file
 * @name: the name in the directory, or ""
 * @at_flags: AT_EMPTY_PATH with ""
 * @value: the value to set
 * @flags: XATTR_CREATE or XATTR_REPLACE
 * @size: of the buffer to get the value into
 */
struct at_call {
	int dfd;
	const char *name;
	unsigned int at_flags;
	struct value value;
	unsigned int flags;
	size_t size;
};

static struct outcome call_setat(void *ctx)
{
	struct at_call *c = ctx;
	const struct xattr_args args = {
		.value = (uintptr_t)c->value.bytes,
		.size = c->value.size,
		.flags = c->flags,
	};

	return outcome_of(sys_setxattrat(c->dfd, c->name, c->at_flags, CAPS_XATTR,
					 &args, sizeof(args)));
}

static struct outcome call_getat(void *ctx)
{
	struct at_call *c = ctx;
	unsigned char bytes[64];
	const struct xattr_args args = {
		.value = (uintptr_t)bytes,
		.size = c->size,
	};
	struct outcome o;

	memset(bytes, 0xa5, sizeof(bytes));
	o = outcome_of(sys_getxattrat(c->dfd, c->name, c->at_flags, CAPS_XATTR,
				      &args, sizeof(args)));
	memcpy(o.value.bytes, bytes, sizeof(bytes));
	o.value.size = o.ret < 0 ? 0 : o.ret;
	return o;
}

static struct outcome call_removeat(void *ctx)
{
	struct at_call *c = ctx;

	return outcome_of(sys_removexattrat(c->dfd, c->name, c->at_flags,
					    CAPS_XATTR));
}

FIXTURE(xattrat)
{
	int a, sibling;
	char path[256];
	struct at_call file;
};

FIXTURE_VARIANT(xattrat)
{
	const char *fs;
	bool empty;
};

FIXTURE_VARIANT_ADD(xattrat, tmpfs_dir) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(xattrat, tmpfs_empty) { .fs = "tmpfs", .empty = true };
FIXTURE_VARIANT_ADD(xattrat, ext4_dir) { .fs = "ext4" };
FIXTURE_VARIANT_ADD(xattrat, ext4_empty) { .fs = "ext4", .empty = true };

/* How a test gets at the file "file" of @dir */
static struct at_call open_at(const char *dir, bool empty)
{
	struct at_call c = {
		.dfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.name = "file",
	};
	int fd;

	if (!empty)
		return c;
	fd = openat(c.dfd, c.name, O_RDONLY | O_CLOEXEC);
	close(c.dfd);
	return (struct at_call) {
		.dfd = fd, .name = "", .at_flags = AT_EMPTY_PATH,
	};
}

/* A file of root of the namespace A, 0 -> 100000 */
FIXTURE_SETUP(xattrat)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->sibling = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->sibling);
	snprintf(self->path, sizeof(self->path), "%s/file",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, install_helper(self->path, 100000));
	self->file = open_at(fs_dir(variant->fs), variant->empty);
	ASSERT_LE(0, self->file.dfd);
}

FIXTURE_TEARDOWN(xattrat)
{
	close(self->a);
	close(self->sibling);
	close(self->file.dfd);
	unlink(self->path);
}

static struct outcome setat_in(int ns, struct at_call file, struct value value,
			       unsigned int flags)
{
	file.value = value;
	file.flags = flags;
	return run_in(ns, 0, call_setat, &file);
}

static struct outcome getat_in(int ns, struct at_call file, size_t size)
{
	file.size = size;
	return run_in(ns, 0, call_getat, &file);
}

static struct outcome removeat_in(int ns, struct at_call file)
{
	return run_in(ns, 0, call_removeat, &file);
}

#define EXPECT_GOT(_value, _outcome) do {				\
	struct value _want = _value;					\
	struct outcome _o = _outcome;					\
	EXPECT_EQ(0, _o.err);						\
	EXPECT_TRUE(value_eq(&_want, &_o.value));			\
} while (0)

/* By the path, as the calls that have always been there see it */
#define EXPECT_STORED(_value) \
	EXPECT_GOT(_value, get_in(NS_INIT, self->path, 64))

#define EXPECT_NO_VALUE() \
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err)

TEST_F(xattrat, set)
{
	EXPECT_EQ(0, setat_in(NS_INIT, self->file, value_v2(), 0).err);
	EXPECT_STORED(value_v2());
	EXPECT_EQ(0, setat_in(self->a, self->file, value_v2(), 0).err);
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, setat_in(self->a, self->file, value_v3(1000), 0).err);
	EXPECT_STORED(value_v3(101000));
	EXPECT_EQ(0, setat_in(NS_INIT, self->file, value_v3(1234), 0).err);
	EXPECT_STORED(value_v3(1234));
}

TEST_F(xattrat, set_flags)
{
	EXPECT_EQ(ENODATA, setat_in(self->a, self->file, value_v2(),
				    XATTR_REPLACE).err);
	EXPECT_NO_VALUE();
	EXPECT_EQ(0, setat_in(self->a, self->file, value_v2(),
			      XATTR_CREATE).err);
	EXPECT_EQ(EEXIST, setat_in(NS_INIT, self->file, value_v2(),
				   XATTR_CREATE).err);
	EXPECT_STORED(value_v3(100000));
}

/* Malformed comes before not permitted, and that before not mapped */
TEST_F(xattrat, set_refused)
{
	struct value empty = value_v2(), small = value_v2();
	struct at_call user = self->file;

	empty.size = 0;
	small.size = 19;
	user.value = value_v2();
	EXPECT_EQ(EINVAL, setat_in(self->sibling, self->file, empty, 0).err);
	EXPECT_EQ(EINVAL, setat_in(self->sibling, self->file, small, 0).err);
	EXPECT_EQ(EINVAL, setat_in(NS_INIT, self->file, value_v1(), 0).err);
	EXPECT_EQ(EPERM, setat_in(self->sibling, self->file,
				  value_v3(0xffffffff), 0).err);
	EXPECT_EQ(EPERM, run_in(NS_INIT, 100000, call_setat, &user).err);
	EXPECT_EQ(EINVAL, setat_in(self->a, self->file, value_v3(65536),
				   0).err);
	EXPECT_EQ(EINVAL, setat_in(self->a, self->file, value_v3(0u - 100000),
				   0).err);
	EXPECT_NO_VALUE();
}

TEST_F(xattrat, get)
{
	EXPECT_EQ(ENODATA, getat_in(NS_INIT, self->file, 64).err);
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_GOT(value_v3(100000), getat_in(NS_INIT, self->file, 64));
	EXPECT_GOT(value_v2(), getat_in(self->a, self->file, 64));
	EXPECT_EQ(EOVERFLOW, getat_in(self->sibling, self->file, 64).err);
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	EXPECT_GOT(value_v2(), getat_in(self->sibling, self->file, 64));
}

TEST_F(xattrat, get_size)
{
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(XATTR_CAPS_SZ_3, getat_in(NS_INIT, self->file, 0).ret);
	EXPECT_EQ(XATTR_CAPS_SZ_2, getat_in(self->a, self->file, 0).ret);
	EXPECT_EQ(ERANGE, getat_in(NS_INIT, self->file,
				   XATTR_CAPS_SZ_3 - 1).err);
	EXPECT_EQ(ERANGE, getat_in(self->a, self->file,
				   XATTR_CAPS_SZ_2 - 1).err);
	EXPECT_GOT(value_v2(), getat_in(self->a, self->file, XATTR_CAPS_SZ_2));
	EXPECT_EQ(EOVERFLOW, getat_in(self->sibling, self->file, 1).err);
}

TEST_F(xattrat, remove)
{
	EXPECT_EQ(ENODATA, removeat_in(self->a, self->file).err);
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(EPERM, removeat_in(self->sibling, self->file).err);
	EXPECT_EQ(EPERM, run_in(NS_INIT, 100000, call_removeat,
				&self->file).err);
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, removeat_in(self->a, self->file).err);
	EXPECT_NO_VALUE();
}

TEST_F(xattrat, list)
{
	const struct at_call *f = &self->file;
	char names[256] = {};
	ssize_t n;

	n = sys_listxattrat(f->dfd, f->name, f->at_flags, names,
			    sizeof(names));
	ASSERT_LE(0, n);
	EXPECT_EQ(NULL, memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)));
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	n = sys_listxattrat(f->dfd, f->name, f->at_flags, names,
			    sizeof(names));
	ASSERT_LE(0, n);
	EXPECT_NE(NULL, memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)));
}

/* The idmap is that of the mount which the directory or the file is on */
TEST_F(xattrat, idmapped)
{
	char place[300];
	struct at_call file;

	snprintf(place, sizeof(place), "%s.idmapped", fs_dir(variant->fs));
	ASSERT_EQ(0, mkdir(place, 0755));
	ASSERT_EQ(0, bind_idmapped(fs_dir(variant->fs), place, self->a));
	/* there, it is a file of A's root again */
	ASSERT_EQ(0, chown(self->path, 0, 0));
	file = open_at(place, variant->empty);
	ASSERT_LE(0, file.dfd);

	EXPECT_EQ(EINVAL, setat_in(NS_INIT, file, value_v2(), 0).err);
	EXPECT_NO_VALUE();
	EXPECT_EQ(0, setat_in(NS_INIT, file, value_v3(101000), 0).err);
	EXPECT_STORED(value_v3(1000));
	EXPECT_GOT(value_v3(101000), getat_in(NS_INIT, file, 64));
	EXPECT_EQ(0, setat_in(self->a, file, value_v2(), 0).err);
	EXPECT_STORED(value_v2());
	EXPECT_GOT(value_v2(), getat_in(self->a, file, 64));
	EXPECT_GOT(value_v3(100000), getat_in(NS_INIT, file, 64));
	EXPECT_EQ(EPERM, removeat_in(self->sibling, file).err);
	EXPECT_EQ(0, removeat_in(self->a, file).err);
	EXPECT_NO_VALUE();
	close(file.dfd);
	EXPECT_EQ(0, umount(place));
	EXPECT_EQ(0, rmdir(place));
}

/* What a symbolic link leads to, and what AT_SYMLINK_NOFOLLOW leaves out */
TEST_F(xattrat, symlink)
{
	struct at_call link = open_at(fs_dir(variant->fs), false);
	char path[300];

	link.name = "file.link";
	snprintf(path, sizeof(path), "%s.link", self->path);
	ASSERT_EQ(0, symlink("file", path));
	EXPECT_EQ(0, setat_in(self->a, link, value_v2(), 0).err);
	EXPECT_STORED(value_v3(100000));
	EXPECT_GOT(value_v3(100000), getat_in(NS_INIT, link, 64));
	link.at_flags = AT_SYMLINK_NOFOLLOW;
	EXPECT_EQ(ENODATA, getat_in(NS_INIT, link, 64).err);
	EXPECT_EQ(ENODATA, removeat_in(NS_INIT, link).err);
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, unlink(path));
	close(link.dfd);
}

TEST_HARNESS_MAIN
