// SPDX-License-Identifier: GPL-2.0
/*
 * What security.capability costs, in instructions.
 *
 * Runs in a guest whose time stamp counter counts instructions (QEMU,
 * -icount shift=0).  Each call is counted by itself, many times; the median is
 * what is printed, so that timer ticks do not count.  A line is
 *
 *   bench CALL FILESYSTEM NAMESPACE IDMAPPED WHAT COUNT SPREAD RESULT
 *
 * WHAT is "caps", or "plain" for the same bytes under a name that nobody
 * translates; SPREAD is how far the repetitions lie apart, in 1/10000 of COUNT;
 * RESULT is what the call returned.
 *
 * Then the same for whole programs, with trees of up to FILES files, if any.
 *
 * usage: bench FILES
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <x86intrin.h>

#include "common.h"

#define REPS		5	/* repetitions, each with a result of its own */
#define MORE_REPS	15	/* where they differ, and the lowest counts */
#define CALLS		41	/* calls in each */
#define WARM		5	/* calls before the first that counts */

#define DEEP		32	/* the deepest namespace */
#define FIRST_UID	100000	/* root of the first namespace */
#define UIDS		65536	/* how many it has */
#define SOME_UID	5	/* in each namespace, a uid other than root's */
#define PLAIN_USER	1000	/* in each, who runs the programs */

#define TRUE_PATH	"/nscaps/nscaps/true"

static int userns[DEEP + 1];	/* [0] is NS_INIT, each below the one before */

