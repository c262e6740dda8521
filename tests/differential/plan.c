// SPDX-License-Identifier: GPL-2.0
/*
 * The episodes of the differential test; see plan.h.  Nothing here asks the
 * kernel anything.
 */
#include <endian.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "common.h"
#include "plan.h"

#define PICK(a, r)	((a)[rng_below(r, ARRAY_LEN(a))])

/* splitmix64: the state may start anywhere */
static uint64_t rng_u64(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void rng_init(struct rng *r, uint64_t seed, uint64_t episode, uint64_t op)
{
	r->state = seed;
	r->state = rng_u64(r) ^ episode;
	r->state = rng_u64(r) ^ op;
}

uint32_t rng_u32(struct rng *r)
{
	return rng_u64(r) >> 32;
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint64_t)rng_u32(r) * n >> 32;
}

bool rng_chance(struct rng *r, uint32_t percent)
{
	return rng_below(r, 100) < percent;
}

/* What an operation is drawn from begins with 0, so episodes begin here */
#define RNG_PLAN	(1ULL << 40)
#define RNG_INITIAL	(2ULL << 40)
#define RNG_RAW		(3ULL << 40)

/* Namespaces */

static uint32_t to_outside(const struct ns *ns, uint32_t id)
{
	for (unsigned int i = 0; i < ns->extents; i++) {
		const struct extent *e = &ns->extent[i];

		if (id - e->inside < e->count)
			return id - e->inside + e->outside;
	}
	return NO_ID;
}

uint32_t plan_kuid(const struct plan *plan, int ns, uint32_t id)
{
	for (; ns > 0 && id != NO_ID; ns = plan->ns[ns].parent)
		id = to_outside(&plan->ns[ns], id);
	return id;
}

static uint32_t to_inside(const struct ns *ns, uint32_t id)
{
	for (unsigned int i = 0; i < ns->extents; i++) {
		const struct extent *e = &ns->extent[i];

		if (id - e->outside < e->count)
			return id - e->outside + e->inside;
	}
	return NO_ID;
}

static uint32_t from_kuid(const struct plan *plan, int ns, uint32_t kuid)
{
	int path[MAX_NS], depth = 0;

	for (; ns > 0; ns = plan->ns[ns].parent)
		path[depth++] = ns;
	while (depth-- && kuid != NO_ID)
		kuid = to_inside(&plan->ns[path[depth]], kuid);
	return kuid;
}

/* A range of the parent's uids, of at most @count */
static struct extent below(const struct ns *parent, bool first, struct rng *r,
			   uint32_t count)
{
	static const uint32_t at[] = { 0, 0, 0, 1, 5, 1000 };
	static const uint32_t initial[] = { 100000, 100000, 100000, 200000,
					    300000, 1000, 0, 4000000000 };
	struct extent e = { .count = count };
	const struct extent *p;
	uint32_t skip;

	if (first) {
		e.outside = PICK(initial, r) + (rng_chance(r, 20) ? 1000 : 0);
		return e;
	}
	p = &parent->extent[rng_below(r, parent->extents)];
	skip = rng_chance(r, 10) ? rng_below(r, p->count) : PICK(at, r);
	if (skip >= p->count)
		skip = 0;
	e.outside = p->inside + skip;
	if (e.count > p->count - skip)
		e.count = p->count - skip;
	return e;
}

static void add_extent(struct ns *ns, struct extent e, uint32_t inside)
{
	e.inside = inside;
	ns->extent[ns->extents++] = e;
}

static void pieces(struct ns *ns, const struct ns *parent, bool first,
		   struct rng *r)
{
	static const uint32_t at[] = { 0, 5000, 100000, 4294967000, 70000 };
	const unsigned int n = 2 + rng_below(r, MAX_EXTENTS - 1);

	for (unsigned int i = 0; i < n; i++) {
		struct extent e = below(parent, first, r, 100);

		/* most of them apart, as the kernel wants it */
		if (first || rng_chance(r, 90))
			e.outside += 100 * i;
		add_extent(ns, e, at[i]);
	}
}

/* Maps that the kernel refuses, or that are at the end of what it takes */
static void odd(struct ns *ns, const struct ns *parent, bool first,
		struct rng *r)
{
	struct extent e = below(parent, first, r, 4);

