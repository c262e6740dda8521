// SPDX-License-Identifier: GPL-2.0
/*
 * The workers of the differential test; see worker.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/securebits.h>
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
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common.h"
#include "probe.h"
#include "worker.h"

#define ALL_CAPS	UINT64_MAX
#define CAP_BIT(cap)	(1ULL << (cap))
#define FILE_SIZE	8192

/* for the coordinator, and for the worker */
static int sockets[MAX_NS][2];
/* the uid and gid that this worker has when it does nothing special */
static uid_t base_id;
/* what all files contain: the probe, with zeroes to FILE_SIZE */
static char content[FILE_SIZE];

static void fail(const char *what)
{
	fprintf(stderr, "Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Messages */

static void send_fd(int sock, void *data, size_t size, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		*CMSG_FIRSTHDR(&msg) = (struct cmsghdr) {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
	}
	if (sendmsg(sock, &msg, 0) != (ssize_t)size)
		fail("a worker is gone");
}

/* The file descriptor that came along, or -1 */
static int receive_fd(int sock, void *data, size_t size)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int fd = -1;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)size)
		_exit(1);
	if (CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Credentials */

static int set_caps(uint64_t effective, bool inheritable)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted & (effective >> 32 * i);
		if (inheritable)
			data[i].inheritable = data[i].permitted;
	}
	return syscall(SYS_capset, &header, data);
}

static int become(const struct op *op)
{
	if (op->cred == CRED_USER || op->cred == CRED_ONLY_SETFCAP) {
		if (setresgid(-1, op->uid, -1) || setresuid(-1, op->uid, -1))
			return -1;
	}
	switch (op->cred) {
	case CRED_USER:
		return set_caps(0, false);
	case CRED_ONLY_SETFCAP:
		return set_caps(CAP_BIT(CAP_SETFCAP), false);
	case CRED_NO_SETFCAP:
		return set_caps(~CAP_BIT(CAP_SETFCAP), false);
	default:
		return 0;
	}
}

static void come_back(void)
{
	if (set_caps(ALL_CAPS, false) || setresuid(-1, base_id, -1) ||
	    setresgid(-1, base_id, -1) || set_caps(ALL_CAPS, false))
		_exit(1);
}

/* Operations, in the directory of the place */

