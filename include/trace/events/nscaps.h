/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was decided of a value of security.capability, and why.
 *
 * Documentation/admin-guide/nscaps.rst lists the reasons, struct nscaps_event
 * says what the fields are.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM nscaps

#if !defined(_TRACE_NSCAPS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_NSCAPS_H

#include <linux/cred.h>
#include <linux/kdev_t.h>
#include <linux/minmax.h>
#include <linux/nscaps.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(NSCAPS_HONOURED);
TRACE_DEFINE_ENUM(NSCAPS_NO_VALUE);
TRACE_DEFINE_ENUM(NSCAPS_DISABLED);
TRACE_DEFINE_ENUM(NSCAPS_MNT_NOSUID);
TRACE_DEFINE_ENUM(NSCAPS_MNT_FOREIGN);
TRACE_DEFINE_ENUM(NSCAPS_FS_FOREIGN);
TRACE_DEFINE_ENUM(NSCAPS_ROOT_UNMAPPED);
TRACE_DEFINE_ENUM(NSCAPS_ROOT_NOT_OWNER);
TRACE_DEFINE_ENUM(NSCAPS_MALFORMED);
TRACE_DEFINE_ENUM(NSCAPS_FS_ERROR);
TRACE_DEFINE_ENUM(NSCAPS_NOT_PRIVILEGED);
TRACE_DEFINE_ENUM(NSCAPS_IDS_UNMAPPED);
TRACE_DEFINE_ENUM(NSCAPS_OUTSIDE_BOUNDING);
TRACE_DEFINE_ENUM(NSCAPS_NO_NEW_PRIVS);
TRACE_DEFINE_ENUM(NSCAPS_PTRACED);
TRACE_DEFINE_ENUM(NSCAPS_FS_SHARED);
TRACE_DEFINE_ENUM(NSCAPS_SETUID_MIX);
TRACE_DEFINE_ENUM(NSCAPS_OLD_FORM);
TRACE_DEFINE_ENUM(NSCAPS_SHORT_BUFFER);

/* The names of the reasons, in the order of their numbers */
#define NSCAPS_REASON_NAMES						\
	{ NSCAPS_HONOURED,		"honoured" },			\
	{ NSCAPS_NO_VALUE,		"no_value" },			\
	{ NSCAPS_DISABLED,		"disabled" },			\
	{ NSCAPS_MNT_NOSUID,		"mnt_nosuid" },			\
	{ NSCAPS_MNT_FOREIGN,		"mnt_foreign" },		\
	{ NSCAPS_FS_FOREIGN,		"fs_foreign" },			\
	{ NSCAPS_ROOT_UNMAPPED,		"root_unmapped" },		\
	{ NSCAPS_ROOT_NOT_OWNER,	"root_not_owner" },		\
	{ NSCAPS_MALFORMED,		"malformed" },			\
	{ NSCAPS_FS_ERROR,		"fs_error" },			\
	{ NSCAPS_NOT_PRIVILEGED,	"not_privileged" },		\
	{ NSCAPS_IDS_UNMAPPED,		"ids_unmapped" },		\
	{ NSCAPS_OUTSIDE_BOUNDING,	"outside_bounding" },		\
	{ NSCAPS_NO_NEW_PRIVS,		"no_new_privs" },		\
	{ NSCAPS_PTRACED,		"ptraced" },			\
	{ NSCAPS_FS_SHARED,		"fs_shared" },			\
	{ NSCAPS_SETUID_MIX,		"setuid_mix" },			\
	{ NSCAPS_OLD_FORM,		"old_form" },			\
	{ NSCAPS_SHORT_BUFFER,		"short_buffer" }

/* The fields that all events have, from a struct nscaps_event */

#define NSCAPS_FIELDS							\
		__field(dev_t, dev)					\
		__field(u64, ino)					\
		__field(pid_t, pid)					\
		__field(u32, caller_ns)					\
		__field(u32, owner_ns)					\
		__field(s64, rootid_disk)				\
		__field(s64, rootid)					\
		__field(u64, permitted)					\
		__field(u64, inheritable)				\
		__field(u32, revision)					\
		__field(bool, effective)				\
		__field(int, err)					\
		__field(int, reason)

