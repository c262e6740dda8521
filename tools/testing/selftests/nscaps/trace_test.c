// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints: one event for each decision, with the reason that there
 * was, for every reason that a system call can meet. "disabled" takes a kernel
 * that was booted so: see disabled_test.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

/* mapped in every namespace, and root in none */
#define USER		999

#define TRACEFS		"/tmp/tracefs"
#define INSTANCE	TRACEFS "/instances/nscaps"

/* No namespace owns the value */
#define NOBODYS		(-2)

/**
 * struct want - an event, as it is to be
 * @name: its name, without nscaps_
 * @reason: the reason
 * @pid: the process
 * @path: the file
 * @ns: the namespace of the process
 * @owner: the namespace whose root the value's is, or NOBODYS
 * @value: the bytes that show the sets, the flag and the revision, if any
 * @rootid_disk: the rootid on disk
 * @rootid: the same as the process sees it
 * @err: the errno, positive
 * @more: the rest of the line
 */
struct want {
	const char *name;
	const char *reason;
	pid_t pid;
	const char *path;
	int ns;
	int owner;
	const struct value *value;
	long long rootid_disk;
	long long rootid;
	int err;
	const char *more;
};

/* What is not known of a value that was not looked at */
#define NOTHING	.owner = NOBODYS, .rootid_disk = -1, .rootid = -1

static void trace_start(struct __test_metadata *_metadata)
{
	ASSERT_TRUE(!mkdir(TRACEFS, 0700) || errno == EEXIST);
	ASSERT_EQ(0, mount("nscaps", TRACEFS, "tracefs", 0, NULL));
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, write_file(INSTANCE "/events/nscaps/enable", "1"));
}

static void trace_stop(void)
{
	write_file(INSTANCE "/events/nscaps/enable", "0");
	rmdir(INSTANCE);
	umount(TRACEFS);
}

static unsigned int ns_inum(int ns)
{
	struct stat st = {};

	if (ns == NOBODYS)
		return 0;
	if (ns == NS_INIT ? stat("/proc/self/ns/user", &st) : fstat(ns, &st))
		return -1;
	return st.st_ino;
}

/* The whole line, but for what the trace itself puts before it */
static void want_text(const struct want *w, char *text, size_t size)
{
	const struct vfs_ns_cap_data none = {};
	const struct vfs_ns_cap_data *caps = w->value ? &w->value->caps : &none;
	const uint32_t magic = le32toh(caps->magic_etc);
	const bool high = magic >= VFS_CAP_REVISION_2;
	unsigned long long prm = le32toh(caps->data[0].permitted);
	unsigned long long inh = le32toh(caps->data[0].inheritable);
	struct stat st = {};

	stat(w->path, &st);
	if (high) {
		prm |= (unsigned long long)le32toh(caps->data[1].permitted) << 32;
		inh |= (unsigned long long)le32toh(caps->data[1].inheritable) << 32;
	}
	snprintf(text, size,
		 ": nscaps_%s: dev=%u:%u ino=%llu pid=%d caller_ns=%u owner_ns=%u rootid_disk=%lld rootid=%lld permitted=%016llx inheritable=%016llx revision=%u effective=%d err=%d reason=%s%s\n",
		 w->name, (unsigned int)(st.st_dev >> 8 & 0xfff),
		 (unsigned int)(st.st_dev & 0xff), (unsigned long long)st.st_ino,
		 w->pid, ns_inum(w->ns), ns_inum(w->owner), w->rootid_disk,
		 w->rootid, prm, inh, magic >> VFS_CAP_REVISION_SHIFT,
		 magic & VFS_CAP_FLAGS_EFFECTIVE, -w->err, w->reason,
		 w->more ? w->more : "");
}

/* All that was traced of this name and this process; the last line of it */
static int trace_lines(const struct want *w, char *last, size_t size)
{
	char line[1024], name[32], pid[32];
	int count = 0;
	FILE *f = fopen(INSTANCE "/trace", "r");

	*last = 0;
	if (!f)
		return -1;
	snprintf(name, sizeof(name), ": nscaps_%s: ", w->name);
	snprintf(pid, sizeof(pid), " pid=%d ", w->pid);
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, name) || !strstr(line, pid))
			continue;
		snprintf(last, size, "%s", strstr(line, name));
		count++;
	}
	fclose(f);
	return count;
}

