/* test_endpoints.c: unsound tables are refused with one clear line; requests find their route. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "toy.h"

/* ---- Refusals --------------------------------------------------------------------------- */

struct two { int64_t a, b; };
struct text { struct str text; };

static const struct schema two = SCHEMA(two, FIELD(two, a), FIELD(two, b));
static const struct schema just_a = SCHEMA(toy_path, FIELD(toy_path, item_id));
static const struct schema leaks = SCHEMA(text, FIELD(text, text, .secret = true));
static const struct schema endless = SCHEMA(text, FIELD(text, text));
static const struct schema wrong_size = {
    "two", sizeof(struct two), (const struct field[]){ { .name = "a", .at = 0, .size = 4, .kind = INT }, { 0 } }, NULL
};
static const struct schema gives_credential = SCHEMA(text, FIELD(text, text, .max_chars = 5, .credential = true));

static problem nothing(struct call *c)
{
    (void)c;
    return OK;
}

#define ROW(METHOD, PATH, ...)                                                                     \
    { .method = METHOD, .path = PATH, .run = nothing, .name = "nothing", .doc = "x", __VA_ARGS__ }

/* `expected` stands in the one line that the routes are refused with; NULL: they are not. */
static void opens(const struct api *api, const char *expected)
{
    char             text[512] = "";
    struct buf       why = buf_fixed(text, sizeof text - 1);
    struct endpoints e;
    bool             opened = endpoints_open(&e, api, toy_all_on, NULL, &why);

    if (opened)
        endpoints_close(&e);
    if (opened != !expected)
        fail_msg("opened %d, wanted %s; said '%s'", opened, expected ? expected : "to", text);
    if (expected && (!strstr(text, expected) || strchr(text, '\n') || why.failed))
        fail_msg("'%s' is not one line with '%s'", text, expected);
    if (!expected)
        assert_int_equal(why.len, 0);
}

static void routes_open(const struct route *routes, const char *expected)
{
    const struct route_group groups[] = { { NULL, routes }, { 0 } };
    struct api               api = toy_api;

    api.groups = groups;
    opens(&api, expected);
}

#define REFUSES(expected, ...) routes_open((const struct route[]){ __VA_ARGS__, { 0 } }, expected)
#define ACCEPTS(...) routes_open((const struct route[]){ __VA_ARGS__, { 0 } }, NULL)

static void what_a_row_says(void **state)
{
    (void)state;
    ACCEPTS(ROW(GET, "/a"));
    ACCEPTS(ROW(GET, "/"));
    REFUSES("begins with '/'", ROW(GET, "a"));
    REFUSES("begins with '/'", ROW(GET, ""));
    REFUSES("no handler", { .method = GET, .path = "/a", .name = "x", .doc = "x" });
    REFUSES("no .doc", { .method = GET, .path = "/a", .run = nothing, .name = "x" });
    REFUSES("no body", ROW(GET, "/a", .in = &toy_in));
    REFUSES("no body", ROW(HEAD, "/a", .in = &toy_in));
    REFUSES("without a row", ROW(GET, "/a", .problems = { ITEM_TAKEN, 99 }));
    ACCEPTS(ROW(GET, "/a", .problems = { ITEM_TAKEN, NOT_FOUND }));
}

static void a_refusal_names_its_route(void **state)
{
    (void)state;
    REFUSES("GET /far/away", ROW(GET, "/ok"), { .method = GET, .path = "/far/away", .run = nothing, .name = "x" });
    REFUSES("PUT /far/away", { .method = PUT, .path = "/far/away", .run = nothing, .name = "x" });
    REFUSES("DELETE /far/away", { .method = DELETE, .path = "/far/away", .run = nothing, .name = "x" });
}

static void signed_in_needs_authenticate(void **state)
{
    const struct route       routes[] = { ROW(GET, "/a", .who = SIGNED_IN), { 0 } };
    const struct route_group groups[] = { { NULL, routes }, { 0 } };
    struct api               api = { .title = "x", .version = "1", .groups = groups };

    (void)state;
    opens(&api, "authenticate");
    api.authenticate = toy_authenticate;
    opens(&api, NULL);
}

