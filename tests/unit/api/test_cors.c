/* test_cors.c: which origins may read an answer, and what a preflight is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/cors.h"
#include "api/endpoints.h"

static const struct str   two_origins[] = { { "https://a.example", 17 }, { "http://localhost:3000", 21 } };
static const struct str   any_origin[] = { { "*", 1 } };
static const struct str   star_and_more[] = { { "*", 1 }, { "https://a.example", 17 } };
static const struct cors  none, two = { two_origins, 2 }, any = { any_origin, 1 }, odd = { star_and_more, 2 };

#define EXPOSE "Access-Control-Expose-Headers: Retry-After, WWW-Authenticate\r\n"

static struct http_request from(const char *origin, const char *asks)
{
    struct http_request r = { .method = HTTP_OPTIONS };

    if (origin)
        r.headers[r.headers_count++] = (struct http_header){ LIT("Origin"), str_of(origin) };
    if (asks)
        r.headers[r.headers_count++] = (struct http_header){ LIT("Access-Control-Request-Method"), str_of(asks) };
    return r;
}

static void writes(const struct cors *c, const char *origin, const char *expected)
{
    char                text[1024];
    struct buf          b = buf_fixed(text, sizeof text - 1);
    struct http_request r = from(origin, NULL);

    cors_write(c, cors_allowed(c, &r), &b);
    text[b.len] = 0;
    assert_string_equal(text, expected);
}

static void nobody_unless_configured(void **state)
{
    (void)state;
    writes(&none, NULL, "");
    writes(&none, "https://a.example", "");
}

static void origins_that_are_configured(void **state)
{
    (void)state;
    writes(&two, "https://a.example", "Vary: Origin\r\nAccess-Control-Allow-Origin: https://a.example\r\n" EXPOSE);
    writes(&two, "http://localhost:3000", "Vary: Origin\r\nAccess-Control-Allow-Origin: http://localhost:3000\r\n" EXPOSE);
}

/* A cache must not give the answer of one origin to another: Vary is always said. */
static void origins_that_are_not(void **state)
{
    static const char *const others[] = {
        "https://b.example", "http://a.example", "https://a.example:443", "https://a.example.evil", "https://evil.a.example", "https://A.example",
        "https://a.example/", "null", "", "*", " https://a.example", "https://a.exampl",
    };

    (void)state;
    writes(&two, NULL, "Vary: Origin\r\n");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        writes(&two, others[i], "Vary: Origin\r\n");
}

static void all_origins(void **state)
{
    (void)state;
    writes(&any, "https://any.example", "Access-Control-Allow-Origin: *\r\n" EXPOSE);
    writes(&any, "null", "Access-Control-Allow-Origin: *\r\n" EXPOSE);
    writes(&any, NULL, "");
}

/* Credentials are for cookies; and a "*" beside others is an origin that nobody has. */
static void never_credentials(void **state)
{
    char                text[1024];
    struct buf          b = buf_fixed(text, sizeof text - 1);
    struct http_request r = from("https://a.example", "POST");

    (void)state;
    cors_write(&two, cors_allowed(&two, &r), &b);
    cors_write(&any, cors_allowed(&any, &r), &b);
    cors_write_preflight(&two, &r, ~0u, &b);
    assert_int_equal(str_find(buf_str(&b), LIT("Credentials")), b.len);
    writes(&odd, "https://other.example", "Vary: Origin\r\n");
}

/* Two Origin headers are nobody's. */
static void two_headers(void **state)
{
    struct http_request r = from("https://a.example", NULL);

    (void)state;
    r.headers[r.headers_count++] = (struct http_header){ LIT("origin"), LIT("https://a.example") };
    assert_null(cors_allowed(&two, &r));
}

static void preflights(const struct cors *c, const char *origin, const char *asks, const char *expected)
{
    char                text[1024];
    struct buf          b = buf_fixed(text, sizeof text - 1);
    struct http_request r = from(origin, asks);

    cors_write_preflight(c, &r, 1u << GET | 1u << HEAD | 1u << POST | 1u << OPTIONS, &b);
    text[b.len] = 0;
    assert_string_equal(text, expected);
}

static void a_preflight(void **state)
{
    static const char told[] = "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n"
                               "Access-Control-Allow-Headers: Authorization, Content-Type\r\nAccess-Control-Max-Age: 600\r\n";

    (void)state;
    preflights(&two, "https://a.example", "POST", told);
    preflights(&any, "https://x.example", "DELETE", told);
    preflights(&two, "https://a.example", NULL, "");
    preflights(&two, "https://b.example", "POST", "");
    preflights(&two, NULL, "POST", "");
    preflights(&none, "https://a.example", "POST", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_unless_configured),
        cmocka_unit_test(origins_that_are_configured),
        cmocka_unit_test(origins_that_are_not),
        cmocka_unit_test(all_origins),
        cmocka_unit_test(never_credentials),
        cmocka_unit_test(two_headers),
        cmocka_unit_test(a_preflight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
