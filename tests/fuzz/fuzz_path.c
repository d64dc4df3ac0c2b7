/* fuzz_path.c: any bytes as the path of a request, over a table with parameters and literals.
 *
 * Whatever is matched is the pattern once its parameters are filled in again, and nothing
 * matches closer. */
#include "api/endpoints.h"
#include "api/percent.h"
#include "base/check.h"
#include "base/utf8.h"

struct one { int64_t id; };
struct two { int64_t id; struct str name; };

static const struct schema one = SCHEMA(one, FIELD(one, id));
static const struct schema two = SCHEMA(two, FIELD(two, id), FIELD(two, name, .max_chars = 10));

static problem nothing(struct call *c)
{
    (void)c;
    return OK;
}

#define ROW(METHOD, PATH, ...) ROUTE(METHOD, PATH, nothing, .doc = "x", __VA_ARGS__)

static const struct route routes[] = {
    ROW(GET, "/", 0),
    ROW(GET, "/a", .does = READS),
    ROW(GET, "/a/", .does = READS),
    ROW(GET, "/a/{id}", .path_parameters = &one),
    ROW(GET, "/a/new", .does = READS),
    ROW(POST, "/a/{id}", .path_parameters = &one),
    ROW(DELETE, "/a/{id}/{name}", .path_parameters = &two),
    ROW(GET, "/{id}/x/{name}", .path_parameters = &two),
    ROW(GET, "/a/{id}/{name}/deep", .path_parameters = &two),
    { 0 },
};

static const struct route_group groups[] = { { "G", routes }, { 0 } };
static const struct api         api = { .title = "x", .version = "1", .groups = groups };

static bool all_on(void *context, const char *name)
{
    (void)context, (void)name;
    return true;
}

static bool is_parameter(struct str segment)
{
    return segment.len > 2 && segment.at[0] == '{';
}

/* The pattern with the values in the places of its parameters. */
static void fill_in(const struct endpoint *ep, struct str path, struct buf *out)
{
    struct str rest = ep->path, values[PATH_PARAMETERS_MAX];
    unsigned   n = 0;

    endpoint_values(ep, path, values);
    for (bool first = true; rest.at; first = false) {
        struct str segment = str_cut(&rest, '/');
        if (!first)
            buf_add_char(out, '/');
        if (is_parameter(segment)) {
            CHECK(values[n].len > 0 && str_find_byte(values[n], '/') == values[n].len);
            buf_add(out, values[n++]);
        } else {
            buf_add(out, segment);
        }
    }
    CHECK(n == ep->parameters);
}

static void check_method(const struct endpoints *e, enum http_method method, struct str path, struct buf *filled)
{
    struct match m = endpoints_match(e, method, path);

    if (!m.endpoint)
        return;
    CHECK(m.allowed & 1u << method);
    CHECK(m.endpoint->route->method == (enum method)(method == HTTP_HEAD ? HTTP_GET : method));
    buf_reset(filled);
    fill_in(m.endpoint, path, filled);
    CHECK(!filled->failed && str_eq(buf_str(filled), path));
    for (size_t i = 0; i < e->count; i++)
        if (str_eq(e->rows[i].path, path) && e->rows[i].route->method == m.endpoint->route->method && !e->rows[i].parameters)
            CHECK(m.endpoint == &e->rows[i]);
}

static void check_all(const struct endpoints *e, struct str path, struct buf *filled)
{
    struct match get = endpoints_match(e, HTTP_GET, path), head = endpoints_match(e, HTTP_HEAD, path);

    CHECK(get.endpoint == head.endpoint && get.allowed == head.allowed);
    for (int method = HTTP_OTHER_METHOD; method <= HTTP_OPTIONS; method++) {
        check_method(e, (enum http_method)method, path, filled);
        CHECK(endpoints_match(e, (enum http_method)method, path).allowed == get.allowed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str       raw = { (const char *)data, size }, path;
    struct arena     a = arena_new(1 << 22);
    struct buf       filled = buf_growing(1 << 22), why = buf_growing(1024);
    struct endpoints e;

    CHECK(endpoints_open(&e, &api, all_on, NULL, &why));
    check_all(&e, raw, &filled);
    if (percent_decode(raw, &a, &path)) {
        CHECK(utf8_valid(path) && path.len <= raw.len && str_find_byte(path, 0) == path.len);
        check_all(&e, path, &filled);
    }
    endpoints_close(&e);
    buf_close(&filled);
    buf_close(&why);
    arena_close(&a);
    return 0;
}
