// SPDX-License-Identifier: GPL-2.0
/*
 * EVM and IMA over security.capability.  The HMAC is over the bytes that are
 * stored, not over those that a caller gives or sees, and stays so through set,
 * replace, remove, chmod and chown, from wherever; a value that was changed
 * beneath the kernel is not let at.  The key's bytes are known, so the HMAC is
 * made anew here and compared.  For a kernel with EVM, IMA and
 * CONFIG_USER_DECRYPTED_DATA: the key stays loaded, so these tests are not among
 * those that are run everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_alg.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

#define NOBODY		65534
#define IMAGE		"/tmp/evm.image"
#define VALUE		"/tmp/evm.value"
#define DIR		"/tmp/evm"
#define PATH		DIR "/file"
#define IDMAPPED	"/mnt"

#define EVM_XATTR	"security.evm"
#define IMA_XATTR	"security.ima"
#define LABEL_XATTR	"security.selinux"
#define LABEL		"a label"

#define SECURITYFS	"/sys/kernel/security/"
#define EVM_STATE	SECURITYFS "evm"
#define IMA_POLICY	SECURITYFS "ima/policy"
#define IMA_LIST	SECURITYFS "ima/ascii_runtime_measurements"

/* as in security/integrity/integrity.h, and linux/hash_info.h */
#define IMA_XATTR_DIGEST_NG	4
#define EVM_XATTR_HMAC		2
#define HASH_SHA256		4

#define SHA1_SIZE	20
#define SHA256_SIZE	32

/* the key as the kernel uses it: these bytes and zeroes up to 128 */
#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_BYTES	32
#define KEY_SIZE	128

/* The hash that the kernel calls @alg, with the key if it takes one: a socket */
static int hash_open(const char *alg, const void *key, size_t size)
{
	struct sockaddr_alg sa = { .salg_family = AF_ALG, .salg_type = "hash" };
	int fd, op = -1;

	snprintf((char *)sa.salg_name, sizeof(sa.salg_name), "%s", alg);
	fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (!bind(fd, (struct sockaddr *)&sa, sizeof(sa)) &&
	    (!size || !setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, size)))
		op = accept(fd, NULL, 0);
	close(fd);
	return op;
}

static int hash_add(int op, const void *data, size_t size)
{
	return send(op, data, size, MSG_MORE) == (ssize_t)size ? 0 : -1;
}

/* The end of it: the digest; the socket is closed */
static int hash_end(int op, void *digest, size_t size)
{
	ssize_t n = recv(op, digest, size, 0);

	close(op);
	return n == (ssize_t)size ? 0 : -1;
}

