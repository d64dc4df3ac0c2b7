/* test_coerce.c: which values a number or boolean takes, and as what.  The verdicts are those of
 * Pydantic 2.9, but for numbers that are not finite or beyond int64, which it takes. */
#include "everything.h"
#include "trial.h"

static const struct member_case integers_cases[] = {
    { "n", "1", "1" }, { "n", "\"1\"", "1" }, { "n", "\" 1 \"", "1" }, { "n", "\"\\n1\\t\"", "1" },
    { "n", "\"1_000\"", "1000" }, { "n", "\"1__0\"", "! int_parsing" },
    { "n", "\"_1\"", "! int_parsing" }, { "n", "\"1_\"", "! int_parsing" }, { "n", "\"+1\"", "1" },
    { "n", "\"-1\"", "-1" }, { "n", "\"--1\"", "! int_parsing" },
    { "n", "\"+-1\"", "! int_parsing" }, { "n", "\"1.0\"", "1" },
    { "n", "\"1.5\"", "! int_parsing" }, { "n", "\"1.\"", "! int_parsing" },
    { "n", "\".0\"", "! int_parsing" }, { "n", "\"1.00\"", "1" },
    { "n", "\"1e3\"", "! int_parsing" }, { "n", "1e3", "1000" }, { "n", "1.0", "1" },
    { "n", "1.5", "! int_from_float" }, { "n", "-0.0", "0" }, { "n", "1e400", "! finite_number" },
    { "n", "true", "1" }, { "n", "false", "0" }, { "n", "null", "! int_type" },
    { "n", "9223372036854775807", "9223372036854775807" },
    { "n", "9223372036854775808", "! int_parsing_size" },
    { "n", "99999999999999999999999", "! int_parsing_size" },
    { "n", "\"99999999999999999999999\"", "! int_parsing_size" },
    { "n", "\"9223372036854775808\"", "! int_parsing_size" },
    { "n", "-9223372036854775808", "-9223372036854775808" },
    { "n", "-9223372036854775809", "! int_parsing_size" }, { "n", "1e18", "1000000000000000000" },
    { "n", "1e19", "! int_parsing_size" }, { "n", "9223372036854775807.0", "! int_parsing_size" },
    { "n", "9007199254740993.0", "9007199254740992" }, { "n", "1e300", "! int_parsing_size" },
    { "n", "[]", "! int_type" }, { "n", "{}", "! int_type" }, { "n", "\"\"", "! int_parsing" },
    { "n", "\" \"", "! int_parsing" }, { "n", "\"abc\"", "! int_parsing" },
    { "n", "\"0x10\"", "! int_parsing" }, { "n", "\"007\"", "7" }, { "n", "\"-0\"", "0" },
    { "n", "\"00\"", "0" }, { "n", "\"1 0\"", "! int_parsing" }, { "n", "\"１\"", "! int_parsing" },
    { "n", "\"\\u00a01\"", "1" }, { "n", "\"1_000.0\"", "1000" },
    { "n", "\"1.0_0\"", "! int_parsing" }, { "n", "\"-1.0\"", "-1" }, { "n", "\"+1.0\"", "1" },
    { "n", "\"NaN\"", "! int_parsing" }, { "n", "\"inf\"", "! int_parsing" }, { "n", "\"1\"", "1" },
    { "n", "\"\\u000b1\"", "1" }, { "n", "\"- 1\"", "! int_parsing" }, { "n", "\"0_1\"", "1" },
    { "n", "\"1.0 \"", "1" }, { "n", "\"0.0\"", "0" },
    { "n", "\"9223372036854775808.0\"", "! int_parsing_size" },
    { "n", "\"1234567890123456789012345678901234567890.0\"", "! int_parsing_size" },
    { "n", "\"00000000000000000000001\"", "1" }, { "n", "\"-00001\"", "-1" },
    { "n", "\"+ 1\"", "! int_parsing" }, { "n", "\"0000.0\"", "0" },
    { "n", "\"-_1\"", "! int_parsing" }, { "n", "\"+_1\"", "! int_parsing" },
    { "n", "\"\\u20031\"", "1" }, { "n", "\"1\\u0085\"", "1" },
    { "n", "\"\\u001c1\"", "! int_parsing" },
    { "i", "-1", "! greater_than_equal" }, { "i", "1001", "! less_than_equal" },
    { "i", "\"2000\"", "! less_than_equal" }, { "i", "1000.0", "1000" },
    { "i", "-5.0", "! greater_than_equal" },
    { "mi", "null", "null" }, { "mi", "5", "5" }, { "mi", "\"5\"", "5" },
    { "mi", "\"x\"", "! int_parsing" },
};

