/* fuzz_json.c: any bytes as JSON text.
 *
 * The verdict must be jansson's.  It is excused where jansson is known to be narrower (a real
 * beyond a double, an integer beyond 64 bits, U+0000 in a name), where it is wrong (it overlooks
 * a NUL behind a number) and where this reader is narrower (depth).  What is accepted must be
 * skipped and copied as well, a copy of the copy must be the copy, and it must mean to jansson
 * what the original does. */
#include <math.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/utf8.h"
#include "json/read.h"
#include "json/write.h"
#include "jansson_aside.h"

enum { COPY_BYTES_MAX = 1 << 24, FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL };

struct verdict {
    bool accepted;
    bool too_deep;      /* refused for its depth alone, as far as it was read */
    bool unlike;        /* holds what jansson refuses */
};

static void check_string(struct arena *a, struct json_token t, struct verdict *v)
{
    struct str text = json_unescape(a, t);

    CHECK(text.at && text.len <= t.text.len && utf8_valid(text) && utf8_valid(t.text));
    CHECK(t.escaped || text.at == t.text.at);
    if (t.kind == JSON_NAME && str_find_byte(text, 0) < text.len)
        v->unlike = true;
}

static void check_number(struct json_token t, struct verdict *v)
{
    char   *copy = strndup(t.text.at, t.text.len), *over;
    double  real = 0;
    int64_t integer;
    bool    has_real = json_to_real(t.text, &real);
    double  theirs = strtod(copy, &over);

    CHECK(*over == 0 && has_real == (isinf(theirs) == 0));
    CHECK(!has_real || memcmp(&real, &theirs, sizeof real) == 0);
    if (t.kind == JSON_REAL ? !has_real : !json_to_int(t.text, &integer))
        v->unlike = true;
    free(copy);
}

static void check_token(struct arena *a, struct str text, struct json_token t, struct verdict *v)
{
    CHECK(t.offset <= text.len);
    CHECK(t.kind == JSON_BROKEN || t.text.len == 0
          || (t.text.at >= text.at && t.text.at + t.text.len <= text.at + text.len));
    if (t.kind == JSON_NAME || t.kind == JSON_STRING)
        check_string(a, t, v);
    if (t.kind == JSON_INTEGER || t.kind == JSON_REAL)
        check_number(t, v);
}

static struct verdict walk(struct str text)
{
    struct arena       a = arena_new(COPY_BYTES_MAX);
    struct json_reader r = json_reader(text);
    struct json_token  t;
    struct verdict     v = { 0 };

    do {
        t = json_next(&r);
        check_token(&a, text, t, &v);
        CHECK(r.depth <= JSON_DEPTH_MAX);
    } while (t.kind > JSON_BROKEN);
    CHECK(json_next(&r).kind == t.kind);
    CHECK(t.kind == JSON_END || (r.fault && r.offset <= text.len));
    v.accepted = t.kind == JSON_END;
    v.too_deep = r.depth == JSON_DEPTH_MAX && !v.accepted;
    arena_close(&a);
    return v;
}

static bool skip_accepts(struct str text)
{
    struct json_reader r = json_reader(text);

    return json_skip(&r, json_next(&r)) && json_next(&r).kind == JSON_END;
}

static struct buf copy_of(struct str text)
{
    struct buf         out = buf_growing(COPY_BYTES_MAX);
    struct json_writer w = json_writer(&out);

    json_put_copy(&w, text);
    CHECK(!out.failed);
    return out;
}

static void check_copy(struct str text, const json_t *theirs)
{
    struct buf once = copy_of(text), twice = copy_of(buf_str(&once));
    json_t    *again = json_loadb(once.at, once.len, FLAGS, NULL);

    CHECK(str_eq(buf_str(&once), buf_str(&twice)));
    CHECK(once.len <= text.len && walk(buf_str(&once)).accepted);
    CHECK(!theirs || json_equal(theirs, again));
    json_decref(again);
    buf_close(&once);
    buf_close(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str     text = { (const char *)data, size };
    struct verdict v = walk(text);
    json_t        *theirs = size ? json_loadb(text.at, text.len, FLAGS, NULL) : NULL;

    bool excused = v.too_deep || str_find_byte(text, 0) < text.len;

    CHECK(v.accepted ? theirs || v.unlike : !theirs || excused);
    CHECK(skip_accepts(text) == v.accepted);
    if (v.accepted)
        check_copy(text, theirs);
    json_decref(theirs);
    return 0;
}
