/* multipart.c: strict: CRLF alone ends a line, every part says form-data and a name, and there
 * is one reading.
 *
 *     preamble CRLF --boundary CRLF header CRLF CRLF value CRLF --boundary CRLF …
 *     … CRLF --boundary-- CRLF epilogue
 *
 * The CRLF before a boundary belongs to it.  A line that begins like the boundary and goes on is
 * refused: whoever wrote the body chose a boundary that is not in it. */
#include "api/multipart.h"

#include "api/media_type.h"
#include "api/percent.h"
#include "base/utf8.h"

struct reader {
    struct str    rest;         /* behind the boundary that was read last */
    struct str    delimiter;    /* CRLF, two hyphens, the boundary */
    bool          closed;       /* that boundary was the last one */
    struct arena *arena;
};

/* What one part's header says. */
struct part {
    struct str name;
    bool       named, file, disposed;
};

static bool is_boundary_char(char c)    /* RFC 2046 section 5.1.1 */
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (c && strchr("'()+_,-./:=? ", c));
}

static bool is_boundary(struct str b)
{
    if (!b.len || b.len > MULTIPART_BOUNDARY_MAX || b.at[b.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < b.len; i++)
        if (!is_boundary_char(b.at[i]))
            return false;
    return true;
}

static void skip(struct str *s, size_t bytes)
{
    *s = str_slice(*s, bytes, s->len);
}

/* The end of the line that a boundary stands on. */
static bool end_boundary(struct reader *r)
{
    if (str_starts(r->rest, LIT("--"))) {
        r->closed = true;
        skip(&r->rest, 2);
    }
    while (r->rest.len && (r->rest.at[0] == ' ' || r->rest.at[0] == '\t'))
        skip(&r->rest, 1);
    if (r->closed && !r->rest.len)
        return true;
    if (!str_starts(r->rest, LIT("\r\n")))
        return false;
    skip(&r->rest, 2);
    return true;
}

/* What precedes the next boundary; the reader moves behind it. */
static bool take_until_boundary(struct reader *r, struct str *before)
{
    size_t at = str_find(r->rest, r->delimiter);

    if (at == r->rest.len)
        return false;
    *before = str_slice(r->rest, 0, at);
    skip(&r->rest, at + r->delimiter.len);
    return end_boundary(r);
}

/* The first boundary may begin the body. */
static bool skip_preamble(struct reader *r)
{
    struct str first = str_slice(r->delimiter, 2, r->delimiter.len), preamble;

    if (!str_starts(r->rest, first))
        return take_until_boundary(r, &preamble);
    skip(&r->rest, first.len);
    return end_boundary(r);
}

/* --- one part's header --------------------------------------------------------------------- */

static bool is_escape(int byte)
{
    return byte == '"' || byte == '\r' || byte == '\n';
}

/* Browsers write a quote as %22 and line ends as %0D and %0A, other clients a quote as \". */
static struct str unescape(struct str name, struct arena *a)
{
    size_t len = 0;
    char  *out = arena_alloc(a, name.len);

    for (size_t i = 0; out && i < name.len; i++) {
        int byte = percent_byte(name, i);
        if (is_escape(byte)) {
            out[len++] = (char)byte;
            i += 2;
        } else {
            bool escaped = name.at[i] == '\\' && i + 1 < name.len &&
                           (name.at[i + 1] == '"' || name.at[i + 1] == '\\');
            i += escaped;
            out[len++] = name.at[i];
        }
    }
    return out ? (struct str){ out, len } : LIT("");
}

static struct str plain_name(struct str name, struct arena *a)
{
    bool plain = str_find_byte(name, '%') == name.len && str_find_byte(name, '\\') == name.len;

    return plain ? name : unescape(name, a);
}

static bool read_disposition(struct part *p, struct str text, struct arena *a)
{
    struct str name, value;

    if (p->disposed || !str_eq_nocase(media_type_token(&text), LIT("form-data")))
        return false;
    p->disposed = true;
    while (media_type_parameter(&text, &name, &value)) {
        p->file |= str_eq_nocase(name, LIT("filename")) || str_eq_nocase(name, LIT("filename*"));
        if (!str_eq_nocase(name, LIT("name")))
            continue;
        if (p->named)
            return false;
        p->named = true;
        p->name = plain_name(value, a);
    }
    return !text.len && p->named && utf8_valid(p->name);
}

static bool is_utf8_type(struct str text)
{
    struct media_type m;

    return media_type_parse(text, &m) && (!m.charset.at || str_eq_nocase(m.charset, LIT("utf-8")) ||
                                          str_eq_nocase(m.charset, LIT("us-ascii")));
}

static bool is_unencoded(struct str encoding)
{
    return str_eq_nocase(encoding, LIT("7bit")) || str_eq_nocase(encoding, LIT("8bit")) ||
           str_eq_nocase(encoding, LIT("binary"));
}

static bool read_header(struct part *p, struct str line, struct arena *a)
{
    struct str name = media_type_token(&line);

    if (!name.at || !line.len || line.at[0] != ':')
        return false;
    for (size_t i = 0; i < line.len; i++)
        if (((unsigned char)line.at[i] < ' ' && line.at[i] != '\t') || line.at[i] == 0x7f)
            return false;
    line = str_trim(str_slice(line, 1, line.len));
    if (str_eq_nocase(name, LIT("content-disposition")))
        return read_disposition(p, line, a);
    if (str_eq_nocase(name, LIT("content-type")))
        return is_utf8_type(line);
    return !str_eq_nocase(name, LIT("content-transfer-encoding")) || is_unencoded(line);
}

/* Reads the lines up to the empty one; *text becomes what follows it. */
static bool read_headers(struct part *p, struct str *text, struct arena *a)
{
    size_t end = str_find(*text, LIT("\r\n\r\n"));

    if (end == text->len || end > MULTIPART_PART_HEADER_MAX)
        return false;
    struct str header = str_slice(*text, 0, end + 2);
    while (header.len) {
        size_t line = str_find(header, LIT("\r\n"));
        if (!read_header(p, str_slice(header, 0, line), a))
            return false;
        skip(&header, line + 2);
    }
    skip(text, end + 4);
    return p->disposed;
}

static enum multipart_verdict read_part(struct reader *r, struct text_value *out)
{
    struct part p = { 0 };
    struct str  text;

    if (!take_until_boundary(r, &text) || !read_headers(&p, &text, r->arena))
        return MULTIPART_MALFORMED;
    if (p.file)
        return MULTIPART_HAS_FILE;
    *out = (struct text_value){ p.name, text };
    return utf8_valid(text) && !r->arena->failed ? MULTIPART_OK : MULTIPART_MALFORMED;
}

static enum multipart_verdict read_parts(struct reader *r, struct text_value *fields,
                                         size_t fields_max, size_t *count)
{
    if (!skip_preamble(r) || r->closed)
        return MULTIPART_MALFORMED;
    for (*count = 0; !r->closed; (*count)++) {
        if (*count == fields_max)
            return MULTIPART_TOO_MANY;
        enum multipart_verdict verdict = read_part(r, &fields[*count]);
        if (verdict != MULTIPART_OK)
            return verdict;
    }
    return MULTIPART_OK;
}

enum multipart_verdict multipart_parse(struct str body, struct str boundary, size_t fields_max,
                                       struct arena *a, struct text_value **out, size_t *count)
{
    struct reader          r = { .rest = body, .arena = a };
    struct text_value     *fields = arena_alloc_many(a, fields_max, sizeof *fields);
    size_t                 found = 0;
    enum multipart_verdict verdict = MULTIPART_OK;

    if (!is_boundary(boundary) || !fields)
        return MULTIPART_MALFORMED;
    r.delimiter = arena_format(a, "\r\n--%.*s", STR_ARG(boundary));
    if (a->failed)
        return MULTIPART_MALFORMED;
    if (body.len)
        verdict = read_parts(&r, fields, fields_max, &found);
    if (verdict == MULTIPART_OK) {
        *out = fields;
        *count = found;
    }
    return verdict;
}