static const struct member_case numbers_cases[] = {
    { "f", "1", "1.0" }, { "f", "\"1\"", "1.0" }, { "f", "\"1.5\"", "1.5" },
    { "f", "\" 1.5 \"", "1.5" }, { "f", "\"1_0.5\"", "10.5" }, { "f", "\"1_000\"", "1000.0" },
    { "f", "\"1__0\"", "! float_parsing" }, { "f", "\"_1\"", "! float_parsing" },
    { "f", "\"1_\"", "! float_parsing" }, { "f", "\"1._5\"", "1.5" }, { "f", "\"1e3\"", "1000.0" },
    { "f", "\"1E3\"", "1000.0" }, { "f", "\".5\"", "0.5" }, { "f", "\"5.\"", "5.0" },
    { "f", "\"+.5\"", "0.5" }, { "f", "\"inf\"", "! finite_number" },
    { "f", "\"-inf\"", "! finite_number" }, { "f", "\"Infinity\"", "! finite_number" },
    { "f", "\"infinity\"", "! finite_number" }, { "f", "\"nan\"", "! finite_number" },
    { "f", "\"NaN\"", "! finite_number" }, { "f", "\"1e400\"", "! finite_number" },
    { "f", "1e400", "! finite_number" }, { "f", "true", "1.0" }, { "f", "null", "! float_type" },
    { "f", "\"abc\"", "! float_parsing" }, { "f", "\"\"", "! float_parsing" },
    { "f", "[]", "! float_type" }, { "f", "99999999999999999999999", "1e+23" },
    { "f", "\"+1\"", "1.0" }, { "f", "\"--1\"", "! float_parsing" },
    { "f", "\"0x1p3\"", "! float_parsing" }, { "f", "\"1e\"", "! float_parsing" },
    { "f", "\"1d\"", "! float_parsing" }, { "f", "\"\\u00a01.5\"", "1.5" },
    { "f", "\"1e1_0\"", "10000000000.0" }, { "f", "\"_\"", "! float_parsing" },
    { "f", "\".\"", "! float_parsing" }, { "f", "\"1,5\"", "! float_parsing" },
    { "f", "\"\\u000b1\"", "1.0" }, { "f", "\"+inf\"", "! finite_number" },
    { "f", "\"iNf\"", "! finite_number" }, { "f", "1e-400", "0.0" }, { "f", "\"1e+3\"", "1000.0" },
    { "g", "0.4", "! greater_than_equal" }, { "g", "3", "! less_than_equal" },
    { "g", "\"0.1\"", "! greater_than_equal" }, { "g", "2.0", "2.0" }, { "g", "0.5", "0.5" },
    { "mr", "null", "null" }, { "mr", "5", "5.0" }, { "mr", "\"x\"", "! float_parsing" },
};

static const struct member_case booleans_cases[] = {
    { "b", "true", "true" }, { "b", "0", "false" }, { "b", "1", "true" },
    { "b", "2", "! bool_parsing" }, { "b", "-1", "! bool_parsing" }, { "b", "0.0", "false" },
    { "b", "1.0", "true" }, { "b", "1.5", "! bool_type" }, { "b", "\"true\"", "true" },
    { "b", "\"TRUE\"", "true" }, { "b", "\"True\"", "true" }, { "b", "\"tRuE\"", "true" },
    { "b", "\"yes\"", "true" }, { "b", "\"YES\"", "true" }, { "b", "\"on\"", "true" },
    { "b", "\"oFf\"", "false" }, { "b", "\"t\"", "true" }, { "b", "\"F\"", "false" },
    { "b", "\"y\"", "true" }, { "b", "\"N\"", "false" }, { "b", "\"0\"", "false" },
    { "b", "\"1\"", "true" }, { "b", "\" true\"", "! bool_parsing" },
    { "b", "\"2\"", "! bool_parsing" }, { "b", "\"\"", "! bool_parsing" },
    { "b", "null", "! bool_type" }, { "b", "[]", "! bool_type" },
    { "b", "\"1.0\"", "! bool_parsing" }, { "b", "99999999999999999999", "! bool_type" },
    { "b", "1e400", "! bool_type" }, { "b", "-0.0", "false" },
    { "b", "9223372036854775807", "! bool_parsing" }, { "b", "\"ok\"", "! bool_parsing" },
    { "mb", "null", "null" }, { "mb", "1", "true" }, { "mb", "\"x\"", "! bool_parsing" },
};

static void integers(void **unused)
{
    (void)unused;
    assert_members(&everything, integers_cases, sizeof integers_cases / sizeof *integers_cases);
}

static void numbers(void **unused)
{
    (void)unused;
    assert_members(&everything, numbers_cases, sizeof numbers_cases / sizeof *numbers_cases);
}

static void booleans(void **unused)
{
    (void)unused;
    assert_members(&everything, booleans_cases, sizeof booleans_cases / sizeof *booleans_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(numbers),
        cmocka_unit_test(booleans),
    };

    assert_sound(&everything, SCHEMA_IN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
