// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap: the command line, as far as it is the same for all commands.
 */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nscap.h"
#include "out.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "list", cmd_list, "the file capabilities in a tree, and whose they are" },
	{ "why", cmd_why, "is a file's capability honoured, and if not, why" },
	{ "set", cmd_set, "give capabilities to files" },
	{ "remove", cmd_remove, "take capabilities from files" },
	{ "shift", cmd_shift, "carry a tree's capabilities to another mapping of uids" },
	{ "watch", cmd_watch, "the kernel's decisions as they are made" },
	{ "probe", cmd_probe, "can capabilities be kept and honoured there" },
};

static void say_commands(FILE *f)
{
	fputs("Usage: nscap COMMAND [OPTION...] [ARG...]\n\n", f);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\n"
	      "'nscap COMMAND --help' tells more, and nscap(8) all of it.\n"
	      "\n"
	      "Exit status: 0 done, and the answer is yes; 1 the answer is no;\n"
	      "2 wrong usage; 3 something failed, the rest was done; 4 this\n"
	      "kernel cannot.\n", f);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	setlocale(LC_CTYPE, "");
	argp_err_exit_status = NSCAP_USAGE;
	if (!name) {
		say_commands(stderr);
		return NSCAP_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-?") || !strcmp(name, "help")) {
		say_commands(stdout);
		return out_close(NSCAP_OK);
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("nscap " NSCAP_VERSION);
		return out_close(NSCAP_OK);
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		out_command(name);
		return out_close(commands[i].run(argc - 1, argv + 1));
	}
	complain("no such command: %s; see nscap --help", quoted(name));
	return NSCAP_USAGE;
}
