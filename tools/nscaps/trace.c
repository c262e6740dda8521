// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints of the system "nscaps", by an instance of the trace buffer
 * that is this program's own, so that nobody else's tracing is touched.  It is
 * removed at the end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "trace.h"

#define SYSTEM		"nscaps"
/* names tried for the instance */
#define NAMES_MAX	16

static unsigned long long field(struct tep_event *event,
				struct tep_record *record, const char *name)
{
	unsigned long long value = 0;

	tep_get_field_val(NULL, event, name, record, &value, 0);
	return value;
}

static void read_decision(struct tep_event *event, struct tep_record *record,
			  struct decision *d)
{
	const unsigned long long dev = field(event, record, "dev");

	*d = (struct decision) {
		.missed = record->missed_events,
		.call = event->name + strlen(SYSTEM "_"),
		.time = record->ts,
		/* as the kernel has it: 12 bits and 20 */
		.major = dev >> 20,
		.minor = dev & 0xfffff,
		.ino = field(event, record, "ino"),
		.pid = field(event, record, "pid"),
		.caller_ns = field(event, record, "caller_ns"),
		.owner_ns = field(event, record, "owner_ns"),
		.rootid_disk = field(event, record, "rootid_disk"),
		.rootid = field(event, record, "rootid"),
		.caps.permitted = field(event, record, "permitted"),
		.caps.inheritable = field(event, record, "inheritable"),
		.caps.effective = field(event, record, "effective"),
		.caps.revision = field(event, record, "revision"),
		.err = -(int)field(event, record, "err"),
		.reason = field(event, record, "reason"),
	};
	d->creds = tep_find_field(event, "new_permitted");
	d->new_permitted = field(event, record, "new_permitted");
	d->new_effective = field(event, record, "new_effective");
	if (tep_find_field(event, "value")) {
		d->value = tep_get_field_raw(NULL, event, "value", record,
					     &d->value_size, 0);
		d->size = field(event, record, "size");
	}
}

/**
 * trace_is_mounted - is there a tracefs with our events, for the caller?
 *
 * trace_begin() mounts one where there is none.
 *
 * Return: whether there is.
 */
bool trace_is_mounted(void)
{
	return !access("/sys/kernel/tracing/events/" SYSTEM, X_OK) ||
	       !access("/sys/kernel/debug/tracing/events/" SYSTEM, X_OK);
}

/* make_instance - one that is new; NULL and errno */
static struct tracefs_instance *make_instance(void)
{
	struct tracefs_instance *instance;
	char name[48];

	for (int i = 0; i < NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "nscap-%d.%d", (int)getpid(), i);
		instance = tracefs_instance_create(name);
		if (!instance || tracefs_instance_is_new(instance))
			return instance;
		tracefs_instance_free(instance);
	}
	errno = EEXIST;
	return NULL;
}

/**
 * trace_begin - have decisions written down from now on
 * @t: what trace_end() is to be called for, whatever is returned
 * @event: the one event that is wanted, or NULL for all of ours
 *
 * Return: TRACE_OK, or what is in the way.
 */
enum trace_result trace_begin(struct trace *t, const char *event)
{
	static const char *const systems[] = { SYSTEM, NULL };
	const char *dir;

	*t = (struct trace) {};
	errno = 0;
	dir = tracefs_tracing_dir();
	if (!dir)
		return errno == EACCES || errno == EPERM ? TRACE_DENIED : TRACE_NONE;
	if (access(dir, X_OK))
		return TRACE_DENIED;
	if (!tracefs_dir_exists(NULL, "events/" SYSTEM))
		return TRACE_NOT_OURS;
	t->tep = tracefs_local_events_system(NULL, systems);
	t->instance = t->tep ? make_instance() : NULL;
	if (!t->instance || tracefs_event_enable(t->instance, SYSTEM, event))
		return TRACE_ERRNO;
	return TRACE_OK;
}

struct reading {
	trace_fn fn;
	void *ctx;
};

static int on_event(struct tep_event *event, struct tep_record *record, int cpu,
		    void *context)
{
	const struct reading *r = context;
	struct decision d;

	(void)cpu;
	if (strcmp(event->system, SYSTEM))
		return 0;
	read_decision(event, record, &d);
	return r->fn(&d, r->ctx);
}

/**
 * trace_read - hear the decisions that there are by now
 * @t: ours
 * @fn: is told of each
 * @ctx: for it
 *
 * Return: 0, or -1 and errno.
 */
int trace_read(struct trace *t, trace_fn fn, void *ctx)
{
	struct reading r = { fn, ctx };

	return tracefs_iterate_raw_events(t->tep, t->instance, NULL, 0,
					  on_event, &r) < 0 ? -1 : 0;
}

/**
 * trace_end - leave the kernel's tracing as it was
 * @t: ours
 * @name: where the directory's name goes when it could not be removed
 * @size: room there
 *
 * Return: 0, or -1 and errno.
 */
int trace_end(struct trace *t, char *name, size_t size)
{
	int ret = 0, err = 0;

	if (t->instance) {
		tracefs_event_disable(t->instance, SYSTEM, NULL);
		ret = tracefs_instance_destroy(t->instance);
		err = errno;
		if (ret)
			snprintf(name, size, "%s/instances/%s", tracefs_tracing_dir(),
				 tracefs_instance_get_name(t->instance));
		tracefs_instance_free(t->instance);
	}
	tep_free(t->tep);
	*t = (struct trace) {};
	errno = err;
	return ret ? -1 : 0;
}
