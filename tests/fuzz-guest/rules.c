// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold of any sequence of calls; see rules.h.
 */
#include <errno.h>
#include <string.h>

#include "oracle.h"
#include "rules.h"

#define HAS(list, err)	has(list, sizeof(list) / sizeof((list)[0]), err)

/* the initial namespace reads, of a filesystem that it mounted */
static struct scene scene;

/* what has nothing to do with the value: the file cannot be got at */
static const int path_errors[] = { EACCES, ELOOP, ENOENT, ENXIO, ENOTDIR };
/* those of the manual */
static const int set_errors[] = { EINVAL, EPERM, EEXIST, ENODATA, EOPNOTSUPP,
				  ENOSPC, EDQUOT, EROFS };
static const int remove_errors[] = { EPERM, ENODATA, EOPNOTSUPP, EROFS };
static const int exec_errors[] = { EINVAL, EPERM };
/*
 * And of the calls themselves: xattr(7), setxattr(2), execve(2).  A socket says
 * EAGAIN where there is no security module to take its attribute.
 */
static const int garbage_errors[] = {
	E2BIG, EAGAIN, EBADF, EEXIST, EFAULT, EINVAL, EISDIR, ENAMETOOLONG,
	ENODATA, ENOEXEC, ENOSPC, EOPNOTSUPP, EOVERFLOW, EPERM, ERANGE, ETXTBSY,
};

static bool has(const int *list, size_t n, int err)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == err)
			return true;
	}
	return false;
}

void rules_begin(int namespaces)
{
	memset(&scene, 0, sizeof(scene));
	scene.namespaces = namespaces;
	scene.idmap = ORACLE_NONE;
}

void rules_ns(int ns, int parent)
{
	scene.ns[ns].parent = parent;
}

void rules_extent(int ns, uint32_t inside, uint32_t outside, uint32_t count)
{
	struct ns *n = &scene.ns[ns];

	n->extent[n->extents++] = (struct extent) {
		.inside = inside, .outside = outside, .count = count,
	};
}

/* Is that namespace the other, or one of those above it? */
static bool is_above(int upper, int ns)
{
	while (ns > upper)
		ns = scene.ns[ns].parent;
	return ns == upper;
}

/* As what that namespace has read, given that all of it is as it seems */
static struct stored as_read(const struct reading *root)
{
	struct stored stored = { .len = root->ret };

	memcpy(stored.bytes, root->bytes, sizeof(stored.bytes));
	return stored;
}

static bool same(const struct reading *a, const struct reading *b)
{
	return a->ret == b->ret &&
	       (a->ret < 0 || !memcmp(a->bytes, b->bytes, a->ret));
}

const char *rule_get(const struct asker *c, const struct reading *root,
		     size_t size, const struct reading *read)
{
	const struct stored stored = as_read(root);
	uint8_t bytes[ORACLE_SIZE] = {};
	const char *reason;
	long ret;

	if (HAS(path_errors, -read->ret) || HAS(path_errors, -root->ret))
		return NULL;
	if (root->ret == -EINVAL && !c->raw)
		return "there is a malformed value";
	scene.caller = c->ns;
	scene.fs = 0;
	ret = oracle_get(&scene, &stored, bytes, &reason);
	if (ret > 0 && size && (long)size < ret)
		ret = -ERANGE;
	if (read->ret != ret)
		return "another size or errno than the contract has";
	if (ret > 0 && size && memcmp(read->bytes, bytes, ret))
		return "other bytes than the contract has";
	for (size_t i = ret > 0 && size ? ret : 0;
	     read->ret >= 0 && i < sizeof(read->bytes); i++) {
		if (read->bytes[i] != 0xa5)
			return "written beyond the value";
	}
	return NULL;
}

/*
 * Without a rootid a value is the filesystem's root's, when who sets it has
 * power over that filesystem.  It need not have a root.
 */
static bool is_of_filesystem(const struct asker *c, const struct value *set)
{
	return set->form == 2 && is_above(c->ns, c->fs);
}

