// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state file of nscap shift.
 *
 * To change the owner of a file is to lose its capabilities, so what they were
 * is written here, and is on the disk, before that is done.  A run that was
 * stopped in between is taken up by the next with the same state file.
 *
 * The file is lines of text, each with a sum at its end:
 *
 *	nscap-shift 2 JOB		JOB: the mappings and options
 *	intent KEY UID GID MODE SIZE SEC.NSEC DIGEST VALUE PATH
 *	done KEY			what was intended is on the disk
 *	undone KEY			the file is as it was; forget the intent
 *
 * VALUE is the old value in hexadecimal, or "-"; DIGEST that of the bytes which
 * had it, or "-" where the file has nothing to lose.  What the new one is to be
 * follows from JOB, so the file cannot ask for what the mappings do not give.
 * Lines are only ever added.  One that is broken and the last of all was being
 * written when the run stopped: what it is about had not begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shift.h"

/* how the first line begins */
#define MAGIC	"nscap-shift 2 "

/* "-" or two digits a byte, and the end of the string */
#define HEX_SIZE	(2 * sizeof(struct vfs_ns_cap_data) + 1)

/**
 * struct shift_state - an open state file
 * @file: it; writes go to its end
 * @path: its path
 * @dev: the device it is on
 * @ino: its inode
 * @intents: a tree of what it has, for tsearch(3)
 */
struct shift_state {
	FILE *file;
	char *path;
	dev_t dev;
	ino_t ino;
	void *intents;
};

