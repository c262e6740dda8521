// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of security.capability and their text.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/xattr.h>

#include "value.h"

static_assert(XATTR_CAPS_SZ_1 == 12, "form 1 has 12 bytes");
static_assert(XATTR_CAPS_SZ_2 == 20, "form 2 has 20 bytes");
static_assert(XATTR_CAPS_SZ_3 == 24, "form 3 has 24 bytes");
static_assert(sizeof(struct vfs_ns_cap_data) == XATTR_CAPS_SZ_3, "no padding");
static_assert(offsetof(struct vfs_ns_cap_data, rootid) == XATTR_CAPS_SZ_2, "v2, rootid");

/* sys/capability.h has other names for what the kernel's header has */
#define CAPS_MAX	64

static uint64_t two_words(__le32 low, __le32 high)
{
	return le32toh(low) | (uint64_t)le32toh(high) << 32;
}

/**
 * fcaps_decode - take a value apart
 * @bytes: the value; need not be aligned
 * @size: its size, not trusted
 * @caps: where it goes
 *
 * Return: 0, or -1 when the kernel takes it for malformed.
 */
int fcaps_decode(const void *bytes, size_t size, struct fcaps *caps)
{
	struct vfs_ns_cap_data data = {};
	uint32_t magic;

	if (!bytes || size > sizeof(data))
		return -1;
	memcpy(&data, bytes, size);
	magic = le32toh(data.magic_etc);
	*caps = (struct fcaps) {
		.permitted = two_words(data.data[0].permitted, data.data[1].permitted),
		.inheritable = two_words(data.data[0].inheritable,
					 data.data[1].inheritable),
		.effective = magic & VFS_CAP_FLAGS_EFFECTIVE,
		.rootid = le32toh(data.rootid),
	};
	switch (magic & ~VFS_CAP_FLAGS_EFFECTIVE) {
	case VFS_CAP_REVISION_1:
		caps->revision = 1;
		return size == XATTR_CAPS_SZ_1 ? 0 : -1;
	case VFS_CAP_REVISION_2:
		caps->revision = 2;
		return size == XATTR_CAPS_SZ_2 ? 0 : -1;
	case VFS_CAP_REVISION_3:
		caps->revision = 3;
		return size == XATTR_CAPS_SZ_3 ? 0 : -1;
	default:
		return -1;
	}
}

/**
 * fcaps_encode - put a value together
 * @caps: what it is to be; its revision is 2 or 3
 * @bytes: where it goes
 *
 * Return: its size.
 */
size_t fcaps_encode(const struct fcaps *caps, struct vfs_ns_cap_data *bytes)
{
	const bool v3 = caps->revision == 3;

	*bytes = (struct vfs_ns_cap_data) {
		.magic_etc = htole32((v3 ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2) |
				     (caps->effective ? VFS_CAP_FLAGS_EFFECTIVE : 0)),
		.data[0].permitted = htole32((uint32_t)caps->permitted),
		.data[0].inheritable = htole32((uint32_t)caps->inheritable),
		.data[1].permitted = htole32(caps->permitted >> 32),
		.data[1].inheritable = htole32(caps->inheritable >> 32),
		.rootid = htole32(v3 ? caps->rootid : 0),
	};
	return v3 ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2;
}

static bool has(cap_t c, int cap, cap_flag_t flag)
{
	cap_flag_value_t v = CAP_CLEAR;

	return !cap_get_flag(c, cap, flag, &v) && v == CAP_SET;
}

/**
 * fcaps_parse - read capabilities as setcap(8) does
 * @text: as in cap_from_text(3), such as cap_net_raw=ep
 * @caps: where they go; as form 2
 *
 * Return: 0; -1 when @text is none; -2 when only some of the capabilities are
 * effective, which a file has no place for.
 */
int fcaps_parse(const char *text, struct fcaps *caps)
{
	cap_t c = cap_from_text(text);
	uint64_t effective = 0;

	if (!c)
		return -1;
	*caps = (struct fcaps) { .revision = 2 };
	for (int i = 0; i < CAPS_MAX; i++) {
		const uint64_t bit = 1ULL << i;

		caps->permitted |= has(c, i, CAP_PERMITTED) ? bit : 0;
		caps->inheritable |= has(c, i, CAP_INHERITABLE) ? bit : 0;
		effective |= has(c, i, CAP_EFFECTIVE) ? bit : 0;
	}
	cap_free(c);
	caps->effective = effective;
	if (effective && effective != (caps->permitted | caps->inheritable))
		return -2;
	return 0;
}

/**
 * fcaps_text - capabilities as getcap(8) writes them
 * @caps: the capabilities
 *
 * Return: the text, to be freed, or NULL.
 */
char *fcaps_text(const struct fcaps *caps)
{
	cap_t c = cap_init();
	char *text, *copy;

	if (!c)
		return NULL;
	for (cap_value_t i = 0; i < CAPS_MAX; i++) {
		const bool p = caps->permitted >> i & 1;
		const bool in = caps->inheritable >> i & 1;

		if (p)
			cap_set_flag(c, CAP_PERMITTED, 1, &i, CAP_SET);
		if (in)
			cap_set_flag(c, CAP_INHERITABLE, 1, &i, CAP_SET);
		if (caps->effective && (p || in))
			cap_set_flag(c, CAP_EFFECTIVE, 1, &i, CAP_SET);
	}
	text = cap_to_text(c, NULL);
	copy = text ? strdup(text) : NULL;
	cap_free(text);
	cap_free(c);
	return copy;
}

/**
 * fcaps_get - read a file's capabilities, as the caller sees them
 * @path: the file, or /proc/self/fd/N for one that is open; symbolic links
 *	are followed
 * @caps: where they go
 *
 * Return: 0, or an errno: ENODATA when there are none, EOVERFLOW when the
 * root has no name here, EINVAL when they are malformed or of form 1.
 */
int fcaps_get(const char *path, struct fcaps *caps)
{
	unsigned char bytes[XATTR_CAPS_SZ];
	ssize_t n = getxattr(path, CAPS_XATTR, bytes, sizeof(bytes));

	if (n < 0)
		return errno == ERANGE ? EINVAL : errno;
	return fcaps_decode(bytes, n, caps) ? EINVAL : 0;
}

/**
 * cap_by_name - the number of a capability
 * @name: its name, in either case, with or without the prefix, or its number
 *
 * Return: the number, or -1.
 */
int cap_by_name(const char *name)
{
	char full[64], *end;
	cap_value_t cap;
	long n;

	if (!cap_from_name(name, &cap))
		return cap;
	snprintf(full, sizeof(full), "cap_%s", name);
	if (!cap_from_name(full, &cap))
		return cap;
	errno = 0;
	n = strtol(name, &end, 10);
	return errno || end == name || *end || n < 0 || n >= CAPS_MAX ? -1 : n;
}

/**
 * cap_names - a set of capabilities as text
 * @set: the set
 *
 * Return: names with commas between, or numbers where there is no name; to be
 * freed; or NULL.
 */
char *cap_names(uint64_t set)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < CAPS_MAX; i++) {
		char *name;

		if (!(set >> i & 1))
			continue;
		name = cap_to_name(i);
		fprintf(f, "%s%s", ftell(f) ? "," : "", name ? name : "?");
		cap_free(name);
	}
	fclose(f);
	return text;
}
