// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of security/commoncap_ns.c against the oracle
 *
 * What is checked is made of the input, byte by byte, so that a fuzzer can
 * steer it: see check_contract().
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "world.h"

#define require(cond, what)						\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "%s: %s\n", __func__, what);	\
			abort();					\
		}							\
	} while (0)

#define FILLER		0xa5

static bool same_value(const struct value *a, const struct value *b)
{
	return a->form == b->form && a->effective == b->effective &&
	       a->permitted == b->permitted &&
	       a->inheritable == b->inheritable && a->rootid == b->rootid &&
	       a->root == b->root;
}

/* A copy that has not one byte more, so that no read beyond it goes unseen */
static uint8_t *exact_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

/**
 * check_decode - bytes are taken, or refused, as the oracle does
 * @data: the bytes
 * @size: their number
 */
void check_decode(const uint8_t *data, size_t size)
{
	struct value value, expected;
	uint8_t *bytes = exact_copy(data, size);
	bool good = oracle_decode(bytes, size, &expected);
	int err = world_decode(bytes, size, &value);

	require(err == (good ? 0 : -EINVAL), "the wrong values are taken");
	require(!good || same_value(&value, &expected), "a wrong meaning");
	require(world_decode(NULL, size, &value) == -EINVAL,
		"no bytes are taken for a value");
	free(bytes);
}

/* encode(decode(b)) = b */
static void round_trip_of_bytes(const uint8_t *data, size_t size)
{
	struct value value;
	uint8_t again[ORACLE_SIZE];

	if (world_decode(data, size, &value) || value.form == 1)
		return;
	require(world_encode(&value, again) == (long)size, "another size");
	require(!memcmp(data, again, size), "other bytes");
}

/* decode(encode(x)) = x */
static void round_trip_of_value(const struct value *value)
{
	struct value again;
	uint8_t bytes[ORACLE_SIZE], expected[ORACLE_SIZE] = { 0 };
	long len = world_encode(value, bytes);

	require(len == oracle_encode(value, expected), "a wrong size");
	require(!memcmp(bytes, expected, len), "wrong bytes");
	require(!world_decode(bytes, len, &again), "what it wrote is refused");
	require(same_value(value, &again), "another value");
}

/**
 * check_round_trip - nothing is lost between bytes and value
 * @data: the bytes of a value, or the value itself
 * @size: their number
 */
void check_round_trip(const uint8_t *data, size_t size)
{
	struct value value = { .form = 2, .root = ORACLE_NONE };

	round_trip_of_bytes(data, size);

	if (size < 21)
		return;
	memcpy(&value.permitted, data, 8);
	memcpy(&value.inheritable, data + 8, 8);
	value.effective = data[20] & 1;
	if (data[20] & 2) {
		value.form = 3;
		memcpy(&value.rootid, data + 16, 4);
	}
	round_trip_of_value(&value);
}

/**
 * check_name - the name of the xattr is told from all others
 * @data: which character to change, and what it is to be
 * @size: their number
 */
void check_name(const uint8_t *data, size_t size)
{
	static const char right[] = "security.capability";
	char longer[sizeof(right) + 1] = "security.capability";
	char *name;

	if (size < 2)
		return;
	longer[data[0] % sizeof(right)] = data[1];
	name = (char *)exact_copy((const uint8_t *)longer, strlen(longer) + 1);
	require(world_name(name) == !strcmp(name, right), "a wrong name");
	require(!strcmp(world_known_name(), right), "another known name");
	require(world_name(world_known_name()), "a known name that is not known");
	free(name);
}

/* The input of check_contract(), taken from front to back; then zeroes */
struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static unsigned int take_below(struct input *in, unsigned int limit)
{
	return take(in) % limit;
}

/* Uids at which something may happen, or any uid */
static uint32_t take_uid(struct input *in)
{
	static const uint32_t known[] = {
		0, 1, 5, 999, 1000, 65534, 65535, 65536, 100000, 100005,
		101000, 165535, 165536, 200000, 0x7fffffff, 0x80000000,
		0xfffffffd, 0xfffffffe, 0xffffffff,
	};
	const unsigned int n = sizeof(known) / sizeof(known[0]);
	unsigned int which = take_below(in, n + 5);
	uint32_t uid = 0;
	int i;

	if (which < n)
		return known[which];
	for (i = 0; i < 4; i++)
		uid = uid << 8 | take(in);
	return uid;
}

static bool overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* The kernel takes no range that is empty, wraps, or overlaps another. */
static bool fits(const struct ns *ns, const struct extent *extent)
{
	int i;

	if (!extent->count ||
	    extent->inside + (uint64_t)extent->count > UINT32_MAX ||
	    extent->outside + (uint64_t)extent->count > UINT32_MAX)
		return false;
	for (i = 0; i < ns->extents; i++) {
		const struct extent *other = &ns->extent[i];

		if (overlap(extent->inside, extent->count, other->inside,
			    other->count) ||
		    overlap(extent->outside, extent->count, other->outside,
			    other->count))
			return false;
	}
	return true;
}

