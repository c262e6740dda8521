// SPDX-License-Identifier: GPL-2.0
/*
 * setxattr(2), removexattr(2), listxattr(2) of security.capability, and what
 * takes the value away. What getxattr(2) shows is in table_test.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

FIXTURE(xattr)
{
	int a, sibling;
	char path[256];
};

FIXTURE_VARIANT(xattr)
{
	const char *fs;
};

FIXTURE_VARIANT_ADD(xattr, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(xattr, ext4) { .fs = "ext4" };

/* A file of root of the namespace A, 0 -> 100000 */
FIXTURE_SETUP(xattr)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->sibling = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->sibling);
	snprintf(self->path, sizeof(self->path), "%s/file",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, install_helper(self->path, 100000));
}

FIXTURE_TEARDOWN(xattr)
{
	close(self->a);
	close(self->sibling);
	unlink(self->path);
}

#define EXPECT_SET(_err, _ns, _value) do {				\
	struct outcome _o = set_in(_ns, self->path, _value, 0);		\
	EXPECT_EQ(_err, _o.err);					\
	EXPECT_EQ((_err) ? -1 : 0, _o.ret);				\
} while (0)

/* What init reads is what lies on the disk, but for a rootid of 0 */
#define EXPECT_STORED(_value) do {					\
	struct value _want = _value;					\
	struct outcome _o = get_in(NS_INIT, self->path, 64);		\
	EXPECT_EQ(0, _o.err);						\
	EXPECT_TRUE(value_eq(&_want, &_o.value));			\
} while (0)

#define EXPECT_NO_VALUE() \
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err)

/* v2 by who has CAP_SETFCAP over the filesystem: stored as it is */
TEST_F(xattr, set_v2_init)
{
	EXPECT_SET(0, NS_INIT, value_v2());
	EXPECT_STORED(value_v2());
}

/* v2 by root of a namespace: stored with that root */
TEST_F(xattr, set_v2_ns)
{
	EXPECT_SET(0, self->a, value_v2());
	EXPECT_STORED(value_v3(100000));
}

/* v3: the rootid is a uid of the caller's */
TEST_F(xattr, set_v3_init)
{
	EXPECT_SET(0, NS_INIT, value_v3(1234));
	EXPECT_STORED(value_v3(1234));
}

TEST_F(xattr, set_v3_ns)
{
	EXPECT_SET(0, self->a, value_v3(0));
	EXPECT_STORED(value_v3(100000));
	EXPECT_SET(0, self->a, value_v3(1000));
	EXPECT_STORED(value_v3(101000));
	EXPECT_SET(0, self->a, value_v3(65535));
	EXPECT_STORED(value_v3(165535));
}

/* A rootid that the caller has no mapping for, or that is -1 */
TEST_F(xattr, set_unmapped)
{
	EXPECT_SET(EINVAL, self->a, value_v3(65536));
	EXPECT_SET(EINVAL, self->a, value_v3(0x7fffffff));
	EXPECT_SET(EINVAL, self->a, value_v3(0x80000000));
	EXPECT_SET(EINVAL, self->a, value_v3(0xfffffffe));
	EXPECT_SET(EINVAL, self->a, value_v3(0xffffffff));
	EXPECT_SET(EINVAL, NS_INIT, value_v3(0xffffffff));
	/* 100000 + rootid wraps to 0 and to 1 */
	EXPECT_SET(EINVAL, self->a, value_v3(0u - 100000));
	EXPECT_SET(EINVAL, self->a, value_v3(1u - 100000));
	EXPECT_NO_VALUE();
	EXPECT_SET(0, NS_INIT, value_v3(0xfffffffe));
	EXPECT_STORED(value_v3(0xfffffffe));
}

/* All 64 bits and the flag come back as they were written */
TEST_F(xattr, set_keeps_bits)
{
	struct value v = value_v3(7);

	memset(v.caps.data, 0xff, sizeof(v.caps.data));
	EXPECT_SET(0, NS_INIT, v);
	EXPECT_STORED(v);
	v.caps.magic_etc = htole32(VFS_CAP_REVISION_3);
	v.caps.data[0].permitted = htole32(0x01020304);
	v.caps.data[1].permitted = htole32(0x05060708);
	v.caps.data[0].inheritable = htole32(0x090a0b0c);
	v.caps.data[1].inheritable = htole32(0x0d0e0f10);
	EXPECT_SET(0, self->a, v);
	v.caps.rootid = htole32(100007);
	EXPECT_STORED(v);
}

/* Is there a value of @ctx that the kernel does not refuse with EINVAL? */
static struct outcome set_malformed(void *ctx)
{
	const struct value *v = ctx;
	struct outcome o = {};

