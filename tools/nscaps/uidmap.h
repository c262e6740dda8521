/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of uids and gids, as in uid_map of user_namespaces(7).
 */
#ifndef NSCAP_UIDMAP_H
#define NSCAP_UIDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* as many as the kernel takes */
#define UID_MAP_EXTENTS 340

/**
 * struct uid_extent - one line of a mapping
 * @inside: first id in the namespace
 * @outside: first id outside of it
 * @count: how many follow each other, at least one
 */
struct uid_extent {
	uint32_t inside, outside, count;
};

/**
 * struct uid_map - a mapping
 * @extents: its lines; neither their insides nor their outsides overlap
 * @n: how many there are, at least one once it is read
 */
struct uid_map {
	struct uid_extent extents[UID_MAP_EXTENTS];
	size_t n;
};

const char *uid_map_read(struct uid_map *map, const char *arg);
bool uid_map_inside(const struct uid_map *map, uint32_t outside,
		    uint32_t *inside);
bool uid_map_outside(const struct uid_map *map, uint32_t inside,
		     uint32_t *outside);
bool uid_maps_meet(const struct uid_map *a, const struct uid_map *b);
size_t uid_map_write(const struct uid_map *map, char *buf, size_t size);

#endif
