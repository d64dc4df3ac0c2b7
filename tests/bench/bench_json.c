/* bench_json.c: what reading and writing a small body costs, in nanoseconds.
 *
 * Prints the best and the median of many rounds, since another process can only make a round
 * slower.  It is no test.  With an argument it does each piece of work so many times, once, and
 * prints nothing: for counting instructions under valgrind --tool=callgrind. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "json/number.h"
#include "json/read.h"
#include "json/write.h"

enum { ROUNDS = 201, TIMES = 20000 };

static const struct str small = LIT("{\"user_id\":123,\"action\":\"get_profile\"}");
static const struct str user = LIT("{\"email\": \"j\xc3\xbcrgen@example.org\", "
                                     "\"password\": \"a \\\"quoted\\\" word\"}");

static size_t walk(struct str text)
{
    struct json_reader r = json_reader(text);
    struct json_token  t;
    size_t             sum = 0;

    while ((t = json_next(&r)).kind > JSON_BROKEN)
        sum += t.text.len;
    CHECK(t.kind == JSON_END);
    return sum;
}

static size_t read_small(struct buf *out)
{
    (void)out;
    return walk(small);
}

static size_t read_user(struct buf *out)
{
    (void)out;
    return walk(user);
}

static size_t write_small(struct buf *out)
{
    struct json_writer w = json_writer(out);

    buf_reset(out);
    json_object_begin(&w);
    json_name(&w, LIT("user_id"));
    json_put_int(&w, 123);
    json_name(&w, LIT("action"));
    json_put_string(&w, LIT("get_profile"));
    json_object_end(&w);
    return out->len;
}

static size_t copy_small(struct buf *out)
{
    struct json_writer w = json_writer(out);

    buf_reset(out);
    json_put_copy(&w, small);
    return out->len;
}

static size_t copy_user(struct buf *out)
{
    struct json_writer w = json_writer(out);

    buf_reset(out);
    json_put_copy(&w, user);
    return out->len;
}

static size_t read_real(struct buf *out)
{
    double value = 0;

    (void)out;
    return json_to_real(LIT("1234.5678"), &value) && value > 0;
}

static size_t write_real(struct buf *out)
{
    struct json_writer w = json_writer(out);

    buf_reset(out);
    json_put_double(&w, 1234.5678);
    return out->len;
}

static const struct work {
    const char *name;
    size_t (*run)(struct buf *out);
} works[] = {
    { "read the small body", read_small },
    { "write the small body", write_small },
    { "read and write anew (json_put_copy)", copy_small },
    { "read a body with escapes", read_user },
    { "copy a body with escapes", copy_user },
    { "json_to_real 1234.5678", read_real },
    { "json_double 1234.5678", write_real },
};

static volatile size_t sink;

static double round_ns(const struct work *work, struct buf *out, int times)
{
    int64_t began = clock_monotonic_ns(&system_clock);

    for (int i = 0; i < times; i++)
        sink += work->run(out);
    return (double)(clock_monotonic_ns(&system_clock) - began) / times;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void measure(const struct work *work, struct buf *out)
{
    double ns[ROUNDS];

    for (int i = 0; i < ROUNDS; i++)
        ns[i] = round_ns(work, out, TIMES);
    qsort(ns, ROUNDS, sizeof *ns, compare);
    printf("%-34s %7.1f ns best  %7.1f ns median\n", work->name, ns[0], ns[ROUNDS / 2]);
}

int main(int argc, char **argv)
{
    struct buf out = buf_growing(4096);

    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (argc > 1)
            round_ns(&works[i], &out, atoi(argv[1]));
        else
            measure(&works[i], &out);
    buf_close(&out);
    return 0;
}
