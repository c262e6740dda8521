// SPDX-License-Identifier: GPL-2.0
/*
 * security.capability with another security module beside the capability one.
 * What the module denies is denied with its errno and changes nothing, what it
 * allows is translated as without it, and where both refuse the answer is that
 * of the capability check, which comes first.  Each fixture is for a kernel that
 * was booted with lsm=landlock and the module of that name, so these tests are
 * not among those that are run everywhere.  The policies, compiled, lie beside
 * the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define NOBODY		65534
#define ATTR		"/proc/self/attr/"
#define SECURITYFS	"/sys/kernel/security/"
#define SMACKFS		"/sys/fs/smackfs"
#define SELINUXFS	"/sys/fs/selinux"

/* The first line of a small file, without its end */
static int first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "r");
	char *got;

	if (!f)
		return -1;
	got = fgets(line, size, f);
	fclose(f);
	if (!got)
		return -1;
	line[strcspn(line, "\n")] = 0;
	return 0;
}

/* All of a file in one write, as policies are to be handed over */
static int hand_over(const char *name, const char *to)
{
	char from[PATH_MAX], *blob = NULL;
	int in, out, err = -1;
	struct stat st;

	beside(from, name);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CLOEXEC);
	if (in >= 0 && out >= 0 && !fstat(in, &st))
		blob = malloc(st.st_size);
	if (blob && read(in, blob, st.st_size) == st.st_size &&
	    write(out, blob, st.st_size) == st.st_size)
		err = 0;
	free(blob);
	close(in);
	close(out);
	return err;
}

/**
 * struct object - a file with a capability, and who tries to change it
 * @ns: the namespaces of the table; A has the file, S has nothing to do with it
 * @path: the file, owned by A's root
 * @stored: its value, as root of the initial namespace sees it
 * @seen: the same, as A's root sees it
 */
struct object {
	int ns[CALLERS];
	char path[128];
	struct value stored;
	struct value seen;
};

static int object_new(struct object *o)
{
	o->stored = value_v3(100000);
	o->seen = value_v2();
	snprintf(o->path, sizeof(o->path), "%s/object", fs_dir("ext4"));
	if (table_new(o->ns) || install_helper(o->path, 100000))
		return -1;
	return 0;
}

static void object_free(struct object *o)
{
	unlink(o->path);
	table_close(o->ns);
}

static void expect_order(struct __test_metadata *_metadata, const char *want)
{
	char got[256];

	ASSERT_EQ(0, first_line(SECURITYFS "lsm", got, sizeof(got)));
	EXPECT_STREQ(want, got);
}

/* Read by root of the initial namespace and by that of A */
static void expect_stored(struct __test_metadata *_metadata, struct object *o)
{
	struct outcome got;

	got = get_in(NS_INIT, o->path, 64);
	EXPECT_EQ(0, got.err);
	EXPECT_TRUE(value_eq(&o->stored, &got.value));
	got = get_in(o->ns[A], o->path, 64);
	EXPECT_EQ(0, got.err);
	EXPECT_TRUE(value_eq(&o->seen, &got.value));
}

/* Before anything is denied, what is tried then is possible */
static void expect_possible(struct __test_metadata *_metadata, struct object *o)
{
	ASSERT_EQ(0, set_in(NS_INIT, o->path, value_v2(), 0).err);
	ASSERT_EQ(0, remove_in(o->ns[A], o->path).err);
	ASSERT_EQ(0, set_in(o->ns[A], o->path, value_v2(), 0).err);
	expect_stored(_metadata, o);
}

/* With another value than there is, so that a change would be seen */
static void expect_denied(struct __test_metadata *_metadata, struct object *o,
			  int ns, int err)
{
	EXPECT_EQ(err, set_in(ns, o->path, value_v3(5), 0).err);
	EXPECT_EQ(err, set_in(ns, o->path, value_v2(), XATTR_REPLACE).err);
	EXPECT_EQ(err, remove_in(ns, o->path).err);
	expect_stored(_metadata, o);
}

static void expect_allowed(struct __test_metadata *_metadata, struct object *o)
{
	o->stored = value_v3(100005);
	o->seen = value_v3(5);
	EXPECT_EQ(0, set_in(o->ns[A], o->path, o->seen, 0).err);
	expect_stored(_metadata, o);
	EXPECT_EQ(0, remove_in(o->ns[A], o->path).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, o->path, 64).err);
	o->stored = value_v3(100000);
	o->seen = value_v2();
	EXPECT_EQ(0, set_in(o->ns[A], o->path, o->seen, 0).err);
	expect_stored(_metadata, o);
}

