/* test_email.c: replays what Pydantic's EmailStr answered (tests/email), and what it cannot be
 * asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

#include "schema/email.h"

enum { ARENA_BYTES = 4 << 20, SHOWN_MAX = 20 };

static struct str member(json_t *line, const char *name)
{
    json_t *value = json_object_get(line, name);

    return value ? (struct str){ json_string_value(value), json_string_length(value) }
                 : (struct str){ 0 };
}

static bool same(struct str a, struct str b)
{
    return !a.at == !b.at && str_eq(a, b);
}

/* Is the line answered as recorded? */
static bool replay(json_t *line, struct arena *a)
{
    struct str out = { 0 }, reason = { 0 }, key = { 0 };

    if (email_normalise(member(line, "in"), a, &out, &reason))
        key = email_key(out, a);
    return same(out, member(line, "out")) && same(reason, member(line, "reason")) &&
           same(key, member(line, "key"));
}

static void show(json_t *line, struct arena *a)
{
    struct str out = { 0 }, reason = { 0 };
    char      *text = json_dumps(line, JSON_ENSURE_ASCII);

    email_normalise(member(line, "in"), a, &out, &reason);
    print_message("%s\n  out %.*s reason %.*s\n", text, STR_ARG(out), STR_ARG(reason));
    free(text);
}

static void recorded_answers(void **state)
{
    const char  *path = getenv("EMAIL_CORPUS");
    struct arena a = arena_new(ARENA_BYTES);
    size_t       lines = 0, wrong = 0;
    json_t      *line;

    (void)state;
    FILE *corpus = fopen(path ? path : "tests/email/corpus.jsonl", "r");
    assert_non_null(corpus);
    for (; (line = json_loadf(corpus, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL));
         json_decref(line)) {
        lines++;
        if (!replay(line, &a) && wrong++ < SHOWN_MAX)
            show(line, &a);
        arena_reset(&a);
    }
    print_message("%zu recorded answers, %zu differ\n", lines, wrong);
    assert_true(feof(corpus));
    fclose(corpus);
    arena_close(&a);
    assert_true(lines > 300);
    assert_int_equal(wrong, 0);
}

static struct str key_of(const char *text, struct arena *a)
{
    struct str out = { 0 }, reason = { 0 };

    assert_true(email_normalise(str_of(text), a, &out, &reason));
    return email_key(out, a);
}

static void one_key_for_all_spellings(void **state)
{
    struct arena a = arena_new(ARENA_BYTES);

    (void)state;
    assert_true(str_eq(key_of("Ann@B\xc3\x9c" "CHER.de", &a), LIT("ann@xn--bcher-kva.de")));
    assert_true(str_eq(key_of("ANN@bu\xcc\x88" "cher.DE", &a), LIT("ann@xn--bcher-kva.de")));
    assert_true(str_eq(key_of("ann@XN--bcher-KVA.de", &a), LIT("ann@xn--bcher-kva.de")));
    assert_true(str_eq(key_of("\xc3\x89@b.com", &a), LIT("\xc3\x89@b.com")));
    assert_true(str_eq(key_of("E\xcc\x81@b.com", &a), LIT("\xc3\x89@b.com")));
    arena_close(&a);
}

static void normalising_again_changes_nothing(void **state)
{
    struct arena a = arena_new(ARENA_BYTES);
    struct str   once, twice, reason;

    (void)state;
    assert_true(email_normalise(LIT("INFO@Stra\xc3\x9f" "e.de"), &a, &once, &reason));
    assert_true(email_normalise(once, &a, &twice, &reason));
    assert_true(str_eq(once, twice));
    arena_close(&a);
}

static void broken_utf8_is_refused(void **state)
{
    struct arena a = arena_new(ARENA_BYTES);
    struct str   out, reason = { 0 };

    (void)state;
    assert_false(email_normalise(LIT("a\xff@b.com"), &a, &out, &reason));
    assert_non_null(reason.at);
    assert_false(email_normalise(LIT("a@b\xed\xa0\x80.com"), &a, &out, &reason));
    arena_close(&a);
}

/* Whatever the arena can hold: refused without a reason, or answered as with plenty. */
static void small_arenas(void **state)
{
    static const char *const texts[] = { ("Ann Lee <\xc3\xa9@B\xc3\x9c"
                                          "CHER.de>"),
                                         "a@b\xf0\x9f\x92\xa9.com", "a b@c.com" };
    struct str out, reason;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t bytes = 0; bytes < 6000; bytes += 8) {
            struct arena a = arena_new(bytes);
            reason = out = (struct str){ 0 };
            bool accepted = email_normalise(str_of(texts[i]), &a, &out, &reason);
            if (accepted)
                assert_true(str_eq(out, LIT("\xc3\xa9@b\xc3\xbc" "cher.de")));
            else
                assert_true(a.failed == (reason.at == NULL));
            struct str key = accepted ? email_key(out, &a) : (struct str){ 0 };
            if (accepted)
                assert_true(a.failed == (key.at == NULL));
            arena_close(&a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_answers),
        cmocka_unit_test(one_key_for_all_spellings),
        cmocka_unit_test(normalising_again_changes_nothing),
        cmocka_unit_test(broken_utf8_is_refused),
        cmocka_unit_test(small_arenas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
