// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel that was booted with no_file_caps: execve(2) does not even look at
 * file capabilities, and all else is as ever.  On another kernel these tests
 * fail, so they are not among those that are run everywhere.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "verdict.h"

#define USER		999
#define ALL_CAPS	((1ULL << (CAP_LAST_CAP + 1)) - 1)

FIXTURE(why)
{
	int a;
	char file[128];
};

FIXTURE_SETUP(why)
{
	ASSERT_EQ(0, tracing_start());
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	snprintf(self->file, sizeof(self->file), "%s/file", fs_dir("tmpfs"));
	ASSERT_EQ(0, copy_noop(self->file));
}

FIXTURE_TEARDOWN(why)
{
	umount2("/mnt", MNT_DETACH);
	unlink(self->file);
	close(self->a);
	tracing_stop();
}

/* It is the reason whatever the value is, and whatever else is in the way */
TEST_F(why, disabled)
{
	struct value v = value_v2(), bad = value_v2();

	EXPECT_BOTH("disabled", "", SPEC(self->a), self->file);
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("disabled", "", SPEC(NS_INIT), self->file);
	EXPECT_BOTH("disabled", "", SPEC(self->a, .no_new_privs = true), self->file);
	v = value_v3(100000);
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("disabled", "", SPEC(self->a), self->file);
	bad.size--;
	ASSERT_EQ(0, disk_with_noop(&bad));
	EXPECT_BOTH("disabled", "", SPEC(self->a), "/mnt/file");
}

FIXTURE(off)
{
	int ns[CALLERS];
	char path[128];
};

FIXTURE_SETUP(off)
{
	ASSERT_EQ(0, table_new(self->ns));
	snprintf(self->path, sizeof(self->path), "%s/caps", fs_dir("ext4"));
	ASSERT_EQ(0, install_helper(self->path, 100000));
}

FIXTURE_TEARDOWN(off)
{
	umount2("/mnt", MNT_DETACH);
	table_close(self->ns);
	unlink(self->path);
}

TEST_F(off, exec)
{
	const struct value v2 = value_v2(), v3 = value_v3(100000);
	struct creds c;

	ASSERT_EQ(0, set_in(NS_INIT, self->path, v2, 0).err);
	c = exec_in(NS_INIT, USER, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.effective);
	EXPECT_EQ(0, c.secure);
	ASSERT_EQ(0, set_in(NS_INIT, self->path, v3, 0).err);
	c = exec_in(self->ns[A], USER, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.effective);
}

/* Root is root all the same */
TEST_F(off, exec_root)
{
	struct creds c;

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	c = exec_in(self->ns[A], 0, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(ALL_CAPS, c.permitted);
	EXPECT_EQ(ALL_CAPS, c.effective);
}

/* Where no value counts, set-user-ID is not held up by one */
TEST_F(off, exec_setuid)
{
	struct creds c;

	ASSERT_EQ(0, chmod(self->path, 04755));
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v3(100000), 0).err);
	c = exec_in(self->ns[A], USER, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(USER, c.uid);
	EXPECT_EQ(0, c.euid);
	EXPECT_EQ(ALL_CAPS, c.permitted);
	EXPECT_EQ(ALL_CAPS, c.effective);
}

/* What would fail an execve(2) does not */
TEST_F(off, exec_malformed)
{
	struct value bad = value_v2();
	struct outcome o;

	bad.size--;
	ASSERT_EQ(0, disk_with_noop(&bad));
	/* the program does nothing, and that it did so is its status of 0 */
	EXPECT_EQ(0, system("/mnt/file"));
	o = get_in(NS_INIT, "/mnt/file", 64);
	EXPECT_EQ(EINVAL, o.err);
}

/* The table's answers for getxattr(2), of a root of A */
TEST_F(off, get)
{
	static const struct {
		int err;
		long long rootid;
	} want[CALLERS] = {
		[INIT] = { .rootid = 100000 },
		[A] = { .rootid = -1 },
		[B] = { .rootid = -1 },
		[B0] = { .rootid = -1 },
		[S] = { .err = EOVERFLOW },
		[M] = { .rootid = 5 },
	};
	const struct value v2 = value_v2();

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v3(100000), 0).err);
	for (int i = 0; i < CALLERS; i++) {
		struct outcome o = get_in(self->ns[i], self->path, 64);
		struct value v = want[i].rootid < 0 ? v2 : value_v3(want[i].rootid);

		EXPECT_EQ(want[i].err, o.err);
		if (!want[i].err)
			EXPECT_TRUE(value_eq(&v, &o.value));
	}
}

static struct outcome set_here(void *path)
{
	const struct value v = value_v2();

	return (struct outcome) { .err = set_value(path, &v) ? errno : 0 };
}

TEST_F(off, set_and_remove)
{
	const struct value v3 = value_v3(100000);
	struct value empty = {};
	struct outcome o;

	EXPECT_EQ(EPERM, run_in(NS_INIT, USER, set_here, self->path).err);
	EXPECT_EQ(EPERM, set_in(self->ns[S], self->path, value_v2(), 0).err);
	EXPECT_EQ(EINVAL, set_in(NS_INIT, self->path, empty, 0).err);
	EXPECT_EQ(EINVAL, set_in(self->ns[A], self->path, value_v3(70000), 0).err);
	EXPECT_EQ(0, set_in(self->ns[A], self->path, value_v2(), 0).err);
	o = get_in(NS_INIT, self->path, 64);
	EXPECT_EQ(0, o.err);
	EXPECT_TRUE(value_eq(&v3, &o.value));
	EXPECT_EQ(EPERM, remove_in(self->ns[S], self->path).err);
	EXPECT_EQ(0, remove_in(self->ns[A], self->path).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err);
}

/* A write and a chown take it away */
TEST_F(off, kill)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, truncate(self->path, 0));
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err);
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, chown(self->path, USER, USER));
	EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err);
}

TEST_HARNESS_MAIN
