/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of Documentation/security/nscaps.rst once more, written from
 * its words alone: what is expected of security/commoncap_ns.c.  Nothing here
 * comes from the kernel; numbers are written out.
 */
#ifndef NSCAPS_ORACLE_H
#define NSCAPS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* as many as there can be below one another: levels 0 to 33 */
#ifndef ORACLE_NAMESPACES
#define ORACLE_NAMESPACES	34
#endif
/* more than the kernel keeps in a namespace itself, which are 5 */
#ifndef ORACLE_EXTENTS
#define ORACLE_EXTENTS		8
#endif

#define ORACLE_NONE	(-1LL)
#define ORACLE_SIZE	24

/**
 * struct extent - a range of uids of a namespace
 * @inside: the first, in the namespace
 * @outside: the same user in the initial namespace
 * @count: how many
 */
struct extent {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/**
 * struct ns - a user namespace; gids are mapped as uids are
 * @parent: its number, lower than that of this one
 * @owner: uid, in the initial namespace, of who made it
 * @extents: how many ranges it maps
 * @extent: the ranges
 */
struct ns {
	int parent;
	uint32_t owner;
	int extents;
	struct extent extent[ORACLE_EXTENTS];
};

/**
 * struct scene - a file, a caller, and the namespaces around them
 * @ns: the namespaces; 0 is the initial one, whose map is not looked at
 * @namespaces: how many
 * @fs: the namespace of the filesystem
 * @idmap: the namespace that the mount is idmapped with, or ORACLE_NONE
 * @nosuid: of the mount
 * @foreign: the mount is not of the caller's mount namespace
 * @disabled: file capabilities are off
 * @audited: audit asks for records of the caller
 * @uid: owner of the inode, in the initial namespace
 * @gid: its group, likewise
 * @caller: the namespace of the caller
 * @setfcap: the caller has CAP_SETFCAP
 * @euid: uid of the caller, in the initial namespace
 */
struct scene {
	struct ns ns[ORACLE_NAMESPACES];
	int namespaces;
	int fs;
	int idmap;
	bool nosuid;
	bool foreign;
	bool disabled;
	bool audited;
	uint32_t uid;
	uint32_t gid;
	int caller;
	bool setfcap;
	uint32_t euid;
};

/**
 * struct stored - what the filesystem has
 * @bytes: of the value
 * @len: how many, or a negative errno
 * @overlong: the filesystem returns @len even where it does not fit
 */
struct stored {
	uint8_t bytes[64];
	long len;
	bool overlong;
};

/**
 * struct value - the meaning of a value
 * @form: 1, 2 or 3
 * @effective: the flag
 * @permitted: the permitted set
 * @inheritable: the inheritable set
 * @rootid: the rootid, 0 in forms without; UINT32_MAX where there is no
 *	value
 * @root: who that is at the mount, or ORACLE_NONE
 */
struct value {
	int form;
	bool effective;
	uint64_t permitted;
	uint64_t inheritable;
	uint32_t rootid;
	long long root;
};

bool oracle_decode(const uint8_t *bytes, size_t size, struct value *value);
long oracle_encode(const struct value *value, uint8_t *bytes);
long long oracle_into(const struct scene *scene, int ns, uint32_t uid);
long long oracle_out_of(const struct scene *scene, int ns, long long kuid);
bool oracle_owns(const struct scene *scene, long long kuid, int ns);
long long oracle_root(const struct scene *scene, uint32_t rootid);
long oracle_set(const struct scene *scene, const uint8_t *bytes, size_t size,
		uint8_t *out, const char **reason);
long oracle_get(const struct scene *scene, const struct stored *stored,
		uint8_t *out, const char **reason);
long oracle_remove(const struct scene *scene, const char **reason);
long oracle_audit(const struct scene *scene, const struct stored *stored,
		  struct value *value, const char **reason);
long oracle_exec(const struct scene *scene, const struct stored *stored,
		 struct value *value, const char **reason);
const char *oracle_record(const struct stored *stored, const char *reason);

#endif /* NSCAPS_ORACLE_H */
