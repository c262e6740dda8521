// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests of namespaced file capabilities share; see common.h.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common.h"

/* a tmpfs of the test's own is mounted there */
#define BASE		"/tmp"
#define TMPFS_DIR	BASE "/tmpfs"
#define EXT4_DIR	BASE "/ext4"
#define IMAGE		BASE "/image"

static char helper[PATH_MAX];

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

struct value value_v2(void)
{
	struct value v = { .size = XATTR_CAPS_SZ_2 };

	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2 |
				   VFS_CAP_FLAGS_EFFECTIVE);
	v.caps.data[0].permitted = htole32(TEST_MASK);
	return v;
}

struct value value_v1(void)
{
	struct value v = value_v2();

	v.size = XATTR_CAPS_SZ_1;
	v.caps.magic_etc = htole32(VFS_CAP_REVISION_1 |
				   VFS_CAP_FLAGS_EFFECTIVE);
	return v;
}

struct value value_v3(uint32_t rootid)
{
	struct value v = value_v2();

	v.size = XATTR_CAPS_SZ_3;
	v.caps.magic_etc = htole32(VFS_CAP_REVISION_3 |
				   VFS_CAP_FLAGS_EFFECTIVE);
	v.caps.rootid = htole32(rootid);
	return v;
}

bool value_eq(const struct value *a, const struct value *b)
{
	return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

int write_file(const char *path, const char *text)
{
	const ssize_t len = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	close(fd);
	return n == len ? 0 : -1;
}

/* In the parent namespace: give @pid its maps */
static int write_maps(pid_t pid, const char *map)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (write_file(path, map))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	return write_file(path, map);
}

/* A child that sits in a new namespace, until its pipe is closed */
static pid_t userns_child(int ready, int hold)
{
	pid_t pid = fork();
	char c;

	if (pid)
		return pid;
	c = unshare(CLONE_NEWUSER) ? errno : 0;
	/* whoever writes the maps must be let at our files in /proc */
	prctl(PR_SET_DUMPABLE, 1);
	/* a change of credentials forgets the signal, so it comes last */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(ready, &c, 1) == 1)
		read(hold, &c, 1);
	_exit(0);
}

/* The process that enters @parent and makes the child there */
static void userns_maker(int parent, const char *map, int result, int done)
{
	int ready[2], hold[2];
	pid_t pid = -1;
	char c = 0;

	if (parent != NS_INIT && (setns(parent, CLONE_NEWUSER) ||
				  setresgid(0, 0, 0) || setresuid(0, 0, 0)))
		goto fail;
	prctl(PR_SET_DUMPABLE, 1);
	if (pipe(ready) || pipe(hold))
		goto fail;
	pid = userns_child(ready[1], hold[0]);
	if (pid < 0 || read(ready[0], &c, 1) != 1)
		goto fail;
	errno = c;
	if (c || write_maps(pid, map))
		goto fail;
	write(result, &pid, sizeof(pid));
	read(done, &c, 1);
	_exit(0);
fail:
	pid = -errno;
	write(result, &pid, sizeof(pid));
	_exit(1);
}

int userns_new(int parent, const char *map)
{
	int result[2], done[2], fd = -1, err = 0;
	char path[64];
	pid_t maker, pid = -EIO;

	if (pipe2(result, O_CLOEXEC) || pipe2(done, O_CLOEXEC))
		return -1;
	maker = fork();
	if (!maker) {
		close(done[1]);
		userns_maker(parent, map, result[1], done[0]);
	}
	close(result[1]);
	close(done[0]);
	if (read(result[0], &pid, sizeof(pid)) != sizeof(pid))
		pid = -EIO;
	if (pid > 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		err = errno;
		kill(pid, SIGKILL);
	} else {
		err = -pid;
	}
	close(done[1]);
	close(result[0]);
	waitpid(maker, NULL, 0);
	errno = err;
	return fd;
}

int table_new(int ns[CALLERS])
{
	static const struct {
		enum caller parent;
		const char *map;
	} trees[CALLERS] = {
		[A] = { INIT, "0 100000 65536\n" },
		[B] = { A, "0 1000 1000\n" },
		[B0] = { A, "0 0 1000\n" },
		[S] = { INIT, "0 200000 65536\n" },
		[M] = { INIT, "0 300000 5\n5 100000 1\n" },
	};

	ns[INIT] = NS_INIT;
	for (int i = A; i < CALLERS; i++) {
		ns[i] = userns_new(ns[trees[i].parent], trees[i].map);
		if (ns[i] < 0)
			return -1;
	}
	return 0;
}

