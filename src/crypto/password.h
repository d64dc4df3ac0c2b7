/* crypto/password.h: argon2id hashes of passwords (RFC 9106), as PHC strings.
 *
 * Hashing takes milliseconds and megabytes on purpose.  A hasher has a fixed number of slots, each
 * with memory that is made on first use and kept; a call takes a slot, waiting in order of arrival
 * when all are busy, so that neither memory nor CPU can be driven beyond slots x cost.  Any thread
 * may call.
 *
 * The kept memory holds what the last hash left, from which guesses at that password could be
 * checked cheaply.  It is in no core dump and in no forked child, is overwritten by the next hash,
 * and is wiped by password_hasher_wipe() (whoever runs out of calls asks for that) and by
 * password_hasher_close(). */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"

enum {
    PASSWORD_HASH_BYTES = 128,          /* a PHC string and its NUL */
    PASSWORD_MEMORY_KIB_MIN = 8,
    PASSWORD_MEMORY_KIB_MAX = 1048576,  /* nothing stored may ask for more: a row is not trusted */
    PASSWORD_PASSES_MAX = 64,
};

struct password_cost {
    uint32_t memory_kib, passes;        /* one lane always (p=1) */
};

struct password_hasher;

/* NULL: the cost is beyond the limits, or there is no memory. */
struct password_hasher *password_hasher_open(unsigned slots, struct password_cost cost,
                                             const struct random_source *random,
                                             const struct clock         *clock);

/* Wipes and unmaps the slots' memory; no call may be running.  NULL is fine. */
void password_hasher_close(struct password_hasher *h);

/* Wipes the memory of the slots that no call uses, about a millisecond each; nothing when they are
 * clean. */
void password_hasher_wipe(struct password_hasher *h);

/* Hashes at the hasher's cost with a fresh salt of 128 bits; false: no memory or no entropy. */
bool password_hash(struct password_hasher *h, struct str password, char out[PASSWORD_HASH_BYTES])
    __attribute__((warn_unused_result));

enum password_verdict {
    PASSWORD_WRONG,
    PASSWORD_RIGHT,
    PASSWORD_RIGHT_BUT_CHEAP,   /* made at a lower cost (memory, or memory x passes) than today's */
    PASSWORD_FAILED,            /* no memory, or not a hash */
};

/* Compares in constant time; a stored cost beyond the limits is not a hash, and costs nothing. */
enum password_verdict password_verify(struct password_hasher *h, struct str password,
                                      struct str phc) __attribute__((warn_unused_result));

/* The work of one verification at today's cost, for nobody's password. */
bool password_verify_nobody(struct password_hasher *h, struct str password)
    __attribute__((warn_unused_result));

/* How long one more call would probably wait for a slot, in milliseconds: 0 while one is free,
 * otherwise the calls ahead of it x the smoothed duration / slots. */
int64_t password_hasher_wait_ms(const struct password_hasher *h);
