// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap watch: the kernel's decisions as they are made.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "mount.h"
#include "out.h"
#include "reason.h"
#include "trace.h"

/* between two looks at the buffer */
#define PAUSE_NS	(50 * 1000 * 1000)

/**
 * struct watch - a run
 * @file: only decisions about this file, or NULL
 * @pid: only those about this process, or 0
 * @count: end after so many, or 0
 * @refused: only those that are not to the file's favour
 * @json: JSON is wanted
 * @file_dev: device of @file
 * @file_ino: its inode
 * @trace: our part of the kernel's tracing
 * @said: how many decisions were told
 * @status: how it is to end
 * @write_err: errno of what could not be written
 */
struct watch {
	const char *file;
	int pid;
	unsigned long count;
	bool refused, json;
	char file_dev[32];
	unsigned long long file_ino;
	struct trace trace;
	unsigned long said;
	int status, write_err;
};

static atomic_int stop;

static void on_signal(int sig)
{
	stop = sig;
}

/* --- what is told --- */

/* is_wanted - is it to be told? */
static bool is_wanted(const struct watch *w, const struct decision *d)
{
	char dev[32];

	if (w->pid && d->pid != w->pid)
		return false;
	if (w->refused &&
	    (d->reason == REASON_HONOURED || d->reason == REASON_NO_VALUE))
		return false;
	/* most programs have no capabilities, and it is no news */
	if (!w->file)
		return d->reason != REASON_NO_VALUE || d->err;
	snprintf(dev, sizeof(dev), "%u:%u", d->major, d->minor);
	return d->ino == w->file_ino && !strcmp(dev, w->file_dev);
}

/**
 * path_of - a path of the file
 * @w: the run
 * @d: the decision
 * @buf: room for it
 * @size: of that
 *
 * The kernel tells the inode alone.  Its path is known where it was asked for,
 * or is what the process executes now; nothing is searched for.
 *
 * Return: the path, or NULL.
 */
static const char *path_of(const struct watch *w, const struct decision *d,
			   char *buf, size_t size)
{
	char exe[32];
	struct stat st;
	ssize_t len;

	if (w->file)
		return w->file;
	snprintf(exe, sizeof(exe), "/proc/%d/exe", d->pid);
	if (stat(exe, &st) || st.st_ino != d->ino ||
	    st.st_dev != makedev(d->major, d->minor))
		return NULL;
	len = readlink(exe, buf, size - 1);
	if (len < 0)
		return NULL;
	buf[len] = '\0';
	return buf;
}

/* --- what is said --- */

static const char *name_of(int reason)
{
	return reason >= 0 && reason < REASONS ? reason_name(reason) : NULL;
}

static void put_rootid(json_t *object, const char *key, long long rootid)
{
	json_put(object, key, rootid < 0 ? json_null() : json_integer(rootid));
}

static void put_set(json_t *object, const char *key, uint64_t set)
{
	char hex[17];

	snprintf(hex, sizeof(hex), "%016llx", (unsigned long long)set);
	json_put(object, key, json_string(hex));
}

static void put_caps(json_t *object, const struct fcaps *caps)
{
	char *text = caps->revision ? fcaps_text(caps) : NULL;

	json_put(object, "caps", text ? json_string(text) : json_null());
	free(text);
	put_set(object, "permitted", caps->permitted);
	put_set(object, "inheritable", caps->inheritable);
	json_put(object, "effective", json_boolean(caps->effective));
	json_put(object, "revision", caps->revision ?
		 json_integer(caps->revision) : json_null());
}

static void put_value(json_t *object, const struct decision *d)
{
	char hex[2 * XATTR_CAPS_SZ + 1] = "";

	for (int i = 0; i < d->value_size && i < (int)XATTR_CAPS_SZ; i++)
		sprintf(hex + 2 * i, "%02x", d->value[i]);
	json_put(object, "size", json_integer(d->size));
	json_put(object, "value", json_string(hex));
}

static void say_json(const struct watch *w, const struct decision *d)
{
	const char *name = name_of(d->reason);
	json_t *object = json_begin();
	char path[PATH_MAX], dev[32];
	const char *found = path_of(w, d, path, sizeof(path));

	snprintf(dev, sizeof(dev), "%u:%u", d->major, d->minor);
	json_put(object, "call", json_string(d->call));
	json_put(object, "time", json_real(d->time / 1e9));
	json_put(object, "pid", json_integer(d->pid));
	json_put(object, "dev", json_string(dev));
	json_put(object, "ino", json_integer(d->ino));
	if (found)
		json_put_path(object, "path", found);
	else
		json_put(object, "path", json_null());
	json_put(object, "caller_ns", json_integer(d->caller_ns));
	json_put(object, "owner_ns", d->owner_ns ?
		 json_integer(d->owner_ns) : json_null());
	put_caps(object, &d->caps);
	put_rootid(object, "rootid_disk", d->rootid_disk);
	put_rootid(object, "rootid", d->rootid);
	json_put(object, "errno", json_integer(d->err));
	json_put(object, "reason", name ? json_string(name) :
		 json_integer(d->reason));
	if (d->value)
		put_value(object, d);
	if (d->creds) {
		put_set(object, "new_permitted", d->new_permitted);
		put_set(object, "new_effective", d->new_effective);
	}
	json_end(object);
}

static void say_rootid(const struct decision *d)
{
	if (d->rootid_disk < 0 && d->rootid < 0)
		return;
	if (d->rootid == d->rootid_disk) {
		printf(" rootid %lld", d->rootid);
		return;
	}
	fputs(" rootid ", stdout);
	if (d->rootid < 0)
		fputs("none here", stdout);
	else
		printf("%lld", d->rootid);
	if (d->rootid_disk >= 0)
		printf(" (%lld on disk)", d->rootid_disk);
}

