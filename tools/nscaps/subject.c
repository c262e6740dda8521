// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process that is to run a file: its namespaces and its credentials.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "subject.h"

static void proc_path(char *buf, size_t size, pid_t pid, const char *name)
{
	if (pid)
		snprintf(buf, size, "/proc/%d/%s", pid, name);
	else
		snprintf(buf, size, "/proc/self/%s", name);
}

static int proc_open(pid_t pid, const char *name, int flags)
{
	char path[64];

	proc_path(path, sizeof(path), pid, name);
	return open(path, flags | O_CLOEXEC);
}

static void status_line(struct subject *s, const char *line)
{
	unsigned long long set;
	unsigned int n;

	if (sscanf(line, "Name: %16[^\n]", s->comm) == 1)
		return;
	if (sscanf(line, "Uid: %u %u", &s->uid, &s->euid) == 2)
		return;
	if (sscanf(line, "CapInh: %llx", &set) == 1)
		s->inheritable = set;
	else if (sscanf(line, "CapPrm: %llx", &set) == 1)
		s->permitted = set;
	else if (sscanf(line, "CapBnd: %llx", &set) == 1)
		s->bounding = set;
	else if (sscanf(line, "NoNewPrivs: %u", &n) == 1)
		s->no_new_privs = n;
	else if (sscanf(line, "TracerPid: %u", &n) == 1)
		s->tracer = n;
}

static int read_status(struct subject *s)
{
	char path[64], line[512];
	FILE *f;

	proc_path(path, sizeof(path), s->pid, "status");
	f = fopen(path, "re");
	if (!f)
		return errno == ENOENT ? ESRCH : errno;
	while (fgets(line, sizeof(line), f))
		status_line(s, line);
	fclose(f);
	return 0;
}

/**
 * effective_of - the effective capabilities of a process
 * @pid: the process
 * @euid: where its effective uid goes, as seen here
 *
 * Return: the capabilities; none when it cannot be looked at.
 */
uint64_t effective_of(pid_t pid, uint32_t *euid)
{
	unsigned long long set = 0;
	char path[64], line[512];
	FILE *f;

	proc_path(path, sizeof(path), pid, "status");
	f = fopen(path, "re");
	*euid = UINT32_MAX;
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Uid: %*u %u", euid) != 1 &&
		    sscanf(line, "CapEff: %llx", &set) == 1)
			break;
	}
	fclose(f);
	return set;
}

/**
 * subject_self - the caller, or what it would start
 * @s: where it goes
 *
 * Return: 0, or an errno.
 */
int subject_self(struct subject *s)
{
	*s = (struct subject) { .mntns = -1 };
	s->securebits = prctl(PR_GET_SECUREBITS);
	lineage_open(proc_open(0, "ns/user", O_RDONLY), &s->lineage);
	return read_status(s);
}

/**
 * subject_pid - a process
 * @s: where it goes
 * @pid: the process
 *
 * Return: 0, or an errno: ESRCH when there is no such process.
 */
int subject_pid(struct subject *s, pid_t pid)
{
	int err;

	*s = (struct subject) { .pid = pid, .mntns = -1, .securebits = -1 };
	err = read_status(s);
	if (err)
		return err;
	s->mntns = proc_open(pid, "ns/mnt", O_RDONLY);
	lineage_open(proc_open(pid, "ns/user", O_RDONLY), &s->lineage);
	return 0;
}

/**
 * subject_userns - a user who enters a user namespace
 * @s: where it goes
 * @path: the namespace, such as /proc/PID/ns/user
 *
 * Return: 0, or an errno: EINVAL when @path is no user namespace.
 */
int subject_userns(struct subject *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = subject_self(s);
	lineage_close(&s->lineage);
	if (lineage_open(fd, &s->lineage))
		return EINVAL;
	s->enters = true;
	s->uid = UINT32_MAX;
	s->euid = UINT32_MAX;
	s->inheritable = 0;
	s->permitted = 0;
	s->bounding = UINT64_MAX;
	s->securebits = 0;
	return err;
}

void subject_close(struct subject *s)
{
	lineage_close(&s->lineage);
	if (s->mntns >= 0)
		close(s->mntns);
	s->mntns = -1;
}

/**
 * subject_map - the ids of the process's user namespace, as seen here
 * @s: the process
 * @name: uid_map or gid_map
 * @lines: where they go
 * @max: how many fit there
 *
 * Return: as map_of().
 */
int subject_map(const struct subject *s, const char *name,
		struct map_line *lines, int max)
{
	char path[64];
	int n;

	if (!s->pid && s->lineage.n) {
		n = userns_map(&s->lineage.ns[0], name, lines, max);
	} else {
		proc_path(path, sizeof(path), s->pid, name);
		n = map_of(path, lines, max);
	}
	/* one's own map shows the parent's ids; here they are those inside */
	if (s->lineage.n && s->lineage.own == 0) {
		for (int i = 0; i < n; i++)
			lines[i].outside = lines[i].inside;
	}
	return n;
}

