/* write.c: JSON text into a buffer.
 *
 * Each piece asks the buffer for room once, in the usual case, and copies strings while it looks
 * for what needs an escape; what is left after the first such character goes the slow way. */
#include "json/write.h"

#include <math.h>

#include "base/check.h"
#include "base/utf8.h"
#include "json/chars.h"
#include "json/number.h"
#include "json/read.h"

enum { INT_CHARS_MAX = 20 };

/* Room for `bytes`; in line for the usual case, that there is some. */
static inline char *room_for(struct buf *b, size_t bytes)
{
    if (!b->failed && bytes <= b->cap - b->len)
        return b->at + b->len;
    return buf_room(b, bytes);
}

/* `text`, which is not empty, behind the comma that it may need. */
static inline void put(struct json_writer *w, const char *text, size_t len)
{
    char *at = room_for(w->out, w->comma + len);

    if (at) {
        *at = ',';      /* overwritten when no comma is needed */
        memcpy(at + w->comma, text, len);
        w->out->len += w->comma + len;
    }
}

static void add_code_point(struct buf *out, uint32_t code_point)
{
    char bytes[UTF8_BYTES_MAX];

    buf_add(out, (struct str){ bytes, utf8_put(code_point, bytes) });
}

/* A character that cannot stand for itself: a quote, a backslash or a control character. */
static void add_escape(struct buf *out, char c)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";    /* what, and its letter */

    for (size_t i = 0; i < sizeof short_forms - 1; i += 2)
        if (short_forms[i] == c) {
            buf_add(out, (struct str){ (char[]){ '\\', short_forms[i + 1] }, 2 });
            return;
        }
    buf_format(out, "\\u%04x", (unsigned)c);
}

/* The end of the longest part, from the front, that can be written as it is. */
static size_t clean_end(struct str s)
{
    size_t at = chars_plain_end(s, 0);

    while (at < s.len && s.at[at] & 0x80) {
        size_t length = utf8_length(str_slice(s, at, s.len));
        if (length == 0)
            break;
        at = chars_plain_end(s, at + length);
    }
    return at;
}

static void add_chars(struct buf *out, struct str s)
{
    for (;;) {
        size_t clean = clean_end(s);
        buf_add(out, str_slice(s, 0, clean));
        if (clean == s.len)
            return;
        s = str_slice(s, clean, s.len);
        if (s.at[0] & 0x80) {
            utf8_next(&s);
            add_code_point(out, UTF8_REPLACEMENT);
        } else {
            add_escape(out, s.at[0]);
            s = str_slice(s, 1, s.len);
        }
    }
}

/* Copies less than eight characters when all are plain: two pieces that overlap, or one by one. */
static inline bool copy_few(char *to, struct str s)
{
    uint32_t first, last;

    if (s.len >= 4) {
        memcpy(&first, s.at, 4);
        memcpy(&last, s.at + s.len - 4, 4);
        memcpy(to, &first, 4);
        memcpy(to + s.len - 4, &last, 4);
        return !chars_word_not_plain((uint64_t)last << 32 | first);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!chars_is_plain(s.at[i]))
            return false;
        to[i] = s.at[i];
    }
    return true;
}

/* Copies the plain characters at the front; how many. */
static inline size_t copy_plain(char *to, struct str s)
{
    size_t at = 0;

    if (s.len < 8 && copy_few(to, s))
        return s.len;
    for (; s.len - at >= 8; at += 8) {
        if (chars_not_plain(s.at + at))
            return at;
        memcpy(to + at, s.at + at, 8);
    }
    for (; at < s.len && chars_is_plain(s.at[at]); at++)
        to[at] = s.at[at];
    return at;
}

/* What is left of a string, and its closing quote, where something in it needs an escape. */
static COLD void quote_rest(struct buf *out, struct str rest, bool colon)
{
    add_chars(out, rest);
    buf_add(out, str_slice(LIT("\":"), 0, 1u + colon));
}

/* The string in quotes, with what stands before and behind it. */
static inline void quote(struct buf *out, bool comma, struct str s, bool colon)
{
    char *at = room_for(out, comma + s.len + 2 + colon);

    if (!at)
        return;
    at[0] = ',';
    at[comma] = '"';
    size_t copied = copy_plain(at + comma + 1, s);
    out->len += comma + 1 + copied;
    if (copied == s.len) {
        at += comma + 1 + copied;
        at[0] = '"';
        if (colon)
            at[1] = ':';
        out->len += 1u + colon;
        return;
    }
    quote_rest(out, str_slice(s, copied, s.len), colon);
}

