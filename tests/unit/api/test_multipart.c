/* test_multipart.c: multipart/form-data without files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/multipart.h"

enum { FIELDS_MAX = 3, ARENA_BYTES = 64 * 1024 };

#define NAME(name)  "Content-Disposition: form-data; name=\"" name "\"\r\n"
#define PART(name, value) "--B\r\n" NAME(name) "\r\n" value "\r\n"
#define END         "--B--\r\n"

static enum multipart_verdict parse(struct str body, struct arena *a, struct text_value **fields,
                                    size_t *count)
{
    return multipart_parse(body, LIT("B"), FIELDS_MAX, a, fields, count);
}

static void answers(struct str body, enum multipart_verdict expected)
{
    struct arena       a = arena_new(ARENA_BYTES);
    struct text_value *fields = NULL;
    size_t             count = 77;

    if (parse(body, &a, &fields, &count) != expected)
        fail_msg("not answered with %d: %.*s", expected, STR_ARG(body));
    if (expected != MULTIPART_OK)
        assert_true(count == 77 && fields == NULL);
    arena_close(&a);
}

/* One field. */
static void gives(struct str body, struct str name, struct str value)
{
    struct arena       a = arena_new(ARENA_BYTES);
    struct text_value *fields = NULL;
    size_t             count = 0;

    assert_int_equal(parse(body, &a, &fields, &count), MULTIPART_OK);
    assert_int_equal(count, 1);
    assert_true(str_eq(fields[0].name, name));
    assert_true(str_eq(fields[0].value, value));
    arena_close(&a);
}

static void fields_in_order(void **state)
{
    struct arena       a = arena_new(ARENA_BYTES);
    struct text_value *fields;
    size_t             count;

    (void)state;
    assert_int_equal(
        parse(LIT(PART("a", "1") PART("b", "") PART("a", "2\r\n3") END), &a, &fields, &count),
        MULTIPART_OK);
    assert_int_equal(count, 3);
    assert_true(str_eq(fields[0].name, LIT("a")) && str_eq(fields[0].value, LIT("1")));
    assert_true(str_eq(fields[1].name, LIT("b")) && str_eq(fields[1].value, LIT("")));
    assert_true(str_eq(fields[2].name, LIT("a")) && str_eq(fields[2].value, LIT("2\r\n3")));
    arena_close(&a);
}

static void spellings_of_headers(void **state)
{
    (void)state;
    gives(LIT("--B\r\ncontent-DISPOSITION:Form-Data;NAME=a\r\n\r\n1\r\n" END), LIT("a"), LIT("1"));
    gives(LIT("--B\r\nX-A: b\r\nContent-Type: text/plain; "
              "charset=\"UTF-8\"\r\nContent-Transfer-Encoding: 8bit\r\n" NAME("a") "\r\n1\r\n" END),
          LIT("a"), LIT("1"));
    gives(LIT(PART("a\\\"b\\\\c", "1") END), LIT("a\"b\\c"), LIT("1"));
    gives(LIT(PART("a%22b%0D%0ac%41%", "1") END), LIT("a\"b\r\nc%41%"), LIT("1"));
    gives(LIT(PART("c:\\x", "%41+") END), LIT("c:\\x"), LIT("%41+"));
    gives(LIT(PART("", "\xc3\xa9") END), LIT(""), LIT("\xc3\xa9"));
    gives(LIT(PART("\xc3\xa9", "a\0b") END), LIT("\xc3\xa9"), LIT("a\0b"));
}

static void around_the_parts(void **state)
{
    (void)state;
    gives(LIT("a preamble\r\nof two lines\r\n" PART("a", "1") END), LIT("a"), LIT("1"));
    gives(LIT("\r\n" PART("a", "1") END "an epilogue --B"), LIT("a"), LIT("1"));
    gives(LIT(PART("a", "1") "--B--"), LIT("a"), LIT("1"));
    gives(LIT(PART("a", "1") "--B-- \t\r\n" PART("b", "2")), LIT("a"), LIT("1"));
    gives(LIT("--B \t\r\n" NAME("a") "\r\n1\r\n" END), LIT("a"), LIT("1"));
    gives(LIT(PART("a", "x--B\n--B--\r--B") END), LIT("a"), LIT("x--B\n--B--\r--B"));
    answers(LIT(PART("a", "--B") END), MULTIPART_MALFORMED);
    answers(LIT(""), MULTIPART_OK);
}

