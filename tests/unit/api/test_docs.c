/* test_docs.c: the page is one file that its own policy allows, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/docs.h"

static size_t count_of(struct str text, const char *what)
{
    size_t count = 0;

    for (size_t at; (at = str_find(text, str_of(what))) < text.len; count++)
        text = str_slice(text, at + 1, text.len);
    return count;
}

static struct str between(const char *open, const char *close)
{
    struct str page = docs_page();
    struct str rest = str_slice(page, str_find(page, str_of(open)) + strlen(open), page.len);

    return str_slice(rest, 0, str_find(rest, str_of(close)));
}

static const char *policy(char *text, size_t bytes)
{
    struct buf b = buf_fixed(text, bytes - 1);

    docs_write_policy(&b);
    assert_false(b.failed);
    text[b.len] = 0;
    return text;
}

static void is_the_file(void **state)
{
    FILE  *file = fopen("src/api/docs.html", "rb");
    char  *bytes = malloc(1 << 20);
    size_t len;

    (void)state;
    if (!file)
        fail_msg("run me in the project's folder");
    len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    assert_true(str_eq(docs_page(), (struct str){ bytes, len }));
    free(bytes);
}

/* What a browser hashes is what stands between the tags, to the byte. */
static void allows(const char *directive, struct str text)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char          base64[64], expected[160], said[2048];

    crypto_hash_sha256(hash, (const unsigned char *)text.at, text.len);
    sodium_bin2base64(base64, sizeof base64, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    snprintf(expected, sizeof expected, "; %s 'sha256-%s';", directive, base64);
    assert_non_null(strstr(policy(said, sizeof said), expected));
}

static void hashes_match(void **state)
{
    (void)state;
    assert_true(between("<script>", "</script>").len > 1000);
    assert_true(between("<style>", "</style>").len > 1000);
    allows("script-src", between("<script>", "</script>"));
    allows("style-src", between("<style>", "</style>"));
}

static void the_policy_allows_nothing_else(void **state)
{
    char said[2048];

    (void)state;
    policy(said, sizeof said);
    assert_non_null(strstr(said, "default-src 'none'"));
    assert_non_null(strstr(said, "connect-src 'self'"));
    assert_non_null(strstr(said, "frame-ancestors 'none'"));
    assert_non_null(strstr(said, "base-uri 'none'"));
    assert_null(strstr(said, "unsafe"));
    assert_null(strstr(said, "*"));
    assert_null(strstr(said, "http"));
    assert_null(strstr(said, "\n"));
}

/* One style, one script: a second one, or one in an attribute, the policy would block. */
static void nothing_that_the_policy_would_block(void **state)
{
    static const char *const never[] = {
        " style=", " src=", " href=\"http", "javascript:", "<link rel=\"stylesheet", "<iframe", "<base", "@import", "eval(", "new Function", "innerHTML",
        "document.write", "setAttribute('style'", "setAttribute('on",
    };
    static const char *const handlers[] = {
        " onclick=", " onload=", " oninput=", " onchange=", " onsubmit=", " onerror=", " onkeydown=", " onfocus=", " ontoggle=",
    };
    struct str page = docs_page(), script = between("<script>", "</script>");

    (void)state;
    assert_int_equal(count_of(page, "<style"), 1);
    assert_int_equal(count_of(page, "<script"), 1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (count_of(page, never[i]))
            fail_msg("%s", never[i]);
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (count_of(page, handlers[i]) != count_of(script, handlers[i]) || count_of(script, handlers[i]))
            fail_msg("%s", handlers[i]);
}

/* Offline: no address but that of a namespace and of an example. */
static void nothing_from_elsewhere(void **state)
{
    struct str page = docs_page();

    (void)state;
    assert_int_equal(count_of(page, "://"), count_of(page, "http://www.w3.org/2000/svg") + count_of(page, "https://example.com/"));
    assert_int_equal(count_of(page, "//cdn"), 0);
    assert_true(page.len < 24 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_file),
        cmocka_unit_test(hashes_match),
        cmocka_unit_test(the_policy_allows_nothing_else),
        cmocka_unit_test(nothing_that_the_policy_would_block),
        cmocka_unit_test(nothing_from_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