	switch (rng_below(r, 4)) {
	case 0:
		add_extent(ns, e, 4294967290);
		break;
	case 1:
		e.outside = 4294967290;
		add_extent(ns, e, 0);
		break;
	case 2:
		add_extent(ns, e, 0);
		add_extent(ns, e, 2);
		break;
	default:
		e.outside = rng_u32(r);
		add_extent(ns, e, 0);
	}
}

static bool overlap(uint32_t a, uint32_t b, uint32_t a_count, uint32_t b_count)
{
	return a - b < b_count || b - a < a_count;
}

/* Will the kernel take this map?  What it refuses has no children */
static bool map_valid(const struct ns *ns, const struct ns *parent, bool first)
{
	for (unsigned int i = 0; i < ns->extents; i++) {
		const struct extent *e = &ns->extent[i], *f;
		bool inside = first;

		if (e->inside + e->count < e->inside ||
		    e->outside + e->count < e->outside)
			return false;
		for (unsigned int j = 0; j < parent->extents; j++) {
			f = &parent->extent[j];
			inside |= e->outside - f->inside < f->count &&
				  e->outside - f->inside + e->count <= f->count;
		}
		for (unsigned int j = 0; j < i; j++) {
			f = &ns->extent[j];
			inside &= !overlap(e->inside, f->inside, e->count,
					   f->count) &&
				  !overlap(e->outside, f->outside, e->count,
					   f->count);
		}
		if (!inside)
			return false;
	}
	return true;
}

/* How deep below the initial namespace; the kernel makes 33 levels */
static int depth_of(const struct plan *plan, int ns)
{
	int depth = 0;

	for (; ns > 0; ns = plan->ns[ns].parent)
		depth++;
	return depth;
}

static void draw_map(struct ns *ns, const struct ns *parent, bool first,
		     bool chain, struct rng *r)
{
	ns->extents = 0;
	switch (rng_below(r, chain ? 14 : 9)) {
	case 0:
		add_extent(ns, below(parent, first, r, 1), 0);
		break;
	case 1: {
		struct extent e = below(parent, first, r, 65536);

		add_extent(ns, e, e.outside);
		break;
	}
	case 2:
		add_extent(ns, below(parent, first, r, 5000), 1000);
		break;
	case 3:
	case 4:
		pieces(ns, parent, first, r);
		break;
	case 5:
		/* a chain must not end there */
		if (!chain && rng_chance(r, 50)) {
			odd(ns, parent, first, r);
			break;
		}
		/* fall through */
	default:
		add_extent(ns, below(parent, first, r, 65536), 0);
	}
}

static void plan_ns(struct plan *plan, int i, bool chain, struct rng *r)
{
	struct ns *ns = &plan->ns[i];
	const struct ns *parent;
	bool first;

	*ns = (struct ns) { .parent = -1, .mounter = -1, .valid = !i };
	if (!i)
		return;
	/* half of the trees are deep rather than broad */
	ns->parent = chain || rng_chance(r, 40) ? i - 1 : (int)rng_below(r, i);
	while (!plan->ns[ns->parent].valid)
		ns->parent--;
	parent = &plan->ns[ns->parent];
	first = ns->parent == 0;
	for (int tries = 0; tries < 3 && !ns->valid; tries++) {
		draw_map(ns, parent, first, chain, r);
		ns->valid = map_valid(ns, parent, first) &&
			    depth_of(plan, i) <= 33;
	}
}

static void plan_namespaces(struct plan *plan, struct rng *r)
{
	const bool chain = rng_chance(r, 10);

	plan->namespaces = chain ? MAX_NS : 3 + rng_below(r, 8);
	for (int i = 0; i < plan->namespaces; i++)
		plan_ns(plan, i, chain, r);
	for (int i = 1; i < plan->namespaces; i++) {
		if (plan->mounters == MAX_MOUNTERS)
			break;
		if (!plan->ns[i].valid || !rng_chance(r, chain ? 5 : 30))
			continue;
		plan->ns[i].mounter = plan->mounters;
		plan->mounter[plan->mounters++] = i;
	}
}

void plan_map(const struct ns *ns, char *text, size_t size)
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned int i = 0; i < ns->extents && n < size; i++) {
		const struct extent *e = &ns->extent[i];

		n += snprintf(text + n, size - n, "%u %u %u\n", e->inside,
			      e->outside, e->count);
	}
}

