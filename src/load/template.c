/* template.c: finds the places in a text, and fills them.
 *
 * The text is copied once, with "{{{{" made "{{" on the way, so that neighbouring text is one
 * piece whatever was escaped in it. */
#include "load/template.h"

enum { SHOWN_BYTES = 60, RANDOM_DIGITS = 16 };

static const struct { struct str name; enum piece_kind kind; } built_in[] = {
    { { "seq", 3 }, PIECE_SEQ },
    { { "random", 6 }, PIECE_RANDOM },
    { { "connection", 10 }, PIECE_CONNECTION },
};
enum { BUILT_IN = sizeof built_in / sizeof *built_in };

/* ---- Parsing ---------------------------------------------------------------------------- */

struct parsing {
    const struct names *variables;
    struct template    *out;
    char               *copy;       /* the text so far, without its places */
    size_t              len, begun; /* how much of it, and where the piece under way began */
};

static size_t find_built_in(struct str name)
{
    size_t i = 0;

    while (i < BUILT_IN && !str_eq(name, built_in[i].name))
        i++;
    return i;
}

static bool find_name(struct str name, const struct names *variables, struct piece *out)
{
    size_t row = find_built_in(name);

    if (row < BUILT_IN) {
        *out = (struct piece){ .kind = built_in[row].kind };
        return true;
    }
    for (unsigned i = 0; variables && i < variables->count; i++)
        if (str_eq(name, variables->at[i])) {
            *out = (struct piece){ .kind = PIECE_VARIABLE, .variable = i };
            return true;
        }
    return false;
}

/* On one line, whatever it is. */
static void add_shown(struct str text, struct buf *why)
{
    for (size_t i = 0; i < text.len && i < SHOWN_BYTES; i++)
        buf_add_char(why, (unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f ? '?' : text.at[i]);
}

static bool refuse_name(struct str name, const struct names *variables, struct buf *why)
{
    buf_add(why, LIT("{{"));
    add_shown(name, why);
    buf_add(why, LIT("}} is no variable; known are "));
    for (size_t i = 0; i < BUILT_IN; i++)
        buf_format(why, "%s%.*s", i ? ", " : "", STR_ARG(built_in[i].name));
    for (unsigned i = 0; variables && i < variables->count; i++)
        buf_format(why, ", %.*s", STR_ARG(variables->at[i]));
    return false;
}

static void add_text(struct parsing *p, struct str text)
{
    if (text.len)
        memcpy(p->copy + p->len, text.at, text.len);
    p->len += text.len;
}

static void end_text(struct parsing *p)
{
    if (p->len > p->begun)
        p->out->pieces[p->out->count++] = (struct piece){
            .kind = PIECE_TEXT, .text = { p->copy + p->begun, p->len - p->begun },
        };
    p->begun = p->len;
}

/* What begins with "{{"; *rest becomes what follows. */
static bool read_place(struct parsing *p, struct str *rest, struct buf *why)
{
    struct piece piece;

    if (str_starts(*rest, LIT("{{{{"))) {
        add_text(p, LIT("{{"));
        *rest = str_slice(*rest, 4, rest->len);
        return true;
    }
    size_t end = str_find(*rest, LIT("}}"));
    if (end == rest->len) {
        buf_add_char(why, '"');
        add_shown(*rest, why);
        buf_add(why, LIT("\" opens a place that no \"}}\" closes; a literal \"{{\" is written \"{{{{\""));
        return false;
    }
    struct str name = str_slice(*rest, 2, end);
    if (!find_name(name, p->variables, &piece))
        return refuse_name(name, p->variables, why);
    end_text(p);
    p->out->pieces[p->out->count++] = piece;
    p->out->fixed = false;
    *rest = str_slice(*rest, end + 2, rest->len);
    return true;
}

/* Each place may have text before it, and there may be text behind the last. */
static size_t pieces_max(struct str text)
{
    size_t places = 0;

    for (size_t at; (at = str_find(text, LIT("{{"))) < text.len; places++)
        text = str_slice(text, at + 2, text.len);
    return 2 * places + 1;
}

/* ---- Filling ---------------------------------------------------------------------------- */

static void add_random(uint64_t bits, struct buf *out)
{
    char *room = buf_room(out, RANDOM_DIGITS);

    if (!room)
        return;
    for (int i = RANDOM_DIGITS - 1; i >= 0; i--, bits >>= 4)
        room[i] = "0123456789abcdef"[bits & 15];
    buf_grew(out, RANDOM_DIGITS);
}

/* ---- Public ----------------------------------------------------------------------------- */

bool template_parse(struct str text, const struct names *variables, struct arena *arena,
                    struct template *out, struct buf *why)
{
    struct template t = { .fixed = true };
    struct parsing  p = { .variables = variables, .out = &t };

    t.pieces = arena_alloc_many(arena, pieces_max(text), sizeof *t.pieces);
    p.copy = arena_alloc(arena, text.len);
    if (!t.pieces || !p.copy) {
        buf_add(why, LIT("there is no memory left for the request"));
        return false;
    }
    while (text.len) {
        size_t at = str_find(text, LIT("{{"));
        add_text(&p, str_slice(text, 0, at));
        text = str_slice(text, at, text.len);
        if (text.len && !read_place(&p, &text, why))
            return false;
    }
    end_text(&p);
    *out = t;
    return true;
}

bool template_knows(struct str name)
{
    return find_built_in(name) < BUILT_IN;
}

void template_fill(const struct template *t, const struct filling *f, struct buf *out)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct piece *piece = &t->pieces[i];
        switch (piece->kind) {
        case PIECE_TEXT:
            buf_add(out, piece->text);
            break;
        case PIECE_SEQ:
            buf_add_int(out, (int64_t)f->seq);
            break;
        case PIECE_RANDOM:
            add_random(rng_next(f->rng), out);
            break;
        case PIECE_CONNECTION:
            buf_add_int(out, f->connection);
            break;
        case PIECE_VARIABLE:
            buf_add(out, f->values[piece->variable]);
            break;
        }
    }
}