/* One such event, and all of its fields */
static void expect_event(struct __test_metadata *_metadata, struct want w)
{
	char want[1024], line[1024];

	want_text(&w, want, sizeof(want));
	EXPECT_EQ(1, trace_lines(&w, line, sizeof(line)));
	EXPECT_STREQ(want, line);
}

static void expect_no_event(struct __test_metadata *_metadata, const char *name,
			    pid_t pid)
{
	const struct want w = { .name = name, .pid = pid };
	char line[1024];

	EXPECT_EQ(0, trace_lines(&w, line, sizeof(line)));
}

#define EXPECT_EVENT(...)						\
	expect_event(_metadata, (struct want) { __VA_ARGS__ })

/* The credentials in an event of nscaps_creds: effective as permitted */
#define CREDS(_mask)	" new_permitted=" _mask " new_effective=" _mask
#define CREDS_TEST	CREDS("0000000000002000")
#define CREDS_NONE	CREDS("0000000000000000")

/* The table of Documentation/security/nscaps.rst */

FIXTURE(table)
{
	int ns[CALLERS];
	char path[256];
};

/* M has no uid to spare but its root and 5, so it is root that executes */
FIXTURE_VARIANT(table)
{
	struct value (*value)(uint32_t rootid);
	uint32_t rootid;
	long long seen[CALLERS];	/* the rootid, or -1 */
	int owner[CALLERS];		/* an enum caller, or NOBODYS */
};

static struct value no_value(uint32_t rootid)
{
	return (struct value) {};
}

static struct value plain_value(uint32_t rootid)
{
	return value_v2();
}

FIXTURE_VARIANT_ADD(table, none) {
	.value = no_value, .rootid = -1,
	.seen = { -1, -1, -1, -1, -1, -1 },
	.owner = { NOBODYS, NOBODYS, NOBODYS, NOBODYS, NOBODYS, NOBODYS },
};

FIXTURE_VARIANT_ADD(table, v2) {
	.value = plain_value,
	.seen = { 0, -1, -1, -1, -1, -1 },
	.owner = { INIT, INIT, INIT, INIT, INIT, INIT },
};

FIXTURE_VARIANT_ADD(table, v3_0) {
	.value = value_v3, .rootid = 0,
	.seen = { 0, -1, -1, -1, -1, -1 },
	.owner = { INIT, INIT, INIT, INIT, INIT, INIT },
};

FIXTURE_VARIANT_ADD(table, v3_100000) {
	.value = value_v3, .rootid = 100000,
	.seen = { 100000, 0, -1, 0, -1, 5 },
	.owner = { NOBODYS, A, A, B0, NOBODYS, NOBODYS },
};

FIXTURE_VARIANT_ADD(table, v3_101000) {
	.value = value_v3, .rootid = 101000,
	.seen = { 101000, 1000, 0, -1, -1, -1 },
	.owner = { NOBODYS, NOBODYS, B, NOBODYS, NOBODYS, NOBODYS },
};

FIXTURE_VARIANT_ADD(table, v3_100005) {
	.value = value_v3, .rootid = 100005,
	.seen = { 100005, 5, -1, 5, -1, -1 },
	.owner = { NOBODYS, NOBODYS, NOBODYS, NOBODYS, NOBODYS, NOBODYS },
};

FIXTURE_SETUP(table)
{
	struct value v = variant->value(variant->rootid);

	ASSERT_EQ(0, table_new(self->ns));
	snprintf(self->path, sizeof(self->path), "%s/file", fs_dir("tmpfs"));
	ASSERT_EQ(0, install_helper(self->path, 0));
	if (v.size)
		ASSERT_EQ(0, setxattr(self->path, CAPS_XATTR, v.bytes, v.size,
				      0));
	trace_start(_metadata);
}

FIXTURE_TEARDOWN(table)
{
	trace_stop();
	table_close(self->ns);
	unlink(self->path);
}

/* What all events of cell @_i have, of the value @_v */
#define TABLE_WANT(_i, _v)						\
	(struct want) {							\
		.path = self->path,					\
		.ns = self->ns[_i],					\
		.owner = variant->owner[_i] == NOBODYS ?		\
			 NOBODYS : self->ns[variant->owner[_i]],	\
		.value = &(_v),						\
		.rootid_disk = (_v).size ? (long long)variant->rootid : -1,	\
		.rootid = variant->seen[_i],				\
	}

