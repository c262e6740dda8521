// SPDX-License-Identifier: GPL-2.0
/*
 * The contract on each filesystem: what it answers to a set, a get, a kill, an
 * exec of security.capability, one test for each filesystem and row. It needs
 * programs and filesystems that the other tests do without, so it is not run
 * with them, but by itself.
 *
 * Each test prints what it saw, with a tab between the fields, for tables:
 *
 *	# cells of KERNEL
 *	# cells on FILESYSTEM		or missing, where it cannot be mounted
 *	# cell FILESYSTEM ROW CONTRACT ANSWER REASON
 *
 * An answer is a word for each call: "ok", an errno, a value, or whether an
 * exec grants the capability.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

/*
 * Images and mounts are there, and an ext4 for what lies on another filesystem:
 * a large one, as overlays keep what was removed below them
 */
#define PLACE	"/tmp/fs"
#define SOURCE	PLACE "/source"
#define LAYERS	PLACE "/disk"

/* The roots of A and of B, the owner of the files, a uid without a name in A */
#define A_ROOT	100000
#define OWNER	101000
#define FOREIGN	5000

/* Where a mount with the idmap of A shows OWNER */
#define IDMAPPED_OWNER	1000

/* A uid without any power, in every namespace */
#define PLAIN	1

enum filesystem {
	FS_TMPFS, FS_EXT4, FS_XFS, FS_BTRFS, FS_F2FS, FS_SQUASHFS, FS_EROFS,
	FS_FUSE, FS_FUSE2FS, FS_V9FS, FS_ECRYPTFS, FS_OVERLAY,
	FS_OVERLAY_UPPER, FS_OVERLAY_REDIRECT, FS_OVERLAY_METACOPY,
	FS_OVERLAY_USERXATTR, FS_OVERLAY_STACKED, FS_OVERLAY_IDMAPPED,
	FS_OVERLAY_NS, FS_COUNT
};

/**
 * struct filesystem_type - a filesystem, and how a file comes to lie on it
 * @name: its name
 * @like: others that cannot do the same have this as well, or NULL
 * @readonly: files were put there when it was made
 * @lower: files are put into its lower layer
 * @moved: and their directory is renamed after that
 * @idmapped: its layers are reached by an idmapped mount
 * @inside: it is mounted in the namespace A
 */
struct filesystem_type {
	const char *name;
	const char *like;
	bool readonly;
	bool lower;
	bool moved;
	bool idmapped;
	bool inside;
};

static const struct filesystem_type filesystems[FS_COUNT] = {
	[FS_TMPFS] = { "tmpfs" },
	[FS_EXT4] = { "ext4" },
	[FS_XFS] = { "xfs" },
	[FS_BTRFS] = { "btrfs" },
	[FS_F2FS] = { "f2fs" },
	[FS_SQUASHFS] = { "squashfs", "readonly", .readonly = true },
	[FS_EROFS] = { "erofs", "readonly", .readonly = true },
	[FS_FUSE] = { "fuse", "no_idmap" },
	[FS_FUSE2FS] = { "fuse2fs", "no_idmap" },
	[FS_V9FS] = { "9p", "no_idmap" },
	[FS_ECRYPTFS] = { "ecryptfs", "no_idmap" },
	[FS_OVERLAY] = { "overlay", "no_idmap", .lower = true },
	[FS_OVERLAY_UPPER] = { "overlay_upper", "no_idmap" },
	[FS_OVERLAY_REDIRECT] = { "overlay_redirect", "no_idmap", .lower = true,
			       .moved = true },
	[FS_OVERLAY_METACOPY] = { "overlay_metacopy", "no_idmap", .lower = true },
	[FS_OVERLAY_USERXATTR] = { "overlay_userxattr", "no_idmap", .lower = true },
	[FS_OVERLAY_STACKED] = { "overlay_stacked", "no_idmap", .lower = true },
	[FS_OVERLAY_IDMAPPED] = { "overlay_idmapped", "no_idmap", .lower = true,
			       .idmapped = true },
	[FS_OVERLAY_NS] = { "overlay_ns", "no_idmap", .lower = true,
			 .inside = true },
};

#define READ_ONLY	"it cannot be written"
#define NO_IDMAP	"it cannot be mounted with an idmap"
#define SERVER		"its server lets only the owner and root of the initial namespace"
#define SERVER_REMOVES	SERVER ", and removes what is not there"
#define OWN_ROOT	"form 2 is of the root that it is mounted for"
#define NO_NAME		"it reads its layers as its mounter, which has no name for the root"

/*
 * What a filesystem answers other than by the contract, and why. All that is
 * not here is by the contract. A name is that of a filesystem or of those like
 * it; the first line that fits counts.
 */
