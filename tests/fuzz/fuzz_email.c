/* fuzz_email.c: any bytes as an e-mail address.
 *
 * What is accepted is short, is UTF-8, has no blank and one @-sign, stays what it is when it is
 * normalised again, and its key is an address with that same key.  What is refused has a reason. */
#include "base/check.h"
#include "base/utf8.h"
#include "schema/email.h"

enum { ARENA_BYTES = 16 << 20 };

static void check_accepted(struct str out, struct arena *a)
{
    struct str again, reason, key = email_key(out, a), key_again;

    CHECK(out.len <= EMAIL_BYTES_MAX && utf8_valid(out));
    CHECK(str_find_byte(out, ' ') == out.len && str_find_byte(out, 0) == out.len);
    size_t at = str_find_byte(out, '@');
    CHECK(at > 0 && at + 1 < out.len);
    CHECK(str_find_byte(str_slice(out, at + 1, out.len), '@') == out.len - at - 1);
    CHECK(email_normalise(out, a, &again, &reason) && str_eq(again, out));
    CHECK(key.at && email_normalise(key, a, &again, &reason));
    key_again = email_key(again, a);
    CHECK(str_eq(key, key_again));
}

static void check_refused(struct str reason)
{
    CHECK(reason.len > 0 && utf8_valid(reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str   text = { (const char *)data, size }, out = { 0 }, reason = { 0 };
    struct arena a = arena_new(ARENA_BYTES);

    if (email_normalise(text, &a, &out, &reason))
        check_accepted(out, &a);
    else
        check_refused(reason);
    arena_close(&a);
    return 0;
}