static int hash_file(const char *path, unsigned char *sha256)
{
	char buf[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int op = hash_open("sha256", NULL, 0);
	ssize_t n = -1;

	if (fd >= 0 && op >= 0)
		while ((n = read(fd, buf, sizeof(buf))) > 0)
			if (hash_add(op, buf, n))
				break;
	close(fd);
	return n ? -1 : hash_end(op, sha256, SHA256_SIZE);
}

/* An xattr that is not translated, if the file has it */
static int hash_xattr(int op, const char *path, const char *name)
{
	char buf[256];
	ssize_t n = getxattr(path, name, buf, sizeof(buf));

	if (n < 0)
		return errno == ENODATA ? 0 : -1;
	return hash_add(op, buf, n);
}

/* hmac_add_misc() of security/integrity/evm/evm_crypto.c */
static int hash_inode(int op, const char *path)
{
	struct {
		unsigned long ino;
		__u32 generation;
		__u32 uid;
		__u32 gid;
		__u16 mode;
	} misc;
	struct fsuuid2 uuid = {};
	struct stat st;
	int err, fd = open(path, O_RDONLY | O_CLOEXEC);

	/* with the padding */
	memset(&misc, 0, sizeof(misc));
	err = fd < 0 || fstat(fd, &st) ||
	      ioctl(fd, FS_IOC_GETVERSION, &misc.generation) ||
	      ioctl(fd, FS_IOC_GETFSUUID, &uuid);
	close(fd);
	if (err)
		return -1;
	misc.ino = st.st_ino;
	misc.uid = st.st_uid;
	misc.gid = st.st_gid;
	misc.mode = st.st_mode;
	return hash_add(op, &misc, sizeof(misc)) ||
	       hash_add(op, uuid.uuid, sizeof(uuid.uuid)) ? -1 : 0;
}

/* What security.evm is to be when these are the bytes that are stored */
static int evm_hmac(const char *path, const struct value *stored,
		    unsigned char *hmac)
{
	static const char * const before[] = {
		LABEL_XATTR, "security.SMACK64", "security.apparmor", IMA_XATTR,
	};
	unsigned char key[KEY_SIZE] = {};
	int err = 0, op;

	for (int i = 0; i < KEY_BYTES; i++)
		key[i] = i;
	op = hash_open("hmac(sha1)", key, sizeof(key));
	if (op < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		err |= hash_xattr(op, path, before[i]);
	if (stored)
		err |= hash_add(op, stored->bytes, stored->size);
	err |= hash_inode(op, path);
	return hash_end(op, hmac, SHA1_SIZE) || err ? -1 : 0;
}

static int evm_state(void)
{
	char buf[16] = {};
	int fd = open(EVM_STATE, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n > 0 ? atoi(buf) : -1;
}

static long add_key(const char *type, const char *name, const void *payload,
		    size_t size)
{
	return syscall(SYS_add_key, type, name, payload, size,
		       KEY_SPEC_SESSION_KEYRING);
}

/* The key stays for as long as the kernel runs */
static int evm_start(void)
{
	static const char blob[] = "new default user:kmk 32 " KEY_HEX;

	if (evm_state() == 1)
		return 0;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    add_key("user", "kmk", KEY_HEX, KEY_BYTES) < 0 ||
	    add_key("encrypted", "evm-key", blob, sizeof(blob) - 1) < 0 ||
	    write_file(EVM_STATE, "1"))
		return -1;
	return evm_state() == 1 ? 0 : -1;
}

/* The hash of the helper, as a value of security.ima */
static int set_ima(const char *path)
{
	unsigned char v[2 + SHA256_SIZE] = { IMA_XATTR_DIGEST_NG, HASH_SHA256 };

	return hash_file(helper_path(), v + 2) ||
	       setxattr(path, IMA_XATTR, v, sizeof(v), 0) ? -1 : 0;
}

static int fill(int out)
{
	char buf[65536];
	int in = open(helper_path(), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, n) != n)
			break;
	close(in);
	return n ? -1 : 0;
}

/*
 * A copy of the helper that EVM knows: only what mknod(2) made, and for as long
 * as it is open, may have its first label.
 */
static int make_file(const char *path, uid_t owner, bool ima)
{
	int fd, err;

	unlink(path);
	if (mknod(path, S_IFREG | 0755, 0))
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	err = fill(fd) || fchown(fd, owner, owner) ||
	      fsetxattr(fd, LABEL_XATTR, LABEL, sizeof(LABEL), XATTR_CREATE) ||
	      (ima && set_ima(path));
	close(fd);
	return err ? -1 : 0;
}

static int make_disk(void)
{
	mkdir(DIR, 0755);
	unlink(IMAGE);
	return fs_make_ext4(IMAGE, 4) || fs_mount_ext4(IMAGE, DIR) ? -1 : 0;
}

/* Both of its mounts */
static int unmount_disk(void)
{
	umount2(IDMAPPED, MNT_DETACH);
	return umount(DIR);
}

/* As after a boot: nothing of what was verified is remembered */
static int mount_again(void)
{
	return unmount_disk() || fs_mount_ext4(IMAGE, DIR) ? -1 : 0;
}

/* The kernel changes a protected attribute only where the HMAC is right */
static int verify(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -1;
	return chmod(path, st.st_mode & 07777) ? errno : 0;
}

static void expect_hmac(struct __test_metadata *_metadata, const char *path,
			const struct value *stored)
{
	unsigned char evm[64], hmac[SHA1_SIZE];

	ASSERT_EQ(1 + SHA1_SIZE, getxattr(path, EVM_XATTR, evm, sizeof(evm)));
	EXPECT_EQ(EVM_XATTR_HMAC, evm[0]);
	ASSERT_EQ(0, evm_hmac(path, stored, hmac));
	EXPECT_EQ(0, memcmp(evm + 1, hmac, SHA1_SIZE));
}

/* Ours and the kernel's own verification, now and when it is read from disk */
static void expect_sealed(struct __test_metadata *_metadata,
			  const struct value *stored)
{
	expect_hmac(_metadata, PATH, stored);
	EXPECT_EQ(0, verify(PATH));
	expect_hmac(_metadata, PATH, stored);
}

/* The bytes in the inode or its block, by a program that asks no kernel */
static int on_disk(struct value *v)
{
	char cmd[256];
	FILE *f;

	sync();
	snprintf(cmd, sizeof(cmd),
		 "debugfs -R 'ea_get -f %s file %s' %s >/dev/null 2>&1", VALUE,
		 CAPS_XATTR, IMAGE);
	unlink(VALUE);
	if (system(cmd))
		return -1;
	f = fopen(VALUE, "r");
	if (!f)
		return -1;
	v->size = fread(v->bytes, 1, sizeof(v->bytes), f);
	fclose(f);
	return 0;
}

/* Beneath the kernel; the filesystem is not mounted */
static int edit_disk(const char *request)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "debugfs -w -R '%s' %s >/dev/null 2>&1",
		 request, IMAGE);
	return system(cmd) ? -1 : 0;
}

