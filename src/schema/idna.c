/* idna.c: UTS #46 and RFC 5892 computed from Unicode properties instead of tables of their own.
 *
 * UTS #46 is NFKC case folding but for a handful of characters, and which code points a label
 * may hold is a formula over properties (RFC 5892 section 3).  libidn2 knows both as tables, of
 * an older Unicode than libunistring's, does not look at CONTEXTO when it looks up, and cannot
 * say where a label is wrong. */
#include "schema/idna.h"

#include <unictype.h>

#include "schema/punycode.h"

enum {
    DOMAIN_CHARS_MAX = 1024,    /* looked at */
    LABEL_CHARS_MAX = 254,
    LABEL_BYTES_MAX = 63,
    REASON_BYTES_MAX = 16 * 1024,
    ZWNJ = 0x200c,
    ZWJ = 0x200d,
};

struct range { uint32_t first, last; };

static bool in_ranges(uint32_t rune, const struct range *ranges)
{
    for (; ranges->last; ranges++)
        if (rune >= ranges->first && rune <= ranges->last)
            return true;
    return false;
}

static bool refuse(struct str *reason, struct str words)
{
    *reason = words;
    return false;
}

/* Words around a label or domain in quotes. */
static bool refuse_quoting(struct arena *a, struct str *reason, struct str before,
                           struct runes quoted, const char *after)
{
    struct buf b = buf_growing(REASON_BYTES_MAX);

    buf_add(&b, before);
    runes_quote(&b, quoted);
    buf_add(&b, str_of(after));
    *reason = arena_copy(a, buf_str(&b));
    a->failed |= b.failed;
    buf_close(&b);
    return false;
}

static bool refuse_in(struct arena *a, struct str *reason, const char *what, struct runes where,
                      size_t index)
{
    struct str before = arena_format(a, "%s U+%04X not allowed at position %zu in ", what,
                                     (unsigned)where.at[index], index + 1);

    return refuse_quoting(a, reason, before, where, "");
}

static bool refuse_of(struct arena *a, struct str *reason, struct runes label, size_t index)
{
    struct str before = arena_format(a, "Codepoint U+%04X at position %zu of ",
                                     (unsigned)label.at[index], index + 1);

    return refuse_quoting(a, reason, before, label, " not allowed");
}

static bool is_ascii(struct runes r)
{
    for (size_t i = 0; i < r.len; i++)
        if (r.at[i] >= 0x80)
            return false;
    return true;
}

/* --- UTS #46 ------------------------------------------------------------------------------- */

/* Refused though folding would answer something: it would answer a full stop, or they are
 * drawings. */
static const struct range unmappable[] = {
    { 0x2024, 0x2026 }, { 0x2488, 0x249b }, { 0x2ff0, 0x2ffb }, { 0x33c2, 0x33c2 },
    { 0x33c7, 0x33c7 }, { 0x33d8, 0x33d8 }, { 0xfe12, 0xfe12 }, { 0xfe19, 0xfe19 },
    { 0xfe30, 0xfe30 }, { 0xfe52, 0xfe52 }, { 0xfffc, 0xfffd }, { 0x1f100, 0x1f100 },
    { 0, 0 },
};

/* What folding would get wrong, 0 for the rest. */
static uint32_t mapped_specially(uint32_t rune)
{
    switch (rune) {
    case 0x3002: case 0xff0e: case 0xff61:
        return '.';
    case 0x1e9e:
        return 0xdf;
    case 0xdf: case 0x3c2: case ZWNJ: case ZWJ:
        return rune;
    default:
        return rune < 0x80 ? (uint32_t)ascii_lower((char)rune) : 0;
    }
}

static struct runes mapped(struct runes domain, size_t at, uint32_t *room, struct arena *a)
{
    *room = mapped_specially(domain.at[at]);
    if (*room)
        return (struct runes){ room, 1 };
    if (uc_is_property_default_ignorable_code_point(domain.at[at]))
        return (struct runes){ 0 };
    return runes_fold(runes_slice(domain, at, at + 1), a);
}

enum { FOLDED_RUNES_MAX = 18 };     /* U+FDFA, the longest of all */

