/* test_template.c: places and escapes, filled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "load/template.h"

static const struct names two = { .at = { { "email", 5 }, { "token", 5 } }, .count = 2 };

struct world {
    struct arena arena;
    struct buf   why, out;
    struct rng   rng;
};

static int open_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    w->arena = arena_new(1 << 20);
    w->why = buf_growing(4096);
    w->out = buf_growing(1 << 20);
    w->rng = rng_seeded(1);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;

    arena_close(&w->arena);
    buf_close(&w->why);
    buf_close(&w->out);
    free(w);
    return 0;
}

static struct template parse(struct world *w, struct str text)
{
    struct template t;

    if (!template_parse(text, &two, &w->arena, &t, &w->why))
        fail_msg("%.*s: %.*s", STR_ARG(text), STR_ARG(buf_str(&w->why)));
    return t;
}

static struct str fill(struct world *w, struct str text)
{
    static const struct str values[] = { { "a@b.c", 5 }, { NULL, 0 } };
    struct filling          f = { .seq = 7, .connection = 3, .rng = &w->rng, .values = values };
    struct template         t = parse(w, text);

    buf_reset(&w->out);
    template_fill(&t, &f, &w->out);
    assert_false(w->out.failed);
    return buf_str(&w->out);
}

static void test_fills(void **state)
{
    static const struct { const char *text, *filled; bool fixed; } rows[] = {
        { "", "", true },
        { "plain", "plain", true },
        { "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}", true },
        { "{", "{", true },
        { "a}}b", "a}}b", true },
        { "{{seq}}", "7", false },
        { "n={{seq}};", "n=7;", false },
        { "{\"n\":{{seq}}}", "{\"n\":7}", false },
        { "{{seq}}{{connection}}", "73", false },
        { "x{{connection}}", "x3", false },
        { "to {{email}}.", "to a@b.c.", false },
        { "[{{token}}]", "[]", false },
        { "{{{{", "{{", true },
        { "a{{{{b", "a{{b", true },
        { "{{{{seq}}", "{{seq}}", true },
        { "{{{{{{{{", "{{{{", true },
        { "{{{{{{seq}}", "{{7", false },
        { "{{seq}}{{{{x{{seq}}", "7{{x7", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct template t = parse(*state, str_of(rows[i].text));
        struct str      filled = fill(*state, str_of(rows[i].text));
        if (!str_eq(filled, str_of(rows[i].filled)) || t.fixed != rows[i].fixed)
            fail_msg("%s: \"%.*s\", fixed %d", rows[i].text, STR_ARG(filled), t.fixed);
        if (t.fixed)
            assert_int_equal(t.count, rows[i].filled[0] ? 1 : 0);
    }
}

static void test_random_is_16_digits_of_the_generator(void **state)
{
    struct world *w = *state;
    struct rng    same = rng_seeded(1);
    char          expected[34];

    snprintf(expected, sizeof expected, "%016llx", (unsigned long long)rng_next(&same));
    snprintf(expected + 16, 18, "/%016llx", (unsigned long long)rng_next(&same));
    assert_true(str_eq(fill(w, LIT("{{random}}/{{random}}")), str_of(expected)));
}

static void test_greatest_numbers(void **state)
{
    struct world   *w = *state;
    struct template t = parse(w, LIT("{{seq}} {{connection}}"));
    struct filling  f = { .seq = INT64_MAX, .connection = UINT32_MAX };

    template_fill(&t, &f, &w->out);
    assert_true(str_eq(buf_str(&w->out), LIT("9223372036854775807 4294967295")));
}

static void assert_refused(struct world *w, struct str text, const char *says)
{
    struct template t = { .count = 99 };

    buf_reset(&w->why);
    assert_false(template_parse(text, &two, &w->arena, &t, &w->why));
    if (!str_eq(buf_str(&w->why), str_of(says)))
        fail_msg("\"%.*s\"", STR_ARG(buf_str(&w->why)));
    assert_int_equal(t.count, 99);
}

static void test_refusals(void **state)
{
    assert_refused(*state, LIT("a {{nam}} b"),
                   "{{nam}} is no variable; known are seq, random, connection, email, token");
    assert_refused(*state, LIT("{{}}"),
                   "{{}} is no variable; known are seq, random, connection, email, token");
    assert_refused(*state, LIT("{{Seq}}"),
                   "{{Seq}} is no variable; known are seq, random, connection, email, token");
    assert_refused(*state, LIT("{{emai}}"),
                   "{{emai}} is no variable; known are seq, random, connection, email, token");
    assert_refused(*state, LIT("a {{seq"),
                   "\"{{seq\" opens a place that no \"}}\" closes; a literal \"{{\" is written \"{{{{\"");
    assert_refused(*state, LIT("{{a\r\nb"),
                   "\"{{a??b\" opens a place that no \"}}\" closes; a literal \"{{\" is written \"{{{{\"");
    assert_refused(*state, LIT("{{a\nb}}"),
                   "{{a?b}} is no variable; known are seq, random, connection, email, token");
    assert_refused(*state, LIT("{{"),
                   "\"{{\" opens a place that no \"}}\" closes; a literal \"{{\" is written \"{{{{\"");
}

static void test_knows_without_variables(void **state)
{
    struct world   *w = *state;
    struct template t;

    assert_true(template_parse(LIT("{{seq}}"), NULL, &w->arena, &t, &w->why));
    assert_false(template_parse(LIT("{{email}}"), NULL, &w->arena, &t, &w->why));
    assert_true(template_knows(LIT("connection")));
    assert_false(template_knows(LIT("email")));
    assert_false(template_knows((struct str){ 0 }));
}

static void test_says_when_memory_ends(void **state)
{
    struct world   *w = *state;
    struct str      text = LIT("some {{seq}} text {{random}} and {{email}}");
    struct template t;
    bool            parsed = false;
    size_t          bytes = 0;

    for (; !parsed; bytes++) {
        struct arena small = arena_new(bytes);
        buf_reset(&w->why);
        parsed = template_parse(text, &two, &small, &t, &w->why);
        assert_int_equal(parsed, w->why.len == 0);
        arena_close(&small);
    }
    assert_in_range(bytes, text.len, 4096);
}

/* Texts of braces, names and letters: parsed without overrun, and filled as a second, simpler
 * reading of them says. */