TEST_F(table, exec)
{
	const struct value v = variant->value(variant->rootid);
	struct creds c;
	struct want w;
	int i;

	for (i = 0; i < CALLERS; i++) {
		/* M has five uids and one more */
		c = exec_in(self->ns[i], i == M ? 4 : USER, self->path, NULL);
		ASSERT_EQ(0, c.err);
		w = TABLE_WANT(i, v);
		w.name = "exec";
		w.pid = c.pid;
		w.reason = !v.size ? "no_value" :
			   w.owner == NOBODYS ? "root_not_owner" : "honoured";
		expect_event(_metadata, w);
		EXPECT_EQ(w.owner == NOBODYS ? 0 : TEST_MASK, c.permitted);
		if (w.owner == NOBODYS) {
			expect_no_event(_metadata, "creds", c.pid);
			continue;
		}
		w.name = "creds";
		w.more = CREDS_TEST;
		expect_event(_metadata, w);
	}
}

/* What another uid owns is shown with that uid, and so not refused */
TEST_F(table, get)
{
	const struct value v = variant->value(variant->rootid);
	struct outcome o;
	struct want w;
	int i;

	for (i = 0; i < CALLERS; i++) {
		o = get_in(self->ns[i], self->path, sizeof(o.value.bytes));
		w = TABLE_WANT(i, v);
		w.name = "get";
		w.pid = o.pid;
		w.err = !v.size ? ENODATA :
			w.owner == NOBODYS && w.rootid < 0 ? EOVERFLOW : 0;
		w.reason = !v.size ? "no_value" :
			   w.err ? "root_not_owner" : "honoured";
		EXPECT_EQ(w.err, o.err);
		expect_event(_metadata, w);
	}
}

/* The reasons, one by one */

FIXTURE(trace)
{
	int a, s;
	char dir[256], path[300];
	struct value v2;
};

FIXTURE_SETUP(trace)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->s = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->s);
	self->v2 = value_v2();
	snprintf(self->dir, sizeof(self->dir), "%s/dir", fs_dir("tmpfs"));
	snprintf(self->path, sizeof(self->path), "%s/file", self->dir);
	ASSERT_EQ(0, mkdir(self->dir, 0755));
	ASSERT_EQ(0, install_helper(self->path, 0));
	ASSERT_EQ(0, set_in(NS_INIT, self->path, self->v2, 0).err);
	trace_start(_metadata);
}

FIXTURE_TEARDOWN(trace)
{
	trace_stop();
	umount2("/mnt", MNT_DETACH);
	close(self->a);
	close(self->s);
	unlink(self->path);
	rmdir(self->dir);
}

TEST_F(trace, exec_nosuid)
{
	struct creds c;

	ASSERT_EQ(0, mount(self->dir, "/mnt", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(NULL, "/mnt", NULL,
			   MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
	c = exec_in(NS_INIT, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "mnt_nosuid", .pid = c.pid,
		     .path = self->path, .ns = NS_INIT, NOTHING);
	expect_no_event(_metadata, "creds", c.pid);
}

static void leave_mounts(void)
{
	if (unshare(CLONE_NEWNS))
		_exit(1);
}

/* By way of /proc, through a mount that stayed behind */
TEST_F(trace, exec_foreign_mount)
{
	char path[400];
	struct creds c;

	snprintf(path, sizeof(path), "/proc/%d/root%s", getpid(), self->path);
	/* as root, since nobody else may look at our root */
	c = exec_in(NS_INIT, 0, path, leave_mounts);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "mnt_foreign", .pid = c.pid,
		     .path = self->path, .ns = NS_INIT, NOTHING);
}

/* As root of a namespace: a tmpfs of its own; the mount goes to the parent */
static struct outcome make_mount(void *ctx)
{
	struct outcome o = { .ret = -1 };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {
		.h = {
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		},
	};
	struct iovec iov = { "", 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fs, mnt = -1;

	if (!unshare(CLONE_NEWNS)) {
		fs = syscall(SYS_fsopen, "tmpfs", 0);
		syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
		mnt = syscall(SYS_fsmount, fs, 0, 0);
	}
	memcpy(CMSG_DATA(&control.h), &mnt, sizeof(mnt));
	if (mnt >= 0)
		o.ret = sendmsg(*(int *)ctx, &msg, 0);
	o.err = o.ret < 0 ? errno : 0;
	return o;
}

/* A filesystem of the namespace, mounted at /mnt of ours */
static int mount_of(int ns)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	int sock[2], mnt, err = -1;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, sock))
		return -1;
	if (!run_in(ns, 0, make_mount, &sock[1]).err &&
	    recvmsg(sock[0], &msg, 0) == 1 && CMSG_FIRSTHDR(&msg)) {
		memcpy(&mnt, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(mnt));
		err = syscall(SYS_move_mount, mnt, "", AT_FDCWD, "/mnt",
			      MOVE_MOUNT_F_EMPTY_PATH);
		close(mnt);
	}
	close(sock[0]);
	close(sock[1]);
	return err;
}