static void to_hex(char *text, const unsigned char *bytes, size_t size)
{
	*text = 0;
	for (size_t i = 0; i < size; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
}

static int open_file(const struct op *op)
{
	return open(op->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static long set(const struct op *op)
{
	const void *value = op->size ? op->value : NULL;
	int fd, err;
	long ret;

	if (!op->open)
		return lsetxattr(op->name, op->xattr, value, op->size,
				 op->flags);
	fd = open_file(op);
	if (fd < 0)
		return -1;
	ret = fsetxattr(fd, op->xattr, value, op->size, op->flags);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static long get(const struct op *op, char *text)
{
	unsigned char value[64];
	int fd, err;
	long ret;

	memset(value, 0xa5, sizeof(value));
	if (op->open) {
		fd = open_file(op);
		if (fd < 0)
			return -1;
		ret = fgetxattr(fd, op->xattr, value, op->size);
		err = errno;
		close(fd);
		errno = err;
	} else {
		ret = lgetxattr(op->name, op->xattr, value, op->size);
	}
	/* also what must not have been written */
	if (ret >= 0)
		to_hex(text, value, op->size < 24 ? 24 : op->size);
	return ret;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char **)a, *(char **)b);
}

/* The order of the names is the filesystem's own affair */
static long list(const struct op *op, char *text)
{
	char names[512], *name[64];
	size_t count = 0, n = 0;
	long ret;

	ret = llistxattr(op->name, names, op->size);
	for (long i = 0; i < ret && op->size; i += strlen(names + i) + 1)
		name[count++] = names + i;
	qsort(name, count, sizeof(*name), by_name);
	for (size_t i = 0; i < count; i++)
		n += sprintf(text + n, "%s%s", i ? "," : "", name[i]);
	return ret;
}

static long write_byte(const struct op *op)
{
	int fd = open(op->name, O_WRONLY | O_NONBLOCK | O_CLOEXEC), err;
	long ret;

	if (fd < 0)
		return -1;
	ret = pwrite(fd, content, 1, 0);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static int create(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int ret, err;

	if (fd < 0)
		return -1;
	ret = write(fd, content, sizeof(content)) == sizeof(content) ? 0 : -1;
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

static long stat_file(const char *name, char *text)
{
	struct stat st;

	if (lstat(name, &st))
		return -1;
	sprintf(text, "%u:%u %o %lld links %lu", st.st_uid, st.st_gid,
		st.st_mode, S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size,
		S_ISDIR(st.st_mode) ? 0 : (unsigned long)st.st_nlink);
	return 0;
}

static int prepare_exec(const struct op *op)
{
	/* what follows is not for a user to do */
	if (op->flags != EXEC_PLAIN || op->cred == CRED_USER) {
		if (set_caps(ALL_CAPS, op->flags == EXEC_INHERITABLE))
			return -1;
	}
	if (op->flags == EXEC_NO_BOUNDING &&
	    prctl(PR_CAPBSET_DROP, TEST_CAP, 0, 0, 0))
		return -1;
	if (op->flags == EXEC_NOROOT &&
	    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT, 0, 0, 0))
		return -1;
	if (op->cred == CRED_USER && (setresgid(op->uid, op->uid, op->uid) ||
				      setresuid(op->uid, op->uid, op->uid)))
		return -1;
	if (op->flags == EXEC_NO_NEW_PRIVS &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return 0;
}

static void exec_child(const struct op *op, int out)
{
	char *argv[] = { "probe", NULL };
	char *envp[] = { NULL };
	int err;

	if (dup2(out, STDOUT_FILENO) == STDOUT_FILENO && !prepare_exec(op))
		execve(op->name, argv, envp);
	err = errno;
	_exit(write(out, &err, sizeof(err)) != sizeof(err));
}

static long exec_file(const struct op *op, char *text)
{
	struct probe probe;
	ssize_t n;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid)
		exec_child(op, fds[1]);
	close(fds[1]);
	n = read(fds[0], &probe, sizeof(probe));
	close(fds[0]);
	waitpid(pid, NULL, 0);
	if (n == sizeof(int)) {
		memcpy(&errno, &probe, sizeof(int));
		return -1;
	}
	if (n == sizeof(probe))
		sprintf(text, "%llx %llx %llx %llx secure %lu uid %u %u gid %u %u",
			probe.permitted, probe.effective, probe.inheritable,
			probe.ambient, probe.secure, probe.uid, probe.euid,
			probe.gid, probe.egid);
	else
		strcpy(text, "said nothing");
	return 0;
}

long (*worker_garbage)(const struct op *op, char *text);

static long call(const struct op *op, char *text)
{
	switch (op->kind) {
	case OP_SET:
		return set(op);
	case OP_GET:
		return get(op, text);
	case OP_LIST:
		return list(op, text);
	case OP_REMOVE:
		return lremovexattr(op->name, op->xattr);
	case OP_CHOWN:
		return lchown(op->name, op->arg[0], op->arg[1]);
	case OP_CHMOD:
		return chmod(op->name, op->flags);
	case OP_WRITE:
		return write_byte(op);
	case OP_TRUNCATE:
		return truncate(op->name, op->size);
	case OP_RENAME:
		return rename(op->name, op->name2);
	case OP_LINK:
		return link(op->name, op->name2);
	case OP_CREATE:
		unlink(op->name);
		return create(op->name);
	case OP_STAT:
		return stat_file(op->name, text);
	case OP_EXEC:
		return exec_file(op, text);
	case OP_GARBAGE:
		return worker_garbage(op, text);
	default:
		errno = ENOSYS;
		return -1;
	}
}

static long operate(const struct op *op, char *text)
{
	long ret = -1;
	int err;

	if (!become(op))
		ret = call(op, text);
	err = errno;
	come_back();
	errno = err;
	return ret;
}

/* Directories, mounts and files */

static long fill(const struct command *c)
{
	char name[8];

	for (int i = 0; i < FILES; i++) {
		sprintf(name, "f%d", i);
		/* by root, so that mode and owner follow */
		if (create(name) ||
		    chown(name, c->fill.owner[i], c->fill.owner[i]) ||
		    chmod(name, c->fill.mode[i]))
			return -1;
	}
	if (mkdir("d0", 0777) || chmod("d0", 0777))
		return -1;
	return symlink("f0", "s0");
}

/* Whatever has that name gives way to a file like the first ones */
static long make_anew(const char *name)
{
	if (unlink(name) && rmdir(name) && errno != ENOENT)
		return -1;
	return create(name);
}

static long mount_new(const struct command *c)
{
	if (mkdir(c->mount.target, 0777) && errno != EEXIST)
		return -1;
	if (!strcmp(c->mount.type, "dir"))
		return chmod(c->mount.target, 0777);
	if (!strcmp(c->mount.type, "image"))
		return fs_mount_ext4(c->mount.source, c->mount.target);
	return mount("none", c->mount.target, c->mount.type, 0,
		     c->mount.options);
}

static int set_idmap(int mount, const char *map)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int ret, err;

	attr.userns_fd = userns_new(NS_INIT, map);
	if ((int)attr.userns_fd < 0)
		return -1;
	ret = syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attr,
		      sizeof(attr));
	err = errno;
	close(attr.userns_fd);
	errno = err;
	return ret;
}

/* With an idmap, or nosuid */
static long bind_new(const struct command *c)
{
	struct mount_attr nosuid = { .attr_set = MOUNT_ATTR_NOSUID };
	int fd, err;
	long ret = -1;

	if (mkdir(c->mount.target, 0777) && errno != EEXIST)
		return -1;
	fd = syscall(SYS_open_tree, AT_FDCWD, c->mount.source,
		     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!(c->mount.options[0] ?
	      set_idmap(fd, c->mount.options) :
	      syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &nosuid,
		      sizeof(nosuid))))
		ret = syscall(SYS_move_mount, fd, "", AT_FDCWD,
			      c->mount.target, MOVE_MOUNT_F_EMPTY_PATH);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

/* What the episode leaves in a place: owner, mode and value of each file */
static long dump(char *text)
{
	static const char * const names[] = { "f0", "f1", "f2", "f3", "f4",
					      "f5", "d0", "s0" };
	struct op op = { .xattr = CAPS_XATTR, .size = 24 };
	char value[256];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char stat[128] = "none";

		strcpy(op.name, names[i]);
		stat_file(op.name, stat);
		if (get(&op, value) < 0)
			snprintf(value, sizeof(value), "%s",
				 strerrorname_np(errno));
		n += sprintf(text + n, "%s%s %s %s", i ? ", " : "", op.name,
			     stat, value);
	}
	return 0;
}