static void test_random_texts(void **state)
{
    static const char *const parts[] = { "{", "}", "{{", "}}", "seq", "x", "{{seq}}", "{{{{" };
    const char *given = getenv("SEED");
    unsigned    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    struct world *w = *state;

    print_message("SEED=%u\n", seed);
    srandom(seed);
    for (int round = 0; round < 20000; round++) {
        struct buf      text = buf_growing(1000), expected = buf_growing(1000);
        struct template t;
        struct filling  f = { .seq = 5 };
        bool            right = true;
        for (long parts_left = random() % 9; parts_left > 0; parts_left--)
            buf_add(&text, str_of(parts[random() % 8]));
        for (struct str s = buf_str(&text); s.len && right;) {
            bool escape = str_starts(s, LIT("{{{{")), place = !escape && str_starts(s, LIT("{{"));
            right = !place || str_starts(s, LIT("{{seq}}"));
            buf_add(&expected, escape ? LIT("{{") : place ? LIT("5") : str_slice(s, 0, 1));
            s = str_slice(s, escape ? 4 : place ? 7 : 1, s.len);
        }
        arena_reset(&w->arena);
        buf_reset(&w->out);
        assert_int_equal(template_parse(buf_str(&text), NULL, &w->arena, &t, &w->why), right);
        if (right) {
            template_fill(&t, &f, &w->out);
            assert_true(str_eq(buf_str(&w->out), buf_str(&expected)));
        }
        buf_reset(&w->why);
        buf_close(&text);
        buf_close(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fills, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_random_is_16_digits_of_the_generator, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_greatest_numbers, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_refusals, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_knows_without_variables, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_says_when_memory_ends, open_world, close_world),
        cmocka_unit_test_setup_teardown(test_random_texts, open_world, close_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
