// SPDX-License-Identifier: GPL-2.0
/*
 * What the tool and what the kernel say of a file and a process; see verdict.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "verdict.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCE	TRACEFS "/instances/nscap"

int tracing_start(void)
{
	mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (mkdir(INSTANCE, 0700) && errno != EEXIST)
		return -1;
	if (write_file(INSTANCE "/events/nscaps/nscaps_exec/enable", "1") ||
	    write_file(INSTANCE "/events/nscaps/nscaps_creds/enable", "1"))
		return -1;
	return 0;
}

void tracing_stop(void)
{
	rmdir(INSTANCE);
}

static int tracing_clear(void)
{
	return write_file(INSTANCE "/trace", "0");
}

/* The reason in a line of this event and this process */
static bool take_reason(const char *line, const char *event, pid_t pid, char *reason)
{
	char want[32];
	const char *p;

	snprintf(want, sizeof(want), " pid=%d ", pid);
	if (!strstr(line, event) || !strstr(line, want))
		return false;
	p = strstr(line, " reason=");
	return p && sscanf(p, " reason=%23s", reason) == 1;
}

/* What the tracepoints say of the execve(2) of each process, in their order */
static int kernel_verdicts(const pid_t *pids, int n, struct verdict *v)
{
	FILE *f = fopen(INSTANCE "/trace", "re");
	char line[1024];

	if (!f)
		return -1;
	memset(v, 0, n * sizeof(*v));
	while (fgets(line, sizeof(line), f)) {
		for (int i = 0; i < n; i++) {
			take_reason(line, "nscaps_exec:", pids[i], v[i].exec);
			take_reason(line, "nscaps_creds:", pids[i], v[i].creds);
		}
	}
	fclose(f);
	return 0;
}

static void take_string(const char *json, const char *key, char *to, size_t size)
{
	char want[32];
	const char *p;

	snprintf(want, sizeof(want), "\"%s\":\"", key);
	/* the keys of the gates come later */
	p = strstr(json, want);
	if (!p)
		return;
	p += strlen(want);
	snprintf(to, size, "%.*s", (int)strcspn(p, "\""), p);
}