static int put_on_disk(const struct value *v)
{
	int fd = open(VALUE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = write(fd, v->bytes, v->size);

	close(fd);
	return n != (ssize_t)v->size ||
	       edit_disk("ea_set -f " VALUE " file " CAPS_XATTR) ? -1 : 0;
}

FIXTURE(evm)
{
	int ns;
	struct value given;
	struct value stored;
	const char *path;
};

FIXTURE_VARIANT(evm)
{
	bool inside;
	bool idmapped;
	uid_t owner;
	/* rootids; -1 is form 2 */
	long long give;
	long long store;
};

/* by root of the initial namespace */
FIXTURE_VARIANT_ADD(evm, init_v2) { .give = -1, .store = -1 };
FIXTURE_VARIANT_ADD(evm, init_v3) { .give = 100000, .store = 100000 };
/* what is read is not what is stored, as this root is above all */
FIXTURE_VARIANT_ADD(evm, init_v3_root) { .give = 0, .store = 0 };
/* by root of a namespace */
FIXTURE_VARIANT_ADD(evm, inside_v2)
{
	.inside = true, .owner = 100000, .give = -1, .store = 100000,
};

FIXTURE_VARIANT_ADD(evm, inside_v3)
{
	.inside = true, .owner = 100000, .give = 5, .store = 100005,
};

/* through a mount on which uid 0 of the filesystem is that root */
FIXTURE_VARIANT_ADD(evm, idmapped_v2)
{
	.inside = true, .idmapped = true, .give = -1, .store = 0,
};

FIXTURE_VARIANT_ADD(evm, idmapped_v3)
{
	.inside = true, .idmapped = true, .give = 5, .store = 5,
};

FIXTURE_VARIANT_ADD(evm, idmapped_init)
{
	.idmapped = true, .give = 100007, .store = 7,
};

static struct value value_of(long long rootid)
{
	return rootid < 0 ? value_v2() : value_v3(rootid);
}

FIXTURE_SETUP(evm)
{
	int map;

	ASSERT_EQ(0, evm_start());
	map = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, map);
	ASSERT_EQ(0, make_disk());
	ASSERT_EQ(0, make_file(PATH, variant->owner, false));
	ASSERT_EQ(0, bind_idmapped(DIR, IDMAPPED, map));
	self->ns = variant->inside ? map : NS_INIT;
	self->path = variant->idmapped ? IDMAPPED "/file" : PATH;
	self->given = value_of(variant->give);
	self->stored = value_of(variant->store);
	/* that of the label alone */
	expect_sealed(_metadata, NULL);
}

FIXTURE_TEARDOWN(evm)
{
	umount2(IDMAPPED, MNT_DETACH);
	umount2(DIR, MNT_DETACH);
	unlink(IMAGE);
	unlink(VALUE);
}

TEST_F(evm, set)
{
	struct value disk;

	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, XATTR_CREATE).err);
	expect_sealed(_metadata, &self->stored);
	ASSERT_EQ(0, on_disk(&disk));
	EXPECT_TRUE(value_eq(&self->stored, &disk));
	ASSERT_EQ(0, mount_again());
	expect_sealed(_metadata, &self->stored);
}

