// SPDX-License-Identifier: GPL-2.0-only
/*
 * What CBMC is to show of security/commoncap_ns.c
 *
 * Each function below is one proof, for all values of what is left open in
 * it; docs/assurance.md states them in words, with their bounds.  On top of
 * what is asserted, CBMC looks for accesses out of bounds, bad pointers,
 * overflows and loops that go on after the bound, in all code that is reached.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"
#include "world.c"

#define assume(cond)		__CPROVER_assume(cond)
#define prove(cond, what)	__CPROVER_assert(cond, what)

/* more than twice the longest form */
#define MAX_SIZE	64

/* any value of a type, as CBMC understands by the name */
bool nondet_bool(void);
size_t nondet_size(void);
uint32_t nondet_u32(void);
struct ns nondet_ns(void);
struct value nondet_value(void);

static struct scene scene;
static struct stored stored;

static bool same_value(const struct value *a, const struct value *b)
{
	return a->form == b->form && a->effective == b->effective &&
	       a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->rootid == b->rootid &&
	       a->root == b->root;
}

/* Any bytes, in a buffer that has not one byte more, but for form 1 */
static uint8_t *any_bytes(size_t size)
{
	/* CBMC takes nscap->data[0] for an access to all of data[] */
	uint8_t *bytes = malloc(size == 12 ? 20 : size);

	assume(bytes);
	return bytes;
}

/* The form of a size */
static int form_of(size_t size)
{
	return size == 12 ? 1 : size == 20 ? 2 : size == 24 ? 3 : 0;
}

/* A range that the kernel takes: not empty, and not up to the invalid uid */
static bool valid_extent(const struct extent *extent)
{
	return extent->count > 0 &&
	       extent->inside + (uint64_t)extent->count <= UINT32_MAX &&
	       extent->outside + (uint64_t)extent->count <= UINT32_MAX;
}

static bool apart(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a + (uint64_t)a_count <= b || b + (uint64_t)b_count <= a;
}

static void assume_map(const struct ns *ns)
{
	int i, j;

	assume(ns->extents >= 0 && ns->extents <= ORACLE_EXTENTS);
	for (i = 0; i < ORACLE_EXTENTS; i++) {
		assume(i >= ns->extents || valid_extent(&ns->extent[i]));
		for (j = 0; j < i; j++) {
			const struct extent *a = &ns->extent[i];
			const struct extent *b = &ns->extent[j];

			assume(i >= ns->extents ||
			       (apart(a->inside, a->count, b->inside, b->count) &&
				apart(a->outside, a->count, b->outside, b->count)));
		}
	}
}

/*
 * Namespaces with any maps, any mount, any file, any caller: in the initial
 * namespace 0 there are 1 and 3, and 2 is in 1.  Who is where is fixed for each
 * run, so that CBMC has few pointers to think about; scripts/prove goes through
 * the places.
 */
#ifndef FS
#define FS	0
#endif
#ifndef IDMAP
#define IDMAP	ORACLE_NONE
#endif
#ifndef CALLER
#define CALLER	0
#endif
#ifndef OTHER
#define OTHER	0
#endif

static const int parents[] = { 0, 0, 1, 0 };

static_assert(sizeof(parents) >= ORACLE_NAMESPACES * sizeof(int));

static void assume_scene(void)
{
	int i;

	scene.namespaces = ORACLE_NAMESPACES;
	for (i = 1; i < ORACLE_NAMESPACES; i++) {
		scene.ns[i] = nondet_ns();
		scene.ns[i].parent = parents[i];
		assume_map(&scene.ns[i]);
	}
	scene.fs = FS;
	scene.idmap = IDMAP;
	scene.caller = CALLER;
	scene.nosuid = nondet_bool();
	scene.disabled = nondet_bool();
	scene.setfcap = nondet_bool();
	scene.euid = nondet_u32();
	scene.uid = nondet_u32();
	scene.gid = nondet_u32();
}

/* Forms */

/* Just the well-formed values are taken, all others are EINVAL. */
void decode_refuses(void)
{
	size_t size = nondet_size();
	uint8_t *bytes;
	struct value value, expected;
	int form = form_of(size);
	bool good;
	int err;

	assume(size <= MAX_SIZE);
	bytes = any_bytes(size);
	good = form && (bytes[0] == 0 || bytes[0] == 1) && bytes[1] == 0 &&
	       bytes[2] == 0 && bytes[3] == form;

	err = world_decode(bytes, size, &value);
	prove(err == (good ? 0 : -EINVAL), "just the well-formed are taken");
	prove(oracle_decode(bytes, size, &expected) == good,
	      "the oracle agrees on what is well-formed");
	prove(!good || same_value(&value, &expected),
	      "the oracle agrees on what it means");
}

void decode_null(void)
{
	struct value value;

	prove(world_decode(NULL, nondet_size(), &value) == -EINVAL,
	      "no bytes are no value, whatever their number");
}