static const struct exception {
	const char *fs;
	const char *row;
	const char *answer;
	const char *why;
} exceptions[] = {
	{ "readonly", "set_v2", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_v3", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_v2_inside", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_v3_inside", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_nested", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_foreign", "EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_unprivileged", "EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_unmapped", "EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_malformed", "EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_create", "EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "set_replace", "EROFS EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "remove_none", "EROFS EROFS", READ_ONLY },
	{ "readonly", "remove_init", "EROFS v3:100000", READ_ONLY },
	{ "readonly", "remove_inside", "EROFS v3:100000", READ_ONLY },
	{ "readonly", "remove_foreign", "EROFS v3:100000", READ_ONLY },
	{ "readonly", "kill_write", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_write_inside", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_truncate", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_truncate_inside", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_chown", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_chown_inside", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kill_after_write", "EROFS EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "kept_chmod", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kept_rename", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "kept_link", "EROFS v3:100000 yes", READ_ONLY },
	{ "readonly", "exec_after_set", "no EROFS no EROFS no", READ_ONLY },
	{ "readonly", "unnamed_chmod", "EROFS v3:5000", READ_ONLY },
	{ "readonly", "unnamed_append", "EROFS v3:5000", READ_ONLY },
	{ "readonly", "idmapped_set", "EROFS EROFS ENODATA", READ_ONLY },
	{ "readonly", "idmapped_set_inside", "EROFS ENODATA", READ_ONLY },
	{ "no_idmap", "idmapped_get", "EINVAL", NO_IDMAP },
	{ "no_idmap", "idmapped_exec", "EINVAL", NO_IDMAP },
	{ "no_idmap", "idmapped_set", "EINVAL ENODATA", NO_IDMAP },
	{ "no_idmap", "idmapped_set_inside", "EINVAL ENODATA", NO_IDMAP },
	{ "fuse2fs", "set_v2_inside", "EPERM ENODATA", SERVER },
	{ "fuse2fs", "set_v3_inside", "EPERM ENODATA", SERVER },
	{ "fuse2fs", "set_create", "EPERM ok v2", SERVER },
	{ "fuse2fs", "set_replace", "EPERM ok EPERM v3:101000", SERVER },
	{ "fuse2fs", "remove_none", "ok EACCES", SERVER_REMOVES },
	{ "fuse2fs", "remove_inside", "EACCES v3:100000", SERVER },
	{ "fuse2fs", "kill_write_inside", "EACCES v3:100000 yes", SERVER },
	{ "fuse2fs", "kill_truncate_inside", "EACCES v3:100000 yes", SERVER },
	{ "fuse2fs", "kill_chown_inside", "EACCES v3:100000 yes", SERVER },
	{ "fuse2fs", "kill_after_write", "EACCES EPERM EACCES ENODATA", SERVER },
	{ "fuse2fs", "kept_chmod", "EPERM v3:100000 yes", SERVER },
	{ "fuse2fs", "exec_after_set", "no EPERM no EACCES no", SERVER },
	{ "fuse2fs", "unnamed_chmod", "EPERM v3:5000", SERVER },
	{ "fuse2fs", "unnamed_append", "EACCES v3:5000", SERVER },
	{ "overlay_ns", "set_v2", "ok v3:100000", OWN_ROOT },
	{ "overlay_ns", "get_v2", "v3:100000 v2 v2 EOVERFLOW", OWN_ROOT },
	{ "overlay_ns", "exec_v2", "no yes yes no", OWN_ROOT },
	{ "overlay_ns", "unnamed_get", "EOVERFLOW EOVERFLOW", NO_NAME },
	{ "overlay_ns", "unnamed_chmod", "ok ENODATA", NO_NAME },
};

/* The namespaces of all tests, and the mount namespace of those in A */
static int ns[CALLERS];
static int mounts_inside;

/**
 * struct cell - one test
 * @fs: the filesystem
 * @row: its name
 * @path: the file
 * @below: where the file was made
 * @answer: what was seen so far
 */
struct cell {
	const struct filesystem_type *fs;
	const char *row;
	char path[512];
	char below[512];
	char answer[256];
};

static void note(struct cell *c, const char *word)
{
	const size_t len = strlen(c->answer);

	snprintf(c->answer + len, sizeof(c->answer) - len, "%s%s",
		 len ? " " : "", word);
}

static const char *errno_word(int err)
{
	return err ? strerrorname_np(err) : "ok";
}

static void note_errno(struct cell *c, int err)
{
	note(c, errno_word(err));
}

static void note_number(struct cell *c, const struct outcome *o)
{
	char word[32];

	snprintf(word, sizeof(word), "%zd", o->ret);
	note(c, o->err ? errno_word(o->err) : word);
}

/* A short name for the bytes of the tests' values, and no other bytes */
static void value_word(const struct value *value, char *word, size_t size)
{
	const uint32_t rootid = le32toh(value->caps.rootid);
	const struct value v2 = value_v2(), v3 = value_v3(rootid);
	size_t i, n = 0;

	if (value_eq(value, &v2)) {
		snprintf(word, size, "v2");
	} else if (value_eq(value, &v3)) {
		snprintf(word, size, "v3:%u", rootid);
	} else {
		n = snprintf(word, size, "0x");
		for (i = 0; i < value->size; i++)
			n += snprintf(word + n, size - n, "%02x",
				      value->bytes[i]);
	}
}

/* What the file system call brought back of the value */
static void get(struct cell *c, enum caller caller)
{
	const struct outcome o = get_in(ns[caller], c->path, 64);
	char word[160];

	value_word(&o.value, word, sizeof(word));
	note(c, o.err ? errno_word(o.err) : word);
}

static void set(struct cell *c, enum caller caller, struct value value,
		int flags)
{
	note_errno(c, set_in(ns[caller], c->path, value, flags).err);
}

static void get_size(struct cell *c, enum caller caller, size_t size)
{
	const struct outcome o = get_in(ns[caller], c->path, size);

	note_number(c, &o);
}

static void erase(struct cell *c, enum caller caller)
{
	note_errno(c, remove_in(ns[caller], c->path).err);
}

/* Does an exec grant the capability? */
static void exec(struct cell *c, enum caller caller)
{
	const struct creds creds = exec_in(ns[caller], PLAIN, c->path, NULL);
	char word[32];

	if (creds.err)
		snprintf(word, sizeof(word), "%s", errno_word(creds.err));
	else if (creds.permitted && creds.permitted != TEST_MASK)
		snprintf(word, sizeof(word), "%llx", creds.permitted);
	else
		snprintf(word, sizeof(word), creds.permitted ? "yes" : "no");
	note(c, word);
}

static void run(struct cell *c, enum caller caller, uid_t uid,
		struct outcome (*fn)(void *ctx))
{
	note_errno(c, run_in(ns[caller], uid, fn, c->path).err);
}

/* Where the files of this filesystem's layers are */
static void layers_of(const struct filesystem_type *fs, char *path, size_t size)
{
	snprintf(path, size, LAYERS "/%s", fs->name);
}

static void place_of(const struct filesystem_type *fs, char *path, size_t size)
{
	if (fs == &filesystems[FS_TMPFS] || fs == &filesystems[FS_EXT4])
		snprintf(path, size, "%s", fs_dir(fs->name));
	else
		snprintf(path, size, PLACE "/%s", fs->name);
}

/* A file of @owner with this value, if any, by root of the initial namespace */
static int make_file(const char *path, const struct value *value, uid_t owner)
{
	if (install_helper(path, owner))
		return errno;
	return value ? set_in(NS_INIT, path, *value, 0).err : 0;
}

/* The name of such a file where it cannot be made when it is wanted */
static void source_name(const struct value *value, uid_t owner, char *name,
			size_t size)
{
	char word[160] = "none";

	if (value)
		value_word(value, word, sizeof(word));
	snprintf(name, size, "%s.%u", word, owner);
}

/* In a directory of the lower layer, which the overlay then renames */
static int place_moved(struct cell *c, const char *top, const char *bottom,
		       const struct value *value, uid_t owner)
{
	char from[512], to[512];
	int err;

	snprintf(from, sizeof(from), "%s/%s", bottom, c->row);
	if (mkdir(from, 0755))
		return errno;
	snprintf(c->below, sizeof(c->below), "%s/%s/file", bottom, c->row);
	err = make_file(c->below, value, owner);
	if (err)
		return err;
	snprintf(from, sizeof(from), "%s/%s", top, c->row);
	snprintf(to, sizeof(to), "%s/%s.moved", top, c->row);
	snprintf(c->path, sizeof(c->path), "%s/%s.moved/file", top, c->row);
	return rename(from, to) ? errno : 0;
}

static int try_place(struct cell *c, const struct value *value, uid_t owner)
{
	char top[128], bottom[256], name[192];

	place_of(c->fs, top, sizeof(top));
	if (c->fs->readonly) {
		source_name(value, owner, name, sizeof(name));
		snprintf(c->path, sizeof(c->path), "%s/%s", top, name);
		return access(c->path, F_OK) ? errno : 0;
	}
	layers_of(c->fs, name, sizeof(name));
	snprintf(bottom, sizeof(bottom), "%s/lower", name);
	if (c->fs->moved)
		return place_moved(c, top, bottom, value, owner);
	snprintf(c->path, sizeof(c->path), "%s/%s", top, c->row);
	snprintf(c->below, sizeof(c->below), "%s/%s",
		 c->fs->lower ? bottom : top, c->row);
	return make_file(c->below, value, owner);
}

/* The file of the cell is one with this value; each cell has one at a time */
static void place_owned(struct cell *c, const struct value *value, uid_t owner)
{
	const int err = try_place(c, value, owner);

	if (err) {
		note(c, "not made:");
		note_errno(c, err);
	}
}

static void place(struct cell *c, struct value value)
{
	place_owned(c, &value, OWNER);
}

static void place_none(struct cell *c)
{
	place_owned(c, NULL, OWNER);
}

static void remove_tree(const char *path)
{
	char cmd[600];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", path);
	if (system(cmd))
		printf("# %s is left\n", path);
}

/* Whatever the row made, above and below */
static void clean(struct cell *c)
{
	if (c->fs->readonly)
		return;
	if (c->fs->moved) {
		*strrchr(c->path, '/') = 0;
		*strrchr(c->below, '/') = 0;
	}
	remove_tree(c->path);
	remove_tree(c->below);
}

/* What there is instead of the contract; NULL: nothing */
static const struct exception *exception_of(const struct cell *c)
{
	for (size_t i = 0; i < ARRAY_LEN(exceptions); i++) {
		const struct exception *e = &exceptions[i];

		if (strcmp(e->row, c->row))
			continue;
		if (!strcmp(e->fs, c->fs->name) ||
		    (c->fs->like && !strcmp(e->fs, c->fs->like)))
			return e;
	}
	return NULL;
}

FIXTURE(fs)
{
	struct cell cell;
};

FIXTURE_VARIANT(fs)
{
	enum filesystem fs;
};

FIXTURE_VARIANT_ADD(fs, tmpfs) { .fs = FS_TMPFS };
FIXTURE_VARIANT_ADD(fs, ext4) { .fs = FS_EXT4 };
FIXTURE_VARIANT_ADD(fs, xfs) { .fs = FS_XFS };
FIXTURE_VARIANT_ADD(fs, btrfs) { .fs = FS_BTRFS };
FIXTURE_VARIANT_ADD(fs, f2fs) { .fs = FS_F2FS };
FIXTURE_VARIANT_ADD(fs, squashfs) { .fs = FS_SQUASHFS };
FIXTURE_VARIANT_ADD(fs, erofs) { .fs = FS_EROFS };
FIXTURE_VARIANT_ADD(fs, fuse) { .fs = FS_FUSE };
FIXTURE_VARIANT_ADD(fs, fuse2fs) { .fs = FS_FUSE2FS };
FIXTURE_VARIANT_ADD(fs, 9p) { .fs = FS_V9FS };
FIXTURE_VARIANT_ADD(fs, ecryptfs) { .fs = FS_ECRYPTFS };
FIXTURE_VARIANT_ADD(fs, overlay) { .fs = FS_OVERLAY };
FIXTURE_VARIANT_ADD(fs, overlay_upper) { .fs = FS_OVERLAY_UPPER };
FIXTURE_VARIANT_ADD(fs, overlay_redirect) { .fs = FS_OVERLAY_REDIRECT };
FIXTURE_VARIANT_ADD(fs, overlay_metacopy) { .fs = FS_OVERLAY_METACOPY };
FIXTURE_VARIANT_ADD(fs, overlay_userxattr) { .fs = FS_OVERLAY_USERXATTR };
FIXTURE_VARIANT_ADD(fs, overlay_stacked) { .fs = FS_OVERLAY_STACKED };
FIXTURE_VARIANT_ADD(fs, overlay_idmapped) { .fs = FS_OVERLAY_IDMAPPED };
FIXTURE_VARIANT_ADD(fs, overlay_ns) { .fs = FS_OVERLAY_NS };

static bool is_mounted[FS_COUNT];

FIXTURE_SETUP(fs)
{
	ASSERT_TRUE(is_mounted[variant->fs])
		TH_LOG("%s is not mounted", filesystems[variant->fs].name);
	self->cell.fs = &filesystems[variant->fs];
	if (self->cell.fs->inside)
		ASSERT_EQ(0, setns(mounts_inside, CLONE_NEWNS));
}

FIXTURE_TEARDOWN(fs)
{
	clean(&self->cell);
}

/* The answer of a row, as it was seen, against what was to be seen */
static void judge(struct __test_metadata *_metadata, const struct cell *c,
		  const char *contract)
{
	const struct exception *e = exception_of(c);

	printf("# cell\t%s\t%s\t%s\t%s\t%s\n", c->fs->name, c->row, contract,
	       c->answer, e ? e->why : "");
	EXPECT_STREQ(e ? e->answer : contract, c->answer);
}

/* A row: its name, the answer of the contract, and the calls */
#define ROW(_name, _contract)						\
	static void row_##_name(struct cell *c);			\
	TEST_F(fs, _name)						\
	{								\
		self->cell.row = #_name;				\
		row_##_name(&self->cell);				\
		judge(_metadata, &self->cell, _contract);		\
	}								\
	static void row_##_name(struct cell *c)

/* Set: the rootid is the caller's, and whoever may not is refused */

ROW(set_v2, "ok v2")
{
	place_none(c);
	set(c, INIT, value_v2(), 0);
	get(c, INIT);
}

ROW(set_v3, "ok v3:100000")
{
	place_none(c);
	set(c, INIT, value_v3(A_ROOT), 0);
	get(c, INIT);
}

ROW(set_v2_inside, "ok v3:100000")
{
	place_none(c);
	set(c, A, value_v2(), 0);
	get(c, INIT);
}

ROW(set_v3_inside, "ok v3:100005")
{
	place_none(c);
	set(c, A, value_v3(5), 0);
	get(c, INIT);
}

ROW(set_nested, "ok v3:101000")
{
	place_none(c);
	set(c, B, value_v2(), 0);
	get(c, INIT);
}

ROW(set_foreign, "EPERM ENODATA")
{
	place_none(c);
	set(c, S, value_v2(), 0);
	get(c, INIT);
}

static struct outcome set_any(void *ctx)
{
	const struct value v = value_v2();
	const int ret = setxattr(ctx, CAPS_XATTR, v.bytes, v.size, 0);

	return (struct outcome) { .err = ret ? errno : 0 };
}

/* The owner of the file, in the initial namespace and in A */
ROW(set_unprivileged, "EPERM EPERM ENODATA")
{
	place_none(c);
	run(c, INIT, OWNER, set_any);
	run(c, A, OWNER - A_ROOT, set_any);
	get(c, INIT);
}

ROW(set_unmapped, "EINVAL EINVAL ENODATA")
{
	place_none(c);
	set(c, A, value_v3(65536), 0);
	set(c, INIT, value_v3(-1), 0);
	get(c, INIT);
}

ROW(set_malformed, "EINVAL EINVAL ENODATA")
{
	struct value v = value_v2();

	place_none(c);
	set(c, INIT, value_v1(), 0);
	v.caps.magic_etc = htole32(VFS_CAP_REVISION_2 | 2);
	set(c, A, v, 0);
	get(c, INIT);
}

ROW(set_create, "ok EEXIST v3:100000")
{
	place_none(c);
	set(c, A, value_v2(), XATTR_CREATE);
	set(c, INIT, value_v2(), XATTR_CREATE);
	get(c, INIT);
}

ROW(set_replace, "ENODATA ok ok v3:100000")
{
	place_none(c);
	set(c, A, value_v2(), XATTR_REPLACE);
	set(c, INIT, value_v3(OWNER), 0);
	set(c, A, value_v2(), XATTR_REPLACE);
	get(c, INIT);
}

/* Get: what each caller may see of it */

ROW(get_none, "ENODATA ENODATA ENODATA")
{
	place_none(c);
	get(c, INIT);
	get(c, A);
	get(c, S);
}

/* init, A, B, S */
ROW(get_v2, "v2 v2 v2 v2")
{
	place(c, value_v2());
	get(c, INIT);
	get(c, A);
	get(c, B);
	get(c, S);
}

ROW(get_init, "v3:100000")
{
	place(c, value_v3(A_ROOT));
	get(c, INIT);
}

ROW(get_inside, "v2")
{
	place(c, value_v3(A_ROOT));
	get(c, A);
}

/* B, and B0, which has the root of A */
ROW(get_nested, "v2 v2")
{
	place(c, value_v3(A_ROOT));
	get(c, B);
	get(c, B0);
}

ROW(get_sibling, "EOVERFLOW")
{
	place(c, value_v3(A_ROOT));
	get(c, S);
}

ROW(get_mapped, "v3:5")
{
	place(c, value_v3(A_ROOT));
	get(c, M);
}

/* The root of B: init, A, B, B0, S */
ROW(get_other, "v3:101000 v3:1000 v2 EOVERFLOW EOVERFLOW")
{
	place(c, value_v3(OWNER));
	get(c, INIT);
	get(c, A);
	get(c, B);
	get(c, B0);
	get(c, S);
}

/* The length of what the caller would get */
ROW(get_size_0, "24 20 EOVERFLOW")
{
	place(c, value_v3(A_ROOT));
	get_size(c, INIT, 0);
	get_size(c, A, 0);
	get_size(c, S, 0);
}

ROW(get_short_buffer, "ERANGE ERANGE 20 EOVERFLOW")
{
	place(c, value_v3(A_ROOT));
	get_size(c, INIT, 23);
	get_size(c, A, 19);
	get_size(c, A, 20);
	get_size(c, S, 19);
}

static struct outcome is_listed(void *ctx)
{
	char names[1024];
	const ssize_t n = listxattr(ctx, names, sizeof(names));

	if (n < 0)
		return (struct outcome) { .err = errno };
	if (!memmem(names, n, CAPS_XATTR, sizeof(CAPS_XATTR)))
		return (struct outcome) { .err = ENODATA };
	return (struct outcome) {};
}

/* Whoever asks */
ROW(list, "ok ok ok")
{
	place(c, value_v3(A_ROOT));
	run(c, INIT, 0, is_listed);
	run(c, A, 0, is_listed);
	run(c, S, PLAIN, is_listed);
}

ROW(list_none, "ENODATA")
{
	place_none(c);
	run(c, INIT, 0, is_listed);
}

ROW(remove_none, "ENODATA ENODATA")
{
	place_none(c);
	erase(c, INIT);
	erase(c, A);
}

ROW(remove_init, "ok ENODATA")
{
	place(c, value_v3(A_ROOT));
	erase(c, INIT);
	get(c, INIT);
}

ROW(remove_inside, "ok ENODATA")
{
	place(c, value_v3(A_ROOT));
	erase(c, A);
	get(c, INIT);
}

ROW(remove_foreign, "EPERM v3:100000")
{
	place(c, value_v3(A_ROOT));
	erase(c, S);
	get(c, INIT);
}

/* Kill: what changes the content or the owner takes the value away */

static struct outcome append(void *ctx)
{
	int fd = open(ctx, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct outcome o = {};

	if (fd < 0 || write(fd, "", 1) != 1)
		o.err = errno;
	if (fd >= 0)
		close(fd);
	return o;
}

static struct outcome lengthen(void *ctx)
{
	struct stat st;

	if (stat(ctx, &st) || truncate(ctx, st.st_size + 1))
		return (struct outcome) { .err = errno };
	return (struct outcome) {};
}

/* To a uid that has a name in A */
static struct outcome give_away_init(void *ctx)
{
	const int ret = chown(ctx, A_ROOT + 7, A_ROOT + 7);

	return (struct outcome) { .err = ret ? errno : 0 };
}

static struct outcome give_away_inside(void *ctx)
{
	const int ret = chown(ctx, 7, 7);

	return (struct outcome) { .err = ret ? errno : 0 };
}

static void kill_by(struct cell *c, enum caller caller,
		    struct outcome (*fn)(void *ctx))
{
	place(c, value_v3(A_ROOT));
	run(c, caller, 0, fn);
	get(c, INIT);
	exec(c, A);
}

ROW(kill_write, "ok ENODATA no")
{
	kill_by(c, INIT, append);
}

ROW(kill_write_inside, "ok ENODATA no")
{
	kill_by(c, A, append);
}

ROW(kill_truncate, "ok ENODATA no")
{
	kill_by(c, INIT, lengthen);
}

ROW(kill_truncate_inside, "ok ENODATA no")
{
	kill_by(c, A, lengthen);
}

ROW(kill_chown, "ok ENODATA no")
{
	kill_by(c, INIT, give_away_init);
}

ROW(kill_chown_inside, "ok ENODATA no")
{
	kill_by(c, A, give_away_inside);
}

/* A write finds the value that was set after another had found none */
ROW(kill_after_write, "ok ok ok ENODATA")
{
	place_none(c);
	run(c, A, 0, append);
	set(c, A, value_v2(), 0);
	run(c, A, 0, append);
	get(c, INIT);
}

/* Kept: what does neither leaves it alone */

static struct outcome change_mode(void *ctx)
{
	const int ret = chmod(ctx, 0711);

	return (struct outcome) { .err = ret ? errno : 0 };
}

ROW(kept_chmod, "ok v3:100000 yes")
{
	place(c, value_v3(A_ROOT));
	run(c, A, 0, change_mode);
	get(c, INIT);
	exec(c, A);
}

/* There and back, by whoever may write the directory */
static struct outcome move(void *ctx)
{
	char other[600];

	snprintf(other, sizeof(other), "%s.other", (const char *)ctx);
	if (rename(ctx, other) || rename(other, ctx))
		return (struct outcome) { .err = errno };
	return (struct outcome) {};
}

static enum caller mounter(const struct cell *c)
{
	return c->fs->inside ? A : INIT;
}

ROW(kept_rename, "ok v3:100000 yes")
{
	place(c, value_v3(A_ROOT));
	run(c, mounter(c), 0, move);
	get(c, INIT);
	exec(c, A);
}

static struct outcome name_twice(void *ctx)
{
	char other[600];

	snprintf(other, sizeof(other), "%s.other", (const char *)ctx);
	if (link(ctx, other) || unlink(ctx) || rename(other, ctx))
		return (struct outcome) { .err = errno };
	return (struct outcome) {};
}

ROW(kept_link, "ok v3:100000 yes")
{
	place(c, value_v3(A_ROOT));
	run(c, mounter(c), 0, name_twice);
	get(c, INIT);
	exec(c, A);
}

/* Exec: who honours it */

/* init, A, B, S */
ROW(exec_v2, "yes yes yes yes")
{
	place(c, value_v2());
	exec(c, INIT);
	exec(c, A);
	exec(c, B);
	exec(c, S);
}

ROW(exec_init, "no")
{
	place(c, value_v3(A_ROOT));
	exec(c, INIT);
}

ROW(exec_inside, "yes")
{
	place(c, value_v3(A_ROOT));
	exec(c, A);
}

ROW(exec_nested, "yes yes")
{
	place(c, value_v3(A_ROOT));
	exec(c, B);
	exec(c, B0);
}

ROW(exec_sibling, "no")
{
	place(c, value_v3(A_ROOT));
	exec(c, S);
}

ROW(exec_mapped, "no")
{
	place(c, value_v3(A_ROOT));
	exec(c, M);
}

/* The root of B: init, A, B, B0, S */
ROW(exec_other, "no no yes no no")
{
	place(c, value_v3(OWNER));
	exec(c, INIT);
	exec(c, A);
	exec(c, B);
	exec(c, B0);
	exec(c, S);
}

/* None, set, removed: an exec goes by what there is now */
ROW(exec_after_set, "no ok yes ok no")
{
	place_none(c);
	exec(c, A);
	set(c, A, value_v2(), 0);
	exec(c, A);
	erase(c, A);
	exec(c, A);
}

/* A root without a name in A: it is in the way of nothing */

ROW(unnamed_get, "v3:5000 EOVERFLOW")
{
	place(c, value_v3(FOREIGN));
	get(c, INIT);
	get(c, A);
}

ROW(unnamed_exec, "no no")
{
	place(c, value_v3(FOREIGN));
	exec(c, INIT);
	exec(c, A);
}

ROW(unnamed_chmod, "ok v3:5000")
{
	place(c, value_v3(FOREIGN));
	run(c, A, 0, change_mode);
	get(c, INIT);
}

ROW(unnamed_append, "ok ENODATA")
{
	place(c, value_v3(FOREIGN));
	run(c, A, 0, append);
	get(c, INIT);
}

/* On a mount with the idmap of A, where the root of the filesystem is A's */

static void on_idmapped(struct cell *c, void (*fn)(struct cell *c))
{
	char plain[512], top[128];
	int err;

	place_of(c->fs, top, sizeof(top));
	err = bind_idmapped(top, "/mnt", ns[A]) ? errno : 0;
	if (err) {
		note_errno(c, err);
		return;
	}
	snprintf(plain, sizeof(plain), "%s", c->path);
	snprintf(c->path, sizeof(c->path), "/mnt%s", plain + strlen(top));
	fn(c);
	snprintf(c->path, sizeof(c->path), "%s", plain);
	umount2("/mnt", MNT_DETACH);
}

static void get_three(struct cell *c)
{
	get(c, INIT);
	get(c, A);
	get(c, S);
}

ROW(idmapped_get, "v3:100000 v2 EOVERFLOW")
{
	const struct value v = value_v2();

	place_owned(c, &v, IDMAPPED_OWNER);
	on_idmapped(c, get_three);
}

static void exec_three(struct cell *c)
{
	exec(c, INIT);
	exec(c, A);
	exec(c, S);
}

ROW(idmapped_exec, "no yes no")
{
	const struct value v = value_v2();

	place_owned(c, &v, IDMAPPED_OWNER);
	on_idmapped(c, exec_three);
}

static void set_init(struct cell *c)
{
	set(c, INIT, value_v2(), 0);
	set(c, INIT, value_v3(A_ROOT), 0);
}

ROW(idmapped_set, "EINVAL ok v2")
{
	place_owned(c, NULL, IDMAPPED_OWNER);
	on_idmapped(c, set_init);
	get(c, INIT);
}

static void set_inside(struct cell *c)
{
	set(c, A, value_v2(), 0);
}

ROW(idmapped_set_inside, "ok v2")
{
	place_owned(c, NULL, IDMAPPED_OWNER);
	on_idmapped(c, set_inside);
	get(c, INIT);
}

/* btrfs carries a subvolume: the snapshot, and what is sent of it */

static int shell(const char *command)
{
	return system(command) ? -1 : 0;
}

FIXTURE(btrfs)
{
	char path[256];
};

FIXTURE_SETUP(btrfs)
{
	ASSERT_TRUE(is_mounted[FS_BTRFS]);
	ASSERT_EQ(0, chdir(PLACE "/btrfs"));
	ASSERT_EQ(0, shell("btrfs -q subvolume create from"));
	ASSERT_EQ(0, mkdir("to", 0755));
	ASSERT_EQ(0, install_helper("from/file", OWNER));
}

FIXTURE_TEARDOWN(btrfs)
{
	static const char delete[] =
		"btrfs -q subvolume delete from $(ls -d snapshot* to/snapshot* 2>/dev/null)";

	EXPECT_EQ(0, shell(delete));
	EXPECT_EQ(0, rmdir("to"));
}

#define EXPECT_CARRIED(_path, _want) do {				\
	const struct value _w = _want;					\
	const struct outcome _o = get_in(NS_INIT, _path, 64);		\
									\
	EXPECT_EQ(0, _o.err);						\
	EXPECT_TRUE(value_eq(&_w, &_o.value));				\
} while (0)

TEST_F(btrfs, snapshot_and_send)
{
	ASSERT_EQ(0, set_in(ns[A], "from/file", value_v2(), 0).err);
	ASSERT_EQ(0, shell("btrfs -q subvolume snapshot -r from snapshot"));
	EXPECT_CARRIED("snapshot/file", value_v3(A_ROOT));
	ASSERT_EQ(0, shell("btrfs -q send snapshot | btrfs -q receive to"));
	EXPECT_CARRIED("to/snapshot/file", value_v3(A_ROOT));
	EXPECT_EQ(TEST_MASK,
		  exec_in(ns[A], PLAIN, "to/snapshot/file", NULL).permitted);
	EXPECT_EQ(0, exec_in(NS_INIT, PLAIN, "to/snapshot/file", NULL).permitted);
}

/* An increment with another value, one with none, and one with a new owner */
TEST_F(btrfs, send_increments)
{
	ASSERT_EQ(0, set_in(ns[A], "from/file", value_v2(), 0).err);
	ASSERT_EQ(0, shell("btrfs -q subvolume snapshot -r from snapshot"));
	ASSERT_EQ(0, shell("btrfs -q send snapshot | btrfs -q receive to"));

	ASSERT_EQ(0, set_in(ns[A], "from/file", value_v3(5), 0).err);
	ASSERT_EQ(0, shell("btrfs -q subvolume snapshot -r from snapshot1"));
	ASSERT_EQ(0, shell("btrfs -q send -p snapshot snapshot1 | btrfs -q receive to"));
	EXPECT_CARRIED("to/snapshot1/file", value_v3(A_ROOT + 5));

	/* its receiver changes the owner first, which takes the value away */
	ASSERT_EQ(0, chown("from/file", OWNER + 1, OWNER + 1));
	ASSERT_EQ(0, set_in(ns[A], "from/file", value_v3(5), 0).err);
	ASSERT_EQ(0, shell("btrfs -q subvolume snapshot -r from snapshot2"));
	ASSERT_EQ(0, shell("btrfs -q send -p snapshot1 snapshot2 | btrfs -q receive to"));
	EXPECT_CARRIED("to/snapshot2/file", value_v3(A_ROOT + 5));

	ASSERT_EQ(0, remove_in(ns[A], "from/file").err);
	ASSERT_EQ(0, shell("btrfs -q subvolume snapshot -r from snapshot3"));
	ASSERT_EQ(0, shell("btrfs -q send -p snapshot2 snapshot3 | btrfs -q receive to"));
	EXPECT_EQ(ENODATA, get_in(NS_INIT, "to/snapshot3/file", 64).err);
}

/* btrfs remembers of an inode that it has no value: not for too long */
TEST_F(btrfs, no_value_cache)
{
	struct value v = value_v2();
	const int fd = open("from/file", O_WRONLY | O_APPEND | O_CLOEXEC);

	ASSERT_LE(0, fd);
	for (int i = 0; i < 10; i++) {
		/* the write asks, and the answer is remembered */
		ASSERT_EQ(1, write(fd, "", 1));
		EXPECT_EQ(ENODATA, get_in(ns[A], "from/file", 64).err);
		ASSERT_EQ(0, set_in(ns[A], "from/file", v, 0).err);
		EXPECT_CARRIED("from/file", value_v3(A_ROOT));
		ASSERT_EQ(1, write(fd, "", 1));
		EXPECT_EQ(ENODATA, get_in(ns[A], "from/file", 64).err);
	}
	/* from the disk, with nothing remembered */
	ASSERT_EQ(0, set_in(ns[A], "from/file", v, 0).err);
	ASSERT_EQ(0, fsync(fd));
	ASSERT_EQ(0, write_file("/proc/sys/vm/drop_caches", "3\n"));
	ASSERT_EQ(1, write(fd, "", 1));
	EXPECT_EQ(ENODATA, get_in(ns[A], "from/file", 64).err);
	close(fd);
	EXPECT_EQ(0, exec_in(ns[A], PLAIN, "from/file", NULL).permitted);
	ASSERT_EQ(0, set_in(ns[A], "from/file", v, 0).err);
	EXPECT_EQ(TEST_MASK, exec_in(ns[A], PLAIN, "from/file", NULL).permitted);
}

/* Mounting them all, before the tests */

/* What a filesystem that cannot be written has */
static int make_source(void)
{
	const struct value v2 = value_v2(), a = value_v3(A_ROOT),
		b = value_v3(OWNER), foreign = value_v3(FOREIGN);
	const struct {
		const struct value *value;
		uid_t owner;
	} files[] = {
		{ NULL, OWNER }, { &v2, OWNER }, { &a, OWNER }, { &b, OWNER },
		{ &foreign, OWNER }, { NULL, IDMAPPED_OWNER },
		{ &v2, IDMAPPED_OWNER },
	};
	char name[192], path[256];

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		source_name(files[i].value, files[i].owner, name, sizeof(name));
		snprintf(path, sizeof(path), SOURCE "/%s", name);
		errno = make_file(path, files[i].value, files[i].owner);
		if (errno)
			return -1;
	}
	return 0;
}

