// SPDX-License-Identifier: GPL-2.0
/*
 * Print the credentials that execve(2) gave: one line of numbers, in the order
 * of struct creds in common.h.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* If this is the line of that set, take it */
static void take(const char *line, const char *name, unsigned long long *set)
{
	const size_t len = strlen(name);

	if (!strncmp(line, name, len))
		*set = strtoull(line + len, NULL, 16);
}

int main(void)
{
	unsigned long long inh = 0, prm = 0, eff = 0, amb = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	if (!f)
		return 1;
	while (fgets(line, sizeof(line), f)) {
		take(line, "CapInh:", &inh);
		take(line, "CapPrm:", &prm);
		take(line, "CapEff:", &eff);
		take(line, "CapAmb:", &amb);
	}
	fclose(f);
	printf("%llx %llx %llx %llx %lu %u %u %d\n", prm, eff, inh, amb,
	       getauxval(AT_SECURE), getuid(), geteuid(), getpid());
	return 0;
}