	for (; v->size != SIZE_MAX; v++) {
		if (setxattr("file", CAPS_XATTR, v->bytes, v->size, 0) == -1 &&
		    errno == EINVAL)
			continue;
		o.err = EINVAL;
		o.value = *v;
		break;
	}
	return o;
}

/* None is taken, whoever writes */
#define EXPECT_MALFORMED(_values) do {					\
	const int _ns[] = { NS_INIT, self->a };				\
	size_t _i;							\
									\
	ASSERT_EQ(0, chdir(fs_dir(variant->fs)));			\
	for (_i = 0; _i < ARRAY_LEN(_ns); _i++) {			\
		struct outcome _o = run_in(_ns[_i], 0, set_malformed,	\
					   _values);			\
		EXPECT_EQ(0, _o.err)					\
			TH_LOG("size %zu, magic %08x", _o.value.size,	\
			       le32toh(_o.value.caps.magic_etc));	\
	}								\
	EXPECT_NO_VALUE();						\
} while (0)

/* Every size but those of form 2 and 3; form 1 included */
TEST_F(xattr, set_bad_size)
{
	struct value values[2 * 34 + 2], *v = values;
	size_t size;

	for (size = 0; size <= 33; size++) {
		*v = value_v2();
		v->size = size;
		v += size != XATTR_CAPS_SZ_2;
		*v = value_v3(0);
		v->size = size;
		v += size != XATTR_CAPS_SZ_3;
	}
	*v++ = value_v1();
	v->size = SIZE_MAX;
	EXPECT_MALFORMED(values);
}

TEST_F(xattr, set_bad_header)
{
	static const uint32_t magics[] = {
		0, VFS_CAP_REVISION_1, 0x04000000, 0xff000000,
		/* flags that nobody knows, alone and beside the known one */
		VFS_CAP_REVISION_2 | 2, VFS_CAP_REVISION_2 | 0xffffff,
		VFS_CAP_REVISION_3 | 2, VFS_CAP_REVISION_3 | 3,
		VFS_CAP_REVISION_3 | 0x800000, VFS_CAP_REVISION_3 | 0xffffff,
		/* the right one in the wrong byte order */
		0x00000003, 0x01000003, 0x00000002, 0x01000002,
	};
	struct value values[2 * ARRAY_LEN(magics) + 5], *v = values;
	size_t i;

	for (i = 0; i < ARRAY_LEN(magics); i++) {
		*v = value_v2();
		v++->caps.magic_etc = htole32(magics[i]);
		*v = value_v3(0);
		v++->caps.magic_etc = htole32(magics[i]);
	}
	/* the revision of the other size */
	*v = value_v3(0);
	v++->caps.magic_etc = htole32(VFS_CAP_REVISION_2);
	*v = value_v3(0);
	v++->caps.magic_etc = htole32(VFS_CAP_REVISION_2 | 1);
	*v = value_v2();
	v++->caps.magic_etc = htole32(VFS_CAP_REVISION_3);
	*v = value_v2();
	v++->caps.magic_etc = htole32(VFS_CAP_REVISION_3 | 1);
	v->size = SIZE_MAX;
	EXPECT_MALFORMED(values);
}

/* Malformed comes before not permitted */
TEST_F(xattr, set_order)
{
	struct value v = value_v2();

	v.size = 19;
	EXPECT_SET(EINVAL, self->sibling, v);
	EXPECT_SET(EPERM, self->sibling, value_v2());
	/* not permitted comes before not mapped */
	EXPECT_SET(EPERM, self->sibling, value_v3(0xffffffff));
	EXPECT_NO_VALUE();
}

static struct outcome set_any(void *ctx)
{
	struct value v = value_v2();

	return outcome_of(setxattr(ctx, CAPS_XATTR, v.bytes, v.size, 0));
}

static struct outcome set_empty(void *ctx)
{
	return outcome_of(setxattr(ctx, CAPS_XATTR, "", 0, 0));
}

/* Without CAP_SETFCAP: the owner, in init and in the namespace */
TEST_F(xattr, set_unprivileged)
{
	EXPECT_EQ(EPERM, run_in(NS_INIT, 100000, set_any, self->path).err);
	ASSERT_EQ(0, chown(self->path, 101000, 101000));
	EXPECT_EQ(EPERM, run_in(self->a, 1000, set_any, self->path).err);
	EXPECT_NO_VALUE();
}

/* An empty value goes through the same checks as any other */
TEST_F(xattr, set_empty)
{
	EXPECT_EQ(EINVAL, run_in(NS_INIT, 0, set_empty, self->path).err);
	EXPECT_EQ(EINVAL, run_in(self->a, 0, set_empty, self->path).err);
	EXPECT_EQ(EINVAL, run_in(NS_INIT, 65534, set_empty, self->path).err);
	EXPECT_NO_VALUE();
	EXPECT_SET(0, NS_INIT, value_v2());
	EXPECT_EQ(EINVAL, run_in(NS_INIT, 65534, set_empty, self->path).err);
	EXPECT_STORED(value_v2());
}

