/* test_decode.c: whole bodies to structs, and their faults word for word. */
#include "everything.h"
#include "trial.h"

struct login {
    struct str email, password;
};

static const struct schema login = SCHEMA(login,
    FIELD(login, email, .max_chars = 20),
    FIELD(login, password, .min_chars = 8, .max_chars = 1024, .max_bytes = 12, .secret = true, .no_nul = true));

/* Holds a secret one level down. */
struct outer {
    struct login  login;
    struct login *second;
    int64_t       n;
    LIST_OF(struct str) codes;
};

static const struct schema outer = SCHEMA(outer,
    NESTED(outer, login, login, login),
    MAYBE_NESTED(outer, second, login, login, .optional = true),
    FIELD(outer, n),
    LISTED(outer, codes, struct str, ITEM(struct str, .max_chars = 3), .max_items = 2,
           .optional = true, .secret = true));

struct whole_list {
    LIST_OF(int64_t) all;
};

static const struct schema whole_list = SCHEMA(whole_list,
    LISTED(whole_list, all, int64_t, ITEM(int64_t), .max_items = 3, .root = true));

struct pair {
    int64_t    a;
    struct str b;
};

static const struct schema pair = SCHEMA(pair, FIELD(pair, a), FIELD(pair, b, .max_chars = 3));

#define DETAIL(faults) "{\"detail\":[" faults "]}"
#define MISSING(where, input)                                                                      \
    "{\"type\":\"missing\",\"loc\":[\"body\"" where                                                \
    "],\"msg\":\"Field required\",\"input\":" input "}"
#define NOT_OBJECT(input)                                                                          \
    "{\"type\":\"model_attributes_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a valid "    \
    "dictionary or object to extract fields from\",\"input\":" input "}"
#define BROKEN(offset, error)                                                                      \
    DETAIL("{\"type\":\"json_invalid\",\"loc\":[\"body\"," #offset                                 \
           "],\"msg\":\"JSON decode error\","                                                      \
           "\"input\":{},\"ctx\":{\"error\":\"" error "\"}}")
#define TWICE(where)                                                                               \
    "{\"type\":\"duplicate_member\",\"loc\":[\"body\"," where                                      \
    "],\"msg\":\"Member given more than once\","                                                   \
    "\"input\":null}"

static void accepts(void **unused)
{
    (void)unused;
    assert_answer(&pair, "{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}");
    assert_answer(&pair, " {\"b\" : \"x\", \"more\": [{}], \"a\":1}\n", "{\"a\":1,\"b\":\"x\"}");
    assert_answer(&pair, "{\"\\u0061\":1,\"b\":\"\\u00e4\\\"\\n\"}",
                  "{\"a\":1,\"b\":\"ä\\\"\\n\"}");
    assert_answer(&pair, "{\"more\":1,\"other\":{\"x\":1,\"x\":2},\"a\":1,\"b\":\"\"}",
                  "{\"a\":1,\"b\":\"\"}");
}

static void refuses_what_is_no_object(void **unused)
{
    (void)unused;
    assert_answer(&pair, "", DETAIL(MISSING("", "null")));
    assert_answer(&pair, "null", DETAIL(MISSING("", "null")));
    assert_answer(&pair, "1", DETAIL(NOT_OBJECT("1")));
    assert_answer(&pair, " [ 1 ]", DETAIL(NOT_OBJECT("[1]")));
    assert_answer(&pair, "\"x\"", DETAIL(NOT_OBJECT("\"x\"")));
    assert_answer(&login, "\"my password\"", DETAIL(NOT_OBJECT("null")));
}

static void refuses_what_is_no_json(void **unused)
{
    (void)unused;
    assert_answer(&pair, "{", BROKEN(1, "Expecting property name enclosed in double quotes"));
    assert_answer(&pair, "{\"a\":1", BROKEN(6, "Expecting ',' delimiter"));
    assert_answer(&pair, "{\"a\":1}x", BROKEN(7, "Extra data"));
    assert_answer(&pair, "{\"a\"}", BROKEN(4, "Expecting ':' delimiter"));
    assert_answer(&pair, "{\"a\":}", BROKEN(5, "Expecting value"));
    assert_answer(&pair, "{\"a\":\"x", BROKEN(5, "Unterminated string starting at"));
    assert_answer(&pair, " ", BROKEN(1, "Expecting value"));
    assert_answer(&pair, "[1,]", BROKEN(3, "Expecting value"));
    assert_answer(&pair, "1 1", BROKEN(2, "Extra data"));
    assert_answer(&pair, "{\"ä\":1 \"b\":2}", BROKEN(7, "Expecting ',' delimiter"));
    assert_answer(&pair, "{\"a\":\"x\",\"b\":[}", BROKEN(14, "Expecting value"));
    assert_answer(&pair, "{\"a\":\"\xff\"}", BROKEN(6, "Invalid UTF-8"));
}

