/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of security/commoncap_ns.c against the oracle, for any input; one
 * that fails says so and aborts.
 */
#ifndef NSCAPS_CHECK_H
#define NSCAPS_CHECK_H

#include <stddef.h>
#include <stdint.h>

void check_decode(const uint8_t *data, size_t size);
void check_round_trip(const uint8_t *data, size_t size);
void check_name(const uint8_t *data, size_t size);
void check_contract(const uint8_t *data, size_t size);

#endif /* NSCAPS_CHECK_H */