#define NSCAPS_ASSIGN							\
	do {								\
		struct nscaps_event _e;					\
									\
		nscaps_fill_event(&_e, dentry, caps, ret, reason);	\
		__entry->dev = _e.dev;					\
		__entry->ino = _e.ino;					\
		__entry->pid = _e.pid;					\
		__entry->caller_ns = _e.caller_ns;			\
		__entry->owner_ns = _e.owner_ns;			\
		__entry->rootid_disk = _e.rootid_disk;			\
		__entry->rootid = _e.rootid;				\
		__entry->permitted = _e.permitted;			\
		__entry->inheritable = _e.inheritable;			\
		__entry->revision = _e.revision;			\
		__entry->effective = _e.effective;			\
		__entry->err = _e.err;					\
		__entry->reason = _e.reason;				\
	} while (0)

#define NSCAPS_FORMAT							\
	"dev=%d:%d ino=%llu pid=%d caller_ns=%u owner_ns=%u "		\
	"rootid_disk=%lld rootid=%lld permitted=%016llx "		\
	"inheritable=%016llx revision=%u effective=%d err=%d reason=%s"

#define NSCAPS_ARGS							\
	MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,		\
	__entry->pid, __entry->caller_ns, __entry->owner_ns,		\
	__entry->rootid_disk, __entry->rootid, __entry->permitted,	\
	__entry->inheritable, __entry->revision, __entry->effective,	\
	__entry->err,							\
	__print_symbolic(__entry->reason, NSCAPS_REASON_NAMES)

DECLARE_EVENT_CLASS(nscaps_decision,

	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason),

	TP_ARGS(dentry, caps, ret, reason),

	TP_STRUCT__entry(
		NSCAPS_FIELDS
	),

	TP_fast_assign(
		NSCAPS_ASSIGN;
	),

	TP_printk(NSCAPS_FORMAT, NSCAPS_ARGS)
);

/* execve(2): is the value of the file to be honoured? */
DEFINE_EVENT(nscaps_decision, nscaps_exec,
	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason),
	TP_ARGS(dentry, caps, ret, reason)
);

DEFINE_EVENT(nscaps_decision, nscaps_get,
	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason),
	TP_ARGS(dentry, caps, ret, reason)
);

/* What the value is does not matter, and so is not looked at. */
DEFINE_EVENT(nscaps_decision, nscaps_remove,
	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason),
	TP_ARGS(dentry, caps, ret, reason)
);

/* @value: as the caller wrote it, and as much of it as any form has */
TRACE_EVENT(nscaps_set,

	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason, const void *value,
		 size_t size),

	TP_ARGS(dentry, caps, ret, reason, value, size),

	TP_STRUCT__entry(
		NSCAPS_FIELDS
		__field(size_t, size)
		__dynamic_array(u8, value,
				value ? min(size, XATTR_CAPS_SZ) : 0)
	),

	TP_fast_assign(
		NSCAPS_ASSIGN;
		__entry->size = size;
		memcpy(__get_dynamic_array(value), value,
		       __get_dynamic_array_len(value));
	),

	TP_printk(NSCAPS_FORMAT " size=%zu value=%s", NSCAPS_ARGS,
		  __entry->size,
		  __print_hex_str(__get_dynamic_array(value),
				  __get_dynamic_array_len(value)))
);

/* execve(2): what came of a value that is honoured; @new is NULL for nothing */
TRACE_EVENT(nscaps_creds,

	TP_PROTO(const struct dentry *dentry, const struct vfs_caps *caps,
		 int ret, enum nscaps_reason reason, const struct cred *new),

	TP_ARGS(dentry, caps, ret, reason, new),

	TP_STRUCT__entry(
		NSCAPS_FIELDS
		__field(u64, new_permitted)
		__field(u64, new_effective)
	),

	TP_fast_assign(
		NSCAPS_ASSIGN;
		__entry->new_permitted = new ? new->cap_permitted.val : 0;
		__entry->new_effective = new ? new->cap_effective.val : 0;
	),

	TP_printk(NSCAPS_FORMAT " new_permitted=%016llx new_effective=%016llx",
		  NSCAPS_ARGS, __entry->new_permitted, __entry->new_effective)
);

#endif /* _TRACE_NSCAPS_H */

/* This must be outside the guard. */
#include <trace/define_trace.h>
