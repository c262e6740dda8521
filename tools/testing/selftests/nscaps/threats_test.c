// SPDX-License-Identifier: GPL-2.0
/*
 * The threats of Documentation/security/nscaps.rst that need no overlay, each
 * tried by who would. The simpler ones are in xattr_test.c, exec_test.c and
 * disk_test.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define USER	1000
#define NOBODY	65534

/* rounds of each race: bounded, and enough on two CPUs */
#define ROUNDS	300

/* and no round begins after this, for a busy machine has its races sooner */
#define RACE_SECONDS	5

#ifndef SYS_setxattrat
#define SYS_setxattrat	463
#define SYS_getxattrat	464
#endif

FIXTURE(threats)
{
	int a;
	char path[256];
};

FIXTURE_VARIANT(threats)
{
	const char *fs;
};

FIXTURE_VARIANT_ADD(threats, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(threats, ext4) { .fs = "ext4" };

FIXTURE_SETUP(threats)
{
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	snprintf(self->path, sizeof(self->path), "%s/file",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, install_helper(self->path, 100000));
}

FIXTURE_TEARDOWN(threats)
{
	umount2("/mnt", MNT_DETACH);
	close(self->a);
	unlink(self->path);
}

static struct outcome failed(void)
{
	return (struct outcome) { .ret = -1, .err = errno };
}

/* The user's own namespace, made by the user alone: uid 0 is the user */
static int own_namespace(void)
{
	if (unshare(CLONE_NEWUSER) || prctl(PR_SET_DUMPABLE, 1) ||
	    write_file("/proc/self/setgroups", "deny") ||
	    write_file("/proc/self/uid_map", "0 1000 1\n") ||
	    write_file("/proc/self/gid_map", "0 1000 1\n"))
		return -1;
	return 0;
}

static struct outcome own_and_set(void *path)
{
	struct value v = value_v2();

	if (own_namespace())
		return failed();
	/* all capabilities, so that only the rootid limits the value */
	memset(v.caps.data, 0xff, sizeof(v.caps.data));
	if (setxattr(path, CAPS_XATTR, v.bytes, v.size, 0))
		return failed();
	return (struct outcome) {};
}

/*
 * A user maps its own uid to root, sets capabilities on its own file, and
 * runs it outside: held by the rootid that the kernel adds on write.
 */
TEST_F(threats, own_root_runs_outside)
{
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, chown(self->path, USER, USER));
	EXPECT_EQ(0, run_in(NS_INIT, USER, own_and_set, self->path).err);
	o = get_in(NS_INIT, self->path, 64);
	EXPECT_EQ(XATTR_CAPS_SZ_3, o.ret);
	EXPECT_EQ(USER, le32toh(o.value.caps.rootid));
	c = exec_in(NS_INIT, NOBODY, self->path, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_EQ(0, c.secure);
	c = exec_in(NS_INIT, USER, self->path, NULL);
	EXPECT_EQ(0, c.permitted);
	c = exec_in(self->a, NOBODY, self->path, NULL);
	EXPECT_EQ(0, c.permitted);
}

/* The bytes of a value of init's, written in a namespace, are not init's */
TEST_F(threats, forged_v2)
{
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(0, exec_in(NS_INIT, NOBODY, self->path, NULL).permitted);
	/* nor those of form 3 with the rootid that init has there */
	ASSERT_EQ(0, set_in(self->a, self->path, value_v3(0), 0).err);
	EXPECT_EQ(0, exec_in(NS_INIT, NOBODY, self->path, NULL).permitted);
	EXPECT_EQ(TEST_MASK,
		  exec_in(self->a, NOBODY, self->path, NULL).permitted);
}

/* A value for a child is nothing to its parent and to its siblings */
TEST_F(threats, parent_and_sibling)
{
	int b = userns_new(self->a, "0 1000 1000\n");
	int c = userns_new(self->a, "0 2000 1000\n");

	ASSERT_LE(0, b);
	ASSERT_LE(0, c);
	ASSERT_EQ(0, chown(self->path, 101000, 101000));
	ASSERT_EQ(0, set_in(b, self->path, value_v2(), 0).err);
	EXPECT_EQ(TEST_MASK, exec_in(b, 999, self->path, NULL).permitted);
	EXPECT_EQ(0, exec_in(c, 999, self->path, NULL).permitted);
	EXPECT_EQ(0, exec_in(self->a, 999, self->path, NULL).permitted);
	EXPECT_EQ(0, exec_in(NS_INIT, 999, self->path, NULL).permitted);
	close(b);
	close(c);
}

/*
 * user_namespaces(7): mapping uid 0 of the parent takes CAP_SETFCAP, as a
 * value set in such a namespace would be one of the parent's root.
 */
static struct outcome map_root(void *drop)
{
	pid_t pid;
	int status;

	if (*(bool *)drop)
		prctl(PR_CAPBSET_DROP, CAP_SETFCAP, 0, 0, 0);
	/* the bounding set counts from the next namespace or exec on */
	if (*(bool *)drop) {
		struct __user_cap_header_struct h = {
			.version = _LINUX_CAPABILITY_VERSION_3,
		};
		struct __user_cap_data_struct d[2];

		if (syscall(SYS_capget, &h, d))
			return failed();
		d[0].permitted &= ~(1U << CAP_SETFCAP);
		d[0].effective &= ~(1U << CAP_SETFCAP);
		if (syscall(SYS_capset, &h, d))
			return failed();
	}
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUSER) || prctl(PR_SET_DUMPABLE, 1))
			_exit(255);
		_exit(write_file("/proc/self/uid_map", "0 0 1\n") ? errno : 0);
	}
	waitpid(pid, &status, 0);
	return (struct outcome) { .err = WEXITSTATUS(status) };
}