static void die(const char *what)
{
	printf("bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The initial uid of a namespace's root */
static uid_t root_of(int depth)
{
	return depth ? FIRST_UID + depth - 1 : 0;
}

/* Each namespace begins at uid 1 of its parent, so no two share their root. */
static void make_namespaces(void)
{
	char map[64];
	int i;

	userns[0] = NS_INIT;
	for (i = 1; i <= DEEP; i++) {
		snprintf(map, sizeof(map), "0 %d %d", i == 1 ? FIRST_UID : 1,
			 UIDS - i + 1);
		userns[i] = userns_new(userns[i - 1], map);
		if (userns[i] < 0)
			die("user namespace");
	}
}

/* --- counting --- */

static int order(const void *a, const void *b)
{
	const unsigned long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Of the numbers in their order, the one at @place */
static unsigned long ordered(unsigned long *n, size_t count, size_t place)
{
	qsort(n, count, sizeof(*n), order);
	return n[place];
}

/**
 * struct test - a call to count
 * @call: makes the call once; returns what the system call did
 * @before: makes the next call possible, uncounted; may be NULL
 * @between: what differs from one repetition to the next; may be NULL.  Then the
 *	lowest of them counts, and else their median
 * @path: the file
 * @name: the xattr
 * @value: its bytes
 * @size: how many the caller has room for
 */
struct test {
	long (*call)(struct test *t);
	void (*before)(struct test *t);
	void (*between)(int rep);
	const char *path;
	const char *name;
	struct value value;
	size_t size;
};

struct count {
	unsigned long count;
	unsigned long spread;
	long result;
};

static long call_nothing(struct test *t)
{
	return t->size;
}

static unsigned long once(struct test *t, long *result)
{
	unsigned long begin;

	if (t->before)
		t->before(t);
	begin = __rdtsc();
	*result = t->call(t);
	return __rdtsc() - begin;
}

static struct count count(struct test *t)
{
	const int times = t->between ? MORE_REPS : REPS;
	unsigned long n[CALLS], reps[MORE_REPS];
	struct count c = {};
	int i, rep;

	for (i = 0; i < WARM; i++)
		once(t, &c.result);
	for (rep = 0; rep < times; rep++) {
		if (t->between)
			t->between(rep);
		for (i = 0; i < CALLS; i++)
			n[i] = once(t, &c.result);
		reps[rep] = ordered(n, CALLS, CALLS / 2);
	}
	c.count = ordered(reps, times, t->between ? 0 : times / 2);
	c.spread = (reps[times - 1] - reps[0]) * 10000 / c.count;
	return c;
}

/* What of each count is this program's own */
static unsigned long own;

static void count_own(void)
{
	struct test t = { .call = call_nothing };

	own = count(&t).count;
}

/* --- the calls --- */

static long call_get(struct test *t)
{
	char bytes[XATTR_CAPS_SZ_3];
	ssize_t n = getxattr(t->path, t->name, bytes, t->size);

	return n < 0 ? -errno : n;
}

/* No two values in a row are the same, lest a filesystem notices. */
static long call_set(struct test *t)
{
	t->value.bytes[4] ^= 1;
	return setxattr(t->path, t->name, t->value.bytes, t->value.size, 0) ?
		-errno : 0;
}

static long call_remove(struct test *t)
{
	return removexattr(t->path, t->name) ? -errno : 0;
}

static void before_remove(struct test *t)
{
	if (call_set(t))
		die(t->path);
}

/*
 * What the last one left to be freed after a grace period is freed now, lest one
 * of the next pays for it.
 */
static void before_exec(struct test *t)
{
	usleep(50000);
}

/*
 * A process more, which stays.  What an exec and an exit allocate may just lie on
 * both sides of a page's end, and a page is taken and given back each time; with
 * other numbers of objects it does not.
 */
static pid_t stay[MORE_REPS];

static void another_process(int rep)
{
	stay[rep] = fork();
	if (stay[rep] < 0)
		die("fork");
	while (!stay[rep])
		pause();
}

static void processes_end(void)
{
	int i;

	for (i = 0; i < MORE_REPS && stay[i]; i++) {
		kill(stay[i], SIGKILL);
		waitpid(stay[i], NULL, 0);
		stay[i] = 0;
	}
}

static long call_exec(struct test *t)
{
	char *argv[] = { (char *)t->path, NULL };
	int status;
	pid_t pid;

	pid = vfork();
	if (!pid) {
		execv(t->path, argv);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid ? status : -errno;
}

/* --- rows --- */

/**
 * struct place - where a call is made
 * @fs: the filesystem
 * @dir: a directory on it, as the caller reaches it
 * @raw: the same without an idmap
 * @depth: the caller's namespace
 * @idmap: whether @dir is on an idmapped mount, of the first namespace's map
 */
struct place {
	const char *fs;
	const char *dir;
	const char *raw;
	int depth;
	bool idmap;
};

static void row(const struct place *p, const char *call, const char *what,
		struct test *t)
{
	struct count c = count(t);

	if (c.result < 0 && c.result != -ENODATA) {
		errno = -c.result;
		die(call);
	}
	printf("bench %s %s %d %s %s %lu %lu %ld\n", call, p->fs, p->depth,
	       p->idmap ? "yes" : "no", what, c.count - own, c.spread, c.result);
}

/* The kuid of a uid of the caller's, as it lies on disk */
static uid_t on_disk(const struct place *p, uid_t uid)
{
	return root_of(p->depth) + uid - (p->idmap && p->depth ? FIRST_UID : 0);
}

static const char *plain_name(const struct place *p)
{
	return p->depth ? "user.x" : "trusted.x";
}

/* A file of the caller's root, with an xattr of these bytes on disk */
static void make_file(const struct place *p, const char *file,
		      const char *name, const struct value *v)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", p->raw, file);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || fchown(fd, on_disk(p, 0), on_disk(p, 0)) ||
	    (v && fsetxattr(fd, name, v->bytes, v->size, 0)))
		die(path);
	close(fd);
}

/* Two files of a value: names of one length, as a longer path costs more */
struct pair {
	char caps[32];
	char plain[32];
};

static struct pair pair_of(const char *file)
{
	struct pair pair;

	snprintf(pair.caps, sizeof(pair.caps), "%s.caps", file);
	snprintf(pair.plain, sizeof(pair.plain), "%s.bare", file);
	return pair;
}

/* The value @v, if any, as capability and as plain bytes */
static void make_files(const struct place *p, const char *file,
		       const struct value *v)
{
	const struct pair pair = pair_of(file);

	make_file(p, pair.caps, CAPS_XATTR, v);
	make_file(p, pair.plain, plain_name(p), v);
}

static void get_rows(const struct place *p, const char *call, const char *file,
		     size_t size)
{
	const struct pair pair = pair_of(file);
	struct test t = {
		.call = call_get, .size = size,
		.path = pair.caps, .name = CAPS_XATTR,
	};

	row(p, call, "caps", &t);
	t.path = pair.plain;
	t.name = plain_name(p);
	row(p, call, "plain", &t);
}

/* @v is what the caller writes, @size is what is stored */
static void set_rows(const struct place *p, const char *call, struct value v,
		     size_t size, bool remove)
{
	const struct pair pair = pair_of("set");
	struct test t = {
		.call = remove ? call_remove : call_set,
		.before = remove ? before_remove : NULL,
		.path = pair.caps, .name = CAPS_XATTR, .value = v,
	};

	row(p, call, "caps", &t);
	t.path = pair.plain;
	t.name = plain_name(p);
	t.value.size = size;
	row(p, call, "plain", &t);
}

static struct outcome count_calls(void *ctx)
{
	const struct place *p = ctx;
	const bool stored_v2 = !p->depth && !p->idmap;
	struct outcome o = {};

	if (chdir(p->dir))
		die(p->dir);
	get_rows(p, "get-v3", "some", XATTR_CAPS_SZ_3);
	get_rows(p, "size-v3", "some", 0);
	get_rows(p, "get-own", "own", XATTR_CAPS_SZ_3);
	get_rows(p, "get-v2", "v2", XATTR_CAPS_SZ_3);
	get_rows(p, "get-none", "none", XATTR_CAPS_SZ_3);
	if (p->depth > 1)
		get_rows(p, "get-first", "first", XATTR_CAPS_SZ_3);
	/* root of the initial namespace is nobody on an idmapped mount */
	if (p->depth || !p->idmap)
		set_rows(p, "set-v2", value_v2(),
			 stored_v2 ? XATTR_CAPS_SZ_2 : XATTR_CAPS_SZ_3, false);
	set_rows(p, "set-v3", value_v3(p->idmap && !p->depth ?
				       FIRST_UID + SOME_UID : SOME_UID),
		 XATTR_CAPS_SZ_3, false);
	set_rows(p, "remove-v3", value_v3(p->idmap && !p->depth ?
					  FIRST_UID + SOME_UID : SOME_UID),
		 XATTR_CAPS_SZ_3, true);
	fflush(stdout);
	return o;
}

static struct outcome count_execs(void *ctx)
{
	const struct place *p = ctx;
	struct test t = {
		.call = call_exec, .before = before_exec,
		.between = another_process,
	};
	static const struct {
		const char *call;
		const char *path;
	} programs[] = {
		{ "exec-plain", "./true" },
		{ "exec-caps", "./true.caps" },
		{ "exec-script", "./script" },
	};
	struct outcome o = {};

	if (chdir(p->dir))
		die(p->dir);
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		t.path = programs[i].path;
		row(p, programs[i].call, "caps", &t);
		processes_end();
	}
	fflush(stdout);
	return o;
}

static void shell(const char *format, const char *a, const char *b)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), format, a, b);
	if (system(cmd))
		die(cmd);
}

