// SPDX-License-Identifier: GPL-2.0
/*
 * Print the credentials that execve(2) gave: one line of numbers, in the order
 * of struct creds in common.h.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(void)
{
	unsigned long long inh = 0, prm = 0, eff = 0, amb = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "CapInh: %llx", &inh);
		sscanf(line, "CapPrm: %llx", &prm);
		sscanf(line, "CapEff: %llx", &eff);
		sscanf(line, "CapAmb: %llx", &amb);
	}
	fclose(f);
	printf("%llx %llx %llx %llx %lu %u %u\n", prm, eff, inh, amb,
	       getauxval(AT_SECURE), getuid(), geteuid());
	return 0;
}