TEST_F(threats, map_parents_root)
{
	bool drop = true;

	EXPECT_EQ(EPERM, run_in(NS_INIT, 0, map_root, &drop).err);
	drop = false;
	EXPECT_EQ(0, run_in(NS_INIT, 0, map_root, &drop).err);
}

/* Levels of namespaces, each with a root of its own, to the limit */
TEST_F(threats, nested_to_the_limit)
{
	char map[64];
	int ns[40], level, uids = 65536;
	struct outcome o;

	ns[0] = self->a;
	for (level = 1; level < 40; level++) {
		snprintf(map, sizeof(map), "0 1 %d\n", --uids);
		ns[level] = userns_new(ns[level - 1], map);
		if (ns[level] < 0)
			break;
	}
	/* A is of level 1; the last one is of level 33 */
	EXPECT_EQ(33, level);
	EXPECT_EQ(ENOSPC, errno);
	level--;

	/* the outermost root owns the innermost namespace */
	ASSERT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(TEST_MASK,
		  exec_in(ns[level], 1000, self->path, NULL).permitted);
	o = get_in(ns[level], self->path, 64);
	EXPECT_EQ(XATTR_CAPS_SZ_2, o.ret);

	/* the innermost owns no other */
	ASSERT_EQ(0, chown(self->path, 100000 + level, 100000 + level));
	ASSERT_EQ(0, set_in(ns[level], self->path, value_v2(), 0).err);
	EXPECT_EQ(TEST_MASK,
		  exec_in(ns[level], 1000, self->path, NULL).permitted);
	EXPECT_EQ(0, exec_in(ns[level - 1], 1000, self->path, NULL).permitted);
	EXPECT_EQ(0, exec_in(self->a, 1000, self->path, NULL).permitted);
	o = get_in(ns[level - 1], self->path, 64);
	EXPECT_EQ(1, le32toh(o.value.caps.rootid));
	while (level)
		close(ns[level--]);
}

/* A process that stays in A, with a mount namespace of its own there */
struct resident {
	pid_t pid;
	int hold;
};

static int mount_in_a(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("a", "/mnt", "tmpfs", 0, "mode=755"))
		return -1;
	return 0;
}

static struct resident resident_start(int ns, uid_t owner)
{
	struct resident r = { .pid = -1 };
	int hold[2], ready[2];
	char c = 1;