static int compare_keys(const void *a, const void *b)
{
	const struct intent *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* FNV-1a: against accidents, not against malice */
static uint32_t sum_of(const char *line, size_t len)
{
	uint32_t sum = 2166136261u;

	while (len--)
		sum = (sum ^ (unsigned char)*line++) * 16777619u;
	return sum;
}

/* add_line - write a line and its sum; 0 or -1 and errno */
__attribute__((format(printf, 2, 3)))
static int add_line(struct shift_state *state, const char *format, ...)
{
	va_list args;
	char *line;
	int len;

	va_start(args, format);
	len = vasprintf(&line, format, args);
	va_end(args);
	if (len < 0)
		return -1;
	len = fprintf(state->file, "%s %08" PRIx32 "\n", line,
		      sum_of(line, len));
	free(line);
	return len < 0 ? -1 : 0;
}

/* write_path - with all bytes but plain ones escaped, so no space in it */
static char *write_path(const char *path)
{
	char *text = malloc(4 * strlen(path) + 1), *p = text;

	if (!text)
		return NULL;
	for (; *path; path++) {
		if (*path > ' ' && *path < 0x7f && *path != '\\')
			*p++ = *path;
		else
			p += sprintf(p, "\\%03o", (unsigned char)*path);
	}
	*p = '\0';
	return text;
}

static char *read_path(const char *text)
{
	char *path = malloc(strlen(text) + 1), *p = path;
	unsigned int byte;

	if (!path)
		return NULL;
	while (*text) {
		if (sscanf(text, "\\%3o", &byte) == 1) {
			*p++ = byte;
			text += 4;
		} else {
			*p++ = *text++;
		}
	}
	*p = '\0';
	return path;
}

static void write_caps(char *hex, const struct file_state *file)
{
	struct vfs_ns_cap_data bytes;
	size_t size;

	snprintf(hex, HEX_SIZE, "-");
	if (!file->has_caps)
		return;
	size = fcaps_encode(&file->caps, &bytes);
	for (size_t i = 0; i < size; i++)
		sprintf(hex + 2 * i, "%02x", ((unsigned char *)&bytes)[i]);
}

static bool read_caps(const char *hex, struct file_state *file)
{
	unsigned char bytes[sizeof(struct vfs_ns_cap_data)];
	const size_t size = strlen(hex) / 2;

	file->has_caps = strcmp(hex, "-");
	if (!file->has_caps)
		return true;
	for (size_t i = 0; i < size; i++) {
		if (sscanf(hex + 2 * i, "%2hhx", &bytes[i]) != 1)
			return false;
	}
	return !fcaps_decode(bytes, size, &file->caps);
}

static void free_intent(void *p)
{
	struct intent *intent = p;

	free(intent->path);
	free(intent);
}

static void forget(struct shift_state *state, struct intent *intent)
{
	tdelete(intent, &state->intents, compare_keys);
	free_intent(intent);
}

/* remember - a copy of an intent, in place of what was known of that file */
static int remember(struct shift_state *state, const struct intent *intent)
{
	struct intent *old = shift_state_find(state, intent->key);
	struct intent *copy = malloc(sizeof(*copy));

	if (old)
		forget(state, old);
	if (!copy)
		return -1;
	*copy = *intent;
	copy->path = strdup(intent->path);
	if (!copy->path || !tsearch(copy, &state->intents, compare_keys)) {
		free_intent(copy);
		return -1;
	}
	return 0;
}

static bool read_intent(struct shift_state *state, const char *line)
{
	struct intent intent = {};
	struct file_state *old = &intent.old;
	struct content *content = &intent.content;
	char hex[HEX_SIZE];
	int at = 0;
	bool good;

	if (sscanf(line, "intent %351s %u %u %o %" SCNu64 " %" SCNd64 ".%" SCNu32
		   " %64s %48s %n", intent.key, &old->uid, &old->gid, &old->mode,
		   &content->size, &content->sec, &content->nsec,
		   content->digest, hex, &at) != 9 || !at ||
	    !read_caps(hex, old))
		return false;
	intent.path = read_path(line + at);
	good = intent.path && !remember(state, &intent);
	free(intent.path);
	return good;
}

static bool read_settled(struct shift_state *state, const char *line)
{
	char how[8], key[FILE_KEY_SIZE];
	struct intent *intent;

	if (sscanf(line, "%7s %351s", how, key) != 2)
		return false;
	intent = shift_state_find(state, key);
	if (!intent)
		return false;
	if (!strcmp(how, "done"))
		intent->done = true;
	else if (!strcmp(how, "undone"))
		forget(state, intent);
	else
		return false;
	return true;
}

/* check_sum - is the line whole?  Cuts its end with the sum off. */
static bool check_sum(char *line, size_t len)
{
	uint32_t sum;
	int end = 0;

	if (len < 10 || strlen(line) != len || line[len - 1] != '\n' ||
	    line[len - 10] != ' ')
		return false;
	line[len - 10] = '\0';
	return sscanf(line + len - 9, "%8" SCNx32 "\n%n", &sum, &end) == 1 &&
	       end == 9 && sum == sum_of(line, len - 10);
}

/* starts_file - is this what can be left of a first line? */
static bool starts_file(const char *line, size_t len)
{
	size_t magic_len = strlen(MAGIC);

	return !strncmp(line, MAGIC, len < magic_len ? len : magic_len);
}

/**
 * read_lines - read all that is whole; what comes after it is cut off
 * @state: the state file
 * @job: what the run does
 * @first: set when there is no first line yet
 *
 * Return: STATE_OK, or what is in the way.
 */
static enum state_result read_lines(struct shift_state *state, const char *job,
				    bool *first)
{
	enum state_result result = STATE_OK;
	bool broken = false;
	size_t room = 0;
	off_t whole = 0;
	char *line = NULL;
	ssize_t len;

	*first = true;

	while ((len = getline(&line, &room, state->file)) > 0) {
		/* a broken line is the last, and not one of another file */
		if (broken || (*first && !starts_file(line, len))) {
			result = STATE_DAMAGED;
			break;
		}
		if (!check_sum(line, len)) {
			broken = true;
			continue;
		}
		whole += len;
		result = STATE_DAMAGED;
		if (*first) {
			if (strcmp(line + strlen(MAGIC), job)) {
				result = STATE_OTHER;
				break;
			}
		} else if (!(strncmp(line, "intent ", 7) ?
			     read_settled(state, line) :
			     read_intent(state, line))) {
			break;
		}
		*first = false;
		result = STATE_OK;
	}
	free(line);
	if (result == STATE_OK && ferror(state->file))
		return STATE_ERRNO;
	if (result == STATE_OK && broken && ftruncate(fileno(state->file), whole))
		return STATE_ERRNO;
	return result;
}

/* sync_directory - so that the name of a new file is on the disk */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash - path + 1) : strdup(".");
	int fd, err;

	if (!dir)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -1;
	err = fsync(fd);
	close(fd);
	return err;
}

/* begin - a new file gets its first line, which is on the disk at once */
static int begin(struct shift_state *state, const char *job)
{
	if (add_line(state, MAGIC "%s", job) || shift_state_sync(state))
		return -1;
	return sync_directory(state->path);
}

static enum state_result open_locked(struct shift_state *state, int fd,
				     const char *job)
{
	enum state_result result;
	struct stat st;
	bool first;

	if (fstat(fd, &st))
		return STATE_ERRNO;
	state->dev = st.st_dev;
	state->ino = st.st_ino;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    st.st_uid != geteuid() || (st.st_mode & 022))
		return STATE_UNSAFE;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? STATE_BUSY : STATE_ERRNO;
	result = read_lines(state, job, &first);
	if (result == STATE_OK && first && begin(state, job))
		return STATE_ERRNO;
	return result;
}

/**
 * shift_state_open - open a state file, or begin one
 * @state: where it goes
 * @path: its path
 * @job: what the run does, in words without a newline; a file of another job
 *	is not taken up
 *
 * Return: STATE_OK, or what was in the way.
 */