TEST_F(evm, replace)
{
	struct value other = value_v3(100001);

	ASSERT_EQ(0, set_in(NS_INIT, PATH, other, 0).err);
	expect_sealed(_metadata, &other);
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, XATTR_REPLACE).err);
	expect_sealed(_metadata, &self->stored);
	ASSERT_EQ(0, set_in(NS_INIT, PATH, other, 0).err);
	expect_sealed(_metadata, &other);
}

TEST_F(evm, remove)
{
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	ASSERT_EQ(0, remove_in(self->ns, self->path).err);
	expect_sealed(_metadata, NULL);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, PATH, 64).err);
}

/* A set that is refused leaves the HMAC of what there is */
TEST_F(evm, refused)
{
	struct value bad = self->given;
	int sibling = userns_new(NS_INIT, "0 200000 65536\n");

	bad.size--;
	ASSERT_LE(0, sibling);
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	EXPECT_EQ(EPERM, set_in(sibling, self->path, value_v2(), 0).err);
	EXPECT_EQ(EPERM, remove_in(sibling, self->path).err);
	EXPECT_EQ(EINVAL, set_in(self->ns, self->path, bad, 0).err);
	EXPECT_EQ(EEXIST, set_in(self->ns, self->path, self->given,
				 XATTR_CREATE).err);
	expect_sealed(_metadata, &self->stored);
	close(sibling);
}

static struct outcome do_chmod(void *path)
{
	return outcome_of(chmod(path, 0711));
}

static struct outcome do_chown(void *path)
{
	return outcome_of(chown(path, 3, 3));
}

static struct outcome do_chown_none(void *path)
{
	return outcome_of(chown(path, -1, -1));
}

static struct outcome do_write(void *path)
{
	return outcome_of(write_file(path, "new"));
}

static struct outcome do_truncate(void *path)
{
	return outcome_of(truncate(path, 1));
}

TEST_F(evm, chmod)
{
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	EXPECT_EQ(0, run_in(self->ns, 0, do_chmod, (void *)self->path).err);
	expect_sealed(_metadata, &self->stored);
}

TEST_F(evm, kill_chown)
{
	/* uid 3 of the initial namespace has no name on the idmapped mount */
	const char *path = self->ns == NS_INIT ? PATH : self->path;

	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	EXPECT_EQ(0, run_in(self->ns, 0, do_chown, (void *)path).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, PATH, 64).err);
	expect_sealed(_metadata, NULL);
}

/* The value goes with a change of the content, and the HMAC is made anew */
static void expect_killed(struct __test_metadata *_metadata, int ns,
			  const char *path, struct value given,
			  struct outcome (*change)(void *path))
{
	ASSERT_EQ(0, set_in(ns, path, given, 0).err);
	EXPECT_EQ(0, run_in(ns, 0, change, (void *)path).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, PATH, 64).err);
	expect_sealed(_metadata, NULL);
}

TEST_F(evm, kill_write)
{
	expect_killed(_metadata, self->ns, self->path, self->given, do_write);
	EXPECT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	expect_sealed(_metadata, &self->stored);
}

TEST_F(evm, kill_truncate)
{
	expect_killed(_metadata, self->ns, self->path, self->given, do_truncate);
	ASSERT_EQ(0, mount_again());
	expect_sealed(_metadata, NULL);
}

TEST_F(evm, kill_chown_none)
{
	expect_killed(_metadata, self->ns, self->path, self->given,
		      do_chown_none);
}

/* A value that is not @stored, in a filesystem that is mounted anew */
static void tamper(struct __test_metadata *_metadata, const struct value *stored,
		   const struct value *forged)
{
	ASSERT_EQ(0, unmount_disk());
	ASSERT_EQ(0, put_on_disk(forged));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
	expect_hmac(_metadata, PATH, stored);
}

/* Who writes there; the idmapped mount is gone, with its names for uids */
static void write_after_mount(struct __test_metadata *_metadata, int ns,
			      bool idmapped)
{
	EXPECT_EQ(0, run_in(idmapped ? NS_INIT : ns, 0, do_write, PATH).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, PATH, 64).err);
}

