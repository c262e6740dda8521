// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of uids and gids, as in uid_map of user_namespaces(7).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uidmap.h"

/* The last id stands for none. */
#define IDS 0xffffffffULL

/* read_number - a decimal number without a sign; NULL when there is none */
static const char *read_number(const char *p, uint32_t *number)
{
	unsigned long long n;
	char *end;

	if (*p < '0' || *p > '9')
		return NULL;
	errno = 0;
	n = strtoull(p, &end, 10);
	if (errno || n > IDS)
		return NULL;
	*number = n;
	return end;
}

static bool ranges_meet(uint32_t a, uint32_t a_count, uint32_t b,
			uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* add_extent - NULL, or what is wrong with it */
static const char *add_extent(struct uid_map *map, const struct uid_extent *e)
{
	size_t i;

	if (!e->count)
		return "a count is 0";
	if ((uint64_t)e->inside + e->count > IDS ||
	    (uint64_t)e->outside + e->count > IDS)
		return "a range goes beyond the last id";
	if (map->n == UID_MAP_EXTENTS)
		return "there are more than 340 ranges";
	for (i = 0; i < map->n; i++) {
		const struct uid_extent *o = &map->extents[i];

		if (ranges_meet(o->inside, o->count, e->inside, e->count) ||
		    ranges_meet(o->outside, o->count, e->outside, e->count))
			return "ranges overlap";
	}
	map->extents[map->n++] = *e;
	return NULL;
}

static const char *read_inline(struct uid_map *map, const char *p)
{
	static const char form[] = "not inside:outside:count[,...]";
	const char *wrong;

	for (;;) {
		struct uid_extent e;

		p = read_number(p, &e.inside);
		if (!p || *p++ != ':')
			return form;
		p = read_number(p, &e.outside);
		if (!p || *p++ != ':')
			return form;
		p = read_number(p, &e.count);
		if (!p)
			return form;
		wrong = add_extent(map, &e);
		if (wrong || !*p)
			return wrong;
		if (*p++ != ',')
			return form;
	}
}

/* read_line - one line of a uid_map file */
static const char *read_line(struct uid_map *map, const char *p)
{
	static const char form[] = "not a file like /proc/PID/uid_map";
	uint32_t n[3];
	int i;

	for (i = 0; i < 3; i++) {
		p = read_number(p + strspn(p, " \t"), &n[i]);
		if (!p)
			return form;
	}
	if (p[strspn(p, " \t\n")])
		return form;
	return add_extent(map, &(struct uid_extent) { n[0], n[1], n[2] });
}

static const char *read_file(struct uid_map *map, const char *path)
{
	const char *wrong = NULL;
	char line[128];
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return strerror(errno);
	while (!wrong && fgets(line, sizeof(line), f))
		wrong = read_line(map, line);
	if (!wrong && ferror(f))
		wrong = strerror(errno);
	fclose(f);
	if (!wrong && !map->n)
		wrong = "no ids are mapped there";
	return wrong;
}

/**
 * uid_map_read - read a mapping as it was given on the command line
 * @map: where it goes
 * @arg: the path of a file like /proc/PID/uid_map when there is a slash in
 *	it, else inside:outside:count[,inside:outside:count...]
 *
 * Return: NULL, or what is wrong with it.
 */
const char *uid_map_read(struct uid_map *map, const char *arg)
{
	map->n = 0;
	return strchr(arg, '/') ? read_file(map, arg) : read_inline(map, arg);
}

/**
 * uid_map_inside - the id in the namespace that an id outside stands for
 * @map: the mapping
 * @outside: the id outside
 * @inside: where the other goes
 *
 * Return: false when there is none.
 */
bool uid_map_inside(const struct uid_map *map, uint32_t outside,
		    uint32_t *inside)
{
	size_t i;

	for (i = 0; i < map->n; i++) {
		const struct uid_extent *e = &map->extents[i];

		if (outside >= e->outside && outside - e->outside < e->count) {
			*inside = e->inside + (outside - e->outside);
			return true;
		}
	}
	return false;
}

/**
 * uid_map_outside - the id outside that an id in the namespace stands for
 * @map: the mapping
 * @inside: the id in the namespace
 * @outside: where the other goes
 *
 * Return: false when there is none.
 */
bool uid_map_outside(const struct uid_map *map, uint32_t inside,
		     uint32_t *outside)
{
	size_t i;

	for (i = 0; i < map->n; i++) {
		const struct uid_extent *e = &map->extents[i];

		if (inside >= e->inside && inside - e->inside < e->count) {
			*outside = e->outside + (inside - e->inside);
			return true;
		}
	}
	return false;
}

/**
 * uid_maps_meet - is there an id outside that both mappings use?
 * @a: a mapping
 * @b: another
 *
 * Return: whether there is.
 */
bool uid_maps_meet(const struct uid_map *a, const struct uid_map *b)
{
	size_t i, j;

	for (i = 0; i < a->n; i++)
		for (j = 0; j < b->n; j++)
			if (ranges_meet(a->extents[i].outside,
					a->extents[i].count,
					b->extents[j].outside,
					b->extents[j].count))
				return true;
	return false;
}

/**
 * uid_map_write - write a mapping as uid_map_read() takes it
 * @map: the mapping
 * @buf: where it goes
 * @size: how much fits there
 *
 * Return: its length, also when that does not fit.
 */
size_t uid_map_write(const struct uid_map *map, char *buf, size_t size)
{
	size_t i, len = 0;

	for (i = 0; i < map->n; i++) {
		const struct uid_extent *e = &map->extents[i];

		len += snprintf(len < size ? buf + len : NULL,
				len < size ? size - len : 0, "%s%u:%u:%u",
				i ? "," : "", e->inside, e->outside, e->count);
	}
	return len;
}