static struct outcome install_there(void *ctx)
{
	return (struct outcome) {
		.err = install_helper("/mnt/file", 0) ? errno : 0,
	};
}

/* A value that its filesystem's root wrote counts in that namespace only */
TEST_F(trace, exec_foreign_fs)
{
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, mount_of(self->s));
	ASSERT_EQ(0, run_in(self->s, 0, install_there, NULL).err);
	o = set_in(self->s, "/mnt/file", self->v2, 0);
	ASSERT_EQ(0, o.err);
	/* stored as it is: the root of the disk is the root of the namespace */
	EXPECT_EVENT(.name = "set", .reason = "honoured", .pid = o.pid,
		     .path = "/mnt/file", .ns = self->s, .owner = self->s,
		     .value = &self->v2, .rootid_disk = 0, .rootid = 0,
		     .more = " size=20 value=0100000200200000000000000000000000000000");

	c = exec_in(NS_INIT, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "fs_foreign", .pid = c.pid,
		     .path = "/mnt/file", .ns = NS_INIT, NOTHING);

	c = exec_in(self->s, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "honoured", .pid = c.pid,
		     .path = "/mnt/file", .ns = self->s, .owner = self->s,
		     .value = &self->v2, .rootid_disk = 0, .rootid = 0);
}

/* A rootid that the mount's idmap has no place for */
TEST_F(trace, unmapped_by_mount)
{
	struct value v3 = value_v3(70000);
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, set_in(NS_INIT, self->path, v3, 0).err);
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	c = exec_in(self->a, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "root_unmapped", .pid = c.pid,
		     .path = self->path, .ns = self->a, .owner = NOBODYS,
		     .value = &v3, .rootid_disk = 70000, .rootid = -1);
	o = get_in(NS_INIT, "/mnt/file", 64);
	EXPECT_EVENT(.name = "get", .reason = "root_unmapped", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .owner = NOBODYS,
		     .value = &v3, .rootid_disk = 70000, .rootid = -1,
		     .err = EOVERFLOW);
	/* root has no image on this disk */
	o = set_in(NS_INIT, "/mnt/file", self->v2, 0);
	EXPECT_EVENT(.name = "set", .reason = "root_unmapped", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .owner = NS_INIT,
		     .value = &self->v2, .rootid_disk = -1, .rootid = 0,
		     .err = EINVAL,
		     .more = " size=20 value=0100000200200000000000000000000000000000");
}

/* The mount's root: what is 0 on disk is 100000 to everybody */
TEST_F(trace, mapped_by_mount)
{
	struct creds c;

	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	c = exec_in(NS_INIT, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "root_not_owner", .pid = c.pid,
		     .path = self->path, .ns = NS_INIT, .owner = NOBODYS,
		     .value = &self->v2, .rootid_disk = 0, .rootid = 100000);
	c = exec_in(self->a, USER, "/mnt/file", NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "honoured", .pid = c.pid,
		     .path = self->path, .ns = self->a, .owner = self->a,
		     .value = &self->v2, .rootid_disk = 0, .rootid = 0);
	EXPECT_EVENT(.name = "creds", .reason = "honoured", .pid = c.pid,
		     .path = self->path, .ns = self->a, .owner = self->a,
		     .value = &self->v2, .rootid_disk = 0, .rootid = 0,
		     .more = CREDS_TEST);
}

/* What init's root owns, seen from init, in an event of the exec of @c */
#define EXPECT_CREDS(_c, _value, _reason, ...) do {			\
	EXPECT_EVENT(.name = "exec", .reason = "honoured",		\
		     .pid = (_c).pid, .path = self->path,		\
		     .ns = NS_INIT, .owner = NS_INIT, .value = (_value));	\
	EXPECT_EVENT(.name = "creds", .reason = _reason,		\
		     .pid = (_c).pid, .path = self->path,		\
		     .ns = NS_INIT, .owner = NS_INIT, .value = (_value),	\
		     __VA_ARGS__);					\
} while (0)

