// SPDX-License-Identifier: GPL-2.0
/*
 * A filesystem that fails, and memory that runs out: what a set or a remove
 * leaves is the value of before or the new one, whole, and where an error comes
 * back it is that of before. Each on an ext4 of its own, which other tests need
 * not fear for.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define IMAGE	"/tmp/faults-image"
#define CUT	"/tmp/faults-cut"
#define DIR	"/mnt"
#define FILE_ON_DISK	DIR "/file"

/* what the kernel lets fail on demand, see Documentation/fault-injection */
#define FAIL_SLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGE	"/sys/kernel/debug/fail_page_alloc/"
#define FAIL_IO		"/sys/kernel/debug/fail_make_request/"
#define FAIL_NTH	"/proc/self/fail-nth"

FIXTURE(faults)
{
	int a;
	struct value old;
};

FIXTURE_SETUP(faults)
{
	/* what a test leaves that was ended for its time */
	if (!access(IMAGE, F_OK))
		umount2(DIR, MNT_DETACH);
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	self->old = value_v3(100000);
	ASSERT_EQ(0, fs_make_ext4(IMAGE, 8));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
	ASSERT_EQ(0, install_helper(FILE_ON_DISK, 100000));
	ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, value_v2(), 0).err);
	sync();
}

FIXTURE_TEARDOWN(faults)
{
	umount2(DIR, MNT_DETACH);
	unlink(IMAGE);
	unlink(CUT);
	close(self->a);
}

/* What A's root sets in place of the old one, and what is stored then */
static struct value new_value(uint32_t rootid)
{
	struct value v = rootid ? value_v3(rootid) : value_v2();

	v.caps.data[0].permitted = htole32(_BITULL(CAP_NET_ADMIN));
	v.caps.data[1].inheritable = htole32(1);
	return v;
}

static bool is_value(const char *path, struct value value)
{
	struct outcome o = get_in(NS_INIT, path, 64);

	return !o.err && value_eq(&value, &o.value);
}

/* Blocks of a file, and one that is made for its xattrs counts as well */
static long blocks(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_blocks;
}

/* Leave no room for another xattr in the inode, nor for a longer value */
static int fill_inode(const char *path)
{
	static const char value[256];
	const long before = blocks(path);
	size_t size;

	for (size = sizeof(value); size; size--) {
		if (setxattr(path, "user.fill", value, size, 0))
			return -1;
		if (blocks(path) == before)
			return 0;
	}
	return -1;
}

/* Write as much at a time until there is no room for it */
static int fill(int fd, size_t size)
{
	static const char blocks[65536];
	ssize_t n;

	do {
		n = write(fd, blocks, size);
	} while (n > 0);
	return n < 0 && errno == ENOSPC ? 0 : -1;
}

/* Write until no block is left: the bulk at once, and the rest one by one */
static int fill_disk(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	int err;

	if (fd < 0)
		return errno == ENOSPC ? 0 : -1;
	err = fill(fd, 65536);
	/* what is written may take more, or less, than was kept for it */
	fsync(fd);
	if (!err)
		err = fill(fd, 1024);
	fsync(fd);
	close(fd);
	return err;
}

/*
 * The value in the inode was of form 2, so that the new one is longer, and
 * neither the inode nor the disk has room for that.
 */
TEST_F(faults, no_space)
{
	char path[32];
	int i;

	ASSERT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, value_v2(), 0).err);
	ASSERT_EQ(0, fill_inode(FILE_ON_DISK));
	/* what is freed by the one is used up by the next */
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DIR "/fill-%d", i);
		ASSERT_EQ(0, fill_disk(path));
	}
	EXPECT_EQ(ENOSPC, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, value_v2()));
	EXPECT_EQ(ENOSPC, set_in(NS_INIT, FILE_ON_DISK, new_value(100005),
				 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, value_v2()));

	/* and with room for it, it is set */
	ASSERT_EQ(0, unlink(DIR "/fill-0"));
	sync();
	EXPECT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, new_value(100000)));
	EXPECT_EQ(0, remove_in(self->a, FILE_ON_DISK).err);
}