static void say_text(const struct watch *w, const struct decision *d)
{
	const char *name = name_of(d->reason);
	char path[PATH_MAX];
	const char *found = path_of(w, d, path, sizeof(path));
	char *text;

	printf("%-6s pid %d ", d->call, d->pid);
	if (found)
		fputs(quoted(found), stdout);
	else
		printf("dev %u:%u ino %llu", d->major, d->minor, d->ino);
	if (d->caps.revision) {
		text = fcaps_text(&d->caps);
		printf(" %s", text && *text ? text : "=");
		free(text);
	}
	say_rootid(d);
	if (name)
		printf(": %s", name);
	else
		printf(": reason %d", d->reason);
	if (name && d->reason != REASON_HONOURED)
		printf(", %s", reason_meaning(d->reason));
	if (d->err)
		printf(" (%s)", strerror(d->err));
	putchar('\n');
}

/* is_over - asked to end, or nobody reads any more? */
static bool is_over(const struct watch *w)
{
	return stop || (w->count && w->said == w->count) || ferror(stdout);
}

/* on_decision - tell it; not 0 ends the reading */
static int on_decision(const struct decision *d, void *context)
{
	struct watch *w = context;

	if (d->missed) {
		complain("some decisions were missed: there were too many at once");
		w->status = NSCAP_ERRORS;
	}
	if (is_over(w))
		return 1;
	if (!is_wanted(w, d))
		return 0;
	w->said++;
	if (w->json)
		say_json(w, d);
	else
		say_text(w, d);
	/* whoever reads wants it now */
	if (fflush(stdout))
		w->write_err = errno;
	return is_over(w);
}

/* --- the instance --- */

static void end(struct watch *w)
{
	char left[PATH_MAX];

	if (!trace_end(&w->trace, left, sizeof(left)))
		return;
	complain("cannot remove %s: %s", left, strerror(errno));
	w->status = NSCAP_ERRORS;
}

/* begin - an nscap_exit: NSCAP_OK when there is something to be watched */
static int begin(struct watch *w)
{
	switch (trace_begin(&w->trace, NULL)) {
	case TRACE_OK:
		return NSCAP_OK;
	case TRACE_DENIED:
		complain("the kernel's tracing is for root: %s", strerror(errno));
		return NSCAP_ERRORS;
	case TRACE_NONE:
		complain("this kernel has no tracefs; it needs nscaps, and CONFIG_FTRACE=y");
		return NSCAP_KERNEL;
	case TRACE_NOT_OURS:
		complain("this kernel does not tell what it decides; that needs a kernel with nscaps");
		return NSCAP_KERNEL;
	case TRACE_ERRNO:
		break;
	}
	complain("cannot trace: %s", strerror(errno));
	return NSCAP_ERRORS;
}

static void look(struct watch *w)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	while (!is_over(w)) {
		if (trace_read(&w->trace, on_decision, w) && !stop) {
			complain("cannot read the trace: %s", strerror(errno));
			w->status = NSCAP_ERRORS;
			return;
		}
		if (!is_over(w))
			nanosleep(&pause, NULL);
	}
}

static int find_file(struct watch *w)
{
	struct mount mount;
	struct stat st;
	int fd, err;

	fd = open(w->file, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		complain_of(w->file, "%s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return NSCAP_ERRORS;
	}
	err = mount_of(fd, 0, -1, &mount);
	close(fd);
	if (err) {
		complain_of(w->file, "%s", strerror(err));
		return NSCAP_ERRORS;
	}
	memcpy(w->file_dev, mount.dev, sizeof(w->file_dev));
	w->file_ino = st.st_ino;
	return NSCAP_OK;
}

/* --- the command line --- */

enum {
	OPT_FILE = 256,
	OPT_REFUSED,
};

static const struct argp_option options[] = {
	{ "file", OPT_FILE, "PATH", 0, "decisions about this file alone", 0 },
	{ "pid", 'p', "N", 0, "decisions about this process alone", 0 },
	{ "refused", OPT_REFUSED, NULL, 0,
	  "not those that something is honoured, shown or stored", 0 },
	{ "count", 'n', "N", 0, "end after so many", 0 },
	{ "json", 'j', NULL, 0, "an object for each decision", 0 },
	{}
};

static long read_number(struct argp_state *state, const char *option,
			const char *arg)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(arg, &end, 10);
	if (errno || end == arg || *end || n < 1 || n > INT_MAX)
		argp_error(state, "--%s %s: not a number from 1", option, arg);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch *w = state->input;

	switch (key) {
	case 'j':
		w->json = true;
		break;
	case OPT_FILE:
		w->file = arg;
		break;
	case 'p':
		w->pid = read_number(state, "pid", arg);
		break;
	case OPT_REFUSED:
		w->refused = true;
		break;
	case 'n':
		w->count = read_number(state, "count", arg);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no argument is taken", quoted(arg));
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "Tell what the kernel decides about file capabilities, as it does.\v"
	       "It ends at a signal.  That a program has no capabilities is told "
	       "with --file only.",
};

/**
 * cmd_watch - nscap watch
 * @argc: number of arguments
 * @argv: arguments; the first is the command's name
 *
 * Return: an exit status.
 */
int cmd_watch(int argc, char **argv)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };
	struct watch w = {};

	out_parse(&argp, argc, argv, &w);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (w.file && find_file(&w))
		return NSCAP_ERRORS;
	w.status = begin(&w);
	if (w.status == NSCAP_OK)
		look(&w);
	end(&w);
	/* for out_close(), which comes too late to see it */
	errno = w.write_err;
	return w.status;
}
