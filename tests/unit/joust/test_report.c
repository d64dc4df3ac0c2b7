/* test_report.c: the page is well formed whatever it shows, says first what forbids a verdict, and
 * lets no text of a stranger become markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "joust/report.h"
#include "made_result.h"

struct page {
    struct result   r;
    struct analysis a;
    struct buf      out;
};

static struct page page;        /* an analysis is too large for a stack */

static int drop(void **state)
{
    (void)state;
    buf_close(&page.out);
    analysis_close(&page.a);
    result_close(&page.r);
    page = (struct page){ 0 };
    return 0;
}

static struct made small(void)
{
    struct made m = made_usual();

    m.window_ns = 20000000;
    m.blocks = 6;
    return m;
}

static void write_page(void)
{
    assert_true(analysis_make(&page.r, &page.a));
    page.out = buf_growing(32 << 20);
    report_write(&page.r, &page.a, &page.out);
    assert_false(page.out.failed);
}

static void make_page(const struct made *m)
{
    page.r = made_result(m);
    write_page();
}

static size_t place_of(const char *needle)
{
    size_t at = str_find(buf_str(&page.out), str_of(needle));

    if (at == page.out.len)
        fail_msg("\"%s\" is not in the page", needle);
    return at;
}

static bool has(const char *needle)
{
    return str_find(buf_str(&page.out), str_of(needle)) < page.out.len;
}

static unsigned count_of(const char *needle)
{
    struct str rest = buf_str(&page.out), sought = str_of(needle);
    unsigned   count = 0;

    for (size_t at; (at = str_find(rest, sought)) < rest.len; count++)
        rest = str_slice(rest, at + sought.len, rest.len);
    return count;
}

/* ---- Well formed ---------------------------------------------------------------------------- */

static bool is_void(struct str name)
{
    return str_eq(name, LIT("meta")) || str_eq(name, LIT("link")) || str_eq(name, LIT("br")) || str_eq(name, LIT("!doctype"));
}

static struct str tag_name(struct str tag)
{
    size_t len = 0;

    while (len < tag.len && tag.at[len] != ' ' && tag.at[len] != '/' && tag.at[len] != '>')
        len++;
    return str_slice(tag, 0, len);
}

/* Every tag is closed by its own, in order; no '<' stands elsewhere. */
static void assert_balanced(void)
{
    struct str open[32], rest = buf_str(&page.out);
    unsigned   depth = 0;

    for (size_t at; (at = str_find_byte(rest, '<')) < rest.len;) {
        rest = str_slice(rest, at + 1, rest.len);
        size_t end = str_find_byte(rest, '>');
        assert_true(end < rest.len);
        struct str tag = str_slice(rest, 0, end);
        assert_true(str_find_byte(tag, '<') == tag.len);
        if (tag.at[0] == '/') {
            assert_true(depth > 0);
            if (!str_eq(open[depth - 1], tag_name(str_slice(tag, 1, tag.len))))
                fail_msg("<%.*s> is closed by <%.*s>", STR_ARG(open[depth - 1]), STR_ARG(tag));
            depth--;
        } else if (!str_ends(tag, LIT("/")) && !is_void(tag_name(tag))) {
            assert_true(depth < 32);
            open[depth++] = tag_name(tag);
        }
        rest = str_slice(rest, end + 1, rest.len);
    }
    assert_int_equal(depth, 0);
}

static void assert_clean(void)
{
    static const char *const never[] = {
        "<script", "<img", "<iframe", "javascript:", "http-equiv=\"refresh", "@import", "@font-face", "url(", "style=\"", "\"nan", "\"-nan",
        " nan", ",nan", "\"inf", "\"-inf", " inf,", ",inf", ">nan", ">inf",
    };

    assert_balanced();
    assert_true(utf8_valid(buf_str(&page.out)));
    for (size_t i = 0; i < page.out.len; i++)
        assert_true((unsigned char)page.out.at[i] >= 0x20 || page.out.at[i] == '\n' || page.out.at[i] == '\t');
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (has(never[i]))
            fail_msg("the page has \"%s\"", never[i]);
    assert_int_equal(count_of("</style>"), 1);
}

/* ---- What it says --------------------------------------------------------------------------- */

static void test_report_usual(void **state)
{
    struct made m = small();
    struct buf  sentence = buf_growing(4096);

    (void)state;
    m.rate[1] = 30000;
    m.window_ns = 50000000;
    make_page(&m);
    assert_clean();
    comparison_say(&page.r, &page.a.views[0].comparisons[0], &sentence);
    assert_true(str_find(buf_str(&page.out), buf_str(&sentence)) < page.out.len);
    buf_close(&sentence);
    assert_true(has("No failures."));
    assert_false(has("not sound"));
    assert_true(has("--seed 7") && has("Linux 6.1.0-28-amd64") && has("http://127.0.0.1:8002/json"));
    assert_true(has("name=\"color-scheme\" content=\"light dark\"") && has("default-src 'none'"));
    assert_int_equal(count_of("<svg class=\"wide\""), METRICS + 2);
    assert_int_equal(count_of("<svg class=\"wide\""), count_of("<svg class=\"narrow\""));
}

