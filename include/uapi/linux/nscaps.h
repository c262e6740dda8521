/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Namespaced file capabilities: why the kernel decided as it did about a value
 * of security.capability.  The format of the value is in linux/capability.h.
 */
#ifndef _UAPI_LINUX_NSCAPS_H
#define _UAPI_LINUX_NSCAPS_H

/**
 * enum nscaps_reason - why a file capability is honoured, shown, stored or not
 * @NSCAPS_HONOURED: "honoured".  Nothing stands against it: execve(2) honours
 *	the value, and took nothing of it away; getxattr(2) shows it;
 *	setxattr(2) may store it, and removexattr(2) remove it, as far as file
 *	capabilities are concerned.
 * @NSCAPS_NO_VALUE: "no_value".  The file has no security.capability, or its
 *	filesystem cannot have any.
 * @NSCAPS_DISABLED: "disabled".  File capabilities are off: no_file_caps on the
 *	kernel's command line.
 * @NSCAPS_MNT_NOSUID: "mnt_nosuid".  The mount has the flag nosuid.
 * @NSCAPS_MNT_FOREIGN: "mnt_foreign".  The mount is not of the process's mount
 *	namespace.
 * @NSCAPS_FS_FOREIGN: "fs_foreign".  The filesystem was mounted in a user
 *	namespace that is neither the process's nor an ancestor of it.
 * @NSCAPS_ROOT_UNMAPPED: "root_unmapped".  The rootid has no mapping in the
 *	filesystem's user namespace or in the mount's idmap; in setxattr(2), or
 *	none in the caller's user namespace; or none for whoever reads it for
 *	the filesystem, as the mounter of an overlay or a FUSE server does, and
 *	the filesystem returned EOVERFLOW.
 * @NSCAPS_ROOT_NOT_OWNER: "root_not_owner".  The value's root is uid 0 neither
 *	in the process's user namespace nor in an ancestor of it; in
 *	getxattr(2), and no other uid there.
 * @NSCAPS_MALFORMED: "malformed".  The value is of no known form.
 * @NSCAPS_FS_ERROR: "fs_error".  The filesystem failed to read the value.
 * @NSCAPS_NOT_PRIVILEGED: "not_privileged".  The caller does not have
 *	CAP_SETFCAP in its user namespace.
 * @NSCAPS_IDS_UNMAPPED: "ids_unmapped".  The inode's uid or gid has no mapping
 *	in the caller's user namespace, or none in the mount's idmap.
 * @NSCAPS_OUTSIDE_BOUNDING: "outside_bounding".  The file permits a capability
 *	that the process's bounding set does not have.
 * @NSCAPS_NO_NEW_PRIVS: "no_new_privs".  The process has no_new_privs set.
 * @NSCAPS_PTRACED: "ptraced".  A tracer without CAP_SYS_PTRACE over the process
 *	traces it.
 * @NSCAPS_FS_SHARED: "fs_shared".  Another process shares the current directory
 *	and root of this one (CLONE_FS).
 * @NSCAPS_SETUID_MIX: "setuid_mix".  The file is set-user-ID root as well, and
 *	grants its own capabilities alone, not those of root.
 * @NSCAPS_OLD_FORM: "old_form".  The value is of form 1, which getxattr(2) does
 *	not return and setxattr(2) does not take.
 * @NSCAPS_SHORT_BUFFER: "short_buffer".  The value does not fit into the buffer
 *	given to getxattr(2).
 *
 * The tracepoints of the system "nscaps" and the audit record NSCAPS name these
 * reasons.  Numbers and names do not change; new ones are added at the end.
 */
enum nscaps_reason {
	NSCAPS_HONOURED		= 0,
	NSCAPS_NO_VALUE		= 1,
	NSCAPS_DISABLED		= 2,
	NSCAPS_MNT_NOSUID	= 3,
	NSCAPS_MNT_FOREIGN	= 4,
	NSCAPS_FS_FOREIGN	= 5,
	NSCAPS_ROOT_UNMAPPED	= 6,
	NSCAPS_ROOT_NOT_OWNER	= 7,
	NSCAPS_MALFORMED	= 8,
	NSCAPS_FS_ERROR		= 9,
	NSCAPS_NOT_PRIVILEGED	= 10,
	NSCAPS_IDS_UNMAPPED	= 11,
	NSCAPS_OUTSIDE_BOUNDING	= 12,
	NSCAPS_NO_NEW_PRIVS	= 13,
	NSCAPS_PTRACED		= 14,
	NSCAPS_FS_SHARED	= 15,
	NSCAPS_SETUID_MIX	= 16,
	NSCAPS_OLD_FORM		= 17,
	NSCAPS_SHORT_BUFFER	= 18,
};

#endif /* _UAPI_LINUX_NSCAPS_H */
