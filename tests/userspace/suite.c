// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks with random input: what mutants are tried with, as it is built
 * in no time and needs no fuzzer.
 * usage: suite SEED ROUNDS
 */

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static uint64_t state;

/* splitmix64 */
static uint64_t random64(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Bytes that look like a value, most of the time but for one bit of them */
static size_t random_value(uint8_t *bytes)
{
	static const uint8_t sizes[] = { 12, 20, 24 };
	unsigned int form = random64() % 3;
	size_t size = sizes[form];

	bytes[0] = random64() & 1;
	bytes[1] = 0;
	bytes[2] = 0;
	bytes[3] = form + 1;
	if (random64() % 2)
		bytes[random64() % 4] ^= 1 << random64() % 8;
	if (random64() % 4 == 0)
		size = random64() % 65;
	return size;
}

int main(int argc, char **argv)
{
	static uint8_t data[512];
	long rounds;
	size_t i;

	if (argc != 3) {
		fprintf(stderr, "usage: %s SEED ROUNDS\n", argv[0]);
		return 2;
	}
	state = strtoull(argv[1], NULL, 0);
	for (rounds = strtol(argv[2], NULL, 0); rounds > 0; rounds--) {
		size_t size;

		for (i = 0; i < sizeof(data); i++)
			data[i] = random64() >> 32;
		check_contract(data, sizeof(data));
		check_round_trip(data, 21);
		check_name(data, 2);
		check_name((const uint8_t[]) { 0, 's' }, 2);
		size = random_value(data);
		check_decode(data, size);
		check_round_trip(data, size);
	}
	return 0;
}
