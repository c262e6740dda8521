/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the kernel's lookup in a map
 *
 * The kernel's own code hands out pointers into the map, which make proofs
 * over several namespaces too large.  That this finds what the kernel finds is
 * an assumption of those proofs.
 */
#ifndef MAPS_H
#define MAPS_H

static u32 model_down(const struct uid_gid_map *map, u32 id)
{
	u32 i, ret = (u32)-1;

	for (i = 0; i < ORACLE_EXTENTS; i++) {
		const struct uid_gid_extent *extent = &map->extent[i];

		if (i < map->nr_extents && id >= extent->first &&
		    id - extent->first < extent->count)
			ret = id - extent->first + extent->lower_first;
	}
	return ret;
}

static u32 model_up(const struct uid_gid_map *map, u32 id)
{
	u32 i, ret = (u32)-1;

	for (i = 0; i < ORACLE_EXTENTS; i++) {
		const struct uid_gid_extent *extent = &map->extent[i];

		if (i < map->nr_extents && id >= extent->lower_first &&
		    id - extent->lower_first < extent->count)
			ret = id - extent->lower_first + extent->first;
	}
	return ret;
}

u32 map_id_down(struct uid_gid_map *map, u32 id)
{
	return model_down(map, id);
}

u32 map_id_up(struct uid_gid_map *map, u32 id)
{
	return model_up(map, id);
}

#endif /* MAPS_H */
