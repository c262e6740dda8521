// SPDX-License-Identifier: GPL-2.0-only
/*
 * A value that getxattr(2) does not return: of form 1, which execve(2) honours,
 * or malformed, which makes it fail.  It is EINVAL in both cases.  The
 * tracepoint nscaps_get of a kernel with nscaps tells which, and what is in it;
 * who may look at that is told by nscap too.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "gates.h"
#include "trace.h"

/* What getxattr(2) would show there if the value were of form 2 */
static void take(struct view *v, const struct decision *d)
{
	v->told = d->reason;
	if (d->reason != REASON_OLD_FORM)
		return;
	v->caps = d->caps;
	v->err = 0;
	if (d->rootid > 0) {
		v->caps.revision = 3;
		v->caps.rootid = d->rootid;
	} else if (d->owner_ns) {
		v->caps.revision = 2;
		v->caps.rootid = 0;
	} else {
		v->err = EOVERFLOW;
	}
}

static int on_decision(const struct decision *d, void *ctx)
{
	struct question *q = ctx;
	const int n = q->subject->lineage.n;

	if (d->err != EINVAL ||
	    (d->reason != REASON_OLD_FORM && d->reason != REASON_MALFORMED))
		return 0;
	if (d->pid == q->here.pid)
		take(&q->here, d);
	for (int i = 0; i < n; i++) {
		if (q->views[i].entered && d->pid == q->views[i].pid)
			take(&q->views[i], d);
	}
	return 0;
}

/**
 * form_of_unseen - find out what a value is that is EINVAL to getxattr(2)
 * @q: the question; its views are taken, and taken again
 * @path: a path of the file
 *
 * Where the kernel does not tell, nothing changes.
 */
void form_of_unseen(struct question *q, char *path)
{
	struct trace t = {};
	sigset_t all, old;
	char left[512];

	/* it is not for this to mount anything */
	if (!trace_is_mounted())
		return;
	/* what is begun is to be ended */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	if (trace_begin(&t, "nscaps_get") == TRACE_OK) {
		views_take(q, path);
		trace_read(&t, on_decision, q);
	}
	trace_end(&t, left, sizeof(left));
	sigprocmask(SIG_SETMASK, &old, NULL);
}