static void schemas(void **state)
{
    (void)state;
    REFUSES("secret", ROW(GET, "/a", .out = &leaks));
    REFUSES("max", ROW(POST, "/a", .in = &endless));
    REFUSES("max", ROW(GET, "/a", .query = &endless));
    REFUSES("max", ROW(POST, "/a", .in = &endless, .form = true));
    ACCEPTS(ROW(GET, "/a", .out = &endless));
    REFUSES("large", ROW(GET, "/a", .out = &wrong_size));
    REFUSES("large", ROW(POST, "/a", .in = &wrong_size));
    REFUSES("credential", ROW(POST, "/a", .in = &gives_credential));
    REFUSES("root", ROW(GET, "/a", .query = &toy_counts));
}

static void parameters(void **state)
{
    (void)state;
    ACCEPTS(ROW(GET, "/{item_id}", .path_parameters = &just_a));
    REFUSES("{name}", ROW(GET, "/{item_id}"));
    REFUSES("{name}", ROW(GET, "/{other}", .path_parameters = &just_a));
    REFUSES("does not have", ROW(GET, "/a", .path_parameters = &just_a));
    REFUSES("does not have", ROW(GET, "/{a}", .path_parameters = &two));
    REFUSES("twice", ROW(GET, "/{a}/{a}", .path_parameters = &two));
    REFUSES("twice", ROW(GET, "/{item_id}/{item_id}", .path_parameters = &just_a));
    REFUSES("too many", ROW(GET, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", .path_parameters = &two));
}

/* A brace that is not a whole segment would be a literal that nobody meant. */
static void stray_braces(void **state)
{
    static const char *const paths[] = { "/{}", "/x{item_id}", "/{item_id}x", "/{item_id", "/item_id}", "/{{item_id}}", "/{item_id}{a}" };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        REFUSES("{name}", ROW(GET, paths[i], .path_parameters = &just_a));
        REFUSES("{name}", ROW(GET, paths[i]));
    }
}

static void two_routes_for_one_request(void **state)
{
#define AT(p) ROW(GET, p)
#define BY(p) ROW(GET, p, .path_parameters = &just_a)
    (void)state;
    REFUSES("two routes", AT("/a"), AT("/a"));
    REFUSES("two routes", BY("/{item_id}"), BY("/{item_id}"));
    REFUSES("two routes", BY("/a/{item_id}"), BY("/{item_id}/b"));
    REFUSES("two routes", BY("/{item_id}/b"), AT("/x/b"), BY("/a/{item_id}"));
    ACCEPTS(AT("/a"), ROW(POST, "/a"));
    ACCEPTS(AT("/a"), AT("/a/"), AT("/a/b"), AT("/ab"));
    ACCEPTS(BY("/a/{item_id}"), AT("/a/new"), BY("/b/{item_id}"));
    ACCEPTS(BY("/a/{item_id}"), BY("/a/{item_id}/b"));
}

static bool none_on(void *context, const char *name)
{
    assert_string_equal(name, "counts");
    ++*(int *)context;
    return false;
}

static const struct schema chooses = SCHEMA(text, FIELD(text, text, .max_chars = 5));
static const struct schema refuses_as = SCHEMA(text, FIELD(text, text, .max_chars = 5, .refused_as = ITEM_GONE));

static const struct schema refuses_as_none = SCHEMA(text, FIELD(text, text, .max_chars = 5, .refused_as = 99));

#define FORM(...) ROW(POST, "/a", .in = &chooses, .form = true, __VA_ARGS__)

static void variants(void **state)
{
    (void)state;
    ACCEPTS(FORM(.status = 200), FORM(.status = 200, .when = { "text", "x" }));
    ACCEPTS(FORM(.status = 200), FORM(.status = 200, .when = { "text", "x" }), FORM(.status = 200, .when = { "text", "y" }));
    REFUSES("two routes", FORM(.status = 200), FORM(.status = 200, .when = { "text", "x" }), FORM(.status = 200, .when = { "text", "x" }));
    REFUSES("two routes", FORM(.status = 200), FORM(.status = 200, .when = { "text", "x" }), FORM(.status = 200));
    REFUSES("two routes", ROW(POST, "/a", .in = &chooses), FORM(.when = { "text", "x" }));
    REFUSES("before it", FORM(.when = { "text", "x" }));
    REFUSES("before it", ROW(PUT, "/a", .in = &chooses, .form = true), FORM(.when = { "text", "x" }));
    REFUSES("before it", ROW(POST, "/b", .in = &chooses, .form = true), FORM(.when = { "text", "x" }));
    REFUSES("another answer", FORM(.status = 200), FORM(.status = 201, .when = { "text", "x" }));
    REFUSES("another answer", FORM(.status = 200), FORM(.status = 200, .when = { "text", "x" }, .out = &toy_out));
    REFUSES(".when names no field", FORM(.status = 200), FORM(.status = 200, .when = { "other", "x" }));
    REFUSES(".when names no field", FORM(.status = 200), FORM(.status = 200, .when = { "text", NULL }));
    REFUSES(".when names no field", FORM(.status = 200), ROW(POST, "/a", .in = &chooses, .when = { "text", "x" }));
}

static void what_a_fault_is_taken_for(void **state)
{
    (void)state;
    ACCEPTS(ROW(POST, "/a", .in = &refuses_as, .form = true));
    ACCEPTS(ROW(GET, "/a", .query = &refuses_as));
    REFUSES(".refused_as", ROW(POST, "/a", .in = &refuses_as));     /* not in JSON */
    REFUSES("without a row", ROW(POST, "/a", .in = &refuses_as_none, .form = true));
    REFUSES("without a row", ROW(GET, "/a", .query = &refuses_as_none));
}

static void options_leave_routes_out(void **state)
{
    char             text[256];
    struct buf       why = buf_fixed(text, sizeof text);
    struct endpoints all, some;
    int              asked = 0;

    (void)state;
    assert_true(endpoints_open(&all, &toy_api, toy_all_on, NULL, &why));
    assert_true(endpoints_open(&some, &toy_api, none_on, &asked, &why));
    assert_int_equal(asked, 1);
    assert_int_equal(all.count, 7);
    assert_int_equal(some.count, 6);
    assert_non_null(endpoints_match(&all, HTTP_GET, LIT("/counts")).endpoint);
    assert_int_equal(endpoints_match(&some, HTTP_GET, LIT("/counts")).allowed, 0);
    for (size_t i = 0; i < some.count; i++)
        assert_int_equal(some.rows[i].index, i);
    endpoints_close(&all);
    endpoints_close(&some);
}

static void too_many_routes(void **state)
{
    static char  paths[ENDPOINTS_MAX + 1][16];
    struct route routes[ENDPOINTS_MAX + 2] = { 0 };

    (void)state;
    for (int i = 0; i <= ENDPOINTS_MAX; i++) {
        snprintf(paths[i], sizeof paths[i], "/%d", i);
        routes[i] = (struct route)ROW(GET, paths[i]);
    }
    routes_open(routes, "too many routes");
    routes[ENDPOINTS_MAX] = (struct route){ 0 };
    routes_open(routes, NULL);
}

/* ---- What follows from a row ------------------------------------------------------------ */

static struct endpoints open_routes(const struct route *routes, struct api *api, struct route_group groups[2])
{
    char             text[256];
    struct buf       why = buf_fixed(text, sizeof text);
    struct endpoints e;

    groups[0] = (struct route_group){ "G", routes };
    groups[1] = (struct route_group){ 0 };
    *api = toy_api;
    api->groups = groups;
    if (!endpoints_open(&e, api, toy_all_on, NULL, &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    return e;
}

static void statuses_and_storing(void **state)
{
    const struct route routes[] = {
        ROW(GET, "/none"), ROW(GET, "/out", .out = &toy_out), ROW(GET, "/said", .status = 202, .out = &toy_out),
        ROW(GET, "/mine", .who = SIGNED_IN, .out = &toy_out), ROW(GET, "/token", .out = &toy_token), { 0 },
    };
    static const int   statuses[] = { 204, 200, 202, 200, 200 };
    static const bool  private[] = { false, false, false, true, true };
    struct api         api;
    struct route_group groups[2];
    struct endpoints   e = open_routes(routes, &api, groups);

    (void)state;
    for (size_t i = 0; i < e.count; i++) {
        assert_int_equal(e.rows[i].status, statuses[i]);
        assert_int_equal(e.rows[i].no_store, private[i]);
        assert_string_equal(e.rows[i].group, "G");
    }
    endpoints_close(&e);
}

static void problems_have_rows(void **state)
{
    struct endpoints e = { .api = &toy_api };

    (void)state;
    assert_int_equal(endpoints_problem(&e, ITEM_GONE)->status, 409);
    assert_int_equal(endpoints_problem(&e, UNAVAILABLE)->status, 503);
    assert_int_equal(endpoints_problem(&e, BAD_TOKEN)->status, 401);
    assert_int_equal(endpoints_problem(&e, 4711)->status, 500);
    assert_int_equal(endpoints_problem(&e, NO_ROW)->status, 500);
}

/* ---- Matching --------------------------------------------------------------------------- */

static const struct route few[] = {
    ROW(GET, "/a/{item_id}", .path_parameters = &just_a),
    ROW(GET, "/a/new"),
    ROW(DELETE, "/a/{item_id}", .path_parameters = &just_a),
    ROW(POST, "/a"),
    ROW(GET, "/{a}/{b}/c", .path_parameters = &two),
    ROW(GET, "/"),
    ROW(GET, "/slash/"),
    ROW(GET, "/b/new"),     /* whichever comes first in the table */
    ROW(GET, "/b/{item_id}", .path_parameters = &just_a),
    { 0 },
};

struct found { struct endpoints e; struct api api; struct route_group groups[2]; };

static void finds(const struct endpoints *e, enum http_method method, const char *path, const char *pattern)
{
    struct match m = endpoints_match(e, method, str_of(path));

    if (!pattern != !m.endpoint || (pattern && !str_eq(m.endpoint->path, str_of(pattern))))
        fail_msg("%s found %s, not %s", path, m.endpoint ? m.endpoint->route->path : "nothing", pattern ? pattern : "nothing");
}

static void literals_come_before_parameters(void **state)
{
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);

    (void)state;
    finds(&e, HTTP_GET, "/a/new", "/a/new");
    finds(&e, HTTP_GET, "/b/new", "/b/new");
    finds(&e, HTTP_GET, "/b/7", "/b/{item_id}");
    finds(&e, HTTP_GET, "/a/newer", "/a/{item_id}");
    finds(&e, HTTP_GET, "/a/7", "/a/{item_id}");
    finds(&e, HTTP_DELETE, "/a/new", "/a/{item_id}");
    finds(&e, HTTP_GET, "/x/y/c", "/{a}/{b}/c");
    finds(&e, HTTP_GET, "/", "/");
    finds(&e, HTTP_GET, "/slash/", "/slash/");
    endpoints_close(&e);
}

static void what_is_not_there(void **state)
{
    static const char *const paths[] = {
        "", "a", "/a/", "/a/7/", "//", "/a//", "//a", "/x//c", "//y/c", "/A/new", "/a/7/8", "/slash", "/a/{item_id}/", "*",
    };
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        finds(&e, HTTP_GET, paths[i], NULL);
        assert_int_equal(endpoints_match(&e, HTTP_GET, str_of(paths[i])).allowed, 0);
    }
    assert_null(endpoints_match(&e, HTTP_POST, LIT("/a\0")).endpoint);
    assert_null(endpoints_match(&e, HTTP_GET, (struct str){ 0 }).endpoint);
    endpoints_close(&e);
}

static void values_are_slices_in_order(void **state)
{
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);
    struct str       values[PATH_PARAMETERS_MAX], path = LIT("/x y/\xc3\xa9/c");
    struct match     m = endpoints_match(&e, HTTP_GET, path);

    (void)state;
    endpoint_values(m.endpoint, path, values);
    assert_true(str_eq(values[0], LIT("x y")));
    assert_true(str_eq(values[1], LIT("\xc3\xa9")));
    assert_true(str_eq(endpoint_parameter(m.endpoint, 0), LIT("a")));
    assert_true(str_eq(endpoint_parameter(m.endpoint, 1), LIT("b")));
    path = LIT("/a/{item_id}");
    endpoint_values(endpoints_match(&e, HTTP_GET, path).endpoint, path, values);
    assert_true(str_eq(values[0], LIT("{item_id}")));
    endpoints_close(&e);
}