static void reports_all_in_the_order_of_rows(void **unused)
{
    (void)unused;
    assert_answer(&pair, "{}", DETAIL(MISSING(",\"a\"", "{}") "," MISSING(",\"b\"", "{}")));
    assert_answer(
        &pair, "{ \"b\": \"long\" , \"zz\" : 1e2 }",
        DETAIL(MISSING(
            ",\"a\"",
            "{\"b\":\"long\",\"zz\":1e2}") ",{\"type\":\"string_too_long\",\"loc\":[\"body\",\"b\"]"
                                           ",\"msg\":\"String should have at "
                                           "most 3 "
                                           "characters\",\"input\":\"long\",\"ctx\":{\"max_"
                                           "length\":3}}"));
}

static void refuses_twins(void **unused)
{
    (void)unused;
    assert_answer(&pair, "{\"a\":1,\"b\":\"x\",\"a\":1}", DETAIL(TWICE("\"a\"")));
    assert_answer(&pair, "{\"a\":1,\"b\":\"x\",\"\\u0061\":1}", DETAIL(TWICE("\"a\"")));
    assert_answer(&pair, "{\"q\":1,\"a\":1,\"b\":\"x\",\"q\":1}", DETAIL(TWICE("\"q\"")));
    assert_answer(&pair, "{\"a\":1,\"b\":\"x\",\"q\":1,\"p\":1,\"q\":1,\"\\u0071\":2}",
                  DETAIL(TWICE("\"q\"")));
    assert_answer(&pair, "{\"q\":1,\"p\":1,\"q\":1,\"pp\":2,\"p\":3,\"b\":1,\"b\":\"x\"}",
                  DETAIL(MISSING(",\"a\"", "{\"q\":1,\"p\":1,\"q\":1,\"pp\":2,\"p\":3,\"b\":1,"
                                           "\"b\":\"x\"}") "," TWICE("\"b\"") "," TWICE(
                      "\"p\"") "," TWICE("\"q\"")));
    assert_answer(&login, "{\"email\":\"a\",\"password\":\"12345678\",\"password\":\"12345678\"}",
                  DETAIL(TWICE("\"password\"")));
    assert_answer(&everything, "{\"m\":{\"a\":1,\"b\":2,\"\\u0061\":3}}",
                  DETAIL(TWICE("\"m\",\"a\"")));
    assert_answer(&everything, "{\"o\":{\"sku\":\"a\",\"sku\":\"a\",\"count\":1}}",
                  DETAIL(TWICE("\"o\",\"sku\"")));
}

static void shows_no_secret(void **unused)
{
    (void)unused;
    assert_answer(&login, "{\"email\":\"a\"}", DETAIL(MISSING(",\"password\"", "null")));
    assert_answer(&login, "{\"password\":\"long enough\"}", DETAIL(MISSING(",\"email\"", "null")));
    assert_answer(
        &login, "{\"email\":5,\"password\":\"\\u00e4\"}",
        DETAIL(
            "{\"type\":\"string_type\",\"loc\":[\"body\",\"email\"],\"msg\":\"Input should be a "
            "valid "
            "string\",\"input\":5},{\"type\":\"string_too_short\",\"loc\":[\"body\",\"password\"],"
            "\"msg\":\"String should have at least 8 characters\",\"input\":null,\"ctx\":"
            "{\"min_length\":8}}"));
    assert_answer(
        &login, "{\"email\":\"a\",\"password\":\"äääääää€\"}",
        DETAIL("{\"type\":\"value_error\",\"loc\":[\"body\",\"password\"],\"msg\":\"Value error, "
               "must be at most 12 bytes\",\"input\":null,\"ctx\":{\"error\":{}}}"));
    assert_answer(
        &login, "{\"email\":\"\\u0000\",\"password\":\"1234567\\u0000\"}",
        DETAIL("{\"type\":\"value_error\",\"loc\":[\"body\",\"password\"],\"msg\":\"Value error, "
               "must not contain U+0000\",\"input\":null,\"ctx\":{\"error\":{}}}"));
}

static void shows_no_secret_from_within(void **unused)
{
    static const char *const bodies[] = {
        "{\"login\":{\"password\":\"TOPSECRET\"},\"n\":1}",
        "{\"login\":{\"password\":\"TOPSECRET\",\"email\":\"a\"}}",
        "{\"login\":[{\"password\":\"TOPSECRET\"}],\"n\":1}",
        "{\"login\":\"TOPSECRET\",\"n\":\"x\"}",
        "{\"login\":null,\"second\":{\"password\":[\"TOPSECRET\"]},\"n\":1}",
        "{\"codes\":[\"TOPSECRET\"]}",
        "{\"codes\":\"TOPSECRET\"}",
        "{\"codes\":[\"TOPSECRET\",\"\",\"\"]}",
        "[\"TOPSECRET\"]",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct trial t = trial_json(&outer, str_of(bodies[i]));
        assert_false(t.ok);
        if (strstr(t.answer.at, "TOPSECRET"))
            fail_msg("%s", t.answer.at);
        trial_end(&t);
    }
}

