/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict of the tool, "nscap why", and that of the kernel, by the
 * tracepoints nscaps_exec and nscaps_creds, on the same files and processes.
 */
#ifndef NSCAPS_VERDICT_H
#define NSCAPS_VERDICT_H

#include "common.h"

#define PATHS_MAX	64

/**
 * struct verdict - what one of the two says
 * @exec: the reason of the first step, "" where it says none
 * @creds: that of the second
 * @honoured: the answer, of the tool alone
 */
struct verdict {
	char exec[24];
	char creds[24];
	char honoured[8];
};

/**
 * struct spec - the process that is to run files
 * @ns: its user namespace, or NS_INIT
 * @mnt: its mount namespace; -1 for that of the test
 * @uid: its uid there, and gid
 * @no_new_privs: set that
 * @unbound: take the capability out of its bounding set
 * @shared: let it share its working directory
 * @traced: let it be traced by one without capabilities
 * @traced_by_root: let root there trace it, from before it lost its own
 * @as_root: what else is done to it while it is root there, if anything
 * @at_last: what else is done to it after all of that
 */
struct spec {
	int ns, mnt;
	uid_t uid;
	bool no_new_privs, unbound, shared, traced, traced_by_root;
	void (*as_root)(void);
	void (*at_last)(void);
};

#define SPEC(_ns, ...)							\
	((struct spec) { .ns = _ns, .mnt = -1, .uid = 99, ##__VA_ARGS__ })

/* Begin to listen to the kernel: 0, or -1; and end it */
int tracing_start(void);
void tracing_stop(void);

/* What the two say of the files, when that process runs them: 0, or -1 */
int both(const struct spec *s, char **paths, int n, struct verdict *kernel,
	 struct verdict *tool);
int both_of(const struct spec *s, char *path, struct verdict *kernel,
	    struct verdict *tool);
bool agree(const struct verdict *kernel, const struct verdict *tool);

/* In a test: they say that, both of them */
#define EXPECT_BOTH(_exec, _creds, _spec, _path) do {			\
	struct spec _s = _spec;						\
	struct verdict _kernel, _tool;					\
	ASSERT_EQ(0, both_of(&_s, _path, &_kernel, &_tool));		\
	EXPECT_STREQ(_exec, _kernel.exec);				\
	EXPECT_STREQ(_creds, _kernel.creds);				\
	EXPECT_TRUE(agree(&_kernel, &_tool)) {				\
		TH_LOG("kernel %s %s, tool %s %s %s", _kernel.exec,	\
		       _kernel.creds, _tool.exec, _tool.creds,		\
		       _tool.honoured);					\
	}								\
} while (0)

/* A copy of a program that does nothing; and a value for it */
int copy_noop(const char *path);
int set_value(const char *path, const struct value *v);

/* disk_with() that program */
int disk_with_noop(const struct value *v);

#endif /* NSCAPS_VERDICT_H */