static int quota(int cmd, struct dqblk *limits)
{
	int fd = open(DIR, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -1;
	err = syscall(SYS_quotactl_fd, fd, QCMD(cmd, USRQUOTA), 100000, limits);
	close(fd);
	return err;
}

/* Hold the user 100000 to the blocks that they have now */
static int limit_user(void)
{
	struct dqblk limits;

	if (quota(Q_GETQUOTA, &limits))
		return -1;
	limits.dqb_bhardlimit = (limits.dqb_curspace + 1023) / 1024;
	limits.dqb_valid = QIF_BLIMITS;
	if (quota(Q_SETQUOTA, &limits))
		return -1;
	return quota(Q_QUOTAON, NULL);
}

/*
 * As above, but it is A's root, who owns the file, that must have no more.
 * Root of the initial namespace may: a quota does not bind CAP_SYS_RESOURCE.
 */
TEST_F(faults, quota)
{
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	ASSERT_EQ(0, fs_make_ext4_with(CUT, 8, "-O quota -E quotatype=usrquota"));
	if (fs_mount_ext4(CUT, DIR))
		SKIP(return, "a kernel without QFMT_V2: %s", strerror(errno));
	ASSERT_EQ(0, install_helper(FILE_ON_DISK, 100000));
	ASSERT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, value_v2(), 0).err);
	ASSERT_EQ(0, fill_inode(FILE_ON_DISK));
	sync();
	ASSERT_EQ(0, limit_user());

	EXPECT_EQ(EDQUOT, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, value_v2()));
	/* what needs no block is not refused */
	EXPECT_EQ(0, remove_in(self->a, FILE_ON_DISK).err);
	ASSERT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, value_v2(), 0).err);
	EXPECT_EQ(0, set_in(NS_INIT, FILE_ON_DISK, new_value(100005), 0).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, new_value(100005)));
}

