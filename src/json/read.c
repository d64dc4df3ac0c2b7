/* read.c: a JSON reader that is a small state machine over one text.
 *
 * Between two tokens the reader knows only what may come next, and for each open level whether it
 * is an object.  The colon is read with the name, the comma with what follows it:
 *
 *   expects       reads                      then expects
 *   VALUE         a value                    FIRST_NAME, FIRST_VALUE, REST or DONE
 *   FIRST_VALUE   ] or a value               as VALUE
 *   FIRST_NAME    } or a name and a colon    VALUE
 *   REST          ] or }; , and a value or   REST or DONE; as VALUE
 *                 , and a name and a colon   VALUE
 *   DONE          the end of the text        DONE
 *
 * Faults and their places are those of Python 3.11's json; a number is the longest one that can be
 * read, so that what follows it ("01", "1.") is the fault, as there. */
#include "json/read.h"

#include "base/check.h"
#include "base/utf8.h"
#include "json/chars.h"

enum { VALUE, FIRST_VALUE, FIRST_NAME, REST, DONE, NOTHING };

static __attribute__((cold, noinline)) struct json_token broken(struct json_reader *r,
                                                                const char *fault, size_t offset)
{
    r->expects = NOTHING;
    r->fault = fault;
    r->offset = offset;
    return (struct json_token){ .kind = JSON_BROKEN, .offset = offset };
}

/* The byte that comes next; -1 at the end of the text. */
static inline int peek(const struct json_reader *r)
{
    return r->at < r->text.len ? (unsigned char)r->text.at[r->at] : -1;
}

