// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap shift: carry a tree's capabilities from one mapping of uids to another.
 *
 * A file's capabilities belong to a uid, their root.  When it is a uid of the
 * source, what is uid U inside, it becomes what is U inside the target.  A
 * root that has no image there stops the file: nothing is given to somebody
 * who did not have it.
 *
 * Without --chown a file changes by one setxattr(2), so it is at each moment
 * what it was or what it is to be.  With it, the change of the owner takes the
 * capabilities away and they are set anew, so what they were is written to the
 * state file before; see shiftstate.c.
 *
 * Files are held by O_PATH descriptors from the moment they are looked at, and
 * no symbolic link is followed.
 */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <sha2.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "out.h"
#include "shift.h"
#include "uidmap.h"

/* intents that go to the disk together, and files held meanwhile */
#define QUEUE_MAX	64
/* deeper than any path that can be named */
#define DEPTH_MAX	2100
/* filesystems that are synced at the end */
#define SYNC_MAX	64

/**
 * enum outcome - what became of a file
 * @SHIFTED: it is carried over, or would be with --dry-run
 * @KEPT: it is what it is to be already
 * @PLAIN: its capabilities belong to the host's root
 * @FOREIGN_ROOT: they belong to a root that is not of the source
 * @NO_ROOT: their root has no image in the target
 * @UNNAMED_ROOT: their root has no name in the caller's user namespace
 * @HOST_ROOT: the host's root would become their root, or the owner of a
 *	setuid program
 * @MALFORMED: the kernel does not take the value
 * @FOREIGN_OWNER: its owner or group is not of the source
 * @NO_OWNER: its owner or group has no image in the target
 * @CHANGED: it is not what the state file says of it, or it was changed at
 *	the same time
 * @FAILED: a system call failed
 * @IMMUTABLE: it is immutable or append-only
 * @IN_USE: somebody has it open for writing
 * @OUTCOMES: how many there are
 *
 * Those from @PLAIN to before @MALFORMED are answers, those from there on
 * errors.
 */
enum outcome {
	SHIFTED,
	KEPT,
	PLAIN,
	FOREIGN_ROOT,
	NO_ROOT,
	UNNAMED_ROOT,
	HOST_ROOT,
	FOREIGN_OWNER,
	NO_OWNER,
	MALFORMED,
	IMMUTABLE,
	IN_USE,
	CHANGED,
	FAILED,
	OUTCOMES
};

static const struct {
	const char *name, *text;
} outcomes[OUTCOMES] = {
	[SHIFTED] = { "shifted", "" },
	[KEPT] = { "kept", "" },
	[PLAIN] = { "plain",
		"its capabilities belong to the host's root, not to one of --from" },
	[FOREIGN_ROOT] = { "foreign-root",
		"its capabilities belong to a root that is not of --from" },
	[NO_ROOT] = { "no-root",
		"the root of its capabilities has no image in --to" },
	[UNNAMED_ROOT] = { "unnamed-root",
		"the root of its capabilities has no name here; run this where it has" },
	[HOST_ROOT] = { "host-root",
		"the host's root would own the privilege; see --allow-host-root" },
	[FOREIGN_OWNER] = { "foreign-owner", "its owner or group is not of --from" },
	[NO_OWNER] = { "no-owner", "its owner or group has no image in --to" },
	[MALFORMED] = { "malformed", "its capabilities are malformed" },
	[IMMUTABLE] = { "immutable", "it is immutable or append-only, see lsattr(1)" },
	[IN_USE] = { "in-use", "somebody has it open for writing" },
	[CHANGED] = { "changed",
		"it was changed by somebody else meanwhile, and is left alone" },
	[FAILED] = { "failed", "" },
};

/**
 * struct item - a file that is looked at
 * @fd: it, opened with O_PATH; -1 when it is closed
 * @path: its path, for messages
 * @dev: its device
 * @ino: its inode
 * @nlink: its links
 * @key: what it is called in the state file
 * @content: what tells whether it was written to
 * @held: it, opened to be read; nobody can write to it meanwhile; or -1
 * @leased: that is so, and not a filesystem without leases
 * @pinned: it is immutable or append-only
 * @now: what it is
 * @old: what it was before any run with this state file
 * @new: what it is to be
 * @intent: what the state file has on it, or NULL
 * @outcome: may it be changed? of one in the queue
 * @err: errno when that FAILED
 */
struct item {
	int fd;
	char *path;
	dev_t dev;
	ino_t ino;
	nlink_t nlink;
	char key[FILE_KEY_SIZE];
	struct content content;
	int held;
	bool leased;
	bool pinned;
	struct file_state now, old, new;
	struct intent *intent;
	enum outcome outcome;
	int err;
};

