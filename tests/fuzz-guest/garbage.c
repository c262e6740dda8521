// SPDX-License-Identifier: GPL-2.0
/*
 * Calls with arguments that nobody means; see garbage.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "garbage.h"

#define PICK(a, r)	((a)[rng_below(r, ARRAY_LEN(a))])

#define PAGE		4096
/* the largest value of an xattr, and more */
#define ROOM		(65536 + 2 * PAGE)
#define UNTOUCHED	0xa5

enum call { SET, GET, LIST, REMOVE, EXEC, CALLS };

/* By which way to the file; a number of system calls for each */
enum way { BY_PATH, BY_LINK, BY_FD, WAYS };

/**
 * struct garbage - the arguments of a call
 * @call: which
 * @way: of the three calls of it
 * @path: of the file
 * @fd: in its place
 * @name: of the xattr
 * @value: the value, or a buffer
 * @size: of it
 * @flags: of setxattr(2) and execveat(2)
 */
struct garbage {
	enum call call;
	enum way way;
	const char *path;
	int fd;
	const char *name;
	unsigned char *value;
	size_t size;
	unsigned int flags;
};

/* for a value, and for the two strings; after the end of each is nothing */
static unsigned char *room;
static char *path_page, *name_page;

static void *map_with_end(size_t size)
{
	char *p = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + size, PAGE, PROT_NONE)) {
		perror("garbage");
		exit(1);
	}
	return p;
}

void garbage_init(void)
{
	room = map_with_end(ROOM);
	path_page = map_with_end(PAGE);
	name_page = map_with_end(PAGE);
}

/* Of user space and of the kernel, and none */
static void *pick_pointer(struct rng *r)
{
	static const uintptr_t nowhere[] = {
		0, 1, 0xdead0000, 0x7ffffffff000, 0x800000000000,
		0xffff888000000000, 0xffffffff81000000, UINTPTR_MAX,
	};

	return (void *)PICK(nowhere, r);
}

/* A string that has its end where the readable memory has, or beyond */
static const char *at_end(char *page, const char *text, bool terminated)
{
	const size_t len = strlen(text);
	char *place = page + PAGE - len - terminated;

	memcpy(place, text, len);
	if (terminated)
		place[len] = 0;
	return place;
}

static const char *pick_path(const struct op *op, struct rng *r)
{
	static char longest[PATH_MAX + 8];
	static const char * const others[] = { "", ".", "d0", "s0", "f0/",
					       "none", "/" };

	switch (rng_below(r, 12)) {
	case 0:
		return pick_pointer(r);
	case 1:
		return PICK(others, r);
	case 2:
		memset(longest, '/', sizeof(longest));
		longest[PATH_MAX - 2 + rng_below(r, 4)] = 0;
		return longest;
	case 3:
		return at_end(path_page, op->name, rng_chance(r, 50));
	default:
		return op->name;
	}
}

static const char *pick_name(struct rng *r)
{
	static const char full[] = CAPS_XATTR;
	static char name[512];
	size_t len = sizeof(full) - 1;

	strcpy(name, full);
	switch (rng_below(r, 14)) {
	case 0:
		return pick_pointer(r);
	case 1:
		name[rng_below(r, len)] = 0;
		return name;
	case 2:
		name[rng_below(r, len)] ^= 1 << rng_below(r, 8);
		return name;
	case 3:
		/* XATTR_NAME_MAX is 255 */
		len = 250 + rng_below(r, 10);
		memset(name + sizeof(full) - 1, 'x', len);
		name[len] = 0;
		return name;
	case 4:
		return at_end(name_page, full, rng_chance(r, 50));
	case 5:
		sprintf(name + len, "%c", 1 + rng_below(r, 255));
		return name;
	default:
		return full;
	}
}

static void pick_value(const struct op *op, struct garbage *g, struct rng *r)
{
	static const size_t sizes[] = { 0, 1, 11, 12, 19, 20, 20, 20, 21, 23,
					24, 24, 24, 25, 64, 4096, 65535, 65536,
					65537, INT_MAX, UINT32_MAX, SIZE_MAX,
					(size_t)INT_MAX + 1 };
	size_t n;

	g->size = rng_chance(r, 20) ? rng_below(r, 65537) : PICK(sizes, r);
	if (rng_chance(r, 10)) {
		g->value = pick_pointer(r);
		return;
	}
	n = g->size < ROOM ? g->size : ROOM;
	if (n && rng_chance(r, 10))
		n = rng_below(r, n);
	/* the rest of it, if any, is not there */
	g->value = room + ROOM - n;
	memset(room, UNTOUCHED, ROOM);
	if (g->call == SET)
		memcpy(g->value, op->value, n < sizeof(op->value) ?
					    n : sizeof(op->value));
}

