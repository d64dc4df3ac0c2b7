/* test_openapi.c: the document of a toy API, and that of the service beside FastAPI's, read with
 * another JSON library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/openapi.h"
#include "auth/auth.h"
#include "toy.h"

static const struct problem_row  auth_problems[] = { AUTH_PROBLEMS(PROBLEM_ROW) { 0 } };
static const struct route_group  auth_groups[] = { { "A", account_routes }, { "O", operation_routes }, { "B", benchmark_routes }, { 0 } };
static const struct api          auth_api = {
    .title = "Postern", .version = "1", .groups = auth_groups, .problems = auth_problems, .authenticate = authenticate_user, .token_url = "token",
};

static json_t *document_of(const struct api *api)
{
    char             text[256];
    struct buf       why = buf_fixed(text, sizeof text - 1), out = buf_growing(1 << 20);
    struct endpoints e;
    json_error_t     error;

    if (!endpoints_open(&e, api, toy_all_on, NULL, &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    openapi_write(&e, &out);
    assert_false(out.failed);
    json_t *document = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("%s at %d", error.text, error.position);
    buf_close(&out);
    endpoints_close(&e);
    return document;
}

/* What stands at a place such as "paths|/items|get"; a failure when nothing does. */
static json_t *at(json_t *document, const char *place)
{
    struct str rest = str_of(place);

    while (rest.at && document) {
        char       name[128];
        struct str step = str_cut(&rest, '|');
        snprintf(name, sizeof name, "%.*s", STR_ARG(step));
        document = json_is_array(document) ? json_array_get(document, (size_t)(name[0] - '0')) : json_object_get(document, name);
    }
    if (!document)
        fail_msg("nothing at %s", place);
    return document;
}

static void is(json_t *document, const char *place, const char *expected)
{
    char *text = json_dumps(at(document, place), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s, not %s", place, text, expected);
    free(text);
}

static void is_absent(json_t *document, const char *place, const char *name)
{
    if (json_object_get(at(document, place), name))
        fail_msg("%s has %s", place, name);
}

/* ---- The toy ---------------------------------------------------------------------------- */

static void heads(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "openapi", "\"3.1.0\"");
    is(d, "info", "{\"description\":\"Two groups.\",\"title\":\"Toy\",\"version\":\"1\"}");
    assert_int_equal(json_object_size(at(d, "paths")), 5);
    json_decref(d);
}

static void names_and_ids(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/items/{item_id}|put|operationId", "\"put_item_items__item_id__put\"");
    is(d, "paths|/items/{item_id}|put|summary", "\"Put Item\"");
    is(d, "paths|/items/{item_id}|put|description", "\"Put an item.\"");
    is(d, "paths|/items/{item_id}|put|tags", "[\"Items\"]");
    is(d, "paths|/items/{item_id}|delete|operationId", "\"drop_item_items__item_id__delete\"");
    is(d, "paths|/items|get|operationId", "\"list_items_items_get\"");
    is_absent(d, "paths|/token|post", "tags");
    json_decref(d);
}

static void parameters(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/items/{item_id}|put|parameters|0",
       "{\"description\":\"Which.\",\"in\":\"path\",\"name\":\"item_id\",\"required\":true,"
       "\"schema\":{\"description\":\"Which.\",\"minimum\":1,\"title\":\"Item Id\",\"type\":\"integer\"}}");
    is(d, "paths|/items/{item_id}|put|parameters|1",
       "{\"in\":\"query\",\"name\":\"limit\",\"required\":false,"
       "\"schema\":{\"default\":10,\"maximum\":100,\"title\":\"Limit\",\"type\":\"integer\"}}");
    assert_int_equal(json_array_size(at(d, "paths|/items/{item_id}|put|parameters")), 3);
    assert_int_equal(json_array_size(at(d, "paths|/items/{item_id}|delete|parameters")), 1);
    is_absent(d, "paths|/token|post", "parameters");
    json_decref(d);
}

static void bodies(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/items/{item_id}|put|requestBody",
       "{\"content\":{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/ToyIn\"}}},\"required\":true}");
    is(d, "paths|/token|post|requestBody",
       "{\"content\":{\"application/x-www-form-urlencoded\":{\"schema\":{\"$ref\":\"#/components/schemas/Body_log_in_token_post\"}}},"
       "\"required\":true}");
    is(d, "components|schemas|Body_log_in_token_post|title", "\"Body_log_in_token_post\"");
    is(d, "components|schemas|Body_log_in_token_post|required", "[\"username\",\"password\"]");
    is_absent(d, "paths|/items|get", "requestBody");
    is_absent(d, "components|schemas", "ToyLogin");
    json_decref(d);
}