static void allowed(const struct endpoints *e, enum http_method method, const char *path, const char *expected)
{
    char       text[128];
    struct buf b = buf_fixed(text, sizeof text - 1);

    endpoints_write_allow(endpoints_match(e, method, str_of(path)).allowed, &b);
    text[b.len] = 0;
    assert_string_equal(text, expected);
}

static void head_and_allow(void **state)
{
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);

    (void)state;
    finds(&e, HTTP_HEAD, "/a/new", "/a/new");
    finds(&e, HTTP_HEAD, "/a", NULL);
    finds(&e, HTTP_GET, "/a", NULL);
    finds(&e, HTTP_PUT, "/a/new", NULL);
    finds(&e, HTTP_OPTIONS, "/a/new", NULL);
    finds(&e, HTTP_OTHER_METHOD, "/a/new", NULL);
    allowed(&e, HTTP_PUT, "/a/7", "GET, HEAD, DELETE, OPTIONS");
    allowed(&e, HTTP_PUT, "/a/new", "GET, HEAD, DELETE, OPTIONS");
    allowed(&e, HTTP_GET, "/a", "POST, OPTIONS");
    allowed(&e, HTTP_HEAD, "/a", "POST, OPTIONS");
    allowed(&e, HTTP_GET, "/nowhere", "");
    endpoints_close(&e);
}

