/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nscap shift: what a file was, and the state file that remembers it.
 */
#ifndef NSCAP_SHIFT_H
#define NSCAP_SHIFT_H

#include "nscap.h"
#include "value.h"

/* room for a file's key as text, its handle included */
#define FILE_KEY_SIZE 352

/**
 * struct file_state - what nscap shift changes of a file
 * @uid: its owner
 * @gid: its group
 * @mode: its mode, type included
 * @has_caps: it has capabilities
 * @caps: those, as the caller sees them
 */
struct file_state {
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool has_caps;
	struct fcaps caps;
};

/* the SHA-256 of a file, in hexadecimal, and the end of the string */
#define DIGEST_SIZE 65

/**
 * struct content - what tells whether a file was written to
 * @size: its size
 * @sec: its time of modification
 * @nsec: the nanoseconds of that
 * @digest: of its bytes, as whoever writes them may set the time back; "-"
 *	where nothing depends on it
 */
struct content {
	uint64_t size;
	int64_t sec;
	uint32_t nsec;
	char digest[DIGEST_SIZE];
};

/**
 * struct intent - what the state file knows of a file
 * @key: which file, by what does not change with its name and owner
 * @old: what it was before
 * @content: what was in it
 * @path: where it was found; for messages
 * @done: it was changed, and that is on the disk
 * @met: this run has met the file
 * @changed: this run found or made it what it is to be
 */
struct intent {
	char key[FILE_KEY_SIZE];
	struct file_state old;
	struct content content;
	char *path;
	bool done, met, changed;
};

/**
 * enum state_result - how the opening of a state file went
 * @STATE_OK: it is open
 * @STATE_ERRNO: errno tells what failed
 * @STATE_BUSY: another run has it
 * @STATE_UNSAFE: others than the caller could have written it
 * @STATE_OTHER: it is of a run with other mappings or options
 * @STATE_DAMAGED: it is no state file, or a damaged one
 */
enum state_result {
	STATE_OK,
	STATE_ERRNO,
	STATE_BUSY,
	STATE_UNSAFE,
	STATE_OTHER,
	STATE_DAMAGED,
};

struct shift_state;

enum state_result shift_state_open(struct shift_state **state, const char *path,
				   const char *job);
void shift_state_close(struct shift_state *state, bool complete);
bool shift_state_is(const struct shift_state *state, dev_t dev, ino_t ino);
struct intent *shift_state_find(struct shift_state *state, const char *key);
int shift_state_add(struct shift_state *state, const struct intent *intent);
int shift_state_sync(struct shift_state *state);
int shift_state_undone(struct shift_state *state, const char *key);
int shift_state_done(struct shift_state *state);
void shift_state_pending(struct shift_state *state,
			 void (*tell)(const struct intent *intent));

#endif