static int pick_ns(const struct plan *plan, struct rng *r)
{
	int ns = rng_below(r, plan->namespaces);

	while (!plan->ns[ns].valid)
		ns--;
	return ns;
}

/* A uid of the initial namespace that means something to one of ours */
static uint32_t pick_kuid(const struct plan *plan, struct rng *r)
{
	static const uint32_t inside[] = { 0, 0, 0, 0, 0, 1, 5, 1000 };
	const int ns = pick_ns(plan, r);
	uint32_t kuid = plan_kuid(plan, ns, PICK(inside, r));

	return kuid == NO_ID ? 0 : kuid;
}

/* A uid as @ns may write it */
static uint32_t pick_id(const struct plan *plan, int ns, struct rng *r)
{
	static const uint32_t some[] = { 0, 1, 5, 1000, 65534, 65536, 100000,
					 0x7fffffff, 0x80000000, 0xfffffffe,
					 NO_ID };

	if (rng_chance(r, 65))
		return from_kuid(plan, ns, pick_kuid(plan, r));
	if (rng_chance(r, 20))
		return pick_kuid(plan, r);
	return rng_chance(r, 10) ? rng_u32(r) : PICK(some, r);
}

/* Places */

static int add_place(struct plan *plan, enum place_kind kind, int base, int ns)
{
	plan->place[plan->places] = (struct place) {
		.kind = kind, .base = base, .ns = ns,
	};
	return plan->places++;
}

static void add_idmap(struct plan *plan, enum place_kind kind, int base, int ns,
		      struct rng *r)
{
	static const char * const maps[] = {
		"0 100000 65536\n",
		"0 200000 65536\n",
		"0 1000 1\n1000 0 1\n",
		"100000 0 65536\n0 100000 65536\n",
		"100000 200000 65536\n",
		"0 0 4294967295\n",
		"0 1 1000\n100000 100000 65536\n",
	};
	static const uint32_t inside[] = { 0, 0, 5, 1000 };
	struct place *place = &plan->place[add_place(plan, kind, base, ns)];
	const struct extent *e = &plan->ns[ns].extent[0];
	const uint32_t skip = ns && e->count > 1000 && rng_chance(r, 60) ? 1000 :
									   0;

	if (ns)
		snprintf(place->map, sizeof(place->map), "%u %u %u\n",
			 PICK(inside, r), e->inside + skip, e->count - skip);
	else
		snprintf(place->map, sizeof(place->map), "%s", PICK(maps, r));
}

static void plan_places_of_ns(struct plan *plan, int ns, int base,
			      struct rng *r)
{
	const int tmpfs = add_place(plan, PLACE_NS_TMPFS, -1, ns);
	int ovl;

	if (rng_chance(r, 60)) {
		ovl = add_place(plan, PLACE_NS_OVL,
				rng_chance(r, 75) ? base : tmpfs, ns);
		add_place(plan, PLACE_NS_UPPER, ovl, ns);
	}
	if (rng_chance(r, 50))
		add_idmap(plan, PLACE_NS_IDMAP, tmpfs, ns, r);
}

unsigned int plan_filesystems = 4;

static void plan_places(struct plan *plan, struct rng *r)
{
	const int first = rng_below(r, plan_filesystems);
	const int second = (first + 1 + rng_below(r, plan_filesystems - 1)) %
			   plan_filesystems;
	int base[2], raw, ovl, idmap = -1;

	base[0] = add_place(plan, PLACE_TMPFS + first, -1, 0);
	base[1] = add_place(plan, PLACE_TMPFS + second, -1, 0);
	if (rng_chance(r, 70)) {
		idmap = plan->places;
		add_idmap(plan, PLACE_IDMAP, base[rng_below(r, 2)], 0, r);
	}
	if (rng_chance(r, 60)) {
		/* a lower layer may be reached through an idmapped mount */
		ovl = add_place(plan, PLACE_OVL,
				idmap >= 0 && rng_chance(r, 30) ?
				idmap : base[rng_below(r, 2)], 0);
		add_place(plan, PLACE_OVL_LOWER, plan->place[ovl].base, 0);
		add_place(plan, PLACE_OVL_UPPER, ovl, 0);
	}
	if (rng_chance(r, 20))
		add_place(plan, PLACE_NOSUID, base[rng_below(r, 2)], 0);
	if (rng_chance(r, 50)) {
		raw = add_place(plan, PLACE_RAW, -1, 0);
		if (rng_chance(r, 50))
			add_place(plan, PLACE_OVL_RAW, raw, 0);
	}
	for (int i = 0; i < plan->mounters; i++)
		plan_places_of_ns(plan, plan->mounter[i], base[rng_below(r, 2)],
				  r);
}

