/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nscap: namespaced file capabilities, seen from user space.
 *
 *   value.c	the bytes of security.capability and their text
 *   reason.c	the kernel's reasons, and what to do about each
 *   out.c	messages, paths and JSON, the same for all commands
 *   userns.c	user namespaces: enter, climb, map, name
 *   mount.c	mounts and superblocks
 *   gates.c	the gates of execve(2), as a table
 *   form.c	a value that getxattr(2) does not return
 *   trace.c	the kernel's decisions, by its tracepoints
 *   list.c, why.c, set.c, shift.c, watch.c, probe.c	one command each
 */
#ifndef NSCAP_H
#define NSCAP_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NSCAP_VERSION	"2"
#define CAPS_XATTR	"security.capability"
#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a)	__attribute__((format(printf, f, a)))

/**
 * enum nscap_exit - exit statuses; of several the largest counts
 * @NSCAP_OK: all is done, and the answer is yes
 * @NSCAP_NO: all is done, and an answer is no: not honoured, cannot be
 *	carried, or refused by the rules of file capabilities
 * @NSCAP_USAGE: the command line is wrong; nothing was done
 * @NSCAP_ERRORS: something could not be looked at, done or found out, a line
 *	on stderr tells what; the rest was done
 * @NSCAP_KERNEL: this kernel cannot do what was asked
 */
enum nscap_exit {
	NSCAP_OK,
	NSCAP_NO,
	NSCAP_USAGE,
	NSCAP_ERRORS,
	NSCAP_KERNEL,
};

/* The commands.  argv[0] is the command's name; they return an nscap_exit. */
int cmd_list(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_shift(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_probe(int argc, char **argv);

static inline int worse(int a, int b)
{
	return a > b ? a : b;
}

#endif /* NSCAP_H */
