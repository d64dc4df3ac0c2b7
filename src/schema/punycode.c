/* punycode.c: the two loops of RFC 3492 section 6 in their own words. */
#include "schema/punycode.h"

enum {
    BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700,
    FIRST_BIAS = 72, FIRST_RUNE = 0x80, LAST_RUNE = 0x10ffff,
    DIGITS_MAX = 7,     /* of one number below 2^32 in base 36, threshold at its lowest */
};

static uint32_t adapted(uint32_t delta, uint32_t count, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias + T_MIN)
        return T_MIN;
    return k >= bias + T_MAX ? T_MAX : k - bias;
}

static char digit_of(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + value - 26);
}

static uint32_t value_of(char digit)
{
    if (ascii_is_digit(digit))
        return (uint32_t)(digit - '0') + 26;
    return ascii_is_alpha(digit) ? (uint32_t)(ascii_lower(digit) - 'a') : BASE;
}

/* Writes one number with the thresholds of `bias`; answers where its digits end. */
static char *put_number(char *at, uint32_t number, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (number < t)
            break;
        *at++ = digit_of(t + (number - t) % (BASE - t));
        number = (number - t) / (BASE - t);
    }
    *at++ = digit_of(number);
    return at;
}

/* The smallest code point that is not below `least`; only asked while there is one. */
static uint32_t next_rune(struct runes label, uint32_t least)
{
    uint32_t next = UINT32_MAX;

    for (size_t i = 0; i < label.len; i++)
        if (label.at[i] >= least && label.at[i] < next)
            next = label.at[i];
    return next;
}

static char *put_basic(char *at, struct runes label, uint32_t *count)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.at[i] < FIRST_RUNE) {
            *at++ = (char)label.at[i];
            (*count)++;
        }
    if (*count)
        *at++ = '-';
    return at;
}

bool punycode_encode(struct runes label, struct arena *a, struct str *out)
{
    char *start = arena_alloc(a, (label.len + 1) * DIGITS_MAX);
    if (!start)
        return false;

    uint32_t rune = FIRST_RUNE, delta = 0, bias = FIRST_BIAS, basic = 0;
    char    *at = put_basic(start, label, &basic);

    for (uint32_t done = basic; done < label.len; delta++, rune++) {
        uint32_t next = next_rune(label, rune), skipped;
        if (__builtin_mul_overflow(next - rune, done + 1, &skipped) ||
            __builtin_add_overflow(delta, skipped, &delta) || delta > UINT32_MAX - label.len)
            return false;
        rune = next;
        for (size_t i = 0; i < label.len; i++) {
            delta += label.at[i] < rune;
            if (label.at[i] != rune)
                continue;
            at = put_number(at, delta, bias);
            bias = adapted(delta, done + 1, done == basic);
            delta = 0;
            done++;
        }
    }
    *out = (struct str){ start, (size_t)(at - start) };
    return true;
}

/* Adds the number at the front of *rest to *sum. */
static bool take_number(struct str *rest, uint32_t bias, uint32_t *sum)
{
    uint32_t weight = 1;

    for (uint32_t k = BASE;; k += BASE) {
        uint32_t value = rest->len ? value_of(rest->at[0]) : BASE, t = threshold(k, bias), part;
        if (value == BASE || __builtin_mul_overflow(value, weight, &part) ||
            __builtin_add_overflow(*sum, part, sum))
            return false;
        *rest = str_slice(*rest, 1, rest->len);
        if (value < t)
            return true;
        if (__builtin_mul_overflow(weight, BASE - t, &weight))
            return false;
    }
}

static void insert(struct runes *r, size_t at, uint32_t rune)
{
    memmove(r->at + at + 1, r->at + at, (r->len - at) * sizeof *r->at);
    r->at[at] = rune;
    r->len++;
}

/* The literal code points before the last hyphen, which *rest then follows. */
static bool take_basic(struct str *rest, struct runes *out)
{
    size_t end = rest->len;

    while (end && rest->at[end - 1] != '-')
        end--;
    for (size_t i = 0; i + 1 < end; i++) {
        if ((unsigned char)rest->at[i] >= FIRST_RUNE)
            return false;
        out->at[out->len++] = (unsigned char)rest->at[i];
    }
    *rest = str_slice(*rest, end, rest->len);
    return true;
}

bool punycode_decode(struct str text, struct arena *a, struct runes *out)
{
    struct runes r = { arena_alloc_many(a, text.len + 1, sizeof(uint32_t)), 0 };
    uint32_t     rune = FIRST_RUNE, index = 0, bias = FIRST_BIAS;

    if (!r.at || !take_basic(&text, &r))
        return false;
    for (bool first = true; text.len; first = false) {
        uint32_t before = index, count = (uint32_t)r.len + 1;
        if (!take_number(&text, bias, &index))
            return false;
        bias = adapted(index - before, count, first);
        if (index / count > LAST_RUNE - rune)
            return false;
        rune += index / count;
        if (rune >= 0xd800 && rune <= 0xdfff)
            return false;
        index %= count;
        insert(&r, index++, rune);
    }
    *out = r;
    return true;
}
