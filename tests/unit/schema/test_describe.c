/* test_describe.c: schemas as JSON Schema.  Where Pydantic knows the rule, the text is FastAPI's,
 * apart from bounds of integers, which it writes as 1.0. */
#include "schema/describe.h"

#include "everything.h"
#include "trial.h"

struct user_create {
    struct str email, password;
};

static const struct schema user_create = SCHEMA(user_create,
    FIELD(user_create, email, .format = EMAIL),
    FIELD(user_create, password, .min_chars = 8, .max_chars = 1024, .secret = true));

struct token_response {
    struct str access_token, token_type;
    int64_t    expires_in;
};

static const struct schema token_response = SCHEMA(token_response,
    FIELD(token_response, access_token, .credential = true),
    FIELD(token_response, token_type, .always = "bearer"),
    FIELD(token_response, expires_in, .doc = "Seconds", .example = " 1800 "));

struct Body_login {
    struct str grant_type, scope;
};

static const struct schema body_login = SCHEMA(Body_login,
    FIELD(Body_login, grant_type, .pattern = PATTERN("password"), .max_bytes = 9, .optional = true),
    FIELD(Body_login, scope, .max_bytes = 9, .preset = "\"\""));

struct whole {
    LIST_OF(struct inner) all;
};

static const struct schema whole = {
    .name = "whole", .size = sizeof(struct whole), .doc = "All of them.",
    .fields = (const struct field[]){
        LISTED(whole, all, struct inner, ITEM_OBJECT(inner, inner_schema), .max_items = 3,
               .root = true),
        { 0 },
    },
};

static void assert_schema(const struct schema *s, enum describe_use use, const char *want)
{
    struct buf         out = buf_growing(TRIAL_BYTES);
    struct json_writer w = json_writer(&out);

    describe_schema(s, use, &w);
    buf_add_char(&out, 0);
    assert_string_equal(out.at, want);
    buf_close(&out);
}

static void names(void **unused)
{
    static const struct { const char *tag, *name, *title; } cases[] = {
        { "user_create", "UserCreate", "User Create" },
        { "created_at", "CreatedAt", "Created At" },
        { "id", "Id", "Id" },
        { "oauth2_url", "Oauth2Url", "Oauth2 Url" },
        { "a1b_c", "A1bC", "A1B C" },
        { "Body_login", "Body_login", "Body Login" },
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char       memory[2][100];
        struct buf name = buf_fixed(memory[0], 100), title = buf_fixed(memory[1], 100);
        describe_name(&name, cases[i].tag);
        describe_title(&title, cases[i].tag);
        assert_true(str_eq(buf_str(&name), str_of(cases[i].name)));
        assert_true(str_eq(buf_str(&title), str_of(cases[i].title)));
    }
}

static void requests(void **unused)
{
    (void)unused;
    assert_schema(
        &user_create, DESCRIBE_IN,
        "{\"properties\":{\"email\":{\"type\":\"string\",\"format\":\"email\",\"title\":\"Email\"},"
        "\"password\":{\"type\":\"string\",\"maxLength\":1024,\"minLength\":8,\"format\":"
        "\"password\","
        "\"title\":\"Password\",\"writeOnly\":true}},\"type\":\"object\",\"required\":[\"email\","
        "\"password\"],\"title\":\"UserCreate\"}");
    assert_schema(&body_login, DESCRIBE_IN,
                  "{\"properties\":{\"grant_type\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":"
                  "\"password\"},"
                  "{\"type\":\"null\"}],\"title\":\"Grant "
                  "Type\"},\"scope\":{\"type\":\"string\",\"title\":\"Scope\","
                  "\"default\":\"\"}},\"type\":\"object\",\"title\":\"Body_login\"}");
    assert_schema(&inner_schema, DESCRIBE_IN,
                  "{\"properties\":{\"sku\":{\"type\":\"string\",\"maxLength\":8,\"title\":\"Sku\"}"
                  ",\"count\":"
                  "{\"type\":\"integer\",\"maximum\":100,\"minimum\":1,\"title\":\"Count\"}},"
                  "\"type\":\"object\","
                  "\"required\":[\"sku\",\"count\"],\"title\":\"Inner\"}");
}

