// SPDX-License-Identifier: GPL-2.0-only
/*
 * The expected answers
 *
 * Uids are long long, and -1 is none, so that no uid is taken for one by
 * accident and nothing wraps.
 */

#include <errno.h>
#include <string.h>

#include "oracle.h"

/* capabilities that this kernel knows: 0 to CAP_CHECKPOINT_RESTORE, 40 */
#define KNOWN_CAPS	0x1ffffffffffULL

/* the last uid that there is; the next is "none" */
#define LAST_UID	0xfffffffeLL

static uint32_t word(const uint8_t *bytes, int i)
{
	bytes += 4 * i;
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static void put_word(uint8_t *bytes, int i, uint32_t val)
{
	bytes += 4 * i;
	bytes[0] = val & 0xff;
	bytes[1] = val >> 8 & 0xff;
	bytes[2] = val >> 16 & 0xff;
	bytes[3] = val >> 24;
}

/**
 * oracle_decode - what do these bytes mean?
 * @bytes: the bytes
 * @size: their number
 * @value: where their meaning goes
 *
 * Return: false when they are malformed.
 */
bool oracle_decode(const uint8_t *bytes, size_t size, struct value *value)
{
	*value = (struct value) { .root = ORACLE_NONE };

	if (size == 12)
		value->form = 1;
	else if (size == 20)
		value->form = 2;
	else if (size == 24)
		value->form = 3;
	else
		return false;

	/* flags in the first byte, of which there is one; then the revision */
	if (bytes[0] > 1 || bytes[1] || bytes[2] || bytes[3] != value->form)
		return false;

	value->effective = bytes[0] == 1;
	value->permitted = word(bytes, 1);
	value->inheritable = word(bytes, 2);
	if (value->form >= 2) {
		value->permitted += word(bytes, 3) * 0x100000000ULL;
		value->inheritable += word(bytes, 4) * 0x100000000ULL;
	}
	if (value->form == 3)
		value->rootid = word(bytes, 5);
	return true;
}

/**
 * oracle_encode - the bytes of a value of form 2 or 3
 * @value: the value
 * @bytes: where they go
 *
 * Return: their number.
 */
long oracle_encode(const struct value *value, uint8_t *bytes)
{
	put_word(bytes, 0, value->form * 0x1000000u + value->effective);
	put_word(bytes, 1, value->permitted & 0xffffffff);
	put_word(bytes, 2, value->inheritable & 0xffffffff);
	put_word(bytes, 3, value->permitted >> 32);
	put_word(bytes, 4, value->inheritable >> 32);
	if (value->form == 2)
		return 20;
	put_word(bytes, 5, value->rootid);
	return 24;
}

/**
 * oracle_into - who is that uid of a namespace?
 * @scene: the scene
 * @ns: the namespace
 * @uid: the uid in it
 *
 * Return: the uid in the initial namespace, or ORACLE_NONE.
 */
long long oracle_into(const struct scene *scene, int ns, uint32_t uid)
{
	int i;

	if (ns == 0)
		return uid <= LAST_UID ? uid : ORACLE_NONE;

	for (i = 0; i < ORACLE_EXTENTS && i < scene->ns[ns].extents; i++) {
		uint32_t first = scene->ns[ns].extent[i].inside;

		if (uid >= first && uid - first < scene->ns[ns].extent[i].count)
			return scene->ns[ns].extent[i].outside + (uid - first);
	}
	return ORACLE_NONE;
}

/**
 * oracle_out_of - what is that user's uid in a namespace?
 * @scene: the scene
 * @ns: the namespace
 * @kuid: the uid in the initial namespace, or ORACLE_NONE
 *
 * Return: the uid in @ns, or ORACLE_NONE.
 */
long long oracle_out_of(const struct scene *scene, int ns, long long kuid)
{
	uint32_t id = kuid;
	int i;

	if (ns == 0 || kuid == ORACLE_NONE)
		return kuid;

	for (i = 0; i < ORACLE_EXTENTS && i < scene->ns[ns].extents; i++) {
		uint32_t first = scene->ns[ns].extent[i].outside;

		if (id >= first && id - first < scene->ns[ns].extent[i].count)
			return scene->ns[ns].extent[i].inside + (id - first);
	}
	return ORACLE_NONE;
}

/* Is that one the other, or one of those above it? */
static bool above(const struct scene *scene, int upper, int ns)
{
	while (ns > upper)
		ns = scene->ns[ns].parent;
	return ns == upper;
}

/**
 * oracle_owns - is that user root in a namespace or above it?
 * @scene: the scene
 * @kuid: the uid in the initial namespace, or ORACLE_NONE
 * @ns: the namespace
 *
 * Return: true when it is.
 */
bool oracle_owns(const struct scene *scene, long long kuid, int ns)
{
	while (ns > 0) {
		if (oracle_out_of(scene, ns, kuid) == 0)
			return true;
		ns = scene->ns[ns].parent;
	}
	return kuid == 0;
}

/**
 * oracle_root - whose is a value, seen through the mount?
 * @scene: the scene
 * @rootid: the rootid on disk
 *
 * Return: the root, or ORACLE_NONE.
 */
long long oracle_root(const struct scene *scene, uint32_t rootid)
{
	long long uid;

	if (scene->idmap == ORACLE_NONE)
		return oracle_into(scene, scene->fs, rootid);

	uid = oracle_out_of(scene, scene->fs,
			    oracle_into(scene, scene->fs, rootid));
	if (uid == ORACLE_NONE)
		return ORACLE_NONE;
	return oracle_into(scene, scene->idmap, uid);
}

/* CAP_SETFCAP in a namespace: user_namespaces(7) */
static bool has_setfcap(const struct scene *scene, int ns)
{
	int child = ORACLE_NONE;

	while (ns > scene->caller) {
		child = ns;
		ns = scene->ns[ns].parent;
	}
	if (ns != scene->caller)
		return false;
	if (scene->setfcap)
		return true;
	return child != ORACLE_NONE && scene->ns[child].owner == scene->euid;
}

/* A user of the filesystem, as the mount shows it */
static long long at_mount(const struct scene *scene, uint32_t kuid)
{
	long long uid = kuid <= LAST_UID ? kuid : ORACLE_NONE;

	if (scene->idmap == ORACLE_NONE)
		return uid;
	uid = oracle_out_of(scene, scene->fs, uid);
	if (uid == ORACLE_NONE)
		return ORACLE_NONE;
	return oracle_into(scene, scene->idmap, uid);
}

/* An answer, and the name of its reason */
static long answer(long err, const char *why, const char **reason)
{
	*reason = why;
	return err;
}

/* CAP_SETFCAP over the inode; 0 or a negative errno */
static long may_change(const struct scene *scene, const char **reason)
{
	if (!scene->setfcap)
		return answer(-EPERM, "not_privileged", reason);
	if (oracle_out_of(scene, scene->caller,
			  at_mount(scene, scene->uid)) == ORACLE_NONE ||
	    oracle_out_of(scene, scene->caller,
			  at_mount(scene, scene->gid)) == ORACLE_NONE)
		return answer(-EPERM, "ids_unmapped", reason);
	return answer(0, "honoured", reason);
}

/**
 * oracle_set - what is stored by setxattr?
 * @scene: the scene
 * @bytes: the caller's bytes
 * @size: their number
 * @out: where the stored ones go
 * @reason: where the name of the reason goes
 *
 * Return: their number, or a negative errno.
 */
long oracle_set(const struct scene *scene, const uint8_t *bytes, size_t size,
		uint8_t *out, const char **reason)
{
	struct value value;
	long long uid;

	if (!oracle_decode(bytes, size, &value))
		return answer(-EINVAL, "malformed", reason);
	if (value.form == 1)
		return answer(-EINVAL, "old_form", reason);
	if (may_change(scene, reason))
		return -EPERM;
	if (value.form == 2 && scene->idmap == ORACLE_NONE &&
	    has_setfcap(scene, scene->fs))
		return oracle_encode(&value, out);

	uid = oracle_into(scene, scene->caller, value.rootid);
	if (scene->idmap != ORACLE_NONE) {
		uid = oracle_out_of(scene, scene->idmap, uid);
		if (uid != ORACLE_NONE)
			uid = oracle_into(scene, scene->fs, uid);
	}
	uid = oracle_out_of(scene, scene->fs, uid);
	if (uid == ORACLE_NONE)
		return answer(-EINVAL, "root_unmapped", reason);

	value.form = 3;
	value.rootid = uid;
	return oracle_encode(&value, out);
}

/* Bytes that come from the filesystem; 0 or a negative errno */
static long read_value(const struct stored *stored, struct value *value,
		       const char **reason)
{
	if (stored->len == -ENODATA || stored->len == -EOPNOTSUPP)
		return answer(stored->len, "no_value", reason);
	/* an overlay, whose mounter has no name for the root */
	if (stored->len == -EOVERFLOW)
		return answer(-EOVERFLOW, "root_unmapped", reason);
	/* it is longer than the longest form */
	if (stored->len == -ERANGE)
		return answer(-EINVAL, "malformed", reason);
	if (stored->len < 0)
		return answer(stored->len, "fs_error", reason);
	if (!oracle_decode(stored->bytes, stored->len, value))
		return answer(-EINVAL, "malformed", reason);
	return answer(0, "honoured", reason);
}

/* Why a root does not own */
static const char *not_owned(long long root)
{
	return root == ORACLE_NONE ? "root_unmapped" : "root_not_owner";
}

/**
 * oracle_get - what does getxattr return, given room?
 * @scene: the scene
 * @stored: what the filesystem has
 * @out: where the bytes go
 * @reason: where the name of the reason goes
 *
 * Return: their number, or a negative errno.
 */
long oracle_get(const struct scene *scene, const struct stored *stored,
		uint8_t *out, const char **reason)
{
	struct value value;
	long long root, uid;
	long err = read_value(stored, &value, reason);

	if (err)
		return err;
	if (value.form == 1)
		return answer(-EINVAL, "old_form", reason);

	root = oracle_root(scene, value.rootid);
	uid = oracle_out_of(scene, scene->caller, root);
	if (uid > 0)
		value.form = 3;
	else if (oracle_owns(scene, root, scene->caller))
		value.form = 2;
	else
		return answer(-EOVERFLOW, not_owned(root), reason);
	value.rootid = uid;
	return oracle_encode(&value, out);
}

/* A value that is not honoured gives no capability. */
static long nothing(struct value *value, long err)
{
	*value = (struct value) { .rootid = UINT32_MAX, .root = ORACLE_NONE };
	return err;
}

/**
 * oracle_remove - what does removexattr say, before it looks for the value?
 * @scene: the scene
 * @reason: where the name of the reason goes
 *
 * Return: 0 or a negative errno.
 */
long oracle_remove(const struct scene *scene, const char **reason)
{
	return may_change(scene, reason);
}

/**
 * oracle_audit - what does an audit record show?
 * @scene: the scene
 * @stored: what the filesystem has
 * @value: where the sets and the flag go
 * @reason: where the name of the reason goes
 *
 * Return: 0 or a negative errno.
 */
long oracle_audit(const struct scene *scene, const struct stored *stored,
		  struct value *value, const char **reason)
{
	long err = read_value(stored, value, reason);

	if (err == -EOPNOTSUPP || err == -EOVERFLOW)
		err = -ENODATA;
	if (err)
		return nothing(value, err);

	value->root = oracle_root(scene, value->rootid);
	if (!oracle_owns(scene, value->root, scene->caller)) {
		*reason = not_owned(value->root);
		return nothing(value, -ENODATA);
	}

	value->permitted &= KNOWN_CAPS;
	value->inheritable &= KNOWN_CAPS;
	return 0;
}

/* Why is the file not even looked at? */
static const char *ignored(const struct scene *scene)
{
	if (scene->disabled)
		return "disabled";
	if (scene->nosuid)
		return "mnt_nosuid";
	if (scene->foreign)
		return "mnt_foreign";
	if (!above(scene, scene->fs, scene->caller))
		return "fs_foreign";
	return NULL;
}

/**
 * oracle_exec - what does execve honour?
 * @scene: the scene
 * @stored: what the filesystem has
 * @value: where the sets and the flag go
 * @reason: where the name of the reason goes
 *
 * Return: 0 or a negative errno.
 */
long oracle_exec(const struct scene *scene, const struct stored *stored,
		 struct value *value, const char **reason)
{
	*reason = ignored(scene);
	if (*reason)
		return nothing(value, -ENODATA);
	return oracle_audit(scene, stored, value, reason);
}

/**
 * oracle_record - does an exec that is audited leave a record?
 * @stored: what the filesystem has
 * @reason: the reason of the exec
 *
 * Return: the name of the reason in the record, or NULL for no record: there is
 * no value, or it is honoured.
 */
const char *oracle_record(const struct stored *stored, const char *reason)
{
	if (stored->len == -ENODATA || stored->len == -EOPNOTSUPP ||
	    !strcmp(reason, "honoured"))
		return NULL;
	return reason;
}
