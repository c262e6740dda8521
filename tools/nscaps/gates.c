// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gates that a file's capabilities pass in execve(2), in the kernel's
 * order.  What a value is and whose, the kernel itself is asked: getxattr(2)
 * in the process's user namespace, and in each one above it.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gates.h"
#include "out.h"

/**
 * find - what a gate says
 * @f: where it goes
 * @v: the verdict
 * @fmt: the evidence, as for printf(3)
 */
void find(struct finding *f, enum verdict v, const char *fmt, ...)
{
	va_list args;

	f->verdict = v;
	va_start(args, fmt);
	vsnprintf(f->how, sizeof(f->how), fmt, args);
	va_end(args);
}

static void gate_enabled(const struct question *q, struct finding *f)
{
	FILE *cmdline = fopen("/proc/cmdline", "re");
	bool off = false;
	char word[256];

	(void)q;
	if (!cmdline) {
		find(f, UNKNOWN, "/proc/cmdline cannot be read");
		return;
	}
	while (fscanf(cmdline, "%255s", word) == 1)
		off = off || !strcmp(word, "no_file_caps");
	fclose(cmdline);
	find(f, off ? NO : YES, "no_file_caps is %son the kernel's command line",
	     off ? "" : "not ");
}

static void gate_nosuid(const struct question *q, struct finding *f)
{
	const struct mount *m = &q->place->mount;

	find(f, m->nosuid == UNKNOWN ? UNKNOWN : m->nosuid == YES ? NO : YES,
	     "statvfs(2) says that the mount%s%.150s is %snosuid",
	     *m->point ? " at " : "", quoted(m->point),
	     m->nosuid == YES ? "" : m->nosuid == NO ? "not " : "perhaps ");
}

static void gate_mount_namespace(const struct question *q, struct finding *f)
{
	const struct mount *m = &q->place->mount;

	find(f, m->member, "%s", m->member_how);
}

static void gate_fs_namespace(const struct question *q, struct finding *f)
{
	find(f, q->place->fs, "%s", q->place->fs_how);
}

/* What getxattr(2) in one namespace says is the same in all but for the root */
static int error_of(const struct question *q)
{
	return q->here.err == EOVERFLOW ? 0 : q->here.err;
}

static void gate_read(const struct question *q, struct finding *f)
{
	const int err = error_of(q);

	switch (err) {
	case 0:
	case ENODATA:
	case EOPNOTSUPP:
	case EINVAL:
		find(f, YES, "getxattr(2) reads it");
		break;
	case EACCES:
	case EPERM:
	case ENOENT:
		find(f, UNKNOWN, "getxattr(2): %s", strerror(err));
		break;
	default:
		find(f, NO, "getxattr(2): %s", strerror(err));
	}
}

static void gate_value(const struct question *q, struct finding *f)
{
	switch (error_of(q)) {
	case ENODATA:
		find(f, NO, "getxattr(2): there is no security.capability");
		break;
	case EOPNOTSUPP:
		find(f, NO, "getxattr(2): the filesystem has no such attributes");
		break;
	case EINVAL:
	case 0:
		find(f, YES, "there is a security.capability");
		break;
	default:
		find(f, UNKNOWN, "the value could not be read");
	}
}

static void gate_form(const struct question *q, struct finding *f)
{
	switch (error_of(q)) {
	case EINVAL:
		if (q->here.told == REASON_MALFORMED)
			find(f, NO, "the tracepoint nscaps_get says that it is malformed");
		else
			find(f, UNKNOWN, "getxattr(2): Invalid argument; it is malformed, or of form 1, which is not written any more, but would count; root of a kernel with nscaps can tell");
		break;
	case 0:
		if (q->here.told == REASON_OLD_FORM)
			find(f, YES, "the tracepoint nscaps_get says that it is of form 1, which getxattr(2) does not show");
		else
			find(f, YES, "it is well formed");
		break;
	default:
		find(f, UNKNOWN, "there is no value to look at");
	}
}

static bool known(const struct question *q)
{
	return !error_of(q);
}

/* What shows the value; what is told of form 1 is put as if it were of another */
static const char *source(const struct question *q)
{
	return q->here.told == REASON_OLD_FORM ?
		"the tracepoint nscaps_get, for form 1," : "getxattr(2)";
}

