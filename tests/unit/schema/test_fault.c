/* test_fault.c: the shape of faults, and their bounds. */
#include "schema/fault.h"
#include "trial.h"

static const struct str none;

static void writes_the_shape(void **unused)
{
    struct buf    out = buf_growing(FAULT_BYTES_MAX);
    struct faults f = faults_begin(&out);
    struct place  body = { .name = LIT("body") }, list = { .outer = &body, .name = LIT("l\"") };
    struct place  item = { .outer = &list, .index = 7 };

    (void)unused;
    assert_int_equal(out.len, 0);
    fault_add(&f, "missing", &body, LIT("Field required"), none, none);
    fault_add(&f, "int_type", &item, LIT("No \"int\""), LIT("{ \"a\" : [ 1 ] } "),
              LIT("{\"ge\":1}"));
    f.conceal = true;
    fault_add(&f, "x", &item, LIT("y"), LIT("1"), none);
    faults_end(&f);
    assert_int_equal(f.count, 3);
    assert_true(str_eq(buf_str(&out), LIT("{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\"],"
                                          "\"msg\":\"Field required\",\"input\":null},"
                                          "{\"type\":\"int_type\",\"loc\":[\"body\",\"l\\\"\",7],"
                                          "\"msg\":\"No \\\"int\\\"\",\"input\":{\"a\":[1]},"
                                          "\"ctx\":{\"ge\":1}},{\"type\":\"x\",\"loc\":[\"body\","
                                          "\"l\\\"\",7],\"msg\":\"y\",\"input\":null}]}")));
    buf_close(&out);
}

static void writes_none(void **unused)
{
    struct buf    out = buf_growing(FAULT_BYTES_MAX);
    struct faults f = faults_begin(&out);

    (void)unused;
    faults_end(&f);
    assert_true(str_eq(buf_str(&out), LIT("{\"detail\":[]}")));
    buf_close(&out);
}

static size_t objects_in(struct str text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.at[i] == '{';
    return count - 1;
}

static void reports_so_many_and_no_more(void **unused)
{
    struct buf    out = buf_growing(FAULT_BYTES_MAX);
    struct faults f = faults_begin(&out);

    (void)unused;
    for (int i = 0; i < 3 * FAULTS_MAX; i++)
        fault_add(&f, "x", NULL, LIT("y"), none, none);
    faults_end(&f);
    assert_int_equal(f.count, 3 * FAULTS_MAX);
    assert_int_equal(objects_in(buf_str(&out)), FAULTS_MAX);
    buf_close(&out);
}

/* Inputs too large to be shown give way to null, and in the end faults to nothing. */
static void stays_within_its_bytes(void **unused)
{
    enum { INPUT_BYTES = 20000 };
    static char   text[INPUT_BYTES], memory[FAULT_BYTES_MAX];
    struct buf    out = buf_fixed(memory, sizeof memory);
    struct faults f = faults_begin(&out);
    struct place  long_name = { .name = { text, INPUT_BYTES } };

    (void)unused;
    memset(text, 'a', sizeof text);
    text[0] = text[INPUT_BYTES - 1] = '"';
    for (int i = 0; i < 10; i++)
        fault_add(&f, "x", &long_name, LIT("y"), (struct str){ text, INPUT_BYTES }, none);
    fault_add(&f, "x", NULL, (struct str){ text, INPUT_BYTES }, none, none);
    faults_end(&f);
    assert_false(out.failed);
    assert_int_equal(f.count, 11);
    assert_int_equal(objects_in(buf_str(&out)), 10);
    struct json_reader r = json_reader(buf_str(&out));
    assert_true(json_skip(&r, json_next(&r)));
    assert_int_equal(json_next(&r).kind, JSON_END);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_shape),
        cmocka_unit_test(writes_none),
        cmocka_unit_test(reports_so_many_and_no_more),
        cmocka_unit_test(stays_within_its_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