static void take_ns(struct input *in, struct scene *scene, int i)
{
	struct ns *ns = &scene->ns[i];
	int wanted = take_below(in, ORACLE_EXTENTS + 1);

	ns->parent = take_below(in, i);
	ns->owner = take_uid(in);
	ns->extents = 0;
	while (wanted--) {
		struct extent extent = {
			.inside = take_uid(in),
			.outside = take_uid(in),
			.count = take_uid(in),
		};

		if (fits(ns, &extent))
			ns->extent[ns->extents++] = extent;
	}
}

/* One below the other, to the last level; all with the same map */
static void take_depth(struct input *in, struct scene *scene)
{
	int i;

	take_ns(in, scene, 1);
	scene->ns[1].parent = 0;
	for (i = 2; i < ORACLE_NAMESPACES; i++) {
		scene->ns[i] = scene->ns[1];
		scene->ns[i].parent = i - 1;
	}
	scene->namespaces = ORACLE_NAMESPACES;
}

static void take_scene(struct input *in, struct scene *scene)
{
	int i;

	*scene = (struct scene) { .idmap = ORACLE_NONE };
	scene->namespaces = 1 + take_below(in, 6);
	if (scene->namespaces == 6)
		take_depth(in, scene);
	else
		for (i = 1; i < scene->namespaces; i++)
			take_ns(in, scene, i);

	scene->fs = take_below(in, 2) ? take_below(in, scene->namespaces) : 0;
	if (take_below(in, 2) && scene->namespaces > 1)
		scene->idmap = 1 + take_below(in, scene->namespaces - 1);
	scene->nosuid = !take_below(in, 8);
	scene->foreign = !take_below(in, 8);
	scene->disabled = !take_below(in, 16);
	scene->audited = take_below(in, 2);
	scene->uid = take_uid(in);
	scene->gid = take_below(in, 4) ? scene->uid : take_uid(in);
	scene->caller = take_below(in, scene->namespaces);
	scene->setfcap = take_below(in, 4);
	scene->euid = take_uid(in);
}

/* Bytes that are a value more often than not */
static size_t take_bytes(struct input *in, uint8_t *bytes)
{
	static const uint8_t sizes[] = { 24, 20, 12, 24, 20, 12, 0, 1, 4, 11,
		13, 16, 19, 21, 23, 25, 28, 32, 64 };
	size_t size = sizes[take_below(in, sizeof(sizes))];
	uint32_t rootid = take_uid(in);
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = take(in);
	if (size < 4 || !take_below(in, 4))
		return size;

	bytes[0] &= 1;
	bytes[1] = 0;
	bytes[2] = 0;
	bytes[3] = size == 12 ? 1 : size == 20 ? 2 : 3;
	for (i = 20; i < 24 && i < size; i++) {
		bytes[i] = rootid;
		rootid >>= 8;
	}
	return size;
}

static void take_stored(struct input *in, struct stored *stored)
{
	static const int errors[] = { ENODATA, EOPNOTSUPP, EIO, ERANGE, EPERM,
		EOVERFLOW };

	if (take_below(in, 8)) {
		stored->len = take_bytes(in, stored->bytes);
		stored->overlong = take_below(in, 2);
	} else {
		stored->len = -errors[take_below(in, 6)];
	}
}

/* What a tracepoint is told is what is answered, and the oracle's reason. */
static void require_told(long ret, const char *reason)
{
	require(world_told() == ret, "another answer is told");
	require(!strcmp(world_reason(), reason), "a wrong reason");
}

/* What is told of a set is what is stored, and the root that this means. */
static void check_told(const struct scene *scene, const uint8_t *bytes,
		       long len)
{
	struct value value, shown;

	world_told_value(&shown);
	if (len < 0) {
		require(shown.rootid == UINT32_MAX, "a rootid is told of");
		return;
	}
	oracle_decode(bytes, len, &value);
	require(shown.rootid == value.rootid, "another rootid is told of");
	require(shown.root == oracle_root(scene, value.rootid),
		"another root is told of");
}

static long check_set(const struct scene *scene, const uint8_t *bytes,
		      size_t size, uint8_t *out)
{
	uint8_t expected[ORACLE_SIZE];
	uint8_t *copy = exact_copy(bytes, size);
	long ret = world_set(size ? copy : NULL, size, out);
	const char *reason;
	long err;

	free(copy);
	require(ret == oracle_set(scene, bytes, size, expected, &reason),
		"a wrong size or errno");
	require_told(ret, reason);
	require(ret < 0 || !memcmp(out, expected, ret), "wrong bytes");
	check_told(scene, out, ret);

	err = world_remove();
	require(err == oracle_remove(scene, &reason), "a wrong remove");
	require_told(err, reason);
	return ret;
}