static void test_report_order(void **state)
{
    static const char *const order[] = {
        "<h2>Verdicts", "not sound", "class=\"voids\"", "<h4>throughput", "<h2>Closed loop", "<h3>Ratios", "<h3>Figures", "<h3>Latency by percentile",
        "<h3>Rounds over time", "<h3>Failures", "<h3>Gates", "<h2>The machine", "<h2>The targets", "<h2>To do it again",
    };
    struct made m = small();

    (void)state;
    m.failures[1][OUTCOME_STATUS] = 0.05;
    make_page(&m);
    assert_clean();
    for (size_t i = 1; i < sizeof order / sizeof *order; i++)
        assert_true(place_of(order[i - 1]) < place_of(order[i]));
}

static void test_report_failures(void **state)
{
    struct made m = small();

    (void)state;
    m.failures[1][OUTCOME_STATUS] = 0.05;
    m.failures[2][OUTCOME_TIMEOUT] = 0.03;
    make_page(&m);
    assert_clean();
    assert_false(has("No failures."));
    assert_true(has("such as 503") && has("<th scope=\"row\">timeout</th>"));
    assert_false(has("<th scope=\"row\">reset</th>"));
    assert_true(has("no verdict: failures"));
    assert_true(has("≥ 250 ms"));
    assert_true(has(">≥</text>"));          /* the curve ends there */
}

static void test_report_views_and_steps(void **state)
{
    struct made m = small();

    (void)state;
    m.open = m.control = true;
    m.steps = 2;
    make_page(&m);
    assert_clean();
    assert_true(place_of("<h3>Open loop: 4500 requests a second") < place_of("<h2>Closed loop"));
    assert_true(place_of("<h2>Closed loop") < place_of("<h2>Open loop"));
    assert_true(has("noise by the control") && has("under another name") && has("<td>log in</td>"));
}

static void test_report_alone(void **state)
{
    struct made m = small();

    (void)state;
    m.targets = 1;
    make_page(&m);
    assert_clean();
    assert_true(has("nothing to compare it with"));
    assert_false(has("<h3>Ratios"));
}

static void test_report_many(void **state)
{
    struct made m = small();

    (void)state;
    m.targets = 8;
    make_page(&m);
    assert_clean();
    assert_int_equal(count_of("<details>"), METRICS);
    assert_true(has("class=\"mark c7\""));
}

static void test_report_nothing_answered(void **state)
{
    struct made m = small();

    (void)state;
    for (unsigned t = 0; t < TARGETS_MAX; t++) {
        m.failures[t][OUTCOME_REFUSED] = 1;
        m.cpu_ns[t] = -1;
    }
    make_page(&m);
    assert_clean();
    assert_true(has("Too few requests were answered"));
    assert_true(has("no ratio") && has("unknown"));
}

static void test_report_nothing_measured(void **state)
{
    struct made m = small();

    (void)state;
    m.closed = false;
    make_page(&m);
    assert_clean();
    assert_true(has("Nothing was measured."));
}

static void test_report_strangers(void **state)
{
    struct str  text = LIT("</style></pre></title><script>alert(1)</script>\"><img src=x onerror=alert(1)>\x01\x1b[0m\xff\xe2\x80\xae");
    struct made m = small();

    (void)state;
    page.r = made_result(&m);
    for (unsigned t = 0; t < page.r.targets_count; t++)
        page.r.targets[t] = (struct target_record){
            .name = text, .url = text, .command = text, .control_of = -1, .program = text, .program_hash = text, .status = 200,
            .media_type = text, .differs = text, .cost_unknown = text };
    page.r.command = page.r.version = page.r.began = page.r.facts[0].name = page.r.facts[0].value = page.r.step_names[0] = text;
    write_page();
    assert_clean();
    assert_true(has("&lt;script&gt;"));
}

static void test_report_fails_stickily(void **state)
{
    struct made m = small();

    (void)state;
    page.r = made_result(&m);
    assert_true(analysis_make(&page.r, &page.a));
    page.out = buf_growing(5000);
    report_write(&page.r, &page.a, &page.out);
    assert_true(page.out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_report_usual, drop),
        cmocka_unit_test_teardown(test_report_order, drop),
        cmocka_unit_test_teardown(test_report_failures, drop),
        cmocka_unit_test_teardown(test_report_views_and_steps, drop),
        cmocka_unit_test_teardown(test_report_alone, drop),
        cmocka_unit_test_teardown(test_report_many, drop),
        cmocka_unit_test_teardown(test_report_nothing_answered, drop),
        cmocka_unit_test_teardown(test_report_nothing_measured, drop),
        cmocka_unit_test_teardown(test_report_strangers, drop),
        cmocka_unit_test_teardown(test_report_fails_stickily, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
