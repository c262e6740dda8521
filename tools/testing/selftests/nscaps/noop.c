// SPDX-License-Identifier: GPL-2.0
/*
 * A program that does nothing, and is small: there are many copies of it.
 */
#include <unistd.h>

void _start(void)
{
	_exit(0);
}
