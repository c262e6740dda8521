// SPDX-License-Identifier: GPL-2.0
/*
 * The world of an episode of a plan, made and taken down, and its log; see
 * episode.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "episode.h"

#define RAW_IMAGE	"/tmp/raw-image"
#define RAW_SOURCE	"/tmp/raw-source"
#define RAW_VALUE	"/tmp/raw-value"
#define XFS_DIR		"/tmp/xfs"
#define BTRFS_DIR	"/tmp/btrfs"
/* of the filesystems that stay, the directory of the episode */
#define PART		"/w"

struct plan plan;
int place_fd[MAX_PLACES];
bool alive[MAX_NS];
static pid_t first;

void fail(const char *what)
{
	fprintf(stderr, "Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void run_command(const char *command)
{
	if (system(command)) {
		errno = ECHILD;
		fail(command);
	}
}

/* The log */

void log_result(const struct result *r)
{
	if (r->err)
		printf(" = %s%s\n", strerrorname_np(r->err) ?: "?", r->text);
	else if (r->text[0])
		printf(" = %ld %s\n", r->ret, r->text);
	else
		printf(" = %ld\n", r->ret);
}

static void log_hex(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
}

static void log_who(const struct op *op)
{
	printf("ns%d", op->ns);
	switch (op->cred) {
	case CRED_USER:
		printf(" uid %u ", op->uid);
		break;
	case CRED_NO_SETFCAP:
		printf(" without setfcap ");
		break;
	case CRED_ONLY_SETFCAP:
		printf(" uid %u with setfcap ", op->uid);
		break;
	default:
		printf(" root ");
	}
}

static void log_arguments(const struct op *op)
{
	static const char * const how[] = { "", " inheritable", " no_new_privs",
					    " no bounding", " noroot" };

	switch (op->kind) {
	case OP_SET:
		printf(" %s %u:", op->xattr, op->size);
		log_hex(op->value, op->size);
		printf(" flags %u", op->flags);
		break;
	case OP_GET:
		printf(" %s size %u", op->xattr, op->size);
		break;
	case OP_LIST:
	case OP_TRUNCATE:
		printf(" size %u", op->size);
		break;
	case OP_REMOVE:
		printf(" %s", op->xattr);
		break;
	case OP_CHOWN:
		printf(" %d:%d", (int)op->arg[0], (int)op->arg[1]);
		break;
	case OP_CHMOD:
		printf(" %o", op->flags);
		break;
	case OP_RENAME:
	case OP_LINK:
		printf(" %s", op->name2);
		break;
	case OP_EXEC:
		printf("%s", how[op->flags]);
		break;
	default:
		break;
	}
}

void log_op(const struct op *op, const char *unreadable)
{
	static const char * const kinds[] = {
		"set", "get", "list", "remove", "chown", "chmod", "write",
		"truncate", "rename", "link", "create", "stat", "exec",
		"garbage",
	};
	char name[32];

	log_who(op);
	printf("%s%s/%s %s", op->by_fd ? "fd:" : "",
	       place_name(&plan, op->place, name), op->name, kinds[op->kind]);
	log_arguments(op);
	if (op->open)
		printf(" open");
	if (unreadable)
		printf(" %s", unreadable);
}

void log_episode(const char *what)
{
	printf("%llu.%s ", (unsigned long long)plan.episode, what);
}

/* Where the places are */

static void place_path(int place, char *path, size_t size)
{
	static const char * const paths[PLACE_KINDS] = {
		[PLACE_TMPFS] = WORLD "/tmpfs",
		[PLACE_XFS] = XFS_DIR PART,
		[PLACE_BTRFS] = BTRFS_DIR PART,
		[PLACE_OVL] = WORLD "/ovl",
		[PLACE_OVL_UPPER] = WORLD "/up",
		[PLACE_IDMAP] = WORLD "/idmap",
		[PLACE_NOSUID] = WORLD "/nosuid",
		[PLACE_RAW] = WORLD "/raw",
		[PLACE_OVL_RAW] = WORLD "/ovl-raw",
	};
	const struct place *p = &plan.place[place];
	char base[32];

	switch (p->kind) {
	case PLACE_EXT4:
		snprintf(path, size, "%s" PART, fs_dir("ext4"));
		break;
	case PLACE_OVL_LOWER:
		place_path(p->base, base, sizeof(base));
		snprintf(path, size, "%s/low", base);
		break;
	case PLACE_NS_TMPFS:
	case PLACE_NS_OVL:
	case PLACE_NS_UPPER:
	case PLACE_NS_IDMAP:
		snprintf(path, size, WORLD "/m%d/%c", plan.ns[p->ns].mounter,
			 "toui"[p->kind - PLACE_NS_TMPFS]);
		break;
	default:
		snprintf(path, size, "%s", paths[p->kind]);
	}
}

/* Making an episode's places, by the worker of the namespace that has them */

static long told(const char *what, int ns, const struct command *c)
{
	struct result r;

	log_episode(what);
	worker_tell(ns, c, -1, &r);
	printf("ns%d", ns);
	if (c->kind == CMD_MOUNT)
		printf(" %s %s", c->mount.type, c->mount.target);
	else if (c->kind == CMD_BIND)
		printf(" %s", c->mount.target);
	else
		printf(" %s", c->dir);
	log_result(&r);
	return r.ret;
}

static long do_mount(int ns, const char *type, const char *source,
		     const char *target, const char *options)
{
	struct command c = { .kind = CMD_MOUNT };

	snprintf(c.mount.type, sizeof(c.mount.type), "%s", type);
	snprintf(c.mount.source, sizeof(c.mount.source), "%s", source);
	snprintf(c.mount.target, sizeof(c.mount.target), "%s", target);
	snprintf(c.mount.options, sizeof(c.mount.options), "%s", options);
	return told("mount", ns, &c);
}

static void do_bind(int ns, const char *source, const char *target,
		    const char *map)
{
	struct command c = { .kind = CMD_BIND };

	snprintf(c.mount.source, sizeof(c.mount.source), "%s", source);
	snprintf(c.mount.target, sizeof(c.mount.target), "%s", target);
	snprintf(c.mount.options, sizeof(c.mount.options), "%s", map);
	told("bind", ns, &c);
}

static void do_overlay(int ns, const char *target, const char *lower,
		       const char *upper, const char *work)
{
	char options[256];

	do_mount(ns, "dir", "", upper, "");
	do_mount(ns, "dir", "", work, "");
	snprintf(options, sizeof(options),
		 "%slowerdir=%s,upperdir=%s,workdir=%s",
		 ns ? "userxattr," : "", lower, upper, work);
	do_mount(ns, "overlay", "", target, options);
}

/* The files of a place; as many of them with a value as the plan says */
static void do_fill(int place, const char *dir)
{
	struct command c = { .kind = CMD_FILL }, set = { .kind = CMD_OP };
	const int ns = plan.place[place].ns;
	bool wanted[FILES];
	struct op op[FILES];
	struct result r;

	for (int i = 0; i < FILES; i++)
		wanted[i] = plan_initial(&plan, place, i, &op[i],
					 &c.fill.owner[i], &c.fill.mode[i]);
	snprintf(c.dir, sizeof(c.dir), "%s", dir);
	strcpy(set.dir, c.dir);
	if (told("fill", ns, &c))
		return;
	for (int i = 0; i < FILES; i++) {
		if (!wanted[i])
			continue;
		set.op = op[i];
		worker_tell(ns, &set, -1, &r);
		log_episode("initial");
		log_op(&op[i], NULL);
		log_result(&r);
	}
}

static void copy_sparse(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t data = 0, hole = 0;

	if (in < 0 || out < 0 || ftruncate(out, lseek(in, 0, SEEK_END)))
		fail(to);
	while ((data = lseek(in, hole, SEEK_DATA)) >= 0) {
		hole = lseek(in, data, SEEK_HOLE);
		if (lseek(out, data, SEEK_SET) < 0)
			fail(to);
		while (data < hole) {
			ssize_t n = sendfile(out, in, &data,
					     hole - data);

			if (n <= 0)
				fail(to);
		}
	}
	close(in);
	close(out);
}

static void make_place(int place)
{
	const struct place *p = &plan.place[place];
	char path[64], base[64], low[128];

	place_path(place, path, sizeof(path));
	base[0] = 0;
	if (p->base >= 0)
		place_path(p->base, base, sizeof(base));
	snprintf(low, sizeof(low), "%s/low", base);
	switch (p->kind) {
	case PLACE_TMPFS:
		do_mount(0, "tmpfs", "", path, "mode=777");
		break;
	case PLACE_EXT4:
	case PLACE_XFS:
	case PLACE_BTRFS:
	case PLACE_NS_TMPFS:
		do_mount(p->ns, "dir", "", path, "");
		break;
	case PLACE_OVL:
		do_overlay(0, path, low, WORLD "/up", WORLD "/work");
		break;
	case PLACE_IDMAP:
	case PLACE_NOSUID:
	case PLACE_NS_IDMAP:
		do_bind(p->ns, base, path, p->map);
		break;
	case PLACE_RAW:
		copy_sparse(RAW_IMAGE, WORLD "/image");
		do_mount(0, "image", WORLD "/image", path, "");
		break;
	case PLACE_OVL_RAW:
		do_overlay(0, path, base, WORLD "/raw-up", WORLD "/raw-work");
		break;
	case PLACE_NS_OVL: {
		char dir[2][64];

		snprintf(dir[0], 64, WORLD "/m%d/u", plan.ns[p->ns].mounter);
		snprintf(dir[1], 64, WORLD "/m%d/w", plan.ns[p->ns].mounter);
		do_overlay(p->ns, path, low, dir[0], dir[1]);
		break;
	}
	default:
		break;
	}
	if (place_has_files(p->kind)) {
		do_fill(place, path);
		/* for the overlays */
		snprintf(low, sizeof(low), "%s/low", path);
		if (!do_mount(p->ns, "dir", "", low, ""))
			do_fill(place, low);
	}
}

static void make_places(int ns)
{
	for (int i = 0; i < plan.places; i++) {
		place_fd[i] = ns ? place_fd[i] : -1;
		if (plan.place[i].ns == ns)
			make_place(i);
	}
}

/* What a namespace has mounted, for those that do not see it */
static void open_places(int ns, pid_t pid)
{
	char path[64], full[128];

	for (int i = 0; i < plan.places; i++) {
		if (plan.place[i].ns != ns)
			continue;
		place_path(i, path, sizeof(path));
		snprintf(full, sizeof(full), "/proc/%d/root%s", pid, path);
		place_fd[i] = open(full, O_PATH | O_CLOEXEC);
	}
}

static void make_mounter(int ns, pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), WORLD "/m%d", plan.ns[ns].mounter);
	do_mount(ns, "tmpfs", "", path, "mode=777");
	make_places(ns);
	open_places(ns, pid);
}