bool idna_map(struct runes domain, struct arena *a, struct runes *out, struct str *reason)
{
    if (domain.len > DOMAIN_CHARS_MAX)
        return refuse(reason, LIT("Domain too long"));

    size_t       each = is_ascii(domain) ? 1 : FOLDED_RUNES_MAX;
    struct runes all = { arena_alloc_many(a, domain.len + 1, each * sizeof(uint32_t)), 0 };
    for (size_t i = 0; all.at && i < domain.len; i++) {
        uint32_t room;
        if (in_ranges(domain.at[i], unmappable))
            return refuse_in(a, reason, "Codepoint", domain, i);
        struct runes one = mapped(domain, i, &room, a);
        for (size_t n = 0; n < one.len && n < FOLDED_RUNES_MAX; n++)
            all.at[all.len++] = one.at[n];
    }
    *out = runes_nfc(all, a);
    return !a->failed;
}

/* --- which code points (RFC 5892) ---------------------------------------------------------- */

enum permission { VALID, IN_CONTEXT, JOINS, DISALLOWED };

static const struct range exceptions_valid[] = {
    { 0xdf, 0xdf },   { 0x3c2, 0x3c2 },   { 0x6fd, 0x6fe },
    { 0xf0b, 0xf0b }, { 0x3007, 0x3007 }, { 0, 0 },
};
static const struct range exceptions_in_context[] = {
    { 0xb7, 0xb7 },   { 0x375, 0x375 },   { 0x5f3, 0x5f4 }, { 0x660, 0x669 },
    { 0x6f0, 0x6f9 }, { 0x30fb, 0x30fb }, { 0, 0 },
};
static const struct range exceptions_disallowed[] = {
    { 0x640, 0x640 },   { 0x7fa, 0x7fa },   { 0x302e, 0x302f },
    { 0x3031, 0x3035 }, { 0x303b, 0x303b }, { 0, 0 },
};
/* Old Hangul jamo, then the blocks of combining marks for symbols and of musical symbols. */
static const struct range blocks_disallowed[] = {
    { 0x1100, 0x11ff }, { 0xa960, 0xa97c },   { 0xd7b0, 0xd7fb },
    { 0x20d0, 0x20ff }, { 0x1d100, 0x1d24f }, { 0, 0 },
};

/* Does it differ from NFKC(casefold(NFKC(it)))? */
static bool is_unstable(struct runes one, struct arena *a)
{
    return !runes_eq(runes_fold(one, a), one);
}

static bool is_letter_or_digit(uint32_t rune)
{
    return uc_is_general_category_withtable(rune, UC_CATEGORY_MASK_Ll | UC_CATEGORY_MASK_Lu |
                                                      UC_CATEGORY_MASK_Lo | UC_CATEGORY_MASK_Lm |
                                                      UC_CATEGORY_MASK_Nd | UC_CATEGORY_MASK_Mn |
                                                      UC_CATEGORY_MASK_Mc);
}

static enum permission permission_of(struct runes one, struct arena *a)
{
    uint32_t rune = one.at[0];

    if (rune < 0x80)
        return ascii_is_digit((char)rune) || (rune >= 'a' && rune <= 'z') || rune == '-'
                   ? VALID
                   : DISALLOWED;
    if (in_ranges(rune, exceptions_valid))
        return VALID;
    if (in_ranges(rune, exceptions_in_context))
        return IN_CONTEXT;
    if (rune == ZWNJ || rune == ZWJ)
        return JOINS;
    if (in_ranges(rune, exceptions_disallowed) || in_ranges(rune, blocks_disallowed) ||
        uc_is_property_default_ignorable_code_point(rune) || !is_letter_or_digit(rune) ||
        is_unstable(one, a))
        return DISALLOWED;
    return VALID;
}

/* --- context (RFC 5892 appendix A) --------------------------------------------------------- */

static bool has_script(uint32_t rune, const char *name)
{
    return uc_is_script(rune, uc_script_byname(name));
}

static bool any_between(struct runes label, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.at[i] >= first && label.at[i] <= last)
            return true;
    return false;
}

