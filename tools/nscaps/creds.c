// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gates of the second step, in which execve(2) makes the credentials: what
 * of the file's capabilities the process may have.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <linux/nsfs.h>
#include <linux/securebits.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gates.h"

/* The capabilities that this kernel knows */
static uint64_t known_caps(void)
{
	static uint64_t known;
	unsigned int last = 40;
	FILE *f;

	if (known)
		return known;
	f = fopen("/proc/sys/kernel/cap_last_cap", "re");
	if (f) {
		if (fscanf(f, "%u", &last) != 1 || last > 63)
			last = 40;
		fclose(f);
	}
	known = UINT64_MAX >> (63 - last);
	return known;
}

/* The value that counts in the process's namespace, in whatever view it shows */
static const struct fcaps *value_of(const struct question *q)
{
	if (!q->here.err)
		return &q->here.caps;
	for (int i = 0; i < q->subject->lineage.n; i++) {
		if (q->views[i].entered && !q->views[i].err)
			return &q->views[i].caps;
	}
	return NULL;
}

static uint64_t file_permitted(const struct question *q)
{
	const struct fcaps *c = value_of(q);

	return c ? c->permitted & known_caps() : 0;
}

/* pP' = (X & fP) | (pI & fI) */
static uint64_t from_file(const struct question *q)
{
	const struct fcaps *c = value_of(q);

	if (!c)
		return 0;
	return (q->subject->bounding & file_permitted(q)) |
	       (q->subject->inheritable & c->inheritable & known_caps());
}

static bool noroot(const struct subject *s)
{
	return s->securebits >= 0 && s->securebits & SECBIT_NOROOT;
}

/* The effective uid after set-user-ID, which no_new_privs holds up */
static uint32_t new_euid(const struct question *q)
{
	const struct subject *s = q->subject;

	return q->stx.stx_mode & S_ISUID && !s->no_new_privs ? q->stx.stx_uid :
							       s->euid;
}

/* Set-user-ID to root, by one who is not root */
static bool mixed(const struct question *q)
{
	uint32_t root;

	return !noroot(q->subject) && subject_root(q->subject, &root) &&
	       new_euid(q) == root && q->subject->uid != root;
}

/* What the process would gain, were it not held up */
static uint64_t gained(const struct question *q)
{
	const struct subject *s = q->subject;
	uint64_t all = from_file(q);
	uint32_t root;

	if (!noroot(s) && !mixed(q) && subject_root(s, &root) &&
	    (new_euid(q) == root || s->uid == root))
		all = s->bounding | s->inheritable;
	return all & ~s->permitted;
}

/**
 * gate_bounding - are the file's capabilities in the bounding set?
 * @q: the question
 * @f: where the answer goes
 */
void gate_bounding(const struct question *q, struct finding *f)
{
	const struct fcaps *c = value_of(q);
	uint64_t outside = file_permitted(q) & ~from_file(q);
	char *names;

	if (!c) {
		find(f, UNKNOWN, "the value cannot be seen");
		return;
	}
	/* with the effective flag one that lacks makes the execve(2) fail */
	if (q->cap >= 0 && !c->effective)
		outside &= 1ULL << q->cap;
	if (!outside) {
		find(f, YES, "the bounding set has all that the file grants");
		return;
	}
	names = cap_names(outside);
	find(f, NO, "the bounding set is without %.100s%s", names ? names : "some",
	     c->effective ? ", so execve(2) fails with EPERM" : "");
	free(names);
}

/**
 * gate_no_new_privs - may the process gain anything at all?
 * @q: the question
 * @f: where the answer goes
 */
void gate_no_new_privs(const struct question *q, struct finding *f)
{
	if (!q->subject->no_new_privs)
		find(f, YES, "NoNewPrivs is 0 in /proc/PID/status");
	else if (!gained(q))
		find(f, YES, "NoNewPrivs is set, but nothing is gained");
	else
		find(f, NO, "NoNewPrivs is set in /proc/PID/status");
}

