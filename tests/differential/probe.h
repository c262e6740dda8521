/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probe writes: the credentials that execve(2) gave it.
 */
#ifndef NSCAPS_PROBE_H
#define NSCAPS_PROBE_H

struct probe {
	unsigned long long permitted;
	unsigned long long effective;
	unsigned long long inheritable;
	unsigned long long ambient;
	unsigned long secure;
	unsigned int uid;
	unsigned int euid;
	unsigned int gid;
	unsigned int egid;
};

#endif /* NSCAPS_PROBE_H */
