/* step.c: makes a step: its request line, its header lines, its body. */
#include "load/step.h"

enum { SHOWN_BYTES = 60, NAME_BYTES_MAX = 40, HEADERS_BYTES_MAX = 256 * 1024 };

static struct str shown(struct str s)
{
    return str_slice(s, 0, SHOWN_BYTES);
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_alpha(s.at[i]) && !ascii_is_digit(s.at[i]) &&
            (s.at[i] == '\0' || !strchr("!#$%&'*+-.^_`|~", s.at[i])))
            return false;
    return s.len > 0;
}

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (((unsigned char)s.at[i] < ' ' && s.at[i] != '\t') || s.at[i] == 0x7f)
            return true;
    return false;
}

/* ---- Request line ----------------------------------------------------------------------- */

static bool check_method(struct str method, struct buf *why)
{
    if (!is_token(method)) {
        buf_format(why, "\"%.*s\" is no method", STR_ARG(shown(method)));
        return false;
    }
    if (str_eq(method, LIT("CONNECT"))) {
        buf_add(why, LIT("CONNECT asks for a tunnel, and joust drives none"));
        return false;
    }
    return true;
}

static bool check_target(struct str target, struct buf *why)
{
    if (!str_starts(target, LIT("/"))) {
        buf_format(why, "the path \"%.*s\" does not begin with \"/\"", STR_ARG(shown(target)));
        return false;
    }
    for (size_t i = 0; i < target.len; i++)
        if (target.at[i] <= ' ' || target.at[i] >= 0x7f || target.at[i] == '#') {
            buf_add(why, LIT("the path holds a blank, a \"#\" or a byte that is not visible ASCII: percent-encode it"));
            return false;
        }
    return true;
}

/* ---- Header lines ----------------------------------------------------------------------- */

/* What joust writes itself. */
static const struct { const char *name, *instead; } owned[] = {
    { "Content-Length", "it counts the body" },
    { "Transfer-Encoding", "it sends a body with its length" },
    { "Connection", "--no-keepalive and --requests-per-connection close it" },
};

static bool check_not_owned(struct str name, struct buf *why)
{
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        if (str_eq_nocase(name, str_of(owned[i].name))) {
            buf_format(why, "the header %s is joust's own: %s", owned[i].name, owned[i].instead);
            return false;
        }
    return true;
}

static const struct header *find_header(const struct header *headers, unsigned count,
                                        struct str name)
{
    for (unsigned i = 0; i < count; i++)
        if (str_eq_nocase(headers[i].name, name))
            return &headers[i];
    return NULL;
}

static bool check_one_host(const struct header *headers, unsigned count, struct buf *why)
{
    const struct header *first = find_header(headers, count, LIT("Host"));

    if (!first)
        return true;
    unsigned rest = count - (unsigned)(first + 1 - headers);
    if (!find_header(first + 1, rest, LIT("Host")))
        return true;
    buf_add(why, LIT("the header Host is given twice"));
    return false;
}

static bool gives(const struct step_source *s, struct str name)
{
    return find_header(s->headers, s->headers_count, name) ||
           find_header(s->defaults, s->defaults_count, name);
}

static void add_line(struct str name, struct str value, struct buf *out)
{
    buf_add(out, name);
    buf_add(out, LIT(": "));
    buf_add(out, value);
    buf_add(out, LIT("\r\n"));
}

/* '{' alone: "{{" begins a place. */
static bool looks_like_json(struct str body)
{
    return str_starts(body, LIT("[")) ||
           (str_starts(body, LIT("{")) && !str_starts(body, LIT("{{")));
}

static void add_body_lines(const struct step_source *s, struct str method, struct buf *out)
{
    static const struct str expect_a_body[] = { { "POST", 4 }, { "PUT", 3 }, { "PATCH", 5 } };
    struct str              type = s->body_type;

    if (s->body.at) {
        if (!type.at && looks_like_json(s->body))
            type = LIT("application/json");
        if (type.at && !gives(s, LIT("Content-Type")))
            add_line(LIT("Content-Type"), type, out);
        return;                 /* its length is known when it is rendered */
    }
    for (size_t i = 0; i < sizeof expect_a_body / sizeof *expect_a_body; i++)
        if (str_eq(method, expect_a_body[i]))
            add_line(LIT("Content-Length"), LIT("0"), out);
}

