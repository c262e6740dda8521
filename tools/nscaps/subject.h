/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process that is to run a file: its namespaces and its credentials.
 */
#ifndef NSCAP_SUBJECT_H
#define NSCAP_SUBJECT_H

#include "userns.h"

/**
 * struct subject - the process that is to run the file
 * @pid: its pid; 0 for the caller, and for one that enters a namespace
 * @enters: it is no process yet, but a user without capabilities who enters
 *	the namespace with a full bounding set, as setns(2) leaves it
 * @comm: its name
 * @mntns: its mount namespace, open; -1 for the caller's
 * @lineage: its user namespace and those above it; none where it may not be
 *	opened
 * @uid: its real uid, as seen here
 * @euid: its effective uid, likewise
 * @inheritable: its inheritable capabilities
 * @permitted: its permitted capabilities
 * @bounding: its bounding set
 * @no_new_privs: it has that set
 * @tracer: the pid of its tracer, or 0
 * @securebits: its securebits; -1 when they are not known
 */
struct subject {
	pid_t pid;
	bool enters;
	char comm[17];
	int mntns;
	struct lineage lineage;
	uint32_t uid, euid;
	uint64_t inheritable, permitted, bounding;
	bool no_new_privs;
	pid_t tracer;
	int securebits;
};

int subject_self(struct subject *s);
int subject_pid(struct subject *s, pid_t pid);
int subject_userns(struct subject *s, const char *path);
void subject_close(struct subject *s);
int subject_open(const struct subject *s, const char *path, int *dir);
int parent_of(int proc, int fd);

/* The one capability set of a process that is asked for */
uint64_t effective_of(pid_t pid, uint32_t *euid);
bool subject_root(const struct subject *s, uint32_t *root);
int subject_map(const struct subject *s, const char *name,
		struct map_line *lines, int max);
bool subject_maps(const struct subject *s, const char *name, uint32_t id);

#endif /* NSCAP_SUBJECT_H */