static bool any_japanese(struct runes label)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.at[i] != 0x30fb &&
            (has_script(label.at[i], "Hiragana") || has_script(label.at[i], "Katakana") ||
             has_script(label.at[i], "Han")))
            return true;
    return false;
}

static bool context_allows(struct runes label, size_t at)
{
    bool     last = at + 1 == label.len;
    uint32_t rune = label.at[at];

    switch (rune) {
    case 0xb7:      /* middle dot: between two l, as in Catalan */
        return at && !last && label.at[at - 1] == 'l' && label.at[at + 1] == 'l';
    case 0x375:     /* Greek keraia */
        return !last && has_script(label.at[at + 1], "Greek");
    case 0x5f3: case 0x5f4:     /* geresh, gershayim */
        return at && has_script(label.at[at - 1], "Hebrew");
    case 0x30fb:    /* Katakana middle dot */
        return any_japanese(label);
    default:        /* Arabic-Indic digits and the extended ones do not mix */
        return rune <= 0x669 ? !any_between(label, 0x6f0, 0x6f9)
                             : !any_between(label, 0x660, 0x669);
    }
}

static bool joins(uint32_t rune, int one_side)
{
    int type = uc_joining_type(rune);

    return type == one_side || type == UC_JOINING_TYPE_D;
}

static bool is_transparent(uint32_t rune)
{
    return uc_joining_type(rune) == UC_JOINING_TYPE_T;
}

static bool joiner_allowed(struct runes label, size_t at)
{
    size_t before = at, after = at + 1;

    if (at && uc_combining_class(label.at[at - 1]) == UC_CCC_VR)
        return true;
    if (label.at[at] == ZWJ)
        return false;
    while (before && is_transparent(label.at[before - 1]))
        before--;
    while (after < label.len && is_transparent(label.at[after]))
        after++;
    return before && joins(label.at[before - 1], UC_JOINING_TYPE_L) && after < label.len &&
           joins(label.at[after], UC_JOINING_TYPE_R);
}

static bool check_runes(struct runes label, struct arena *a, struct str *reason)
{
    for (size_t i = 0; i < label.len; i++) {
        enum permission p = permission_of(runes_slice(label, i, i + 1), a);
        if (p == DISALLOWED)
            return refuse_of(a, reason, label, i);
        if (p == JOINS && !joiner_allowed(label, i))
            return refuse_in(a, reason, "Joiner", label, i);
        if (p == IN_CONTEXT && !context_allows(label, i))
            return refuse_in(a, reason, "Codepoint", label, i);
    }
    return !a->failed;
}

/* --- direction (RFC 5893 section 2) -------------------------------------------------------- */

#define BIT(direction) (1u << UC_BIDI_##direction)

enum {
    NEUTRAL = BIT(EN) | BIT(ES) | BIT(CS) | BIT(ET) | BIT(ON) | BIT(BN) | BIT(NSM),
    RTL = BIT(R) | BIT(AL) | BIT(AN),
    RTL_FIRST = BIT(R) | BIT(AL),
    RTL_LAST = RTL | BIT(EN),
    LTR_LAST = BIT(L) | BIT(EN),
    NUMBERS = BIT(AN) | BIT(EN),
};

static unsigned direction_bit(uint32_t rune)
{
    return 1u << uc_bidi_category(rune);
}

static bool any_rtl(struct runes label)
{
    for (size_t i = 0; i < label.len; i++)
        if (direction_bit(label.at[i]) & RTL)
            return true;
    return false;
}

static bool refuse_direction(struct arena *a, struct str *reason, size_t index, bool rtl)
{
    return refuse(reason,
                  arena_format(a, "Invalid direction for codepoint at position %zu in a %s label",
                               index + 1, rtl ? "right-to-left" : "left-to-right"));
}

