// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap probe: can file capabilities be kept there, and would they count?
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "gates.h"
#include "out.h"

struct options {
	char *dir;
	bool json;
};

static const struct argp_option argp_options[] = {
	{ "json", 'j', NULL, 0, "write JSON", 0 },
	{}
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'j':
		o->json = true;
		break;
	case ARGP_KEY_ARG:
		if (o->dir)
			argp_error(state, "just one DIR");
		o->dir = arg;
		break;
	case ARGP_KEY_END:
		if (!o->dir)
			argp_error(state, "DIR is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	argp_options, parse, "DIR",
	"Can files in DIR keep capabilities, and would they be honoured when you run them?\v"
	"It is tried on a file without a name, which is gone afterwards.\n\n"
	"Exit status: 0 both; 1 not both; 2 wrong usage; 3 it cannot be known.",
	NULL, NULL, NULL
};

/* A file that nobody else sees; where there is no O_TMPFILE, but for a moment */
static int scratch_file(int dir)
{
	char name[64];
	sigset_t all, old;
	int fd;

	fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	snprintf(name, sizeof(name), ".nscap-probe-%d", getpid());
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0700);
	if (fd >= 0)
		unlinkat(dir, name, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return fd;
}

/* What was written must be what is read */
static bool kept(int fd)
{
	struct fcaps caps = { .permitted = 1ULL << CAP_NET_RAW, .effective = true,
			      .revision = 2 }, back;
	struct vfs_ns_cap_data bytes;
	size_t size = fcaps_encode(&caps, &bytes);
	char path[64];

	if (fsetxattr(fd, CAPS_XATTR, &bytes, size, 0))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	errno = fcaps_get(path, &back);
	return !errno && back.permitted == caps.permitted && back.effective;
}

/* Where one may not write, reading tells whether there are such attributes */
static void keeps_by_reading(int dir, const char *what, int err, struct finding *f)
{
	char bytes[64], path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	if (getxattr(path, CAPS_XATTR, bytes, sizeof(bytes)) < 0 &&
	    errno == EOPNOTSUPP)
		find(f, NO, "getxattr(2): the filesystem has no such attributes");
	else
		find(f, UNKNOWN, "%s: %s", what, strerror(err));
}

static void keeps(int dir, struct finding *f)
{
	int fd = scratch_file(dir);

	if (fd < 0) {
		keeps_by_reading(dir, "no file can be made there to try it", errno, f);
		return;
	}
	if (kept(fd))
		find(f, YES, "a value was written to a file without a name, and read again");
	else if (errno == EOPNOTSUPP)
		find(f, NO, "setxattr(2): the filesystem has no such attributes");
	else if (errno == EINVAL)
		find(f, NO, "setxattr(2): your root has no uid there, by an idmapped mount");
	else if (errno == EPERM)
		keeps_by_reading(dir, "setxattr(2), which takes CAP_SETFCAP", errno, f);
	else
		find(f, UNKNOWN, "setxattr(2): %s", strerror(errno));
	close(fd);
}

/* Does a line of /proc/kallsyms name this function? Its addresses do not matter */
static enum verdict has_symbol(const char *name)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], symbol[256];
	bool any = false, found = false;

	if (!f)
		return UNKNOWN;
	while (!found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %255s", symbol) != 1)
			continue;
		any = true;
		found = !strcmp(symbol, name);
	}
	fclose(f);
	return found ? YES : any ? NO : UNKNOWN;
}

static void is_ours(struct finding *f)
{
	static const char *const places[] = {
		"/sys/kernel/tracing/events/nscaps",
		"/sys/kernel/debug/tracing/events/nscaps",
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!stat(places[i], &st)) {
			find(f, YES, "there is %s", places[i]);
			return;
		}
	}
	switch (has_symbol("nscaps_getxattr")) {
	case YES:
		find(f, YES, "/proc/kallsyms has nscaps_getxattr");
		break;
	case NO:
		find(f, NO, "/proc/kallsyms has no nscaps_getxattr; nscap watch needs such a kernel, the rest does not");
		break;
	default:
		find(f, UNKNOWN, "neither tracefs nor /proc/kallsyms can be read");
	}
}

static void may_exec(int dir, struct finding *f)
{
	struct statvfs vfs;

	if (fstatvfs(dir, &vfs))
		find(f, UNKNOWN, "statvfs(2): %s", strerror(errno));
	else if (vfs.f_flag & ST_NOEXEC)
		find(f, NO, "the mount is noexec: nothing can be run from it");
	else
		find(f, YES, "the mount is not noexec");
}

