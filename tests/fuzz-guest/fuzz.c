// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer of system calls: the episodes of the differential test, with calls
 * of garbage among them, each answer held to what must be true of any sequence
 * (rules.h).  For a kernel that checks itself.
 *
 * From the environment: SEED, EPISODE (the first one), FUZZ_TIME (seconds; 0
 * is that one episode).  What is found is shrunk, and printed with both.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "episode.h"
#include "garbage.h"
#include "rules.h"

/* of an episode */
#define OPERATIONS	300
/* percent of them */
#define GARBAGE		20
/* episodes, to make a finding shorter */
#define MAX_SHRINKS	24
#define LOG		"/tmp/fuzz-log"

/* what is found goes there; the log of the episode goes to the other one */
static FILE *report;
static unsigned long calls;

/**
 * struct finding - what is found
 * @number: of the operation
 * @what: what is wrong, or NULL
 */
struct finding {
	uint32_t number;
	const char *what;
};

/* The plan's namespaces, as the rules want them */
static void tell_rules(void)
{
	rules_begin(plan.namespaces);
	for (int i = 1; i < plan.namespaces; i++) {
		const struct ns *ns = &plan.ns[i];

		rules_ns(i, ns->parent);
		for (unsigned int e = 0; alive[i] && e < ns->extents; e++)
			rules_extent(i, ns->extent[e].inside,
				     plan_kuid(&plan, i, ns->extent[e].inside),
				     ns->extent[e].count);
	}
}

/* The namespace, at or above that one, whose mounts it has */
static int mounts_of(int ns)
{
	while (ns > 0 && plan.ns[ns].mounter < 0)
		ns = plan.ns[ns].parent;
	return ns;
}

static struct asker caller_of(const struct op *op)
{
	const struct place *place = &plan.place[op->place];
	const enum place_kind kind = place->kind;

	return (struct asker) {
		.ns = op->ns,
		.setfcap = op->cred == CRED_ROOT ||
			   op->cred == CRED_ONLY_SETFCAP,
		.fs = place->ns,
		.nosuid = kind == PLACE_NOSUID,
		.foreign = op->by_fd && mounts_of(op->ns) != place->ns,
		.overlay = in_overlay(op->place),
		.raw = kind == PLACE_RAW || kind == PLACE_OVL_RAW,
	};
}

/* The bytes of a get, which are in the text as hexadecimal digits */
static struct reading reading_of(const struct result *r)
{
	struct reading read = { .ret = r->err ? -r->err : r->ret };
	unsigned int byte;

	memset(read.bytes, 0xa5, sizeof(read.bytes));
	for (size_t i = 0; i < sizeof(read.bytes); i++) {
		if (sscanf(r->text + 2 * i, "%2x", &byte) != 1)
			break;
		read.bytes[i] = byte;
	}
	return read;
}

/* What the initial namespace reads of the file, or of a symlink's target */
static struct reading read_first(const struct command *c, int fd, bool follow)
{
	const struct result r = read_value(c, fd, follow);

	return reading_of(&r);
}

static struct ran ran_of(const struct op *op, const struct result *r)
{
	struct ran ran = { .err = r->err, .exact = op->flags == EXEC_PLAIN };

	if (!r->err &&
	    sscanf(r->text, "%llx %llx %*x %*x secure %*u uid %u %u",
		   &ran.permitted, &ran.effective, &ran.uid, &ran.euid) != 4)
		fail("the probe said nothing");
	return ran;
}

/* Garbage in place of some of the operations, with what it is drawn from */
static void draw_garbage(struct op *op, uint32_t number)
{
	struct rng r;

	rng_init(&r, plan.seed ^ plan.episode, GARBAGE, number);
	if (!rng_chance(&r, GARBAGE))
		return;
	op->kind = OP_GARBAGE;
	op->arg[0] = rng_u32(&r);
	op->arg[1] = number;
}

static const char *judge(const struct op *op, const struct result *r,
			 const struct reading *before,
			 const struct reading *after)
{
	const struct asker caller = caller_of(op);
	struct reading read;
	struct ran ran;

	switch (op->kind) {
	case OP_GARBAGE:
		return r->text[0] == GARBAGE_FINDING ?
		       "what no call must do" : rule_garbage(r->err);
	case OP_GET:
		read = reading_of(r);
		return rule_get(&caller, before, op->size, &read);
	case OP_SET:
		return rule_set(&caller, op->value, op->size, r->err,
				before, after);
	case OP_REMOVE:
		return rule_remove(&caller, r->err, before, after);
	case OP_EXEC:
		ran = ran_of(op, r);
		return rule_exec(&caller, before, &ran);
	default:
		return NULL;
	}
}

static bool is_judged(const struct op *op)
{
	const enum op_kind kind = op->kind;

	return kind == OP_EXEC || kind == OP_GARBAGE ||
	       ((kind == OP_GET || kind == OP_SET || kind == OP_REMOVE) &&
		!strcmp(op->xattr, CAPS_XATTR));
}

