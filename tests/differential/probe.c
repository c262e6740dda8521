// SPDX-License-Identifier: GPL-2.0
/*
 * The program that the differential test executes: it writes its credentials,
 * see probe.h.  Built with nolibc, as it is copied and started very often.
 */
#include <linux/capability.h>
#include <linux/prctl.h>

#include "probe.h"

static unsigned int id(long number)
{
	return syscall(number);
}

int main(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	struct probe p = {};

	if (syscall(__NR_capget, &header, data))
		return 1;
	p.permitted = data[0].permitted | (__u64)data[1].permitted << 32;
	p.effective = data[0].effective | (__u64)data[1].effective << 32;
	p.inheritable = data[0].inheritable | (__u64)data[1].inheritable << 32;
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			p.ambient |= 1ULL << cap;
	}
	p.secure = getauxval(AT_SECURE);
	p.uid = id(__NR_getuid);
	p.euid = id(__NR_geteuid);
	p.gid = id(__NR_getgid);
	p.egid = id(__NR_getegid);
	return write(1, &p, sizeof(p)) != sizeof(p);
}