static void drop_bounding(void)
{
	prctl(PR_CAPBSET_DROP, TEST_CAP, 0, 0, 0);
	if (setresuid(USER, USER, USER))
		_exit(1);
}

TEST_F(trace, creds_bounding_effective)
{
	struct creds c = exec_in(NS_INIT, 0, self->path, drop_bounding);

	EXPECT_EQ(EPERM, c.err);
	EXPECT_CREDS(c, &self->v2, "outside_bounding", .err = EPERM,
		     .more = CREDS_NONE);
}

/* Without the effective flag nobody else tells that something is missing */
TEST_F(trace, creds_bounding_permitted)
{
	struct value v = self->v2;
	struct creds c;

	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2);
	v.caps.data[0].permitted |= htole32(1 << CAP_CHOWN);
	ASSERT_EQ(0, set_in(NS_INIT, self->path, v, 0).err);
	c = exec_in(NS_INIT, 0, self->path, drop_bounding);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(1, c.permitted);
	EXPECT_CREDS(c, &v, "outside_bounding",
		     .more = " new_permitted=0000000000000001 new_effective=0000000000000000");
}

TEST_F(trace, creds_no_new_privs)
{
	struct creds c = exec_in(NS_INIT, USER, self->path, no_new_privs);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_CREDS(c, &self->v2, "no_new_privs", .more = CREDS_NONE);
}

/* Who has the capabilities already loses nothing by it */
TEST_F(trace, creds_no_new_privs_root)
{
	struct creds c = exec_in(NS_INIT, 0, self->path, no_new_privs);
	char more[80];

	EXPECT_EQ(0, c.err);
	EXPECT_NE(0, c.permitted & TEST_MASK);
	snprintf(more, sizeof(more), " new_permitted=%016llx new_effective=%016llx",
		 c.permitted, c.effective);
	EXPECT_CREDS(c, &self->v2, "honoured", .more = more);
}

TEST_F(trace, creds_ptraced)
{
	struct creds c = exec_in(NS_INIT, USER, self->path, be_traced);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_CREDS(c, &self->v2, "ptraced", .more = CREDS_NONE);
}

/* Another process with this one's root and directory, as long as it runs */
static void share_fs(void)
{
	const pid_t parent = getpid();

	if (syscall(SYS_clone, CLONE_FS | SIGCHLD, NULL, NULL, NULL, NULL))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

TEST_F(trace, creds_fs_shared)
{
	struct creds c = exec_in(NS_INIT, USER, self->path, share_fs);

	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_CREDS(c, &self->v2, "fs_shared", .more = CREDS_NONE);
}

static void share_and_no_new_privs(void)
{
	share_fs();
	no_new_privs();
}

/* The first that the kernel asks for is the one */
TEST_F(trace, creds_order)
{
	struct creds c;

	c = exec_in(NS_INIT, USER, self->path, share_and_no_new_privs);
	EXPECT_EQ(0, c.err);
	EXPECT_CREDS(c, &self->v2, "no_new_privs", .more = CREDS_NONE);
}

TEST_F(trace, creds_setuid_mix)
{
	struct creds c;

	ASSERT_EQ(0, chmod(self->path, 04755));
	c = exec_in(NS_INIT, USER, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.euid);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_CREDS(c, &self->v2, "setuid_mix", .more = CREDS_TEST);

	/* what the file loses comes before what set-user-ID does */
	c = exec_in(NS_INIT, USER, self->path, be_traced);
	EXPECT_EQ(0, c.err);
	EXPECT_CREDS(c, &self->v2, "ptraced", .more = CREDS_NONE);
}

TEST_F(trace, get_short_buffer)
{
	struct outcome o = get_in(NS_INIT, self->path, 19);

	EXPECT_EQ(ERANGE, o.err);
	EXPECT_EVENT(.name = "get", .reason = "short_buffer", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .owner = NS_INIT,
		     .value = &self->v2, .err = ERANGE);
	/* the size alone is no buffer */
	o = get_in(NS_INIT, self->path, 0);
	EXPECT_EQ(20, o.ret);
	EXPECT_EVENT(.name = "get", .reason = "honoured", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .owner = NS_INIT,
		     .value = &self->v2);
}

TEST_F(trace, set_translated)
{
	struct outcome o;

	ASSERT_EQ(0, chown(self->path, 100000, 100000));
	o = set_in(self->a, self->path, self->v2, 0);
	EXPECT_EQ(0, o.err);
	EXPECT_EVENT(.name = "set", .reason = "honoured", .pid = o.pid,
		     .path = self->path, .ns = self->a, .owner = self->a,
		     .value = &self->v2, .rootid_disk = 100000, .rootid = 0,
		     .more = " size=20 value=0100000200200000000000000000000000000000");
	o = set_in(self->a, self->path, value_v3(7), 0);
	EXPECT_EQ(0, o.err);
	EXPECT_EVENT(.name = "set", .reason = "honoured", .pid = o.pid,
		     .path = self->path, .ns = self->a, .owner = NOBODYS,
		     .value = &(struct value) { .caps = value_v3(7).caps },
		     .rootid_disk = 100007, .rootid = 7,
		     .more = " size=24 value=010000030020000000000000000000000000000007000000");
	/* no uid of the caller's */
	o = set_in(self->a, self->path, value_v3(70000), 0);
	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "set", .reason = "root_unmapped", .pid = o.pid,
		     .path = self->path, .ns = self->a, .err = EINVAL,
		     .value = &(struct value) { .caps = value_v3(70000).caps },
		     NOTHING,
		     .more = " size=24 value=010000030020000000000000000000000000000070110100");
}

