// SPDX-License-Identifier: GPL-2.0
/*
 * What audit records of file capabilities: the root, through the idmap of the
 * mount that the file was found on, and why an exec did not honour them.
 * Nobody listens to audit here, so that the kernel prints its records to its
 * log.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define NOBODY	65534

/* younger than the headers of some systems */
#ifndef AUDIT_NSCAPS
#define AUDIT_NSCAPS	1399
#endif

/* for a record to come; only a failure waits for so long */
#define TIMEOUT_MS	10000

struct audit_request {
	struct nlmsghdr h;
	union {
		struct audit_status status;
		struct audit_rule_data rule;
	};
};

static int audit_send(int type, const void *data, size_t size)
{
	struct audit_request req = {
		.h = {
			.nlmsg_len = NLMSG_LENGTH(size),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr err;
	} reply;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	int err = EIO;

	if (fd < 0)
		return errno;
	memcpy(NLMSG_DATA(&req.h), data, size);
	if (send(fd, &req, req.h.nlmsg_len, 0) < 0)
		err = errno;
	else if (recv(fd, &reply, sizeof(reply), 0) > 0 &&
		 reply.h.nlmsg_type == NLMSG_ERROR)
		err = -reply.err.error;
	close(fd);
	return err;
}

static int audit_enable(bool on)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_RATE_LIMIT,
		.enabled = on,
	};

	return audit_send(AUDIT_SET, &status, sizeof(status));
}

/* A rule that asks for every call of @nr */
static int audit_rule(int type, int nr)
{
	struct audit_rule_data rule = {
		.flags = AUDIT_FILTER_EXIT,
		.action = AUDIT_ALWAYS,
	};

	rule.mask[AUDIT_WORD(nr)] = AUDIT_BIT(nr);
	return audit_send(type, &rule, sizeof(rule));
}

FIXTURE(audit)
{
	int a, kmsg;
	char dir[256], path[300], other[300];
};

FIXTURE_VARIANT(audit)
{
	const char *fs;
};

FIXTURE_VARIANT_ADD(audit, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(audit, ext4) { .fs = "ext4" };

FIXTURE_SETUP(audit)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	snprintf(self->dir, sizeof(self->dir), "%s/dir", fs_dir(variant->fs));
	snprintf(self->path, sizeof(self->path), "%s/file", self->dir);
	ASSERT_EQ(0, mkdir(self->dir, 0755));
	ASSERT_EQ(0, install_helper(self->path, 0));

	/* the directory once more, at /mnt: 0 is 100000 there */
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));

	/* none of the records is to be left out */
	ASSERT_EQ(0, write_file("/proc/sys/kernel/printk_ratelimit", "0"));
	self->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, self->kmsg);
	ASSERT_LE(0, lseek(self->kmsg, 0, SEEK_END));
	ASSERT_EQ(0, audit_rule(AUDIT_ADD_RULE, SYS_execve));
	ASSERT_EQ(0, audit_rule(AUDIT_ADD_RULE, SYS_unlinkat));
	ASSERT_EQ(0, audit_enable(true));
}

FIXTURE_TEARDOWN(audit)
{
	audit_enable(false);
	write_file("/proc/sys/kernel/printk_ratelimit", "5");
	audit_rule(AUDIT_DEL_RULE, SYS_execve);
	audit_rule(AUDIT_DEL_RULE, SYS_unlinkat);
	/* what a test has put over it as well */
	while (!umount2("/mnt", MNT_DETACH))
		;
	unlink("/tmp/disk");
	unlink(self->path);
	if (self->other[0])
		unlink(self->other);
	rmdir(self->dir);
	close(self->kmsg);
	close(self->a);
}

/* Wait for a record of @type that has @word in it; its text */
static bool audit_record(int kmsg, int type, const char *word, char *text,
			 size_t size)
{
	struct pollfd p = { .fd = kmsg, .events = POLLIN };
	char want[32];
	ssize_t n;

	snprintf(want, sizeof(want), "audit: type=%d ", type);
	for (;;) {
		n = read(kmsg, text, size - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n < 0 && errno == EAGAIN && poll(&p, 1, TIMEOUT_MS) == 1)
			continue;
		if (n < 0)
			return false;
		text[n] = 0;
		if (strstr(text, want) && strstr(text, word))
			return true;
	}
}

/* An exec that is honoured: the very value, its root as at the mount */
TEST_F(audit, exec_idmapped)
{
	char text[8192];

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(TEST_MASK,
		  exec_in(self->a, NOBODY, "/mnt/file", NULL).permitted);
	ASSERT_TRUE(audit_record(self->kmsg, AUDIT_BPRM_FCAPS, "fver=", text,
				 sizeof(text)));
	EXPECT_NE(NULL,
		  strstr(text, " fver=2 fp=0000000000002000 fi=0 fe=1 "))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, " frootid=100000")) TH_LOG("%s", text);
}