const char *place_name(const struct plan *plan, int place, char *buf)
{
	static const char * const names[PLACE_KINDS] = {
		"tmpfs", "ext4", "xfs", "btrfs", "ovl", "ovl-lower",
		"ovl-upper", "idmap", "nosuid", "raw", "ovl-raw", "ns-tmpfs",
		"ns-ovl", "ns-upper", "ns-idmap",
	};
	const struct place *p = &plan->place[place];

	if (p->ns)
		sprintf(buf, "%s%d", names[p->kind], p->ns);
	else
		strcpy(buf, names[p->kind]);
	return buf;
}

bool place_visible(const struct plan *plan, int place, int ns)
{
	if (!plan->place[place].ns)
		return true;
	for (; ns > 0; ns = plan->ns[ns].parent) {
		if (ns == plan->place[place].ns)
			return true;
	}
	return false;
}

bool place_has_files(enum place_kind kind)
{
	switch (kind) {
	case PLACE_TMPFS:
	case PLACE_EXT4:
	case PLACE_XFS:
	case PLACE_BTRFS:
	case PLACE_NS_TMPFS:
		return true;
	default:
		return false;
	}
}

void plan_episode(struct plan *plan, uint64_t seed, uint64_t episode)
{
	struct rng r;

	*plan = (struct plan) { .seed = seed, .episode = episode };
	rng_init(&r, seed, episode, RNG_PLAN);
	plan_namespaces(plan, &r);
	plan_places(plan, &r);
}

/* Values */

static struct value some_sets(struct rng *r)
{
	static const uint32_t low[] = { TEST_MASK, TEST_MASK, 0, 1, 0xffffffff };
	static const uint32_t high[] = { 0, 0, 0, 1, 0x1ff, 0xffffffff };
	struct value v = value_v2();

	v.caps.data[0].permitted = htole32(PICK(low, r));
	v.caps.data[1].permitted = htole32(PICK(high, r));
	if (rng_chance(r, 30)) {
		v.caps.data[0].inheritable = htole32(PICK(low, r));
		v.caps.data[1].inheritable = htole32(PICK(high, r));
	}
	return v;
}

static void set_header(struct value *v, uint32_t revision, size_t size,
		       struct rng *r)
{
	v->caps.magic_etc = htole32(revision | rng_chance(r, 70));
	v->size = size;
}

/* What is not well formed, or nearly so */
static void corrupt(struct value *v, struct rng *r)
{
	static const uint32_t magics[] = {
		0, 1, 0x04000001, 0xff000001, 0x01000002, 0x02000003,
		0x03000002, 0x02800000, 0x03000100, 0x01000001, 0x03010001,
	};

	switch (rng_below(r, 4)) {
	case 0:
		v->size = rng_below(r, 41);
		break;
	case 1:
		v->caps.magic_etc ^= htole32(1U << rng_below(r, 32));
		break;
	case 2:
		v->caps.magic_etc = htole32(PICK(magics, r));
		break;
	default:
		v->size = PICK(((uint32_t[]) { 12, 20, 24, 24, 25, 28 }), r);
		for (size_t i = 0; i < v->size; i++)
			v->bytes[i] = rng_u32(r);
	}
}

static struct value some_value(const struct plan *plan, int ns, struct rng *r)
{
	struct value v = some_sets(r);
	const uint32_t n = rng_below(r, 100);

	v.caps.rootid = htole32(pick_id(plan, ns, r));
	if (n < 35)
		set_header(&v, VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2, r);
	else if (n < 82)
		set_header(&v, VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3, r);
	else if (n < 86)
		set_header(&v, VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1, r);
	else if (n < 88)
		v.size = 0;
	else {
		set_header(&v, VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3, r);
		corrupt(&v, r);
	}
	return v;
}

