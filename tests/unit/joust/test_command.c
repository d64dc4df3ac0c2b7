/* test_command.c: what a result keeps of the command line: sh(1) reads it as it was, and no secret
 * is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "joust/command.h"

enum { LINE_BYTES_MAX = 512, WORDS_MAX = 12, OUT_BYTES_MAX = 4096 };

/* `words` are split at bars. */
static const char *record(const char *words, struct arena *arena)
{
    char line[LINE_BYTES_MAX], *argv[WORDS_MAX], *rest = line;
    int  argc = 0;

    snprintf(line, sizeof line, "%s", words);
    while (rest && argc < WORDS_MAX)
        argv[argc++] = strsep(&rest, "|");
    return command_record(argc, argv, arena);
}

static void assert_records(const char *words, const char *expected)
{
    struct arena arena = arena_new(1 << 20);

    assert_string_equal(record(words, &arena), expected);
    arena_close(&arena);
}

static void test_words_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    assert_records("joust|-c|5|a=http://127.0.0.1:1/", "joust -c 5 a=http://127.0.0.1:1/");
    assert_records("joust||a b|{{seq}}", "joust '' 'a b' '{{seq}}'");
    assert_records("it's|'", "'it'\\''s' ''\\'''");
}

static void test_the_shell_reads_it_as_it_was(void **state)
{
    (void)state;
    const char  *words = "printf|%s,|it's|''|a\\b|$HOME `x`\n!||\"q\" *?#~";
    const char  *expected = "it's,'',a\\b,$HOME `x`\n!,,\"q\" *?#~,";
    char         out[OUT_BYTES_MAX];
    struct arena arena = arena_new(1 << 20);
    FILE        *shell = popen(record(words, &arena), "r");

    assert_non_null(shell);
    out[fread(out, 1, sizeof out - 1, shell)] = 0;
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(out, expected);
    arena_close(&arena);
}

static void test_secrets_are_left_out(void **state)
{
    (void)state;
    assert_records("joust|-H|Authorization: Bearer x", "joust -H 'Authorization: …'");
    assert_records("joust|-Hauthorization:Bearer x", "joust '-Hauthorization: …'");
    assert_records("joust|--header|COOKIE: a=b", "joust --header 'COOKIE: …'");
    assert_records("joust|--header=Proxy-Authorization: x", "joust '--header=Proxy-Authorization: …'");
    assert_records("joust|-H|X-Api-Key: 'x'", "joust -H 'X-Api-Key: …'");
    assert_records("joust|-H|x-auth-token : x", "joust -H 'x-auth-token : …'");
}

static void test_what_is_none_is_kept(void **state)
{
    (void)state;
    assert_records("joust|-H|Accept: text/html", "joust -H 'Accept: text/html'");
    assert_records("joust|-H|Monkey: 7", "joust -H 'Monkey: 7'");
    assert_records("joust|-H|Authorization", "joust -H Authorization");
    assert_records("joust|-b|Cookie: x", "joust -b 'Cookie: x'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_quoted_where_they_must_be),
        cmocka_unit_test(test_the_shell_reads_it_as_it_was),
        cmocka_unit_test(test_secrets_are_left_out),
        cmocka_unit_test(test_what_is_none_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
