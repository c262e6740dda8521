/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scene made of the kernel's structures, and security/commoncap_ns.c in it
 *
 * Each call builds the scene anew; only plain types cross this boundary, so
 * that the oracle sees nothing of the kernel.
 */
#ifndef NSCAPS_WORLD_H
#define NSCAPS_WORLD_H

#include "oracle.h"

void world_build(const struct scene *scene, const struct stored *stored);
void world_enter(const struct scene *scene, int caller);
long world_reads(void);
const char *world_reason(void);
int world_told(void);
void world_told_value(struct value *value);
const char *world_recorded(void);

bool world_name(const char *name);
const char *world_known_name(void);
int world_decode(const void *bytes, size_t size, struct value *value);
long world_encode(const struct value *value, void *bytes);
bool world_owns(long long kuid, int ns);
long long world_root_from_fs(uint32_t rootid);
long long world_root_from_caller(int caller, uint32_t rootid);
long long world_root_to_fs(long long root);

long world_set(const void *bytes, size_t size, void *out);
long world_get(void *out, size_t size);
long world_remove(void);
long world_audit(struct value *value);
bool world_creds(int err, int reason);
long world_exec(struct value *value);

#endif /* NSCAPS_WORLD_H */