TEST_F(faults, read_only)
{
	ASSERT_EQ(0, mount(NULL, DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT_EQ(EROFS, set_in(self->a, FILE_ON_DISK, new_value(0), 0).err);
	EXPECT_EQ(EROFS, remove_in(self->a, FILE_ON_DISK).err);
	EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
	ASSERT_EQ(0, mount(NULL, DIR, NULL, MS_REMOUNT, NULL));
	EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
}

/* The loop device below DIR ends after so many bytes: I/O beyond fails */
static int limit_device(unsigned long long bytes)
{
	struct loop_info64 info;
	struct stat st;
	char dev[32];
	int fd, err;

	if (stat(DIR, &st))
		return -1;
	snprintf(dev, sizeof(dev), "/dev/loop%u", minor(st.st_dev));
	fd = open(dev, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = ioctl(fd, LOOP_GET_STATUS64, &info);
	info.lo_sizelimit = bytes;
	if (!err)
		err = ioctl(fd, LOOP_SET_STATUS64, &info);
	close(fd);
	return err;
}

/* Is it one of the two, on the disk of that image? */
static bool one_of(const char *image, struct value a, struct value b)
{
	bool good;

	if (fs_mount_ext4(image, DIR))
		return false;
	good = is_value(FILE_ON_DISK, a) || is_value(FILE_ON_DISK, b);
	umount2(DIR, MNT_DETACH);
	return good;
}

TEST_F(faults, io_error)
{
	struct outcome o;
	int fd;

	ASSERT_EQ(0, limit_device(4096));
	o = set_in(self->a, FILE_ON_DISK, new_value(0), 0);
	fd = open(DIR, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, syncfs(fd));
	close(fd);
	if (o.err)
		EXPECT_TRUE(is_value(FILE_ON_DISK, self->old));
	/* a journal that could not be written takes no more */
	EXPECT_NE(0, set_in(self->a, FILE_ON_DISK, new_value(1), 0).err);
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	EXPECT_TRUE(one_of(IMAGE, self->old, new_value(100000)));
}

/* The disk as it is now, without anybody being told, as when the power goes */
static int cut(void)
{
	return system("cp " IMAGE " " CUT) ? -1 : 0;
}

TEST_F(faults, power_cut)
{
	int i;

	for (i = 1; i <= 8; i++) {
		struct value now = new_value(100000 + i);

		ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(i), 0).err);
		ASSERT_EQ(0, cut());
		ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
		/* between the set and the sync: one or the other */
		EXPECT_TRUE(one_of(CUT, self->old, now))
			TH_LOG("round %d", i);
		ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
		EXPECT_TRUE(is_value(FILE_ON_DISK, now));
		self->old = now;
	}
}

static int write_number(const char *path, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return write_file(path, text);
}

static long read_number(const char *path)
{
	char text[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 ? atol(text) : -1;
}

/* The file of sysfs that lets requests to the device below DIR fail, or not */
static int fail_device(bool fail)
{
	struct stat st;
	char path[64];

	if (stat(DIR, &st))
		return -1;
	snprintf(path, sizeof(path), "/sys/block/loop%u/make-it-fail",
		 minor(st.st_dev));
	return write_number(path, fail);
}

/* Let one request fail: that with which it comes to more than these bytes */
static int fail_request(unsigned int after)
{
	return write_number(FAIL_IO "verbose", 0) ||
	       write_number(FAIL_IO "space", after + 1) ||
	       write_number(FAIL_IO "times", 1) ||
	       write_number(FAIL_IO "probability", 100) || fail_device(true) ?
	       -1 : 0;
}

/* That no longer; did one fail? */
static bool request_failed(void)
{
	write_number(FAIL_IO "probability", 0);
	return read_number(FAIL_IO "times") == 0;
}

static int sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -1;
	err = fsync(fd);
	close(fd);
	return err;
}

/* One request fails, of those from before the set to after the umount */
TEST_F(faults, io_error_of_each_request)
{
	const struct value now = new_value(100000);
	unsigned int kib, failed = 0;
	bool hit = true;

	if (access(FAIL_IO, F_OK))
		SKIP(return, "a kernel without FAIL_MAKE_REQUEST");
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	for (kib = 0; hit; kib += 2) {
		struct outcome o;
		int synced;

		ASSERT_EQ(0, cut());
		ASSERT_EQ(0, fs_mount_ext4(CUT, DIR));
		ASSERT_EQ(0, fail_request(kib * 1024));
		o = set_in(self->a, FILE_ON_DISK, new_value(0), 0);
		synced = sync_file(FILE_ON_DISK);
		umount2(DIR, 0);
		hit = request_failed();
		failed += o.err || synced;
		if (o.err)
			EXPECT_EQ(EIO, o.err);
		/* a block that umount could not write back is told to nobody */
		EXPECT_TRUE(one_of(CUT, self->old, o.err ? self->old : now))
			TH_LOG("after %u KiB: errno %d, sync %d", kib, o.err,
			       synced);
		ASSERT_GT(128, kib);
	}
	/* more than the first one was tried, and some were told of */
	EXPECT_LT(1, kib);
	EXPECT_LT(1, failed);
}

/* What a sync has returned for is on the disk */
TEST_F(faults, power_cut_after_sync)
{
	ASSERT_EQ(0, set_in(self->a, FILE_ON_DISK, new_value(7), 0).err);
	ASSERT_EQ(0, sync_file(FILE_ON_DISK));
	ASSERT_EQ(0, cut());
	ASSERT_EQ(0, umount2(DIR, MNT_DETACH));
	EXPECT_TRUE(one_of(CUT, new_value(100007), new_value(100007)));
}

/*
 * Memory that runs out: the n-th allocation of a call fails, for each n.  On
 * ext4 the value is in the inode, or in a block of its own.
 */
FIXTURE(memory)
{
	int a;
	struct value old;
	struct shot *shot;
};

FIXTURE_VARIANT(memory)
{
	bool ext4;
	bool block;
};

FIXTURE_VARIANT_ADD(memory, tmpfs)
{
	.ext4 = false,
};

FIXTURE_VARIANT_ADD(memory, ext4)
{
	.ext4 = true,
};

FIXTURE_VARIANT_ADD(memory, ext4_block)
{
	.ext4 = true,
	.block = true,
};

/**
 * struct shot - a call of which an allocation is to fail
 * @call: the call
 * @n: which allocation of it
 * @left: how many more would have had to come; 0 when it failed
 * @path: the file; what the call reads is all here, as a page that it had to
 *	make present first would be an allocation more
 * @name: of the xattr
 * @value: what is set, or what must be read
 * @buffer: to read to
 */
struct shot {
	long (*call)(struct shot *shot);
	unsigned int n;
	long left;
	char path[64];
	char name[32];
	struct value value;
	unsigned char buffer[64];
};

static int let_memory_fail(void)
{
	return write_number(FAIL_SLAB "verbose", 0) ||
	       write_file(FAIL_SLAB "ignore-gfp-wait", "N") ||
	       write_number(FAIL_PAGE "verbose", 0) ||
	       write_number(FAIL_PAGE "min-order", 0) ||
	       write_file(FAIL_PAGE "ignore-gfp-wait", "N") ||
	       write_file(FAIL_PAGE "ignore-gfp-highmem", "N") ? -1 : 0;
}

/* A small program, as each page of it that is touched is an allocation */
static int install_noop(const char *path, uid_t owner)
{
	char noop[PATH_MAX], command[PATH_MAX + 64];

	beside(noop, "noop");
	snprintf(command, sizeof(command), "cp %s %s", noop, path);
	return system(command) || chmod(path, 0755) ||
	       chown(path, owner, owner) ? -1 : 0;
}

FIXTURE_SETUP(memory)
{
	struct shot *shot;

	if (access(FAIL_NTH, F_OK))
		SKIP(return, "a kernel without FAULT_INJECTION");
	shot = mmap(NULL, sizeof(*shot), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shot);
	self->shot = shot;
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	self->old = value_v3(100000);
	snprintf(shot->name, sizeof(shot->name), CAPS_XATTR);
	snprintf(shot->path, sizeof(shot->path), "%s/file",
		 variant->ext4 ? DIR : fs_dir("tmpfs"));
	if (variant->ext4) {
		ASSERT_EQ(0, fs_make_ext4(IMAGE, 8));
		ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
	}
	ASSERT_EQ(0, install_noop(shot->path, 100000));
	if (variant->block)
		ASSERT_EQ(0, fill_inode(shot->path));
	ASSERT_EQ(0, set_in(self->a, shot->path, value_v2(), 0).err);
	sync();
	ASSERT_EQ(0, let_memory_fail());
}

FIXTURE_TEARDOWN(memory)
{
	unlink(self->shot->path);
	umount2(DIR, MNT_DETACH);
	unlink(IMAGE);
	close(self->a);
}

/* A file descriptor of FAIL_NTH, of whoever asks, and whatever it may do */
static int open_fail_nth(void)
{
	prctl(PR_SET_DUMPABLE, 1);
	return open(FAIL_NTH, O_RDWR | O_CLOEXEC);
}

static struct outcome failed_with(int err)
{
	return (struct outcome) { .ret = err ? -1 : 0, .err = err };
}

/* Make the call of which an allocation is to fail */
static struct outcome shoot(void *ctx)
{
	struct shot *shot = ctx;
	char n[16], left[16] = "";
	int fd = open_fail_nth(), err;
	const int len = snprintf(n, sizeof(n), "%u", shot->n);

	if (fd < 0 || write(fd, n, len) != len)
		return failed_with(EPROTO);
	err = shot->call(shot) < 0 ? errno : 0;
	if (pread(fd, left, sizeof(left) - 1, 0) < 1 || write(fd, "0", 1) != 1)
		return failed_with(EPROTO);
	shot->left = atol(left);
	return failed_with(err);
}

static long shot_set(struct shot *shot)
{
	return setxattr(shot->path, shot->name, shot->value.bytes,
			shot->value.size, 0);
}

static long shot_remove(struct shot *shot)
{
	return removexattr(shot->path, shot->name);
}

/* With the owner as it is; the capabilities go all the same */
static long shot_chown(struct shot *shot)
{
	return chown(shot->path, -1, -1);
}

/* To have read another value is an error of its own */
static long shot_get(struct shot *shot)
{
	const ssize_t n = getxattr(shot->path, shot->name, shot->buffer,
				   sizeof(shot->buffer));

	if (n >= 0 && (n != (ssize_t)shot->value.size ||
		       memcmp(shot->buffer, shot->value.bytes, n))) {
		errno = EILSEQ;
		return -1;
	}
	return n;
}

/* In the child: execute, or leave the errno as the exit status */
static void shoot_exec_child(struct shot *shot)
{
	char * const argv[] = { shot->name, NULL };
	char * const envp[] = { NULL };
	int fd = open_fail_nth();
	char n[16];
	const int len = snprintf(n, sizeof(n), "%u", shot->n);

	if (fd < 0 || write(fd, n, len) != len)
		_exit(EPROTO);
	execve(shot->path, argv, envp);
	_exit(errno);
}

/* What the dead child has had, which must be just the test's capability */
static struct outcome exec_outcome(pid_t pid, const siginfo_t *info)
{
	unsigned long long permitted = 0;
	char path[32], line[128];
	FILE *f;

	/* from some point on there is nothing to return an error to */
	if (info->si_code != CLD_EXITED)
		return failed_with(ENOMEM);
	/*
	 * No page for the arguments: execve(2) takes that for too many of them;
	 * none for the program's headers: for a program of no known kind.
	 */
	if (info->si_status == E2BIG || info->si_status == ENOEXEC)
		return failed_with(ENOMEM);
	if (info->si_status)
		return failed_with(info->si_status);
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (!f)
		return failed_with(EPROTO);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapPrm: %llx", &permitted) == 1)
			break;
	}
	fclose(f);
	return failed_with(permitted == TEST_MASK ? 0 : EILSEQ);
}