/**
 * subject_root - the root of the process's user namespace
 * @s: the process
 * @root: where the uid goes, as seen here
 *
 * Return: false when there is none, or none with a name here.
 */
bool subject_root(const struct subject *s, uint32_t *root)
{
	struct map_line lines[340];
	int n = subject_map(s, "uid_map", lines, ARRAY_LEN(lines));

	for (int i = 0; i < n; i++) {
		if (lines[i].inside || lines[i].outside == UINT32_MAX)
			continue;
		*root = lines[i].outside;
		return true;
	}
	return false;
}

/**
 * subject_maps - has an id a mapping in the process's user namespace?
 * @s: the process
 * @name: uid_map or gid_map
 * @id: the uid or gid, as seen here
 *
 * Return: whether it has; true where the mapping cannot be read.
 */
bool subject_maps(const struct subject *s, const char *name, uint32_t id)
{
	struct map_line lines[340];
	int n = subject_map(s, name, lines, ARRAY_LEN(lines));

	for (int i = 0; i < n; i++) {
		if (id >= lines[i].outside && id - lines[i].outside < lines[i].count)
			return true;
	}
	return n < 0;
}

/**
 * parent_of - the directory that an open file is in
 * @proc: /proc/self/fd, open
 * @fd: the file
 *
 * Return: a descriptor, O_PATH, or -1; that it is on the same filesystem is
 * left to be checked.
 */
int parent_of(int proc, int fd)
{
	char name[16], path[4097];
	char *slash;
	ssize_t n;

	snprintf(name, sizeof(name), "%d", fd);
	n = readlinkat(proc, name, path, sizeof(path) - 1);
	if (n <= 0 || *path != '/')
		return -1;
	path[n] = 0;
	slash = strrchr(path, '/');
	slash[slash == path] = 0;
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Descriptors, sent through a socket by the child that could open them */
static void send_fds(int sock, const int *fds, int n, int err)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = {};
	struct iovec iov = { &err, sizeof(err) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (n) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	if (sendmsg(sock, &msg, 0) < 0)
		_exit(1);
}

static int receive_fds(int sock, int *dir)
{
	char control[CMSG_SPACE(2 * sizeof(int))];
	int err = EIO, fds[2] = { -1, -1 };
	struct iovec iov = { &err, sizeof(err) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) > 0) {
		c = CMSG_FIRSTHDR(&msg);
		if (c && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len <= CMSG_LEN(sizeof(fds)))
			memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	}
	*dir = fds[1];
	errno = err;
	return fds[0];
}

/* Become one who sees what the process sees, and open the file */
static void open_inside(const struct subject *s, const char *path, int sock)
{
	int root = proc_open(s->pid, "root", O_PATH);
	int cwd = proc_open(s->pid, "cwd", O_PATH);
	/* the /proc in there may be another pid namespace's */
	int proc = proc_open(0, "fd", O_PATH);
	int fds[2] = { -1, -1 };

	/* first without the user namespace: root needs none */
	if (root < 0 || cwd < 0 ||
	    (setns(s->mntns, CLONE_NEWNS) &&
	     (!s->lineage.n || setns(s->lineage.ns[0].fd, CLONE_NEWUSER) ||
	      setns(s->mntns, CLONE_NEWNS)))) {
		send_fds(sock, fds, 0, EACCES);
	} else if (fchdir(root) || chroot(".") || fchdir(cwd)) {
		send_fds(sock, fds, 0, EACCES);
	} else {
		fds[0] = open(path, O_PATH | O_CLOEXEC);
		if (fds[0] < 0) {
			send_fds(sock, fds, 0, errno);
		} else {
			fds[1] = parent_of(proc, fds[0]);
			send_fds(sock, fds, fds[1] < 0 ? 1 : 2, 0);
		}
	}
	_exit(0);
}

/* Where one may not enter, the kernel can still look a plain path up */
static int open_beneath(const struct subject *s, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT };
	int dir = proc_open(s->pid, *path == '/' ? "root" : "cwd", O_PATH);
	int fd, err;

	if (dir < 0)
		return -1;
	fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	err = errno;
	close(dir);
	errno = err;
	return fd;
}

/**
 * subject_open - open a file by a path as the process sees it
 * @s: the process
 * @path: the path
 * @dir: where the directory goes that it is in, as a descriptor; -1 where that
 *	is not known
 *
 * Return: a descriptor, O_PATH; -1 with errno.
 */
int subject_open(const struct subject *s, const char *path, int *dir)
{
	int socks[2], fd, err;
	pid_t pid;

	*dir = -1;
	if (!s->pid)
		return open(path, O_PATH | O_CLOEXEC);
	if (s->mntns < 0)
		return open_beneath(s, path);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -1;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(socks[0]);
		open_inside(s, path, socks[1]);
	}
	close(socks[1]);
	fd = receive_fds(socks[0], dir);
	err = errno;
	close(socks[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = err;
	return fd < 0 && err == EACCES ? open_beneath(s, path) : fd;
}
