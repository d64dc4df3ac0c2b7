/* fuzz_multipart.c: a media type up to the first line feed, behind it a body.
 *
 * When the media type is read, so is the body with its boundary.  Values are slices of the body,
 * all is UTF-8, and the bound of parts holds. */
#include "api/media_type.h"
#include "api/multipart.h"
#include "base/check.h"
#include "base/utf8.h"

enum { FIELDS_MAX = 8, ARENA_BYTES = 16 << 20 };

static void check_inside(struct str part, struct str whole)
{
    CHECK(part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check_body(struct str body, struct str boundary)
{
    struct arena           a = arena_new(ARENA_BYTES);
    struct text_value     *fields = NULL;
    size_t                 count = 0;
    enum multipart_verdict verdict;

    verdict = multipart_parse(body, boundary, FIELDS_MAX, &a, &fields, &count);
    CHECK(count <= FIELDS_MAX);
    CHECK(verdict == MULTIPART_OK || (count == 0 && fields == NULL));
    for (size_t i = 0; i < count; i++) {
        check_inside(fields[i].value, body);
        CHECK(fields[i].name.at && utf8_valid(fields[i].name) && utf8_valid(fields[i].value));
        CHECK(str_find(fields[i].value, boundary) == fields[i].value.len ||
              str_find(fields[i].value, arena_format(&a, "\r\n--%.*s", STR_ARG(boundary))) ==
                  fields[i].value.len);
    }
    arena_close(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str        body = { (const char *)data, size }, header = str_cut(&body, '\n');
    struct media_type m = { 0 };

    if (!media_type_parse(header, &m))
        return 0;
    check_inside(m.type, header);
    check_inside(m.subtype, header);
    CHECK(m.type.len && m.subtype.len);
    (void)media_type_is_json(&m);
    if (body.at)
        check_body(body, m.boundary);
    return 0;
}
