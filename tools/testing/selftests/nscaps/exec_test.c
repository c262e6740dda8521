// SPDX-License-Identifier: GPL-2.0
/*
 * What execve(2) makes of file capabilities: nosuid and foreign mounts,
 * no_new_privs, securebits, ptrace, the bounding and inheritable sets,
 * set-user-ID, idmapped mounts, filesystems mounted in a namespace, and values
 * on disk that are malformed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define NOBODY	65534

FIXTURE(exec)
{
	int a, sibling;
	char path[256], dir[256];
};

FIXTURE_VARIANT(exec)
{
	const char *fs;
};

FIXTURE_VARIANT_ADD(exec, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(exec, ext4) { .fs = "ext4" };

FIXTURE_SETUP(exec)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->sibling = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->sibling);
	snprintf(self->dir, sizeof(self->dir), "%s/dir", fs_dir(variant->fs));
	ASSERT_EQ(0, mkdir(self->dir, 0755));
	snprintf(self->path, sizeof(self->path), "%s/dir/file",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, install_helper(self->path, 100000));
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
}

FIXTURE_TEARDOWN(exec)
{
	umount2("/mnt", MNT_DETACH);
	close(self->a);
	close(self->sibling);
	unlink(self->path);
	rmdir(self->dir);
}

#define EXPECT_CAPS(_mask, _ns, _uid, _path, _prepare) do {		\
	struct creds _c = exec_in(_ns, _uid, _path, _prepare);		\
	EXPECT_EQ(0, _c.err);						\
	EXPECT_EQ((_mask), _c.permitted);				\
	EXPECT_EQ((_mask), _c.effective);				\
	EXPECT_EQ(!!(_mask), _c.secure);				\
	EXPECT_EQ((_uid), _c.uid);					\
} while (0)

/* The control for all that follows */
TEST_F(exec, honoured)
{
	EXPECT_CAPS(TEST_MASK, self->a, NOBODY, self->path, NULL);
	EXPECT_CAPS(0, NS_INIT, NOBODY, self->path, NULL);
	EXPECT_CAPS(0, self->sibling, NOBODY, self->path, NULL);
}

/* Without the effective flag the capability is permitted alone */
TEST_F(exec, not_effective)
{
	struct value v = value_v2();
	struct creds c;

	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2);
	ASSERT_EQ(0, set_in(self->a, self->path, v, 0).err);
	c = exec_in(self->a, NOBODY, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(0, c.effective);
	EXPECT_EQ(1, c.secure);
}

/* Bits that no capability has a name for give nothing, and do no harm */
TEST_F(exec, unknown_caps)
{
	struct value v = value_v2();

	v.caps.data[1].permitted = htole32(0xffff0000);
	ASSERT_EQ(0, set_in(self->a, self->path, v, 0).err);
	EXPECT_CAPS(TEST_MASK, self->a, NOBODY, self->path, NULL);
}

/* The high word is the second one */
TEST_F(exec, high_caps)
{
	struct value v = value_v2();

	v.caps.data[0].permitted = 0;
	v.caps.data[1].permitted = htole32(1 << (CAP_SYSLOG - 32));
	ASSERT_EQ(0, set_in(self->a, self->path, v, 0).err);
	EXPECT_CAPS(1ULL << CAP_SYSLOG, self->a, NOBODY, self->path, NULL);
}

static int bind_attr(const char *dir, unsigned long flags)
{
	if (mount(dir, "/mnt", NULL, MS_BIND, NULL))
		return -1;
	return mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_BIND | flags, NULL);
}

TEST_F(exec, nosuid)
{
	ASSERT_EQ(0, bind_attr(self->dir, MS_NOSUID));
	EXPECT_CAPS(0, self->a, NOBODY, "/mnt/file", NULL);
	/* the same file, not by that mount */
	EXPECT_CAPS(TEST_MASK, self->a, NOBODY, self->path, NULL);
}

/* Nothing more than before; and still a secure execution */
TEST_F(exec, no_new_privs)
{
	struct creds c = exec_in(self->a, NOBODY, self->path, no_new_privs);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.effective);
}

static void drop_bounding(void)
{
	/* CAP_SETPCAP is gone with uid 0, so this is run as root */
	prctl(PR_CAPBSET_DROP, TEST_CAP, 0, 0, 0);
	if (setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

/* Outside the bounding set: EPERM where the file says effective */
TEST_F(exec, bounding_effective)
{
	EXPECT_EQ(EPERM, exec_in(self->a, 0, self->path, drop_bounding).err);
}

TEST_F(exec, bounding_permitted)
{
	struct value v = value_v2();
	struct creds c;

	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2);
	ASSERT_EQ(0, set_in(self->a, self->path, v, 0).err);
	c = exec_in(self->a, 0, self->path, drop_bounding);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
}

static void inherit(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2] = {};

	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
	d[0].permitted = TEST_MASK;
	d[0].inheritable = TEST_MASK;
	if (syscall(SYS_capset, &h, d))
		_exit(1);
}

/* pI & fI */
TEST_F(exec, inheritable)
{
	struct value v = value_v2();
	struct creds c;

	v.caps.data[0].permitted = 0;
	v.caps.data[0].inheritable = htole32(TEST_MASK);
	ASSERT_EQ(0, set_in(self->a, self->path, v, 0).err);
	c = exec_in(self->a, 0, self->path, inherit);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(TEST_MASK, c.effective);
	EXPECT_EQ(TEST_MASK, c.inheritable);
	/* who has nothing to inherit gets nothing; secure all the same */
	c = exec_in(self->a, NOBODY, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(1, c.secure);
}

static void noroot(void)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED))
		_exit(1);
}

