/* schema/refusal.h: why an e-mail address is refused, down to the characters that are wrong.
 *
 * Every function answers false after setting `*reason`, or true; false with a->failed means that
 * there was no memory for the words.  Used by mailbox.c, maildomain.c and email.c alone. */
#pragma once
#include "schema/runes.h"

/* A class of characters. */
typedef bool rune_test(uint32_t rune);

rune_test is_alphanumeric, is_atext, is_atext_or_dot;

bool all_runes(struct runes r, rune_test *allowed);

/* Sets `*reason`; always false. */
bool refuse(struct str *reason, struct str words);

enum refusal_order { AS_FOUND, BY_TEXT, BY_NUMBER };

/* "`before`: 'x', SPACE`after`"; always false.  Orders `bad` in place, once each, unless it is
 * AS_FOUND. */
bool refuse_runes(struct arena *a, struct str *reason, const char *before, struct runes bad,
                  enum refusal_order order, const char *after);

/* Every character must be allowed, else "`before`: 'x', 'y'." */
bool check_runes(struct runes r, rune_test *allowed, const char *before, struct arena *a,
                 struct str *reason);

/* No controls, no unassigned or private code points, nothing that would combine with what stands
 * before. */
bool check_safe(struct runes r, bool space_allowed, struct arena *a, struct str *reason);