static void add_headers(const struct step_source *s, struct str method, struct buf *out)
{
    if (!gives(s, LIT("Host")))
        add_line(LIT("Host"), s->host, out);
    if (!gives(s, LIT("User-Agent")))
        add_line(LIT("User-Agent"), LIT("joust"), out);
    for (unsigned i = 0; i < s->defaults_count; i++)
        if (!find_header(s->headers, s->headers_count, s->defaults[i].name))
            add_line(s->defaults[i].name, s->defaults[i].value, out);
    for (unsigned i = 0; i < s->headers_count; i++)
        add_line(s->headers[i].name, s->headers[i].value, out);
    add_body_lines(s, method, out);
}

/* Each value alone: a place that one header opens must not close in the next. */
static bool check_places(const struct header *headers, unsigned count,
                         const struct names *variables, struct arena *arena, struct buf *why)
{
    struct template alone;

    for (unsigned i = 0; i < count; i++)
        if (!template_parse(headers[i].value, variables, arena, &alone, why))
            return false;
    return true;
}

static bool make_headers(const struct step_source *s, struct str method,
                         const struct names *variables, struct arena *arena, struct step *out,
                         struct buf *why)
{
    struct buf text = buf_growing(HEADERS_BYTES_MAX);
    bool       made = false;

    if (!check_places(s->defaults, s->defaults_count, variables, arena, why) ||
        !check_places(s->headers, s->headers_count, variables, arena, why))
        return false;
    add_headers(s, method, &text);
    if (text.failed)
        buf_format(why, "the headers are longer than %d KiB", HEADERS_BYTES_MAX / 1024);
    else
        made = template_parse(buf_str(&text), variables, arena, &out->headers, why);
    buf_close(&text);
    return made;
}

static bool header_check(const struct header *h, struct buf *why)
{
    if (!is_token(h->name)) {
        buf_format(why, "\"%.*s\" is no header name", STR_ARG(shown(h->name)));
        return false;
    }
    if (has_control(h->value)) {
        buf_format(why, "the value of the header %.*s holds a line break or another control character",
                   STR_ARG(shown(h->name)));
        return false;
    }
    return check_not_owned(h->name, why);
}

static bool header_parse(struct str line, struct header *out, struct buf *why)
{
    struct str rest = line;
    struct str name = str_cut(&rest, ':');

    if (!rest.at) {
        buf_format(why, "\"%.*s\" is no header: write \"Name: value\"", STR_ARG(shown(line)));
        return false;
    }
    *out = (struct header){ name, str_trim(rest) };
    return true;
}

/* ---- The whole -------------------------------------------------------------------------- */

bool headers_parse(const struct str *lines, unsigned count, struct arena *arena,
                   const struct header **out, struct buf *why)
{
    struct header *headers = arena_alloc_many(arena, count, sizeof *headers);

    if (!headers) {
        buf_add(why, LIT("there is no memory left for the headers"));
        return false;
    }
    for (unsigned i = 0; i < count; i++)
        if (!header_parse(lines[i], &headers[i], why))
            return false;
    *out = headers;
    return headers_check(headers, count, why);
}

bool headers_check(const struct header *headers, unsigned count, struct buf *why)
{
    for (unsigned i = 0; i < count; i++)
        if (!header_check(&headers[i], why))
            return false;
    return check_one_host(headers, count, why);
}

bool step_make(const struct step_source *source, const struct names *variables,
               struct arena *arena, struct step *out, struct buf *why)
{
    struct step step = { .has_body = source->body.at };
    struct str  method = source->method.at ? source->method
                       : step.has_body     ? LIT("POST")
                                           : LIT("GET");
    struct str  line = arena_format(arena, "%.*s %.*s", STR_ARG(method), STR_ARG(source->target));

    if (!check_method(method, why) || !check_target(source->target, why))
        return false;
    step.name = source->name.at ? arena_copy(arena, source->name)
                                : str_slice(line, 0, NAME_BYTES_MAX);
    step.method = arena_copy(arena, method);
    if (!template_parse(source->target, variables, arena, &step.target, why) ||
        !make_headers(source, method, variables, arena, &step, why) ||
        !template_parse(source->body, variables, arena, &step.body, why))
        return false;
    *out = step;
    return true;
}