/* Beside the plain row: what it may answer, and its line; the form stays that of the plain one. */
static void a_variant(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/token|post|description", "\"Log in.\\n\\nRenew.\"");
    is(d, "paths|/token|post|responses|409|content|application/json|examples|Item is gone|value|error", "\"gone\"");
    is_absent(d, "components|schemas", "Body_renew_token_post");
    json_decref(d);
}

static void answers(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/items/{item_id}|put|responses|200|content|application/json|schema", "{\"$ref\":\"#/components/schemas/ToyOut\"}");
    is(d, "paths|/token|post|responses|201|content|application/json|schema", "{\"$ref\":\"#/components/schemas/ToyToken\"}");
    is_absent(d, "paths|/token|post|responses", "200");
    is(d, "paths|/items/{item_id}|delete|responses|204", "{\"description\":\"Successful Response\"}");
    /* A map without a name around it stands where it is answered, and is no component. */
    is(d, "paths|/counts|get|responses|200|content|application/json|schema|additionalProperties", "{\"type\":\"integer\"}");
    is(d, "paths|/counts|get|responses|200|content|application/json|schema|title", "\"Response Count Items Counts Get\"");
    is_absent(d, "components|schemas", "ToyCounts");
    is(d, "components|schemas|ToyPage|properties|items|items", "{\"$ref\":\"#/components/schemas/ToyOut\"}");
    json_decref(d);
}

static size_t count_statuses(json_t *d, const char *place)
{
    return json_object_size(at(d, place));
}

static void problems(void **state)
{
    json_t *d = document_of(&toy_api);

    (void)state;
    is(d, "paths|/items/{item_id}|put|responses|409|content|application/json|schema", "{\"$ref\":\"#/components/schemas/Problem\"}");
    is(d, "paths|/items/{item_id}|put|responses|409|content|application/json|examples",
       "{\"Item is gone\":{\"value\":{\"detail\":\"Item is gone\",\"error\":\"gone\",\"error_description\":\"Item is gone\"}},"
       "\"Item is taken\":{\"value\":{\"detail\":\"Item is taken\"}}}");
    is(d, "paths|/items/{item_id}|put|responses|401|content|application/json|examples",
       "{\"Could not validate credentials\":{\"value\":{\"detail\":\"Could not validate credentials\"}},"
       "\"Not authenticated\":{\"value\":{\"detail\":\"Not authenticated\"}}}");
    is(d, "paths|/items/{item_id}|put|responses|422|content|application/json|schema",
       "{\"$ref\":\"#/components/schemas/HTTPValidationError\"}");
    /* 200, 400, 401, 409, 415, 422, 503: what can happen, and nothing else. */
    assert_int_equal(count_statuses(d, "paths|/items/{item_id}|put|responses"), 7);
    assert_int_equal(count_statuses(d, "paths|/items/{item_id}|delete|responses"), 3);
    assert_int_equal(count_statuses(d, "paths|/items/newest|get|responses"), 1);
    assert_int_equal(count_statuses(d, "paths|/items|get|responses"), 3);
    is(d, "paths|/items|get|responses|503|description", "\"Service Unavailable\"");
    json_decref(d);
}

static void security(void **state)
{
    json_t    *d = document_of(&toy_api);
    struct api without = toy_api;

    (void)state;
    is(d, "paths|/items/{item_id}|put|security", "[{\"OAuth2PasswordBearer\":[]}]");
    is_absent(d, "paths|/items|get", "security");
    is(d, "components|securitySchemes",
       "{\"OAuth2PasswordBearer\":{\"flows\":{\"password\":{\"scopes\":{},\"tokenUrl\":\"token\"}},\"type\":\"oauth2\"}}");
    json_decref(d);
    without.token_url = NULL;
    d = document_of(&without);
    is_absent(d, "components", "securitySchemes");
    json_decref(d);
}

/* Every reference leads somewhere, and every component is named as its title says. */
static void check_references(json_t *document, json_t *value)
{
    const char *name;
    json_t     *inner;
    size_t      i;

    json_array_foreach(value, i, inner)
        check_references(document, inner);
    json_object_foreach(value, name, inner) {
        if (strcmp(name, "$ref") == 0)
            assert_true(str_starts(str_of(json_string_value(inner)), LIT("#/components/schemas/")) &&
                        json_object_get(at(document, "components|schemas"), strrchr(json_string_value(inner), '/') + 1));
        check_references(document, inner);
    }
}

static void references(void **state)
{
    const struct api *const apis[] = { &toy_api, &auth_api };
    const char             *name;
    json_t                 *schema;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *d = document_of(apis[i]);
        check_references(d, d);
        json_object_foreach(at(d, "components|schemas"), name, schema)
            assert_string_equal(json_string_value(json_object_get(schema, "title")), name);
        json_decref(d);
    }
}