/*
 * A write takes such a value away, as any, but does not make the file one that
 * is trusted: not before and not after somebody looked.
 */
TEST_F(evm, kill_tampered)
{
	struct value forged = self->stored;

	forged.bytes[5] ^= 0xff;
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	for (int looked = 0; looked < 2; looked++) {
		tamper(_metadata, &self->stored, &forged);
		if (looked)
			EXPECT_EQ(EPERM, verify(PATH));
		write_after_mount(_metadata, self->ns, variant->idmapped);
		expect_hmac(_metadata, PATH, &self->stored);
		EXPECT_EQ(EPERM, verify(PATH));
		EXPECT_EQ(EPERM, set_in(NS_INIT, PATH, value_v2(), 0).err);
		EXPECT_EQ(EPERM, remove_in(NS_INIT, PATH).err);
	}
}

/* One that was added to a file that is sealed: without it, it is that file */
TEST_F(evm, kill_added)
{
	tamper(_metadata, NULL, &self->stored);
	EXPECT_EQ(EPERM, verify(PATH));
	write_after_mount(_metadata, self->ns, variant->idmapped);
	expect_sealed(_metadata, NULL);
}

/* A file whose label was taken off gets none */
TEST_F(evm, kill_unlabelled)
{
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	ASSERT_EQ(0, unmount_disk());
	ASSERT_EQ(0, edit_disk("ea_rm file " EVM_XATTR));
	ASSERT_EQ(0, fs_mount_ext4(IMAGE, DIR));
	write_after_mount(_metadata, self->ns, variant->idmapped);
	EXPECT_EQ(-1, getxattr(PATH, EVM_XATTR, NULL, 0));
	EXPECT_EQ(ENODATA, errno);
	EXPECT_EQ(EPERM, verify(PATH));
}

/* Nobody is let at a value that was put there beneath the kernel */
TEST_F(evm, tampered)
{
	struct value forged = self->stored, disk;

	forged.bytes[5] ^= 0xff;
	ASSERT_EQ(0, set_in(self->ns, self->path, self->given, 0).err);
	expect_sealed(_metadata, &self->stored);
	tamper(_metadata, &self->stored, &forged);
	EXPECT_EQ(EPERM, verify(PATH));
	EXPECT_EQ(EPERM, set_in(NS_INIT, PATH, self->given, 0).err);
	EXPECT_EQ(EPERM, remove_in(NS_INIT, PATH).err);
	if (!variant->idmapped && variant->inside) {
		EXPECT_EQ(EPERM, set_in(self->ns, PATH, value_v2(), 0).err);
		EXPECT_EQ(EPERM, remove_in(self->ns, PATH).err);
	}
	ASSERT_EQ(0, on_disk(&disk));
	EXPECT_TRUE(value_eq(&forged, &disk));
}

/* A rule of IMA's policy for the filesystem of this test alone */
static int ima_rule(const char *rule)
{
	struct fsuuid2 id = {};
	const unsigned char *u = id.uuid;
	int fd = open(DIR, O_RDONLY | O_CLOEXEC);
	int err = ioctl(fd, FS_IOC_GETFSUUID, &id);
	char line[256];

	close(fd);
	if (err)
		return -1;
	snprintf(line, sizeof(line),
		 "%s fsuuid=%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n",
		 rule, u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8],
		 u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	return write_file(IMA_POLICY, line);
}

FIXTURE(ima)
{
	int a;
	struct value stored;
};

FIXTURE_SETUP(ima)
{
	self->stored = value_v3(100000);
	ASSERT_EQ(0, evm_start());
	self->a = userns_new(NS_INIT, "0 100000 65536\n");
	ASSERT_LE(0, self->a);
	ASSERT_EQ(0, make_disk());
	ASSERT_EQ(0, make_file(PATH, 100000, true));
	ASSERT_EQ(0, set_in(self->a, PATH, value_v2(), 0).err);
	expect_sealed(_metadata, &self->stored);
}

FIXTURE_TEARDOWN(ima)
{
	umount2(DIR, MNT_DETACH);
	unlink(IMAGE);
	unlink(VALUE);
	close(self->a);
}