size_t plan_raw_value(uint64_t seed, int file, unsigned char *value)
{
	static const uint32_t ids[] = { 0, 1, 5, 1000, 100000, 101000, 200000,
					0xfffffffe, NO_ID };
	struct rng r;
	struct value v;

	rng_init(&r, seed, RNG_RAW, file);
	v = some_sets(&r);
	v.caps.rootid = htole32(PICK(ids, &r));
	switch (rng_below(&r, 6)) {
	case 0:
		set_header(&v, VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1, &r);
		break;
	case 1:
		set_header(&v, VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2, &r);
		break;
	default:
		set_header(&v, VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3, &r);
	}
	if (rng_chance(&r, 70))
		corrupt(&v, &r);
	memcpy(value, v.bytes, v.size);
	return v.size;
}

bool plan_initial(const struct plan *plan, int place, int file, struct op *op,
		  uint32_t *owner, uint32_t *mode)
{
	static const uint32_t modes[] = { 0755, 0755, 0755, 04755, 02755, 0700,
					  06755 };
	const int ns = plan->place[place].ns;
	struct value v;
	struct rng r;

	rng_init(&r, plan->seed, plan->episode,
		 RNG_INITIAL + place * NAMES + file);
	*owner = from_kuid(plan, ns, pick_kuid(plan, &r));
	if (*owner == NO_ID)
		*owner = ns ? plan->ns[ns].extent[0].inside : 0;
	*mode = PICK(modes, &r);
	v = some_sets(&r);
	v.caps.rootid = htole32(pick_id(plan, ns, &r));
	/* of a root that hardly any namespace has a name for */
	if (!ns && rng_chance(&r, 25))
		v.caps.rootid = htole32(3000000000 + rng_below(&r, 100));
	if (rng_chance(&r, 30))
		set_header(&v, VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2, &r);
	else
		set_header(&v, VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3, &r);
	*op = (struct op) {
		.kind = OP_SET, .ns = ns, .place = place, .size = v.size,
		.xattr = CAPS_XATTR,
	};
	memcpy(op->value, v.bytes, v.size);
	snprintf(op->name, sizeof(op->name), "f%d", file);
	return rng_chance(&r, 85);
}

/* Operations */

static bool is_layer(enum place_kind place)
{
	return place == PLACE_OVL_LOWER || place == PLACE_OVL_UPPER ||
	       place == PLACE_NS_UPPER || place == PLACE_RAW;
}

static int pick_place(const struct plan *plan, struct rng *r)
{
	int place = rng_below(r, plan->places);

	/* most files of an upper layer are not there yet */
	if (plan->place[place].kind == PLACE_OVL_UPPER ||
	    plan->place[place].kind == PLACE_NS_UPPER)
		place = rng_below(r, plan->places);
	/* but overlays of a namespace are rare, and their files soon used up */
	for (int i = 0; i < plan->places; i++) {
		if (plan->place[i].kind == PLACE_NS_OVL && rng_chance(r, 8))
			place = i;
	}
	return place;
}

static enum op_kind pick_kind(enum place_kind place, struct rng *r)
{
	static const unsigned char weight[OP_KINDS] = {
		[OP_SET] = 30, [OP_GET] = 30, [OP_LIST] = 4, [OP_REMOVE] = 5,
		[OP_CHOWN] = 5, [OP_CHMOD] = 3, [OP_WRITE] = 3,
		[OP_TRUNCATE] = 2, [OP_RENAME] = 3, [OP_LINK] = 3,
		[OP_CREATE] = 3, [OP_STAT] = 4, [OP_EXEC] = 5,
	};
	int n = rng_below(r, 100);
	int kind = 0;

	while (n >= weight[kind])
		n -= weight[kind++];
	/* the raw values are worth more while they last */
	if ((place == PLACE_RAW || place == PLACE_OVL_RAW) && rng_chance(r, 60))
		return rng_chance(r, 35) ? OP_EXEC : OP_GET;
	/* a layer's tree must not change beneath the overlay */
	if (is_layer(place) && kind > OP_REMOVE && kind < OP_STAT)
		return OP_GET;
	return kind;
}

static void pick_name(enum place_kind place, char *name, struct rng *r)
{
	static const char * const names[] = { "f0", "f1", "f2", "f3", "f0",
					      "f1", "f2", "f3", "f0", "f1",
					      "f2", "f3", "f0", "f1", "f2",
					      "f3", "f4", "f5", "d0", "s0" };

	if (place == PLACE_RAW || place == PLACE_OVL_RAW)
		snprintf(name, 8, "r%u", rng_below(r, RAW_FILES));
	else
		snprintf(name, 8, "%s", PICK(names, r));
}

