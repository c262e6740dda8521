// SPDX-License-Identifier: GPL-2.0
/*
 * The table of Documentation/security/nscaps.rst: what each user namespace
 * reads of each value, and whether exec honours it there.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "common.h"

/* What a cell of the table holds: the rootid shown, or one of these */
#define PLAIN		0xfffffff0u	/* form 2 */
#define OVERFLOW	0xfffffff1u	/* EOVERFLOW */
#define NODATA		0xfffffff2u	/* ENODATA */

FIXTURE(table)
{
	int ns[CALLERS];
	char path[256];
};

FIXTURE_VARIANT(table)
{
	const char *fs;
	bool none;		/* no value at all */
	bool v2;		/* form 2 on disk */
	uint32_t rootid;	/* else form 3 with this rootid */
	uint32_t shown[CALLERS];
	bool honoured[CALLERS];
};

#define ROW(_fs, _name, ...)						\
	FIXTURE_VARIANT_ADD(table, _fs##_##_name) { .fs = #_fs, __VA_ARGS__ }

#define ROWS(_fs)							\
	ROW(_fs, none, .none = true,					\
	    .shown = { NODATA, NODATA, NODATA, NODATA, NODATA, NODATA });	\
	ROW(_fs, v2, .v2 = true,					\
	    .shown = { PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN },	\
	    .honoured = { 1, 1, 1, 1, 1, 1 });				\
	ROW(_fs, v3_0, .rootid = 0,					\
	    .shown = { PLAIN, PLAIN, PLAIN, PLAIN, PLAIN, PLAIN },	\
	    .honoured = { 1, 1, 1, 1, 1, 1 });				\
	ROW(_fs, v3_100000, .rootid = 100000,				\
	    .shown = { 100000, PLAIN, PLAIN, PLAIN, OVERFLOW, 5 },	\
	    .honoured = { 0, 1, 1, 1, 0, 0 });				\
	ROW(_fs, v3_101000, .rootid = 101000,				\
	    .shown = { 101000, 1000, PLAIN, OVERFLOW, OVERFLOW, OVERFLOW },	\
	    .honoured = { 0, 0, 1, 0, 0, 0 });				\
	ROW(_fs, v3_100005, .rootid = 100005,				\
	    .shown = { 100005, 5, OVERFLOW, 5, OVERFLOW, OVERFLOW },	\
	    .honoured = { 0, 0, 0, 0, 0, 0 })

ROWS(tmpfs);
ROWS(ext4);

FIXTURE_SETUP(table)
{
	struct value v;

	ASSERT_EQ(0, table_new(self->ns));
	snprintf(self->path, sizeof(self->path), "%s/file",
		 fs_dir(variant->fs));
	ASSERT_EQ(0, install_helper(self->path, 0));
	if (variant->none)
		return;
	v = variant->v2 ? value_v2() : value_v3(variant->rootid);
	ASSERT_EQ(0, setxattr(self->path, CAPS_XATTR, v.bytes, v.size, 0));
}

FIXTURE_TEARDOWN(table)
{
	table_close(self->ns);
	unlink(self->path);
}

/* What a cell says that getxattr returns: the bytes, or the errno */
static int cell(uint32_t shown, struct value *value)
{
	value->size = 0;
	if (shown == NODATA)
		return ENODATA;
	if (shown == OVERFLOW)
		return EOVERFLOW;
	*value = shown == PLAIN ? value_v2() : value_v3(shown);
	return 0;
}

TEST_F(table, get)
{
	struct outcome o;
	struct value want;
	int i, err;

	for (i = 0; i < CALLERS; i++) {
		err = cell(variant->shown[i], &want);
		o = get_in(self->ns[i], self->path, sizeof(o.value.bytes));
		EXPECT_EQ(err, o.err) TH_LOG("caller %d", i);
		EXPECT_TRUE(value_eq(&want, &o.value)) TH_LOG("caller %d", i);
	}
}

/* A size of 0 asks for the length of the value as the caller sees it */
TEST_F(table, get_length)
{
	struct outcome o;
	struct value want;
	int i, err;

	for (i = 0; i < CALLERS; i++) {
		err = cell(variant->shown[i], &want);
		o = get_in(self->ns[i], self->path, 0);
		EXPECT_EQ(err, o.err) TH_LOG("caller %d", i);
		EXPECT_EQ(err ? -1 : (ssize_t)want.size, o.ret)
			TH_LOG("caller %d", i);
	}
}

/* One byte too few: ERANGE, but EOVERFLOW and ENODATA come first */
TEST_F(table, get_short)
{
	struct outcome o;
	struct value want;
	int i, err;

	for (i = 0; i < CALLERS; i++) {
		err = cell(variant->shown[i], &want);
		o = get_in(self->ns[i], self->path, want.size ? want.size - 1 : 1);
		EXPECT_EQ(err ?: ERANGE, o.err) TH_LOG("caller %d", i);
		EXPECT_EQ(-1, o.ret);
		/* and nothing of the value was handed out */
		EXPECT_EQ(0xa5, o.value.bytes[0]);
	}
}

/* Just enough room */
TEST_F(table, get_exact)
{
	struct outcome o;
	struct value want;
	int i, err;

	for (i = 0; i < CALLERS; i++) {
		err = cell(variant->shown[i], &want);
		if (err)
			continue;
		o = get_in(self->ns[i], self->path, want.size);
		EXPECT_EQ(0, o.err);
		EXPECT_TRUE(value_eq(&want, &o.value)) TH_LOG("caller %d", i);
	}
}

TEST_F(table, exec)
{
	/* not root anywhere, whose capabilities would come from being root */
	const uid_t nobody[CALLERS] = { 65534, 65534, 999, 999, 65534, 4 };
	struct creds c;
	int i;

	for (i = 0; i < CALLERS; i++) {
		const unsigned long long mask =
			variant->honoured[i] ? TEST_MASK : 0;

		c = exec_in(self->ns[i], nobody[i], self->path, NULL);
		ASSERT_EQ(0, c.err) TH_LOG("caller %d", i);
		EXPECT_EQ(mask, c.permitted) TH_LOG("caller %d", i);
		EXPECT_EQ(mask, c.effective) TH_LOG("caller %d", i);
		EXPECT_EQ(0, c.inheritable);
		EXPECT_EQ(0, c.ambient);
		EXPECT_EQ(variant->honoured[i], c.secure);
		EXPECT_EQ(nobody[i], c.uid);
		EXPECT_EQ(nobody[i], c.euid);
	}
}

TEST_HARNESS_MAIN
