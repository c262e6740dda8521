/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's reasons, by the names that its tracepoints use
 * (include/uapi/linux/nscaps.h).
 */
#ifndef NSCAP_REASON_H
#define NSCAP_REASON_H

#include "nscap.h"

enum reason {
	REASON_HONOURED,
	REASON_NO_VALUE,
	REASON_DISABLED,
	REASON_MNT_NOSUID,
	REASON_MNT_FOREIGN,
	REASON_FS_FOREIGN,
	REASON_ROOT_UNMAPPED,
	REASON_ROOT_NOT_OWNER,
	REASON_MALFORMED,
	REASON_FS_ERROR,
	REASON_NOT_PRIVILEGED,
	REASON_IDS_UNMAPPED,
	REASON_OUTSIDE_BOUNDING,
	REASON_NO_NEW_PRIVS,
	REASON_PTRACED,
	REASON_FS_SHARED,
	REASON_SETUID_MIX,
	REASON_OLD_FORM,
	REASON_SHORT_BUFFER,
	REASONS,
};

const char *reason_name(enum reason reason);
const char *reason_meaning(enum reason reason);
const char *reason_remedy(enum reason reason);
int reason_by_name(const char *name);

#endif /* NSCAP_REASON_H */