void table_close(const int ns[CALLERS])
{
	for (int i = A; i < CALLERS; i++)
		close(ns[i]);
}

struct outcome run_in(int ns, uid_t uid, struct outcome (*fn)(void *ctx),
		      void *ctx)
{
	struct outcome o = { .ret = -1, .err = ECHILD };
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return o;
	pid = fork();
	if (!pid) {
		/* by way of root, as only that takes the capabilities away */
		if ((ns != NS_INIT && setns(ns, CLONE_NEWUSER)) ||
		    setresgid(0, 0, 0) || setresuid(0, 0, 0) ||
		    setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) {
			o.err = errno;
		} else {
			errno = 0;
			o = fn(ctx);
		}
		_exit(write(fds[1], &o, sizeof(o)) != sizeof(o));
	}
	close(fds[1]);
	if (read(fds[0], &o, sizeof(o)) != sizeof(o))
		o.err = EPIPE;
	o.pid = pid;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return o;
}

struct xattr_call {
	const char *path;
	struct value value;
	size_t size;
	int flags;
};

struct outcome outcome_of(ssize_t ret)
{
	return (struct outcome) { .ret = ret, .err = ret < 0 ? errno : 0 };
}

static struct outcome call_set(void *ctx)
{
	struct xattr_call *c = ctx;

	return outcome_of(setxattr(c->path, CAPS_XATTR, c->value.bytes,
				   c->value.size, c->flags));
}

static struct outcome call_get(void *ctx)
{
	struct xattr_call *c = ctx;
	unsigned char bytes[64];
	struct outcome o;

	memset(bytes, 0xa5, sizeof(bytes));
	o = outcome_of(getxattr(c->path, CAPS_XATTR, bytes, c->size));
	memcpy(o.value.bytes, bytes, sizeof(bytes));
	o.value.size = o.ret < 0 ? 0 : o.ret;
	return o;
}

static struct outcome call_remove(void *ctx)
{
	struct xattr_call *c = ctx;

	return outcome_of(removexattr(c->path, CAPS_XATTR));
}

struct outcome set_in(int ns, const char *path, struct value value, int flags)
{
	struct xattr_call c = { .path = path, .value = value, .flags = flags };

	return run_in(ns, 0, call_set, &c);
}

struct outcome get_in(int ns, const char *path, size_t size)
{
	struct xattr_call c = { .path = path, .size = size };

	return run_in(ns, 0, call_get, &c);
}

struct outcome remove_in(int ns, const char *path)
{
	struct xattr_call c = { .path = path };

	return run_in(ns, 0, call_remove, &c);
}

struct exec_call {
	const char *path;
	void (*prepare)(void);
	int out;
};

static struct outcome call_exec(void *ctx)
{
	struct exec_call *c = ctx;

	if (dup2(c->out, STDOUT_FILENO) < 0)
		return outcome_of(-1);
	if (c->prepare)
		c->prepare();
	execl(c->path, "print_caps", NULL);
	return outcome_of(-1);
}

struct creds exec_in(int ns, uid_t uid, const char *path,
		     void (*prepare)(void))
{
	struct exec_call c = { .path = path, .prepare = prepare };
	struct creds creds = {};
	struct outcome o;
	int fds[2];
	FILE *f;

	if (pipe2(fds, O_CLOEXEC)) {
		creds.err = errno;
		return creds;
	}
	c.out = fds[1];
	o = run_in(ns, uid, call_exec, &c);
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (fscanf(f, "%llx %llx %llx %llx %lu %u %u %d", &creds.permitted,
		   &creds.effective, &creds.inheritable, &creds.ambient,
		   &creds.secure, &creds.uid, &creds.euid, &creds.pid) != 8) {
		creds.err = o.err;
		creds.pid = o.pid;
	}
	fclose(f);
	return creds;
}

void no_new_privs(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The parent goes on as the tracer; only its child returns, and executes */
void be_traced(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(1);
		return;
	}
	/* let it run, whatever it stops for */
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	_exit(0);
}

static int copy_file(const char *from, const char *to)
{
	char buf[65536];
	int in, out;
	ssize_t n;

	unlink(to);
	in = open(from, O_RDONLY | O_CLOEXEC);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (in < 0 || out < 0)
		return -1;
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, n) != n) {
			n = -1;
			break;
		}
	}
	close(in);
	close(out);
	return n;
}