/* Is there a root to speak of, at this mount? */
static void gate_root(const struct question *q, struct finding *f)
{
	const struct lineage *l = &q->subject->lineage;
	bool init = userns_is_init();

	if (!known(q)) {
		find(f, UNKNOWN, "there is no value to look at");
		return;
	}
	if (!q->here.err) {
		find(f, YES, "%s shows the root here, as uid %u", source(q),
		     q->here.caps.rootid);
		return;
	}
	for (int i = 0; i < l->n; i++) {
		if (q->views[i].entered && !q->views[i].err) {
			find(f, YES, "%s shows the root in user:[%lu]", source(q),
			     (unsigned long)l->ns[i].ino);
			return;
		}
		init = init || (q->views[i].entered && l->ns[i].ino == USERNS_INIT_INO);
	}
	if (init)
		find(f, NO, "getxattr(2) in the initial user namespace: EOVERFLOW");
	else
		find(f, UNKNOWN, "getxattr(2): EOVERFLOW; only the initial user namespace could tell more");
}

/* Form 3 here, and namespaces above that cannot be asked */
static void owner_above(const struct question *q, struct finding *f)
{
	const uint32_t uid = q->here.caps.rootid;
	uint32_t parent, root;

	if (map_to_parent(uid, &parent) && !parent)
		find(f, YES, "the root is uid %u here, and that is root in the parent namespace",
		     uid);
	else if (subject_root(q->subject, &root) && root == uid)
		find(f, YES, "the root is uid %u here, and that is root in the process's namespace",
		     uid);
	else
		find(f, UNKNOWN, "the root is uid %u here, and is not the process's; whether it is root further up cannot be seen from here",
		     uid);
}

static void gate_owner(const struct question *q, struct finding *f)
{
	const struct lineage *l = &q->subject->lineage;
	const struct view *v;

	if (!known(q)) {
		find(f, UNKNOWN, "there is no value to look at");
		return;
	}
	for (int i = 0; i < l->n; i++) {
		v = &q->views[i];
		if (!v->entered)
			continue;
		if (v->err == EOVERFLOW) {
			find(f, NO, "getxattr(2) in user:[%lu]: EOVERFLOW",
			     (unsigned long)l->ns[i].ino);
			return;
		}
		if (!v->err && v->caps.revision == 2) {
			find(f, YES, "%s in user:[%lu] shows form 2: the root is uid 0 there, or further up",
			     source(q), (unsigned long)l->ns[i].ino);
			return;
		}
	}
	if (q->here.err == EOVERFLOW)
		find(f, NO, "getxattr(2): EOVERFLOW");
	else if (q->here.caps.revision == 2)
		find(f, YES, "%s shows form 2: the root is uid 0 here, or further up",
		     source(q));
	else if (l->complete && q->views[0].entered)
		find(f, NO, "%s shows form 3 in user:[%lu] and in all above it: the root is uid 0 in none",
		     source(q), (unsigned long)l->ns[0].ino);
	else
		owner_above(q, f);
}

/* The gate that is not the kernel's: what was asked about */
static void gate_capability(const struct question *q, struct finding *f)
{
	const struct fcaps *c = &q->here.caps;

	for (int i = 0; q->here.err && i < q->subject->lineage.n; i++) {
		if (q->views[i].entered && !q->views[i].err)
			c = &q->views[i].caps;
	}
	if (c == &q->here.caps && q->here.err)
		find(f, UNKNOWN, "the value cannot be seen");
	else if (c->permitted >> q->cap & 1)
		find(f, YES, "the file grants it%s",
		     c->effective ? "" : ", but not as effective: the program has to raise it");
	else if (c->inheritable & q->subject->inheritable & (1ULL << q->cap))
		find(f, YES, "the file lets through what the process has as inheritable");
	else
		find(f, NO, "the file does not grant it");
}

const struct gate gates[] = {
	{ "enabled", REASON_DISABLED, .look = gate_enabled },
	{ "nosuid", REASON_MNT_NOSUID, .look = gate_nosuid },
	{ "mount namespace", REASON_MNT_FOREIGN, .look = gate_mount_namespace },
	{ "filesystem's namespace", REASON_FS_FOREIGN, .look = gate_fs_namespace },
	{ "readable", REASON_FS_ERROR, .look = gate_read },
	{ "value", REASON_NO_VALUE, .look = gate_value },
	{ "form", REASON_MALFORMED, .look = gate_form },
	{ "rootid", REASON_ROOT_UNMAPPED, .look = gate_root },
	{ "ownership", REASON_ROOT_NOT_OWNER, .look = gate_owner },
	{ "capability", REASON_NO_VALUE, .look = gate_capability },
	{ "bounding set", REASON_OUTSIDE_BOUNDING, true, gate_bounding },
	{ "no_new_privs", REASON_NO_NEW_PRIVS, true, gate_no_new_privs },
	{ "shared directory", REASON_FS_SHARED, true, gate_shared },
	{ "ptrace", REASON_PTRACED, true, gate_ptrace },
	{ "set-user-ID", REASON_SETUID_MIX, true, gate_setuid },
	{ "securebits", REASON_HONOURED, true, gate_securebits },
};

