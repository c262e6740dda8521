// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nscap says: lines of text, lines of JSON, one line on stderr for each
 * complaint.
 */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"

/* enough for the longest path, each byte written as four */
#define QUOTED_MAX	(4 * 4096 + 8)

static const char *command = "";

/**
 * out_command - tell which command is run, for messages and JSON
 * @name: its name
 */
void out_command(const char *name)
{
	command = name;
}

/**
 * out_close - the end of all output
 * @status: how the command ends
 *
 * Return: @status, or %NSCAP_ERRORS when not all could be written, as on a
 * full disk.
 */
int out_close(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	/* nobody is there to read: not worth a word */
	if (errno != EPIPE)
		complain("cannot write: %s", strerror(errno));
	return worse(status, NSCAP_ERRORS);
}

/**
 * out_parse - argp_parse() with the whole name of the command in its messages
 * @argp: the parser
 * @argc: of the command
 * @argv: of the command; argv[0] is its name
 * @input: for the parser
 *
 * Return: as argp_parse(); it does not return on wrong usage.
 */
int out_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static char name[32];

	snprintf(name, sizeof(name), "nscap %s", command);
	argv[0] = name;
	return argp_parse(argp, argc, argv, 0, NULL, input);
}

/* How many bytes at @s are one character that a terminal may be sent; 0: none */
static size_t printable(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
	};
	uint32_t c;

	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f && *s != '\\';
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if ((*s & forms[i].mask) != forms[i].lead)
			continue;
		c = *s & ~forms[i].mask;
		for (size_t j = 1; j <= i + 1; j++) {
			if ((s[j] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[j] & 0x3f);
		}
		/* overlong, C1 controls, surrogates, or what turns text around */
		if (c < forms[i].least || c < 0xa0 || c > 0x10ffff ||
		    (c >= 0xd800 && c < 0xe000) || (c >= 0x200b && c <= 0x200f) ||
		    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
		    c == 0xfeff)
			return 0;
		return i + 2;
	}
	return 0;
}

/**
 * quoted - a path as it may be shown to a terminal, on one line
 * @path: the path; any bytes
 *
 * Newlines, controls, backslashes and what is not UTF-8 become \ooo, as in
 * /proc/self/mounts, so that nothing is lost.
 *
 * Return: the text, good until the fourth call from now.
 */
const char *quoted(const char *path)
{
	static char bufs[4][QUOTED_MAX];
	static unsigned int turn;
	char *buf = bufs[turn++ % ARRAY_LEN(bufs)], *p = buf;
	const unsigned char *s = (const unsigned char *)path;

	while (*s && p < buf + QUOTED_MAX - 8) {
		size_t n = printable(s);

		if (n) {
			p = mempcpy(p, s, n);
			s += n;
		} else {
			p += sprintf(p, "\\%03o", *s++);
		}
	}
	snprintf(p, 4, "%s", *s ? "..." : "");
	return buf;
}

static void say_to_stderr(const char *path, const char *fmt, va_list args)
{
	/* what is on stdout was said before */
	fflush(stdout);
	fprintf(stderr, "nscap%s%s: ", *command ? " " : "", command);
	if (path)
		fprintf(stderr, "%s: ", quoted(path));
	vfprintf(stderr, fmt, args);
	putc('\n', stderr);
}

/**
 * complain - one line on stderr
 * @fmt: what is wrong, as for printf(3), without a newline
 */
void complain(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_to_stderr(NULL, fmt, args);
	va_end(args);
}

/**
 * complain_of - one line on stderr about a file
 * @path: the file; it is quoted
 * @fmt: what is wrong with it, as for printf(3), without a newline
 */
void complain_of(const char *path, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say_to_stderr(path, fmt, args);
	va_end(args);
}

static json_t *have(json_t *value)
{
	if (value)
		return value;
	complain("out of memory");
	exit(NSCAP_ERRORS);
}

/**
 * json_begin - a new object, with what all of them have
 *
 * Return: the object.
 */
json_t *json_begin(void)
{
	json_t *object = have(json_object());

	json_put(object, "schema", json_integer(JSON_SCHEMA));
	json_put(object, "command", json_string(command));
	return object;
}

/**
 * json_text - a string that is for people
 * @text: the text; what of it is not UTF-8 is quoted
 *
 * Return: the string, or NULL without memory.
 */
json_t *json_text(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_string(quoted(text));
}

/**
 * json_put - put a value into an object
 * @object: the object
 * @key: where; a value that is there already is replaced
 * @value: the value, taken over; NULL is taken for a lack of memory
 */
void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, have(value))) {
		complain("out of memory");
		exit(NSCAP_ERRORS);
	}
}

/**
 * json_put_path - put a path into an object, exactly
 * @object: the object
 * @key: where; bytes that are not UTF-8 cannot be a JSON string, so that key
 *	is null then, and "KEY_hex" has them
 * @path: the path
 */
void json_put_path(json_t *object, const char *key, const char *path)
{
	json_t *value = json_string(path);
	const size_t len = strlen(path);
	char name[32], *hex;

	if (value) {
		json_put(object, key, value);
		return;
	}
	hex = malloc(2 * len + 1);
	if (!hex)
		have(NULL);
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", (unsigned char)path[i]);
	snprintf(name, sizeof(name), "%s_hex", key);
	json_put(object, key, json_null());
	json_put(object, name, json_string(hex));
	free(hex);
}

/**
 * json_end - write an object as one line, and free it
 * @object: the object
 */
void json_end(json_t *object)
{
	if (json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER))
		complain("cannot write JSON");
	putchar('\n');
	json_decref(object);
}