static void make_ns(int i)
{
	const struct ns *ns = &plan.ns[i];
	struct command c = { .kind = CMD_MAKE_NS };
	struct result r;

	if (!alive[ns->parent])
		return;
	c.make.child = i;
	c.make.mounts = ns->mounter >= 0;
	plan_map(ns, c.make.map, sizeof(c.make.map));
	worker_tell(ns->parent, &c, -1, &r);
	alive[i] = !r.err;
	log_episode("ns");
	printf("ns%d in ns%d", i, ns->parent);
	for (unsigned int e = 0; e < ns->extents; e++)
		printf(" %u:%u:%u", ns->extent[e].inside,
		       ns->extent[e].outside, ns->extent[e].count);
	printf(" = %s\n", r.err ? strerrorname_np(r.err) : "0");
	if (alive[i] && ns->mounter >= 0)
		make_mounter(i, r.ret);
}

bool in_overlay(int place)
{
	const enum place_kind kind = plan.place[place].kind;

	return kind == PLACE_OVL || kind == PLACE_OVL_RAW ||
	       kind == PLACE_NS_OVL;
}

struct result read_value(const struct command *c, int fd, bool follow)
{
	struct command get = *c;
	struct result r;

	get.kind = CMD_OP;
	get.op.kind = OP_GET;
	get.op.ns = 0;
	get.op.cred = CRED_ROOT;
	get.op.open = follow;
	get.op.size = 24;
	get.op.xattr = CAPS_XATTR;
	worker_tell(0, &get, fd, &r);
	return r;
}

