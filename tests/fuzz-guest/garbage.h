/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls with arguments that nobody means: pointers to nowhere, names and sizes
 * that are too long, flags, file descriptors of other things.
 */
#ifndef NSCAPS_GARBAGE_H
#define NSCAPS_GARBAGE_H

#include "plan.h"

/* What a text begins with when the call did what no call must */
#define GARBAGE_FINDING	'!'

/* Once, before there are workers */
void garbage_init(void);

/* One call on or about the operation's file, all of it drawn from its arg */
long garbage(const struct op *op, char *text);

#endif /* NSCAPS_GARBAGE_H */
