// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict is the kernel's: what "nscap why" says of a file and a process is
 * what the tracepoints nscaps_exec and nscaps_creds say when that process runs
 * that file.  For each reason by itself, and for a random sample of user
 * namespaces, mounts, values and credentials.
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "verdict.h"

static int bind_nosuid(const char *dir, const char *to)
{
	if (mount(dir, to, NULL, MS_BIND, NULL))
		return -1;
	return mount(NULL, to, NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL);
}

/**
 * struct holder - a mount namespace of a user namespace, with a tmpfs in it
 * @pid: the process that holds it
 * @mnt: the mount namespace
 * @hold: closed, the process goes
 */
struct holder {
	pid_t pid;
	int mnt, hold;
};

/* Files /mnt/0 .. on a tmpfs of the namespace, with values by its root */
static void hold(int ns, int in, int out, const struct value *values, int n)
{
	char path[32], c = 0;

	if (setns(ns, CLONE_NEWUSER) || setresgid(0, 0, 0) || setresuid(0, 0, 0) ||
	    unshare(CLONE_NEWNS) || mount("nscaps", "/mnt", "tmpfs", 0, "mode=755"))
		_exit(1);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/mnt/%d", i);
		if (copy_noop(path) || (values[i].size && set_value(path, &values[i])))
			_exit(1);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(out, &c, 1) == 1 && read(in, &c, 1) < 0)
		_exit(1);
	_exit(0);
}

static int holder_start(struct holder *h, int ns, const struct value *values, int n)
{
	int in[2], out[2];
	char path[64], c;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return -1;
	h->pid = fork();
	if (!h->pid) {
		close(in[1]);
		hold(ns, in[0], out[1], values, n);
	}
	close(in[0]);
	close(out[1]);
	h->hold = in[1];
	if (read(out[0], &c, 1) != 1)
		return -1;
	close(out[0]);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", h->pid);
	h->mnt = open(path, O_RDONLY | O_CLOEXEC);
	return h->mnt < 0 ? -1 : 0;
}

static void holder_stop(struct holder *h)
{
	close(h->hold);
	close(h->mnt);
	waitpid(h->pid, NULL, 0);
}

/* One reason at a time */

FIXTURE(why)
{
	int a, b, sibling;
	char file[128], dir[64];
};

FIXTURE_SETUP(why)
{
	ASSERT_EQ(0, tracing_start());
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->sibling = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->sibling);
	self->b = userns_new(self->a, "0 1000 100\n");
	ASSERT_LE(0, self->b);
	snprintf(self->dir, sizeof(self->dir), "%s/why", fs_dir("tmpfs"));
	snprintf(self->file, sizeof(self->file), "%s/file", self->dir);
	mkdir(self->dir, 0755);
	unlink(self->file);
	ASSERT_EQ(0, copy_noop(self->file));
}

FIXTURE_TEARDOWN(why)
{
	umount2("/mnt", MNT_DETACH);
	unlink(self->file);
	close(self->a);
	close(self->b);
	close(self->sibling);
	tracing_stop();
}

TEST_F(why, honoured)
{
	struct value v = value_v3(100000);

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "honoured", SPEC(self->a), self->file);
	/* and below it */
	EXPECT_BOTH("honoured", "honoured", SPEC(self->b), self->file);
}

TEST_F(why, no_value)
{
	EXPECT_BOTH("no_value", "", SPEC(self->a), self->file);
}

TEST_F(why, mnt_nosuid)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	ASSERT_EQ(0, bind_nosuid(self->dir, "/mnt"));
	EXPECT_BOTH("mnt_nosuid", "", SPEC(self->a), "/mnt/file");
}

TEST_F(why, mnt_foreign)
{
	struct value v = value_v2();
	struct holder h;
	char path[64];

	ASSERT_EQ(0, holder_start(&h, self->a, &v, 1));
	snprintf(path, sizeof(path), "/proc/%d/root/mnt/0", h.pid);
	EXPECT_BOTH("mnt_foreign", "", SPEC(NS_INIT, .uid = 0), path);
	holder_stop(&h);
}

TEST_F(why, fs_foreign)
{
	struct value v = value_v2();
	struct holder h;

	ASSERT_EQ(0, holder_start(&h, self->a, &v, 1));
	/* the mount namespace of A, and not its user namespace */
	EXPECT_BOTH("fs_foreign", "", SPEC(NS_INIT, .mnt = h.mnt), "/mnt/0");
	EXPECT_BOTH("fs_foreign", "", SPEC(self->sibling, .mnt = h.mnt), "/mnt/0");
	EXPECT_BOTH("honoured", "honoured", SPEC(self->a, .mnt = h.mnt), "/mnt/0");
	EXPECT_BOTH("honoured", "honoured", SPEC(self->b, .mnt = h.mnt), "/mnt/0");
	holder_stop(&h);
}