/* The characters of a token that has escapes, each written the shortest way. */
static void add_escaped(struct buf *out, struct str text)
{
    while (text.len) {
        size_t   run = str_find_byte(text, '\\');
        uint32_t code_point;
        buf_add(out, str_slice(text, 0, run));
        text = str_slice(text, run, text.len);
        size_t length = text.len ? chars_escape(text, &code_point) : 0;
        if (length == 0)
            return;
        if (code_point < 0x80 && !chars_is_plain((char)code_point))
            add_escape(out, (char)code_point);
        else
            add_code_point(out, code_point);
        text = str_slice(text, length, text.len);
    }
}

/* A name or string that a reader has read. */
static void copy_string(struct json_writer *w, struct json_token t)
{
    bool is_name = t.kind == JSON_NAME;

    if (t.escaped) {
        put(w, "\"", 1);
        add_escaped(w->out, t.text);
        buf_add_char(w->out, '"');
    } else {
        put(w, t.text.at - 1, t.text.len + 2);      /* its quotes stand around it */
    }
    w->comma = false;
    if (is_name)
        put(w, ":", 1);
    w->comma = !is_name;
}

static void copy_token(struct json_writer *w, struct json_token t)
{
    switch (t.kind) {
    case JSON_OBJECT_BEGIN:
        json_object_begin(w);
        break;
    case JSON_OBJECT_END:
        json_object_end(w);
        break;
    case JSON_LIST_BEGIN:
        json_list_begin(w);
        break;
    case JSON_LIST_END:
        json_list_end(w);
        break;
    case JSON_NAME:
    case JSON_STRING:
        copy_string(w, t);
        break;
    case JSON_BROKEN:
    case JSON_END:
        w->out->failed = true;      /* no reader has accepted this */
        break;
    default:
        json_put_raw(w, t.text);
    }
}

static void begin(struct json_writer *w, const char *bracket)
{
    put(w, bracket, 1);
    w->comma = false;
}

static void end(struct json_writer *w, const char *bracket)
{
    w->comma = false;
    put(w, bracket, 1);
    w->comma = true;
}

/* Writes the digits so that they end before `end`; where they begin. */
static char *put_decimal(uint64_t value, char *end_at)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";

    for (; value >= 100; value /= 100) {
        end_at -= 2;
        memcpy(end_at, pairs + value % 100 * 2, 2);
    }
    if (value >= 10) {
        end_at -= 2;
        memcpy(end_at, pairs + value * 2, 2);
    } else {
        *--end_at = (char)('0' + value);
    }
    return end_at;
}

struct json_writer json_writer(struct buf *out)
{
    return (struct json_writer){ .out = out };
}

void json_object_begin(struct json_writer *w)
{
    begin(w, "{");
}

void json_object_end(struct json_writer *w)
{
    end(w, "}");
}

void json_list_begin(struct json_writer *w)
{
    begin(w, "[");
}

void json_list_end(struct json_writer *w)
{
    end(w, "]");
}

void json_name(struct json_writer *w, struct str name)
{
    quote(w->out, w->comma, name, true);
    w->comma = false;
}

void json_put_string(struct json_writer *w, struct str value)
{
    quote(w->out, w->comma, value, false);
    w->comma = true;
}

void json_put_int(struct json_writer *w, int64_t value)
{
    char  text[INT_CHARS_MAX];
    char *over = text + sizeof text;
    char *at = put_decimal(value < 0 ? -(uint64_t)value : (uint64_t)value, over);

    if (value < 0)
        *--at = '-';
    json_put_raw(w, (struct str){ at, (size_t)(over - at) });
}

void json_put_bool(struct json_writer *w, bool value)
{
    json_put_raw(w, value ? LIT("true") : LIT("false"));
}

void json_put_null(struct json_writer *w)
{
    json_put_raw(w, LIT("null"));
}

void json_put_double(struct json_writer *w, double value)
{
    char text[NUMBER_CHARS_MAX];

    json_put_raw(w, isfinite(value) ? (struct str){ text, number_put(value, text) } : LIT("null"));
}

void json_put_raw(struct json_writer *w, struct str json)
{
    if (json.len == 0)
        w->out->failed = true;      /* no value is as short as that */
    else
        put(w, json.at, json.len);
    w->comma = true;
}

void json_put_copy(struct json_writer *w, struct str text)
{
    struct json_reader r = json_reader(text);

    do
        copy_token(w, json_next(&r));
    while (r.depth && !w->out->failed);
}

void json_quote(struct buf *out, struct str value)
{
    quote(out, false, value, false);
}
