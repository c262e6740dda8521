/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world of an episode of a plan: its namespaces, each with a worker, and
 * its places with their files.  What is made, and what is done in it, is logged
 * to the standard output, a line for each.
 */
#ifndef NSCAPS_EPISODE_H
#define NSCAPS_EPISODE_H

#include "worker.h"

/* the plan of the episode */
extern struct plan plan;
/* directories that a namespace has mounted for itself, by place; or -1 */
extern int place_fd[MAX_PLACES];
/* namespaces that could be made */
extern bool alive[MAX_NS];

/* Once, before all episodes; the image for each seed */
void make_filesystems(void);
void make_raw_image(uint64_t seed);

void episode_begin(uint64_t seed, uint64_t episode);
void dump_places(void);
void episode_end(void);

/* Is that place an overlay? */
bool in_overlay(int place);

/*
 * What the root of the initial namespace reads of the command's file, in that
 * directory, or of a symlink's target
 */
struct result read_value(const struct command *c, int fd, bool follow);

/* The directory that the command is for */
void in_place(struct command *c, int place);

/*
 * The same directory, where no mount translates what is done there: of the
 * operation's place, which becomes that with the mount
 */
void in_shown_place(struct command *c);

void log_episode(const char *what);
/* @unreadable: why the value that an overlay shows cannot be read, or NULL */
void log_op(const struct op *op, const char *unreadable);
void log_result(const struct result *r);

/* There is no going on */
void fail(const char *what);

#endif /* NSCAPS_EPISODE_H */