/* The owner, or the group, of the inode is not mapped in the namespace */
TEST_F(xattr, set_foreign_inode)
{
	ASSERT_EQ(0, chown(self->path, 0, 0));
	EXPECT_SET(EPERM, self->a, value_v2());
	ASSERT_EQ(0, chown(self->path, 100000, 0));
	EXPECT_SET(EPERM, self->a, value_v2());
	ASSERT_EQ(0, chown(self->path, 0, 100000));
	EXPECT_SET(EPERM, self->a, value_v2());
	ASSERT_EQ(0, chown(self->path, 100001, 100001));
	EXPECT_SET(0, self->a, value_v2());
}

TEST_F(xattr, create_replace)
{
	EXPECT_EQ(ENODATA, set_in(self->a, self->path, value_v2(),
				  XATTR_REPLACE).err);
	EXPECT_NO_VALUE();
	EXPECT_EQ(0, set_in(self->a, self->path, value_v2(),
			    XATTR_CREATE).err);
	EXPECT_STORED(value_v3(100000));
	/* there is one value, whoever it belongs to */
	EXPECT_EQ(EEXIST, set_in(self->a, self->path, value_v2(),
				 XATTR_CREATE).err);
	EXPECT_EQ(EEXIST, set_in(NS_INIT, self->path, value_v2(),
				 XATTR_CREATE).err);
	EXPECT_EQ(0, set_in(NS_INIT, self->path, value_v2(),
			    XATTR_REPLACE).err);
	EXPECT_STORED(value_v2());
	EXPECT_EQ(0, set_in(self->a, self->path, value_v3(5),
			    XATTR_REPLACE).err);
	EXPECT_STORED(value_v3(100005));
}

TEST_F(xattr, remove)
{
	EXPECT_EQ(ENODATA, remove_in(self->a, self->path).err);
	EXPECT_SET(0, self->a, value_v2());
	EXPECT_EQ(EPERM, remove_in(self->sibling, self->path).err);
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, remove_in(self->a, self->path).err);
	EXPECT_NO_VALUE();
	/* who owns the file may remove a value of init's as well */
	EXPECT_SET(0, NS_INIT, value_v2());
	EXPECT_EQ(0, remove_in(self->a, self->path).err);
	EXPECT_NO_VALUE();
	EXPECT_SET(0, self->a, value_v2());
	EXPECT_EQ(0, remove_in(NS_INIT, self->path).err);
	EXPECT_NO_VALUE();
}

static struct outcome remove_any(void *ctx)
{
	return outcome_of(removexattr(ctx, CAPS_XATTR));
}

TEST_F(xattr, remove_unprivileged)
{
	EXPECT_SET(0, NS_INIT, value_v2());
	/* the owner, without CAP_SETFCAP */
	EXPECT_EQ(EPERM, run_in(NS_INIT, 100000, remove_any, self->path).err);
	EXPECT_STORED(value_v2());
	ASSERT_EQ(0, chown(self->path, 101000, 101000));
	EXPECT_SET(0, NS_INIT, value_v2());
	EXPECT_EQ(EPERM, run_in(self->a, 1000, remove_any, self->path).err);
	EXPECT_STORED(value_v2());
	/* CAP_SETFCAP, but not over this inode */
	ASSERT_EQ(0, chown(self->path, 0, 0));
	EXPECT_SET(0, NS_INIT, value_v2());
	EXPECT_EQ(EPERM, remove_in(self->a, self->path).err);
	EXPECT_STORED(value_v2());
}

TEST_F(xattr, list)
{
	char names[256] = {};
	ssize_t n;

	n = listxattr(self->path, names, sizeof(names));
	EXPECT_EQ(NULL, memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)));
	EXPECT_SET(0, self->a, value_v2());
	n = listxattr(self->path, names, sizeof(names));
	EXPECT_NE(NULL, memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)));
	EXPECT_EQ(n, listxattr(self->path, NULL, 0));
}