static void expect_exec(struct __test_metadata *_metadata, struct object *o)
{
	struct creds c = exec_in(o->ns[A], NOBODY, o->path, NULL);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_EQ(TEST_MASK, c.effective);
	EXPECT_EQ(1, c.secure);
	c = exec_in(o->ns[S], NOBODY, o->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.secure);
}

/*
 * Smack: a write of any xattr asks for w on the object.  The capability that
 * overrides Smack counts in the initial namespace alone.
 */
FIXTURE(smack)
{
	struct object o;
};

/* This process, and what it starts, is the subject; it may do this much */
static int be_subject(const char *access)
{
	char rule[64];

	snprintf(rule, sizeof(rule), "Subject Object %s", access);
	return write_file(SMACKFS "/load2", rule) ||
	       write_file(ATTR "smack/current", "Subject") ? -1 : 0;
}

FIXTURE_SETUP(smack)
{
	/* where a test has failed early it is mounted still */
	if (mount("smackfs", SMACKFS, "smackfs", 0, NULL))
		ASSERT_EQ(EBUSY, errno);
	ASSERT_EQ(0, object_new(&self->o));
	expect_possible(_metadata, &self->o);
	ASSERT_EQ(0, setxattr(self->o.path, "security.SMACK64", "Object", 6, 0));
}

FIXTURE_TEARDOWN(smack)
{
	object_free(&self->o);
	umount(SMACKFS);
}

TEST_F(smack, order)
{
	expect_order(_metadata, "capability,landlock,smack,ima,evm");
}

TEST_F(smack, denied)
{
	ASSERT_EQ(0, be_subject("rx"));
	expect_denied(_metadata, &self->o, self->o.ns[A], EACCES);
}

