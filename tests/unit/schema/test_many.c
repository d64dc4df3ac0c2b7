/* test_many.c: lists, maps and nested objects: types, sizes, and where the faults of values are. */
#include "everything.h"
#include "trial.h"

static const struct member_case lists_cases[] = {
    { "l", "[]", "[]" },
    { "l", "[\"a\"]", "[\"a\"]" },
    { "l", "[\"a\",\"b\",\"c\"]", "! too_long" },
    { "l", "\"a\"", "! list_type" },
    { "l", "{}", "! list_type" },
    { "l", "null", "! list_type" },
    { "l", "[1,\"abcd\"]", "! 0:string_type 1:string_too_long" },
    { "l", "[\"abcd\",1,\"abcd\"]", "! too_long" },
    { "l", "1", "! list_type" },
    { "l", "[\"a\",\"b\",\"c\",1]", "! too_long" },
    { "l", "[\"a\",1,\"abcd\",\"d\"]", "! too_long" },
    { "lo", "[{\"sku\":\"a\",\"count\":0}]", "! 0.count:greater_than_equal" },
    { "lo", "[{}]", "! 0.sku:missing 0.count:missing" },
    { "lo", "[1]", "! 0:model_attributes_type" },
    { "lo", "[null]", "! 0:model_attributes_type" },
    { "lo", "[\"{}\"]", "! 0:model_attributes_type" },
    { "lo",
      "[{\"sku\":1,\"count\":\"x\"},{\"sku\":\"123456789\",\"count\":101},{\"sku\":\"a\",\"count\":"
      "1}]",
      "! too_long" },
    { "lo", "[{\"sku\":1,\"count\":\"x\"},{\"sku\":\"123456789\",\"count\":101}]",
      "! 0.sku:string_type 0.count:int_parsing 1.sku:string_too_long 1.count:less_than_equal" },
    { "lm", "[1,null,\"3\"]", "[1,null,3]" },
    { "lm", "[null]", "[null]" },
    { "lm", "[\"x\",null]", "! 0:int_parsing" },
    { "lm", "[1,2,3,4]", "! too_long" },
    { "lm", "[]", "[]" },
};

static const struct member_case maps_cases[] = {
    { "m", "{}", "{}" }, { "m", "{\"a\":1}", "{\"a\":1}" },
    { "m", "{\"a\":\"x\"}", "! a:int_parsing" }, { "m", "[]", "! dict_type" },
    { "m", "null", "! dict_type" }, { "m", "1", "! dict_type" }, { "m", "\"x\"", "! dict_type" },
    { "m", "{\"a\":\"x\",\"b\":\"y\"}", "! a:int_parsing b:int_parsing" },
    { "mm", "{\"abcd\":true}", "! abcd.[key]:string_too_long" },
    { "mm", "{\"abcd\":\"x\"}", "! abcd.[key]:string_too_long abcd:bool_parsing" },
    { "mm", "{\"a\":true,\"b\":false,\"c\":true}", "! too_long" },
    { "mm", "{\"a\":true,\"b\":false,\"c\":\"x\"}", "! too_long" },
    { "mm", "{\"a\":\"x\",\"b\":\"x\",\"c\":\"x\",\"d\":true}", "! too_long" },
    { "mm", "{\"a\":true,\"abcd\":false,\"c\":true}", "! too_long" },
};

static const struct member_case objects_cases[] = {
    { "o", "{}", "! sku:missing count:missing" }, { "o", "1", "! model_attributes_type" },
    { "o", "null", "null" }, { "o", "[]", "! model_attributes_type" },
    { "o", "\"a\"", "! model_attributes_type" },
    { "o", "{\"sku\":\"123456789\"}", "! sku:string_too_long count:missing" },
    { "in", "null", "! model_attributes_type" }, { "in", "{}", "! sku:missing count:missing" },
    { "in", "{\"sku\":\"a\",\"count\":1}", "{\"sku\":\"a\",\"count\":1}" },
    { "in", "7", "! model_attributes_type" },
};

static void lists(void **unused)
{
    (void)unused;
    assert_members(&everything, lists_cases, sizeof lists_cases / sizeof *lists_cases);
}

static void maps(void **unused)
{
    (void)unused;
    assert_members(&everything, maps_cases, sizeof maps_cases / sizeof *maps_cases);
}

static void objects(void **unused)
{
    (void)unused;
    assert_members(&everything, objects_cases, sizeof objects_cases / sizeof *objects_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(maps),
        cmocka_unit_test(objects),
    };

    assert_sound(&everything, SCHEMA_IN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
