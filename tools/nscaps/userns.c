// SPDX-License-Identifier: GPL-2.0-only
/*
 * User namespaces: enter them, climb to their ancestors, read their maps,
 * find out whose they are.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "userns.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = { "no", "yes", "unknown" };

	return names[verdict];
}

/**
 * userns_own - the caller's own user namespace
 *
 * Return: its inode number, or 0 when /proc does not tell.
 */
ino_t userns_own(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) ? 0 : st.st_ino;
}

bool userns_is_init(void)
{
	return userns_own() == USERNS_INIT_INO;
}

/**
 * lineage_open - a user namespace and those above it
 * @fd: the namespace; it is taken over, also on failure
 * @lineage: where they go
 *
 * Those above the caller's own cannot be had, nor those beside it.
 *
 * Return: 0, or -1 when @fd is no user namespace.
 */
int lineage_open(int fd, struct lineage *lineage)
{
	const ino_t own = userns_own();
	struct stat st;

	*lineage = (struct lineage) { .own = -1 };
	if (fd < 0 || ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWUSER) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (fd >= 0 && lineage->n < USERNS_MAX && !fstat(fd, &st)) {
		if (st.st_ino == own)
			lineage->own = lineage->n;
		lineage->complete = st.st_ino == USERNS_INIT_INO;
		lineage->ns[lineage->n++] = (struct userns) { fd, st.st_ino };
		fd = ioctl(fd, NS_GET_PARENT);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

void lineage_close(struct lineage *lineage)
{
	for (int i = 0; i < lineage->n; i++)
		close(lineage->ns[i].fd);
	lineage->n = 0;
}

bool lineage_has(const struct lineage *lineage, ino_t ino)
{
	for (int i = 0; i < lineage->n; i++) {
		if (lineage->ns[i].ino == ino)
			return true;
	}
	return false;
}

static void run_inside(const struct userns *ns, ns_fn fn, void *ctx, int out)
{
	struct answer a = {};

	/* one is root of one's own already, as far as one is at all */
	if (ns->ino != userns_own() && setns(ns->fd, CLONE_NEWUSER)) {
		a.err = errno;
	} else {
		/* where no root is mapped, the capabilities do as well */
		if (ns->ino != userns_own() && setresuid(0, 0, 0))
			errno = 0;
		a = fn(ctx);
		a.run = true;
	}
	_exit(write(out, &a, sizeof(a)) != sizeof(a));
}

/**
 * in_userns - run a function as root of a user namespace
 * @ns: the namespace
 * @fn: the function; it runs in a child
 * @ctx: for it
 *
 * In the caller's own namespace it is run with what the caller has.
 *
 * Return: what @fn left, or why it was not run.
 */
struct answer in_userns(const struct userns *ns, ns_fn fn, void *ctx)
{
	struct answer a = { .err = ECHILD };
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		a.err = errno;
		return a;
	}
	fflush(NULL);
	pid = fork();
	if (!pid)
		run_inside(ns, fn, ctx, fds[1]);
	close(fds[1]);
	if (pid < 0)
		a.err = errno;
	else if (read(fds[0], &a, sizeof(a)) != sizeof(a))
		a = (struct answer) { .err = ECHILD };
	close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return a;
}

/**
 * map_of - read a uid_map or gid_map as the caller sees it
 * @path: such as /proc/PID/uid_map
 * @lines: where it goes
 * @max: how many lines fit there
 *
 * Return: the number of lines, 0 while there is no mapping; -1 with errno.
 */
int map_of(const char *path, struct map_line *lines, int max)
{
	FILE *f = fopen(path, "re");
	int n = 0;

	if (!f)
		return -1;
	while (n < max && fscanf(f, "%u %u %u", &lines[n].inside,
				 &lines[n].outside, &lines[n].count) == 3)
		n++;
	fclose(f);
	return n;
}

/**
 * userns_map - the mapping of a namespace, as the caller sees it
 * @ns: the namespace
 * @name: uid_map or gid_map
 * @lines: where it goes
 * @max: how many lines fit there
 *
 * A child that waits inside lends its file in /proc.
 *
 * Return: as map_of().
 */
int userns_map(const struct userns *ns, const char *name, struct map_line *lines,
	       int max)
{
	int ready[2], hold[2], n = -1, err = EIO;
	char path[64], c;
	pid_t pid;

	if (ns->ino == userns_own()) {
		snprintf(path, sizeof(path), "/proc/self/%s", name);
		return map_of(path, lines, max);
	}
	if (pipe2(ready, O_CLOEXEC))
		return -1;
	if (pipe2(hold, O_CLOEXEC)) {
		close(ready[0]);
		close(ready[1]);
		return -1;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(hold[1]);
		c = setns(ns->fd, CLONE_NEWUSER) ? errno : 0;
		if (write(ready[1], &c, 1) == 1 && read(hold[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	close(hold[0]);
	if (pid > 0 && read(ready[0], &c, 1) == 1) {
		err = c;
		if (!c) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
			n = map_of(path, lines, max);
			err = errno;
		}
	}
	close(ready[0]);
	close(hold[1]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = err;
	return n;
}

/**
 * map_to_parent - what a uid of the caller's is in the parent namespace
 * @uid: the uid
 * @parent: where the other one goes
 *
 * Return: false when it is not mapped, or /proc does not tell.
 */
bool map_to_parent(uint32_t uid, uint32_t *parent)
{
	struct map_line lines[340];
	int n = map_of("/proc/self/uid_map", lines, ARRAY_LEN(lines));

	for (int i = 0; i < n; i++) {
		if (uid < lines[i].inside || uid - lines[i].inside >= lines[i].count)
			continue;
		*parent = lines[i].outside + (uid - lines[i].inside);
		return true;
	}
	return false;
}

/* The longest row of hexadecimal digits in a cgroup's path names a container */
static void container_id(pid_t pid, char *id, size_t size)
{
	char path[64], line[4096];
	FILE *f;

	id[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (!id[0] && fgets(line, sizeof(line), f)) {
		for (char *p = line; *p && !id[0]; p++) {
			size_t n = strspn(p, "0123456789abcdef");

			if (n == 64)
				snprintf(id, size, "%.12s", p);
			if (n)
				p += n - 1;
		}
	}
	fclose(f);
}

static void comm_of(pid_t pid, char *comm, size_t size)
{
	char path[64];
	FILE *f;

	comm[0] = 0;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(comm, size, f))
		comm[strcspn(comm, "\n")] = 0;
	fclose(f);
}

static struct owner *owners;
static size_t owners_n;

static bool root_of(pid_t pid, uint32_t *root)
{
	struct map_line lines[340];
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	n = map_of(path, lines, ARRAY_LEN(lines));
	for (int i = 0; i < n; i++) {
		if (lines[i].inside || lines[i].outside == UINT32_MAX)
			continue;
		*root = lines[i].outside;
		return true;
	}
	return false;
}

static void add_owner(pid_t pid)
{
	struct owner o = { .pid = pid }, *more;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (stat(path, &st))
		return;
	for (size_t i = 0; i < owners_n; i++) {
		if (owners[i].ino == st.st_ino)
			return;
	}
	o.ino = st.st_ino;
	if (!root_of(pid, &o.root))
		return;
	/* our own map shows our parent's uids; our root is 0 here */
	if (o.ino == userns_own())
		o.root = 0;
	comm_of(pid, o.comm, sizeof(o.comm));
	container_id(pid, o.container, sizeof(o.container));
	more = realloc(owners, (owners_n + 1) * sizeof(o));
	if (!more)
		return;
	owners = more;
	owners[owners_n++] = o;
}

/* Once is enough: what comes or goes meanwhile may be missed anyway */
static void find_owners(void)
{
	static bool done;
	struct dirent *e;
	DIR *proc;

	if (done)
		return;
	done = true;
	proc = opendir("/proc");
	if (!proc)
		return;
	while ((e = readdir(proc))) {
		if (isdigit((unsigned char)e->d_name[0]))
			add_owner(atoi(e->d_name));
	}
	closedir(proc);
}

/**
 * owner_of - a user namespace with processes whose root is this uid
 * @root: the uid, as seen here
 *
 * Return: the first one, or NULL when none is found.
 */
const struct owner *owner_of(uint32_t root)
{
	find_owners();
	for (size_t i = 0; i < owners_n; i++) {
		if (owners[i].root == root)
			return &owners[i];
	}
	return NULL;
}

/**
 * owner_of_ns - what is known of a user namespace
 * @ino: its inode number
 *
 * Return: that, or NULL when it has no process that can be seen.
 */
const struct owner *owner_of_ns(ino_t ino)
{
	find_owners();
	for (size_t i = 0; i < owners_n; i++) {
		if (owners[i].ino == ino)
			return &owners[i];
	}
	return NULL;
}

/**
 * owner_at - the user namespaces that have processes, one by one
 * @i: from 0
 *
 * Return: one of them, or NULL after the last.
 */
const struct owner *owner_at(size_t i)
{
	find_owners();
	return i < owners_n ? &owners[i] : NULL;
}

/**
 * owner_below - is a user namespace below another, as far as can be seen?
 * @owner: the namespace
 * @ino: the other one
 *
 * Return: whether it is; false where that cannot be found out.
 */
bool owner_below(const struct owner *owner, ino_t ino)
{
	struct lineage l;
	char path[64];
	bool below;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", owner->pid);
	if (lineage_open(open(path, O_RDONLY | O_CLOEXEC), &l))
		return false;
	below = owner->ino != ino && lineage_has(&l, ino);
	lineage_close(&l);
	return below;
}

static bool line_has(const struct map_line *lines, int n, uint32_t uid)
{
	for (int i = 0; i < n; i++) {
		if (uid >= lines[i].outside &&
		    uid - lines[i].outside < lines[i].count)
			return true;
	}
	return false;
}

/**
 * owner_maps - does a user namespace map both ends of each of these ranges?
 * @owner: the namespace
 * @want: the ranges; outside is as seen here
 * @n: how many
 *
 * Return: whether it does; false where its map cannot be read.
 */
bool owner_maps(const struct owner *owner, const struct map_line *want, int n)
{
	struct map_line lines[340];
	char path[64];
	int m;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", owner->pid);
	m = map_of(path, lines, ARRAY_LEN(lines));
	for (int i = 0; i < n; i++) {
		if (!line_has(lines, m, want[i].outside) ||
		    !line_has(lines, m, want[i].outside + want[i].count - 1))
			return false;
	}
	return m > 0;
}
