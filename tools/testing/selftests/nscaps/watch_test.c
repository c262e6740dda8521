// SPDX-License-Identifier: GPL-2.0
/*
 * "nscap watch" tells what the kernel decides: each call, as text and as JSON,
 * with the values that there are; and where it cannot, one line says why.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define TRACEFS		"/sys/kernel/tracing"
#define USER		999
#define ARGS_MAX	8
/* more than it ever takes to begin or to end, under emulation */
#define PATIENCE_MS	60000

/**
 * struct watch - a running nscap watch
 * @pid: it
 * @out: its output
 * @err: its errors
 */
struct watch {
	pid_t pid;
	FILE *out;
	FILE *err;
};

static void instance(const struct watch *w, const char *file, char *path, size_t size)
{
	snprintf(path, size, TRACEFS "/instances/nscap-%d.0/%s", w->pid, file);
}

static bool is_listening(const struct watch *w)
{
	char path[128], c = 0;
	int fd;

	instance(w, "events/nscaps/enable", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &c, 1) != 1)
		c = 0;
	if (fd >= 0)
		close(fd);
	return c == '1';
}

static int start(struct watch *w, uid_t uid, char **args)
{
	char nscap[PATH_MAX], *argv[ARGS_MAX + 3] = { nscap, "watch" };
	int out[2], err[2];

	beside(nscap, "nscap");
	for (int i = 0; args[i] && i < ARGS_MAX; i++)
		argv[i + 2] = args[i];
	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return -1;
	w->pid = fork();
	if (!w->pid) {
		if (dup2(out[1], STDOUT_FILENO) < 0 ||
		    dup2(err[1], STDERR_FILENO) < 0 ||
		    setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(126);
		execv(nscap, argv);
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	w->out = fdopen(out[0], "r");
	w->err = fdopen(err[0], "r");
	/* poll() knows nothing of lines that wait in a buffer here */
	if (w->out)
		setvbuf(w->out, NULL, _IONBF, 0);
	return w->pid < 0 || !w->out || !w->err ? -1 : 0;
}

static int start_listening(struct watch *w, char **args)
{
	if (start(w, 0, args))
		return -1;
	for (int i = 0; i < PATIENCE_MS / 20; i++) {
		if (is_listening(w))
			return 0;
		usleep(20000);
	}
	return -1;
}

/* The next line, without its end; "" when there is none */
static const char *line_of(FILE *f)
{
	static char line[4096];
	struct pollfd p = { .fd = fileno(f), .events = POLLIN };

	*line = 0;
	/* what it says it says a line at a time */
	if (poll(&p, 1, PATIENCE_MS) == 1 && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = 0;
	return line;
}

/* End it, and see that it says nothing more; its exit status */
static int finish(struct watch *w, int sig, char *errors, size_t size)
{
	char path[128];
	int status = -1;
	size_t n;

	if (sig)
		kill(w->pid, sig);
	n = fread(errors, 1, size - 1, w->err);
	errors[n] = 0;
	fclose(w->err);
	fclose(w->out);
	waitpid(w->pid, &status, 0);
	instance(w, "", path, sizeof(path));
	/* it leaves the kernel's tracing as it was */
	if (!access(path, F_OK))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE(watch)
{
	struct watch w;
	int a;
	char path[256], dev[32];
	unsigned long long ino;
};

FIXTURE_SETUP(watch)
{
	struct stat st;

	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	snprintf(self->path, sizeof(self->path), "%s/watched", fs_dir("tmpfs"));
	ASSERT_EQ(0, install_helper(self->path, 100000));
	ASSERT_EQ(0, stat(self->path, &st));
	snprintf(self->dev, sizeof(self->dev), "%u:%u", major(st.st_dev),
		 minor(st.st_dev));
	self->ino = st.st_ino;
}

FIXTURE_TEARDOWN(watch)
{
	unlink(self->path);
	close(self->a);
}

static struct outcome call_remove(void *path)
{
	return outcome_of(removexattr(path, CAPS_XATTR));
}

static unsigned int ns_inum(int ns)
{
	struct stat st = {};

	if (ns == NS_INIT)
		stat("/proc/self/ns/user", &st);
	else
		fstat(ns, &st);
	return st.st_ino;
}

/* Run the file, and be gone when it looks: so it cannot know the path */
static struct creds exec_unseen(const struct watch *w, int ns, const char *path)
{
	struct creds c = { .err = ECHILD };

	if (kill(w->pid, SIGSTOP) || waitpid(w->pid, NULL, WUNTRACED) != w->pid)
		return c;
	c = exec_in(ns, USER, path, NULL);
	kill(w->pid, SIGCONT);
	return c;
}

#define EXPECT_TEXT(_pid, _call, _rest) do {				\
	char _want[1024];						\
	snprintf(_want, sizeof(_want), "%-6s pid %d dev %s ino %llu%s",	\
		 _call, _pid, self->dev, self->ino, _rest);		\
	EXPECT_STREQ(_want, line_of(self->w.out));			\
} while (0)

TEST_F(watch, text)
{
	char errors[1024];
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, start_listening(&self->w, (char *[]) { NULL }));
	o = set_in(self->a, self->path, value_v2(), 0);
	EXPECT_EQ(0, o.err);
	EXPECT_TEXT(o.pid, "set", " cap_net_raw=ep rootid 0 (100000 on disk): honoured");
	o = get_in(NS_INIT, self->path, 64);
	EXPECT_TEXT(o.pid, "get", " cap_net_raw=ep rootid 100000: honoured");
	c = exec_unseen(&self->w, NS_INIT, self->path);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(0, c.permitted);
	EXPECT_TEXT(c.pid, "exec", " cap_net_raw=ep rootid 100000: root_not_owner, they belong to a root that does not own the process's user namespace");
	o = run_in(NS_INIT, USER, call_remove, self->path);
	EXPECT_EQ(EPERM, o.err);
	EXPECT_TEXT(o.pid, "remove", ": not_privileged, no CAP_SETFCAP over the file (Operation not permitted)");
	o = remove_in(NS_INIT, self->path);
	EXPECT_TEXT(o.pid, "remove", ": honoured");
	EXPECT_EQ(0, finish(&self->w, SIGTERM, errors, sizeof(errors)));
	EXPECT_STREQ("", errors);
}

TEST_F(watch, file)
{
	char errors[1024], want[512];
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, start_listening(&self->w, (char *[]) {
		"--file", self->path, "--count", "2", NULL }));
	/* that there is no value is told of a file that was named */
	c = exec_in(self->a, USER, self->path, NULL);
	snprintf(want, sizeof(want), "exec   pid %d %s: no_value, the file has no capabilities",
		 c.pid, self->path);
	EXPECT_STREQ(want, line_of(self->w.out));
	o = set_in(self->a, self->path, value_v3(7), 0);
	snprintf(want, sizeof(want), "set    pid %d %s cap_net_raw=ep rootid 7 (100007 on disk): honoured",
		 o.pid, self->path);
	EXPECT_STREQ(want, line_of(self->w.out));
	EXPECT_EQ(0, finish(&self->w, 0, errors, sizeof(errors)));
	EXPECT_STREQ("", errors);
}

/* Of its process, and only what is against the file */
TEST_F(watch, refused)
{
	char errors[1024], want[64];
	struct outcome o;
	const char *line;

	ASSERT_EQ(0, start_listening(&self->w, (char *[]) {
		"--refused", "--json", "--count", "1", NULL }));
	EXPECT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(0, get_in(self->a, self->path, 64).err);
	o = set_in(self->a, self->path, value_v3(70000), 0);
	EXPECT_EQ(EINVAL, o.err);
	line = line_of(self->w.out);
	snprintf(want, sizeof(want), "\"pid\":%d,", o.pid);
	EXPECT_NE(NULL, strstr(line, want));
	EXPECT_NE(NULL, strstr(line, "\"errno\":22,\"reason\":\"root_unmapped\","));
	EXPECT_EQ(0, finish(&self->w, 0, errors, sizeof(errors)));
	EXPECT_STREQ("", errors);
}

/* A line of JSON, but for the time, which is to be a number */
static const char *json_of(FILE *f)
{
	static char text[4096];
	const char *line = line_of(f), *time = strstr(line, "\"time\":");
	double seconds = -1;
	int len = 0;

	if (!time || sscanf(time, "\"time\":%lf,%n", &seconds, &len) != 1 || !len ||
	    seconds <= 0)
		return line;
	snprintf(text, sizeof(text), "%.*s%s", (int)(time - line), line, time + len);
	return text;
}

/* All keys, in their order: what comes before the value, it, what comes after */
#define EXPECT_JSON(_call, _pid, _ns, _owner, _value, _rest) do {	\
	char _want[2048], _own[16];					\
	snprintf(_own, sizeof(_own), "%u", _owner);			\
	snprintf(_want, sizeof(_want),					\
		 "{\"schema\":1,\"command\":\"watch\",\"call\":\"%s\","	\
		 "\"pid\":%d,\"dev\":\"%s\",\"ino\":%llu,\"path\":null,"	\
		 "\"caller_ns\":%u,\"owner_ns\":%s,%s,%s}",		\
		 _call, _pid, self->dev, self->ino, _ns,		\
		 (_owner) ? _own : "null", _value, _rest);		\
	EXPECT_STREQ(_want, json_of(self->w.out));			\
} while (0)