TEST_F(why, root_unmapped)
{
	struct value v = value_v3(70000);

	ASSERT_EQ(0, set_value(self->file, &v));
	ASSERT_EQ(0, bind_idmapped(self->dir, "/mnt", self->a));
	EXPECT_BOTH("root_unmapped", "", SPEC(self->a), "/mnt/file");
	EXPECT_BOTH("root_unmapped", "", SPEC(NS_INIT), "/mnt/file");
}

TEST_F(why, root_not_owner)
{
	struct value v = value_v3(100000);

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("root_not_owner", "", SPEC(NS_INIT), self->file);
	EXPECT_BOTH("root_not_owner", "", SPEC(self->sibling), self->file);
}

TEST_F(why, outside_bounding)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "outside_bounding", SPEC(self->a, .unbound = true),
		    self->file);
	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2);
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "outside_bounding", SPEC(self->a, .unbound = true),
		    self->file);
}

TEST_F(why, no_new_privs)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "no_new_privs", SPEC(self->a, .no_new_privs = true),
		    self->file);
}

TEST_F(why, ptraced)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "ptraced", SPEC(self->a, .traced = true), self->file);
}

TEST_F(why, fs_shared)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "fs_shared", SPEC(self->a, .shared = true), self->file);
}

TEST_F(why, setuid_mix)
{
	struct value v = value_v3(100000);

	ASSERT_EQ(0, chown(self->file, 100000, 100000));
	ASSERT_EQ(0, chmod(self->file, 04755));
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "setuid_mix", SPEC(self->a), self->file);
	EXPECT_BOTH("honoured", "honoured", SPEC(self->b), self->file);
}

static void root_in_effect(void)
{
	if (setresuid(99, 0, 0))
		_exit(1);
}

/* Set-user-ID of a file whose uid or gid has no mapping does nothing */
TEST_F(why, setuid_unmapped)
{
	struct value v = value_v3(100000);

	ASSERT_EQ(0, chown(self->file, 100000, 5));
	ASSERT_EQ(0, chmod(self->file, 04755));
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "honoured", SPEC(self->a), self->file);
	/* and what the process is already counts all the same */
	ASSERT_EQ(0, chown(self->file, 5, 100000));
	ASSERT_EQ(0, chmod(self->file, 04755));
	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_BOTH("honoured", "setuid_mix",
		    SPEC(self->a, .uid = 0, .at_last = root_in_effect), self->file);
}

/* What getxattr(2) shows to nobody, the tracepoint tells the tool */
TEST_F(why, malformed)
{
	struct value v = value_v2();

	v.caps.magic_etc = htole32(0x04000001);
	ASSERT_EQ(0, disk_with_noop(&v));
	EXPECT_BOTH("malformed", "", SPEC(self->a), "/mnt/file");
}

TEST_F(why, form_1)
{
	struct value v = value_v1();

	ASSERT_EQ(0, disk_with_noop(&v));
	EXPECT_BOTH("honoured", "honoured", SPEC(self->a), "/mnt/file");
	EXPECT_BOTH("honoured", "no_new_privs", SPEC(self->a, .no_new_privs = true),
		    "/mnt/file");
	/* its root is that of the disk, as the mount shows it */
	ASSERT_EQ(0, mkdir("/tmp/idmapped", 0755));
	ASSERT_EQ(0, bind_idmapped("/mnt", "/tmp/idmapped", self->a));
	EXPECT_BOTH("honoured", "honoured", SPEC(self->a), "/tmp/idmapped/file");
	EXPECT_BOTH("root_not_owner", "", SPEC(self->sibling), "/tmp/idmapped/file");
	umount2("/tmp/idmapped", MNT_DETACH);
}

TEST_F(why, fs_error)
{
	ASSERT_EQ(0, disk_with_noop(NULL));
	/* by the owner: for others the mode's ACL would be looked for first */
	EXPECT_BOTH("fs_error", "", SPEC(NS_INIT, .uid = 0), "/mnt/file");
}

/* What the kernel does not show of a process, the tool does not guess */

/* The tool does not know, and says so, whatever the kernel says */
#define EXPECT_UNKNOWN(_creds, _spec, _path) do {			\
	struct spec _s = _spec;						\
	struct verdict _kernel, _tool;					\
	ASSERT_EQ(0, both_of(&_s, _path, &_kernel, &_tool));		\
	EXPECT_STREQ("honoured", _kernel.exec);				\
	EXPECT_STREQ(_creds, _kernel.creds);				\
	EXPECT_STREQ("unknown", _tool.honoured);			\
} while (0)