/* Does that value, set by the caller, come out as this? */
static bool is_what_was_set(const struct asker *c, const struct value *set,
			    const struct reading *after)
{
	const long long fs_root = oracle_into(&scene, c->fs, 0);
	struct value value;
	long long root;

	if (after->ret == -EOVERFLOW)
		return is_of_filesystem(c, set) && fs_root == ORACLE_NONE;
	if (after->ret < 0 ||
	    !oracle_decode(after->bytes, after->ret, &value) ||
	    value.permitted != set->permitted ||
	    value.inheritable != set->inheritable ||
	    value.effective != set->effective)
		return false;
	root = oracle_into(&scene, 0, value.rootid);
	return root == oracle_into(&scene, c->ns, set->rootid) ||
	       (is_of_filesystem(c, set) && root == fs_root);
}

const char *rule_set(const struct asker *c, const unsigned char *value,
		     size_t size, int err, const struct reading *before,
		     const struct reading *after)
{
	struct value set;

	if (err) {
		if (!same(before, after))
			return "it failed, and the value is another one";
		if (HAS(set_errors, err) || HAS(path_errors, err) ||
		    (c->overlay && err == EOVERFLOW))
			return NULL;
		return "an errno that set does not have";
	}
	if (!c->setfcap)
		return "set without CAP_SETFCAP";
	if (!oracle_decode(value, size, &set) || set.form == 1)
		return "a malformed value, or of form 1, is set";
	return is_what_was_set(c, &set, after) ?
	       NULL : "what is stored is not what was set";
}

const char *rule_remove(const struct asker *c, int err,
			const struct reading *before,
			const struct reading *after)
{
	if (err) {
		if (!same(before, after))
			return "it failed, and the value is another one";
		if (HAS(remove_errors, err) || HAS(path_errors, err) ||
		    (c->overlay && err == EOVERFLOW))
			return NULL;
		/* an overlay reads what is in a lower layer alone */
		if (c->overlay && err == EINVAL && before->ret == -EINVAL)
			return NULL;
		return "an errno that remove does not have";
	}
	if (!c->setfcap)
		return "removed without CAP_SETFCAP";
	return after->ret == -ENODATA ? NULL : "it is still there";
}

const char *rule_exec(const struct asker *c, const struct reading *root,
		      const struct ran *ran)
{
	const struct stored stored = as_read(root);
	unsigned long long most;
	struct value value;
	const char *reason;
	long err;

	if (HAS(path_errors, -root->ret) || HAS(path_errors, ran->err))
		return NULL;
	/* malformed, or of form 1: it does not tell */
	if (root->ret == -EINVAL)
		return c->raw ? NULL : "there is a malformed value";
	if (ran->err)
		return HAS(exec_errors, ran->err) ?
		       NULL : "an errno that exec does not have";
	/* root has it all anyway */
	if (!ran->uid || !ran->euid)
		return NULL;
	scene.caller = c->ns;
	/* its root is a user of the initial namespace, whatever was stored */
	scene.fs = 0;
	scene.nosuid = c->nosuid;
	scene.foreign = c->foreign || !is_above(c->fs, c->ns);
	err = oracle_exec(&scene, &stored, &value, &reason);
	scene.nosuid = false;
	scene.foreign = false;
	if (err)
		return ran->permitted | ran->effective ?
		       "honoured where its root does not own" : NULL;
	most = value.permitted | value.inheritable;
	if (ran->permitted & ~most || ran->effective & ~ran->permitted)
		return "more capabilities than the value has";
	if (ran->exact && ran->permitted != value.permitted)
		return "not the capabilities of the value";
	if (ran->exact && ran->effective !=
			  (value.effective ? ran->permitted : 0))
		return "effective is not as the value has it";
	return NULL;
}

const char *rule_garbage(int err)
{
	return !err || HAS(garbage_errors, err) || HAS(path_errors, err) ?
	       NULL : "an errno that none of the calls has";
}
