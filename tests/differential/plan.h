/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an episode of the differential test is made of: user namespaces, places
 * with files, and operations.  All of it follows from the seed, the episode
 * and the number of the operation, never from what the kernel answered, so
 * that two kernels are asked the same and any subset can be asked again.
 */
#ifndef NSCAPS_PLAN_H
#define NSCAPS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_NS		36
#define MAX_EXTENTS	5
#define MAX_MOUNTERS	2
#define NO_ID		UINT32_MAX

/* f0 to f3 are files, d0 is a directory, s0 a symlink to f0, f4 and f5 free */
#define FILES		4
#define NAMES		8
/* of the image with values that no system call writes */
#define RAW_FILES	48

struct rng {
	uint64_t state;
};

void rng_init(struct rng *r, uint64_t seed, uint64_t episode, uint64_t op);
uint32_t rng_u32(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);
bool rng_chance(struct rng *r, uint32_t percent);

struct extent {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/**
 * struct ns - a user namespace
 * @parent: its parent in the plan; -1 for the first, the initial one
 * @extents: how many of @extent count
 * @extent: its uid map, and its gid map
 * @mounter: which of the namespaces with mounts of their own, or -1
 * @valid: its map is one that the kernel takes
 */
struct ns {
	int parent;
	unsigned int extents;
	struct extent extent[MAX_EXTENTS];
	int mounter;
	bool valid;
};

enum place_kind {
	PLACE_TMPFS,
	PLACE_EXT4,
	PLACE_XFS,
	PLACE_BTRFS,
	PLACE_OVL,
	PLACE_OVL_LOWER,
	PLACE_OVL_UPPER,
	PLACE_IDMAP,
	PLACE_NOSUID,
	PLACE_RAW,
	PLACE_OVL_RAW,
	PLACE_NS_TMPFS,
	PLACE_NS_OVL,
	PLACE_NS_UPPER,
	PLACE_NS_IDMAP,
	PLACE_KINDS
};

/**
 * struct place - a directory with files
 * @kind: how it is made
 * @base: the place that it shows, or that its lower layer is on
 * @ns: the namespace that makes it; 0 for those that all have
 * @map: uid map of the namespace of an idmapped mount
 */
struct place {
	enum place_kind kind;
	int base;
	int ns;
	char map[64];
};

#define MAX_PLACES	24

struct plan {
	uint64_t seed;
	uint64_t episode;
	int namespaces;
	struct ns ns[MAX_NS];
	int mounters;
	int mounter[MAX_MOUNTERS];
	int places;
	struct place place[MAX_PLACES];
};

enum op_kind {
	OP_SET,
	OP_GET,
	OP_LIST,
	OP_REMOVE,
	OP_CHOWN,
	OP_CHMOD,
	OP_WRITE,
	OP_TRUNCATE,
	OP_RENAME,
	OP_LINK,
	OP_CREATE,
	OP_STAT,
	OP_EXEC,
	OP_KINDS,
	/* of no plan: see worker_garbage */
	OP_GARBAGE = OP_KINDS
};

/* Who asks: what is left of the namespace's root, or a user of it */
enum cred_kind {
	CRED_ROOT,
	CRED_USER,
	CRED_NO_SETFCAP,
	CRED_ONLY_SETFCAP,
};

/* What happens just before an execve(2) */
enum exec_kind {
	EXEC_PLAIN,
	EXEC_INHERITABLE,
	EXEC_NO_NEW_PRIVS,
	EXEC_NO_BOUNDING,
	EXEC_NOROOT,
	EXEC_KINDS
};

/**
 * struct op - one operation
 * @kind: what is done
 * @ns: in which namespace
 * @cred: by whom
 * @uid: its uid there, unless it is root
 * @place: where
 * @by_fd: the place is reached by a file descriptor, not by its path
 * @open: the file is opened first, for the f*xattr calls
 * @name: of the file
 * @name2: the other name of rename and link
 * @xattr: which attribute; XATTR_CAPS most times
 * @flags: of setxattr(2); mode, for chmod; enum exec_kind
 * @size: of the value or the buffer; of the file for truncate
 * @value: the value
 * @arg: owner and group for chown
 */
struct op {
	enum op_kind kind;
	int ns;
	enum cred_kind cred;
	uint32_t uid;
	int place;
	bool by_fd;
	bool open;
	char name[8];
	char name2[8];
	const char *xattr;
	uint32_t flags;
	uint32_t size;
	unsigned char value[64];
	uint32_t arg[2];
};

/*
 * Of how many filesystems, from PLACE_TMPFS on, two are chosen: 4, unless the
 * kernel has fewer
 */
extern unsigned int plan_filesystems;

void plan_episode(struct plan *plan, uint64_t seed, uint64_t episode);
void plan_op(const struct plan *plan, uint32_t number, struct op *op);
/* The initial value of a file, set by the first namespace; none: false */
bool plan_initial(const struct plan *plan, int place, int file, struct op *op,
		  uint32_t *owner, uint32_t *mode);
size_t plan_raw_value(uint64_t seed, int file, unsigned char *value);
/* The uid of the initial namespace that @id of @ns is, or NO_ID */
uint32_t plan_kuid(const struct plan *plan, int ns, uint32_t id);
void plan_map(const struct ns *ns, char *text, size_t size);
const char *place_name(const struct plan *plan, int place, char *buf);
/* Does the namespace see the place by its path? */
bool place_visible(const struct plan *plan, int place, int ns);
bool place_has_files(enum place_kind kind);

#endif /* NSCAPS_PLAN_H */