/* Root, but with the one capability that the file grants, and no others */
static void limit_root(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = TEST_MASK, .permitted = TEST_MASK },
	};

	if (syscall(SYS_capset, &header, data))
		_exit(1);
}

static void root_is_nobody(void)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0))
		_exit(1);
}

TEST_F(why, securebits_unseen)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_UNKNOWN("no_new_privs", SPEC(self->a, .uid = 0, .no_new_privs = true,
					    .at_last = limit_root), self->file);
	EXPECT_UNKNOWN("honoured", SPEC(self->a, .uid = 0, .no_new_privs = true,
					.as_root = root_is_nobody,
					.at_last = limit_root), self->file);
}

/* What counts is what the tracer had when it began, or who asked for it */
TEST_F(why, tracer_unseen)
{
	struct value v = value_v2();

	ASSERT_EQ(0, set_value(self->file, &v));
	EXPECT_UNKNOWN("honoured", SPEC(self->a, .traced_by_root = true), self->file);
}

/* A random sample */

#define NODES		8
#define FILES		7

static uint32_t seed;

/* xorshift32: what matters is that a seed gives the same sample again */
static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

/**
 * struct node - a user namespace of the sample
 * @fd: it, or NS_INIT
 * @depth: below the initial one
 * @span: it maps the uids from 0 to this one, without it
 * @five: or 0 and 5, and no others
 */
struct node {
	int fd, depth;
	uint32_t span;
	bool five;
};

static uint32_t some_uid(const struct node *n)
{
	if (n->five)
		return rnd(2) ? 5 : 0;
	/* one's own root is the interesting one */
	return rnd(3) ? rnd(n->span) : 0;
}

static int node_make(struct node *n, const struct node *parent, const char *kind,
		     char *map, size_t size)
{
	uint32_t first, half;

	*n = (struct node) { .depth = parent->depth + 1, .span = 1 };
	if (*kind == '5' && (parent->five || parent->span > 6)) {
		n->five = true;
		snprintf(map, size, "0 %u 1\n5 %u 1\n", parent->five ? 5 :
			 1 + rnd(parent->span - 1), 0);
	} else if (*kind == 'h' && parent->span > 1) {
		half = parent->span > 65536 ? 65536 : parent->span / 2;
		first = parent->span > 65536 ? 100000 * (1 + rnd(3)) :
					       rnd(parent->span - half + 1);
		n->span = half;
		snprintf(map, size, "0 %u %u\n", first, half);
	} else if (*kind == 'a' && !parent->five) {
		n->span = parent->span > 65536 ? 65536 : parent->span;
		snprintf(map, size, "0 0 %u\n", n->span);
	} else {
		snprintf(map, size, "0 %u 1\n", some_uid(parent));
	}
	n->fd = userns_new(parent->fd, map);
	return n->fd < 0 ? -1 : 0;
}

static struct value some_value(void)
{
	static const uint32_t rootids[] = {
		0, 5, 99, 1000, 70000, 100000, 100005, 101000, 150000, 200000,
		300000, 400000, 4294967294,
	};
	struct value v = {};

	switch (rnd(8)) {
	case 0:
		return v;
	case 1:
		v = value_v2();
		break;
	default:
		v = value_v3(rootids[rnd(ARRAY_LEN(rootids))]);
	}
	if (rnd(2))
		v.caps.magic_etc ^= htole32(VFS_CAP_FLAGS_EFFECTIVE);
	return v;
}

static int some_files(const char *dir)
{
	static const uid_t uids[] = { 0, 100000, 200000, 5 };
	char path[64];

	for (int i = 0; i < FILES; i++) {
		struct value v = some_value();
		uid_t uid = uids[rnd(ARRAY_LEN(uids))];
		gid_t gid = uids[rnd(ARRAY_LEN(uids))];

		snprintf(path, sizeof(path), "%s/%d", dir, i);
		unlink(path);
		if (copy_noop(path) || chown(path, uid, gid) ||
		    chmod(path, rnd(4) ? 0755 : 04755) ||
		    (v.size && set_value(path, &v)))
			return -1;
	}
	return 0;
}

static struct spec some_spec(const struct node *n, int mnt)
{
	return (struct spec) {
		.ns = n->fd, .mnt = mnt,
		.uid = n->five ? 5 : n->span > 99 ? 99 : n->span - 1,
		.no_new_privs = !rnd(5), .unbound = !rnd(5),
	};
}

FIXTURE(sample)
{
	struct node nodes[NODES];
	struct holder holder;
	char dirs[5][64];
};

