/* report.c: the page: what it begins with, the order of its sections, what it ends with.
 *
 * One file that asks for nothing: its style sheet is taken in by the assembler, its charts are
 * inline SVG, and its policy forbids scripts and requests even if some markup got through. */
#include "joust/report.h"

#include "joust/markup.h"
#include "joust/report_parts.h"

__asm__(".pushsection .rodata\n"
        ".global report_css\n"
        "report_css:\n"
        ".incbin \"src/joust/report.css\"\n"
        ".global report_css_end\n"
        "report_css_end:\n"
        ".popsection\n");

extern const char report_css[], report_css_end[];

struct str report_name(const struct sheet *s, unsigned target, double ems, char *room)
{
    struct buf b = buf_fixed(room, TEXT_BYTES);
    struct str name = target < s->r->targets_count ? s->r->targets[target].name : LIT("");

    if (name.len == 0)
        name = LIT("(no name)");
    markup_shorten(&b, str_slice(name, 0, TEXT_BYTES / 4), ems);    /* U+FFFD has three bytes */
    return buf_str(&b);
}

static void add_title(const struct sheet *s)
{
    buf_add(s->out, LIT("joust: "));
    for (unsigned t = 0; t < s->r->targets_count; t++) {
        if (s->r->targets[t].control_of >= 0)
            continue;
        buf_add(s->out, t ? LIT(", ") : LIT(""));
        markup_add(s->out, s->r->targets[t].name);
    }
}

static void add_head(const struct sheet *s)
{
    buf_add(s->out, LIT("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                        "<meta name=\"color-scheme\" content=\"light dark\">\n"
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                        "style-src 'unsafe-inline'; img-src data:\">\n"
                        "<link rel=\"icon\" href=\"data:,\">\n<title>"));
    add_title(s);
    buf_add(s->out, LIT("</title>\n<style>\n"));
    buf_add(s->out, (struct str){ report_css, (size_t)(report_css_end - report_css) });
    buf_add(s->out, LIT("</style>\n</head>\n<body>\n<main>\n<header>\n<h1>"));
    add_title(s);
    buf_add(s->out, LIT("</h1>\n<p class=\"soft\">"));
    markup_add(s->out, s->r->began);
    buf_format(s->out, " · %u connections · %u blocks · seed %llu</p>\n</header>\n",
               s->r->connections, s->r->blocks, (unsigned long long)s->r->seed);
}

static void add_view_name(const struct sheet *s)
{
    if (s->view->kind == VIEW_OPEN)
        buf_format(s->out, "Open loop: %.6g requests a second to each target", s->view->rate);
    else
        buf_format(s->out, "Closed loop: %u connections, each waits for its answer",
                   s->r->connections);
}

static struct sheet view_sheet(const struct sheet *s, unsigned view)
{
    struct sheet one = *s;

    one.view = &s->r->views[view];
    one.va = &s->a->views[view];
    return one;
}

/* The headlines of all views come before the details of any. */
static void add_headlines(const struct sheet *s)
{
    buf_add(s->out, LIT("<section>\n<h2>Verdicts</h2>\n"));
    if (!s->a->valid)
        buf_add(s->out, LIT("<p class=\"invalid\"><strong>This measurement is not sound.</strong> "
                            "What the gates below concern has no verdict.</p>\n"));
    for (unsigned v = 0; v < s->r->views_count; v++) {
        struct sheet one = view_sheet(s, v);
        buf_add(s->out, LIT("<h3>"));
        add_view_name(&one);
        buf_add(s->out, LIT("</h3>\n"));
        report_voids(&one);
        report_verdicts(&one);
    }
    if (s->r->views_count == 0)
        buf_add(s->out, LIT("<p>Nothing was measured.</p>\n"));
    buf_add(s->out, LIT("</section>\n"));
}

static void add_view(const struct sheet *s)
{
    buf_add(s->out, LIT("<section>\n<h2>"));
    add_view_name(s);
    buf_add(s->out, LIT("</h2>\n"));
    if (s->va->comparisons_count > 0)
        report_forest(s);
    report_figures(s);
    report_steps(s);
    report_curves(s);
    report_rounds(s);
    report_errors(s);
    report_gates(s);
    buf_add(s->out, LIT("</section>\n"));
}

static void add_reproduction(const struct sheet *s)
{
    buf_add(s->out, LIT("<section>\n<h2>To do it again</h2>\n<pre>"));
    markup_add(s->out, s->r->command);
    buf_format(s->out, "</pre>\n<p>The order of the visits was drawn from a seed: <code>--seed %llu"
               "</code> draws it again. Made by joust ", (unsigned long long)s->r->seed);
    markup_add(s->out, s->r->version);
    buf_add(s->out, LIT(".</p>\n</section>\n"));
}

void report_write(const struct result *r, const struct analysis *a, struct buf *out)
{
    struct sheet s = { .r = r, .a = a, .out = out };

    add_head(&s);
    add_headlines(&s);
    for (unsigned v = 0; v < r->views_count; v++) {
        struct sheet one = view_sheet(&s, v);
        add_view(&one);
    }
    buf_add(out, LIT("<section>\n<h2>The machine</h2>\n"));
    report_environment(&s);
    buf_add(out, LIT("</section>\n<section>\n<h2>The targets</h2>\n<div class=\"cards\">\n"));
    report_targets(&s);
    buf_add(out, LIT("</div>\n</section>\n"));
    add_reproduction(&s);
    buf_add(out, LIT("</main>\n</body>\n</html>\n"));
}
