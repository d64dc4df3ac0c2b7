/* test_plot.c: pictures are read back: their size, whose bars are there, and that nothing runs over
 * the edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <cairo/cairo.h>
#include <unistd.h>

#include "joust/plot.h"
#include "made_result.h"

const char *__lsan_default_suppressions(void);

/* fontconfig keeps what it read of the fonts, and nobody may ask it to stop while others draw. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

static const unsigned colours[TARGETS_MAX] = {
    0x0068a8, 0xc85200, 0x00845f, 0xa8447f, 0x9a6a00, 0x2484bd, 0x1c2025, 0x7a7400,
};

static struct result   r;
static struct analysis a;
static struct buf      why;
static char            folder[64], path[128];

static int enter(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_plot.XXXXXX");
    why = buf_growing(4096);
    return mkdtemp(folder) ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    buf_close(&why);
    analysis_close(&a);
    result_close(&r);
    a = (struct analysis){ 0 };
    r = (struct result){ 0 };
    return 0;
}

static struct made small(void)
{
    struct made m = made_usual();

    m.window_ns = 20000000;
    m.blocks = 6;
    return m;
}

static bool draw(const char *name)
{
    analysis_close(&a);
    assert_true(analysis_make(&r, &a));
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return plot_write(&r, &a, str_of(path), &why);
}

static unsigned pixel(cairo_surface_t *s, int x, int y)
{
    const unsigned char *row = cairo_image_surface_get_data(s) + y * cairo_image_surface_get_stride(s);

    return ((const uint32_t *)(const void *)row)[x] & 0xffffff;
}

static unsigned area_of(cairo_surface_t *s, unsigned colour)
{
    unsigned area = 0;

    for (int y = 0; y < cairo_image_surface_get_height(s); y++)
        for (int x = 0; x < cairo_image_surface_get_width(s); x++)
            area += pixel(s, x, y) == colour;
    return area;
}

/* How much of the throughput's chart is of a colour. */
static unsigned area_of_third(cairo_surface_t *s, unsigned colour)
{
    unsigned area = 0;

    for (int y = 0; y < 620; y++)
        for (int x = 1080; x < 1600; x++)
            area += pixel(s, x, y) == colour;
    return area;
}

static void assert_edges_white(cairo_surface_t *s)
{
    int width = cairo_image_surface_get_width(s), height = cairo_image_surface_get_height(s);

    for (int i = 0; i < 4; i++) {
        for (int x = 0; x < width; x++)
            assert_true(pixel(s, x, i) == 0xffffff && pixel(s, x, height - 1 - i) == 0xffffff);
        for (int y = 0; y < height; y++)
            assert_true(pixel(s, i, y) == 0xffffff && pixel(s, width - 1 - i, y) == 0xffffff);
    }
}

/* Draws, reads back, and asks that exactly the first `bars` colours have bars. */
static void assert_picture(unsigned bars)
{
    if (!draw("x.png"))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    cairo_surface_t *s = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(s), 1600);
    assert_int_equal(cairo_image_surface_get_height(s), 620);
    assert_edges_white(s);
    for (unsigned t = 0; t < TARGETS_MAX; t++)
        if (t != 6)     /* the colour of text too */
            assert_true(t < bars ? area_of(s, colours[t]) > 300 : area_of(s, colours[t]) == 0);
    cairo_surface_destroy(s);
}

static void test_plot_targets(void **state)
{
    struct made m = small();

    m.targets = *(unsigned *)*state;
    r = made_result(&m);
    assert_picture(m.targets);
}

static void test_plot_leaves_out_control(void **state)
{
    struct made m = small();

    (void)state;
    m.control = true;
    r = made_result(&m);
    assert_int_equal(r.targets_count, 4);
    assert_picture(3);
}

/* The open view's throughput is the asked rate, the same for all; the closed one's is not. */
static void test_plot_prefers_closed(void **state)
{
    struct made m = small();

    (void)state;
    m.targets = 2;
    m.open = true;
    r = made_result(&m);
    struct view first = r.views[0];     /* whichever stands first */
    r.views[0] = r.views[1];
    r.views[1] = first;
    assert_picture(2);
    cairo_surface_t *s = cairo_image_surface_create_from_png(path);
    assert_true(area_of_third(s, colours[0]) > 3 * area_of_third(s, colours[1]));
    cairo_surface_destroy(s);
}

static void test_plot_names(void **state)
{
    static const struct str names[TARGETS_MAX] = {
        LIT("<script>alert(1)</script>"), LIT("a name that is much too long for any place that it may stand in"), LIT("\xff\xfe\x01"), LIT(""),
        LIT("WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"), LIT("漢字のサービス名前です漢字のサービス名前です"), LIT("x"), LIT("\xe2\x80\xae turned"),
    };
    struct made m = small();

    (void)state;
    m.targets = 8;
    r = made_result(&m);
    for (unsigned t = 0; t < 8; t++)
        r.targets[t].name = names[7 - t];
    assert_picture(8);
}

static void test_plot_unsound(void **state)
{
    struct made m = small();

    (void)state;
    m.failures[1][OUTCOME_TIMEOUT] = 0.05;
    m.failures[2][OUTCOME_STATUS] = 1;
    r = made_result(&m);
    assert_picture(2);                  /* the third has no correct answer: no bar, no crash */
}

static void test_plot_svg(void **state)
{
    struct made m = small();
    char        text[400];

    (void)state;
    r = made_result(&m);
    assert_true(draw("x.svg"));
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[len] = '\0';
    assert_non_null(strstr(text, "<svg"));
    assert_non_null(strstr(text, "viewBox=\"0 0 800 310\""));
}

static void test_plot_refuses(void **state)
{
    struct made m = small();

    (void)state;
    r = made_result(&m);
    assert_false(draw("x.jpg"));
    assert_true(str_ends(buf_str(&why), LIT("x.jpg: a picture is .png or .svg")));
    buf_reset(&why);
    assert_false(draw("nowhere/x.png"));
    assert_true(str_ends(buf_str(&why), LIT("nowhere/x.png: cannot be written: No such file or directory")));
    buf_reset(&why);
    assert_false(draw("nowhere/x.svg"));
    assert_true(str_ends(buf_str(&why), LIT("nowhere/x.svg: cannot be written: No such file or directory")));
}

static void test_plot_full_disk(void **state)
{
    static const char *const names[] = { "x.png", "x.svg" };
    struct made              m = small();

    (void)state;
    r = made_result(&m);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(symlink("/dev/full", path), 0);
        buf_reset(&why);
        assert_false(draw(names[i]));
        assert_true(str_ends(buf_str(&why), LIT("cannot be written: No space left on device")));
        unlink(path);
    }
}

static void test_plot_of_nothing(void **state)
{
    struct made m = small();

    (void)state;
    m.closed = false;
    r = made_result(&m);
    assert_false(draw("x.png"));
    assert_true(str_ends(buf_str(&why), LIT("x.png: nothing was measured")));
}

int main(void)
{
    static unsigned one = 1, three = 3, eight = 8;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(test_plot_targets, enter, leave, &one),
        cmocka_unit_test_prestate_setup_teardown(test_plot_targets, enter, leave, &three),
        cmocka_unit_test_prestate_setup_teardown(test_plot_targets, enter, leave, &eight),
        cmocka_unit_test_setup_teardown(test_plot_leaves_out_control, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_prefers_closed, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_names, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_unsound, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_svg, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_refuses, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_full_disk, enter, leave),
        cmocka_unit_test_setup_teardown(test_plot_of_nothing, enter, leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