static const char *do_op(uint32_t number)
{
	struct command c = { .kind = CMD_OP };
	struct reading before, after;
	struct result r;
	char what[16];
	bool follow;
	int fd;

	plan_op(&plan, number, &c.op);
	draw_garbage(&c.op, number);
	in_place(&c, c.op.place);
	fd = c.op.by_fd ? place_fd[c.op.place] : -1;
	if (!alive[c.op.ns] || (c.op.by_fd && fd < 0))
		return NULL;
	follow = c.op.open || c.op.kind == OP_EXEC;
	before = read_first(&c, place_fd[c.op.place], follow);
	worker_tell(c.op.ns, &c, fd, &r);
	after = read_first(&c, place_fd[c.op.place], follow);
	calls++;
	snprintf(what, sizeof(what), "%u", number);
	log_episode(what);
	log_op(&c.op, NULL);
	log_result(&r);
	return is_judged(&c.op) ? judge(&c.op, &r, &before, &after) : NULL;
}

/* Do an episode, or those of its operations that are wanted, to the first */
static struct finding do_episode(uint64_t episode, const bool *wanted)
{
	struct finding found = {};

	rewind(stdout);
	if (ftruncate(fileno(stdout), 0))
		fail(LOG);
	episode_begin(plan.seed, episode);
	tell_rules();
	for (uint32_t i = 0; !found.what && i < OPERATIONS; i++) {
		if (!wanted || wanted[i])
			found = (struct finding) { i, do_op(i) };
	}
	episode_end();
	return found;
}

/* Leave out as many of the operations before it as can be, in some runs */
static void shrink(uint64_t episode, const struct finding *found, bool *wanted)
{
	bool fewer[OPERATIONS];
	int runs = 0;

	for (uint32_t i = 0; i < OPERATIONS; i++)
		wanted[i] = i <= found->number;
	for (uint32_t n = found->number; n; n /= 2) {
		for (uint32_t i = 0; i < found->number; i += n) {
			if (runs++ == MAX_SHRINKS)
				return;
			fprintf(report, "# shrinking, run %d\n", runs);
			fflush(report);
			memcpy(fewer, wanted, sizeof(fewer));
			for (uint32_t j = i; j < i + n && j < found->number; j++)
				fewer[j] = false;
			/* the text is one of a few constants */
			if (do_episode(episode, fewer).what == found->what)
				memcpy(wanted, fewer, sizeof(fewer));
		}
	}
}

/* The lines of the log that are of operations */
static void print_operations(void)
{
	char line[2048];
	FILE *log = fopen(LOG, "re");

	while (log && fgets(line, sizeof(line), log)) {
		unsigned int episode, number;

		if (sscanf(line, "%u.%u ", &episode, &number) == 2)
			fprintf(report, "#   %s", line);
	}
	if (log)
		fclose(log);
}

static void print_finding(uint64_t episode, const struct finding *found)
{
	static bool wanted[OPERATIONS];

	fprintf(report, "# seed %llu episode %llu operation %u: %s\n",
		(unsigned long long)plan.seed, (unsigned long long)episode,
		found->number, found->what);
	fflush(report);
	shrink(episode, found, wanted);
	do_episode(episode, wanted);
	fprintf(report, "# shrunk to:\n");
	print_operations();
	fprintf(report,
		"# again: make fuzz-guest SEED=%llu EPISODE=%llu FUZZ_TIME=0\n",
		(unsigned long long)plan.seed, (unsigned long long)episode);
}

static unsigned long long number_of(const char *name, unsigned long long none)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : none;
}

int main(void)
{
	const uint64_t first = number_of("EPISODE", 0);
	const time_t end = time(NULL) + number_of("FUZZ_TIME", 60);
	const uint64_t seed = number_of("SEED", 1);
	struct finding found = {};
	uint64_t episode = first;

	report = fdopen(dup(STDOUT_FILENO), "w");
	if (!report || !freopen(LOG, "w", stdout))
		fail(LOG);
	fprintf(report, "TAP version 13\n1..1\n# seed %llu\n",
		(unsigned long long)seed);
	fflush(report);
	umask(0);
	if (setgroups(0, NULL))
		fail("setgroups");
	/* tmpfs and ext4 */
	plan_filesystems = 2;
	garbage_init();
	worker_garbage = garbage;
	make_filesystems();
	make_raw_image(seed);
	do {
		plan.seed = seed;
		found = do_episode(episode, NULL);
		fprintf(report, "# episode %llu, %lu calls\n",
			(unsigned long long)episode, calls);
		fflush(report);
		if (found.what)
			print_finding(episode, &found);
		episode++;
	} while (!found.what && time(NULL) < end);
	fprintf(report, "%sok 1 episodes\n", found.what ? "not " : "");
	return found.what != NULL;
}