static void answers(void **unused)
{
    (void)unused;
    assert_schema(&token_response, DESCRIBE_OUT,
        "{\"properties\":{\"access_token\":{\"type\":\"string\",\"title\":\"Access Token\"},"
        "\"token_type\":{\"type\":\"string\",\"title\":\"Token Type\",\"default\":\"bearer\"},"
        "\"expires_in\":{\"type\":\"integer\",\"title\":\"Expires In\",\"description\":\"Seconds\","
        "\"examples\":[1800]}},\"type\":\"object\",\"required\":[\"access_token\",\"expires_in\"],"
        "\"title\":\"TokenResponse\"}");
    assert_schema(&whole, DESCRIBE_OUT,
        "{\"items\":{\"$ref\":\"#/components/schemas/Inner\"},\"type\":\"array\",\"maxItems\":3,"
        "\"title\":\"Whole\",\"description\":\"All of them.\"}");
}

static const struct field *row(const char *name)
{
    const struct field *f = everything.fields;

    while (strcmp(f->name, name) != 0)
        f++;
    return f;
}

static void every_kind(void **unused)
{
    static const struct { const char *row, *want;
    } cases[] = {
        { "i", "{\"type\":\"integer\",\"maximum\":1000,\"minimum\":0,\"default\":1}" },
        { "g", "{\"type\":\"number\",\"maximum\":2.0,\"minimum\":0.5,\"default\":1}" },
        { "b", "{\"type\":\"boolean\",\"default\":false}" },
        { "c", "{\"type\":\"string\",\"enum\":[\"red\",\"green\"],\"default\":\"red\"}" },
        { "one", "{\"type\":\"string\",\"enum\":[\"one\"],\"const\":\"one\",\"default\":\"one\"}" },
        { "u",
          "{\"anyOf\":[{\"type\":\"string\",\"maxLength\":2083,\"minLength\":1,\"format\":\"uri\"},"
          "{\"type\":\"null\"}]}" },
        { "t", "{\"anyOf\":[{\"type\":\"string\",\"format\":\"date-time\"},{\"type\":\"null\"}]}" },
        { "l", "{\"items\":{\"type\":\"string\",\"maxLength\":3},\"type\":\"array\",\"maxItems\":2,"
               "\"default\":[]}" },
        { "lm",
          "{\"items\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]},\"type\":\"array\","
          "\"maxItems\":3,\"default\":[]}" },
        { "m", "{\"additionalProperties\":{\"type\":\"integer\"},\"type\":\"object\","
               "\"maxProperties\":100,\"propertyNames\":{\"maxLength\":64},\"default\":{}}" },
        { "mo", "{\"anyOf\":[{\"additionalProperties\":{\"$ref\":\"#/components/schemas/Inner\"},"
                "\"type\":\"object\",\"maxProperties\":2,\"propertyNames\":{\"maxLength\":64}},"
                "{\"type\":\"null\"}]}" },
        { "o", "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Inner\"},{\"type\":\"null\"}]}" },
        { "in",
          "{\"$ref\":\"#/components/schemas/Inner\",\"default\":{\"sku\":\"none\",\"count\":1}}" },
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf         out = buf_growing(TRIAL_BYTES);
        struct json_writer w = json_writer(&out);
        describe_field(row(cases[i].row), NULL, &w);
        buf_add_char(&out, 0);
        assert_string_equal(out.at, cases[i].want);
        buf_close(&out);
    }
}

static void count_visit(void *context, const struct schema *s)
{
    size_t *counts = context;

    counts[s == &inner_schema]++;
    assert_true(s == &inner_schema || s == &everything);
}

static void nested(void **unused)
{
    size_t counts[2] = { 0 };

    (void)unused;
    describe_nested(&everything, count_visit, counts);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),      cmocka_unit_test(requests), cmocka_unit_test(answers),
        cmocka_unit_test(every_kind), cmocka_unit_test(nested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