TEST_F(trace, set_malformed)
{
	struct value v = self->v2;
	struct outcome o;

	v.size = 0;
	o = set_in(NS_INIT, self->path, v, 0);
	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "set", .reason = "malformed", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .err = EINVAL, NOTHING,
		     .more = " size=0 value=");
	/* no more of it is shown than a form can have */
	v.size = 30;
	o = set_in(NS_INIT, self->path, v, 0);
	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "set", .reason = "malformed", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .err = EINVAL, NOTHING,
		     .more = " size=30 value=010000020020000000000000000000000000000000000000");
	v = value_v1();
	o = set_in(NS_INIT, self->path, v, 0);
	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "set", .reason = "old_form", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .err = EINVAL,
		     .value = &v, NOTHING,
		     .more = " size=12 value=010000010020000000000000");
}

static struct outcome set_here(void *path)
{
	const struct value v = value_v2();

	return outcome_of(setxattr(path, CAPS_XATTR, v.bytes, v.size, 0));
}

static struct outcome remove_here(void *path)
{
	return outcome_of(removexattr(path, CAPS_XATTR));
}

TEST_F(trace, not_privileged)
{
	struct outcome o;

	ASSERT_EQ(0, chown(self->path, USER, USER));
	o = run_in(NS_INIT, USER, set_here, self->path);
	EXPECT_EQ(EPERM, o.err);
	EXPECT_EVENT(.name = "set", .reason = "not_privileged", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, .err = EPERM,
		     .value = &self->v2, NOTHING,
		     .more = " size=20 value=0100000200200000000000000000000000000000");
	o = run_in(NS_INIT, USER, remove_here, self->path);
	EXPECT_EQ(EPERM, o.err);
	EXPECT_EVENT(.name = "remove", .reason = "not_privileged",
		     .pid = o.pid, .path = self->path, .ns = NS_INIT,
		     .err = EPERM, NOTHING);
}

/* Root of a namespace, and a file that is not of its uids */
TEST_F(trace, ids_unmapped)
{
	struct outcome o = set_in(self->a, self->path, self->v2, 0);

	EXPECT_EQ(EPERM, o.err);
	EXPECT_EVENT(.name = "set", .reason = "ids_unmapped", .pid = o.pid,
		     .path = self->path, .ns = self->a, .err = EPERM,
		     .value = &self->v2, NOTHING,
		     .more = " size=20 value=0100000200200000000000000000000000000000");
	o = remove_in(self->a, self->path);
	EXPECT_EQ(EPERM, o.err);
	EXPECT_EVENT(.name = "remove", .reason = "ids_unmapped", .pid = o.pid,
		     .path = self->path, .ns = self->a, .err = EPERM, NOTHING);
}

TEST_F(trace, remove)
{
	struct outcome o = remove_in(NS_INIT, self->path);

	EXPECT_EQ(0, o.err);
	EXPECT_EVENT(.name = "remove", .reason = "honoured", .pid = o.pid,
		     .path = self->path, .ns = NS_INIT, NOTHING);
}