/* Rules 2 to 6; the first rule has said which way the label runs. */
static bool check_run(struct runes label, bool rtl, struct arena *a, struct str *reason)
{
    unsigned numbers = 0;
    bool     ends_well = false;

    for (size_t i = 0; i < label.len; i++) {
        unsigned bit = direction_bit(label.at[i]);
        if (!(bit & (NEUTRAL | (rtl ? RTL : BIT(L)))))
            return refuse_direction(a, reason, i, rtl);
        if (bit != BIT(NSM))
            ends_well = bit & (rtl ? RTL_LAST : LTR_LAST);
        numbers |= bit & NUMBERS;
        if (rtl && numbers == NUMBERS)
            return refuse(reason, LIT("Can not mix numeral types in a right-to-left label"));
    }
    return ends_well || refuse(reason, LIT("Label ends with illegal codepoint directionality"));
}

static bool check_direction(struct runes label, struct arena *a, struct str *reason)
{
    if (!any_rtl(label))
        return true;
    unsigned first = direction_bit(label.at[0]);
    if (!(first & (RTL_FIRST | BIT(L))))
        return refuse_quoting(a, reason, LIT("First codepoint in label "), label,
                              " must be directionality L, R or AL");
    return check_run(label, first & RTL_FIRST, a, reason);
}

/* --- labels (RFC 5891 section 4) ----------------------------------------------------------- */

static bool check_label(struct runes label, struct arena *a, struct str *reason)
{
    if (label.len == 0)
        return refuse(reason, LIT("Empty Label"));
    if (label.len > LABEL_CHARS_MAX)
        return refuse(reason, LIT("Label too long"));
    if (!runes_eq(runes_nfc(label, a), label))
        return refuse(reason, LIT("Label must be in Normalization Form C"));
    if (label.len >= 4 && label.at[2] == '-' && label.at[3] == '-')
        return refuse(reason, LIT("Label has disallowed hyphens in 3rd and 4th position"));
    if (label.at[0] == '-' || label.at[label.len - 1] == '-')
        return refuse(reason, LIT("Label must not start or end with a hyphen"));
    if (rune_class(label.at[0]) == 'M')
        return refuse(reason, LIT("Label begins with an illegal combining character"));
    return check_runes(label, a, reason) && check_direction(label, a, reason);
}

bool idna_alabel(struct runes label, struct arena *a, struct str *out, struct str *reason)
{
    struct runes unicode;
    struct str   code = runes_text(label, a);

    if (label.len > DOMAIN_CHARS_MAX)
        return refuse(reason, LIT("Label too long"));
    if (is_ascii(label)) {
        if (!idna_ulabel(code, a, &unicode, reason))
            return false;
    } else {
        if (!check_label(label, a, reason) || !punycode_encode(label, a, &code))
            return false;
        code = arena_format(a, "xn--%.*s", STR_ARG(code));
    }
    if (code.len > LABEL_BYTES_MAX)
        return refuse(reason, LIT("Label too long"));
    *out = code;
    return !a->failed;
}

/* The label behind "xn--", which must be exactly what punycode makes of it (RFC 5891 section
 * 5.3). */
static bool decode(struct str code, struct arena *a, struct runes *out, struct str *reason)
{
    struct str again;

    if (code.len == 0)
        return refuse(reason, LIT("Malformed A-label, no Punycode eligible content found"));
    if (code.at[code.len - 1] == '-')
        return refuse(reason, LIT("A-label must not end with a hyphen"));
    if (!punycode_decode(code, a, out))
        return refuse(reason, LIT("Invalid A-label"));
    if (!punycode_encode(*out, a, &again) || !str_eq(again, code))
        return refuse(reason, LIT("A-label is not the canonical Punycode encoding of its U-label"));
    return true;
}

static struct str lowered(struct str s, struct arena *a)
{
    char *out = arena_alloc(a, s.len);

    for (size_t i = 0; out && i < s.len; i++)
        out[i] = ascii_lower(s.at[i]);
    return out ? (struct str){ out, s.len } : LIT("");
}

bool idna_ulabel(struct str label, struct arena *a, struct runes *out, struct str *reason)
{
    struct str   code = lowered(label, a);
    struct runes unicode;

    if (a->failed)
        return false;
    if (!str_starts(code, LIT("xn--")))
        unicode = runes_of(code, a);
    else if (!decode(str_slice(code, 4, code.len), a, &unicode, reason))
        return false;
    if (a->failed || !check_label(unicode, a, reason))
        return false;
    *out = unicode;
    return true;
}