static void make_programs(const struct place *p)
{
	struct value v = value_v2();
	char path[64];

	/* read again, so that they lie in memory alike with either kernel */
	shell("cp " TRUE_PATH " %1$s/true && cp " TRUE_PATH " %1$s/true.caps && "
	      "echo '#!'%2$s/true >%1$s/script && chmod 755 %1$s/* && "
	      "sync && echo 3 >/proc/sys/vm/drop_caches",
	      p->raw, p->dir);
	snprintf(path, sizeof(path), "%s/true.caps", p->raw);
	if (setxattr(path, CAPS_XATTR, v.bytes, v.size, 0))
		die(path);
}

static void run_place(struct place *p, bool exec)
{
	const struct value some = value_v3(on_disk(p, SOME_UID));
	const struct value root = value_v3(on_disk(p, 0));
	const struct value first = value_v3(FIRST_UID);
	const struct value v2 = value_v2();
	int ns = userns[p->depth];
	struct outcome o;

	make_files(p, "some", &some);
	make_files(p, "own", &root);
	make_files(p, "v2", &v2);
	make_files(p, "first", &first);
	make_files(p, "set", &some);
	make_files(p, "none", NULL);
	fflush(stdout);
	o = run_in(ns, 0, count_calls, p);
	if (o.err)
		die(p->dir);
	if (!exec)
		return;
	make_programs(p);
	o = run_in(ns, PLAIN_USER, count_execs, p);
	if (o.err)
		die(p->dir);
}

/* --- filesystems --- */

static void mount_idmapped(const char *from, const char *to)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = userns[1],
	};
	int fd;

	fd = syscall(SYS_open_tree, AT_FDCWD, from,
		     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0 ||
	    syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) ||
	    syscall(SYS_move_mount, fd, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH))
		die(to);
	close(fd);
}

static void run_filesystem(const char *fs)
{
	static const int depths[] = { 0, 1, 8, DEEP };
	char dir[32], mapped[32];
	struct place p = { .fs = fs, .raw = dir };
	size_t i;

	snprintf(dir, sizeof(dir), "/tmp/%s", fs);
	snprintf(mapped, sizeof(mapped), "/tmp/%s.map", fs);
	for (i = 0; i < ARRAY_LEN(depths); i++) {
		p.dir = dir;
		p.depth = depths[i];
		p.idmap = false;
		run_place(&p, p.depth != 8);
	}
	/* an overlay has no idmapped mounts */
	if (!strcmp(fs, "overlay"))
		return;
	if (mkdir(mapped, 0755))
		die(mapped);
	mount_idmapped(dir, mapped);
	for (i = 0; i < 2; i++) {
		p.dir = mapped;
		p.depth = depths[i];
		p.idmap = true;
		run_place(&p, false);
	}
}

