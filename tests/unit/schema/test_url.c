/* test_url.c: which texts are URLs.  What is refused, Pydantic 2.9 refuses with the same words, or
 * repairs. */
#include "everything.h"
#include "trial.h"

static const struct member_case urls_cases[] = {
    { "u", "\"http://example.com\"", "\"http://example.com\"" },
    { "u", "\"x\"", "! url_parsing: relative URL without a base" },
    { "u", "\"\"", "! url_parsing: input is empty" }, { "u", "\"ftp://a.b\"", "! url_scheme" },
    { "u", "\"http://\"", "! url_parsing: empty host" }, { "u", "\"https://a\"", "\"https://a\"" },
    { "u", "1", "! url_type" }, { "u", "\"http://[::1]/\"", "\"http://[::1]/\"" },
    { "u", "\"http://a b/\"", "! url_parsing: invalid domain character" },
    { "u", "\" http://a \"", "! url_parsing: relative URL without a base" },
    { "u", "\"HTTP://EXAMPLE.com/A\"", "\"HTTP://EXAMPLE.com/A\"" },
    { "u", "\"http:/example.com\"", "! url_parsing: empty host" },
    { "u", "\"http:example.com\"", "! url_parsing: empty host" },
    { "u", "\"//example.com\"", "! url_parsing: relative URL without a base" },
    { "u", "\"http://exa mple.com\"", "! url_parsing: invalid domain character" },
    { "u", "\"http://example.com:99999/\"", "! url_parsing: invalid port number" },
    { "u", "\"http://u:p@h/\"", "\"http://u:p@h/\"" },
    { "u", "\"http://1.2.3.4.5/\"", "! url_parsing: invalid IPv4 address" },
    { "u", "\"http://256.1.1.1/\"", "! url_parsing: invalid IPv4 address" },
    { "u", "\"http://[::1\"", "! url_parsing: invalid IPv6 address" },
    { "u", "\"http://@/\"", "! url_parsing: empty host" },
    { "u", "\"http://:80/\"", "! url_parsing: empty host" },
    { "u", "\"http://a:b/\"", "! url_parsing: invalid port number" },
    { "u", "\"example.com\"", "! url_parsing: relative URL without a base" },
    { "u", "\"/a\"", "! url_parsing: relative URL without a base" },
    { "u", "\"http://exämple.com/ü\"", "\"http://exämple.com/ü\"" },
    { "u", "\"http://a.com?x=ü\"", "\"http://a.com?x=ü\"" },
    { "u", "\"http://a%zz\"", "! url_parsing: invalid domain character" },
    { "u", "\"http:///a\"", "! url_parsing: empty host" },
    { "u", "\"http://%41.com/\"", "! url_parsing: invalid domain character" },
    { "u", "\"https://a.com/%zz\"", "\"https://a.com/%zz\"" },
    { "u", "\"http://a^b/\"", "! url_parsing: invalid domain character" },
    { "u", "\"http://a\\\\b/\"", "! url_parsing: invalid domain character" },
    { "u", "\"ht!tp://a\"", "! url_parsing: relative URL without a base" },
    { "u", "\"1http://a\"", "! url_parsing: relative URL without a base" },
    { "u", "\":a\"", "! url_parsing: relative URL without a base" },
    { "u", "\"http://x.0x1\"", "! url_parsing: invalid IPv4 address" },
    { "u", "\"http://a..b/\"", "\"http://a..b/\"" }, { "u", "\"http://-a/\"", "\"http://-a/\"" },
    { "u", "\"\\u0001http://a\"", "! url_parsing: relative URL without a base" },
    { "u", "\"ht\\ntp://a.b\"", "! url_parsing: relative URL without a base" },
    { "u", "\"http://a.com:\"", "\"http://a.com:\"" },
    { "u", "\"http://a.com:80\"", "\"http://a.com:80\"" },
    { "u", "\"https://a.com:0443\"", "\"https://a.com:0443\"" },
};

static void urls(void **unused)
{
    (void)unused;
    assert_members(&everything, urls_cases, sizeof urls_cases / sizeof *urls_cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),
    };

    assert_sound(&everything, SCHEMA_IN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
