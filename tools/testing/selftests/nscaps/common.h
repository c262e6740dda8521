/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of namespaced file capabilities share: user namespaces with
 * given maps, a function run inside one, values of security.capability, and
 * the two filesystems that the tests run on.
 */
#ifndef NSCAPS_COMMON_H
#define NSCAPS_COMMON_H

#include <linux/capability.h>
#include <linux/const.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* seconds; without KVM, with all checks of the kernel and beside a build */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	240

#define CAPS_XATTR	"security.capability"

/* The capability that the tests hand out, and its mask in /proc/self/status */
#define TEST_CAP	CAP_NET_RAW
#define TEST_MASK	_BITULL(TEST_CAP)

/* No user namespace is entered: that of the test itself */
#define NS_INIT		(-1)

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct value - a value of security.capability, of whatever form
 * @size: how many bytes of it count
 * @caps: the bytes as form 3
 * @bytes: the bytes
 */
struct value {
	size_t size;
	union {
		struct vfs_ns_cap_data caps;
		unsigned char bytes[64];
	};
};

struct value value_v1(void);
struct value value_v2(void);
struct value value_v3(uint32_t rootid);
bool value_eq(const struct value *a, const struct value *b);

/**
 * struct outcome - what a call inside a user namespace brought back
 * @ret: its result
 * @err: its errno, 0 when it succeeded
 * @pid: the process that made it
 * @value: the bytes that it read, if any
 */
struct outcome {
	ssize_t ret;
	int err;
	pid_t pid;
	struct value value;
};

/**
 * struct creds - what the helper print_caps tells of itself
 * @err: errno of execve(2), 0 when the helper ran
 * @permitted: its permitted capabilities
 * @effective: its effective ones
 * @inheritable: its inheritable ones
 * @ambient: its ambient ones
 * @secure: AT_SECURE of its auxiliary vector
 * @uid: its real uid, in its user namespace
 * @euid: its effective uid, likewise
 * @pid: the process that called execve(2)
 */
struct creds {
	int err;
	unsigned long long permitted;
	unsigned long long effective;
	unsigned long long inheritable;
	unsigned long long ambient;
	unsigned long secure;
	unsigned int uid;
	unsigned int euid;
	pid_t pid;
};

/* Directories of the test, on tmpfs and on ext4; made before main() */
const char *fs_dir(const char *fstype);
const char *helper_path(void);

/* The path, PATH_MAX at most, of a program that lies beside the test */
void beside(char *path, const char *name);

/* Another ext4, made in a file; and mounted, by way of a loop device */
int fs_make_ext4(const char *image, unsigned int megabytes);
int fs_make_ext4_with(const char *image, unsigned int megabytes,
		      const char *options);
int fs_mount_ext4(const char *image, const char *dir);

/*
 * An ext4 at /mnt with a copy of @program as "file", and a value of whatever
 * form; without one, attributes that the filesystem cannot read
 */
int disk_with(const char *program, const struct value *v);

/* An idmapped mount of @dir at @place, with the map of the namespace @ns */
int bind_idmapped(const char *dir, const char *place, int ns);

/* A file descriptor of a new user namespace below @parent, or -1 */
int userns_new(int parent, const char *map);

/* The namespaces of the table of Documentation/security/nscaps.rst */
enum caller { INIT, A, B, B0, S, M, CALLERS };

/* Make them all: 0, or -1 where one could not be made; and close them */
int table_new(int ns[CALLERS]);
void table_close(const int ns[CALLERS]);

/* What a call returned, and its errno if that is an error */
struct outcome outcome_of(ssize_t ret);

/* Run @fn as @uid of @ns in a child, and bring back what it left */
struct outcome run_in(int ns, uid_t uid, struct outcome (*fn)(void *ctx),
		      void *ctx);

/* The calls, as root of @ns */
struct outcome set_in(int ns, const char *path, struct value value, int flags);
struct outcome get_in(int ns, const char *path, size_t size);
struct outcome remove_in(int ns, const char *path);

/* Run the file as @uid of @ns; @prepare, if any, runs just before it */
struct creds exec_in(int ns, uid_t uid, const char *path,
		     void (*prepare)(void));

/* For exec_in() to run before: no new privileges; a tracer with no capability */
void no_new_privs(void);
void be_traced(void);

/* A copy of the helper, owned by @owner; any older file is replaced */
int install_helper(const char *path, uid_t owner);

int write_file(const char *path, const char *text);

#endif /* NSCAPS_COMMON_H */