#define A_VALUE(_revision)						\
	"\"caps\":\"cap_net_raw=ep\",\"permitted\":\"0000000000002000\","	\
	"\"inheritable\":\"0000000000000000\",\"effective\":true,"	\
	"\"revision\":" _revision
#define NO_VALUE							\
	"\"caps\":null,\"permitted\":\"0000000000000000\",\"inheritable\":\"0000000000000000\",\"effective\":false,\"revision\":null"
#define OUTCOME(_disk, _here, _errno, _reason)				\
	"\"rootid_disk\":" _disk ",\"rootid\":" _here ",\"errno\":" _errno ",\"reason\":\"" _reason "\""

TEST_F(watch, json)
{
	const unsigned int init = ns_inum(NS_INIT), a = ns_inum(self->a);
	char errors[1024];
	struct outcome o;
	struct creds c;

	ASSERT_EQ(0, start_listening(&self->w, (char *[]) { "--json", NULL }));
	o = set_in(self->a, self->path, value_v2(), 0);
	EXPECT_JSON("set", o.pid, a, a, A_VALUE("2"),
		    OUTCOME("100000", "0", "0", "honoured")
		    ",\"size\":20,\"value\":\"0100000200200000000000000000000000000000\"");
	o = get_in(NS_INIT, self->path, 64);
	EXPECT_JSON("get", o.pid, init, 0, A_VALUE("3"),
		    OUTCOME("100000", "100000", "0", "honoured"));
	c = exec_unseen(&self->w, self->a, self->path);
	EXPECT_EQ(0, c.err);
	EXPECT_EQ(TEST_MASK, c.permitted);
	EXPECT_JSON("exec", c.pid, a, a, A_VALUE("3"),
		    OUTCOME("100000", "0", "0", "honoured"));
	EXPECT_JSON("creds", c.pid, a, a, A_VALUE("3"),
		    OUTCOME("100000", "0", "0", "honoured")
		    ",\"new_permitted\":\"0000000000002000\",\"new_effective\":\"0000000000002000\"");
	o = remove_in(self->a, self->path);
	EXPECT_JSON("remove", o.pid, a, 0, NO_VALUE,
		    OUTCOME("null", "null", "0", "honoured"));
	o = get_in(self->a, self->path, 64);
	EXPECT_EQ(ENODATA, o.err);
	EXPECT_JSON("get", o.pid, a, 0, NO_VALUE,
		    OUTCOME("null", "null", "61", "no_value"));
	EXPECT_EQ(0, finish(&self->w, SIGINT, errors, sizeof(errors)));
	EXPECT_STREQ("", errors);
}

