/* report_demo.c: writes a report and a picture of a result that nobody measured, for looking at.
 *
 *   report_demo KIND DIRECTORY      KIND: usual, many, one, hostile, broken, both
 *
 * writes DIRECTORY/KIND.html, .png and .svg. */
#include <stdio.h>

#include "../unit/joust/made_result.h"
#include "joust/plot.h"
#include "joust/report.h"

static const char *const hostile_names[TARGETS_MAX] = {
    "<script>alert(1)</script>", "a name that is much too long for any place that it may stand in, whoever gave it",
    "\"quoted\" & 'more'", "漢字のサービス名前です", "bytes\x01\xff\xc3 and \xe2\x80\xae turned", "", "WWWWWWWWWWWWWWWWWWWWWWWW", "x",
};

static void make_hostile(struct result *r)
{
    for (unsigned t = 0; t < r->targets_count; t++)
        r->targets[t].name = str_of(hostile_names[t]);
    r->targets[0].differs = LIT("its body is <img src=x onerror=alert(1)> and not {\"id\":1}.");
    r->targets[1].url = LIT("http://127.0.0.1:8000/\"><script src=//example.com/x.js></script>?aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    r->command = LIT("joust -b '</pre><script>alert(2)</script>' \x1b[31mred");
    result_add_fact(r, "<b>fact</b>", LIT("</style><script>alert(3)</script>"));
}

static struct made made_of(const char *kind)
{
    struct made m = made_usual();

    m.window_ns = 100000000;
    if (!strcmp(kind, "many") || !strcmp(kind, "hostile"))
        m.targets = 8;
    if (!strcmp(kind, "one"))
        m.targets = 1;
    if (!strcmp(kind, "both")) {
        m.open = m.control = true;
        m.steps = 2;
    }
    if (!strcmp(kind, "broken")) {
        m.failures[1][OUTCOME_TIMEOUT] = 0.012;
        m.failures[1][OUTCOME_STATUS] = 0.003;
        m.failures[2][OUTCOME_RESET] = 0.002;
        m.ceiling = 40000;
        m.cpu_ns[1] = -1;
    }
    return m;
}

static bool write_file(const char *path, struct str text)
{
    FILE *f = fopen(path, "w");
    bool  whole = f && fwrite(text.at, 1, text.len, f) == text.len;

    if (f && fclose(f) != 0)
        whole = false;
    if (!whole)
        perror(path);
    return whole;
}

static bool write_all(const struct result *r, const struct analysis *a, const char *folder, const char *kind)
{
    struct buf page = buf_growing(64 << 20), why = buf_growing(4096);
    char       path[4096];
    bool       fine = true;

    report_write(r, a, &page);
    snprintf(path, sizeof path, "%s/%s.html", folder, kind);
    fine = !page.failed && write_file(path, buf_str(&page));
    for (unsigned i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, kind, i ? "svg" : "png");
        fine = plot_write(r, a, str_of(path), &why) && fine;
    }
    if (why.len > 0)
        fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&why)));
    buf_close(&page);
    buf_close(&why);
    return fine;
}

int main(int argc, char **argv)
{
    static struct analysis a;
    bool                   fine;

    if (argc != 3) {
        fputs("usage: report_demo usual|many|one|hostile|broken|both DIRECTORY\n", stderr);
        return 2;
    }
    struct made   m = made_of(argv[1]);
    struct result r = made_result(&m);
    if (!strcmp(argv[1], "hostile"))
        make_hostile(&r);
    fine = analysis_make(&r, &a) && write_all(&r, &a, argv[2], argv[1]);
    analysis_close(&a);
    result_close(&r);
    return fine ? 0 : 1;
}
