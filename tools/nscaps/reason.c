// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's reasons: what each means and what to do about it.
 */
#include <string.h>

#include "reason.h"

static const struct {
	const char *name, *meaning, *remedy;
} reasons[REASONS] = {
	[REASON_HONOURED] = {
		"honoured",
		"the capabilities of the file count",
		"" },
	[REASON_NO_VALUE] = {
		"no_value",
		"the file has no capabilities",
		"give it some: nscap set CAPS FILE; a write or chown takes them away" },
	[REASON_DISABLED] = {
		"disabled",
		"file capabilities are off",
		"boot without no_file_caps on the kernel's command line" },
	[REASON_MNT_NOSUID] = {
		"mnt_nosuid",
		"the mount is nosuid",
		"mount -o remount,bind,suid DIR, or run the file from another mount" },
	[REASON_MNT_FOREIGN] = {
		"mnt_foreign",
		"the mount belongs to another mount namespace",
		"run it by a path of the process's own, not by /proc/PID/root or a descriptor" },
	[REASON_FS_FOREIGN] = {
		"fs_foreign",
		"the filesystem belongs to a user namespace that is neither the process's nor above it",
		"run the file inside that namespace, or copy it to a filesystem of your own" },
	[REASON_ROOT_UNMAPPED] = {
		"root_unmapped",
		"the rootid has no uid at this mount",
		"give the capabilities anew, by this mount: nscap set CAPS FILE" },
	[REASON_ROOT_NOT_OWNER] = {
		"root_not_owner",
		"they belong to a root that does not own the process's user namespace",
		"give them anew as root of that namespace, or carry the tree over: nscap shift" },
	[REASON_MALFORMED] = {
		"malformed",
		"the value is malformed, and execve(2) fails",
		"give them anew, which replaces it: nscap set CAPS FILE" },
	[REASON_FS_ERROR] = {
		"fs_error",
		"the filesystem failed to read the value",
		"look into the kernel's log, and check the filesystem" },
	[REASON_NOT_PRIVILEGED] = {
		"not_privileged",
		"no CAP_SETFCAP over the file",
		"do it as root of the user namespace, with CAP_SETFCAP" },
	[REASON_IDS_UNMAPPED] = {
		"ids_unmapped",
		"the file's uid or gid is not mapped in this user namespace",
		"do it in the namespace that the file's owner belongs to, or change its owner" },
	[REASON_OUTSIDE_BOUNDING] = {
		"outside_bounding",
		"the bounding set of the process does not have all that the file grants",
		"keep them in its bounding set (--cap-add of containers), or grant less" },
	[REASON_NO_NEW_PRIVS] = {
		"no_new_privs",
		"the process has no_new_privs set",
		"start it without no_new_privs (allowPrivilegeEscalation, NoNewPrivileges=)" },
	[REASON_PTRACED] = {
		"ptraced",
		"the process is traced by one without CAP_SYS_PTRACE over its user namespace",
		"run it without the tracer, or trace it as root" },
	[REASON_FS_SHARED] = {
		"fs_shared",
		"the process shares its root and working directory with another one",
		"do not clone with CLONE_FS" },
	[REASON_SETUID_MIX] = {
		"setuid_mix",
		"the file is set-user-ID to root as well, so it gets its own capabilities and not all of root's",
		"take either of the two away: chmod u-s FILE, or nscap remove FILE" },
	[REASON_OLD_FORM] = {
		"old_form",
		"the value is of form 1, which cannot be read or written any more",
		"remove it, and give the capabilities anew" },
	[REASON_SHORT_BUFFER] = {
		"short_buffer",
		"the value does not fit into the reader's buffer",
		"read with a buffer of 24 bytes" },
};

const char *reason_name(enum reason reason)
{
	return reasons[reason].name;
}

const char *reason_meaning(enum reason reason)
{
	return reasons[reason].meaning;
}

const char *reason_remedy(enum reason reason)
{
	return reasons[reason].remedy;
}

/**
 * reason_by_name - the reason of that name
 * @name: as the tracepoints print it
 *
 * Return: the reason, or -1 for a name that is not known.
 */
int reason_by_name(const char *name)
{
	for (int i = 0; i < REASONS; i++) {
		if (!strcmp(reasons[i].name, name))
			return i;
	}
	return -1;
}