/**
 * struct shift - a run
 * @from: the source's uids
 * @to: the target's
 * @from_gid: the source's gids
 * @to_gid: the target's
 * @have_from: @from was given
 * @have_to: @to was given
 * @have_from_gid: @from_gid was given; else it is as @from
 * @have_to_gid: @to_gid was given; else it is as @to
 * @chown: owners are to be changed as well
 * @dry_run: nothing is to be changed
 * @json: JSON is wanted
 * @one_fs: mounts are not to be entered
 * @host_root: the target's root may be the host's
 * @verbose: files whose owner alone changes are to be named
 * @meet: the source and the target have ids in common, so that a file does
 *	not show whether it was shifted
 * @state_path: where the state file is to be, or NULL
 * @paths: the arguments, and NULL at their end
 * @state: the state file, or NULL
 * @queue: files of which the state file is to know before they are changed
 * @queued: how many these are
 * @seen: a tree of the inodes that may be met twice
 * @mount: the mount of the current argument
 * @sync: a directory on each filesystem that was entered
 * @syncs: how many these are
 * @count: how many files became what
 * @caps: how many of the shifted have capabilities
 * @errors: there were errors beside those of files
 */
struct shift {
	struct uid_map from, to, from_gid, to_gid;
	bool have_from, have_to, have_from_gid, have_to_gid;
	bool chown, dry_run, json, one_fs, host_root, verbose, meet;
	const char *state_path;
	char **paths;
	struct shift_state *state;
	struct item queue[QUEUE_MAX];
	size_t queued;
	void *seen;
	uint64_t mount;
	struct {
		dev_t dev;
		int fd;
	} sync[SYNC_MAX];
	size_t syncs;
	unsigned long long count[OUTCOMES], caps;
	bool errors;
};

/* the signal that is to end the run */
static atomic_int stop;

static void on_signal(int sig)
{
	stop = sig;
}

/* --- what a file is --- */

static bool same_caps(const struct file_state *a, const struct file_state *b)
{
	if (!a->has_caps || !b->has_caps)
		return a->has_caps == b->has_caps;
	return a->caps.permitted == b->caps.permitted &&
	       a->caps.inheritable == b->caps.inheritable &&
	       a->caps.effective == b->caps.effective &&
	       a->caps.revision == b->caps.revision &&
	       a->caps.rootid == b->caps.rootid;
}

static bool same_ids(const struct file_state *a, const struct file_state *b)
{
	return a->uid == b->uid && a->gid == b->gid;
}

static bool same_state(const struct file_state *a, const struct file_state *b)
{
	return same_ids(a, b) && a->mode == b->mode && same_caps(a, b);
}

/* has_privilege - does a change of the owner take anything away? */
static bool has_privilege(const struct file_state *file)
{
	return S_ISREG(file->mode) &&
	       (file->has_caps || (file->mode & (S_ISUID | S_ISGID)));
}