/* One process alone */
TEST_F(watch, pid)
{
	char pid[16], errors[1024], byte[24];

	snprintf(pid, sizeof(pid), "%d", getpid());
	ASSERT_EQ(0, start_listening(&self->w, (char *[]) { "-j", "-p", pid, "-n", "1", NULL }));
	EXPECT_EQ(0, set_in(self->a, self->path, value_v2(), 0).err);
	EXPECT_EQ(24, getxattr(self->path, CAPS_XATTR, byte, sizeof(byte)));
	EXPECT_JSON("get", getpid(), ns_inum(NS_INIT), 0, A_VALUE("3"),
		    OUTCOME("100000", "100000", "0", "honoured"));
	EXPECT_EQ(0, finish(&self->w, 0, errors, sizeof(errors)));
	EXPECT_STREQ("", errors);
}

/* More decisions than there is room for */
TEST_F(watch, lost)
{
	char errors[4096], path[128], byte[64];

	ASSERT_EQ(0, start_listening(&self->w, (char *[]) { "--json", NULL }));
	instance(&self->w, "buffer_size_kb", path, sizeof(path));
	ASSERT_EQ(0, write_file(path, "4"));
	ASSERT_EQ(0, kill(self->w.pid, SIGSTOP));
	ASSERT_EQ(0, set_in(NS_INIT, self->path, value_v2(), 0).err);
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(20, getxattr(self->path, CAPS_XATTR, byte, sizeof(byte)));
	ASSERT_EQ(0, kill(self->w.pid, SIGCONT));
	EXPECT_STREQ("nscap watch: some decisions were missed: there were too many at once",
		     line_of(self->w.err));
	EXPECT_EQ(3, finish(&self->w, SIGTERM, errors, sizeof(errors)));
}

/* With these arguments, and NULL, it cannot begin: one line, and that status */
#define EXPECT_REFUSAL(_status, _line, _uid, ...) do {			\
	char _errors[1024];						\
	ASSERT_EQ(0, start(&self->w, _uid, (char *[]) { __VA_ARGS__ }));	\
	EXPECT_EQ(_status, finish(&self->w, 0, _errors, sizeof(_errors)));	\
	EXPECT_STREQ("nscap watch: " _line "\n", _errors);		\
} while (0)

TEST_F(watch, not_root)
{
	EXPECT_REFUSAL(3, "the kernel's tracing is for root: Permission denied", USER,
		       NULL);
}

/* As a kernel without our tracepoints has it */
TEST_F(watch, not_ours)
{
	ASSERT_EQ(0, mount("none", TRACEFS "/events", "tmpfs", 0, NULL));
	EXPECT_REFUSAL(4, "this kernel does not tell what it decides; that needs a kernel with nscaps",
		       0, NULL);
	umount(TRACEFS "/events");
}

TEST_F(watch, bad_file)
{
	EXPECT_REFUSAL(3, "/tmp/not\\012there: No such file or directory", 0,
		       "--file", "/tmp/not\nthere", NULL);
	ASSERT_EQ(0, mkdir("/tmp/closed", 0700));
	EXPECT_REFUSAL(3, "/tmp/closed/file: Permission denied", USER,
		       "--file", "/tmp/closed/file", NULL);
	rmdir("/tmp/closed");
}

TEST_HARNESS_MAIN