static inline void skip_blanks(struct json_reader *r)
{
    for (; r->at < r->text.len; r->at++) {
        char c = r->text.at[r->at];
        if ((unsigned char)c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
            return;
    }
}

static inline struct json_token token(struct json_reader *r, enum json_kind kind, size_t end)
{
    struct json_token t = { kind, { r->text.at + r->at, end - r->at }, false, r->at };

    r->at = end;
    return t;
}

/* After a whole value. */
static inline void value_is_over(struct json_reader *r)
{
    r->expects = r->depth ? REST : DONE;
}

static struct json_token open(struct json_reader *r, enum json_kind kind)
{
    bool object = kind == JSON_OBJECT_BEGIN;

    if (r->depth == JSON_DEPTH_MAX)
        return broken(r, "Too many nested levels", r->at);
    uint32_t bit = UINT32_C(1) << r->depth++;
    r->in_object = object ? r->in_object | bit : r->in_object & ~bit;
    r->expects = object ? FIRST_NAME : FIRST_VALUE;
    return token(r, kind, r->at + 1);
}

static struct json_token close(struct json_reader *r, enum json_kind kind)
{
    r->depth--;
    value_is_over(r);
    return token(r, kind, r->at + 1);
}

/* What is wrong with a string at `at`, where something stands that no string may hold. */
static struct json_token broken_string(struct json_reader *r, size_t at)
{
    struct str rest = str_slice(r->text, at, r->text.len);

    if (rest.len == 0 || (rest.len == 1 && rest.at[0] == '\\'))
        return broken(r, "Unterminated string starting at", r->at);
    if (rest.at[0] & 0x80)
        return broken(r, "Invalid UTF-8", at);
    if (rest.at[0] != '\\')
        return broken(r, "Invalid control character at", at);
    if (rest.at[1] == 'u')
        return broken(r, "Invalid \\uXXXX escape", at + 1);
    return broken(r, "Invalid \\escape", at);
}

/* The length of the escape or of the UTF-8 sequence at `at`; 0 when there is neither. */
static size_t special_length(struct str text, size_t at)
{
    struct str rest = str_slice(text, at, text.len);
    uint32_t   unused;

    return rest.at[0] == '\\' ? chars_escape(rest, &unused)
         : rest.at[0] & 0x80  ? utf8_length(rest)
                              : 0;
}

/* A string at r->at, where its quote stands, as a name or value. */
static inline struct json_token read_string(struct json_reader *r, enum json_kind kind)
{
    struct str text = r->text;
    size_t     begin = r->at, at = chars_plain_end(text, begin + 1);
    bool       escaped = false;

    while (at < text.len && text.at[at] != '"') {
        size_t length = special_length(text, at);
        if (length == 0)
            return broken_string(r, at);
        escaped |= text.at[at] == '\\';
        at += length;
        if (at < text.len && chars_is_plain(text.at[at]))
            at = chars_plain_end(text, at);
    }
    if (at == text.len)
        return broken_string(r, at);
    r->at = at + 1;
    return (struct json_token){ kind, { text.at + begin + 1, at - begin - 1 }, escaped, begin };
}

static inline size_t digits_end(struct str text, size_t at)
{
    while (at < text.len && ascii_is_digit(text.at[at]))
        at++;
    return at;
}

/* Where the fraction at `at` ends; `at` when there is none. */
static size_t fraction_end(struct str text, size_t at)
{
    if (at == text.len || text.at[at] != '.')
        return at;
    size_t end = digits_end(text, at + 1);
    return end > at + 1 ? end : at;
}

static size_t exponent_end(struct str text, size_t at)
{
    if (at == text.len || ascii_lower(text.at[at]) != 'e')
        return at;
    size_t sign = at + 1 < text.len && (text.at[at + 1] == '-' || text.at[at + 1] == '+');
    size_t end = digits_end(text, at + 1 + sign);
    return end > at + 1 + sign ? end : at;
}

static struct json_token read_number(struct json_reader *r)
{
    struct str text = r->text;
    size_t     first = r->at + (text.at[r->at] == '-');

    if (first == text.len || !ascii_is_digit(text.at[first]))
        return broken(r, "Expecting value", r->at);
    size_t whole = text.at[first] == '0' ? first + 1 : digits_end(text, first);
    size_t end = exponent_end(text, fraction_end(text, whole));
    value_is_over(r);
    return token(r, end == whole ? JSON_INTEGER : JSON_REAL, end);
}

static struct json_token read_word(struct json_reader *r, struct str word, enum json_kind kind)
{
    if (!str_starts((struct str){ r->text.at + r->at, r->text.len - r->at }, word))
        return broken(r, "Expecting value", r->at);
    value_is_over(r);
    return token(r, kind, r->at + word.len);
}

static struct json_token read_string_value(struct json_reader *r)
{
    struct json_token t = read_string(r, JSON_STRING);

    if (t.kind != JSON_BROKEN)
        value_is_over(r);
    return t;
}

static struct json_token read_value(struct json_reader *r)
{
    switch (peek(r)) {
    case '"':
        return read_string_value(r);
    case '{':
        return open(r, JSON_OBJECT_BEGIN);
    case '[':
        return open(r, JSON_LIST_BEGIN);
    case 't':
        return read_word(r, LIT("true"), JSON_TRUE);
    case 'f':
        return read_word(r, LIT("false"), JSON_FALSE);
    case 'n':
        return read_word(r, LIT("null"), JSON_NULL);
    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return read_number(r);
    default:
        return broken(r, "Expecting value", r->at);
    }
}

static struct json_token read_name(struct json_reader *r)
{
    if (peek(r) != '"')
        return broken(r, "Expecting property name enclosed in double quotes", r->at);
    struct json_token t = read_string(r, JSON_NAME);
    if (t.kind == JSON_BROKEN)
        return t;
    skip_blanks(r);
    if (peek(r) != ':')
        return broken(r, "Expecting ':' delimiter", r->at);
    r->at++;
    r->expects = VALUE;
    return t;
}

/* After a member or an element. */
static struct json_token read_rest(struct json_reader *r)
{
    bool in_object = r->in_object >> (r->depth - 1) & 1;
    int  next = peek(r);

    if (next == (in_object ? '}' : ']'))
        return close(r, in_object ? JSON_OBJECT_END : JSON_LIST_END);
    if (next != ',')
        return broken(r, "Expecting ',' delimiter", r->at);
    r->at++;
    skip_blanks(r);
    return in_object ? read_name(r) : read_value(r);
}

static struct json_token read_end(struct json_reader *r)
{
    if (r->at < r->text.len)
        return broken(r, "Extra data", r->at);
    return token(r, JSON_END, r->at);
}

struct json_reader json_reader(struct str text)
{
    return (struct json_reader){ .text = text.at ? text : LIT(""), .expects = VALUE };
}

struct json_token json_next(struct json_reader *r)
{
    skip_blanks(r);
    switch (r->expects) {
    case VALUE:
        return read_value(r);
    case FIRST_VALUE:
        return peek(r) == ']' ? close(r, JSON_LIST_END) : read_value(r);
    case FIRST_NAME:
        return peek(r) == '}' ? close(r, JSON_OBJECT_END) : read_name(r);
    case REST:
        return read_rest(r);
    case DONE:
        return read_end(r);
    default:
        return broken(r, r->fault, r->offset);
    }
}

bool json_skip(struct json_reader *r, struct json_token first)
{
    unsigned depth = r->depth;

    if (first.kind == JSON_OBJECT_BEGIN || first.kind == JSON_LIST_BEGIN)
        while (r->depth >= depth)
            if (json_next(r).kind == JSON_BROKEN)
                return false;
    return first.kind != JSON_BROKEN;
}

/* What `text` stands for, written to `out`, which has room for as many bytes; how many it took. */
static size_t unescape(struct str text, char *out)
{
    char *at = out;

    while (text.len) {
        size_t   run = str_find_byte(text, '\\');
        uint32_t code_point;
        memcpy(at, text.at, run);
        at += run;
        text = str_slice(text, run, text.len);
        if (text.len) {
            size_t length = chars_escape(text, &code_point);
            CHECK(length > 0);
            at += utf8_put(code_point, at);
            text = str_slice(text, length, text.len);
        }
    }
    return (size_t)(at - out);
}

struct str json_unescape(struct arena *a, struct json_token t)
{
    if (!t.escaped)
        return t.text;
    char *out = arena_alloc(a, t.text.len);
    if (!out)
        return (struct str){ 0 };
    return (struct str){ out, unescape(t.text, out) };
}
