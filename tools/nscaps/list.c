// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap list: the file capabilities in a tree, and whose they are.
 *
 * One thread walks: two system calls for a file without capabilities cost
 * little more than find(1) takes.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "gates.h"
#include "out.h"

/**
 * struct walk - a walk through trees
 * @subject: for whom it is asked what is honoured
 * @places: the mounts that were met
 * @seen: files looked at
 * @found: files with capabilities
 * @status: how it has gone so far
 * @json: write JSON
 * @xdev: stay on one filesystem
 * @progress: tell a terminal
 * @told: when it was told last
 * @paths: the first path's place in argv
 */
struct walk {
	struct subject subject;
	struct places places;
	unsigned long long seen, found;
	int status;
	bool json, xdev, progress;
	struct timespec told;
	int paths;
};

static const struct argp_option argp_options[] = {
	{ "one-file-system", 'x', NULL, 0, "do not enter other filesystems", 0 },
	{ "json", 'j', NULL, 0, "write JSON, one object for each file", 0 },
	{}
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct walk *w = state->input;

	(void)arg;
	switch (key) {
	case 'x':
		w->xdev = true;
		break;
	case 'j':
		w->json = true;
		break;
	case ARGP_KEY_ARG:
		w->paths = state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		if (!w->paths)
			argp_error(state, "PATH is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	argp_options, parse, "PATH...",
	"List the files with capabilities below each PATH: what they are, which root they belong to, where that root is, and whether they are honoured here.\v"
	"Exit status: 0 all was looked at; 2 wrong usage; 3 something could not be looked at. The rest is listed all the same.",
	NULL, NULL, NULL
};

static void progress(struct walk *w, bool end)
{
	struct timespec now;

	if (!w->progress)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!end && (now.tv_sec - w->told.tv_sec) * 10 +
		    (now.tv_nsec - w->told.tv_nsec) / 100000000 < 2)
		return;
	w->told = now;
	if (end)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r%llu files, %llu with capabilities\033[K",
			w->seen, w->found);
}

static void failed(struct walk *w, const char *path, int err)
{
	progress(w, true);
	complain_of(path, "%s", strerror(err));
	w->status = worse(w->status, NSCAP_ERRORS);
}

/* The rootid on disk, where what is seen here is what is stored */
static bool rootid_on_disk(const struct question *q, uint32_t *rootid)
{
	const struct place *p = q->place;

	if (q->here.err || p->mount.idmapped != NO || !userns_is_init() ||
	    p->fs_ino != USERNS_INIT_INO)
		return false;
	*rootid = q->here.caps.rootid;
	return true;
}

/* Form 2 is shown for one's own root, and for any root further up */
static const struct owner *owner_for(const struct question *q)
{
	if (q->here.err)
		return NULL;
	return q->here.caps.revision == 3 ? owner_of(q->here.caps.rootid) :
					    owner_of_ns(userns_own());
}

static void say_json(const char *path, const struct question *q,
		     const struct answers *a)
{
	const struct owner *o = owner_for(q);
	json_t *out = json_begin(), *ns;
	uint32_t rootid;
	char *text;

	json_put_path(out, "path", path);
	json_put(out, "foreign", json_boolean(q->here.err == EOVERFLOW));
	text = q->here.err ? NULL : fcaps_text(&q->here.caps);
	json_put(out, "caps", text ? json_string(text) : json_null());
	free(text);
	json_put(out, "rootid", q->here.err ? json_null() :
		 json_integer(q->here.caps.rootid));
	json_put(out, "rootid_disk", rootid_on_disk(q, &rootid) ?
		 json_integer(rootid) : json_null());
	if (o) {
		ns = json_object();
		json_put(ns, "userns", json_integer(o->ino));
		json_put(ns, "pid", json_integer(o->pid));
		json_put_path(ns, "comm", o->comm);
		json_put(ns, "container", *o->container ?
			 json_string(o->container) : json_null());
		json_put(out, "namespace", ns);
	} else {
		json_put(out, "namespace", json_null());
	}
	json_put(out, "honoured", json_string(verdict_name(a->honoured)));
	json_put(out, "reason", json_string(reason_name(a->reason)));
	json_end(out);
}

static void say_owner(const struct owner *o)
{
	if (o->ino == USERNS_INIT_INO)
		printf("  initial namespace");
	else if (o->ino == userns_own())
		printf("  this namespace");
	else if (*o->container)
		printf("  user:[%lu] (container %s)", (unsigned long)o->ino,
		       o->container);
	else
		printf("  user:[%lu] (%s, pid %d)", (unsigned long)o->ino,
		       quoted(o->comm), o->pid);
}

static void say_text(const char *path, const struct question *q,
		     const struct answers *a)
{
	const struct owner *o = owner_for(q);
	uint32_t rootid;
	char *text;

	if (q->here.err) {
		printf("%s ? [%s]", quoted(path),
		       q->here.err == EOVERFLOW ? "foreign" : "unreadable");
	} else {
		text = fcaps_text(&q->here.caps);
		printf("%s %s", quoted(path), text ? text : "?");
		free(text);
		if (q->here.caps.revision == 3)
			printf(" [rootid=%u]", q->here.caps.rootid);
		if (!rootid_on_disk(q, &rootid))
			printf(" [on disk: unknown]");
		else if (rootid != q->here.caps.rootid)
			printf(" [on disk: %u]", rootid);
	}
	if (o)
		say_owner(o);
	else if (!q->here.err)
		printf("  no running namespace");
	if (a->honoured == YES)
		puts("  honoured");
	else
		printf("  %s: %s\n", a->honoured == NO ? "not honoured" : "unknown",
		       reason_name(a->reason));
}

static void say_file(struct walk *w, const char *path, int fd)
{
	struct question *q = malloc(sizeof(*q));
	const struct place *place = places_get(&w->places, fd, -1, &w->subject);
	struct answers a;
	int err = q && place ? question_ask(q, fd, &w->subject, place) : EIO;

	if (err) {
		failed(w, path, err);
	} else if (q->here.err != ENODATA) {
		/* ENODATA: taken away meanwhile */
		gates_ask(q, true, &a);
		progress(w, true);
		w->found++;
		if (w->json)
			say_json(path, q, &a);
		else
			say_text(path, q, &a);
	}
	free(q);
}

static void look_at(struct walk *w, const FTSENT *e)
{
	/* a link is followed only where it was named */
	const bool named = e->fts_level == FTS_ROOTLEVEL;
	char value[64];
	ssize_t n;
	int fd;

	w->seen++;
	progress(w, false);
	n = named ? getxattr(e->fts_accpath, CAPS_XATTR, value, sizeof(value)) :
		    lgetxattr(e->fts_accpath, CAPS_XATTR, value, sizeof(value));
	if (n < 0) {
		switch (errno) {
		case ENODATA:
		case EOPNOTSUPP:
		case ENOENT:
			return;
		case EOVERFLOW:
		case EINVAL:
		case ERANGE:
			break;
		default:
			failed(w, e->fts_path, errno);
			return;
		}
	}
	fd = open(e->fts_accpath, O_PATH | O_CLOEXEC | (named ? 0 : O_NOFOLLOW));
	if (fd >= 0) {
		say_file(w, e->fts_path, fd);
		close(fd);
	} else if (errno != ENOENT) {
		failed(w, e->fts_path, errno);
	}
}

static void look_at_entry(struct walk *w, const FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_F:
		look_at(w, e);
		break;
	case FTS_DEFAULT:
		/* met on the way, it is just not what is looked for */
		if (e->fts_level == FTS_ROOTLEVEL) {
			progress(w, true);
			complain_of(e->fts_path, "neither a regular file nor a directory");
			w->status = worse(w->status, NSCAP_ERRORS);
		}
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		/* what goes away during the walk is not there to be listed */
		if (e->fts_errno != ENOENT || e->fts_level == FTS_ROOTLEVEL)
			failed(w, e->fts_path, e->fts_errno);
		break;
	}
}

static void walk_all(struct walk *w, char **paths)
{
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW |
			    (w->xdev ? FTS_XDEV : 0), NULL);
	FTSENT *e;

	if (!fts) {
		failed(w, paths[0], errno);
		return;
	}
	while (errno = 0, (e = fts_read(fts)))
		look_at_entry(w, e);
	if (errno)
		failed(w, paths[0], errno);
	fts_close(fts);
}

int cmd_list(int argc, char **argv)
{
	struct walk w = { .status = NSCAP_OK };
	int err;

	out_parse(&argp, argc, argv, &w);
	w.progress = isatty(STDERR_FILENO);
	err = subject_self(&w.subject);
	if (err)
		complain("/proc/self/status: %s", strerror(err));
	walk_all(&w, argv + w.paths);
	progress(&w, true);
	places_free(&w.places);
	subject_close(&w.subject);
	return err ? NSCAP_ERRORS : w.status;
}