static void expect_exec(struct __test_metadata *_metadata, int ns, int err,
			unsigned long long mask)
{
	struct creds c = exec_in(ns, NOBODY, PATH, NULL);

	EXPECT_EQ(err, c.err);
	EXPECT_EQ(mask, c.permitted);
	EXPECT_EQ(mask, c.effective);
}

/* What is stored is what appraisal verifies, and it changes no credentials */
TEST_F(ima, appraise)
{
	ASSERT_EQ(0, ima_rule("appraise func=BPRM_CHECK"));
	expect_exec(_metadata, self->a, 0, TEST_MASK);
	expect_exec(_metadata, NS_INIT, 0, 0);
	/* and again after a set, and after a remove, from inside */
	ASSERT_EQ(0, set_in(self->a, PATH, value_v3(5), 0).err);
	expect_exec(_metadata, self->a, 0, 0);
	ASSERT_EQ(0, remove_in(self->a, PATH).err);
	expect_exec(_metadata, self->a, 0, 0);
	ASSERT_EQ(0, set_in(self->a, PATH, value_v2(), 0).err);
	ASSERT_EQ(0, mount_again());
	expect_exec(_metadata, self->a, 0, TEST_MASK);
}

TEST_F(ima, appraise_tampered)
{
	struct value forged = value_v2();

	ASSERT_EQ(0, ima_rule("appraise func=BPRM_CHECK"));
	expect_exec(_metadata, NS_INIT, 0, 0);
	tamper(_metadata, &self->stored, &forged);
	expect_exec(_metadata, NS_INIT, EACCES, 0);
	expect_exec(_metadata, self->a, EACCES, 0);
}

TEST_F(ima, appraise_unlabelled)
{
	ASSERT_EQ(0, ima_rule("appraise func=BPRM_CHECK"));
	ASSERT_EQ(0, removexattr(PATH, IMA_XATTR));
	expect_exec(_metadata, self->a, EACCES, 0);
}

/* The write takes the value, and its end brings hash and HMAC up to date */
TEST_F(ima, kill_write)
{
	unsigned char want[2 + SHA256_SIZE] = { IMA_XATTR_DIGEST_NG, HASH_SHA256 };
	unsigned char got[64];

	ASSERT_EQ(0, ima_rule("appraise func=FILE_CHECK"));
	EXPECT_EQ(0, run_in(self->a, 0, do_write, PATH).err);
	EXPECT_EQ(ENODATA, get_in(NS_INIT, PATH, 64).err);
	ASSERT_EQ(0, hash_file(PATH, want + 2));
	ASSERT_EQ(sizeof(want), getxattr(PATH, IMA_XATTR, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, want, sizeof(want)));
	expect_sealed(_metadata, NULL);
	EXPECT_EQ(0, set_in(self->a, PATH, value_v2(), 0).err);
	expect_sealed(_metadata, &self->stored);
}

/* The digest with which an exec of this path was measured */
static int measured(const char *path, char *digest)
{
	FILE *f = fopen(IMA_LIST, "r");
	char line[1024], name[256];
	int found = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		char d[128];

		if (sscanf(line, "%*d %*s ima-ng sha256:%127s %255s", d,
			   name) == 2 && !strcmp(name, path)) {
			memcpy(digest, d, sizeof(d));
			found++;
		}
	}
	fclose(f);
	return found;
}

TEST_F(ima, measure)
{
	static const char * const paths[] = { DIR "/init", DIR "/inside" };
	unsigned char want[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	ASSERT_EQ(0, hash_file(helper_path(), want));
	for (int i = 0; i < SHA256_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", want[i]);
	ASSERT_EQ(0, ima_rule("measure func=BPRM_CHECK"));
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		const int ns = i ? self->a : NS_INIT;
		char got[128] = "";
		struct creds c;

		ASSERT_EQ(0, make_file(paths[i], 100000, true));
		ASSERT_EQ(0, set_in(self->a, paths[i], value_v2(), 0).err);
		EXPECT_EQ(0, measured(paths[i], got));
		c = exec_in(ns, NOBODY, paths[i], NULL);
		EXPECT_EQ(0, c.err);
		EXPECT_EQ(i ? TEST_MASK : 0, c.permitted);
		EXPECT_EQ(1, measured(paths[i], got));
		EXPECT_STREQ(hex, got);
	}
}

TEST_HARNESS_MAIN