/* Has the tracer CAP_SYS_PTRACE over the process's user namespace? */
static enum verdict tracer_capable(const struct subject *s)
{
	uint64_t effective;
	uint32_t euid, owner;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", s->tracer);
	if (stat(path, &st))
		return UNKNOWN;
	effective = effective_of(s->tracer, &euid);
	for (int i = 0; i < s->lineage.n; i++) {
		if (s->lineage.ns[i].ino != st.st_ino)
			continue;
		if (effective >> CAP_SYS_PTRACE & 1)
			return YES;
		/* who made a namespace has all capabilities over it */
		if (i && !ioctl(s->lineage.ns[i - 1].fd, NS_GET_OWNER_UID, &owner) &&
		    owner == euid)
			return YES;
		return NO;
	}
	return s->lineage.complete ? NO : UNKNOWN;
}

/**
 * gate_ptrace - may the process's tracer have what the process gains?
 * @q: the question
 * @f: where the answer goes
 */
void gate_ptrace(const struct question *q, struct finding *f)
{
	const struct subject *s = q->subject;
	enum verdict v;

	if (!s->tracer) {
		find(f, YES, "TracerPid is 0 in /proc/PID/status");
		return;
	}
	v = gained(q) ? tracer_capable(s) : YES;
	find(f, v, "process %d traces it%s", s->tracer,
	     v == NO ? ", without CAP_SYS_PTRACE over it" :
	     v == YES ? "; that is no obstacle" : ", and cannot be looked at");
}

/* Does another process share root and working directory with this one? */
static pid_t shares_fs(pid_t pid, unsigned int *unseen, bool *works)
{
	struct dirent *e;
	pid_t found = 0;
	DIR *proc = opendir("/proc");

	*works = proc;
	while (proc && *works && !found && (e = readdir(proc))) {
		pid_t other = isdigit((unsigned char)*e->d_name) ? atoi(e->d_name) : 0;
		long r;

		if (!other || other == pid)
			continue;
		r = syscall(SYS_kcmp, pid, other, KCMP_FS, 0, 0);
		if (!r)
			found = other;
		else if (r < 0 && errno == ENOSYS)
			*works = false;
		else if (r < 0 && errno != ESRCH)
			(*unseen)++;
	}
	if (proc)
		closedir(proc);
	return found;
}

/**
 * gate_shared - does another process share the working directory?
 * @q: the question
 * @f: where the answer goes
 */
void gate_shared(const struct question *q, struct finding *f)
{
	const pid_t pid = q->subject->pid ? q->subject->pid : getpid();
	unsigned int unseen = 0;
	pid_t other;
	bool works;

	if (!gained(q)) {
		find(f, YES, "nothing is gained");
		return;
	}
	other = shares_fs(pid, &unseen, &works);
	if (other)
		find(f, NO, "kcmp(2) finds that process %d does", other);
	else if (!works)
		find(f, UNKNOWN, "this kernel has no kcmp(2)");
	else if (unseen)
		find(f, UNKNOWN, "%u processes cannot be compared with it", unseen);
	else
		find(f, YES, "kcmp(2) finds no process that does");
}

/**
 * gate_setuid - is the file set-user-ID to root as well?
 * @q: the question
 * @f: where the answer goes
 */
void gate_setuid(const struct question *q, struct finding *f)
{
	if (mixed(q))
		find(f, NO, "it runs as root by set-user-ID, but with its own capabilities alone");
	else
		find(f, YES, "set-user-ID to root is not in play");
}

/**
 * gate_securebits - for information: what root is worth
 * @q: the question
 * @f: where the answer goes
 */
void gate_securebits(const struct question *q, struct finding *f)
{
	const int bits = q->subject->securebits;

	if (bits < 0)
		find(f, UNKNOWN, "the securebits of another process are not shown");
	else
		find(f, YES, "securebits are %#x; they do not touch what a file grants%s",
		     bits, noroot(q->subject) ?
		     ", and root has nothing beside it" : "");
}