static void run_calls(void)
{
	shell("truncate -s 600M /tmp/xfs.img && mkfs.xfs -q /tmp/xfs.img && "
	      "mkdir /tmp/xfs && mount -t xfs -o loop /tmp/xfs.img /tmp/xfs", "", "");
	shell("truncate -s 600M /tmp/btrfs.img && mkfs.btrfs -q /tmp/btrfs.img && "
	      "mkdir /tmp/btrfs && mount -t btrfs -o loop /tmp/btrfs.img /tmp/btrfs",
	      "", "");
	shell("cd /tmp/tmpfs && mkdir lower upper work /tmp/overlay && mount -t overlay "
	      "-o lowerdir=lower,upperdir=upper,workdir=work overlay /tmp/overlay",
	      "", "");
	run_filesystem("tmpfs");
	run_filesystem("ext4");
	run_filesystem("xfs");
	run_filesystem("btrfs");
	run_filesystem("overlay");
}

/* --- scaling --- */

/* Trees of a hundred files to a directory, every tenth with a value */
static void make_tree(const char *dir, int files)
{
	struct value v = value_v3(FIRST_UID);
	char path[64];
	int i, fd;

	if (mkdir(dir, 0755))
		die(dir);
	for (i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i / 100);
		if (i % 100 == 0 && mkdir(path, 0755))
			die(path);
		snprintf(path, sizeof(path), "%s/%d/%d", dir, i / 100, i % 100);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
		if (fd < 0 || (i % 10 == 0 &&
			       fsetxattr(fd, CAPS_XATTR, v.bytes, v.size, 0)))
			die(path);
		close(fd);
	}
}

static unsigned long run_command(const char *cmd)
{
	unsigned long begin = __rdtsc();

	if (system(cmd))
		die(cmd);
	return __rdtsc() - begin;
}

static void scale_row(const char *call, int n, unsigned long count)
{
	printf("bench %s ext4 0 no %d %lu 0 0\n", call, n, count);
	fflush(stdout);
}

/*
 * What a small tree costs hangs on when the journal is written: the lowest of
 * three, each after @first.
 */
static unsigned long run_lowest(const char *first, const char *cmd, int files)
{
	unsigned long count, lowest = ULONG_MAX;
	int i;

	for (i = 0; i < (files < 10000 ? 3 : 1); i++) {
		run_command(first);
		count = run_command(cmd);
		if (count < lowest)
			lowest = count;
	}
	return lowest;
}

static void scale_trees(int files)
{
	const char *scan = "getcap -r /tmp/big/a >/dev/null";
	int n;

	shell("truncate -s 800M /tmp/big.img && mkfs.ext4 -q -F -N 250000 "
	      "-E lazy_itable_init=0,lazy_journal_init=0 /tmp/big.img && "
	      "mkdir /tmp/big && mount -t ext4 -o loop /tmp/big.img /tmp/big", "", "");
	for (n = 100; n <= files; n *= 10) {
		make_tree("/tmp/big/a", n);
		scale_row("getcap-r", n, run_lowest(scan, scan, n));
		scale_row("cp-a", n,
			  run_lowest("rm -rf /tmp/big/b && sync",
				     "cp -a /tmp/big/a /tmp/big/b", n));
		run_command("rm -r /tmp/big/a /tmp/big/b && sync");
	}
}

/* How much it takes that @n processes exec, at once */
static unsigned long run_processes(int n)
{
	char *argv[] = { "/tmp/ext4/true.caps", NULL };
	unsigned long begin;
	int go[2], i;
	char c;

	if (pipe2(go, O_CLOEXEC))
		die("pipe");
	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			close(go[1]);
			/* ends when the parent closes its side */
			if (!read(go[0], &c, 1))
				execv(argv[0], argv);
			_exit(127);
		}
	}
	begin = __rdtsc();
	close(go[1]);
	for (i = 0; i < n; i++) {
		int status;

		if (wait(&status) < 0 || status)
			die("exec");
	}
	close(go[0]);
	return __rdtsc() - begin;
}

static void scale_processes(void)
{
	struct place p = { .fs = "ext4", .dir = "/tmp/ext4", .raw = "/tmp/ext4" };
	unsigned long counts[REPS];
	int n, i;

	make_programs(&p);
	for (n = 1; n <= 1000; n *= 10) {
		run_processes(n);
		for (i = 0; i < REPS; i++) {
			another_process(i);
			counts[i] = run_processes(n);
		}
		processes_end();
		scale_row("processes", n, ordered(counts, REPS, 0));
	}
}

int main(int argc, char **argv)
{
	int files = argc == 2 ? atoi(argv[1]) : -1;

	if (files < 0) {
		printf("usage: bench FILES\n");
		return 2;
	}
	/* personality(2) would be cleared for files with capabilities */
	if (write_file("/proc/sys/kernel/randomize_va_space", "0"))
		die("randomize_va_space");
	count_own();
	make_namespaces();
	run_calls();
	if (files) {
		scale_processes();
		scale_trees(files);
	}
	return 0;
}
