/* fuzz_answer.c: any bytes as answers, heads and bodies, for the codec alone.
 *
 * Whole, in steps and cut in two where the bytes themselves say, to GET and to HEAD: the same
 * verdict and the same answers.  What is accepted must hold what was promised of it: slices within
 * the head, one framing and no other. */
#include "../unit/http/answers.h"
#include "base/check.h"

static void check_slice(struct str head, struct str s)
{
    CHECK(s.at >= head.at && s.at + s.len <= head.at + head.len);
    CHECK(str_eq(s, str_trim(s)));
    for (size_t i = 0; i < s.len; i++)
        CHECK(((unsigned char)s.at[i] >= ' ' && s.at[i] != 0x7f) || s.at[i] == '\t');
}

static void check_answer(struct str head, bool to_head, const struct http_answer *a)
{
    CHECK(head.len <= answer_limits.head_bytes_max && a->headers_count <= answer_limits.headers_max);
    CHECK(a->status >= 100 && a->status <= 599 && a->status != 101 && a->minor <= 1);
    CHECK(a->bodiless + a->chunked + a->has_length + a->until_close == 1);
    CHECK(a->bodiless == (to_head || a->status < 200 || a->status == 204 || a->status == 304));
    CHECK(a->interim == (a->status < 200) && !(a->until_close && a->keep_alive));
    CHECK(a->content_length <= answer_limits.body_bytes_max && (a->has_length || !a->content_length));
    CHECK(!(a->chunked && a->minor == 0));
    if (a->media_type.at)
        check_slice(head, a->media_type);
    for (unsigned i = 0; i < a->headers_count; i++) {
        struct str name = a->headers[i].name;
        CHECK(name.len && str_find_byte(name, ':') == name.len && str_find_byte(name, ' ') == name.len);
        check_slice(head, name);
        check_slice(head, a->headers[i].value);
    }
}

static void check_same(const struct answers *a, struct answers b)
{
    CHECK(a->end == b.end && a->complete == b.complete && a->interims == b.interims);
    CHECK(a->digest == b.digest);
}

static void check_cuts(struct str bytes, bool to_head)
{
    struct answers whole = answers_of(bytes, to_head, bytes.len, 1, check_answer);
    size_t         cut = 1;

    for (size_t i = 0; i < bytes.len; i++)
        cut = (cut * 31 + (unsigned char)bytes.at[i]) % bytes.len;
    for (size_t step = 1; step <= 3; step += 2)
        check_same(&whole, answers_of(bytes, to_head, step, step, check_answer));
    check_same(&whole, answers_of(bytes, to_head, cut + 1, bytes.len, check_answer));
}

/* The parser alone, on bytes that nobody has scanned. */
static void check_parse(struct str bytes, bool to_head)
{
    static struct http_answer a;

    if (bytes.len <= answer_limits.head_bytes_max && http_answer_parse(bytes, &answer_limits, to_head, &a))
        check_answer(bytes, to_head, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = { size ? (const char *)data : "", size };

    for (int to_head = 0; to_head <= 1; to_head++) {
        check_parse(bytes, to_head);
        check_cuts(bytes, to_head);
    }
    return 0;
}