enum state_result shift_state_open(struct shift_state **state, const char *path,
				   const char *job)
{
	struct shift_state *s = calloc(1, sizeof(*s));
	enum state_result result = STATE_ERRNO;
	int fd;

	if (!s)
		return STATE_ERRNO;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
		  O_CLOEXEC, 0600);
	if (fd >= 0) {
		s->path = strdup(path);
		s->file = fdopen(fd, "a+");
		if (!s->file)
			close(fd);
		else if (s->path)
			result = open_locked(s, fd, job);
	}
	if (result != STATE_OK) {
		shift_state_close(s, false);
		return result;
	}
	*state = s;
	return STATE_OK;
}

/**
 * shift_state_close - close a state file
 * @state: it, or NULL
 * @complete: nothing is left to do: remove it
 */
void shift_state_close(struct shift_state *state, bool complete)
{
	int err = errno;

	if (!state)
		return;
	if (complete)
		unlink(state->path);
	if (state->file)
		fclose(state->file);
	tdestroy(state->intents, free_intent);
	free(state->path);
	free(state);
	errno = err;
}

/**
 * shift_state_is - is this inode the state file itself?
 * @state: the state file, or NULL
 * @dev: the device of the inode
 * @ino: its number
 *
 * Return: whether it is.
 */
bool shift_state_is(const struct shift_state *state, dev_t dev, ino_t ino)
{
	return state && state->dev == dev && state->ino == ino;
}

/**
 * shift_state_find - what is known of a file
 * @state: the state file, or NULL
 * @key: the file's key
 *
 * Return: the intent, which stays the state file's; NULL when there is none.
 */
struct intent *shift_state_find(struct shift_state *state, const char *key)
{
	struct intent sample;
	void *found;

	if (!state)
		return NULL;
	snprintf(sample.key, sizeof(sample.key), "%s", key);
	found = tfind(&sample, &state->intents, compare_keys);
	return found ? *(struct intent **)found : NULL;
}

/**
 * shift_state_add - write down what is about to be done
 * @state: the state file
 * @intent: what is intended; it is copied
 *
 * It is not on the disk before shift_state_sync().
 *
 * Return: 0, or -1 and errno.
 */
int shift_state_add(struct shift_state *state, const struct intent *intent)
{
	const struct file_state *old = &intent->old;
	const struct content *content = &intent->content;
	char hex[HEX_SIZE];
	char *path;
	int err;

	path = write_path(intent->path);
	if (!path)
		return -1;
	write_caps(hex, old);
	err = add_line(state, "intent %s %u %u %o %" PRIu64 " %" PRId64 ".%" PRIu32
		       " %s %s %s", intent->key, old->uid, old->gid, old->mode,
		       content->size, content->sec, content->nsec,
		       content->digest, hex, path);
	free(path);
	return err ? err : remember(state, intent);
}

/**
 * shift_state_sync - see that all that was written is on the disk
 * @state: the state file
 *
 * Return: 0, or -1 and errno.
 */
int shift_state_sync(struct shift_state *state)
{
	if (fflush(state->file))
		return -1;
	return fdatasync(fileno(state->file));
}

/**
 * shift_state_undone - forget an intent: the file is what it was
 * @state: the state file
 * @key: the file's key
 *
 * Return: 0, or -1 and errno.
 */
int shift_state_undone(struct shift_state *state, const char *key)
{
	forget(state, shift_state_find(state, key));
	return add_line(state, "undone %s", key);
}

/* twalk(3) hands on nothing of ours */
static struct shift_state *walked;
static int walk_err;

static void write_done(const void *node, VISIT which, int depth)
{
	struct intent *intent = *(struct intent *const *)node;

	(void)depth;
	if ((which != postorder && which != leaf) || intent->done ||
	    !intent->changed)
		return;
	intent->done = true;
	walk_err |= add_line(walked, "done %s", intent->key);
}

/**
 * shift_state_done - write down which files are what they are to be
 * @state: the state file; what was changed is on the disk
 *
 * Return: 0, or -1 and errno.
 */
int shift_state_done(struct shift_state *state)
{
	walked = state;
	walk_err = 0;
	twalk(state->intents, write_done);
	return walk_err ? -1 : shift_state_sync(state);
}

static void (*tell_pending)(const struct intent *intent);

static void visit_pending(const void *node, VISIT which, int depth)
{
	const struct intent *intent = *(const struct intent *const *)node;

	(void)depth;
	if ((which == postorder || which == leaf) && !intent->done &&
	    !intent->met)
		tell_pending(intent);
}

/**
 * shift_state_pending - tell of the files that were begun and are not found
 * @state: the state file, or NULL
 * @tell: called with each intent that is not done and was not met
 */
void shift_state_pending(struct shift_state *state,
			 void (*tell)(const struct intent *intent))
{
	tell_pending = tell;
	if (state)
		twalk(state->intents, visit_pending);
}
