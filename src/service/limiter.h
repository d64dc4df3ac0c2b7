/* service/limiter.h: counters that make whoever fails wait, ever longer.
 *
 * A counter belongs to a policy and a key (an account, a network).  It counts what was claimed and
 * not given back, and forgives one of them in every `longest_ms`.  The first `free` are free; from
 * then on each next one must be waited for, twice as long as the one before, up to `longest_ms`.
 * docs/limits.md says what that comes to.
 *
 * All are in one table of fixed size: nobody can make it grow, and what has to make room is the
 * counter that holds nearly nobody back.  Claims are counted before the work that they are for, so
 * that many at a time are no way around.  What has changed is written in the background, many
 * counters in one commit; being refused changes nothing.  One for a keeper; any thread. */
#pragma once
#include "base/clock.h"
#include "crypto/vault.h"
#include "store/store.h"

struct limiter_policy {
    int     free;                   /* so many are not waited for */
    int64_t first_ms, longest_ms;   /* what is waited, then and in the end */
    bool    passing;                /* not worth keeping over a restart */
};

/* A keyed hash of what is counted: nobody can choose keys that meet, or read them. */
struct limiter_key { uint64_t high, low; };

enum { LIMITER_CLAIMS_MAX = 4, LIMITER_POLICIES_MAX = 16 };

/* A counter at a moment. */
struct limiter_state {
    int64_t at_ms;      /* of the last one counted */
    int32_t level;      /* in thousandths, then */
    bool    written;    /* the database was told of it */
};

/* What a request counts for, to be kept or to be given back. */
struct limiter_claim {
    size_t count;
    struct {
        unsigned             policy;
        struct limiter_key   key;
        struct limiter_state before, after;     /* of limiter_claim() */
    } of[LIMITER_CLAIMS_MAX];
};

struct limiter;

/* `policies` outlives it and ends with a row whose longest_ms is 0; a row's number is part of what
 * is stored.  Row 0 is never claimed.  NULL: no memory. */
struct limiter *limiter_open(const struct limiter_policy *policies, const struct vault *vault);
void            limiter_close(struct limiter *l);

/* `what` keeps apart what could be the same bytes. */
struct limiter_key limiter_key_of(const struct limiter *l, const char *what, struct str bytes);

/* Adds to a claim that is yet to be made. */
void limiter_add(struct limiter_claim *c, unsigned policy, struct limiter_key key);

/* Counts all of it, or, when one of its counters has to be waited for, nothing; *wait_ms is then
 * how long.  It is not written yet. */
bool limiter_claim(struct limiter *l, struct limiter_claim *c, int64_t now_us,
                   int64_t *wait_ms) __attribute__((warn_unused_result));

/* How a claim ends: it stays counted, and is to be written; or it never was, and a counter that
 * nobody else has claimed meanwhile is as before: what is left to wait, too. */
void limiter_keep(struct limiter *l, const struct limiter_claim *c);
void limiter_give_back(struct limiter *l, const struct limiter_claim *c);

/* From and to the database.  flush() writes what has changed, some hundreds of counters in one
 * transaction.  That it fails nobody need be told: the store has logged it, and the next one
 * tries again. */
extern const char limiter_tables[];     /* SQL of the migration */
extern const struct statement *const limiter_statements[];
problem limiter_load(struct limiter *l, struct store_session *db, int64_t now_us) MUST_CHECK;
problem limiter_flush(struct limiter *l, struct store_session *db);
bool    limiter_is_dirty(struct limiter *l);