static void takes_a_body_that_is_a_list(void **unused)
{
    (void)unused;
    assert_answer(&whole_list, " [1, \"2\", 3.0]", "[1,2,3]");
    assert_answer(&whole_list, "null", DETAIL(MISSING("", "null")));
    assert_answer(
        &whole_list, "{}",
        DETAIL(
            "{\"type\":\"list_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a valid list\","
            "\"input\":{}}"));
    assert_answer(
        &whole_list, "[1,[]]",
        DETAIL("{\"type\":\"int_type\",\"loc\":[\"body\",1],\"msg\":\"Input should be a valid "
               "integer\",\"input\":[]}"));
    assert_answer(&whole_list, "[1", BROKEN(2, "Expecting ',' delimiter"));
}

static void fills_in_presets(void **unused)
{
    struct trial t = trial_json(&everything, LIT("{}"));
    const struct everything *e = t.value;

    (void)unused;
    assert_true(t.ok);
    assert_int_equal(e->i, 1);
    assert_true(e->f == 1.5);
    assert_true(str_eq(e->c, LIT("red")));
    assert_null(e->u.at);
    assert_false(e->t.given || e->mi.given || e->mr.given || e->mb.given);
    assert_non_null(e->l.at);
    assert_int_equal(e->l.len, 0);
    assert_null(e->lo.at);
    assert_null(e->o);
    assert_true(str_eq(e->in.sku, LIT("none")));
    trial_end(&t);
}

/* As many members as fit: in time that grows as their number does, and every twin is found. */
static void survives_many_unknown_members(void **unused)
{
    enum { MEMBERS = 8000 };
    struct buf body = buf_growing(TRIAL_BYTES);

    (void)unused;
    buf_add(&body, LIT("{\"a\":1,\"b\":\"x\""));
    for (int i = 0; i < MEMBERS; i++)
        buf_format(&body, ",\"%x\":0", 0xf000 + i);
    buf_add(&body, LIT("}"));
    struct trial t = trial_json(&pair, buf_str(&body));
    assert_true(t.ok);
    trial_end(&t);
    body.len--;
    buf_add(&body, LIT(",\"f123\":0}"));
    t = trial_json(&pair, buf_str(&body));
    assert_string_equal(t.answer.at, DETAIL(TWICE("\"f123\"")));
    trial_end(&t);
    buf_close(&body);
}

/* Whatever the arena's limit is: a value, a fault, or a failure that the arena admits. */
static void survives_small_arenas(void **unused)
{
    static const char body[] =
        "{\"s\":\"\\u0061\",\"p\":\"\\u0061\",\"l\":[\"\\n\"],\"m\":{\"\\n\":\"1\"},\"f\":\"1\","
        "\"lo\":[{\"sku\":\"\",\"count\":1}],\"o\":{\"sku\":\"\",\"count\":\"1\"},"
        "\"e\":\"a@example.com\",\"mo\":{},\"t\":\"5\",\"z\":1,\"y\":2}";
    size_t succeeded = 0;

    (void)unused;
    for (size_t bytes = 0; !succeeded; bytes += 16) {
        struct arena      a = arena_new(bytes);
        struct buf        answer = buf_growing(TRIAL_BYTES);
        struct faults     f = faults_begin(&answer);
        struct everything e;
        bool ok = decode_json(&everything, str_of(body), &a, &f, &e);
        assert_int_equal(f.count, 0);
        assert_true(ok != a.failed);
        succeeded += ok;
        arena_close(&a);
        buf_close(&answer);
        assert_true(bytes < TRIAL_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(refuses_what_is_no_object),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(reports_all_in_the_order_of_rows),
        cmocka_unit_test(refuses_twins),
        cmocka_unit_test(shows_no_secret),
        cmocka_unit_test(shows_no_secret_from_within),
        cmocka_unit_test(takes_a_body_that_is_a_list),
        cmocka_unit_test(fills_in_presets),
        cmocka_unit_test(survives_many_unknown_members),
        cmocka_unit_test(survives_small_arenas),
    };

    assert_sound(&everything, SCHEMA_IN);
    assert_sound(&outer, SCHEMA_IN);
    assert_sound(&whole_list, SCHEMA_IN);
    assert_sound(&pair, SCHEMA_IN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
