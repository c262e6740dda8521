// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts that were judged before: it takes system calls in namespaces, and is
 * the same for all files of a mount.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "gates.h"

static int parent_here(int fd)
{
	int proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int dir = proc < 0 ? -1 : parent_of(proc, fd);

	if (proc >= 0)
		close(proc);
	return dir;
}

static int place_of(int fd, int dir, const struct subject *s, struct place *place)
{
	int err = mount_of(fd, s->pid, s->mntns, &place->mount);
	int own = dir < 0 ? parent_here(fd) : -1;

	if (!err)
		fs_namespace(fd, dir < 0 ? own : dir, s, place);
	if (own >= 0)
		close(own);
	return err;
}

/**
 * places_get - the place of a file
 * @places: those that are known already; for one process only
 * @fd: the file
 * @dir: the directory it is in; -1 when it is to be looked up here
 * @s: the process
 *
 * Return: the place, good until the next call; or NULL.
 */
const struct place *places_get(struct places *places, int fd, int dir,
			       const struct subject *s)
{
	struct statx stx;
	struct place *p;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx))
		return NULL;
	for (size_t i = 0; i < places->n; i++) {
		if (stx.stx_mask & STATX_MNT_ID &&
		    places->known[i]->mount.id == stx.stx_mnt_id)
			return places->known[i];
	}
	/* when all room is taken, the last is used again and again */
	if (places->n < ARRAY_LEN(places->known)) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return NULL;
		places->known[places->n++] = p;
	}
	p = places->known[places->n - 1];
	if (!place_of(fd, dir, s, p))
		return p;
	p->mount.id = 0;
	return NULL;
}

void places_free(struct places *places)
{
	for (size_t i = 0; i < places->n; i++)
		free(places->known[i]);
	places->n = 0;
}