static void check_get(const struct scene *scene, const struct stored *stored,
		      size_t room)
{
	uint8_t expected[ORACLE_SIZE];
	uint8_t *out = memset(malloc(room), 0xa5, room);
	size_t i;
	long reads = world_reads();
	const char *reason;
	long len = oracle_get(scene, stored, expected, &reason);
	long ret = world_get(out, room);

	if (len > 0 && room > 0 && room < (size_t)len)
		require_told(-ERANGE, "short_buffer");
	else
		require_told(len, reason);
	require(world_reads() == reads + 1, "not one read of the filesystem");
	if (len > 0 && room > 0 && room < (size_t)len)
		require(ret == -ERANGE, "a short buffer is filled");
	else
		require(ret == len, "a wrong size or errno");
	require(ret <= 0 || !room || !memcmp(out, expected, ret), "wrong bytes");
	for (i = ret > 0 ? ret : 0; i < room; i++)
		require(out[i] == 0xa5, "bytes beyond the value are written");
	require(world_get(NULL, room) == len, "a wrong size without a buffer");
	free(out);
}

/* There is one record where there is to be one, with the reason. */
static void check_record(const struct scene *scene, const struct stored *stored,
			 const char *reason)
{
	const char *record = world_recorded();
	const char *expected = oracle_record(stored, reason);

	if (!scene->audited || !expected)
		require(!record, "a record of nothing");
	else
		require(record && !strcmp(record, expected), "a wrong record");
}

static void check_run(const struct scene *scene, const struct stored *stored)
{
	struct value value, expected;
	long reads = world_reads();
	long ret = world_exec(&value);
	const char *reason;

	require(world_reads() <= reads + 1, "exec reads twice");
	require(ret == oracle_exec(scene, stored, &expected, &reason),
		"a wrong exec");
	/* what is ignored is no error */
	require_told(ret == -ENODATA ? 0 : ret, reason);
	check_record(scene, stored, reason);
	require(value.form == expected.form || ret < 0, "a wrong form");
	value.form = expected.form;
	require(same_value(&value, &expected), "exec has other capabilities");

	ret = world_audit(&value);
	require(ret == oracle_audit(scene, stored, &expected, &reason),
		"a wrong audit");
	value.form = expected.form;
	require(same_value(&value, &expected), "audit has other capabilities");
}

/* What took capabilities away: told, and recorded where that is so */
static void check_creds(struct input *in)
{
	int err = take_below(in, 2) ? -EPERM : 0;
	int reason = take_below(in, 2) ? 12 + take_below(in, 5) : 0;
	bool creds = world_creds(err, reason);

	require(world_told() == err, "another answer is told");
	require(!world_recorded() == !reason, "a record of nothing, or none");
	require(!reason || !strcmp(world_recorded(), world_reason()),
		"a wrong record");
	require(creds == (reason && !err), "credentials there are none of");
}

/* What one caller has set is read and run by each of the others. */
static void check_others(struct scene *scene, const struct stored *stored,
			 long long root)
{
	int i;

	for (i = 0; i < scene->namespaces; i++) {
		struct value value;

		scene->caller = i;
		world_enter(scene, i);
		check_get(scene, stored, ORACLE_SIZE);
		check_run(scene, stored);
		require(root == ORACLE_NONE || world_exec(&value) ||
			oracle_owns(scene, root, i),
			"honoured where its root does not own");
	}
}

/**
 * check_contract - any file, any namespaces, any caller
 * @data: the input: the scene, what is stored, what is to be set
 * @size: its size
 */
void check_contract(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct scene scene;
	struct stored stored = { .len = 0 };
	uint8_t bytes[64];
	struct value value;
	long long root = ORACLE_NONE;
	size_t room, len;

	take_scene(&in, &scene);
	room = take_below(&in, 32);
	take_stored(&in, &stored);
	len = take_bytes(&in, bytes);

	world_build(&scene, &stored);
	check_get(&scene, &stored, room);
	check_run(&scene, &stored);
	check_creds(&in);

	stored.len = check_set(&scene, bytes, len, stored.bytes);
	stored.overlong = false;
	if (stored.len < 0)
		return;
	/* unless it was stored as it is, it is for a root of the caller's */
	if (stored.len == 24 && oracle_decode(bytes, len, &value))
		root = oracle_into(&scene, scene.caller, value.rootid);
	require(stored.len == 20 || root != ORACLE_NONE,
		"stored for a root that the caller does not have");
	world_build(&scene, &stored);
	check_others(&scene, &stored, root);
}