const size_t gates_n = ARRAY_LEN(gates);

static_assert(ARRAY_LEN(gates) <= GATES_MAX, "there is room for all findings");

static bool gate_counts(const struct question *q, const struct gate *g,
			bool exec_only)
{
	if (g->look == gate_capability)
		return q->cap >= 0;
	return !(exec_only && g->credentials);
}

/**
 * gates_ask - ask all gates
 * @q: the question
 * @exec_only: leave out those that look at the process's credentials
 * @a: where the answers go
 *
 * The first gate that is known to refuse gives the reason, also when one
 * before it is unknown: the answer is no in any case.  Where none refuses, an
 * unknown one leaves the answer unknown.
 */
void gates_ask(const struct question *q, bool exec_only, struct answers *a)
{
	int unknown = -1;

	*a = (struct answers) { .honoured = YES };
	for (size_t i = 0; i < gates_n; i++) {
		const struct gate *g = &gates[i];
		struct finding *f = &a->findings[i];
		enum reason *step = g->credentials ? &a->creds : &a->exec;

		a->asked[i] = gate_counts(q, g, exec_only);
		if (!a->asked[i])
			continue;
		g->look(q, f);
		if (f->verdict == UNKNOWN && !f->soft && unknown < 0)
			unknown = i;
		if (f->verdict != NO)
			continue;
		/* the kernel's step is passed, whatever was asked about */
		if (*step == REASON_HONOURED && g->look != gate_capability)
			*step = g->reason;
		/* this takes nothing from the file */
		if (g->reason == REASON_SETUID_MIX)
			continue;
		a->honoured = NO;
		if (a->reason == REASON_HONOURED)
			a->reason = g->reason;
	}
	/* without a value the credentials are not looked at */
	if (a->exec != REASON_HONOURED)
		a->creds = REASON_HONOURED;
	if (a->honoured == YES && unknown >= 0) {
		a->honoured = UNKNOWN;
		a->reason = gates[unknown].reason;
	}
	if (error_of(q) == EINVAL && q->here.told != REASON_MALFORMED &&
	    a->exec == REASON_HONOURED) {
		/* whatever comes after it, it is not known what is honoured */
		a->exec = REASON_MALFORMED;
		a->reason = REASON_MALFORMED;
		a->creds = REASON_HONOURED;
		a->honoured = UNKNOWN;
	}
}

static struct answer get_value(void *ctx)
{
	struct fcaps caps = {};
	struct answer a = { .err = fcaps_get(ctx, &caps), .ret = getpid() };

	static_assert(sizeof(caps) <= sizeof(a.bytes), "an answer holds a value");
	memcpy(a.bytes, &caps, sizeof(caps));
	return a;
}

static void view_from(const struct userns *ns, char *path, struct view *v)
{
	struct answer a = in_userns(ns, get_value, path);

	*v = (struct view) { .entered = a.run, .err = a.err, .pid = a.ret };
	memcpy(&v->caps, a.bytes, sizeof(v->caps));
}

/**
 * views_take - look at the value here, and from where the process is
 * @q: the question; its subject and file are known
 * @path: a path of the file
 */
void views_take(struct question *q, char *path)
{
	const struct lineage *l = &q->subject->lineage;

	q->here = (struct view) { .entered = true, .pid = getpid() };
	q->here.err = fcaps_get(path, &q->here.caps);
	for (int i = 0; i < l->n; i++) {
		if (i == l->own)
			q->views[i] = q->here;
		else
			view_from(&l->ns[i], path, &q->views[i]);
	}
}

/**
 * question_ask - put together what the gates need
 * @q: where it goes; its cap is -1
 * @fd: the file
 * @s: the process
 * @place: where the file is
 *
 * Return: 0, or an errno.
 */
int question_ask(struct question *q, int fd, const struct subject *s,
		 const struct place *place)
{
	char path[64];

	*q = (struct question) { .subject = s, .cap = -1, .fd = fd, .place = place };
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &q->stx))
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	views_take(q, path);
	if (q->here.err == EINVAL)
		form_of_unseen(q, path);
	return 0;
}
