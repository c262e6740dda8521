/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of security.capability and their text.
 */
#ifndef NSCAP_VALUE_H
#define NSCAP_VALUE_H

#include "nscap.h"

/**
 * struct fcaps - file capabilities, taken apart
 * @permitted: capabilities the file grants, all 64 bits as they were stored
 * @inheritable: capabilities the file lets through, likewise
 * @effective: its effective flag
 * @revision: 1, 2 or 3: the form they were read from
 * @rootid: 0 in the forms that carry none; a uid in the namespace of whoever
 *	wrote the bytes
 */
struct fcaps {
	uint64_t permitted;
	uint64_t inheritable;
	bool effective;
	unsigned int revision;
	uint32_t rootid;
};

int fcaps_decode(const void *bytes, size_t size, struct fcaps *caps);
size_t fcaps_encode(const struct fcaps *caps, struct vfs_ns_cap_data *bytes);
int fcaps_parse(const char *text, struct fcaps *caps);
char *fcaps_text(const struct fcaps *caps);
int fcaps_get(const char *path, struct fcaps *caps);

int cap_by_name(const char *name);
char *cap_names(uint64_t set);

#endif /* NSCAP_VALUE_H */