void in_place(struct command *c, int place)
{
	place_path(place, c->dir, sizeof(c->dir));
}

/* The place that a mount shows, or itself */
static int shown_by(int place)
{
	const struct place *p = &plan.place[place];

	switch (p->kind) {
	case PLACE_IDMAP:
	case PLACE_NOSUID:
	case PLACE_NS_IDMAP:
		return shown_by(p->base);
	default:
		return place;
	}
}

void in_shown_place(struct command *c)
{
	const bool lower = plan.place[c->op.place].kind == PLACE_OVL_LOWER;

	if (lower)
		c->op.place = plan.place[c->op.place].base;
	c->op.place = shown_by(c->op.place);
	in_place(c, c->op.place);
	if (lower)
		strcat(c->dir, "/low");
}

void dump_places(void)
{
	struct command c = { .kind = CMD_DUMP };
	struct result r;
	char name[32];

	for (int i = 0; i < plan.places; i++) {
		if (plan.place[i].ns && place_fd[i] < 0)
			continue;
		in_place(&c, i);
		worker_tell(0, &c, place_fd[i], &r);
		log_episode("end");
		printf("%s", place_name(&plan, i, name));
		log_result(&r);
	}
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	char ext4[64];

	snprintf(ext4, sizeof(ext4), "%s" PART, fs_dir("ext4"));
	for (int i = 0; i < plan.places; i++) {
		if (place_fd[i] >= 0)
			close(place_fd[i]);
	}
	if (umount2(WORLD, MNT_DETACH))
		fail(WORLD);
	nftw(ext4, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	nftw(XFS_DIR PART, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	nftw(BTRFS_DIR PART, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void end_workers(void)
{
	struct command c = { .kind = CMD_EXIT };
	struct result r;

	for (int i = plan.namespaces - 1; i >= 0; i--) {
		if (alive[i])
			worker_tell(i, &c, -1, &r);
	}
	waitpid(first, NULL, 0);
	workers_close();
}

static void make_world(void)
{
	if (mount("none", WORLD, "tmpfs", 0, "mode=777") ||
	    mkdir(WORLD "/m0", 0777) || mkdir(WORLD "/m1", 0777) ||
	    chmod(WORLD "/m0", 0777) || chmod(WORLD "/m1", 0777))
		fail(WORLD);
}

void episode_begin(uint64_t seed, uint64_t episode)
{
	plan_episode(&plan, seed, episode);
	make_world();
	workers_open();
	fflush(stdout);
	first = worker_first();
	memset(alive, 0, sizeof(alive));
	alive[0] = true;
	make_places(0);
	for (int i = 1; i < plan.namespaces; i++)
		make_ns(i);
}

void episode_end(void)
{
	end_workers();
	clean_up();
	fflush(stdout);
}

/* The image with values that no system call writes */

static void raw_values(uint64_t seed, FILE *script)
{
	unsigned char value[64];
	char path[64];
	size_t size;
	FILE *file;

	for (int i = 0; i < RAW_FILES; i++) {
		size = plan_raw_value(seed, i, value);
		printf("raw r%d %zu:", i, size);
		log_hex(value, size);
		printf("\n");
		snprintf(path, sizeof(path), RAW_VALUE "/%d", i);
		file = fopen(path, "w");
		if (!file || fwrite(value, 1, size, file) != size ||
		    fclose(file))
			fail(path);
		fprintf(script, "write %s r%d\nsif r%d mode 0100755\n",
			helper_path(), i, i);
		fprintf(script, "ea_set -f %s r%d %s\n", path, i, CAPS_XATTR);
	}
}

void make_raw_image(uint64_t seed)
{
	FILE *script = fopen(RAW_SOURCE, "w");

	unlink(RAW_IMAGE);
	mkdir(RAW_VALUE, 0700);
	if (!script || fs_make_ext4(RAW_IMAGE, 4))
		fail(RAW_IMAGE);
	raw_values(seed, script);
	fclose(script);
	run_command("debugfs -w -f " RAW_SOURCE " " RAW_IMAGE " >/dev/null 2>&1");
}

void make_filesystems(void)
{
	if (mkdir(XFS_DIR, 0755) || mkdir(BTRFS_DIR, 0755) ||
	    mkdir(WORLD, 0755))
		fail("/tmp");
	if (plan_filesystems <= PLACE_XFS)
		return;
	run_command("truncate -s 320M /tmp/xfs-image");
	run_command("mkfs.xfs -q -f /tmp/xfs-image");
	run_command("mount -t xfs -o loop /tmp/xfs-image " XFS_DIR);
	run_command("truncate -s 160M /tmp/btrfs-image");
	run_command("mkfs.btrfs -q -f /tmp/btrfs-image");
	run_command("mount -t btrfs -o loop /tmp/btrfs-image " BTRFS_DIR);
}
