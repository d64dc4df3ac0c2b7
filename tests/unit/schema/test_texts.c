/* test_texts.c: parameters and form fields to structs. */
#include "trial.h"

struct query {
    int64_t a;
    LIST_OF(int64_t) l;
    struct maybe_real f;
    bool              b;
    struct str        s;
};

static const struct schema query = SCHEMA(query,
    FIELD(query, a),
    LISTED(query, l, int64_t, ITEM(int64_t), .max_items = 2, .preset = "[]"),
    FIELD(query, f, .optional = true),
    FIELD(query, b, .preset = "false"),
    FIELD(query, s, .max_chars = 2, .preset = "\"x\""));

struct form {
    struct str grant_type, username, password, scope;
    int64_t    n;
};

static const struct schema form = SCHEMA(form,
    FIELD(form, grant_type, .pattern = PATTERN("password"), .max_chars = 100, .optional = true),
    FIELD(form, username, .max_bytes = 100),
    FIELD(form, password, .max_bytes = 100, .secret = true, .no_nul = true),
    FIELD(form, scope, .max_bytes = 100, .preset = "\"\""),
    FIELD(form, n, .preset = "3"));

enum { TEXTS_MAX = 8 };

/* "a=1&b=2", undecoded, as texts. */
static struct trial trial_of(const struct schema *s, const char *source, const char *text)
{
    struct text_value values[TEXTS_MAX];
    struct str        rest = str_of(text);
    size_t            count = 0;

    while (rest.at && rest.len) {
        struct str pair = str_cut(&rest, '&');
        assert_true(count < TEXTS_MAX);
        values[count].name = str_cut(&pair, '=');
        values[count++].value = pair;
    }
    return trial_texts(s, source, values, count);
}

static void assert_texts(const struct schema *s, const char *source, const char *text,
                         const char *want)
{
    struct trial t = trial_of(s, source, text);

    assert_string_equal(t.answer.at, want);
    trial_end(&t);
}

#define FAULT(type, loc, msg, rest)                                                                \
    "{\"detail\":[{\"type\":\"" type "\",\"loc\":[" loc "],\"msg\":\"" msg "\",\"input\":" rest    \
    "}]}"
#define INT_PARSING "Input should be a valid integer, unable to parse string as an integer"

static void reads_a_query(void **unused)
{
    (void)unused;
    assert_texts(&query, "query", "a=1", "{\"a\":1,\"l\":[],\"f\":null,\"b\":false,\"s\":\"x\"}");
    assert_texts(&query, "query", "a= 1 &l=1&b=Yes&l=2&f=1e3&s=ab&q=1",
                 "{\"a\":1,\"l\":[1,2],\"f\":1000.0,\"b\":true,\"s\":\"ab\"}");
    assert_texts(&query, "query", "a=x&a=2&s=",
                 "{\"a\":2,\"l\":[],\"f\":null,\"b\":false,\"s\":\"\"}");
    assert_texts(&query, "query", "a=1&s=\xff\xc3",
                 "{\"a\":1,\"l\":[],\"f\":null,\"b\":false,\"s\":\"\xef\xbf\xbd\xef\xbf\xbd\"}");
}

static void refuses_a_query(void **unused)
{
    (void)unused;
    assert_texts(&query, "query", "",
                 FAULT("missing", "\"query\",\"a\"", "Field required", "null"));
    assert_texts(&query, "path", "a=q\"",
                 FAULT("int_parsing", "\"path\",\"a\"", INT_PARSING, "\"q\\\"\""));
    assert_texts(&query, "query", "a=",
                 FAULT("int_parsing", "\"query\",\"a\"", INT_PARSING, "\"\""));
    assert_texts(&query, "query", "a=1&l=1&l=x",
                 FAULT("int_parsing", "\"query\",\"l\",1", INT_PARSING, "\"x\""));
    assert_texts(&query, "query", "a=1&l=1&l=2&l=3",
                 FAULT("too_long", "\"query\",\"l\"",
                       "List should have at most 2 items after validation, not 3",
                       "[\"1\",\"2\",\"3\"],\"ctx\":{\"field_type\":\"List\",\"max_length\":2,"
                       "\"actual_length\":3}"));
    assert_texts(&query, "query", "a=1&s=abc",
                 FAULT("string_too_long", "\"query\",\"s\"",
                       "String should have at most 2 characters",
                       "\"abc\",\"ctx\":{\"max_length\":2}"));
    assert_texts(&query, "query", "a=1&b=",
                 FAULT("bool_parsing", "\"query\",\"b\"",
                       "Input should be a valid boolean, unable to interpret input", "\"\""));
}

/* What is empty is absent where there is a preset, else it is the empty text: as recorded. */
static void reads_a_form(void **unused)
{
    const struct text_value values[] = {
        { LIT("username"), LIT("") }, { LIT("password"), { 0 } }, { LIT("scope"), LIT("") },
        { LIT("n"), LIT("") },        { LIT("client_id"), LIT("") },
    };
    struct arena  a = arena_new(TRIAL_BYTES);
    struct buf    answer = buf_growing(TRIAL_BYTES);
    struct faults faults = faults_begin(&answer);
    struct form   f;

    (void)unused;
    assert_true(decode_texts(&form, "body", values, 5, &a, &faults, &f));
    assert_true(f.username.at && f.username.len == 0);
    assert_true(f.password.at && f.password.len == 0);
    assert_true(f.scope.at && f.scope.len == 0);
    assert_null(f.grant_type.at);
    assert_int_equal(f.n, 3);
    arena_close(&a);
    buf_close(&answer);
}

static void refuses_a_form(void **unused)
{
    (void)unused;
    assert_texts(&form, "body", "username=a",
                 FAULT("missing", "\"body\",\"password\"", "Field required", "null"));
    assert_texts(&form, "body", "username=a&password=b&grant_type=",
                 FAULT("string_pattern_mismatch", "\"body\",\"grant_type\"",
                       "String should match pattern 'password'",
                       "\"\",\"ctx\":{\"pattern\":\"password\"}"));
}

static void shows_no_secret(void **unused)
{
    struct text_value values[] = { { LIT("username"), LIT("a") },
                                   { LIT("password"), LIT("TOP\0SECRET") } };
    struct trial      t = trial_texts(&form, "body", values, 2);

    (void)unused;
    assert_string_equal(t.answer.at,
                        FAULT("value_error", "\"body\",\"password\"",
                              "Value error, must not contain U+0000",
                              "null,\"ctx\":{\"error\":{}}"));
    trial_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_query),  cmocka_unit_test(refuses_a_query),
        cmocka_unit_test(reads_a_form),   cmocka_unit_test(refuses_a_form),
        cmocka_unit_test(shows_no_secret),
    };

    assert_sound(&query, SCHEMA_PARAMETERS);
    assert_sound(&form, SCHEMA_FORM);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