static void a_long_path(void **state)
{
    enum { LONG = 1 << 20 };
    char            *path = malloc(LONG);
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);

    (void)state;
    memset(path, 'x', LONG);
    memcpy(path, "/a/", 3);
    struct str   values[PATH_PARAMETERS_MAX];
    struct match m = endpoints_match(&e, HTTP_GET, (struct str){ path, LONG });
    assert_true(str_eq(m.endpoint->path, LIT("/a/{item_id}")));
    endpoint_values(m.endpoint, (struct str){ path, LONG }, values);
    assert_int_equal(values[0].len, LONG - 3);
    memset(path, '/', LONG);
    assert_int_equal(endpoints_match(&e, HTTP_GET, (struct str){ path, LONG }).allowed, 0);
    free(path);
    endpoints_close(&e);
}

/* The name of a parameter that is not there is a bug, not an empty name. */
static void a_parameter_beyond_the_last(void **state)
{
    struct found     f;
    struct endpoints e = open_routes(few, &f.api, f.groups);
    pid_t            child = fork();
    int              status;

    (void)state;
    if (child == 0) {
        fclose(stderr);
        (void)endpoint_parameter(&e.rows[0], 1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    endpoints_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_row_says),
        cmocka_unit_test(a_refusal_names_its_route),
        cmocka_unit_test(signed_in_needs_authenticate),
        cmocka_unit_test(schemas),
        cmocka_unit_test(parameters),
        cmocka_unit_test(stray_braces),
        cmocka_unit_test(two_routes_for_one_request),
        cmocka_unit_test(variants),
        cmocka_unit_test(what_a_fault_is_taken_for),
        cmocka_unit_test(options_leave_routes_out),
        cmocka_unit_test(too_many_routes),
        cmocka_unit_test(statuses_and_storing),
        cmocka_unit_test(problems_have_rows),
        cmocka_unit_test(literals_come_before_parameters),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(values_are_slices_in_order),
        cmocka_unit_test(head_and_allow),
        cmocka_unit_test(a_long_path),
        cmocka_unit_test(a_parameter_beyond_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