static struct outcome shoot_exec(void *ctx)
{
	struct shot *shot = ctx;
	siginfo_t info = {};
	struct outcome o;
	char path[32];
	pid_t pid;

	pid = fork();
	if (!pid)
		shoot_exec_child(shot);
	if (waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		return failed_with(ECHILD);
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	shot->left = read_number(path);
	o = exec_outcome(pid, &info);
	waitpid(pid, NULL, 0);
	return o;
}

/* Is that stored, or nothing, where it is of no size? */
static bool is_stored(const struct shot *shot, const struct value *value)
{
	struct value v;
	const ssize_t n = getxattr(shot->path, shot->name, v.bytes,
				   sizeof(v.bytes));

	if (!value->size)
		return n < 0 && errno == ENODATA;
	v.size = n < 0 ? 0 : n;
	return value_eq(&v, value);
}

/* more allocations than any of the calls makes */
#define MOST	2000

/*
 * Let each allocation of the call fail in turn.  Where that is an error it is
 * ENOMEM, and stored is the old value, or @lost, which is the old one where
 * nothing may be lost; where there is no error it is @after.  Some may do
 * without: checkers of memory, and who tries again with less.
 */
static void each_allocation(struct __test_metadata *_metadata,
			    struct shot *shot, int ns,
			    const struct value *after, const struct value *lost)
{
	const struct value old = value_v3(100000);
	unsigned int errors = 0;
	struct outcome o;

	shot->left = 0;
	for (shot->n = 1; !shot->left; shot->n++) {
		ASSERT_GT(MOST, shot->n);
		o = shot->call ? run_in(ns, 0, shoot, shot) :
				 run_in(ns, 1, shoot_exec, shot);
		ASSERT_LE(0, shot->left);
		if (o.err) {
			errors++;
			ASSERT_EQ(ENOMEM, o.err)
				TH_LOG("allocation %u", shot->n);
			ASSERT_EQ(0, shot->left);
			ASSERT_TRUE(is_stored(shot, &old) ||
				    is_stored(shot, lost))
				TH_LOG("allocation %u", shot->n);
		} else {
			ASSERT_TRUE(is_stored(shot, after))
				TH_LOG("allocation %u", shot->n);
		}
		ASSERT_EQ(0, setxattr(shot->path, CAPS_XATTR, old.bytes, old.size,
				      0));
	}
	printf("# %u allocations, %u errors\n", shot->n - 2, errors);
	EXPECT_LT(0, errors);
}

TEST_F(memory, set_v2)
{
	const struct value after = new_value(100000);

	self->shot->call = shot_set;
	self->shot->value = new_value(0);
	each_allocation(_metadata, self->shot, self->a, &after, &self->old);
}

TEST_F(memory, set_v3)
{
	const struct value after = new_value(100005);

	self->shot->call = shot_set;
	self->shot->value = after;
	each_allocation(_metadata, self->shot, NS_INIT, &after, &self->old);
}

TEST_F(memory, remove)
{
	const struct value none = {};

	self->shot->call = shot_remove;
	each_allocation(_metadata, self->shot, self->a, &none, &self->old);
}

/* It goes before the rest is changed, which may fail */
TEST_F(memory, chown)
{
	const struct value none = {};

	self->shot->call = shot_chown;
	each_allocation(_metadata, self->shot, self->a, &none, &none);
}

TEST_F(memory, get)
{
	self->shot->call = shot_get;
	self->shot->value = value_v2();
	each_allocation(_metadata, self->shot, self->a, &self->old, &self->old);
}

/* It runs with its capabilities, or not at all */
TEST_F(memory, exec)
{
	self->shot->call = NULL;
	each_allocation(_metadata, self->shot, self->a, &self->old, &self->old);
}

TEST_HARNESS_MAIN
