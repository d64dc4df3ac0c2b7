/* refusal.c: lists of characters in the order and the words of email-validator. */
#include "schema/refusal.h"

#include <stdlib.h>

enum { REASON_BYTES_MAX = 512 * 1024 }; /* every character by its name: in practice a few hundred */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int               order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static struct runes sorted_once(struct runes r)
{
    size_t kept = 0;

    if (r.len)
        qsort(r.at, r.len, sizeof *r.at, by_number);
    for (size_t i = 0; i < r.len; i++)
        if (i == 0 || r.at[i] != r.at[kept - 1])
            r.at[kept++] = r.at[i];
    r.len = kept;
    return r;
}

static struct str described(uint32_t rune, struct arena *a)
{
    char       room[512];
    struct buf b = buf_fixed(room, sizeof room);

    rune_describe(&b, rune);
    return arena_copy(a, buf_str(&b));
}

/* "`before`: 'x', 'y'`after`". */
static bool refuse_list(struct arena *a, struct str *reason, const char *before,
                        const struct str *list, size_t count, const char *after)
{
    struct buf b = buf_growing(REASON_BYTES_MAX);

    buf_add(&b, str_of(before));
    for (size_t i = 0; i < count; i++) {
        buf_add(&b, i ? LIT(", ") : LIT(": "));
        buf_add(&b, list[i]);
    }
    buf_add(&b, str_of(after));
    *reason = arena_copy(a, buf_str(&b));
    a->failed |= b.failed;
    buf_close(&b);
    return false;
}

/* The characters of `r` that `allowed` does not allow. */
static struct runes outside(struct runes r, rune_test *allowed, struct arena *a)
{
    struct runes bad = { arena_alloc_many(a, r.len + 1, sizeof(uint32_t)), 0 };

    for (size_t i = 0; bad.at && i < r.len; i++)
        if (!allowed(r.at[i]))
            bad.at[bad.len++] = r.at[i];
    return bad;
}

static bool is_unsafe(uint32_t rune, bool first, bool space_allowed)
{
    char class = rune_class(rune);

    switch (class) {
    case 'L': case 'N': case 'P': case 'S':
        return false;
    case 'M':
        return first;
    case 'Z':
        return !space_allowed || rune == 0x2028 || rune == 0x2029;
    default:
        return true;
    }
}

bool is_alphanumeric(uint32_t rune)
{
    return rune < 0x80 && (ascii_is_alpha((char)rune) || ascii_is_digit((char)rune));
}

bool is_atext(uint32_t rune)     /* RFC 5322 section 3.2.3 */
{
    return is_alphanumeric(rune) ||
           (rune && rune < 0x80 && strchr("_!#$%&'*+-/=?^`{|}~", (int)rune));
}

bool is_atext_or_dot(uint32_t rune)
{
    return rune == '.' || is_atext(rune);
}

bool all_runes(struct runes r, rune_test *allowed)
{
    for (size_t i = 0; i < r.len; i++)
        if (!allowed(r.at[i]))
            return false;
    return true;
}

bool refuse(struct str *reason, struct str words)
{
    *reason = words;
    return false;
}

bool refuse_runes(struct arena *a, struct str *reason, const char *before, struct runes bad,
                  enum refusal_order order, const char *after)
{
    if (order != AS_FOUND)
        bad = sorted_once(bad);
    struct str *list = arena_alloc_many(a, bad.len, sizeof *list);
    for (size_t i = 0; list && i < bad.len; i++)
        list[i] = described(bad.at[i], a);
    if (a->failed)
        return false;
    if (order == BY_TEXT)
        qsort(list, bad.len, sizeof *list, by_text);
    return refuse_list(a, reason, before, list, bad.len, after);
}

bool check_runes(struct runes r, rune_test *allowed, const char *before, struct arena *a,
                 struct str *reason)
{
    struct runes bad = outside(r, allowed, a);

    if (bad.len)
        return refuse_runes(a, reason, before, bad, BY_TEXT, ".");
    return !a->failed;
}

bool check_safe(struct runes r, bool space_allowed, struct arena *a, struct str *reason)
{
    struct runes bad = { arena_alloc_many(a, r.len + 1, sizeof(uint32_t)), 0 };

    for (size_t i = 0; bad.at && i < r.len; i++)
        if (is_unsafe(r.at[i], i == 0, space_allowed))
            bad.at[bad.len++] = r.at[i];
    if (bad.len)
        return refuse_runes(a, reason, "The email address contains unsafe characters", bad,
                            BY_NUMBER, ".");
    return !a->failed;
}