/* What the tool says of each file, for that process */
static int tool_verdicts(pid_t pid, char **paths, int n, struct verdict *v)
{
	char nscap[PATH_MAX], arg[16];
	char *argv[PATHS_MAX + 6] = { nscap, "why", "--json", "--pid", arg };
	static char line[65536];
	int fds[2], i = 0;
	pid_t child;
	FILE *f;

	beside(nscap, "nscap");
	snprintf(arg, sizeof(arg), "%d", pid);
	memcpy(argv + 5, paths, n * sizeof(*paths));
	if (pipe2(fds, O_CLOEXEC))
		return -1;
	child = vfork();
	if (!child) {
		if (dup2(fds[1], STDOUT_FILENO) >= 0)
			execv(nscap, argv);
		_exit(127);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	memset(v, 0, n * sizeof(*v));
	while (i < n && fgets(line, sizeof(line), f)) {
		take_string(line, "exec", v[i].exec, sizeof(v->exec));
		take_string(line, "creds", v[i].creds, sizeof(v->creds));
		take_string(line, "honoured", v[i].honoured, sizeof(v->honoured));
		i++;
	}
	fclose(f);
	waitpid(child, NULL, 0);
	return i == n ? 0 : -1;
}

/**
 * struct runner - that process, waiting for paths to run
 * @pid: its pid
 * @in: paths go there
 * @out: pids of those who ran them come from there
 */
struct runner {
	pid_t pid;
	int in, out;
};

static void become(const struct spec *s)
{
	if ((s->mnt >= 0 && setns(s->mnt, CLONE_NEWNS)) ||
	    (s->ns != NS_INIT && setns(s->ns, CLONE_NEWUSER)) ||
	    setresgid(0, 0, 0) || setresuid(0, 0, 0))
		_exit(1);
	if (s->unbound && prctl(PR_CAPBSET_DROP, TEST_CAP, 0, 0, 0))
		_exit(1);
	if (s->traced_by_root)
		be_traced();
	if (s->as_root)
		s->as_root();
	if (setresgid(s->uid, s->uid, s->uid) || setresuid(s->uid, s->uid, s->uid))
		_exit(1);
	if (s->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(1);
	if (chdir("/"))
		_exit(1);
}

static pid_t clone_child(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static void share_directory(void)
{
	if (!clone_child(CLONE_FS)) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static void run(const struct spec *s, const char *path, int out)
{
	char *argv[2] = { "noop" };
	pid_t pid;

	/* the child of one that is traced is not */
	if (s->traced || s->traced_by_root) {
		pid = getpid();
		if (write(out, &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		execv(path, argv);
		_exit(1);
	}
	/* the event is there when the child is gone */
	pid = clone_child(s->shared ? CLONE_FS : 0);
	if (!pid) {
		execv(path, argv);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	if (write(out, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
}

static void serve(const struct spec *s, int in, int out)
{
	char path[256];
	pid_t pid;

	become(s);
	if (s->traced)
		be_traced();
	if (s->shared)
		share_directory();
	if (s->at_last)
		s->at_last();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid = getpid();
	if (write(out, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	while (read(in, path, sizeof(path)) == sizeof(path))
		run(s, path, out);
	_exit(0);
}

static int runner_start(struct runner *r, const struct spec *s)
{
	int in[2], out[2];
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(in[1]);
		close(out[0]);
		serve(s, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	return read(r->out, &r->pid, sizeof(r->pid)) == sizeof(r->pid) ? 0 : -1;
}

static void runner_stop(struct runner *r)
{
	char c;

	close(r->in);
	/* it ends when all of them have ended */
	while (read(r->out, &c, 1) > 0)
		;
	close(r->out);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int runner_run(struct runner *r, const char *path, pid_t *pid)
{
	char buf[256] = {};
	char c;

	snprintf(buf, sizeof(buf), "%s", path);
	if (write(r->in, buf, sizeof(buf)) != sizeof(buf) ||
	    read(r->out, pid, sizeof(*pid)) != sizeof(*pid))
		return -1;
	/* who runs it itself is gone, and its end of the pipe closed by execve(2) */
	if (*pid == r->pid)
		while (read(r->out, &c, 1) > 0)
			;
	return 0;
}

static bool refused_by_creds(const struct verdict *v)
{
	return *v->creds && strcmp(v->creds, "honoured") &&
	       strcmp(v->creds, "setuid_mix");
}

/* Do the two say the same?  Without an event there is nothing to say */
bool agree(const struct verdict *kernel, const struct verdict *tool)
{
	const bool yes = !strcmp(kernel->exec, "honoured") && !refused_by_creds(kernel);

	return !strcmp(kernel->exec, tool->exec) &&
	       !strcmp(*kernel->creds ? kernel->creds : "honoured", tool->creds) &&
	       !strcmp(yes ? "yes" : "no", tool->honoured);
}

/* Ask the tool first, as who is traced is gone after it has run the file */
int both(const struct spec *s, char **paths, int n, struct verdict *kernel,
	 struct verdict *tool)
{
	pid_t pids[PATHS_MAX];
	struct runner r;
	int err;

	if (runner_start(&r, s))
		return -1;
	err = tool_verdicts(r.pid, paths, n, tool) || tracing_clear();
	for (int i = 0; i < n && !err; i++)
		err = runner_run(&r, paths[i], &pids[i]);
	err = err || kernel_verdicts(pids, n, kernel);
	runner_stop(&r);
	return err ? -1 : 0;
}

int both_of(const struct spec *s, char *path, struct verdict *kernel,
	    struct verdict *tool)
{
	return both(s, &path, 1, kernel, tool);
}

int copy_noop(const char *path)
{
	char noop[PATH_MAX], buf[65536];
	ssize_t n;
	int in, out;

	beside(noop, "noop");
	in = open(noop, O_RDONLY | O_CLOEXEC);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	n = read(in, buf, sizeof(buf));
	if (n <= 0 || n == sizeof(buf) || write(out, buf, n) != n)
		n = -1;
	close(in);
	close(out);
	return n < 0 ? -1 : 0;
}

int set_value(const char *path, const struct value *v)
{
	return setxattr(path, CAPS_XATTR, v->bytes, v->size, 0);
}

int disk_with_noop(const struct value *v)
{
	char noop[PATH_MAX];

	beside(noop, "noop");
	return disk_with(noop, v);
}