/* The layers: of the namespace that mounts, or with uids of their own */
static int make_layers(const struct filesystem_type *fs, const char *layers)
{
	int map, err;

	if (mkdir(layers, 0755))
		return -1;
	if (fs->inside)
		return chown(layers, A_ROOT, A_ROOT);
	if (!fs->idmapped)
		return 0;
	map = userns_new(NS_INIT, "0 0 1\n1000 1000 1\n5000 5000 1\n300000 100000 65536\n");
	err = map < 0 ? -1 : bind_idmapped(layers, layers, map);
	close(map);
	return err;
}

/* The script beside the test, with what comes out of it as comments */
static int run_script(const struct filesystem_type *fs, const char *place,
		      const char *layers)
{
	char cmd[1024], beside[256];

	snprintf(beside, sizeof(beside), "%s", helper_path());
	*strrchr(beside, '/') = 0;
	snprintf(cmd, sizeof(cmd),
		 "%s/fs_mount.sh %s %s %s " SOURCE " </dev/null >%s.log 2>&1",
		 beside, fs->name, place, layers, place);
	if (!shell(cmd))
		return 0;
	snprintf(cmd, sizeof(cmd), "sed 's/^/# /' %s.log", place);
	shell(cmd);
	return -1;
}

/* Two ends of a connection, for a server of 9p and its mount */
static int connect_9p(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	if (dup2(fds[0], 100) < 0 || dup2(fds[1], 101) < 0)
		return -1;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

/* A process of A that mounts, and stays until the test has its mounts */
static int mount_inside(const struct filesystem_type *fs, const char *place,
			const char *layers)
{
	int ready[2], hold[2], fd;
	char path[64], c = 1;
	pid_t pid;

	if (pipe2(ready, O_CLOEXEC) || pipe2(hold, O_CLOEXEC))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		close(hold[1]);
		if (setns(ns[A], CLONE_NEWUSER) || setresgid(0, 0, 0) ||
		    setresuid(0, 0, 0) || unshare(CLONE_NEWNS) ||
		    run_script(fs, place, layers))
			_exit(1);
		write(ready[1], &c, 1);
		read(hold[0], &c, 1);
		_exit(0);
	}
	close(ready[1]);
	close(hold[0]);
	if (read(ready[0], &c, 1) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	} else {
		fd = -1;
	}
	close(hold[1]);
	close(ready[0]);
	waitpid(pid, NULL, 0);
	mounts_inside = fd;
	return fd < 0 ? -1 : 0;
}