static int make_nodes(struct node *nodes)
{
	/* the first two are plain: the mounts use them */
	static const char kinds[NODES] = { 0, 'h', 'h', '5', 'h', 'a', '1', '5' };
	char map[64];

	nodes[0] = (struct node) { .fd = NS_INIT, .span = 400000 };
	for (int i = 1; i < NODES; i++) {
		int parent = i < 3 ? 0 : rnd(i);

		if (node_make(&nodes[i], &nodes[parent], &kinds[i], map, sizeof(map)))
			return -1;
		map[strcspn(map, "\n")] = 0;
		printf("# node %d below %d: %s%s\n", i, parent, map,
		       nodes[i].five ? ", 5 0 1" : "");
	}
	return 0;
}

static int make_mounts(char (*dirs)[64], const struct node *nodes)
{
	snprintf(dirs[0], 64, "%s/sample", fs_dir("tmpfs"));
	snprintf(dirs[1], 64, "%s/sample", fs_dir("ext4"));
	snprintf(dirs[2], 64, "/tmp/nosuid");
	snprintf(dirs[3], 64, "/tmp/idmapped-ext4");
	snprintf(dirs[4], 64, "/tmp/idmapped-tmpfs");
	for (int i = 0; i < 5; i++) {
		if (mkdir(dirs[i], 0755))
			return -1;
	}
	return some_files(dirs[0]) || some_files(dirs[1]) ||
	       bind_nosuid(dirs[0], dirs[2]) ||
	       bind_idmapped(dirs[1], dirs[3], nodes[1].fd) ||
	       bind_idmapped(dirs[0], dirs[4], nodes[2].fd);
}

FIXTURE_SETUP(sample)
{
	struct value values[4] = { value_v2(), value_v3(5), {}, value_v3(0) };
	const char *given = getenv("NSCAPS_SEED");

	seed = given ? strtoul(given, NULL, 0) : 20241124;
	if (!seed)
		seed = 1;
	printf("# NSCAPS_SEED=%u\n", seed);
	ASSERT_EQ(0, tracing_start());
	ASSERT_EQ(0, make_nodes(self->nodes));
	ASSERT_EQ(0, make_mounts(self->dirs, self->nodes));
	ASSERT_EQ(0, holder_start(&self->holder, self->nodes[1].fd, values, 4));
}

FIXTURE_TEARDOWN(sample)
{
	holder_stop(&self->holder);
	for (int i = 2; i < 5; i++)
		umount2(self->dirs[i], MNT_DETACH);
	for (int i = 1; i < NODES; i++)
		close(self->nodes[i].fd);
	tracing_stop();
}

static void judge_batch(struct __test_metadata *_metadata, int node,
			const struct spec *s, char (*paths)[96], int n, int *wrong)
{
	struct verdict kernel[PATHS_MAX], tool[PATHS_MAX];
	char *list[PATHS_MAX];

	for (int i = 0; i < n; i++)
		list[i] = paths[i];
	/* a guest that says nothing for long is taken for dead */
	printf("# node %d, %d files\n", node, n);
	fflush(stdout);
	ASSERT_EQ(0, both(s, list, n, kernel, tool));
	for (int i = 0; i < n; i++) {
		if (agree(&kernel[i], &tool[i]))
			continue;
		(*wrong)++;
		TH_LOG("node %d uid %u nnp %d unbound %d %s: kernel %s %s, tool %s %s %s",
		       node, s->uid, s->no_new_privs, s->unbound, paths[i],
		       kernel[i].exec, kernel[i].creds, tool[i].exec,
		       tool[i].creds, tool[i].honoured);
	}
}

TEST_F_TIMEOUT(sample, verdicts, 1800)
{
	char paths[PATHS_MAX][96];
	int cases = 0, wrong = 0;

	for (int node = 0; node < NODES; node++) {
		struct spec s = some_spec(&self->nodes[node], -1);
		int n = 0;

		for (int dir = 0; dir < 5; dir++) {
			for (int i = 0; i < 2; i++)
				snprintf(paths[n++], 96, "%s/%d", self->dirs[dir],
					 (rnd(4) + i * 4) % FILES);
		}
		judge_batch(_metadata, node, &s, paths, n, &wrong);
		cases += n;

		/* the same user namespace, and the mounts of another */
		s = some_spec(&self->nodes[node], self->holder.mnt);
		for (n = 0; n < 2; n++)
			snprintf(paths[n], 96, "/mnt/%u", n + 2 * rnd(2));
		for (; n < 3; n++)
			snprintf(paths[n], 96, "%s/%u", self->dirs[0], rnd(FILES));
		judge_batch(_metadata, node, &s, paths, n, &wrong);
		cases += n;
	}
	printf("# %d cases, %d disagree\n", cases, wrong);
	EXPECT_LE(100, cases);
	EXPECT_EQ(0, wrong);
}

TEST_HARNESS_MAIN
