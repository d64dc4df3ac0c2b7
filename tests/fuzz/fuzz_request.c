/* fuzz_request.c: any bytes as requests, heads and bodies, for the codec alone.
 *
 * Whole, byte by byte and in threes: the same verdict and the same requests.  What is accepted
 * must hold what was promised of it: names that are tokens, values without controls, a host that
 * is not empty. */
#include "../unit/http/strictness.h"
#include "../unit/http/verdict.h"
#include "base/check.h"

static void check_slices(struct str head, const struct http_request *r)
{
    CHECK(r->headers_count <= strict_limits.headers_max);
    CHECK(r->target.len <= strict_limits.target_bytes_max);
    CHECK(head.len <= strict_limits.head_bytes_max);
    CHECK(r->path.at && r->path.len && (r->minor == 0 || r->host.len));
    CHECK(!(r->chunked && r->has_length) && r->content_length <= strict_limits.body_bytes_max);
    for (unsigned i = 0; i < r->headers_count; i++) {
        struct str name = r->headers[i].name, value = r->headers[i].value;
        CHECK(name.len && name.at >= head.at && value.at + value.len <= head.at + head.len);
        CHECK(str_eq(value, str_trim(value)));
        for (size_t at = 0; at < name.len; at++)
            CHECK(name.at[at] > ' ' && name.at[at] < 0x7f && name.at[at] != ':');
        for (size_t at = 0; at < value.len; at++)
            CHECK((unsigned char)value.at[at] >= ' ' || value.at[at] == '\t');
    }
}

/* The parser alone, on bytes that nobody has scanned. */
static void check_parse(struct str bytes)
{
    static struct http_request r;

    if (bytes.len <= strict_limits.head_bytes_max &&
        http_request_parse(bytes, &strict_limits, &r) == 0)
        check_slices(bytes, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str     bytes = { (const char *)data, size };
    struct verdict whole = verdict_of(bytes, size ? size : 1, &strict_limits);

    check_parse(bytes);
    for (size_t step = 1; step <= 3; step += 2) {
        struct verdict cut = verdict_of(bytes, step, &strict_limits);
        CHECK(cut.status == whole.status && cut.requests == whole.requests);
        CHECK(cut.digest == whole.digest);
    }
    return 0;
}