static int mount_filesystem(const struct filesystem_type *fs)
{
	char place[128], layers[128];

	if (fs == &filesystems[FS_TMPFS] || fs == &filesystems[FS_EXT4])
		return 0;
	place_of(fs, place, sizeof(place));
	layers_of(fs, layers, sizeof(layers));
	if (mkdir(place, 0755) || make_layers(fs, layers))
		return -1;
	if (fs == &filesystems[FS_V9FS] && connect_9p())
		return -1;
	if (fs->inside)
		return mount_inside(fs, place, layers);
	return run_script(fs, place, layers);
}

/* A server of fuse ends when its mount is gone, and not before */
static void unmount_all(void)
{
	char place[128];

	for (int i = 0; i < FS_COUNT; i++) {
		place_of(&filesystems[i], place, sizeof(place));
		umount2(place, MNT_DETACH);
	}
}

int main(int argc, char **argv)
{
	struct utsname kernel;

	if (table_new(ns) || mkdir(PLACE, 0777) || chmod(PLACE, 0777) ||
	    mkdir(SOURCE, 0755) || make_source() || mkdir(LAYERS, 0755) ||
	    fs_make_ext4(LAYERS ".image", 256) ||
	    fs_mount_ext4(LAYERS ".image", LAYERS)) {
		printf("Bail out! %s\n", strerror(errno));
		return 1;
	}
	uname(&kernel);
	printf("# cells of\tLinux %s\n", kernel.release);
	for (int i = 0; i < FS_COUNT; i++) {
		is_mounted[i] = !mount_filesystem(&filesystems[i]);
		printf("# cells %s\t%s\n", is_mounted[i] ? "on" : "missing",
		       filesystems[i].name);
	}
	fflush(stdout);
	atexit(unmount_all);
	return test_harness_run(argc, argv);
}
