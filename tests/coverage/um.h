/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the build of User Mode Linux that is counted, included before
 * security/commoncap_ns.c
 *
 * gcc puts the end of its counters into .fini_array.00100, and the linker
 * script of User Mode Linux knows .fini_array only, so that nothing would be
 * written.
 */
#ifndef NSCAPS_COVERAGE_UM_H
#define NSCAPS_COVERAGE_UM_H

void __gcov_dump(void);

static __attribute__((__destructor__)) void write_counters(void)
{
	__gcov_dump();
}

#endif /* NSCAPS_COVERAGE_UM_H */