int install_helper(const char *path, uid_t owner)
{
	if (copy_file(helper, path) || chmod(path, 0755))
		return -1;
	return chown(path, owner, owner);
}

const char *helper_path(void)
{
	return helper;
}

void beside(char *path, const char *name)
{
	const char *slash = strrchr(helper, '/');

	snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - helper), helper, name);
}

const char *fs_dir(const char *fstype)
{
	return strcmp(fstype, "tmpfs") ? EXT4_DIR : TMPFS_DIR;
}

/* A loop device over @image, open, that goes when nobody has it open */
static int loop_attach(const char *image, char *dev, size_t size)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int ctl, file, nr, fd = -1;

	ctl = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	file = open(image, O_RDWR | O_CLOEXEC);
	nr = ctl < 0 ? -1 : ioctl(ctl, LOOP_CTL_GET_FREE);
	config.fd = file;
	if (nr >= 0 && file >= 0) {
		snprintf(dev, size, "/dev/loop%d", nr);
		fd = open(dev, O_RDWR | O_CLOEXEC);
	}
	if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config)) {
		close(fd);
		fd = -1;
	}
	close(file);
	close(ctl);
	return fd;
}

int fs_make_ext4_with(const char *image, unsigned int megabytes,
		      const char *options)
{
	char cmd[256];
	int fd;

	fd = open(image, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, megabytes << 20))
		return -1;
	close(fd);
	snprintf(cmd, sizeof(cmd), "mkfs.ext4 -q -F %s %s", options, image);
	return system(cmd) ? -1 : 0;
}

int fs_make_ext4(const char *image, unsigned int megabytes)
{
	return fs_make_ext4_with(image, megabytes, "");
}

int fs_mount_ext4(const char *image, const char *dir)
{
	char dev[32];
	int fd, err;

	fd = loop_attach(image, dev, sizeof(dev));
	if (fd < 0)
		return -1;
	err = mount(dev, dir, "ext4", 0, NULL);
	/* from now on the mount alone holds the device */
	close(fd);
	return err;
}

/* What no system call writes is put on a disk by debugfs(8) */
int disk_with(const char *program, const struct value *v)
{
	/* a block of the image that nothing is in, and no attributes either */
	const char *set = v ? "ea_set -f /tmp/value file " CAPS_XATTR :
			      "sif file file_acl 4000";
	int fd = open("/tmp/value", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char cmd[PATH_MAX + 256];

	if (fd < 0 || (v && write(fd, v->bytes, v->size) != (ssize_t)v->size))
		return -1;
	close(fd);
	if (fs_make_ext4("/tmp/disk", 4))
		return -1;
	snprintf(cmd, sizeof(cmd),
		 "printf 'write %s file\\nsif file mode 0100755\\n%s\\n' | debugfs -w -f - /tmp/disk >/dev/null 2>&1",
		 program, set);
	return system(cmd) || fs_mount_ext4("/tmp/disk", "/mnt") ? -1 : 0;
}

int bind_idmapped(const char *dir, const char *place, int ns)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = ns,
	};
	int fd = syscall(SYS_open_tree, AT_FDCWD, dir,
			 OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int err = -1;

	if (fd >= 0 &&
	    !syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr,
		     sizeof(attr)))
		err = syscall(SYS_move_mount, fd, "", AT_FDCWD, place,
			      MOVE_MOUNT_F_EMPTY_PATH);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The helper lies beside the test */
static void find_helper(void)
{
	ssize_t n = readlink("/proc/self/exe", helper, sizeof(helper) - 16);
	char *slash;

	if (n < 0)
		bail("/proc/self/exe");
	helper[n] = 0;
	slash = strrchr(helper, '/');
	snprintf(slash + 1, helper + sizeof(helper) - (slash + 1), "print_caps");
	if (access(helper, X_OK))
		bail(helper);
}

/* All of it is in a mount namespace of the test's own, and goes with it */
static void __attribute__((constructor)) make_filesystems(void)
{
	find_helper();
	umask(022);
	if (unshare(CLONE_NEWNS) || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		bail("mount namespace");
	if (mount("nscaps", BASE, "tmpfs", 0, "mode=755"))
		bail(BASE);
	if (mkdir(TMPFS_DIR, 0755) || mkdir(EXT4_DIR, 0755) ||
	    mount("nscaps", TMPFS_DIR, "tmpfs", 0, "mode=755"))
		bail("tmpfs");
	if (fs_make_ext4(IMAGE, 16) || fs_mount_ext4(IMAGE, EXT4_DIR))
		bail("ext4");
}