/* The file descriptor and the symlink forms of the calls translate as well */
TEST_F(xattr, fd_and_symlink)
{
	struct value v = value_v3(77), got = {};
	char link[300];
	int fd;

	fd = open(self->path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fsetxattr(fd, CAPS_XATTR, v.bytes, v.size, 0));
	got.size = fgetxattr(fd, CAPS_XATTR, got.bytes, sizeof(got.bytes));
	EXPECT_TRUE(value_eq(&v, &got));
	EXPECT_EQ(0, fremovexattr(fd, CAPS_XATTR));
	EXPECT_EQ(-1, fgetxattr(fd, CAPS_XATTR, NULL, 0));
	EXPECT_EQ(ENODATA, errno);
	EXPECT_EQ(0, lsetxattr(self->path, CAPS_XATTR, v.bytes, v.size, 0));
	EXPECT_EQ(XATTR_CAPS_SZ_3, lgetxattr(self->path, CAPS_XATTR, NULL, 0));
	snprintf(link, sizeof(link), "%s.link", self->path);
	ASSERT_EQ(0, symlink(self->path, link));
	EXPECT_EQ(XATTR_CAPS_SZ_3, getxattr(link, CAPS_XATTR, NULL, 0));
	EXPECT_EQ(-1, lgetxattr(link, CAPS_XATTR, NULL, 0));
	EXPECT_EQ(ENODATA, errno);
	EXPECT_EQ(0, unlink(link));
	close(fd);
}

static struct outcome append(void *ctx)
{
	struct outcome o = { .err = EIO };
	int fd = open(ctx, O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, "x", 1) != 1)
		o.err = errno;
	else
		o.err = 0;
	return o;
}

static struct outcome shorten(void *ctx)
{
	return outcome_of(truncate(ctx, 100));
}

static struct outcome give_away(void *ctx)
{
	return outcome_of(chown(ctx, 1, 1));
}

/* What changes the content or the owner takes the value away */
TEST_F(xattr, kill)
{
	struct outcome (*const killers[])(void *) = {
		append, shorten, give_away,
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(killers); i++) {
		EXPECT_SET(0, self->a, value_v2());
		EXPECT_EQ(0, run_in(self->a, 0, killers[i], self->path).err);
		EXPECT_NO_VALUE();
		ASSERT_EQ(0, install_helper(self->path, 100000));
		EXPECT_SET(0, NS_INIT, value_v2());
		EXPECT_EQ(0, run_in(NS_INIT, 0, killers[i], self->path).err);
		EXPECT_NO_VALUE();
		ASSERT_EQ(0, install_helper(self->path, 100000));
	}
}

static struct outcome change_nothing(void *ctx)
{
	return outcome_of(chown(ctx, -1, -1));
}

/* A chown that names no owner takes it away as well, but not for everybody */
TEST_F(xattr, kill_without_owner)
{
	int sibling = userns_new(NS_INIT, "0 200000 65536\n");

	ASSERT_LE(0, sibling);
	EXPECT_SET(0, self->a, value_v2());
	EXPECT_EQ(EPERM, run_in(NS_INIT, 1000, change_nothing, self->path).err);
	EXPECT_EQ(EPERM, run_in(self->a, 1, change_nothing, self->path).err);
	EXPECT_EQ(EPERM, run_in(sibling, 0, change_nothing, self->path).err);
	EXPECT_STORED(value_v3(100000));
	/* the owner, and whoever has power over the file */
	EXPECT_EQ(0, run_in(NS_INIT, 100000, change_nothing, self->path).err);
	EXPECT_NO_VALUE();
	EXPECT_SET(0, self->a, value_v2());
	EXPECT_EQ(0, run_in(NS_INIT, 0, change_nothing, self->path).err);
	EXPECT_NO_VALUE();
	/* without a value there is nothing to ask for */
	EXPECT_EQ(0, run_in(NS_INIT, 1000, change_nothing, self->path).err);
	close(sibling);
}

/* What does not, leaves the value alone, byte for byte */
TEST_F(xattr, kept)
{
	char other[300];

	EXPECT_SET(0, self->a, value_v2());
	EXPECT_EQ(0, chmod(self->path, 0700));
	EXPECT_STORED(value_v3(100000));
	snprintf(other, sizeof(other), "%s.other", self->path);
	EXPECT_EQ(0, link(self->path, other));
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, rename(other, self->path));
	EXPECT_STORED(value_v3(100000));
	EXPECT_EQ(0, utimensat(AT_FDCWD, self->path, NULL, 0));
	EXPECT_STORED(value_v3(100000));
}

/* A write right after a set finds the value, though the inode knew of none */
TEST_F(xattr, kill_after_set)
{
	int fd = open(self->path, O_WRONLY | O_APPEND | O_CLOEXEC), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 10; i++) {
		/* the inode remembers that it has nothing to take away */
		ASSERT_EQ(1, write(fd, "x", 1));
		EXPECT_SET(0, self->a, value_v2());
		EXPECT_STORED(value_v3(100000));
		ASSERT_EQ(1, write(fd, "x", 1));
		EXPECT_NO_VALUE();
	}
	close(fd);
}

TEST_HARNESS_MAIN
