// SPDX-License-Identifier: GPL-2.0-only
/*
 * nscap set, nscap remove: as setcap(8), with the cause of each error.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "mount.h"
#include "out.h"
#include "subject.h"
#include "value.h"

/**
 * struct change - what is to be done to each file
 * @remove: take the value away
 * @caps: or else give it this one
 * @rootid_given: its rootid was named
 * @text: it, as it was written
 * @json: write JSON
 * @files: the first file's place in argv
 */
struct change {
	bool remove;
	struct fcaps caps;
	bool rootid_given;
	const char *text;
	bool json;
	int files;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct change *c = state->input;
	char *end;
	unsigned long long n;

	switch (key) {
	case 'n':
		errno = 0;
		n = strtoull(arg, &end, 10);
		if (errno || *arg < '0' || *arg > '9' || *end || n >= UINT32_MAX)
			argp_error(state, "no uid: %s", quoted(arg));
		c->caps.rootid = n;
		c->rootid_given = true;
		break;
	case 'j':
		c->json = true;
		break;
	case ARGP_KEY_ARG:
		if (!c->remove && !c->text) {
			c->text = arg;
			break;
		}
		/* the files are whatever is left */
		c->files = state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_END:
		if (!c->remove && !c->text)
			argp_error(state, "CAPS is missing");
		if (!c->files)
			argp_error(state, "FILE is missing");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option set_options[] = {
	{ "rootid", 'n', "UID", 0, "the root that they are to belong to, a uid here", 0 },
	{ "json", 'j', NULL, 0, "write JSON, one object for each file", 0 },
	{}
};

static const struct argp set_argp = {
	set_options, parse, "CAPS FILE...",
	"Give each FILE the capabilities CAPS, written as in cap_from_text(3), such as cap_net_raw=ep.\v"
	"Exit status: 0 done; 1 the kernel refused; 2 wrong usage; 3 a file could not be reached. The other files are done all the same.",
	NULL, NULL, NULL
};

static const struct argp_option remove_options[] = {
	{ "json", 'j', NULL, 0, "write JSON, one object for each file", 0 },
	{}
};

static const struct argp remove_argp = {
	remove_options, parse, "FILE...",
	"Take the capabilities of each FILE away.\v"
	"Exit status: 0 done; 1 the kernel refused; 2 wrong usage; 3 a file could not be reached, or has none. The other files are done all the same.",
	NULL, NULL, NULL
};

/* EPERM has four causes, and the kernel does not tell which */
static const char *why_eperm(int fd, const struct mount *m)
{
	struct statx stx;
	uint32_t euid;

	if (!(effective_of(0, &euid) >> CAP_SETFCAP & 1))
		return "not_privileged: you do not have CAP_SETFCAP in your user namespace";
	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx))
		return strerror(EPERM);
	if (stx.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND))
		return "the file is immutable or append-only (chattr(1))";
	if (stx.stx_uid == 65534 || stx.stx_gid == 65534)
		return m->idmapped == YES ?
			"ids_unmapped: the file's uid or gid has no mapping here or in the idmap" :
			"ids_unmapped: the file's uid or gid has no mapping in your user namespace";
	return "a security module or the filesystem refuses";
}

static bool mapped_here(uint32_t uid)
{
	uint32_t parent;

	return map_to_parent(uid, &parent);
}

static const char *why_einval(const struct change *c, const struct mount *m)
{
	if (!mapped_here(c->caps.rootid))
		return "root_unmapped: that rootid has no mapping in your user namespace";
	if (m->idmapped == YES)
		return c->rootid_given ?
			"root_unmapped: the idmapped mount has no place for that rootid" :
			"root_unmapped: the idmapped mount has no place for your root; see -n";
	return "root_unmapped: the filesystem's user namespace has no place for that rootid";
}

/* What to say of an error, and whether it is the kernel's no */
static const char *explain(const struct change *c, int fd, int err, int *status)
{
	struct mount *m = calloc(1, sizeof(*m));
	const char *text;

	*status = NSCAP_ERRORS;
	if (!m)
		return strerror(ENOMEM);
	/* without it, an idmap is just not thought of */
	mount_of(fd, 0, -1, m);
	*status = NSCAP_NO;
	switch (err) {
	case EPERM:
		text = why_eperm(fd, m);
		break;
	case EINVAL:
		text = why_einval(c, m);
		break;
	case EOPNOTSUPP:
		text = "no_value: the filesystem cannot keep file capabilities";
		break;
	case EROFS:
		text = "the mount or the filesystem is read-only";
		break;
	case ENOSPC:
	case EDQUOT:
		text = "the filesystem has no space left for it";
		*status = NSCAP_ERRORS;
		break;
	case ENODATA:
		text = "no_value: the file has no capabilities";
		*status = NSCAP_ERRORS;
		break;
	default:
		text = strerror(err);
		*status = NSCAP_ERRORS;
	}
	free(m);
	return text;
}

static int change_open(const struct change *c, int fd)
{
	struct vfs_ns_cap_data bytes;
	char path[64];
	size_t size;

	/* a descriptor, so that it is the file that was looked at */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (c->remove)
		return removexattr(path, CAPS_XATTR) ? errno : 0;
	size = fcaps_encode(&c->caps, &bytes);
	return setxattr(path, CAPS_XATTR, &bytes, size, 0) ? errno : 0;
}

/* What stands against a file before any change is tried; NULL: nothing */
static const char *unfit(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (S_ISLNK(st.st_mode))
		return "a symbolic link; name the file that it leads to";
	return S_ISREG(st.st_mode) ? NULL : "not a regular file";
}

static int change_file(const struct change *c, const char *path, const char **text)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int status = NSCAP_ERRORS, err;

	if (fd < 0) {
		*text = strerror(errno);
		return NSCAP_ERRORS;
	}
	*text = unfit(fd);
	if (!*text) {
		err = change_open(c, fd);
		status = NSCAP_OK;
		if (err)
			*text = explain(c, fd, err, &status);
	}
	close(fd);
	return status;
}

static void say_json(const char *path, int status, const char *text)
{
	json_t *o = json_begin();

	json_put_path(o, "path", path);
	json_put(o, "done", json_boolean(status == NSCAP_OK));
	json_put(o, "error", text ? json_string(text) : json_null());
	json_end(o);
}

static int change_all(const struct change *c, char **files)
{
	int status = NSCAP_OK;

	for (; *files; files++) {
		const char *text = NULL;
		int one = change_file(c, *files, &text);

		if (c->json)
			say_json(*files, one, text);
		if (one)
			complain_of(*files, "%s", text);
		status = worse(status, one);
	}
	return status;
}

int cmd_set(int argc, char **argv)
{
	struct change c = {};
	uint32_t rootid;

	out_parse(&set_argp, argc, argv, &c);
	rootid = c.caps.rootid;
	switch (fcaps_parse(c.text, &c.caps)) {
	case -1:
		complain("no capabilities: %s; write them as in cap_net_raw=ep",
			 quoted(c.text));
		return NSCAP_USAGE;
	case -2:
		complain("%s: a file has one effective flag for all of its capabilities; put e to all or to none",
			 quoted(c.text));
		return NSCAP_USAGE;
	}
	if (rootid) {
		c.caps.revision = 3;
		c.caps.rootid = rootid;
	}
	return change_all(&c, argv + c.files);
}

int cmd_remove(int argc, char **argv)
{
	struct change c = { .remove = true };

	out_parse(&remove_argp, argc, argv, &c);
	return change_all(&c, argv + c.files);
}