/* Root without the powers of root has those of the file, and no others */
TEST_F(exec, securebits_noroot)
{
	struct creds c = exec_in(self->a, 0, self->path, noroot);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(TEST_MASK, c.effective);

	/* a value of another root's gives it nothing at all */
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v3(200000), 0).err);
	c = exec_in(self->a, 0, self->path, noroot);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
}

/* A tracer without CAP_SYS_PTRACE must not get hold of the capabilities */
TEST_F(exec, ptraced)
{
	struct creds c = exec_in(self->a, NOBODY, self->path, be_traced);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.effective);
}

/* Set-user-ID to the namespace's root and capabilities: only the latter */
TEST_F(exec, setuid_mix)
{
	struct creds c;

	ASSERT_EQ(0, chmod(self->path, 04755));
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	c = exec_in(self->a, NOBODY, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(NOBODY, c.uid);
	EXPECT_EQ(0, c.euid);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(TEST_MASK, c.effective);
}

/* A script has no capabilities of its own: those of its interpreter count */
TEST_F(exec, script)
{
	char script[300], text[300];
	struct creds c;

	snprintf(script, sizeof(script), "%s/script", self->dir);
	snprintf(text, sizeof(text), "#!%s\n", helper_path());
	close(open(script, O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	ASSERT_EQ(0, write_file(script, text));
	ASSERT_EQ(0, chown(script, 100000, 100000));
	ASSERT_EQ(0, set_in(self->a, script, value_v2(), 0).err);
	c = exec_in(self->a, NOBODY, script, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	snprintf(text, sizeof(text), "#!%s\n", self->path);
	ASSERT_EQ(0, write_file(script, text));
	c = exec_in(self->a, NOBODY, script, NULL);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(0, unlink(script));
}

#define EXPECT_GET(_want, _ns, _path) do {				\
	struct value _v = _want;					\
	struct outcome _o = get_in(_ns, _path, 64);			\
	EXPECT_EQ(0, _o.err);						\
	EXPECT_TRUE(value_eq(&_v, &_o.value));				\
} while (0)

/* The root of the disk is root 100000 at the mount, for everyone */
TEST_F(exec, idmapped_read)
{
	ASSERT_EQ(0, chown(self->path, 0, 0));
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	EXPECT_GET(value_v3(100000), NS_INIT, "/mnt/file");
	EXPECT_GET(value_v2(), self->a, "/mnt/file");
	EXPECT_EQ(EOVERFLOW, get_in(self->sibling, "/mnt/file", 64).err);
	EXPECT_CAPS(0, NS_INIT, NOBODY, "/mnt/file", NULL);
	EXPECT_CAPS(TEST_MASK, self->a, NOBODY, "/mnt/file", NULL);
	EXPECT_CAPS(0, self->sibling, NOBODY, "/mnt/file", NULL);
	/* and not by the other way to the same file */
	EXPECT_CAPS(TEST_MASK, NS_INIT, NOBODY, self->path, NULL);
}

TEST_F(exec, idmapped_write)
{
	ASSERT_EQ(0, chown(self->path, 0, 0));
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	/* init's root has no image on this disk */
	EXPECT_EQ(EINVAL, set_in(NS_INIT, "/mnt/file", value_v2(), 0).err);
	EXPECT_EQ(EINVAL, set_in(NS_INIT, "/mnt/file", value_v3(99999), 0).err);
	EXPECT_EQ(EINVAL, set_in(NS_INIT, "/mnt/file", value_v3(165536), 0).err);
	EXPECT_EQ(0, set_in(NS_INIT, "/mnt/file", value_v3(100000), 0).err);
	EXPECT_GET(value_v2(), NS_INIT, self->path);
	EXPECT_EQ(0, set_in(NS_INIT, "/mnt/file", value_v3(101000), 0).err);
	EXPECT_GET(value_v3(1000), NS_INIT, self->path);
	/* the namespace writes its own root: 0 on the disk, as form 3 */
	EXPECT_EQ(0, set_in(self->a, "/mnt/file", value_v2(), 0).err);
	EXPECT_GET(value_v2(), NS_INIT, self->path);
	EXPECT_EQ(0, set_in(self->a, "/mnt/file", value_v3(7), 0).err);
	EXPECT_GET(value_v3(7), NS_INIT, self->path);
	EXPECT_EQ(EPERM, set_in(self->sibling, "/mnt/file", value_v2(), 0).err);
	EXPECT_EQ(EPERM, remove_in(self->sibling, "/mnt/file").err);
	EXPECT_EQ(0, remove_in(self->a, "/mnt/file").err);
}

/* A rootid that the mount's idmap has no place for: not to be expressed */
TEST_F(exec, idmapped_unmapped_root)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v3(70000), 0).err);
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	EXPECT_EQ(EOVERFLOW, get_in(NS_INIT, "/mnt/file", 64).err);
	EXPECT_EQ(EOVERFLOW, get_in(self->a, "/mnt/file", 0).err);
	EXPECT_CAPS(0, NS_INIT, NOBODY, "/mnt/file", NULL);
	EXPECT_CAPS(0, self->a, NOBODY, "/mnt/file", NULL);
}

TEST_HARNESS_MAIN