static void not_idmapped(const struct mount *m, struct finding *f)
{
	find(f, m->idmapped == UNKNOWN ? UNKNOWN : m->idmapped == YES ? NO : YES,
	     m->idmapped == YES ? "the mount is idmapped: its roots are those that it shows" :
	     m->idmapped == NO ? "the mount is not idmapped" : "mountinfo does not show the mount");
}

/* The first gates stand before any value is read */
#define GATES_BEFORE_VALUE 4

/**
 * struct result - all that was found out
 * @names: of the findings
 * @keys: likewise, in JSON
 * @counts: a no is a no to the whole
 * @findings: the findings
 * @n: how many
 */
struct result {
	const char *names[12], *keys[12];
	bool counts[12];
	struct finding findings[12];
	size_t n;
};

static struct finding *next(struct result *r, const char *key, const char *name,
			    bool counts)
{
	r->keys[r->n] = key;
	r->names[r->n] = name;
	r->counts[r->n] = counts;
	return &r->findings[r->n++];
}

static void probe(int dir, const struct subject *s, const struct place *place,
		  struct result *r)
{
	struct question q = { .subject = s, .cap = -1, .fd = dir, .place = place };

	keeps(dir, next(r, "kept", "files can keep capabilities", true));
	may_exec(dir, next(r, "executable", "files can be run", true));
	for (size_t i = 0; i < GATES_BEFORE_VALUE; i++)
		gates[i].look(&q, next(r, reason_name(gates[i].reason),
				       gates[i].name, true));
	not_idmapped(&place->mount, next(r, "not_idmapped", "not idmapped", false));
	is_ours(next(r, "ours", "nscaps kernel", false));
}

static enum verdict verdict_of(const struct result *r)
{
	enum verdict v = YES;

	for (size_t i = 0; i < r->n; i++) {
		if (!r->counts[i] || r->findings[i].verdict == YES)
			continue;
		if (r->findings[i].verdict == NO)
			return NO;
		v = UNKNOWN;
	}
	return v;
}

static void say_json(const struct options *o, const struct place *place,
		     const struct result *r, enum verdict v)
{
	json_t *out = json_begin(), *list = json_array();

	json_put_path(out, "path", o->dir);
	json_put(out, "usable", json_string(verdict_name(v)));
	json_put(out, "fstype", json_string(place->mount.fstype));
	json_put_path(out, "mountpoint", place->mount.point);
	for (size_t i = 0; i < r->n; i++) {
		json_t *one = json_object();

		json_put(one, "check", json_string(r->keys[i]));
		json_put(one, "passes", json_string(verdict_name(r->findings[i].verdict)));
		json_put(one, "counts", json_boolean(r->counts[i]));
		json_put(one, "evidence", json_text(r->findings[i].how));
		json_array_append_new(list, one);
	}
	json_put(out, "checks", list);
	json_end(out);
}

static void say_text(const struct options *o, const struct place *place,
		     const struct result *r, enum verdict v)
{
	printf("%s: %s\n", quoted(o->dir),
	       v == YES ? "capabilities are kept and honoured there" :
	       v == NO ? "capabilities are NOT kept and honoured there" :
			 "cannot tell whether capabilities are kept and honoured there");
	printf("%s, mounted at %s\n", *place->mount.fstype ? place->mount.fstype : "?",
	       *place->mount.point ? quoted(place->mount.point) : "?");
	for (size_t i = 0; i < r->n; i++)
		printf("  %-7s  %-28s  %s\n", verdict_name(r->findings[i].verdict),
		       r->names[i], r->findings[i].how);
}

static int answer(const struct options *o, const struct subject *s, int dir)
{
	struct places places = {};
	const struct place *place = places_get(&places, dir, dir, s);
	struct result *r = calloc(1, sizeof(*r));
	enum verdict v = UNKNOWN;

	if (!place || !r) {
		complain_of(o->dir, "cannot be looked at");
	} else {
		probe(dir, s, place, r);
		v = verdict_of(r);
		if (o->json)
			say_json(o, place, r, v);
		else
			say_text(o, place, r, v);
	}
	free(r);
	places_free(&places);
	return v == YES ? NSCAP_OK : v == NO ? NSCAP_NO : NSCAP_ERRORS;
}

int cmd_probe(int argc, char **argv)
{
	struct options o = {};
	struct subject s;
	int dir, err, status = NSCAP_ERRORS;

	out_parse(&argp, argc, argv, &o);
	err = subject_self(&s);
	if (err) {
		complain("/proc/self/status: %s", strerror(err));
		return NSCAP_ERRORS;
	}
	dir = open(o.dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		complain_of(o.dir, "%s", strerror(errno));
	} else {
		status = answer(&o, &s, dir);
		close(dir);
	}
	subject_close(&s);
	return status;
}