/* Namespaces */

static void worker(int number);

/* The first uid of the map, if there is no uid 0 */
static uid_t first_id(const char *map)
{
	unsigned int inside, first = NO_ID;

	for (; map && sscanf(map, "%u", &inside) == 1; map = strchr(map, '\n')) {
		if (!inside)
			return 0;
		if (first == NO_ID)
			first = inside;
		map++;
	}
	return first;
}

static void child(const struct command *c, int ready, int go)
{
	char err = 0;

	if (unshare(CLONE_NEWUSER | (c->make.mounts ? CLONE_NEWNS : 0)))
		err = errno;
	/* the parent must be let at our files in /proc */
	prctl(PR_SET_DUMPABLE, 1);
	if (write(ready, &err, 1) != 1 || err || read(go, &err, 1) != 1)
		_exit(1);
	close(ready);
	close(go);
	base_id = first_id(c->make.map);
	if (setresgid(base_id, base_id, base_id) ||
	    setresuid(base_id, base_id, base_id))
		_exit(1);
	if (c->make.mounts &&
	    mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1);
	worker(c->make.child);
}

static int write_map(pid_t pid, const char *which, const char *map)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, which);
	return write_file(path, map);
}

static long make_ns(const struct command *c)
{
	int ready[2], go[2];
	long ret = -1;
	char err = EIO;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(ready[0]);
		close(go[1]);
		child(c, ready[1], go[0]);
	}
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &err, 1) == 1 && !err &&
	    !write_map(pid, "uid_map", c->make.map) &&
	    !write_map(pid, "gid_map", c->make.map) &&
	    write(go[1], "", 1) == 1)
		ret = pid;
	else if (!err)
		err = errno;
	close(ready[0]);
	close(go[1]);
	if (ret < 0) {
		waitpid(pid, NULL, 0);
		errno = err;
	}
	return ret;
}

static long obey(const struct command *c, int fd, char *text)
{
	if (c->kind < CMD_MAKE_NS || c->kind > CMD_BIND) {
		if (fd >= 0 ? fchdir(fd) : chdir(c->dir))
			return -1;
	}
	switch (c->kind) {
	case CMD_OP:
		return operate(&c->op, text);
	case CMD_MAKE_NS:
		return make_ns(c);
	case CMD_MOUNT:
		return mount_new(c);
	case CMD_BIND:
		return bind_new(c);
	case CMD_FILL:
		return fill(c);
	case CMD_RENEW:
		return make_anew(c->op.name);
	case CMD_DUMP:
		return dump(text);
	default:
		return 0;
	}
}

static void worker(int number)
{
	const int sock = sockets[number][1];
	struct command c;
	struct result r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int fd = receive_fd(sock, &c, sizeof(c));

		r = (struct result) {};
		errno = 0;
		r.ret = obey(&c, fd, r.text);
		r.err = r.ret < 0 ? errno : 0;
		if (chdir("/"))
			_exit(1);
		if (fd >= 0)
			close(fd);
		if (c.kind == CMD_EXIT) {
			while (wait(NULL) > 0)
				;
		}
		send_fd(sock, &r, sizeof(r), -1);
		if (c.kind == CMD_EXIT)
			_exit(0);
	}
}

void worker_tell(int ns, const struct command *command, int fd,
		 struct result *result)
{
	send_fd(sockets[ns][0], (void *)command, sizeof(*command), fd);
	if (recv(sockets[ns][0], result, sizeof(*result), 0) != sizeof(*result))
		fail("a worker is gone");
}

static void read_content(void)
{
	int fd = open(helper_path(), O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, content, sizeof(content)) < 1)
		fail(helper_path());
	if (read(fd, content, 1) != 0)
		fail("the probe is too large");
	close(fd);
}

void workers_open(void)
{
	if (!content[0])
		read_content();
	for (int i = 0; i < MAX_NS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			       sockets[i]))
			fail("socketpair");
	}
}

void workers_close(void)
{
	for (int i = 0; i < MAX_NS; i++) {
		close(sockets[i][0]);
		close(sockets[i][1]);
	}
}

pid_t worker_first(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (!pid) {
		base_id = 0;
		worker(0);
	}
	return pid;
}