/* decode(encode(x)) = x */
void decode_of_encode(void)
{
	struct value value = nondet_value(), again;
	uint8_t bytes[ORACLE_SIZE];
	long len;

	assume(value.form == 2 || value.form == 3);
	assume(value.form == 3 || value.rootid == 0);
	value.root = ORACLE_NONE;
	value.effective = nondet_bool();

	len = world_encode(&value, bytes);
	prove(len == (value.form == 3 ? 24 : 20), "the size is that of the form");
	prove(world_decode(bytes, len, &again) == 0, "what is encoded is taken");
	prove(same_value(&value, &again), "and means the same");
}

/* encode(decode(b)) = b */
void encode_of_decode(void)
{
	uint8_t bytes[ORACLE_SIZE], again[ORACLE_SIZE];
	size_t size = nondet_bool() ? 20 : 24;
	struct value value;
	size_t i = nondet_size();

	assume(world_decode(bytes, size, &value) == 0);
	prove(world_encode(&value, again) == (long)size, "the size is the same");
	assume(i < size);
	prove(bytes[i] == again[i], "each byte is the same");
}

/* Translation and ownership */

/* No root comes out of an invalid one. */
void invalid_stays_invalid(void)
{
	uint32_t none = UINT32_MAX;

	assume_scene();
	world_build(&scene, &stored);
	prove(world_root_from_fs(none) == ORACLE_NONE, "on disk");
	prove(world_root_from_caller(CALLER, none) == ORACLE_NONE, "from a caller");
	prove(world_root_to_fs(ORACLE_NONE) == ORACLE_NONE, "to disk");
	prove(!world_owns(ORACLE_NONE, CALLER), "it owns nothing");
}

/* What is stored for a root is that root again when it is read. */
void stored_is_the_same(void)
{
	long long root = nondet_u32();
	long long rootid;

	assume_scene();
	world_build(&scene, &stored);
	if (root == UINT32_MAX)
		root = ORACLE_NONE;
	rootid = world_root_to_fs(root);
	prove(rootid == ORACLE_NONE || world_root_from_fs(rootid) == root,
	      "it comes back");
}

/* A root owns a namespace just when the contract says so. */
void owns_by_contract(void)
{
	uint32_t root = nondet_u32();

	assume_scene();
	assume(root != UINT32_MAX);
	world_build(&scene, &stored);
	prove(world_owns(root, CALLER) == oracle_owns(&scene, root, CALLER),
	      "the oracle agrees on who owns");
}

/* The entry points */

/*
 * What a caller is shown is what is there: a plain value where its root owns the
 * caller's namespace, or else the root as the uid that it is there.
 */
void get_shows_the_root(void)
{
	struct value value, shown;
	uint8_t out[ORACLE_SIZE];
	long long root;
	long len;

	assume_scene();
	value = nondet_value();
	assume(value.form == 2 || value.form == 3);
	value.effective = nondet_bool();
	if (value.form == 2)
		value.rootid = 0;
	stored.len = world_encode(&value, stored.bytes);
	world_build(&scene, &stored);
	root = world_root_from_fs(value.rootid);
	len = world_get(out, sizeof(out));
	prove(len == -EOVERFLOW || len == 20 || len == 24, "no other answer");
	if (len < 0)
		return;
	prove(root != ORACLE_NONE, "what has no root is not shown");
	prove(oracle_decode(out, len, &shown), "what is shown is well-formed");
	prove(shown.permitted == value.permitted &&
	      shown.inheritable == value.inheritable &&
	      shown.effective == value.effective, "the sets are those stored");
	prove(len == 24 || oracle_owns(&scene, root, CALLER),
	      "a plain one is of a root that owns");
	prove(len == 20 ||
	      (shown.rootid != 0 &&
	       oracle_into(&scene, CALLER, shown.rootid) == root),
	      "the rootid shown means the root that is stored");
}

/*
 * Who is not in the filesystem's namespace, or above it, has nothing stored
 * without a rootid: all that it stores carries a root of its own.
 */
void no_plain_value(void)
{
	size_t size = nondet_size();
	uint8_t *bytes;
	long len;

	assume_scene();
	assume(size <= MAX_SIZE);
	bytes = any_bytes(size);
	world_build(&scene, &stored);
	len = world_set(bytes, size, stored.bytes);
	prove(len < 0 || len == 24, "nothing, or a value with a rootid");
}

/*
 * What a caller stores other than as it is, is honoured only where a root of the
 * caller's own owns: one that its namespace maps.
 */
void no_gain(void)
{
	uint8_t *out = stored.bytes;
	size_t size = nondet_size();
	uint8_t *bytes;
	struct value value;
	long long root;

	assume_scene();
	assume(size <= MAX_SIZE);
	bytes = any_bytes(size);
	world_build(&scene, &stored);
	stored.len = world_set(bytes, size, out);
	assume(stored.len == 24);

	oracle_decode(bytes, size, &value);
	root = oracle_into(&scene, scene.caller, value.rootid);
	prove(root != ORACLE_NONE, "the root is one of the caller's");

	world_build(&scene, &stored);
	world_enter(&scene, OTHER);
	prove(world_exec(&value) != 0 || oracle_owns(&scene, root, OTHER),
	      "it is honoured only where that root owns");
}
