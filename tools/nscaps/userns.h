/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User namespaces: enter them, climb to their ancestors, read their maps,
 * find out whose they are.
 */
#ifndef NSCAP_USERNS_H
#define NSCAP_USERNS_H

#include <sys/stat.h>

#include "nscap.h"

/* the kernel nests 33 at most: the initial one and 32 below it */
#define USERNS_MAX	33
/* the inode number of the initial user namespace (PROC_USER_INIT_INO) */
#define USERNS_INIT_INO	0xeffffffdu

enum verdict {
	NO,
	YES,
	UNKNOWN,
};

const char *verdict_name(enum verdict verdict);

/**
 * struct userns - a user namespace
 * @fd: open
 * @ino: its inode number in nsfs, which names it
 */
struct userns {
	int fd;
	ino_t ino;
};

/**
 * struct lineage - a user namespace and its ancestors, as far as one may see
 * @ns: the namespaces, from the one asked for up to the caller's own or to the
 *	last that could be opened
 * @n: how many
 * @own: index of the caller's own namespace; -1 when it is not among them
 * @complete: the last one is the initial namespace
 */
struct lineage {
	struct userns ns[USERNS_MAX];
	int n;
	int own;
	bool complete;
};

ino_t userns_own(void);
bool userns_is_init(void);
int lineage_open(int fd, struct lineage *lineage);
void lineage_close(struct lineage *lineage);
bool lineage_has(const struct lineage *lineage, ino_t ino);

/**
 * struct answer - what a function run inside a namespace brought back
 * @run: it was run; else @err tells why not
 * @ret: a result
 * @err: an errno, or 0
 * @bytes: more of it
 */
struct answer {
	bool run;
	int ret;
	int err;
	unsigned char bytes[64];
};

typedef struct answer (*ns_fn)(void *ctx);

struct answer in_userns(const struct userns *ns, ns_fn fn, void *ctx);

/* a line of /proc/PID/uid_map or gid_map; UINT32_MAX outside is not seen here */
struct map_line {
	uint32_t inside, outside, count;
};

int map_of(const char *path, struct map_line *lines, int max);
int userns_map(const struct userns *ns, const char *name, struct map_line *lines,
	       int max);
bool map_to_parent(uint32_t uid, uint32_t *parent);

/**
 * struct owner - who is root where
 * @root: uid of the namespace's root, as seen here
 * @ino: the user namespace
 * @pid: a process in it
 * @comm: the process's name
 * @container: id of the container it runs in, shortened; "" where none is known
 */
struct owner {
	uint32_t root;
	ino_t ino;
	pid_t pid;
	char comm[17];
	char container[16];
};

const struct owner *owner_of(uint32_t root);
const struct owner *owner_of_ns(ino_t ino);
const struct owner *owner_at(size_t i);
bool owner_below(const struct owner *owner, ino_t ino);
bool owner_maps(const struct owner *owner, const struct map_line *want, int n);

#endif /* NSCAP_USERNS_H */
