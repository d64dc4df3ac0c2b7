/* test_svg.c: elements as they are written, and axes whose labels do not touch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "joust/svg.h"

static struct buf out;

static int make(void **state)
{
    (void)state;
    out = buf_growing(1 << 16);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    buf_close(&out);
    return 0;
}

static struct svg svg_of(double width)
{
    return (struct svg){ &out, width, 100 };
}

static void assert_written(const char *want)
{
    assert_false(out.failed);
    buf_add_char(&out, '\0');
    assert_string_equal(out.at, want);
}

static unsigned count_of(struct str needle)
{
    struct str rest = buf_str(&out);
    unsigned   count = 0;

    for (size_t at; (at = str_find(rest, needle)) < rest.len; count++)
        rest = str_slice(rest, at + needle.len, rest.len);
    return count;
}

static void test_svg_frame(void **state)
{
    struct svg s = svg_of(200);

    (void)state;
    svg_begin(&s, "wide", LIT("\"a\" <b>"));
    svg_end(&s);
    assert_written("<svg class=\"wide\" viewBox=\"0 0 200 100\" width=\"200\" height=\"100\" role=\"img\" "
                   "aria-label=\"&quot;a&quot; &lt;b&gt;\">\n</svg>\n");
}

static void test_svg_text_is_escaped(void **state)
{
    struct svg s = svg_of(200);

    (void)state;
    svg_text(&s, "label", 1.25, 2, SVG_END, LIT("</text><script>"));
    assert_written("<text class=\"label\" x=\"1.2\" y=\"2.0\" text-anchor=\"end\">&lt;/text&gt;&lt;script&gt;</text>\n");
}

static void test_svg_shapes(void **state)
{
    struct svg   s = svg_of(200);
    struct point points[] = { { 1, 2 }, { 3, 4 } };

    (void)state;
    svg_line(&s, "a", 1, 2, 3, 4);
    svg_rect(&s, "b", 1, 2, -3, 4);
    svg_polyline(&s, "c", points, 2);
    svg_polyline(&s, "c", points, 1);
    assert_written("<line class=\"a\" x1=\"1.0\" y1=\"2.0\" x2=\"3.0\" y2=\"4.0\"/>\n"
                   "<rect class=\"b\" x=\"1.0\" y=\"2.0\" width=\"0.0\" height=\"4.0\"/>\n"
                   "<polyline class=\"c\" points=\"1.0,2.0 3.0,4.0\"/>\n");
}

static void test_svg_markers_differ(void **state)
{
    struct str shapes[SVG_MARKERS];
    struct svg s = svg_of(200);
    char       text[SVG_MARKERS][256];

    (void)state;
    for (unsigned i = 0; i < SVG_MARKERS; i++) {
        buf_reset(&out);
        svg_marker(&s, "m", i, 5, 6);
        shapes[i] = (struct str){ text[i], out.len };
        assert_true(out.len < sizeof text[i]);
        memcpy(text[i], out.at, out.len);
        for (unsigned j = 0; j < i; j++)
            assert_false(str_eq(shapes[i], shapes[j]));
    }
    buf_reset(&out);
    svg_marker(&s, "m", SVG_MARKERS, 5, 6);
    assert_true(str_eq(buf_str(&out), shapes[0]));
}

static void label(struct buf *b, double value)
{
    buf_format(b, "%.0f requests", value);
}

static void test_svg_axis_leaves_out(void **state)
{
    struct svg_axis axis = { { 0, 10, 40, 360, false }, ticks_linear(0, 10, 10), label };
    struct svg      s = svg_of(400);

    (void)state;
    assert_int_equal(axis.ticks.count, 11);
    svg_axis_x(&s, &axis, 0, 80);
    assert_int_equal(count_of(LIT("class=\"grid\"")), 11);
    assert_true(count_of(LIT("<text")) >= 3 && count_of(LIT("<text")) <= 5);   /* 320 px, about 90 each */
    buf_reset(&out);
    axis.scale = (struct scale){ 0, 10, 60, 10, false };
    svg_axis_y(&s, &axis, 40, 360);
    assert_int_equal(count_of(LIT("<text")), 3);                                /* 50 px, 16 each */
}

static void test_svg_fails_stickily(void **state)
{
    char       room[20];
    struct buf small = buf_fixed(room, sizeof room);
    struct svg s = { &small, 10, 10 };

    (void)state;
    svg_begin(&s, "wide", LIT("x"));
    svg_end(&s);
    assert_true(small.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_svg_frame, make, drop),
        cmocka_unit_test_setup_teardown(test_svg_text_is_escaped, make, drop),
        cmocka_unit_test_setup_teardown(test_svg_shapes, make, drop),
        cmocka_unit_test_setup_teardown(test_svg_markers_differ, make, drop),
        cmocka_unit_test_setup_teardown(test_svg_axis_leaves_out, make, drop),
        cmocka_unit_test(test_svg_fails_stickily),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
