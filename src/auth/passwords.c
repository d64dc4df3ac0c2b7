/* passwords.c: what everybody knows counts for nothing, and what is left must be long enough.
 *
 * That is one rule for "sunshine2026", "postern!2026" and "alice@example.com": take away the common
 * word, the address, its parts, the service's name; fewer than CHARS_MIN characters are no
 * password.  ASCII letters are compared without case. */
#include "auth/passwords.h"

#include "service/service.h"

enum {
    CHARS_MIN = 8,          /* as the schema says of the whole */
    WORD_BYTES_MIN = 3,     /* of an address: shorter ones are in everything */
};

static const struct str too_common =
    LIT("this is one of the most common passwords, or one with little around it");
static const struct str too_near =
    LIT("apart from your e-mail address and the name of this service, it has fewer than 8 characters");

static struct str lowered(struct arena *a, struct str s)
{
    char *text = arena_alloc(a, s.len + 1);

    for (size_t i = 0; text && i < s.len; i++)
        text[i] = ascii_lower(s.at[i]);
    return (struct str){ text ? text : "", text ? s.len : 0 };
}

/* Code points of what is UTF-8. */
static size_t chars_of(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.at[i] & 0xc0) != 0x80;
    return n;
}

/* ---- Common ones ------------------------------------------------------------------------ */

static bool is_word_byte(char c)
{
    return ascii_is_alpha(c) || (unsigned char)c >= 0x80;
}

/* Without what is no letter at both ends. */
static struct str core_of(struct str s)
{
    size_t from = 0, to = s.len;

    while (from < to && !is_word_byte(s.at[from]))
        from++;
    while (to > from && !is_word_byte(s.at[to - 1]))
        to--;
    return str_slice(s, from, to);
}

static bool is_common(struct str password)
{
    struct str core = core_of(password);

    return password_is_common(password) ||
           (chars_of(password) - chars_of(core) < CHARS_MIN && password_is_common(core));
}

/* ---- Of the address --------------------------------------------------------------------- */

/* Takes a word out, wherever it is. */
static void take_out(struct str word, char *text, size_t *len)
{
    if (word.len < WORD_BYTES_MIN)
        return;
    for (;;) {
        size_t at = str_find((struct str){ text, *len }, word);
        if (at == *len)
            return;
        memmove(text + at, text + at + word.len, *len - at - word.len);
        *len -= word.len;
    }
}

static void take_out_local_part(struct str local, char *text, size_t *len)
{
    take_out(local, text, len);
    for (size_t from = 0, i = 0; i <= local.len; i++)
        if (i == local.len || !(is_word_byte(local.at[i]) || ascii_is_digit(local.at[i]))) {
            take_out(str_slice(local, from, i), text, len);
            from = i + 1;
        }
}

/* All labels but the last, which says little ("com"). */
static void take_out_domain(struct str domain, char *text, size_t *len)
{
    take_out(domain, text, len);
    for (struct str rest = domain, label; rest.at;) {
        label = str_cut(&rest, '.');
        if (rest.at)
            take_out(label, text, len);
    }
}

static bool is_near(struct call *c, struct str password, struct str email)
{
    char      *text = arena_alloc(c->arena, password.len + 1);
    size_t     len = password.len;
    struct str domain = email, local = str_cut(&domain, '@');

    if (!text)
        return false;   /* the call fails */
    memcpy(text, password.at, password.len);
    take_out(email, text, &len);
    take_out_domain(domain, text, &len);
    take_out_local_part(local, text, &len);
    take_out(lowered(c->arena, str_of(c->service->program->name)), text, &len);
    return len < password.len && chars_of((struct str){ text, len }) < CHARS_MIN;
}

problem password_acceptable(struct call *c, const char *member, struct str password,
                            struct str email)
{
    struct str lower = lowered(c->arena, password);

    if (is_common(lower))
        return call_refuse(c, member, too_common);
    if (is_near(c, lower, lowered(c->arena, email)))
        return call_refuse(c, member, too_near);
    return c->arena->failed ? UNAVAILABLE : OK;
}