static void pick_cred(const struct plan *plan, struct op *op, struct rng *r)
{
	const uint32_t n = rng_below(r, 100);
	const bool exec = op->kind == OP_EXEC;

	/* to root, execve(2) gives all of it anyway */
	if (n < (exec ? 15 : 70))
		op->cred = CRED_ROOT;
	else if (n < 85)
		op->cred = CRED_USER;
	else if (n < 92)
		op->cred = CRED_NO_SETFCAP;
	else
		op->cred = CRED_ONLY_SETFCAP;
	op->uid = pick_id(plan, op->ns, r);
	if (exec && rng_chance(r, 75))
		op->uid = 65534;
	/* a uid that is none cannot be taken on */
	if (plan_kuid(plan, op->ns, op->uid) == NO_ID)
		op->uid = plan->ns[op->ns].extents ?
			  plan->ns[op->ns].extent[0].inside +
			  plan->ns[op->ns].extent[0].count - 1 : 1000;
}

static void plan_set(const struct plan *plan, struct op *op, struct rng *r)
{
	static const uint32_t flags[] = { 0, 0, 0, 0, 0, 0, XATTR_CREATE,
					  XATTR_REPLACE };
	struct value v = some_value(plan, op->ns, r);

	op->size = v.size;
	memcpy(op->value, v.bytes, sizeof(op->value));
	op->flags = PICK(flags, r);
	if (rng_chance(r, 2))
		op->flags = rng_below(r, 8);
}

static void plan_xattr(struct op *op, struct rng *r)
{
	static const char * const others[] = { "security.foo", "user.foo",
					       "trusted.foo",
					       "security.capabilit",
					       "security.capability2" };

	op->xattr = CAPS_XATTR;
	if (rng_chance(r, 4))
		op->xattr = PICK(others, r);
	op->open = rng_chance(r, 15);
}

static void plan_arguments(const struct plan *plan, struct op *op,
			   struct rng *r)
{
	static const uint32_t modes[] = { 0755, 0755, 0700, 0777, 04755, 02755,
					  06755, 0644, 0 };
	static const uint32_t sizes[] = { 64, 64, 24, 24, 20, 0, 0 };

	switch (op->kind) {
	case OP_SET:
		plan_set(plan, op, r);
		break;
	case OP_GET:
		op->size = rng_chance(r, 30) ? rng_below(r, 41) :
					       PICK(sizes, r);
		break;
	case OP_LIST:
		op->size = rng_chance(r, 80) ? 512 : rng_below(r, 40);
		break;
	case OP_CHOWN:
		op->arg[0] = pick_id(plan, op->ns, r);
		op->arg[1] = rng_chance(r, 50) ? op->arg[0] : NO_ID;
		/* with none at all ours asks for permission, and stock does not */
		if (op->arg[0] == NO_ID)
			op->arg[1] = 0;
		break;
	case OP_CHMOD:
		op->flags = PICK(modes, r);
		break;
	case OP_TRUNCATE:
		/* what is executable remains so, only longer */
		op->size = 8192 + rng_below(r, 4);
		break;
	case OP_RENAME:
	case OP_LINK:
		pick_name(plan->place[op->place].kind, op->name2, r);
		break;
	case OP_EXEC:
		op->flags = rng_chance(r, 50) ? EXEC_PLAIN :
						rng_below(r, EXEC_KINDS);
		break;
	default:
		break;
	}
}

void plan_op(const struct plan *plan, uint32_t number, struct op *op)
{
	enum place_kind place;
	struct rng r;

	rng_init(&r, plan->seed, plan->episode, number);
	*op = (struct op) {};
	op->place = pick_place(plan, &r);
	place = plan->place[op->place].kind;
	op->kind = pick_kind(place, &r);
	op->ns = pick_ns(plan, &r);
	/* the initial one, and the owner, are more interesting than the others */
	if (rng_chance(&r, plan->place[op->place].ns ? 40 : 25))
		op->ns = plan->place[op->place].ns;
	op->by_fd = !place_visible(plan, op->place, op->ns) ||
		    (plan->place[op->place].ns && rng_chance(&r, 10));
	pick_cred(plan, op, &r);
	pick_name(place, op->name, &r);
	plan_xattr(op, &r);
	plan_arguments(plan, op, &r);
}
