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

/* no_new_privs holds set-user-ID up, and so does an id that is not mapped */
static bool changes_uid(const struct question *q)
{
	const struct subject *s = q->subject;

	return q->stx.stx_mode & S_ISUID && !s->no_new_privs &&
	       subject_maps(s, "uid_map", q->stx.stx_uid) &&
	       subject_maps(s, "gid_map", q->stx.stx_gid);
}

static uint32_t new_euid(const struct question *q)
{
	return changes_uid(q) ? q->stx.stx_uid : q->subject->euid;
}

/* Root by set-user-ID, or by an effective uid from before, and not really */
static bool mixed(const struct question *q)
{
	uint32_t root;

	return !noroot(q->subject) && subject_root(q->subject, &root) &&
	       new_euid(q) == root && q->subject->uid != root;
}

/* Does root get all capabilities, were it not for the securebits? */
static bool is_root(const struct question *q)
{
	const struct subject *s = q->subject;
	uint32_t root;

	return !mixed(q) && subject_root(s, &root) &&
	       (new_euid(q) == root || s->uid == root);
}

/* Would the process gain anything, were it not held up? */
static enum verdict gains(const struct question *q)
{
	const struct subject *s = q->subject;
	const bool by_file = from_file(q) & ~s->permitted;
	const bool by_root = (s->bounding | s->inheritable) & ~s->permitted;

	if (noroot(s) || !is_root(q) || by_file == by_root)
		return by_file ? YES : NO;
	if (s->securebits < 0)
		return UNKNOWN;
	return by_root ? YES : NO;
}

#define GAINS_UNKNOWN "whether anything is gained cannot be known, as the securebits of another process are not shown"

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
	if (!q->subject->no_new_privs) {
		find(f, YES, "NoNewPrivs is 0 in /proc/PID/status");
		return;
	}
	switch (gains(q)) {
	case YES:
		find(f, NO, "NoNewPrivs is set in /proc/PID/status");
		break;
	case NO:
		find(f, YES, "NoNewPrivs is set, but nothing is gained");
		break;
	case UNKNOWN:
		find(f, UNKNOWN, "NoNewPrivs is set; " GAINS_UNKNOWN);
	}
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
	enum verdict v = gains(q);

	if (!s->tracer) {
		find(f, YES, "TracerPid is 0 in /proc/PID/status");
	} else if (v == NO) {
		find(f, YES, "process %d traces it, but nothing is gained", s->tracer);
	} else if (v == UNKNOWN) {
		find(f, UNKNOWN, "process %d traces it; " GAINS_UNKNOWN, s->tracer);
	} else {
		v = tracer_capable(s);
		find(f, v == NO ? NO : UNKNOWN, "process %d traces it%s", s->tracer,
		     v == NO ? ", without CAP_SYS_PTRACE over it" :
		     v == UNKNOWN ? ", and cannot be looked at" :
		     "; it has CAP_SYS_PTRACE over it now, but whether it began with that is not shown");
	}
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

	if (gains(q) == NO) {
		find(f, YES, "nothing is gained");
		return;
	}
	other = shares_fs(pid, &unseen, &works);
	if (other && gains(q) == UNKNOWN) {
		find(f, UNKNOWN, "kcmp(2) finds that process %d does; " GAINS_UNKNOWN,
		     other);
		return;
	}
	/* who may not see all processes is told so, and no more */
	f->soft = true;
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
		find(f, NO, "it runs as root by set-user-ID, but with its own capabilities alone%s",
		     q->subject->securebits < 0 ?
		     "; that is so with securebits of 0, which are not shown" : "");
	else if (q->stx.stx_mode & S_ISUID && !q->subject->no_new_privs &&
		 !changes_uid(q))
		find(f, YES, "set-user-ID does not count, as the file's uid or gid has no mapping in the process's user namespace");
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

	f->soft = true;
	if (bits < 0)
		find(f, UNKNOWN, "the securebits of another process are not shown");
	else
		find(f, YES, "securebits are %#x; they do not touch what a file grants%s",
		     bits, noroot(q->subject) ?
		     ", and root has nothing beside it" : "");
}