TEST_F(smack, both)
{
	ASSERT_EQ(0, be_subject("rx"));
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(smack, unreadable)
{
	ASSERT_EQ(0, be_subject("x"));
	EXPECT_EQ(EACCES, get_in(self->o.ns[A], self->o.path, 64).err);
	EXPECT_EQ(EACCES, get_in(self->o.ns[A], self->o.path, 0).err);
	EXPECT_EQ(EACCES, get_in(self->o.ns[S], self->o.path, 64).err);
}

TEST_F(smack, allowed)
{
	ASSERT_EQ(0, be_subject("rwx"));
	expect_allowed(_metadata, &self->o);
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(smack, exec)
{
	ASSERT_EQ(0, be_subject("rx"));
	expect_exec(_metadata, &self->o);
}

/*
 * AppArmor: it mediates capabilities, in whatever namespace, so its denial is
 * the EPERM of who lacks one.
 */
FIXTURE(apparmor)
{
	struct object o;
};

static int be_profile(const char *profile)
{
	char line[64];

	snprintf(line, sizeof(line), "changeprofile %s", profile);
	return write_file(ATTR "apparmor/current", line);
}

FIXTURE_SETUP(apparmor)
{
	ASSERT_EQ(0, hand_over("apparmor.policy", SECURITYFS "apparmor/.replace"));
	ASSERT_EQ(0, object_new(&self->o));
	expect_possible(_metadata, &self->o);
}

FIXTURE_TEARDOWN(apparmor)
{
	object_free(&self->o);
}

TEST_F(apparmor, order)
{
	expect_order(_metadata, "capability,landlock,apparmor,ima,evm");
}

TEST_F(apparmor, denied)
{
	ASSERT_EQ(0, be_profile("nscaps_denied"));
	expect_denied(_metadata, &self->o, self->o.ns[A], EPERM);
	expect_denied(_metadata, &self->o, NS_INIT, EPERM);
}

TEST_F(apparmor, both)
{
	ASSERT_EQ(0, be_profile("nscaps_denied"));
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(apparmor, allowed)
{
	ASSERT_EQ(0, be_profile("nscaps_allowed"));
	expect_allowed(_metadata, &self->o);
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(apparmor, exec)
{
	ASSERT_EQ(0, be_profile("nscaps_denied"));
	expect_exec(_metadata, &self->o);
}

/*
 * SELinux: a write of any xattr but its own asks for setattr on the file, and
 * CAP_SETFCAP for a permission of its own.
 */
FIXTURE(selinux)
{
	struct object o;
};

/* The policy is that of the whole system, and loaded once */
static int selinux_start(void)
{
	char enforce[16];

	/* where a test has failed early it is mounted still */
	if (mount("selinuxfs", SELINUXFS, "selinuxfs", 0, NULL) && errno != EBUSY)
		return -1;
	if (first_line(SELINUXFS "/enforce", enforce, sizeof(enforce)))
		return -1;
	if (!strcmp(enforce, "1"))
		return 0;
	return hand_over("selinux.policy", SELINUXFS "/load") ||
	       write_file(SELINUXFS "/enforce", "1") ? -1 : 0;
}

static int be_domain(const char *type)
{
	char context[128];

	snprintf(context, sizeof(context), "user_u:base_r:%s", type);
	return write_file(ATTR "current", context);
}

FIXTURE_SETUP(selinux)
{
	static const char label[] = "user_u:object_r:victim_t";

	ASSERT_EQ(0, selinux_start());
	ASSERT_EQ(0, object_new(&self->o));
	ASSERT_EQ(0, setxattr(self->o.path, "security.selinux", label,
			      sizeof(label), 0));
	expect_possible(_metadata, &self->o);
}

FIXTURE_TEARDOWN(selinux)
{
	object_free(&self->o);
	umount(SELINUXFS);
}

TEST_F(selinux, order)
{
	expect_order(_metadata, "capability,landlock,selinux,ima,evm");
}

TEST_F(selinux, denied)
{
	ASSERT_EQ(0, be_domain("no_setattr_t"));
	expect_denied(_metadata, &self->o, self->o.ns[A], EACCES);
	expect_denied(_metadata, &self->o, NS_INIT, EACCES);
}

TEST_F(selinux, denied_capability)
{
	ASSERT_EQ(0, be_domain("no_setfcap_t"));
	expect_denied(_metadata, &self->o, self->o.ns[A], EPERM);
	expect_denied(_metadata, &self->o, NS_INIT, EPERM);
}

TEST_F(selinux, both)
{
	ASSERT_EQ(0, be_domain("no_setattr_t"));
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(selinux, both_of_selinux)
{
	ASSERT_EQ(0, be_domain("neither_t"));
	expect_denied(_metadata, &self->o, self->o.ns[A], EPERM);
}

TEST_F(selinux, unreadable)
{
	ASSERT_EQ(0, be_domain("no_getattr_t"));
	EXPECT_EQ(EACCES, get_in(self->o.ns[A], self->o.path, 64).err);
	EXPECT_EQ(EACCES, get_in(self->o.ns[S], self->o.path, 64).err);
	EXPECT_EQ(EACCES, get_in(NS_INIT, self->o.path, 0).err);
}

TEST_F(selinux, allowed)
{
	ASSERT_EQ(0, be_domain("base_t"));
	expect_allowed(_metadata, &self->o);
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(selinux, exec)
{
	ASSERT_EQ(0, be_domain("no_setattr_t"));
	expect_exec(_metadata, &self->o);
}

/* Landlock has no right for xattrs, so all is as without it */
FIXTURE(landlock)
{
	struct object o;
};

/* From here on this process and what it starts can read and execute, only */
static int be_restricted(void)
{
	const __u64 allowed = LANDLOCK_ACCESS_FS_EXECUTE |
			      LANDLOCK_ACCESS_FS_READ_FILE |
			      LANDLOCK_ACCESS_FS_READ_DIR;
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1,
	};
	struct landlock_path_beneath_attr root = { .allowed_access = allowed };
	int fd, err;

	fd = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	root.parent_fd = open("/", O_PATH | O_CLOEXEC);
	err = syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		      &root, 0) ||
	      syscall(SYS_landlock_restrict_self, fd, 0);
	close(root.parent_fd);
	close(fd);
	return err ? -1 : 0;
}

FIXTURE_SETUP(landlock)
{
	ASSERT_EQ(0, object_new(&self->o));
	expect_possible(_metadata, &self->o);
	ASSERT_EQ(0, be_restricted());
}

/* the file stays, as nothing can be removed; the next one is put in its place */
FIXTURE_TEARDOWN(landlock)
{
	table_close(self->o.ns);
}

TEST_F(landlock, order)
{
	expect_order(_metadata, "capability,landlock,ima,evm");
}

TEST_F(landlock, allowed)
{
	expect_allowed(_metadata, &self->o);
}

TEST_F(landlock, both)
{
	expect_denied(_metadata, &self->o, self->o.ns[S], EPERM);
}

TEST_F(landlock, exec)
{
	expect_exec(_metadata, &self->o);
}

static struct outcome do_open(void *path)
{
	return outcome_of(open(path, O_WRONLY | O_CLOEXEC));
}

static struct outcome do_truncate(void *path)
{
	return outcome_of(truncate(path, 0));
}

/* A write that it denies does not take the value away */
TEST_F(landlock, denied_write)
{
	struct object *o = &self->o;

	EXPECT_EQ(EACCES, run_in(o->ns[A], 0, do_truncate, o->path).err);
	EXPECT_EQ(EACCES, run_in(o->ns[A], 0, do_open, o->path).err);
	EXPECT_EQ(EACCES, run_in(NS_INIT, 0, do_truncate, o->path).err);
	expect_stored(_metadata, o);
}

TEST_HARNESS_MAIN