/* fd_path - a path by which system calls find what is open */
static const char *fd_path(int fd)
{
	static char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

/* read_key - a name for the file that stays, whatever it is called */
static void read_key(struct item *item, const struct statx *stx)
{
	union {
		struct file_handle handle;
		unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .handle.handle_bytes = MAX_HANDLE_SZ };
	const unsigned char *bytes = h.room + sizeof(h.handle);
	char *p = item->key;
	int mount;

	if (name_to_handle_at(item->fd, "", &h.handle, &mount, AT_EMPTY_PATH)) {
		p += sprintf(p, "i%x:%x:%llx", stx->stx_dev_major,
			     stx->stx_dev_minor, (long long)stx->stx_ino);
	} else {
		p += sprintf(p, "h%x:", h.handle.handle_type);
		for (unsigned int i = 0; i < h.handle.handle_bytes; i++)
			p += sprintf(p, "%02x", bytes[i]);
	}
	if (stx->stx_mask & STATX_BTIME)
		sprintf(p, ":%llx.%x", (long long)stx->stx_btime.tv_sec,
			stx->stx_btime.tv_nsec);
}

/* read_caps - SHIFTED when they are read or there are none */
static enum outcome read_caps(int fd, struct file_state *file)
{
	int err;

	file->has_caps = false;
	if (!S_ISREG(file->mode))
		return SHIFTED;
	err = fcaps_get(fd_path(fd), &file->caps);
	switch (err) {
	case 0:
		file->has_caps = true;
		return SHIFTED;
	case ENODATA:
	case EOPNOTSUPP:
		return SHIFTED;
	case EOVERFLOW:
		return UNNAMED_ROOT;
	case EINVAL:
		return MALFORMED;
	default:
		errno = err;
		return FAILED;
	}
}

/* read_state - what it is now; SHIFTED, or what is in the way */
static enum outcome read_state(int fd, struct file_state *file)
{
	struct stat st;

	if (fstat(fd, &st))
		return FAILED;
	file->uid = st.st_uid;
	file->gid = st.st_gid;
	file->mode = st.st_mode;
	return read_caps(fd, file);
}

/* --- what it is to be --- */

static enum outcome plan_id(const struct uid_map *from, const struct uid_map *to,
			    uint32_t *id)
{
	uint32_t inside;

	if (uid_map_inside(from, *id, &inside))
		return uid_map_outside(to, inside, id) ? SHIFTED : NO_OWNER;
	return uid_map_inside(to, *id, &inside) ? SHIFTED : FOREIGN_OWNER;
}

/* plan_caps - whose they are to be */
static enum outcome plan_caps(const struct shift *s, struct fcaps *caps)
{
	uint32_t inside, root;

	/* form 2 has rootid 0, which only a source with the host's root has */
	if (!uid_map_inside(&s->from, caps->rootid, &inside)) {
		if (caps->revision == 2)
			return PLAIN;
		return uid_map_inside(&s->to, caps->rootid, &inside) ?
			SHIFTED : FOREIGN_ROOT;
	}
	if (!uid_map_outside(&s->to, inside, &root))
		return NO_ROOT;
	if (root == caps->rootid)
		return SHIFTED;
	/* the host's root only for a source's root, and not by accident */
	if (!root && (inside || !s->host_root))
		return HOST_ROOT;
	caps->revision = root ? 3 : 2;
	caps->rootid = root;
	return SHIFTED;
}

/* grants_root - would a setuid program become one of the host's root? */
static bool grants_root(const struct shift *s, const struct file_state *old,
			const struct file_state *new)
{
	uint32_t inside;

	if (!S_ISREG(old->mode))
		return false;
	if ((old->mode & S_ISUID) && old->uid && !new->uid &&
	    (!s->host_root || !uid_map_inside(&s->from, old->uid, &inside) ||
	     inside))
		return true;
	return (old->mode & S_ISGID) && old->gid && !new->gid &&
	       (!s->host_root ||
		!uid_map_inside(&s->from_gid, old->gid, &inside) || inside);
}

/* plan - what a file is to be; SHIFTED, or why it is to be left alone */
static enum outcome plan(const struct shift *s, const struct file_state *old,
			 struct file_state *new)
{
	enum outcome outcome = SHIFTED;

	*new = *old;
	if (old->has_caps)
		outcome = plan_caps(s, &new->caps);
	if (outcome != SHIFTED || !s->chown)
		return outcome;
	outcome = plan_id(&s->from, &s->to, &new->uid);
	if (outcome == SHIFTED)
		outcome = plan_id(&s->from_gid, &s->to_gid, &new->gid);
	if (outcome == SHIFTED && grants_root(s, old, new))
		outcome = HOST_ROOT;
	return outcome;
}

/**
 * is_interrupted - is a file what a run that was stopped can have left?
 * @s: the run
 * @item: the file; its @old and @new are known
 *
 * What is in it is looked at later, when nobody can write to it: see grip().
 *
 * Return: whether it is, so that it may be made what it is to be.
 */
static bool is_interrupted(const struct shift *s, const struct item *item)
{
	const struct file_state *now = &item->now, *old = &item->old;
	const mode_t lost = old->mode & ~now->mode;

	if (same_state(now, old))
		return true;
	/* nothing else takes more than one step */
	if (!s->chown || !has_privilege(old))
		return false;
	if (!same_ids(now, old) && !same_ids(now, &item->new))
		return false;
	if ((now->mode & ~old->mode) || (lost & ~(S_ISUID | S_ISGID)))
		return false;
	return !now->has_caps ||
	       same_caps(now, same_ids(now, &item->new) ? &item->new : old);
}

/* --- what is said --- */

static void put_change(json_t *object, const char *key, long long from,
		       long long to)
{
	json_put(object, key, json_pack("{sIsI}", "from", (json_int_t)from,
					"to", (json_int_t)to));
}

static void report_json(const struct item *item, enum outcome outcome,
			const char *text)
{
	json_t *object = json_begin();
	char *caps;

	json_put_path(object, "path", item->path);
	json_put(object, "result", json_string(outcomes[outcome].name));
	if (item->old.has_caps) {
		caps = fcaps_text(&item->old.caps);
		json_put(object, "caps", json_string(caps));
		free(caps);
	}
	if (outcome != SHIFTED) {
		json_put(object, "message", json_string(text));
	} else {
		if (item->old.has_caps)
			put_change(object, "rootid", item->old.caps.rootid,
				   item->new.caps.rootid);
		put_change(object, "uid", item->old.uid, item->new.uid);
		put_change(object, "gid", item->old.gid, item->new.gid);
	}
	json_end(object);
}

static void report_text(const struct item *item)
{
	const struct file_state *old = &item->old, *new = &item->new;
	char *caps;

	fputs(quoted(item->path), stdout);
	if (old->has_caps) {
		caps = fcaps_text(&old->caps);
		printf(" %s rootid %u -> %u", caps ? caps : "?",
		       old->caps.rootid, new->caps.rootid);
		free(caps);
	}
	if (!same_ids(old, new))
		printf(" owner %u:%u -> %u:%u", old->uid, old->gid, new->uid,
		       new->gid);
	putchar('\n');
}

/* report - count it, and say what is worth a line; errno when it FAILED */
static void report(struct shift *s, const struct item *item,
		   enum outcome outcome)
{
	const char *text = outcomes[outcome].text;

	if (outcome == FAILED)
		text = strerror(errno);
	s->count[outcome]++;
	if (outcome == SHIFTED && item->old.has_caps)
		s->caps++;
	if (outcome == KEPT)
		return;
	if (outcome == SHIFTED && !s->verbose && !has_privilege(&item->old))
		return;
	if (s->json)
		report_json(item, outcome, text);
	else if (outcome == SHIFTED)
		report_text(item);
	if (outcome != SHIFTED)
		complain_of(item->path, "%s", text);
}

static void fail(struct shift *s, const char *path)
{
	complain_of(path, "%s", strerror(errno));
	s->errors = true;
}

/* --- the change --- */

/**
 * hold - keep writers away from a file that has privilege
 * @item: the file
 *
 * With a lease nobody has it open for writing, and who wants to waits.
 *
 * Return: SHIFTED; IN_USE when there is a writer; FAILED and errno.
 */
static enum outcome hold(struct item *item)
{
	item->held = open(fd_path(item->fd), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (item->held < 0)
		return FAILED;
	/* some filesystems have no leases */
	item->leased = !fcntl(item->held, F_SETLEASE, F_RDLCK);
	return !item->leased && errno == EAGAIN ? IN_USE : SHIFTED;
}

/* is_held - a lease is lost when somebody waits for it for long */
static bool is_held(const struct item *item)
{
	return !item->leased || fcntl(item->held, F_GETLEASE) == F_RDLCK;
}

/* read_content - 0, or -1 and errno */
static int read_content(const struct item *item, struct content *content)
{
	struct stat st;

	if (fstat(item->held, &st) ||
	    !SHA256File(fd_path(item->held), content->digest))
		return -1;
	content->size = st.st_size;
	content->sec = st.st_mtim.tv_sec;
	content->nsec = st.st_mtim.tv_nsec;
	return 0;
}

static bool same_content(const struct content *a, const struct content *b)
{
	return a->size == b->size && a->sec == b->sec && a->nsec == b->nsec &&
	       !strcmp(a->digest, b->digest);
}

/**
 * grip - hold a file for its change
 * @s: the run
 * @item: the file
 *
 * What a change of the owner takes away is given back to the bytes that had it
 * and to no others, whoever changed them and whatever the clock says: so it is
 * remembered which these are, while they have it and nobody can write.
 *
 * Return: SHIFTED when it may be changed, or what is in the way.
 */
static enum outcome grip(const struct shift *s, struct item *item)
{
	struct file_state now;
	enum outcome outcome;

	if (!has_privilege(&item->old))
		return SHIFTED;
	outcome = hold(item);
	if (outcome != SHIFTED)
		return outcome;
	if (read_state(item->fd, &now) != SHIFTED ||
	    !same_state(&now, &item->now))
		return CHANGED;
	if (!s->chown)
		return SHIFTED;
	if (read_content(item, &item->content))
		return FAILED;
	return same_state(&item->now, &item->old) ||
	       same_content(&item->content, &item->intent->content) ? SHIFTED :
								      CHANGED;
}

static int set_caps(int fd, const struct fcaps *caps, int flags)
{
	struct vfs_ns_cap_data bytes;
	size_t size = fcaps_encode(caps, &bytes);

	return setxattr(fd_path(fd), CAPS_XATTR, &bytes, size, flags);
}

/**
 * make - make a file what it is to be
 * @fd: the file
 * @now: what it is
 * @new: what it is to be
 *
 * Return: SHIFTED; CHANGED when it turns out not to be what was asked for;
 * FAILED and errno.
 */
static enum outcome make(int fd, const struct file_state *now,
			 const struct file_state *new)
{
	struct file_state got;
	bool chown = !same_ids(now, new);
	/* what a write took away meanwhile must not come back */
	int flags = chown ? 0 : now->has_caps ? XATTR_REPLACE : XATTR_CREATE;

	if (chown && fchownat(fd, "", new->uid, new->gid, AT_EMPTY_PATH))
		return FAILED;
	if (!has_privilege(new))
		return SHIFTED;
	if (new->has_caps && (chown || !same_caps(now, new)) &&
	    set_caps(fd, &new->caps, flags))
		return errno == EEXIST || errno == ENODATA ? CHANGED : FAILED;
	if (read_state(fd, &got) == FAILED)
		return FAILED;
	if (got.mode != new->mode && chmod(fd_path(fd), new->mode & 07777))
		return FAILED;
	if (read_state(fd, &got) != SHIFTED || !same_state(&got, new))
		return CHANGED;
	return SHIFTED;
}

/* undo - make it what it was; false when it could not be */
static bool undo(const struct item *item)
{
	struct file_state now;
	int err = errno;
	bool good;

	good = read_state(item->fd, &now) == SHIFTED &&
	       (same_state(&now, &item->now) ||
		make(item->fd, &now, &item->now) == SHIFTED);
	errno = err;
	return good;
}

static bool is_noted(const struct shift *s, dev_t dev)
{
	for (size_t i = 0; i < s->syncs; i++) {
		if (s->sync[i].dev == dev)
			return true;
	}
	return false;
}

/* note_filesystem - it is to be synced at the end */
static void note_filesystem(struct shift *s, int fd, dev_t dev)
{
	if (!s->state || is_noted(s, dev))
		return;
	if (s->syncs == SYNC_MAX) {
		complain("more filesystems than %d", SYNC_MAX);
		s->errors = true;
		return;
	}
	s->sync[s->syncs].fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	s->sync[s->syncs].dev = dev;
	if (s->sync[s->syncs].fd >= 0)
		s->syncs++;
}

/**
 * is_written - was a file written to that could not be held?
 * @s: the run
 * @item: the file; it is changed
 *
 * What it was given is taken away again then, as the kernel does at a write.
 *
 * Return: whether it was.
 */
static bool is_written(const struct shift *s, const struct item *item)
{
	struct content content;

	if (!s->chown || item->held < 0 || item->leased ||
	    (!read_content(item, &content) &&
	     same_content(&content, &item->content)))
		return false;
	removexattr(fd_path(item->fd), CAPS_XATTR);
	chmod(fd_path(item->fd), item->new.mode & 07777 & ~(S_ISUID | S_ISGID));
	return true;
}

/* settle - what the state file is to know of how it ended */
static void settle(struct shift *s, struct item *item, enum outcome outcome)
{
	if (outcome == SHIFTED)
		item->intent->changed = is_noted(s, item->dev);
	else if (same_state(&item->now, &item->old) &&
		 shift_state_undone(s->state, item->key))
		fail(s, s->state_path);
}

/* change - the change of one file, of which the state file knows */
static enum outcome change(struct shift *s, struct item *item)
{
	enum outcome outcome = make(item->fd, &item->now, &item->new);

	/* what an earlier run left is better not made worse */
	if (outcome != SHIFTED && same_state(&item->now, &item->old) &&
	    !undo(item)) {
		complain_of(item->path, "what it was could not be put back; run this again");
		item->intent = NULL;
	}
	if (outcome == SHIFTED && is_written(s, item)) {
		/* it is neither what it was nor what it is to be */
		item->intent = NULL;
		outcome = CHANGED;
	}
	return outcome;
}

static void drop(struct item *item)
{
	if (item->held >= 0)
		close(item->held);
	close(item->fd);
	free(item->path);
}

/* carry - change what grip() let pass, and tell; the item is used up */
static void carry(struct shift *s, struct item *item, enum outcome outcome)
{
	int err;

	if (outcome == SHIFTED)
		outcome = is_held(item) ? change(s, item) : IN_USE;
	err = errno;
	if (item->held >= 0)
		note_filesystem(s, item->held, item->dev);
	if (item->intent)
		settle(s, item, outcome);
	errno = err;
	report(s, item, outcome);
	drop(item);
}

/* is_known - does the state file say of a file what it is to say? */
static bool is_known(const struct item *item)
{
	return item->intent &&
	       (item->held < 0 ||
		same_content(&item->content, &item->intent->content));
}

/* write_intents - false when the disk has them not */
static bool write_intents(struct shift *s)
{
	for (size_t i = 0; i < s->queued; i++) {
		struct item *item = &s->queue[i];
		struct intent intent = {
			.old = item->old,
			.content = item->content,
			.path = item->path,
			.met = true,
		};

		if (item->outcome != SHIFTED || is_known(item))
			continue;
		memcpy(intent.key, item->key, sizeof(intent.key));
		if (shift_state_add(s->state, &intent))
			return false;
		item->intent = shift_state_find(s->state, item->key);
	}
	return !shift_state_sync(s->state);
}

/* flush - change what is in the queue */
static void flush(struct shift *s)
{
	bool written;

	for (size_t i = 0; i < s->queued; i++) {
		s->queue[i].outcome = grip(s, &s->queue[i]);
		s->queue[i].err = errno;
	}
	written = !s->queued || write_intents(s);
	if (!written) {
		fail(s, s->state_path);
		stop = -1;
	}
	for (size_t i = 0; i < s->queued; i++) {
		struct item *item = &s->queue[i];

		errno = item->err;
		if (written)
			carry(s, item, item->outcome);
		else
			drop(item);
	}
	s->queued = 0;
}

/* needs_intent - can a run that is stopped leave something to be mended? */
static bool needs_intent(const struct shift *s, const struct item *item)
{
	return s->state &&
	       (s->meet || (s->chown && has_privilege(&item->old)));
}

/* --- the walk --- */

static int compare_inodes(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* meet - is it met for the first time? */
static bool meet(struct shift *s, const struct item *item)
{
	struct item *copy;
	void *found;

	if (S_ISDIR(item->now.mode) ? !s->meet :
	    item->nlink == 1 && !needs_intent(s, item))
		return true;
	copy = malloc(sizeof(*copy));
	if (copy) {
		copy->dev = item->dev;
		copy->ino = item->ino;
	}
	found = copy ? tsearch(copy, &s->seen, compare_inodes) : NULL;
	if (!found) {
		complain("out of memory");
		exit(NSCAP_ERRORS);
	}
	if (*(struct item **)found == copy)
		return true;
	free(copy);
	return false;
}

/* recall - what the state file knows; SHIFTED when there is something to do */
static enum outcome recall(struct shift *s, struct item *item)
{
	item->old = item->now;
	item->intent = shift_state_find(s->state, item->key);
	if (!item->intent)
		return SHIFTED;
	item->intent->met = true;
	if (item->intent->done)
		return KEPT;
	item->old = item->intent->old;
	return (item->old.mode ^ item->now.mode) & S_IFMT ? CHANGED : SHIFTED;
}

/* look - what is to become of a file, and why not */
static enum outcome look(struct shift *s, struct item *item)
{
	enum outcome outcome = recall(s, item);

	if (outcome == SHIFTED)
		outcome = plan(s, &item->old, &item->new);
	if (outcome != SHIFTED)
		return outcome;
	if (same_state(&item->now, &item->new)) {
		if (item->intent)
			item->intent->changed = is_noted(s, item->dev);
		return KEPT;
	}
	if (item->intent && !is_interrupted(s, item))
		return CHANGED;
	return item->pinned ? IMMUTABLE : SHIFTED;
}

/* treat - see to a file; the item is used up */
static void treat(struct shift *s, struct item *item)
{
	enum outcome outcome;

	outcome = read_caps(item->fd, &item->now);
	if (outcome == SHIFTED)
		outcome = look(s, item);
	else
		item->old = item->now;
	if (outcome != SHIFTED || s->dry_run) {
		if (meet(s, item))
			report(s, item, outcome);
		drop(item);
	} else if (!meet(s, item)) {
		drop(item);
	} else if (needs_intent(s, item)) {
		s->queue[s->queued++] = *item;
		if (s->queued == QUEUE_MAX)
			flush(s);
	} else {
		carry(s, item, grip(s, item));
	}
}

/* look_up - hold a file and see what it is; false, and said, when not */
static bool look_up(struct shift *s, int dir, const char *name,
		    const char *path, struct item *item, uint64_t *mount)
{
	struct statx stx;

	*item = (struct item) {
		.fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC),
		.held = -1,
		.content.digest = "-",
	};
	if (item->fd < 0 ||
	    statx(item->fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID, &stx)) {
		fail(s, path);
		if (item->fd >= 0)
			close(item->fd);
		return false;
	}
	item->dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	item->ino = stx.stx_ino;
	item->nlink = stx.stx_nlink;
	item->pinned = stx.stx_attributes &
		       (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND);
	item->now.uid = stx.stx_uid;
	item->now.gid = stx.stx_gid;
	item->now.mode = stx.stx_mode;
	*mount = stx.stx_mask & STATX_MNT_ID ? stx.stx_mnt_id : item->dev;
	read_key(item, &stx);
	item->path = strdup(path);
	if (item->path)
		return true;
	fail(s, path);
	close(item->fd);
	return false;
}

static void visit(struct shift *s, int dir, const char *name, const char *path,
		  int depth);

static void visit_entries(struct shift *s, DIR *d, const char *path, int depth)
{
	const size_t len = strlen(path);
	struct dirent *entry;
	char *below;

	while (!stop) {
		errno = 0;
		entry = readdir(d);
		if (!entry) {
			if (errno)
				fail(s, path);
			return;
		}
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (asprintf(&below, "%s%s%s", path,
			     len && path[len - 1] == '/' ? "" : "/",
			     entry->d_name) < 0) {
			fail(s, path);
			return;
		}
		visit(s, dirfd(d), entry->d_name, below, depth + 1);
		free(below);
	}
}

/* open_directory - to be read; NULL, and said, when it cannot be */
static DIR *open_directory(struct shift *s, const struct item *item, int depth)
{
	DIR *d = NULL;
	int fd = -1;

	errno = ENAMETOOLONG;
	if (depth <= DEPTH_MAX)
		fd = openat(item->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		d = fdopendir(fd);
	if (d) {
		note_filesystem(s, fd, item->dev);
		return d;
	}
	fail(s, item->path);
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void visit(struct shift *s, int dir, const char *name, const char *path,
		  int depth)
{
	struct item item;
	uint64_t mount;
	DIR *d = NULL;

	if (!look_up(s, dir, name, path, &item, &mount))
		return;
	if (!depth)
		s->mount = mount;
	if ((s->one_fs && mount != s->mount) ||
	    shift_state_is(s->state, item.dev, item.ino)) {
		drop(&item);
		return;
	}
	if (S_ISDIR(item.now.mode))
		d = open_directory(s, &item, depth);
	treat(s, &item);
	if (!d)
		return;
	visit_entries(s, d, path, depth);
	closedir(d);
}

static void visit_argument(struct shift *s, const char *path)
{
	struct stat st;

	if (lstat(path, &st)) {
		fail(s, path);
	} else if (S_ISLNK(st.st_mode)) {
		complain_of(path, "it is a symbolic link; name what it leads to");
		s->errors = true;
	} else {
		visit(s, AT_FDCWD, path, path, 0);
		flush(s);
	}
}

/* --- the end --- */

static struct shift *telling;

static void tell_pending(const struct intent *intent)
{
	complain_of(intent->path, "a run with this state file began it, and it is not there any more");
	telling->errors = true;
}

/* sync_all - see that what was changed is on the disk */
static bool sync_all(struct shift *s)
{
	bool good = true;

	for (size_t i = 0; i < s->syncs; i++) {
		if (syncfs(s->sync[i].fd)) {
			complain("cannot sync: %s", strerror(errno));
			s->errors = true;
			good = false;
		}
		close(s->sync[i].fd);
	}
	return good;
}

static unsigned long long sum(const struct shift *s, enum outcome first,
			      enum outcome last)
{
	unsigned long long n = 0;

	for (enum outcome o = first; o <= last; o++)
		n += s->count[o];
	return n;
}

static int status_of(const struct shift *s)
{
	if (s->errors || sum(s, MALFORMED, FAILED))
		return NSCAP_ERRORS;
	return sum(s, PLAIN, NO_OWNER) ? NSCAP_NO : NSCAP_OK;
}

static void report_sum(const struct shift *s)
{
	unsigned long long refused = sum(s, PLAIN, NO_OWNER);
	unsigned long long errors = sum(s, MALFORMED, FAILED);
	json_t *object;

	if (!s->json) {
		printf("%s%llu shifted, %llu of them with capabilities; %llu kept, %llu refused, %llu failed\n",
		       s->dry_run ? "dry run: " : "", s->count[SHIFTED],
		       s->caps, s->count[KEPT], refused, errors);
		return;
	}
	object = json_begin();
	json_put(object, "result", json_string("total"));
	json_put(object, "dry_run", json_boolean(s->dry_run));
	json_put(object, "complete", json_boolean(!stop));
	json_put(object, "shifted", json_integer(s->count[SHIFTED]));
	json_put(object, "shifted_caps", json_integer(s->caps));
	json_put(object, "kept", json_integer(s->count[KEPT]));
	json_put(object, "refused", json_integer(refused));
	json_put(object, "failed", json_integer(errors));
	json_end(object);
}

/*
 * end - close the state file, which is gone when nothing is left to do.  Not
 * where it alone tells what was shifted: who runs this again because they did
 * not see its end would shift all of it twice.
 */
static void end(struct shift *s)
{
	if (stop > 0) {
		complain("stopped; run it again%s", s->state ?
			 " with the same state file" : "");
		s->errors = true;
	}
	if (s->state) {
		telling = s;
		if (!stop)
			shift_state_pending(s->state, tell_pending);
		if (sync_all(s) && shift_state_done(s->state))
			fail(s, s->state_path);
		shift_state_close(s->state, !s->meet && status_of(s) == NSCAP_OK);
	}
	tdestroy(s->seen, free);
}

/* --- the beginning --- */

enum {
	OPT_FROM = 256,
	OPT_TO,
	OPT_FROM_GID,
	OPT_TO_GID,
	OPT_CHOWN,
	OPT_STATE,
	OPT_HOST_ROOT,
};

static const struct argp_option options[] = {
	{ "from", OPT_FROM, "MAP", 0, "the mapping that the tree is for", 0 },
	{ "to", OPT_TO, "MAP", 0, "the mapping that it is to be for", 0 },
	{ "from-gid", OPT_FROM_GID, "MAP", 0, "the same for groups; else as --from", 0 },
	{ "to-gid", OPT_TO_GID, "MAP", 0, "the same for groups; else as --to", 0 },
	{ "chown", OPT_CHOWN, NULL, 0, "change owners and groups as well; needs --state", 0 },
	{ "state", OPT_STATE, "FILE", 0,
	  "remember here what was begun, and take up what was stopped", 0 },
	{ "dry-run", 'n', NULL, 0, "change nothing, tell what would be", 0 },
	{ "one-file-system", 'x', NULL, 0, "do not enter other mounts", 0 },
	{ "allow-host-root", OPT_HOST_ROOT, NULL, 0, "let the host's root be the target's", 0 },
	{ "verbose", 'v', NULL, 0, "name files of which the owner alone changes", 0 },
	{ "json", 'j', NULL, 0, "an object for each file, and one for the sum", 0 },
	{}
};

static void read_map(struct argp_state *state, struct uid_map *map, bool *have,
		     const char *option, const char *arg)
{
	const char *wrong = uid_map_read(map, arg);

	if (wrong)
		argp_error(state, "--%s %s: %s", option, arg, wrong);
	*have = true;
}

/* check_usage - once all options are known */
static void check_usage(struct argp_state *state, struct shift *s)
{
	if (!s->have_from || !s->have_to)
		argp_error(state, "--from and --to are needed");
	if (s->have_from_gid != s->have_to_gid)
		argp_error(state, "--from-gid and --to-gid go together");
	if (s->have_from_gid && !s->chown)
		argp_error(state, "without --chown, groups stay as they are");
	if (!s->have_from_gid) {
		s->from_gid = s->from;
		s->to_gid = s->to;
	}
	s->meet = uid_maps_meet(&s->from, &s->to) ||
		  (s->chown && uid_maps_meet(&s->from_gid, &s->to_gid));
	if (s->dry_run || s->state_path)
		return;
	if (s->chown)
		argp_error(state, "--chown needs --state, to give back what a run that is stopped took away");
	if (s->meet)
		argp_error(state, "--from and --to overlap, so --state is needed to know what was shifted");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct shift *s = state->input;

	switch (key) {
	case OPT_FROM:
		read_map(state, &s->from, &s->have_from, "from", arg);
		break;
	case OPT_TO:
		read_map(state, &s->to, &s->have_to, "to", arg);
		break;
	case OPT_FROM_GID:
		read_map(state, &s->from_gid, &s->have_from_gid, "from-gid", arg);
		break;
	case OPT_TO_GID:
		read_map(state, &s->to_gid, &s->have_to_gid, "to-gid", arg);
		break;
	case OPT_CHOWN:
		s->chown = true;
		break;
	case OPT_STATE:
		s->state_path = arg;
		break;
	case 'n':
		s->dry_run = true;
		break;
	case 'x':
		s->one_fs = true;
		break;
	case OPT_HOST_ROOT:
		s->host_root = true;
		break;
	case 'v':
		s->verbose = true;
		break;
	case 'j':
		s->json = true;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no PATH");
		break;
	case ARGP_KEY_ARGS:
		check_usage(state, s);
		s->paths = state->argv + state->next;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "--from MAP --to MAP PATH...",
	.doc = "Carry the capabilities in a tree from one mapping of uids to another.\v"
	       "MAP is inside:outside:count[,inside:outside:count...] or, with a "
	       "slash in it, a file such as /proc/PID/uid_map.",
};

/* job - what the state file is for; NULL without memory */
static char *job(const struct shift *s)
{
	const struct uid_map *maps[] = { &s->from, &s->to, &s->from_gid, &s->to_gid };
	size_t size = 64;
	char *text, *p;

	for (size_t i = 0; i < ARRAY_LEN(maps); i++)
		size += uid_map_write(maps[i], NULL, 0) + 1;
	text = malloc(size);
	if (!text)
		return NULL;
	p = stpcpy(text, s->chown ? "chown" : "keep");
	p = stpcpy(p, s->host_root ? " host-root" : " no-host-root");
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		*p++ = ' ';
		p += uid_map_write(maps[i], p, size - (p - text));
	}
	return text;
}

static bool open_state(struct shift *s)
{
	static const char *const wrong[] = {
		[STATE_BUSY] = "another run is using it",
		[STATE_UNSAFE] = "it is not a file that you alone can write to",
		[STATE_OTHER] = "it is of a run with other mappings or options",
		[STATE_DAMAGED] = "it is not a state file of nscap shift, or is damaged",
	};
	enum state_result result;
	char *text;

	if (s->dry_run || !s->state_path)
		return true;
	text = job(s);
	result = text ? shift_state_open(&s->state, s->state_path, text) :
			STATE_ERRNO;
	free(text);
	if (result == STATE_OK)
		return true;
	complain_of(s->state_path, "%s", result == STATE_ERRNO ?
		    strerror(errno) : wrong[result]);
	return false;
}

/* have_proc - system calls find what is held with O_PATH by /proc only */
static bool have_proc(void)
{
	struct statfs fs;

	if (!statfs("/proc/self/fd", &fs) && fs.f_type == PROC_SUPER_MAGIC)
		return true;
	complain("/proc is not mounted");
	return false;
}

/* Nothing is to end the run in the middle of a file. */
static void set_signals(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };
	static const int ignored[] = { SIGPIPE, SIGIO, SIGXFSZ };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = SIG_IGN;
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		sigaction(ignored[i], &action, NULL);
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/**
 * cmd_shift - nscap shift
 * @argc: number of arguments
 * @argv: arguments; the first is the command's name
 *
 * Return: an exit status.
 */
int cmd_shift(int argc, char **argv)
{
	static struct shift s;

	out_parse(&argp, argc, argv, &s);
	set_signals();
	raise_limit();
	if (!have_proc() || !open_state(&s))
		return NSCAP_ERRORS;
	for (char **path = s.paths; *path && !stop; path++)
		visit_argument(&s, *path);
	end(&s);
	report_sum(&s);
	return status_of(&s);
}
