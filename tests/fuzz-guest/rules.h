/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must hold of any sequence of calls, by the contract: see
 * tests/userspace/oracle.h.  A value is known by what the initial namespace
 * reads of it just before and after a call, through the same mount.
 *
 * Each of them returns NULL, or what is wrong.
 */
#ifndef NSCAPS_RULES_H
#define NSCAPS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct reading - what a call of getxattr(2) came to
 * @ret: the size, or a negative errno
 * @bytes: the buffer
 */
struct reading {
	long ret;
	unsigned char bytes[64];
};

/**
 * struct asker - who calls, and by which way
 * @ns: its namespace
 * @setfcap: it has CAP_SETFCAP there
 * @fs: the namespace of the filesystem
 * @nosuid: the mount is nosuid
 * @foreign: it is none of the caller's mount namespace
 * @overlay: the filesystem is an overlay
 * @raw: values are there that no call has written
 */
struct asker {
	int ns;
	bool setfcap;
	int fs;
	bool nosuid;
	bool foreign;
	bool overlay;
	bool raw;
};

/**
 * struct ran - a program that was executed, and what it has
 * @err: the errno of execve(2), or 0
 * @exact: it is to have all that the value gives, and no more
 * @uid: its uid, in its namespace
 * @euid: its effective one
 * @permitted: its permitted set
 * @effective: its effective set
 */
struct ran {
	int err;
	bool exact;
	unsigned int uid;
	unsigned int euid;
	unsigned long long permitted;
	unsigned long long effective;
};

/* The namespaces of an episode, the initial one being 0; ranges are given with
 * their users in the initial namespace.
 */
void rules_begin(int namespaces);
void rules_ns(int ns, int parent);
void rules_extent(int ns, uint32_t inside, uint32_t outside, uint32_t count);

/* @root is what the initial namespace reads */
const char *rule_get(const struct asker *c, const struct reading *root,
		     size_t size, const struct reading *read);
const char *rule_set(const struct asker *c, const unsigned char *value,
		     size_t size, int err, const struct reading *before,
		     const struct reading *after);
const char *rule_remove(const struct asker *c, int err,
			const struct reading *before,
			const struct reading *after);
const char *rule_exec(const struct asker *c, const struct reading *root,
		      const struct ran *ran);
const char *rule_garbage(int err);

#endif /* NSCAPS_RULES_H */