	if (pipe2(hold, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return r;
	r.hold = hold[1];
	r.pid = fork();
	if (!r.pid) {
		close(hold[1]);
		if (setns(ns, CLONE_NEWUSER) || setresgid(0, 0, 0) ||
		    setresuid(0, 0, 0) || mount_in_a() ||
		    install_helper("/mnt/file", owner) ||
		    prctl(PR_SET_DUMPABLE, 1))
			_exit(1);
		write(ready[1], &c, 1);
		read(hold[0], &c, 1);
		_exit(0);
	}
	close(hold[0]);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		r.pid = -1;
	close(ready[0]);
	return r;
}

static void resident_end(struct resident *r)
{
	close(r->hold);
	waitpid(r->pid, NULL, 0);
}

/*
 * A filesystem mounted in A: its root is A's, so a plain value is A's, and
 * the mount is foreign to all others, who do not honour it even by way of
 * /proc.
 */
TEST_F(threats, filesystem_of_a_namespace)
{
	struct resident r = resident_start(self->a, 0);
	char path[64], opened[64];
	struct outcome o;
	struct value v = value_v3(100000);
	struct creds c;
	int fd;

	ASSERT_LT(0, r.pid);
	snprintf(path, sizeof(path), "/proc/%d/root/mnt/file", r.pid);
	ASSERT_EQ(0, set_in(self->a, path, value_v2(), 0).err);
	o = get_in(NS_INIT, path, 64);
	EXPECT_TRUE(value_eq(&v, &o.value));
	EXPECT_EQ(XATTR_CAPS_SZ_2, get_in(self->a, path, 64).ret);

	/* by a descriptor, as NOBODY may not look into /proc/PID/root */
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	snprintf(opened, sizeof(opened), "/proc/self/fd/%d", fd);
	c = exec_in(NS_INIT, NOBODY, opened, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	c = exec_in(self->a, NOBODY, opened, NULL);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	close(fd);

	/* init's own root is no uid of that filesystem */
	EXPECT_EQ(EINVAL, set_in(NS_INIT, path, value_v3(0), 0).err);
	EXPECT_EQ(EINVAL, set_in(NS_INIT, path, value_v3(99999), 0).err);
	/* form 2 by init, which has CAP_SETFCAP there: the filesystem's root */
	EXPECT_EQ(0, set_in(NS_INIT, path, value_v2(), 0).err);
	o = get_in(NS_INIT, path, 64);
	EXPECT_TRUE(value_eq(&v, &o.value));
	resident_end(&r);
}

static struct outcome enter_and_exec(void *ctx)
{
	pid_t pid = *(pid_t *)ctx;
	char path[64];
	int user, mnt;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	user = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	mnt = open(path, O_RDONLY | O_CLOEXEC);
	if (user < 0 || mnt < 0 || setns(user, CLONE_NEWUSER) ||
	    setns(mnt, CLONE_NEWNS) || setresgid(0, 0, 0) ||
	    setresuid(0, 0, 0) || setresuid(USER, USER, USER))
		return failed();
	if (!getxattr("/mnt/file", CAPS_XATTR, NULL, 0))
		return failed();
	/* the helper's output is not looked at here: its AT_SECURE is */
	execl("/mnt/file", "print_caps", NULL);
	return failed();
}

/* The control: from inside, that value is honoured */
TEST_F(threats, filesystem_honoured_inside)
{
	struct resident r = resident_start(self->a, 0);
	char path[64], line[128] = {};
	int out[2], saved;

	ASSERT_LT(0, r.pid);
	snprintf(path, sizeof(path), "/proc/%d/root/mnt/file", r.pid);
	ASSERT_EQ(0, set_in(self->a, path, value_v2(), 0).err);
	ASSERT_EQ(0, pipe(out));
	saved = dup(STDOUT_FILENO);
	fflush(stdout);
	ASSERT_LE(0, dup2(out[1], STDOUT_FILENO));
	run_in(NS_INIT, 0, enter_and_exec, &r.pid);
	dup2(saved, STDOUT_FILENO);
	close(out[1]);
	ASSERT_LT(0, read(out[0], line, sizeof(line) - 1));
	EXPECT_EQ(0, strncmp(line, "2000 2000 0 0 1 1000 1000", 25))
		TH_LOG("%s", line);
	close(out[0]);
	close(saved);
	resident_end(&r);
}

struct idmap_call {
	const char *dir;
	int ns;
};

static struct outcome idmap_mount(void *ctx)
{
	struct idmap_call *call = ctx;

	if (unshare(CLONE_NEWNS) ||
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return failed();
	if (!call->dir) {
		if (mount("a", "/mnt", "tmpfs", 0, "mode=755") ||
		    install_helper("/mnt/file", 0))
			return failed();
		call->dir = "/mnt";
	}
	if (bind_idmapped(call->dir, "/tmp", call->ns))
		return failed();
	return (struct outcome) {};
}

struct idmap_value {
	struct idmap_call call;
	struct value value;
};

static struct outcome idmap_and_set(void *ctx)
{
	struct idmap_value *v = ctx;
	struct outcome o = idmap_mount(&v->call);

	if (o.err)
		return o;
	if (setxattr("/tmp/file", CAPS_XATTR, v->value.bytes, v->value.size, 0))
		return failed();
	/* beneath the translation: as the filesystem's own mount shows it */
	o.ret = getxattr("/mnt/file", CAPS_XATTR, o.value.bytes, 64);
	o.value.size = o.ret;
	return o;
}

/* A namespace may not idmap what it did not mount */
TEST_F(threats, idmap_of_a_foreign_filesystem)
{
	struct idmap_call call = { .dir = fs_dir(variant->fs) };

	call.ns = userns_new(self->a, "0 1000 1000\n");
	ASSERT_LE(0, call.ns);
	EXPECT_EQ(EPERM, run_in(self->a, 0, idmap_mount, &call).err);
	close(call.ns);
}

/* What it mounted it may, and then its values are those of the idmap */
TEST_F(threats, idmap_of_an_own_filesystem)
{
	struct idmap_value v = { .value = value_v2() };
	struct value want = value_v3(1000);
	struct outcome o;

	/* uid 0 of the disk is uid 1000 at the mount, and so on */
	v.call.ns = userns_new(self->a, "0 1000 1000\n");
	ASSERT_LE(0, v.call.ns);
	/* A's root is no uid of the mount */
	EXPECT_EQ(EINVAL, run_in(self->a, 0, idmap_and_set, &v).err);
	v.call.dir = NULL;
	v.value = value_v3(1000);
	o = run_in(self->a, 0, idmap_and_set, &v);
	EXPECT_EQ(0, o.err);
	/* on the disk it is the root of the filesystem */
	want = value_v2();
	EXPECT_TRUE(value_eq(&want, &o.value));
	v.call.dir = NULL;
	v.value = value_v3(1007);
	o = run_in(self->a, 0, idmap_and_set, &v);
	want = value_v3(7);
	EXPECT_TRUE(value_eq(&want, &o.value));
	close(v.call.ns);
}

/* io_uring has calls of its own for xattrs */
struct uring {
	int fd;
	struct io_uring_params p;
	void *sq, *cq;
	struct io_uring_sqe *sqes;
};

static int uring_start(struct uring *r)
{
	memset(&r->p, 0, sizeof(r->p));
	r->fd = syscall(SYS_io_uring_setup, 4, &r->p);
	if (r->fd < 0)
		return -1;
	r->sq = mmap(NULL, r->p.sq_off.array + r->p.sq_entries * 4,
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		     IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, r->p.cq_off.cqes + r->p.cq_entries * 16,
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		     IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(*r->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       r->fd, IORING_OFF_SQES);
	if (r->sq == MAP_FAILED || r->cq == MAP_FAILED ||
	    r->sqes == MAP_FAILED)
		return -1;
	return 0;
}

static int uring_call(struct uring *r, const struct io_uring_sqe *sqe)
{
	unsigned int *tail = r->sq + r->p.sq_off.tail;
	unsigned int *array = r->sq + r->p.sq_off.array;
	unsigned int *head = r->cq + r->p.cq_off.head;
	struct io_uring_cqe *cqes = r->cq + r->p.cq_off.cqes;
	int res;

	r->sqes[0] = *sqe;
	array[*tail & (r->p.sq_entries - 1)] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) != 1)
		return -errno;
	res = cqes[*head & (r->p.cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

static struct io_uring_sqe uring_xattr(int op, const char *path,
				       struct value *v, size_t size)
{
	struct io_uring_sqe sqe = {
		.opcode = op,
		.addr = (unsigned long)CAPS_XATTR,
		.addr2 = (unsigned long)v->bytes,
		.addr3 = (unsigned long)path,
		.len = size,
	};

	return sqe;
}

/* Set and get by io_uring; the result is the errno of either, as a positive */
static struct outcome uring_set_get(void *path)
{
	struct outcome o = {};
	struct value v = value_v2();
	struct io_uring_sqe sqe;
	struct uring r;
	int err;

	if (uring_start(&r))
		return failed();
	sqe = uring_xattr(IORING_OP_SETXATTR, path, &v, v.size);
	err = uring_call(&r, &sqe);
	if (!err) {
		sqe = uring_xattr(IORING_OP_GETXATTR, path, &o.value, 64);
		err = uring_call(&r, &sqe);
	}
	if (err < 0)
		o.err = -err;
	else
		o.value.size = err;
	close(r.fd);
	return o;
}

TEST_F(threats, io_uring)
{
	struct value want = value_v2();
	struct outcome o;

	o = run_in(self->a, 0, uring_set_get, self->path);
	EXPECT_EQ(0, o.err);
	EXPECT_TRUE(value_eq(&want, &o.value));
	want = value_v3(100000);
	o = get_in(NS_INIT, self->path, 64);
	EXPECT_TRUE(value_eq(&want, &o.value));
	EXPECT_EQ(0, exec_in(NS_INIT, NOBODY, self->path, NULL).permitted);
	/* a user without CAP_SETFCAP, and a namespace that does not own it */
	EXPECT_EQ(EPERM, run_in(self->a, 1, uring_set_get, self->path).err);
	ASSERT_EQ(0, chown(self->path, 0, 0));
	EXPECT_EQ(EPERM, run_in(self->a, 0, uring_set_get, self->path).err);
}

struct xattr_at {
	__u64 value;
	__u32 size;
	__u32 flags;
};

static struct outcome set_at(void *path)
{
	struct value v = value_v2();
	struct xattr_at args = {
		.value = (unsigned long)v.bytes,
		.size = v.size,
	};

	if (syscall(SYS_setxattrat, AT_FDCWD, path, 0, CAPS_XATTR, &args,
		    sizeof(args)))
		return failed();
	return (struct outcome) {};
}

static struct outcome get_at(void *path)
{
	struct outcome o = {};
	struct xattr_at args = {
		.value = (unsigned long)o.value.bytes,
		.size = 64,
	};

	o.ret = syscall(SYS_getxattrat, AT_FDCWD, path, 0, CAPS_XATTR, &args,
			sizeof(args));
	if (o.ret < 0)
		return failed();
	o.value.size = o.ret;
	return o;
}

/* setxattrat(2) and getxattrat(2), where the kernel has them (6.13) */
TEST_F(threats, xattr_at)
{
	struct outcome o = run_in(self->a, 0, set_at, self->path);
	struct value want = value_v3(100000);

	if (o.err == ENOSYS) {
		EXPECT_EQ(ENOSYS, run_in(self->a, 0, get_at, self->path).err);
		EXPECT_EQ(ENODATA, get_in(NS_INIT, self->path, 64).err);
		return;
	}
	EXPECT_EQ(0, o.err);
	o = run_in(NS_INIT, 0, get_at, self->path);
	EXPECT_TRUE(value_eq(&want, &o.value));
	want = value_v2();
	o = run_in(self->a, 0, get_at, self->path);
	EXPECT_TRUE(value_eq(&want, &o.value));
	ASSERT_EQ(0, chown(self->path, 0, 0));
	EXPECT_EQ(EPERM, run_in(self->a, 0, set_at, self->path).err);
}

/* Who races runs at once with the others, and not in turn with them */
static int stay_on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/*
 * A racer: a process of A's root that calls @fn, on @cpu, until it is killed.
 * -1 where there are not two of them.
 */
static pid_t race(int ns, int cpu, void (*fn)(const char *path),
		  const char *path)
{
	pid_t pid;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return -1;
	pid = fork();
	if (pid)
		return pid;
	/* a change of credentials forgets the signal, so it comes last */
	if (stay_on_cpu(cpu) || setns(ns, CLONE_NEWUSER) || setresgid(0, 0, 0) ||
	    setresuid(0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
	for (;;)
		fn(path);
}

/* Is there a round @i of the race that began at @start? */
static bool race_goes_on(int i, time_t start)
{
	return i < ROUNDS && (!i || time(NULL) - start < RACE_SECONDS);
}

static void race_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void race_set(const char *path)
{
	struct value v = value_v2();

	setxattr(path, CAPS_XATTR, v.bytes, v.size, 0);
}

/*
 * Set against chown: a set that was allowed by the owner of before must not
 * land on the file of the owner of now. Held by the check under the lock.
 */
TEST_F(threats, race_set_chown)
{
	pid_t pid = race(self->a, 1, race_set, self->path);
	time_t start = time(NULL);
	int i, set = 0;

	ASSERT_LT(0, pid);
	for (i = 0; race_goes_on(i, start); i++) {
		ASSERT_EQ(0, chown(self->path, 100000, 100000));
		sched_yield();
		set += getxattr(self->path, CAPS_XATTR, NULL, 0) > 0;
		ASSERT_EQ(0, chown(self->path, 0, 0));
		/* time for a set that is under way */
		usleep(i % 20 * 1000);
		ASSERT_EQ(-1, getxattr(self->path, CAPS_XATTR, NULL, 0))
			TH_LOG("round %d", i);
		ASSERT_EQ(ENODATA, errno);
	}
	race_end(pid);
	TH_LOG("a value was there in %d of %d rounds", set, i);
}

/* Set against write: what was written last has no value from before */
TEST_F(threats, race_set_write)
{
	int fd = open(self->path, O_WRONLY | O_APPEND | O_CLOEXEC), i;
	time_t start = time(NULL);
	struct outcome o;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = race(self->a, 1, race_set, self->path);
	ASSERT_LT(0, pid);
	for (i = 0; race_goes_on(i, start); i++) {
		ASSERT_EQ(1, write(fd, "x", 1));
		o = (struct outcome) {};
		o.ret = getxattr(self->path, CAPS_XATTR, o.value.bytes, 64);
		/* whole, or not there */
		if (o.ret >= 0) {
			ASSERT_EQ(XATTR_CAPS_SZ_3, o.ret);
			ASSERT_EQ(100000, le32toh(o.value.caps.rootid));
		} else {
			ASSERT_EQ(ENODATA, errno);
		}
	}
	race_end(pid);
	ASSERT_EQ(1, write(fd, "x", 1));
	EXPECT_EQ(-1, getxattr(self->path, CAPS_XATTR, NULL, 0));
	EXPECT_EQ(ENODATA, errno);
	close(fd);
}

/* Until the racer has begun; a test that waits too long is ended */
static void race_wait(const char *path)
{
	while (getxattr(path, CAPS_XATTR, NULL, 0) < 0)
		sched_yield();
}

/*
 * Set against rename: the name goes to a file of the initial root's and back,
 * and no set that was allowed for the one file lands on the other.
 */
TEST_F(threats, race_set_rename)
{
	char other[264];
	int i, set = 0;
	time_t start;
	pid_t pid;

	snprintf(other, sizeof(other), "%s-other", self->path);
	ASSERT_EQ(0, install_helper(other, 0));
	pid = race(self->a, 1, race_set, self->path);
	ASSERT_LT(0, pid);
	race_wait(self->path);
	start = time(NULL);
	for (i = 0; race_goes_on(i, start); i++) {
		ASSERT_EQ(0, renameat2(AT_FDCWD, self->path, AT_FDCWD, other,
				       RENAME_EXCHANGE));
		/* the initial root's file has the name now */
		sched_yield();
		ASSERT_EQ(-1, getxattr(self->path, CAPS_XATTR, NULL, 0))
			TH_LOG("round %d", i);
		ASSERT_EQ(ENODATA, errno);
		ASSERT_EQ(0, renameat2(AT_FDCWD, self->path, AT_FDCWD, other,
				       RENAME_EXCHANGE));
		ASSERT_EQ(-1, getxattr(other, CAPS_XATTR, NULL, 0))
			TH_LOG("round %d", i);
		ASSERT_EQ(ENODATA, errno);
		set += !removexattr(self->path, CAPS_XATTR);
	}
	race_end(pid);
	EXPECT_LT(0, set);
	unlink(other);
	TH_LOG("a value was there in %d of %d rounds", set, i);
}

/* What the root of B, below A, sets beside A's */
#define CHILD_MASK	_BITULL(CAP_NET_ADMIN)

static void race_set_child(const char *path)
{
	struct value v = value_v2();

	v.caps.data[0].permitted = htole32(CHILD_MASK);
	setxattr(path, CAPS_XATTR, v.bytes, v.size, 0);
}

/* Set against another set: the one value or the other, never a mix */
TEST_F(threats, race_set_set)
{
	int b = userns_new(self->a, "0 1000 1000\n"), i, seen[2] = {};
	time_t start = time(NULL);
	struct value v;
	ssize_t size;
	pid_t pid[2];
	bool child;

	ASSERT_LE(0, b);
	/* a uid that both have */
	ASSERT_EQ(0, chown(self->path, 101000, 101000));
	pid[0] = race(self->a, 0, race_set, self->path);
	pid[1] = race(b, 1, race_set_child, self->path);
	ASSERT_LT(0, pid[0]);
	ASSERT_LT(0, pid[1]);
	race_wait(self->path);
	for (i = 0; race_goes_on(i / 10, start); i++) {
		sched_yield();
		size = getxattr(self->path, CAPS_XATTR, v.bytes,
				sizeof(v.bytes));
		if (size < 0) {
			ASSERT_EQ(ENODATA, errno);
			continue;
		}
		ASSERT_EQ(XATTR_CAPS_SZ_3, size);
		child = le32toh(v.caps.rootid) == 101000;
		ASSERT_EQ(child ? 101000 : 100000, le32toh(v.caps.rootid));
		ASSERT_EQ(child ? CHILD_MASK : TEST_MASK,
			  le32toh(v.caps.data[0].permitted));
		seen[child]++;
	}
	race_end(pid[0]);
	race_end(pid[1]);
	close(b);
	TH_LOG("A's value was there in %d rounds, B's in %d", seen[0], seen[1]);
}

static void race_set_remove(const char *path)
{
	struct value v = value_v2();

	setxattr(path, CAPS_XATTR, v.bytes, v.size, 0);
	removexattr(path, CAPS_XATTR);
	v = value_v3(1);
	setxattr(path, CAPS_XATTR, v.bytes, v.size, 0);
}

/* Set against exec: the whole capability or none, and never outside */
TEST_F(threats, race_set_exec)
{
	pid_t pid = race(self->a, 1, race_set_remove, self->path);
	time_t start = time(NULL);
	struct creds c;
	int i;

	ASSERT_LT(0, pid);
	for (i = 0; race_goes_on(i * 10, start); i++) {
		c = exec_in(NS_INIT, NOBODY, self->path, NULL);
		ASSERT_EQ(0, c.err);
		ASSERT_EQ(0, c.permitted);
		c = exec_in(self->a, NOBODY, self->path, NULL);
		ASSERT_EQ(0, c.err);
		ASSERT_TRUE(!c.permitted || c.permitted == TEST_MASK);
		ASSERT_EQ(c.permitted, c.effective);
		ASSERT_EQ(!!c.permitted, c.secure);
	}
	race_end(pid);
}

TEST_HARNESS_MAIN
