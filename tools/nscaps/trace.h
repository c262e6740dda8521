/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's decisions, by the tracepoints of a kernel with nscaps.
 */
#ifndef NSCAP_TRACE_H
#define NSCAP_TRACE_H

#include <stdio.h>

#include "value.h"

/**
 * struct decision - a decision of the kernel
 * @missed: there were others before it, and too many at once
 * @call: the event's name without "nscaps_"
 * @time: when, in nanoseconds of the trace clock
 * @major: the file's device
 * @minor: of that
 * @ino: the file's inode number
 * @pid: the process
 * @caller_ns: its user namespace
 * @owner_ns: the nearest namespace, from there up, that the root owns; 0: none
 * @rootid_disk: the rootid on the disk; -1: none
 * @rootid: the same as a uid of the process's namespace; -1: none
 * @caps: the capabilities; revision 0: none were looked at
 * @err: 0 or an errno
 * @reason: an enum reason, or a number that is not known here
 * @creds: the process's capabilities are known, for "creds"
 * @new_permitted: its permitted capabilities from now on
 * @new_effective: its effective ones
 * @value: the bytes to be set, for "set"; NULL else
 * @value_size: their number
 * @size: how many the caller gave
 */
struct decision {
	bool missed;
	const char *call;
	unsigned long long time;
	unsigned int major, minor;
	unsigned long long ino;
	int pid;
	unsigned int caller_ns, owner_ns;
	long long rootid_disk, rootid;
	struct fcaps caps;
	int err, reason;
	bool creds;
	unsigned long long new_permitted, new_effective;
	const unsigned char *value;
	int value_size;
	unsigned long long size;
};

/**
 * enum trace_result - how it went to begin
 * @TRACE_OK: the decisions are being written down
 * @TRACE_DENIED: the kernel's tracing is not for the caller
 * @TRACE_NONE: the kernel has no tracefs
 * @TRACE_NOT_OURS: the kernel has no nscaps
 * @TRACE_ERRNO: errno tells what failed
 */
enum trace_result {
	TRACE_OK,
	TRACE_DENIED,
	TRACE_NONE,
	TRACE_NOT_OURS,
	TRACE_ERRNO,
};

/**
 * struct trace - a part of the kernel's tracing that is ours
 * @instance: that part
 * @tep: what is known of the events
 */
struct trace {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
};

/* told of a decision; not 0 ends the reading */
typedef int (*trace_fn)(const struct decision *d, void *ctx);

bool trace_is_mounted(void);
enum trace_result trace_begin(struct trace *t, const char *event);
int trace_read(struct trace *t, trace_fn fn, void *ctx);
int trace_end(struct trace *t, char *name, size_t size);

#endif /* NSCAP_TRACE_H */