static void broken_bodies(void **state)
{
    (void)state;
    answers(LIT("x"), MULTIPART_MALFORMED);
    answers(LIT("--B"), MULTIPART_MALFORMED);
    answers(LIT("--B--\r\n"), MULTIPART_MALFORMED);
    answers(LIT("x--B\r\n" NAME("a") "\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "1")), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "1") "--B"), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "1") "--B--x"), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "1") "--B-\r\n"), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "1") "--Bx\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\n" NAME("a") "\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data; name=a\n\n1\n--B--\n"),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT(PART("a", "\xff") END), MULTIPART_MALFORMED);
    answers(LIT(PART("\xff", "1") END), MULTIPART_MALFORMED);
}

static void broken_headers(void **state)
{
    (void)state;
    answers(LIT("--B\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data; name=a b\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") NAME("a") "\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition : form-data; name=a\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "X\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\nContent-Disposition: form-data;\r\n name=a\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "X: \x01\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "X: a\nY: b\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "Content-Type: text\r\n\r\n1\r\n" END), MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "Content-Type: text/plain; charset=latin-1\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
    answers(LIT("--B\r\n" NAME("a") "Content-Transfer-Encoding: base64\r\n\r\n1\r\n" END),
            MULTIPART_MALFORMED);
}

static void long_headers(void **state)
{
    struct arena a = arena_new(ARENA_BYTES);
    char         filler[MULTIPART_PART_HEADER_MAX + 1];

    (void)state;
    memset(filler, 'x', sizeof filler);
    size_t fits = MULTIPART_PART_HEADER_MAX - (sizeof(NAME("a") "X: ") - 1);
    answers(arena_format(&a, "--B\r\n%sX: %.*s\r\n\r\n1\r\n%s", NAME("a"), (int)fits, filler, END),
            MULTIPART_OK);
    answers(
        arena_format(&a, "--B\r\n%sX: %.*s\r\n\r\n1\r\n%s", NAME("a"), (int)fits + 1, filler, END),
        MULTIPART_MALFORMED);
    arena_close(&a);
}

static void files_and_crowds(void **state)
{
    (void)state;
    answers(LIT("--B\r\nContent-Disposition: form-data; name=a; filename=\"\"\r\n\r\n1\r\n" END),
            MULTIPART_HAS_FILE);
    answers(LIT("--B\r\nContent-Disposition: form-data; name=a; "
                "FileName*=utf-8''x\r\n\r\n\xff\r\n" END),
            MULTIPART_HAS_FILE);
    answers(LIT(PART("a", "1") PART("b", "2") PART("c", "3") END), MULTIPART_OK);
    answers(LIT(PART("a", "1") PART("b", "2") PART("c", "3") PART("d", "4") END),
            MULTIPART_TOO_MANY);
}

static bool boundary_works(struct str boundary)
{
    struct arena       a = arena_new(ARENA_BYTES);
    struct text_value *fields;
    size_t             count;
    struct str         body = arena_format(&a, "--%.*s\r\n%s\r\n1\r\n--%.*s--", STR_ARG(boundary),
                                           NAME("a"), STR_ARG(boundary));
    bool works = multipart_parse(body, boundary, FIELDS_MAX, &a, &fields, &count) == MULTIPART_OK;

    arena_close(&a);
    return works;
}

static void boundaries(void **state)
{
    char long_one[MULTIPART_BOUNDARY_MAX + 1];

    (void)state;
    memset(long_one, '-', sizeof long_one);
    assert_true(boundary_works(LIT("----WebKitFormBoundary7MA4YWxkTrZu0gW")));
    assert_true(boundary_works(LIT("a b'()+_,-./:=?")));
    assert_true(boundary_works((struct str){ long_one, MULTIPART_BOUNDARY_MAX }));
    assert_false(boundary_works((struct str){ long_one, MULTIPART_BOUNDARY_MAX + 1 }));
    assert_false(boundary_works(LIT("")));
    assert_false(boundary_works((struct str){ 0 }));
    assert_false(boundary_works(LIT("a ")));
    assert_false(boundary_works(LIT("a\r\nb")));
    assert_false(boundary_works(LIT("a\"b")));
    assert_false(boundary_works(LIT("\xc3\xa9")));
}

static void small_arenas(void **state)
{
    struct str body = LIT(PART("a\\\"", "1") END);

    (void)state;
    for (size_t bytes = 0; bytes < 400; bytes += 8) {
        struct arena       a = arena_new(bytes);
        struct text_value *fields;
        size_t             count;
        enum multipart_verdict verdict = parse(body, &a, &fields, &count);
        assert_int_equal(verdict, a.failed ? MULTIPART_MALFORMED : MULTIPART_OK);
        arena_close(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_in_order),
        cmocka_unit_test(spellings_of_headers),
        cmocka_unit_test(around_the_parts),
        cmocka_unit_test(broken_bodies),
        cmocka_unit_test(broken_headers),
        cmocka_unit_test(long_headers),
        cmocka_unit_test(files_and_crowds),
        cmocka_unit_test(boundaries),
        cmocka_unit_test(small_arenas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
