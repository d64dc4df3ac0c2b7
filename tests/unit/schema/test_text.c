/* test_text.c: strings, their lengths, patterns and choices. */
#include "everything.h"
#include "trial.h"

static const struct member_case strings_cases[] = {
    { "s", "1", "! string_type" }, { "s", "true", "! string_type" },
    { "s", "null", "! string_type" }, { "s", "\"\"", "! string_too_short" },
    { "s", "\"abcdef\"", "! string_too_long" }, { "s", "\"😀😀😀😀😀\"", "\"😀😀😀😀😀\"" },
    { "s", "\"😀😀😀😀😀😀\"", "! string_too_long" }, { "s", "[]", "! string_type" },
    { "s", "{}", "! string_type" }, { "s", "1.5", "! string_type" },
    { "p", "\"ABC\"", "! string_pattern_mismatch" }, { "p", "\"\"", "! string_pattern_mismatch" },
    { "p", "\"abc\\n\"", "! string_pattern_mismatch" }, { "p", "\"abc\"", "\"abc\"" },
};

static const struct member_case choices_cases[] = {
    { "c", "\"red\"", "\"red\"" }, { "c", "\"blue\"", "! literal_error" },
    { "c", "1", "! literal_error" }, { "c", "null", "! literal_error" },
    { "c", "[]", "! literal_error" }, { "c", "\"RED\"", "! literal_error" },
    { "c", "\" red\"", "! literal_error" },
    { "one", "\"two\"", "! literal_error" },
};

static const struct member_case emails_cases[] = {
    { "e", "\"a\"", "! value_error" }, { "e", "1", "! string_type" },
    { "e", "\"a@localhost\"", "! value_error" }, { "e", "\"A@EXAMPLE.com\"", "\"A@example.com\"" },
};

static void strings(void **unused)
{
    (void)unused;
    assert_members(&everything, strings_cases, sizeof strings_cases / sizeof *strings_cases);
}

static void choices(void **unused)
{
    (void)unused;
    assert_members(&everything, choices_cases, sizeof choices_cases / sizeof *choices_cases);
}

static void emails(void **unused)
{
    (void)unused;
    assert_members(&everything, emails_cases, sizeof emails_cases / sizeof *emails_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(choices),
        cmocka_unit_test(emails),
    };

    assert_sound(&everything, SCHEMA_IN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
