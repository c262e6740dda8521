// SPDX-License-Identifier: GPL-2.0
/*
 * The programs that people use: setcap(8), getcap(8), setfattr(1) and
 * getfattr(1), unchanged, in a user namespace and outside. What they print is
 * asserted to the letter.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define V2_HEX	"0x0100000200200000000000000000000000000000"
#define V3_HEX	"0x0100000300200000000000000000000000000000"

FIXTURE(tools)
{
	int a, sibling;
	char dir[256];
};

FIXTURE_VARIANT(tools)
{
	const char *fs;
};

FIXTURE_VARIANT_ADD(tools, tmpfs) { .fs = "tmpfs" };
FIXTURE_VARIANT_ADD(tools, ext4) { .fs = "ext4" };

FIXTURE_SETUP(tools)
{
	char path[300];

	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	self->sibling = userns_new(NS_INIT, "0 200000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->sibling);
	snprintf(self->dir, sizeof(self->dir), "%s", fs_dir(variant->fs));
	snprintf(path, sizeof(path), "%s/f", self->dir);
	ASSERT_EQ(0, install_helper(path, 100000));
}

FIXTURE_TEARDOWN(tools)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/f", self->dir);
	unlink(path);
	close(self->a);
	close(self->sibling);
}

struct shell {
	const char *dir;
	const char *command;
	int out;
};

static struct outcome shell_run(void *ctx)
{
	struct shell *sh = ctx;

	if (chdir(sh->dir) || dup2(sh->out, STDOUT_FILENO) < 0 ||
	    dup2(sh->out, STDERR_FILENO) < 0)
		return (struct outcome) { .err = errno };
	/* the status of the command comes back as err */
	return (struct outcome) { .err = WEXITSTATUS(system(sh->command)) };
}

/* Run @command in @dir as root of @ns; its exit status, its output in @text */
static int shell(int ns, const char *dir, const char *command, char *text,
		 size_t size)
{
	struct shell sh = { .dir = dir, .command = command };
	struct outcome o;
	int fds[2];
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	sh.out = fds[1];
	o = run_in(ns, 0, shell_run, &sh);
	close(fds[1]);
	n = read(fds[0], text, size - 1);
	text[n > 0 ? n : 0] = 0;
	close(fds[0]);
	return o.err;
}

#define EXPECT_SHELL(_status, _text, _ns, _command) do {		\
	char _out[1024];						\
	EXPECT_EQ((_status), shell(_ns, self->dir, _command, _out,	\
				   sizeof(_out)));			\
	EXPECT_STREQ((_text), _out);					\
} while (0)

TEST_F(tools, init)
{
	EXPECT_SHELL(0, "", NS_INIT, "setcap cap_net_raw=ep f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", NS_INIT, "getcap f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", NS_INIT, "getcap -n f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", self->a, "getcap f");
	EXPECT_SHELL(0, "# file: f\nsecurity.capability=" V2_HEX "\n\n",
		     NS_INIT, "getfattr -e hex -n security.capability f");
	EXPECT_SHELL(0, "", NS_INIT, "setcap -r f");
	EXPECT_SHELL(0, "", NS_INIT, "getcap f");
}

TEST_F(tools, namespace)
{
	EXPECT_SHELL(0, "", self->a, "setcap cap_net_raw=ep f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", self->a, "getcap f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", self->a, "getcap -n f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=100000]\n", NS_INIT,
		     "getcap -n f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", NS_INIT, "getcap f");
	EXPECT_SHELL(0, "# file: f\nsecurity.capability=" V2_HEX "\n\n",
		     self->a, "getfattr -e hex -n security.capability f");
	EXPECT_SHELL(0, "# file: f\nsecurity.capability=" V3_HEX
		     "a0860100\n\n", NS_INIT,
		     "getfattr -e hex -n security.capability f");
	EXPECT_SHELL(0, "", self->a, "setcap -r f");
	EXPECT_SHELL(0, "", NS_INIT, "getcap -n f");
}

/* setcap -n names the root; in a namespace it is a uid of that namespace */
TEST_F(tools, rootid)
{
	EXPECT_SHELL(0, "", NS_INIT, "setcap -n 100000 cap_net_raw=ep f");
	EXPECT_SHELL(0, "f cap_net_raw=ep\n", self->a, "getcap -n f");
	EXPECT_SHELL(0, "", self->a, "setcap -n 1000 cap_net_raw=ep f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=1000]\n", self->a,
		     "getcap -n f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=101000]\n", NS_INIT,
		     "getcap -n f");
}

/* Where the root cannot be shown, the program says so and goes on */
TEST_F(tools, foreign)
{
	EXPECT_SHELL(0, "", self->a, "setcap cap_net_raw=ep f");
	EXPECT_SHELL(1,
		     "f: security.capability: Value too large for defined data type\n",
		     self->sibling,
		     "getfattr -e hex -n security.capability f");
	EXPECT_SHELL(1,
		     "Failed to set capabilities on file 'f': Operation not permitted\n",
		     self->sibling,
		     "setcap cap_net_raw=ep f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=100000]\n", NS_INIT,
		     "getcap -n f");
}

TEST_F(tools, setfattr)
{
	EXPECT_SHELL(0, "", self->a,
		     "setfattr -n security.capability -v " V2_HEX " f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=100000]\n", NS_INIT,
		     "getcap -n f");
	EXPECT_SHELL(0, "", self->a,
		     "setfattr -n security.capability -v " V3_HEX "e8030000 f");
	EXPECT_SHELL(0, "f cap_net_raw=ep [rootid=101000]\n", NS_INIT,
		     "getcap -n f");
	EXPECT_SHELL(1, "setfattr: f: Invalid argument\n", self->a,
		     "setfattr -n security.capability -v 0x0100000200 f");
	EXPECT_SHELL(1, "setfattr: f: Invalid argument\n", self->a,
		     "setfattr -n security.capability f");
	EXPECT_SHELL(1, "setfattr: f: Operation not permitted\n",
		     self->sibling,
		     "setfattr -n security.capability -v " V2_HEX " f");
	EXPECT_SHELL(0, "", self->a, "setfattr -x security.capability f");
	EXPECT_SHELL(0, "", NS_INIT, "getcap -n f");
}

TEST_HARNESS_MAIN
