/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes of an episode: one in each user namespace, for as long as the
 * episode lasts, as to make a process for each operation takes too long.  They
 * are told what to do, one command at a time.
 */
#ifndef NSCAPS_WORKER_H
#define NSCAPS_WORKER_H

#include <sys/types.h>

#include "plan.h"

enum command_kind {
	CMD_OP,
	CMD_MAKE_NS,
	CMD_MOUNT,
	CMD_BIND,
	CMD_FILL,
	CMD_RENEW,
	CMD_DUMP,
	CMD_EXIT,
};

/**
 * struct command - what a worker is told to do
 * @kind: what
 * @dir: in which directory; a file descriptor may come along in its place
 * @op: of CMD_OP
 * @make: of CMD_MAKE_NS: the number of the child, its maps, and whether it gets
 *	mounts of its own
 * @mount: of CMD_MOUNT, and, with a uid map or none as options, of CMD_BIND
 * @fill: of CMD_FILL: the owners and modes of the files
 */
struct command {
	enum command_kind kind;
	char dir[64];
	union {
		struct op op;
		struct {
			int child;
			bool mounts;
			char map[256];
		} make;
		struct {
			char type[16];
			char source[64];
			char target[64];
			char options[256];
		} mount;
		struct {
			uint32_t owner[FILES];
			uint32_t mode[FILES];
		} fill;
	};
};

/**
 * struct result - what came of it
 * @ret: what the system call returned; a process id of CMD_MAKE_NS
 * @err: its errno, 0 when it succeeded
 * @text: what it read, for the log
 */
struct result {
	long ret;
	int err;
	char text[1536];
};

/* What OP_GARBAGE does, where there is such a thing; @text is of the result */
extern long (*worker_garbage)(const struct op *op, char *text);

/* the directory of the episode */
#define WORLD	"/tmp/w"

/* One more than the workers of any episode, as the first is made as all are */
void workers_open(void);
void workers_close(void);
pid_t worker_first(void);
/* Tell worker @ns, with the file descriptor @fd if that is not -1 */
void worker_tell(int ns, const struct command *command, int fd,
		 struct result *result);

#endif /* NSCAPS_WORKER_H */