/* The path record of the same: the root through the idmap */
TEST_F(audit, path_idmapped)
{
	char text[8192];

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(TEST_MASK,
		  exec_in(self->a, NOBODY, "/mnt/file", NULL).permitted);
	ASSERT_TRUE(audit_record(self->kmsg, AUDIT_PATH, "name=\"/mnt/file\"",
				 text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "cap_fp=0000000000002000"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "cap_fver=2")) TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "cap_frootid=100000"))
		TH_LOG("%s", text);
}

/* Without an idmap the records are what they were */
TEST_F(audit, exec_plain)
{
	char text[8192];

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(TEST_MASK,
		  exec_in(NS_INIT, NOBODY, self->path, NULL).permitted);
	ASSERT_TRUE(audit_record(self->kmsg, AUDIT_BPRM_FCAPS, "fver=", text,
				 sizeof(text)));
	EXPECT_NE(NULL, strstr(text, " fver=2 ")) TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, " frootid=0")) TH_LOG("%s", text);
}

/* What a record shows of the tests' value */
#define CAPS	"fver=2 fp=0000000000002000 fi=0 fe=1 "

/* The record of an exec that did not honour the capabilities of @path */
static void expect_nscaps(struct __test_metadata *_metadata, int kmsg,
			  const char *path, const char *reason, int err,
			  const char *caps)
{
	char text[8192], want[512];
	struct stat st;

	ASSERT_EQ(0, stat(path, &st));
	snprintf(want, sizeof(want),
		 "): reason=%s err=%d inode=%lu dev=%02x:%02x %s\n",
		 reason, -err, st.st_ino, major(st.st_dev), minor(st.st_dev),
		 caps);
	/* the first one since the test began */
	ASSERT_TRUE(audit_record(kmsg, AUDIT_NSCAPS, "", text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, want)) TH_LOG("%s%s", text, want);
}

/* Nothing is told of a file without a value, nor of one that is honoured */
TEST_F(audit, not_ignored)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(TEST_MASK,
		  exec_in(NS_INIT, NOBODY, self->path, NULL).permitted);
	ASSERT_EQ(TEST_MASK,
		  exec_in(self->a, NOBODY, "/mnt/file", NULL).permitted);
	ASSERT_EQ(0, mount(NULL, "/mnt", NULL,
			   MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
	snprintf(self->other, sizeof(self->other), "%s/other", self->dir);
	ASSERT_EQ(0, install_helper(self->other, 0));
	ASSERT_EQ(0, exec_in(self->a, NOBODY, "/mnt/other", NULL).err);
	/* the first record is of what comes now */
	ASSERT_EQ(0, exec_in(self->a, NOBODY, "/mnt/file", NULL).err);
	expect_nscaps(_metadata, self->kmsg, self->path, "mnt_nosuid", 0,
		      CAPS "frootid=100000 frootid_disk=0 pp=? pe=?");
}

TEST_F(audit, ignored)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, exec_in(NS_INIT, NOBODY, "/mnt/file", NULL).permitted);
	expect_nscaps(_metadata, self->kmsg, self->path, "root_not_owner", 0,
		      CAPS "frootid=100000 frootid_disk=0 pp=? pe=?");
}

/* Honoured, and taken away when the credentials were made */
TEST_F(audit, cut)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, exec_in(NS_INIT, NOBODY, self->path,
			     no_new_privs).permitted);
	expect_nscaps(_metadata, self->kmsg, self->path, "no_new_privs", 0,
		      CAPS "frootid=0 frootid_disk=0 pp=0 pe=0");
}

static void drop_bounding(void)
{
	prctl(PR_CAPBSET_DROP, TEST_CAP, 0, 0, 0);
	if (setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
}

/* The exec that fails is told of as well */
TEST_F(audit, refused)
{
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(EPERM, exec_in(NS_INIT, 0, self->path, drop_bounding).err);
	expect_nscaps(_metadata, self->kmsg, self->path, "outside_bounding", EPERM,
		      CAPS "frootid=0 frootid_disk=0 pp=? pe=?");
}

/* Of what cannot be read there is no root, rather than the initial one */
TEST_F(audit, malformed)
{
	struct value v = value_v2();

	v.size--;
	ASSERT_EQ(0, disk_with(helper_path(), &v));
	EXPECT_EQ(EINVAL, exec_in(NS_INIT, NOBODY, "/mnt/file", NULL).err);
	expect_nscaps(_metadata, self->kmsg, "/mnt/file", "malformed", EINVAL,
		      "fver=0 fp=0 fi=0 fe=0 frootid=-1 frootid_disk=-1 pp=? pe=?");
}

static struct outcome remove_file(void *path)
{
	return outcome_of(unlinkat(AT_FDCWD, path, 0));
}

/* A child reached through the mount of its parent: the parent's idmap */
TEST_F(audit, unlink_idmapped)
{
	char text[8192];

	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	ASSERT_EQ(0, chmod(self->dir, 0777));
	ASSERT_EQ(0, run_in(self->a, 0, remove_file, "/mnt/file").err);
	ASSERT_TRUE(audit_record(self->kmsg, AUDIT_PATH, "nametype=DELETE",
				 text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "cap_frootid=100000"))
		TH_LOG("%s", text);
}

TEST_HARNESS_MAIN
