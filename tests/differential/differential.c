// SPDX-License-Identifier: GPL-2.0
/*
 * One half of the differential test: do the operations of a plan and print a
 * line for each, the same on every run where the kernel's answers are the same.
 * tests/differential/compare.py compares two such logs.
 *
 * The file "plan" beside the program has a line for each run:
 *	SEED FIRST-EPISODE EPISODES OPERATIONS [NUMBER...]
 * With numbers, only those operations of each episode are done.  A line before
 * them, "renew malformed", is for kernels one of which does not take a file with
 * a malformed value to the upper layer of an overlay.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "episode.h"

/* Operations */

static bool renew_malformed;

/*
 * Why the mounter of the overlay cannot read this value, and what takes it to the
 * upper layer may end otherwise: it has no name for the root, or there is nothing
 * to understand.  NULL: it can, or this is no overlay, or both kernels do alike.
 */
static const char *unreadable(const struct command *c, bool follow)
{
	if (!in_overlay(c->op.place))
		return NULL;
	switch (read_value(c, place_fd[c->op.place], follow).err) {
	case EOVERFLOW:
		return "foreign";
	case EINVAL:
		return renew_malformed ? "malformed" : NULL;
	default:
		return NULL;
	}
}

/* Make the file anew, by the root of the place */
static void renew(const struct command *c, const char *name)
{
	const int ns = plan.place[c->op.place].ns;
	struct command again = *c;
	struct result r;

	if (!name[0])
		return;
	again.kind = CMD_RENEW;
	snprintf(again.op.name, sizeof(again.op.name), "%s", name);
	worker_tell(ns, &again, -1, &r);
}

/*
 * What takes a file with an unreadable value up to the upper layer may be done
 * by one kernel and refused by the other, so after it the names that it had to
 * do with are new files on both.
 */
static void renew_unreadable(const struct command *c, bool target)
{
	renew(c, c->op.name);
	renew(c, c->op.name2);
	/* all symlinks are to that file */
	if (target)
		renew(c, "f0");
}

/* What has that name in the command's place, which is open or has a path */
static struct stat stat_of(const struct command *c, const char *name)
{
	const int fd = place_fd[c->op.place];
	struct stat st = {};
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fd < 0 ? c->dir : ".", name);
	fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW);
	return st;
}

/*
 * The file, and all in its directory that have several names, are new files: an
 * overlay may show one file under two numbers, so who is whose is not known.  An
 * overlay above forgets the file that it has had there.
 */
static void renew_links(const struct command *c)
{
	bool several[NAMES];
	char name[8];

	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		several[i] = stat_of(c, name).st_nlink > 1;
	}
	renew(c, c->op.name);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		if (several[i])
			renew(c, name);
	}
	if (write_file("/proc/sys/vm/drop_caches", "2"))
		fail("drop_caches");
}

/* Where a symlink was followed, mean what it is to */
static void follow(struct command *c)
{
	/* all symlinks are to that file */
	if (c->op.open && S_ISLNK(stat_of(c, c->op.name).st_mode))
		snprintf(c->op.name, sizeof(c->op.name), "f0");
	c->op.open = false;
}

/*
 * An empty value is refused by one kernel and stored by the other, so after it
 * the file is made to have none on both: by setting and removing one, which
 * takes an overlay's file up as well.  The root of the filesystem does it.
 */
static void resync(const struct command *c)
{
	struct command again = *c;
	struct value v = value_v2();
	struct result r;
	int ns;

	in_shown_place(&again);
	ns = plan.place[again.op.place].ns;
	if (!alive[ns])
		return;
	again.op.ns = ns;
	again.op.cred = CRED_ROOT;
	follow(&again);
	again.op.size = v.size;
	again.op.flags = 0;
	memcpy(again.op.value, v.bytes, v.size);
	worker_tell(ns, &again, -1, &r);
	if (r.ret) {
		/* an overlay's mounter has no power over the file's owner */
		renew_links(&again);
		return;
	}
	again.op.kind = OP_REMOVE;
	worker_tell(ns, &again, -1, &r);
}

static bool is_change(const struct op *op)
{
	return op->kind != OP_GET && op->kind != OP_LIST &&
	       op->kind != OP_STAT && op->kind != OP_EXEC;
}

static void do_op(uint32_t number)
{
	struct command c = { .kind = CMD_OP };
	struct op *op = &c.op;
	struct result r = { .ret = -1, .err = ESRCH };
	const char *own, *target;
	char what[16];
	int fd;

	plan_op(&plan, number, op);
	in_place(&c, op->place);
	own = unreadable(&c, false);
	target = own ? NULL : unreadable(&c, true);
	snprintf(what, sizeof(what), "%u", number);
	log_episode(what);
	log_op(op, own ?: target);
	fd = op->by_fd ? place_fd[op->place] : -1;
	if (!alive[op->ns] || (op->by_fd && fd < 0)) {
		log_result(&r);
		return;
	}
	worker_tell(op->ns, &c, fd, &r);
	log_result(&r);
	if (!is_change(op))
		return;
	if (own || target)
		renew_unreadable(&c, target);
	else if (op->kind == OP_SET && !op->size &&
		 !strcmp(op->xattr, CAPS_XATTR))
		resync(&c);
}

/* Episodes */

static void run_episode(uint64_t seed, uint64_t episode, uint32_t ops,
			const char *numbers)
{
	char *end;

	episode_begin(seed, episode);
	for (uint32_t i = 0; !numbers && i < ops; i++)
		do_op(i);
	while (numbers) {
		uint32_t number = strtoul(numbers, &end, 10);

		if (end == numbers)
			break;
		do_op(number);
		numbers = end;
	}
	dump_places();
	episode_end();
}

static void run_line(char *line)
{
	static uint64_t raw_seed;
	static bool raw_made;
	unsigned long long seed, first, count;
	unsigned int ops;
	int numbers = 0;

	line[strcspn(line, "\n")] = 0;
	if (!strcmp(line, "renew malformed")) {
		renew_malformed = true;
		return;
	}
	if (sscanf(line, "%llu %llu %llu %u %n", &seed, &first, &count, &ops,
		   &numbers) < 4) {
		errno = EINVAL;
		fail(line);
	}
	if (!raw_made || raw_seed != seed)
		make_raw_image(seed);
	raw_made = true;
	raw_seed = seed;
	printf("run %s\n", line);
	for (unsigned long long i = first; i < first + count; i++)
		run_episode(seed, i, ops, line[numbers] ? line + numbers :
							  NULL);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	FILE *lines;

	printf("TAP version 13\n");
	umask(0);
	if (setgroups(0, NULL))
		fail("setgroups");
	lines = fopen("plan", "re");
	if (!lines)
		fail("plan");
	make_filesystems();
	while (getline(&line, &size, lines) > 0)
		run_line(line);
	fclose(lines);
	free(line);
	printf("1..1\nok 1 episodes\n");
	return 0;
}
