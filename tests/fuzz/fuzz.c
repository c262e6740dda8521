// SPDX-License-Identifier: GPL-2.0-only
/* One check as a target of libFuzzer; CHECK names it. */

#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CHECK(data, size);
	return 0;
}