/* ---- The service, beside FastAPI's ------------------------------------------------------ */

static json_t *golden(void)
{
    json_error_t error;
    json_t      *d = json_load_file("tests/golden/openapi.json", 0, &error);

    if (!d)
        fail_msg("%s (run me in the project's folder)", error.text);
    return d;
}

/* A text may go on where FastAPI's ends. */
static void begins(json_t *ours, json_t *theirs, const char *what, const char *member)
{
    struct str a = str_of(json_string_value(json_object_get(ours, member)));
    struct str b = str_of(json_string_value(json_object_get(theirs, member)));

    if (b.at && !str_starts(a, b))
        fail_msg("%s %s: %.*s, not %.*s", what, member, STR_ARG(a), STR_ARG(b));
}

static void equals(json_t *ours, json_t *theirs, const char *what, const char *member)
{
    json_t *a = json_object_get(ours, member), *b = json_object_get(theirs, member);

    if (!b && !a)
        return;
    if (!json_equal(a, b))
        fail_msg("%s %s: %s, not %s", what, member, a ? json_dumps(a, JSON_ENCODE_ANY) : "nothing", b ? json_dumps(b, JSON_ENCODE_ANY) : "nothing");
}

static void every_operation_is_there(void **state)
{
    json_t     *ours = document_of(&auth_api), *theirs = golden(), *item, *operation;
    const char *path, *method, *status;
    json_t     *response;
    int         seen = 0;

    (void)state;
    json_object_foreach(json_object_get(theirs, "paths"), path, item)
        json_object_foreach(item, method, operation) {
            char place[128];
            snprintf(place, sizeof place, "paths|%s|%s", path, method);
            json_t *mine = at(ours, place);
            equals(mine, operation, place, "operationId");
            equals(mine, operation, place, "summary");
            begins(mine, operation, place, "description");
            equals(mine, operation, place, "requestBody");
            equals(mine, operation, place, "security");
            equals(mine, operation, place, "parameters");
            json_object_foreach(json_object_get(operation, "responses"), status, response)
                equals(json_object_get(mine, "responses"), json_object_get(operation, "responses"), place, status);
            seen++;
        }
    assert_int_equal(seen, 4);
    json_decref(ours);
    json_decref(theirs);
}

/* Types, formats, titles and defaults of every member are FastAPI's; bounds and words may be
 * added. */
static void compare_member(const char *schema, const char *name, json_t *ours, json_t *theirs)
{
    static const char *const same[] = { "type", "format", "title", "default", "minLength", "items" };
    char                     what[128];

    snprintf(what, sizeof what, "%s.%s", schema, name);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (json_object_get(theirs, same[i]))
            equals(ours, theirs, what, same[i]);
    assert_int_equal(json_array_size(json_object_get(ours, "anyOf")), json_array_size(json_object_get(theirs, "anyOf")));
}

static void compare_required(const char *name, json_t *ours, json_t *theirs)
{
    json_t *one;
    size_t  i, j;

    json_array_foreach(theirs, i, one) {
        for (j = 0; j < json_array_size(ours) && !json_equal(json_array_get(ours, j), one);)
            j++;
        if (j == json_array_size(ours))
            fail_msg("%s does not require %s", name, json_string_value(one));
    }
}

static void every_schema_is_there(void **state)
{
    json_t     *ours = document_of(&auth_api), *theirs = golden(), *schema, *member;
    const char *name, *property;

    (void)state;
    json_object_foreach(at(theirs, "components|schemas"), name, schema) {
        json_t *mine = json_object_get(at(ours, "components|schemas"), name);
        if (!mine)
            fail_msg("no %s", name);
        equals(mine, schema, name, "type");
        equals(mine, schema, name, "title");
        size_t more = strcmp(name, "TokenResponse") == 0 ? 2 : 0;   /* the refresh token, and how long it is good */
        assert_int_equal(json_object_size(json_object_get(mine, "properties")),
                         json_object_size(json_object_get(schema, "properties")) + more);
        json_object_foreach(json_object_get(schema, "properties"), property, member)
            compare_member(name, property, json_object_get(json_object_get(mine, "properties"), property), member);
        compare_required(name, json_object_get(mine, "required"), json_object_get(schema, "required"));
    }
    equals(json_object_get(ours, "components"), json_object_get(theirs, "components"), "components", "securitySchemes");
    json_decref(ours);
    json_decref(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(names_and_ids),
        cmocka_unit_test(parameters),
        cmocka_unit_test(bodies),
        cmocka_unit_test(answers),
        cmocka_unit_test(a_variant),
        cmocka_unit_test(problems),
        cmocka_unit_test(security),
        cmocka_unit_test(references),
        cmocka_unit_test(every_operation_is_there),
        cmocka_unit_test(every_schema_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
