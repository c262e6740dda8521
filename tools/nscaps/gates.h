/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The gates that a file's capabilities pass in execve(2), in the kernel's
 * order.
 */
#ifndef NSCAP_GATES_H
#define NSCAP_GATES_H

#include <sys/stat.h>

#include "mount.h"
#include "reason.h"
#include "subject.h"
#include "value.h"

#define EVIDENCE_MAX	256

/**
 * struct place - what is the same for all files of a mount
 * @mount: the mount
 * @fs: does its filesystem belong to the process's user namespace, or to one
 *	above it?
 * @fs_ino: the user namespace it belongs to; 0 where that is not known
 * @fs_how: how it is known
 */
struct place {
	struct mount mount;
	enum verdict fs;
	ino_t fs_ino;
	char fs_how[EVIDENCE_MAX];
};

/**
 * struct view - what getxattr(2) says in one user namespace
 * @entered: it could be asked there
 * @err: its errno, or 0
 * @caps: what it showed
 * @pid: who asked
 * @told: what a tracepoint told of a value that is not shown to anybody:
 *	%REASON_MALFORMED, or %REASON_OLD_FORM, and then @err and @caps are
 *	what would be shown of the same value in form 2; else %REASON_HONOURED
 */
struct view {
	bool entered;
	int err;
	struct fcaps caps;
	pid_t pid;
	enum reason told;
};

/**
 * struct question - is this file's value honoured for that process?
 * @subject: the process
 * @cap: the one capability that is asked about; -1 for all of them
 * @fd: the file, open; O_PATH will do
 * @stx: what statx(2) says of it
 * @place: where it is
 * @here: the value as the caller sees it
 * @views: the value as seen in the process's user namespace and in those above
 */
struct question {
	const struct subject *subject;
	int cap;
	int fd;
	struct statx stx;
	const struct place *place;
	struct view here;
	struct view views[USERNS_MAX];
};

/**
 * struct finding - what a gate says
 * @verdict: does the value pass?
 * @soft: not to know leaves the answer as it is
 * @how: the evidence
 */
struct finding {
	enum verdict verdict;
	bool soft;
	char how[EVIDENCE_MAX];
};

/**
 * struct gate - one of the gates
 * @name: its name
 * @reason: the kernel's name for being refused there
 * @credentials: it is passed when the credentials are made, after all of the
 *	others
 * @look: asks it
 */
struct gate {
	const char *name;
	enum reason reason;
	bool credentials;
	void (*look)(const struct question *q, struct finding *f);
};

extern const struct gate gates[];
extern const size_t gates_n;

/* as many as there is room for */
#define GATES_MAX	24

/**
 * struct answers - what all gates say
 * @asked: was this gate asked?
 * @findings: of each gate
 * @honoured: the answer
 * @exec: the first reason against it when the value is read, or
 *	%REASON_HONOURED
 * @creds: the first one when the credentials are made, or %REASON_HONOURED
 * @reason: the first of all; where nothing is known to refuse and something is
 *	unknown, that
 */
struct answers {
	bool asked[GATES_MAX];
	struct finding findings[GATES_MAX];
	enum verdict honoured;
	enum reason exec, creds, reason;
};

/**
 * struct places - the mounts that were met
 * @known: each of them; the first ones stay
 * @n: how many
 */
struct places {
	struct place *known[64];
	size_t n;
};

const struct place *places_get(struct places *places, int fd, int dir,
			       const struct subject *s);
void places_free(struct places *places);

int question_ask(struct question *q, int fd, const struct subject *s,
		 const struct place *place);
void views_take(struct question *q, char *path);
void gates_ask(const struct question *q, bool exec_only, struct answers *a);
PRINTF(3, 4) void find(struct finding *f, enum verdict v, const char *fmt, ...);

/* form.c */
void form_of_unseen(struct question *q, char *path);
/* fsns.c */
void fs_namespace(int fd, int dir, const struct subject *s, struct place *place);
/* creds.c */
void gate_bounding(const struct question *q, struct finding *f);
void gate_no_new_privs(const struct question *q, struct finding *f);
void gate_ptrace(const struct question *q, struct finding *f);
void gate_shared(const struct question *q, struct finding *f);
void gate_setuid(const struct question *q, struct finding *f);
void gate_securebits(const struct question *q, struct finding *f);

#endif /* NSCAP_GATES_H */