/* Something that is no file of ours, or a file opened in another way */
static int pick_fd(const struct op *op, struct rng *r)
{
	int fds[2];

	switch (rng_below(r, 12)) {
	case 0:
		return -1 - (int)rng_below(r, 200);
	case 1:
		return 1000 + rng_below(r, 100000);
	case 2:
		if (pipe2(fds, O_CLOEXEC))
			return -1;
		close(fds[1]);
		return fds[0];
	case 3:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 4:
		return eventfd(0, EFD_CLOEXEC);
	case 5:
		return epoll_create1(EPOLL_CLOEXEC);
	case 6:
		return memfd_create("garbage", MFD_CLOEXEC);
	case 7:
		return open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	case 8:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 9:
		return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case 10:
		return open(op->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	default:
		return open(op->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
}

static void draw(const struct op *op, struct garbage *g, struct rng *r)
{
	static const enum call calls[] = { SET, SET, SET, GET, GET, LIST,
					   REMOVE, EXEC };

	*g = (struct garbage) { .call = PICK(calls, r), .fd = -1 };
	g->way = rng_below(r, WAYS);
	g->path = pick_path(op, r);
	if (g->way == BY_FD)
		g->fd = pick_fd(op, r);
	pick_value(op, g, r);
	g->name = pick_name(r);
	g->flags = rng_chance(r, 70) ? 0 : rng_chance(r, 50) ?
		   rng_below(r, 8) : rng_u32(r);
}

/* With the probe's words nobody to read them; 0 when it ran */
static long execute(const struct garbage *g, struct rng *r)
{
	char *some[] = { "probe", NULL };
	void *argv = rng_chance(r, 70) ? some : pick_pointer(r);
	void *envp = rng_chance(r, 70) ? some + 1 : pick_pointer(r);
	const pid_t pid = fork();
	int status, null;

	if (pid < 0)
		return -1;
	if (!pid) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		if (g->way == BY_FD)
			syscall(SYS_execveat, g->fd, "", argv, envp,
				g->flags ^ AT_EMPTY_PATH);
		else
			syscall(SYS_execve, g->path, argv, envp);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status)) {
		errno = EINTR;
		return -1;
	}
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

/* By the system call itself: the C library need not take such arguments */
static long make_call(const struct garbage *g, struct rng *r)
{
	static const int numbers[][WAYS] = {
		[SET] = { SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr },
		[GET] = { SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr },
		[LIST] = { SYS_listxattr, SYS_llistxattr, SYS_flistxattr },
		[REMOVE] = { SYS_removexattr, SYS_lremovexattr,
			     SYS_fremovexattr },
	};
	const long file = g->way == BY_FD ? g->fd : (long)g->path;
	long nr;

	if (g->call == EXEC)
		return execute(g, r);
	nr = numbers[g->call][g->way];
	switch (g->call) {
	case LIST:
		return syscall(nr, file, g->value, g->size);
	case REMOVE:
		return syscall(nr, file, g->name);
	default:
		return syscall(nr, file, g->name, g->value, g->size, g->flags);
	}
}

/* Was more written than is told, or told than there was room for? */
static bool overrun(const struct garbage *g, long ret)
{
	const unsigned char *p = g->value + ret;

	if ((g->call != GET && g->call != LIST) || ret < 0 || !g->size)
		return false;
	if ((size_t)ret > g->size)
		return true;
	if (g->value < room || p > room + ROOM)
		return ret > 0;
	while (p < room + ROOM && *p == UNTOUCHED)
		p++;
	return p < room + ROOM;
}

/* A value of that name is of one of two sizes, written or read */
static bool odd_size(const struct garbage *g, const char *name, long ret)
{
	const long size = g->call == GET ? ret : (long)g->size;

	return (g->call == SET || g->call == GET) && ret >= 0 &&
	       !strcmp(name, CAPS_XATTR) && size != XATTR_CAPS_SZ_2 &&
	       size != XATTR_CAPS_SZ_3;
}

/* A string for the log, if the pointer is to one that has an end */
static const char *readable(const char *text)
{
	const uintptr_t p = (uintptr_t)text;

	if (p < 0x100000 || p == 0xdead0000 || p >= 0x7ffffffff000)
		return "(nowhere)";
	if (p - (uintptr_t)path_page < PAGE || p - (uintptr_t)name_page < PAGE)
		return "(at the end)";
	return text;
}

long garbage(const struct op *op, char *text)
{
	static const char * const calls[] = { "set", "get", "list", "remove",
					      "exec" };
	static const char * const ways[] = { "", "link ", "fd " };
	struct garbage g;
	struct rng r;
	long ret;
	int err, n;
	bool bad;

	rng_init(&r, op->arg[0], op->arg[1], 0);
	draw(op, &g, &r);
	ret = make_call(&g, &r);
	err = errno;
	bad = overrun(&g, ret) || odd_size(&g, readable(g.name), ret);
	n = sprintf(text, "%c%s %s%.32s %.64s size %zu flags %x",
		    bad ? GARBAGE_FINDING : ' ', calls[g.call], ways[g.way],
		    readable(g.path), readable(g.name), g.size, g.flags);
	for (int i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	}
	if (g.fd > 2)
		close(g.fd);
	errno = err;
	return ret;
}
