/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nscap says: lines of text, lines of JSON, one line on stderr for each
 * complaint.
 */
#ifndef NSCAP_OUT_H
#define NSCAP_OUT_H

#include <jansson.h>
#include <stdio.h>

#include "nscap.h"

/* Name and value of the schema, in each JSON object */
#define JSON_SCHEMA	1

void out_command(const char *name);
int out_close(int status);

/* argp's own message would name the command alone */
struct argp;
int out_parse(const struct argp *argp, int argc, char **argv, void *input);

PRINTF(1, 2) void complain(const char *fmt, ...);
PRINTF(2, 3) void complain_of(const char *path, const char *fmt, ...);

const char *quoted(const char *path);

json_t *json_begin(void);
json_t *json_text(const char *text);
void json_put(json_t *object, const char *key, json_t *value);
void json_put_path(json_t *object, const char *key, const char *path);
void json_end(json_t *object);

#endif /* NSCAP_OUT_H */
