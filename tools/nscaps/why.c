// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap why: is a file's capability honoured, and if not, why.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gates.h"
#include "out.h"

struct options {
	int files;
	char *userns;
	pid_t pid;
	int cap;
	bool json;
};

enum { OPT_USERNS = 256 };

static const struct argp_option argp_options[] = {
	{ "pid", 'p', "PID", 0, "as process PID would; FILE is a path as PID sees it", 0 },
	{ "userns", OPT_USERNS, "PATH", 0, "as a user who enters it (/proc/PID/ns/user)", 0 },
	{ "cap", 'c', "NAME", 0, "ask about one capability", 0 },
	{ "json", 'j', NULL, 0, "write JSON", 0 },
	{}
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char *end;
	long n;

	switch (key) {
	case 'p':
		errno = 0;
		n = strtol(arg, &end, 10);
		if (errno || end == arg || *end || n <= 0 || n > 0x7fffffff)
			argp_error(state, "no pid: %s", quoted(arg));
		o->pid = n;
		break;
	case OPT_USERNS:
		o->userns = arg;
		break;
	case 'c':
		o->cap = cap_by_name(arg);
		if (o->cap < 0)
			argp_error(state, "no such capability: %s", quoted(arg));
		break;
	case 'j':
		o->json = true;
		break;
	case ARGP_KEY_ARG:
		/* the files are whatever is left */
		o->files = state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		if (!o->files)
			argp_error(state, "FILE is missing");
		if (o->pid && o->userns)
			argp_error(state, "--pid and --userns are not for each other");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	argp_options, parse, "FILE...",
	"Is the file capability of each FILE honoured in execve(2), and if not, why?\v"
	"All that stands in the way is asked, in the kernel's order; the first that refuses is the reason. Without --pid and --userns it is about what you would run yourself.\n\n"
	"Exit status: 0 honoured; 1 not honoured; 2 wrong usage; 3 it cannot be known.",
	NULL, NULL, NULL
};

/* What execve(2) would look at before any capability, or in the file's place */
static const char *remark(const struct question *q, int fd)
{
	char path[64], head[2] = "";
	FILE *f;

	if (!S_ISREG(q->stx.stx_mode))
		return "not a regular file: execve(2) fails with EACCES";
	if (!(q->stx.stx_mode & 0111))
		return "nobody may execute it";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (fread(head, 1, 2, f) != 2)
		head[0] = 0;
	fclose(f);
	return head[0] == '#' && head[1] == '!' ?
		"a script: the capabilities of its interpreter count, not its own" : NULL;
}

static json_t *json_caps(const struct fcaps *c)
{
	json_t *o = json_object();
	char *text = fcaps_text(c);

	json_put(o, "text", json_string(text ? text : ""));
	json_put(o, "permitted", json_sprintf("%016llx", (unsigned long long)c->permitted));
	json_put(o, "inheritable", json_sprintf("%016llx", (unsigned long long)c->inheritable));
	json_put(o, "effective", json_boolean(c->effective));
	json_put(o, "rootid", json_integer(c->rootid));
	free(text);
	return o;
}

static json_t *json_process(const struct options *o, const struct subject *s)
{
	json_t *p = json_object();

	json_put(p, "pid", s->pid ? json_integer(s->pid) : json_null());
	if (s->enters)
		json_put(p, "comm", json_null());
	else
		json_put_path(p, "comm", s->comm);
	if (s->lineage.n)
		json_put(p, "userns", json_integer(s->lineage.ns[0].ino));
	else
		json_put(p, "userns", json_null());
	if (o->userns)
		json_put_path(p, "enters", o->userns);
	return p;
}

static void say_json(const struct options *o, const char *path,
		     const struct question *q, const struct answers *a)
{
	const char *more = remark(q, q->fd);
	json_t *out = json_begin(), *list = json_array();

	json_put_path(out, "path", path);
	json_put(out, "process", json_process(o, q->subject));
	json_put(out, "value", q->here.err ? json_null() : json_caps(&q->here.caps));
	json_put(out, "honoured", json_string(verdict_name(a->honoured)));
	json_put(out, "reason", json_string(reason_name(a->reason)));
	json_put(out, "exec", json_string(reason_name(a->exec)));
	json_put(out, "creds", json_string(reason_name(a->creds)));
	for (size_t i = 0; i < gates_n; i++) {
		json_t *g;

		if (!a->asked[i])
			continue;
		g = json_object();
		json_put(g, "gate", json_string(gates[i].name));
		json_put(g, "reason", gates[i].reason ?
			 json_string(reason_name(gates[i].reason)) : json_null());
		json_put(g, "passes", json_string(verdict_name(a->findings[i].verdict)));
		json_put(g, "evidence", json_text(a->findings[i].how));
		json_array_append_new(list, g);
	}
	json_put(out, "gates", list);
	json_put(out, "remark", more ? json_string(more) : json_null());
	json_put(out, "remedy", a->honoured == YES ? json_null() :
		 json_string(reason_remedy(a->reason)));
	json_end(out);
}

static void say_subject(const struct subject *s)
{
	if (s->enters)
		printf("for who enters ");
	else if (s->pid)
		printf("for process %d (%s) in ", s->pid, quoted(s->comm));
	else
		printf("for you, in ");
	if (s->lineage.n)
		printf("user:[%lu]%s\n", (unsigned long)s->lineage.ns[0].ino,
		       s->lineage.ns[0].ino == USERNS_INIT_INO ? ", the initial one" : "");
	else
		printf("a user namespace that you may not look at\n");
}

static void say_value(const struct view *v)
{
	char *text;

	switch (v->err) {
	case 0:
		text = fcaps_text(&v->caps);
		printf("value: %s", text ? text : "?");
		if (v->caps.revision == 3)
			printf(" [rootid=%u]", v->caps.rootid);
		putchar('\n');
		free(text);
		break;
	case ENODATA:
	case EOPNOTSUPP:
		puts("value: none");
		break;
	case EOVERFLOW:
		puts("value: of a root that has no uid here");
		break;
	case EINVAL:
		puts("value: not shown by the kernel");
		break;
	default:
		printf("value: cannot be read: %s\n", strerror(v->err));
	}
}

static void say_text(const char *path, const struct question *q,
		     const struct answers *a)
{
	static const char *const answers[] = {
		"NOT honoured", "honoured", "cannot tell whether it is honoured",
	};
	const char *more = remark(q, q->fd);

	printf("%s: %s", quoted(path), answers[a->honoured]);
	if (a->honoured != YES)
		printf(": %s: %s", reason_name(a->reason),
		       a->honoured == NO ? reason_meaning(a->reason) :
					   "that gate is not known");
	putchar('\n');
	say_subject(q->subject);
	say_value(&q->here);
	for (size_t i = 0; i < gates_n; i++) {
		if (!a->asked[i])
			continue;
		printf("  %-7s  %-22s  %s\n", verdict_name(a->findings[i].verdict),
		       gates[i].name, a->findings[i].how);
	}
	if (more)
		printf("note: %s\n", more);
	if (a->creds == REASON_SETUID_MIX)
		printf("note: %s\n", reason_meaning(REASON_SETUID_MIX));
	if (a->honoured != YES)
		printf("what to do: %s\n", reason_remedy(a->reason));
}

static int subject_of(const struct options *o, struct subject *s)
{
	int err;

	if (o->userns) {
		err = subject_userns(s, o->userns);
		if (err)
			complain_of(o->userns, "%s", err == EINVAL ?
				    "not a user namespace" : strerror(err));
		return err;
	}
	err = o->pid ? subject_pid(s, o->pid) : subject_self(s);
	if (err)
		complain("process %d: %s", o->pid, strerror(err));
	return err;
}

static int answer(const struct options *o, const struct subject *s,
		  struct places *places, const char *path, int fd, int dir)
{
	const struct place *place = places_get(places, fd, dir, s);
	struct question *q = calloc(1, sizeof(*q));
	int err = place && q ? question_ask(q, fd, s, place) : EIO;
	struct answers a = { .honoured = UNKNOWN };

	if (err) {
		complain_of(path, "%s", strerror(err));
	} else {
		q->cap = o->cap;
		gates_ask(q, false, &a);
		if (o->json)
			say_json(o, path, q, &a);
		else
			say_text(path, q, &a);
	}
	free(q);
	return a.honoured == YES ? NSCAP_OK : a.honoured == NO ? NSCAP_NO :
								 NSCAP_ERRORS;
}

static int answer_all(const struct options *o, const struct subject *s,
		      char **files)
{
	struct places places = {};
	int status = NSCAP_OK;

	for (; *files; files++) {
		int dir, fd = subject_open(s, *files, &dir);

		if (fd < 0) {
			complain_of(*files, "%s", strerror(errno));
			status = worse(status, NSCAP_ERRORS);
			continue;
		}
		status = worse(status, answer(o, s, &places, *files, fd, dir));
		close(fd);
		if (dir >= 0)
			close(dir);
	}
	places_free(&places);
	return status;
}

int cmd_why(int argc, char **argv)
{
	struct options o = { .cap = -1 };
	struct subject s = {};
	int status;

	out_parse(&argp, argc, argv, &o);
	if (subject_of(&o, &s))
		return NSCAP_ERRORS;
	status = answer_all(&o, &s, argv + o.files);
	subject_close(&s);
	return status;
}