/* Values that no system call writes, and a disk that cannot be read */

#define IMAGE	"/tmp/disk"
#define V1	"/tmp/v1"
#define BAD	"/tmp/bad"
#define CMDS	"/tmp/cmds"

/* a block of the image that nothing is in, and no attributes either */
#define BLOCK	"4000"

FIXTURE(disk)
{
	struct value v1;
};

static int save(const char *path, const struct value *v)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = -1;

	if (fd >= 0)
		n = write(fd, v->bytes, v->size);
	close(fd);
	return n == (ssize_t)v->size ? 0 : -1;
}

/* For debugfs(8): three copies of the helper, each with a flaw of its own */
static int write_commands(void)
{
	static const char *const names[] = { "old", "bad", "broken" };
	FILE *f = fopen(CMDS, "w");
	int i;

	if (!f)
		return -1;
	for (i = 0; i < 3; i++)
		fprintf(f, "write %s %s\nsif %s mode 0100755\n",
			helper_path(), names[i], names[i]);
	fprintf(f, "ea_set -f %s old %s\n", V1, CAPS_XATTR);
	fprintf(f, "ea_set -f %s bad %s\n", BAD, CAPS_XATTR);
	fprintf(f, "sif broken file_acl %s\n", BLOCK);
	return fclose(f);
}

FIXTURE_SETUP(disk)
{
	struct value bad = value_v2();

	self->v1 = value_v1();
	bad.size--;
	ASSERT_EQ(0, save(V1, &self->v1));
	ASSERT_EQ(0, save(BAD, &bad));
	ASSERT_EQ(0, fs_make_ext4(IMAGE, 4));
	ASSERT_EQ(0, write_commands());
	ASSERT_EQ(0, system("debugfs -w -f " CMDS " " IMAGE " >/dev/null 2>&1"));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, "/mnt"));
	trace_start(_metadata);
}

FIXTURE_TEARDOWN(disk)
{
	trace_stop();
	umount("/mnt");
	unlink(IMAGE);
	unlink(V1);
	unlink(BAD);
	unlink(CMDS);
}

/* execve honours it, and getxattr does not return it */
TEST_F(disk, old_form)
{
	struct outcome o = get_in(NS_INIT, "/mnt/old", 64);
	struct creds c = exec_in(NS_INIT, USER, "/mnt/old", NULL);

	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "get", .reason = "old_form", .pid = o.pid,
		     .path = "/mnt/old", .ns = NS_INIT, .owner = NS_INIT,
		     .value = &self->v1, .err = EINVAL);
	EXPECT_EQ(0, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "honoured", .pid = c.pid,
		     .path = "/mnt/old", .ns = NS_INIT, .owner = NS_INIT,
		     .value = &self->v1);
}

TEST_F(disk, malformed)
{
	struct outcome o = get_in(NS_INIT, "/mnt/bad", 64);
	struct creds c = exec_in(NS_INIT, USER, "/mnt/bad", NULL);

	EXPECT_EQ(EINVAL, o.err);
	EXPECT_EVENT(.name = "get", .reason = "malformed", .pid = o.pid,
		     .path = "/mnt/bad", .ns = NS_INIT, .err = EINVAL, NOTHING);
	EXPECT_EQ(EINVAL, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "malformed", .pid = c.pid,
		     .path = "/mnt/bad", .ns = NS_INIT, .err = EINVAL, NOTHING);
	expect_no_event(_metadata, "creds", c.pid);
}

/* The filesystem's own errno is the one that is shown */
TEST_F(disk, fs_error)
{
	struct outcome o = get_in(NS_INIT, "/mnt/broken", 64);
	/* by the owner: for others the mode's ACL would be looked for first */
	struct creds c = exec_in(NS_INIT, 0, "/mnt/broken", NULL);

	EXPECT_EQ(EUCLEAN, o.err);
	EXPECT_EVENT(.name = "get", .reason = "fs_error", .pid = o.pid,
		     .path = "/mnt/broken", .ns = NS_INIT, .err = EUCLEAN,
		     NOTHING);
	EXPECT_EQ(EUCLEAN, c.err);
	EXPECT_EVENT(.name = "exec", .reason = "fs_error", .pid = c.pid,
		     .path = "/mnt/broken", .ns = NS_INIT, .err = EUCLEAN,
		     NOTHING);
}

TEST_HARNESS_MAIN
