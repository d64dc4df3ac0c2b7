/* test_result_file.c: a result into a file and back, and files that somebody has tampered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "joust/result_file.h"
#include "made_result.h"

enum { TEXT_BYTES_MAX = 64 << 20, MUTATIONS = 600 };

struct place {
    char folder[64], file[128];
};

static struct place place_open(void)
{
    struct place p;

    snprintf(p.folder, sizeof p.folder, "/tmp/joust-file-XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    snprintf(p.file, sizeof p.file, "%s/result.json", p.folder);
    return p;
}

static void place_close(const struct place *p)
{
    unlink(p->file);
    assert_int_equal(rmdir(p->folder), 0);      /* fails where something was left beside it */
}

static struct buf content_of(const char *path)
{
    struct buf text = buf_growing(TEXT_BYTES_MAX);
    FILE      *file = fopen(path, "r");
    size_t     got;

    assert_non_null(file);
    do {
        char *room = buf_room(&text, 65536);
        assert_non_null(room);
        got = fread(room, 1, 65536, file);
        buf_grew(&text, got);
    } while (got > 0);
    fclose(file);
    return text;
}

static void put_content(const char *path, struct str text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    fclose(file);
}

static void write_result(const struct result *r, const char *path)
{
    struct analysis *a = calloc(1, sizeof *a);
    struct buf       why = buf_growing(4096);

    assert_non_null(a);
    assert_true(analysis_make(r, a));
    if (!result_file_write(r, a, str_of(path), &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    analysis_close(a);
    free(a);
    buf_close(&why);
}

/* NULL: it was read, and then analysed; else the sentence. */
static bool read_says(const char *path, struct buf *says)
{
    struct result    r;
    struct analysis *a;

    buf_reset(says);
    if (!result_file_read(str_of(path), &r, says)) {
        assert_true(says->len > 0);
        return false;
    }
    a = calloc(1, sizeof *a);
    assert_non_null(a);
    assert_true(analysis_make(&r, a));
    analysis_close(a);
    free(a);
    result_close(&r);
    return true;
}

/* Few requests, so that a mutation is read in no time. */
static struct made small(void)
{
    struct made m = made_usual();

    m.targets = 2;
    m.control = true;
    m.blocks = 2;
    m.window_ns = 4000000;
    m.steps = 2;
    m.open = true;
    m.failures[0][OUTCOME_TIMEOUT] = 0.02;
    m.failures[1][OUTCOME_STATUS] = 0.02;
    m.cpu_ns[1] = -1;
    return m;
}

static void assert_same_histogram(const struct histogram *a, const struct histogram *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->unanswered, b->unanswered);
    assert_int_equal(a->waited_ns, b->waited_ns);
    assert_int_equal(a->min_ns, b->min_ns);
    assert_int_equal(a->max_ns, b->max_ns);
    assert_memory_equal(&a->sum_ns, &b->sum_ns, sizeof a->sum_ns);
    assert_memory_equal(a->counts, b->counts, HISTOGRAM_SLOTS * sizeof *a->counts);
}

static void assert_same_round(const struct round *a, const struct round *b)
{
    const struct round_figures *f = &a->figures, *g = &b->figures;

    assert_int_equal(a->target, b->target);
    assert_int_equal(a->block, b->block);
    assert_int_equal(a->place, b->place);
    assert_int_equal(a->began_ns, b->began_ns);
    assert_int_equal(a->server_cpu_ns, b->server_cpu_ns);
    assert_int_equal(a->memory_bytes, b->memory_bytes);
    assert_memory_equal(f, g, offsetof(struct round_figures, connect_error));
    assert_int_equal(f->connect_error, g->connect_error);
    assert_int_equal(f->reconnects, g->reconnects);
    assert_int_equal(f->sent, g->sent);
    assert_int_equal(f->due, g->due);
    assert_int_equal(f->late, g->late);
    assert_int_equal(f->generator_cpu_ns, g->generator_cpu_ns);
    assert_int_equal(f->example_status, g->example_status);
    assert_int_equal(f->steps_count, g->steps_count);
    for (unsigned s = 0; s < f->steps_count; s++) {
        assert_memory_equal(f->steps[s].outcomes, g->steps[s].outcomes, sizeof f->steps[s].outcomes);
        assert_int_equal(f->steps[s].completed, g->steps[s].completed);
        assert_same_histogram(&f->steps[s].latency, &g->steps[s].latency);
    }
}

static void assert_same_target(const struct target_record *a, const struct target_record *b)
{
    assert_true(str_eq(a->name, b->name));
    assert_true(str_eq(a->url, b->url));
    assert_true(str_eq(a->command, b->command));
    assert_int_equal(a->command.at == NULL, b->command.at == NULL);
    assert_int_equal(a->control_of, b->control_of);
    assert_true(str_eq(a->program, b->program));
    assert_true(str_eq(a->program_hash, b->program_hash));
    assert_int_equal(a->status, b->status);
    assert_true(str_eq(a->media_type, b->media_type));
    assert_int_equal(a->body_bytes, b->body_bytes);
    assert_true(str_eq(a->differs, b->differs));
    assert_int_equal(a->warmed_ns, b->warmed_ns);
    assert_true(str_eq(a->cost_unknown, b->cost_unknown));
}

static void test_what_is_read_is_what_was_written(void **state)
{
    (void)state;
    struct place  p = place_open();
    struct made   m = small();
    struct result r = made_result(&m), back;
    struct buf    why = buf_growing(4096);

    r.seed = UINT64_MAX;
    r.requests_per_connection = 10;
    r.views[0].rounds[1].figures.connect_error = 111;
    r.views[0].rounds[1].figures.late = 3;
    r.views[0].rounds[1].figures.established--;
    r.targets[1].differs = LIT("/id is 7 here and \"8\"\n there");
    r.allowed[r.allowed_count++] = LIT("ceiling");
    write_result(&r, p.file);
    if (!result_file_read(str_of(p.file), &back, &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    assert_true(back.seed == UINT64_MAX);
    assert_int_equal(back.connections, r.connections);
    assert_int_equal(back.threads, r.threads);
    assert_int_equal(back.requests_per_connection, 10);
    assert_int_equal(back.blocks, r.blocks);
    assert_true(back.margin == r.margin && back.failures_max == r.failures_max);
    assert_true(back.confidence == r.confidence && back.ceiling == r.ceiling);
    assert_true(back.floor_ns == r.floor_ns && back.quantiles[0] == r.quantiles[0]);
    assert_int_equal(back.facts_count, r.facts_count);
    assert_true(str_eq(back.facts[1].value, r.facts[1].value));
    assert_int_equal(back.steps_count, 2);
    assert_true(str_eq(back.step_names[1], LIT("call")) && back.step_measured[1]);
    assert_int_equal(back.allowed_count, 1);
    assert_int_equal(back.targets_count, 3);
    for (unsigned t = 0; t < 3; t++)
        assert_same_target(&r.targets[t], &back.targets[t]);
    assert_int_equal(back.views_count, 2);
    assert_true(back.views[1].kind == VIEW_OPEN && back.views[1].rate == r.views[1].rate);
    for (unsigned v = 0; v < 2; v++)
        for (unsigned i = 0; i < r.views[v].rounds_count; i++)
            assert_same_round(&r.views[v].rounds[i], &back.views[v].rounds[i]);
    result_close(&back);
    result_close(&r);
    buf_close(&why);
    place_close(&p);
}

static void test_written_twice_is_the_same_bytes(void **state)
{
    (void)state;
    struct place  p = place_open();
    struct made   m = small();
    struct result r = made_result(&m), back;
    struct buf    why = buf_growing(4096);

    r.targets[0].differs = LIT("broken \xff UTF-8 \xc3 and a NUL \0 too");
    write_result(&r, p.file);
    struct buf first = content_of(p.file);
    assert_true(result_file_read(str_of(p.file), &back, &why));
    write_result(&back, p.file);
    struct buf second = content_of(p.file);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    buf_close(&first);
    buf_close(&second);
    buf_close(&why);
    result_close(&back);
    result_close(&r);
    place_close(&p);
}

static void test_the_analysis_is_there_for_others(void **state)
{
    (void)state;
    struct place  p = place_open();
    struct made   m = made_usual();
    json_error_t  error;
    struct result r;

    m.targets = 2;
    m.window_ns = 50000000;
    r = made_result(&m);
    write_result(&r, p.file);
    json_t *tree = json_load_file(p.file, 0, &error);
    assert_non_null(tree);
    json_t *view = json_array_get(json_object_get(tree, "analysis"), 0);
    json_t *target = json_array_get(json_object_get(view, "targets"), 0);
    json_t *rate = json_object_get(target, "throughput_requests_per_second");
    assert_string_equal(json_string_value(json_object_get(target, "name")), "postern");
    double value = json_number_value(json_object_get(rate, "value"));
    assert_true(value > 36000 && value < 40000);
    assert_true(json_number_value(json_object_get(rate, "low")) < value);
    json_t *first = json_array_get(json_object_get(view, "comparisons"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "metric")), "throughput");
    assert_string_equal(json_string_value(json_object_get(first, "verdict")), "faster");
    assert_non_null(strstr(json_string_value(json_object_get(first, "says")), " times as fast as fastapi"));
    assert_true(json_array_size(json_object_get(view, "gates")) > 0);
    json_decref(tree);
    result_close(&r);
    place_close(&p);
}

static void test_a_file_that_was_there_is_replaced_or_kept(void **state)
{
    (void)state;
    struct place     p = place_open();
    struct made      m = small();
    struct result    r = made_result(&m);
    struct analysis *a = calloc(1, sizeof *a);
    struct buf       why = buf_growing(4096), says = buf_growing(4096);

    assert_true(analysis_make(&r, a));
    put_content(p.file, LIT("what was there"));
    write_result(&r, p.file);
    assert_true(read_says(p.file, &says));
    assert_false(result_file_write(&r, a, LIT("/tmp/no/such/folder/r.json"), &why));
    assert_true(str_starts(buf_str(&why), LIT("/tmp/no/such/folder/r.json: cannot be written: No such file")));
    buf_reset(&why);
    assert_false(result_file_write(&r, a, LIT(""), &why));
    buf_reset(&why);
    assert_false(result_file_write(&r, a, str_of(p.folder), &why));
    assert_true(why.len > 0);
    assert_true(result_file_write(&r, a, LIT("/dev/null"), &why));
    struct stat found;
    assert_true(stat("/dev/null", &found) == 0 && S_ISCHR(found.st_mode));
    analysis_close(a);
    free(a);
    result_close(&r);
    buf_close(&why);
    buf_close(&says);
    place_close(&p);
}

/* ---- Files that are none ------------------------------------------------------------------ */

static json_t *small_tree(const struct place *p)
{
    struct made   m = small();
    struct result r = made_result(&m);
    json_error_t  error;

    write_result(&r, p->file);
    result_close(&r);
    json_t *tree = json_load_file(p->file, JSON_ALLOW_NUL, &error);
    assert_non_null(tree);
    return tree;
}

/* The value at "views.0.rounds.3", in *parent by its last name. */
static json_t *tree_at(json_t *tree, const char *path, json_t **parent, char last[64])
{
    struct str rest = str_of(path);

    while (rest.at) {
        struct str name = str_cut(&rest, '.');
        snprintf(last, 64, "%.*s", STR_ARG(name));
        *parent = tree;
        tree = json_is_array(tree) ? json_array_get(tree, strtoul(last, NULL, 10)) : json_object_get(tree, last);
        assert_true(tree || !rest.at);
    }
    return tree;
}

/* Puts `json` (or takes the member away: NULL) at a path of a fresh result; what is said then. */
static void assert_refused(const char *path, const char *json, const char *says)
{
    struct place p = place_open();
    json_t      *tree = small_tree(&p), *parent = NULL, *value;
    char         last[64];
    struct buf   why = buf_growing(4096);

    tree_at(tree, path, &parent, last);
    value = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    assert_true(!json || value);
    if (!json)
        json_object_del(parent, last);
    else if (json_is_array(parent))
        json_array_set_new(parent, strtoul(last, NULL, 10), value);
    else
        json_object_set_new(parent, last, value);
    assert_int_equal(json_dump_file(tree, p.file, JSON_COMPACT), 0);
    json_decref(tree);
    if (read_says(p.file, &why))
        fail_msg("%s = %s is read", path, json ? json : "nothing");
    if (str_find(buf_str(&why), str_of(says)) == why.len || !str_starts(buf_str(&why), str_of(p.file)))
        fail_msg("%s: \"%.*s\" does not say \"%s\"", path, STR_ARG(buf_str(&why)), says);
    buf_close(&why);
    place_close(&p);
}

/* Written before there was such a member: connections had no end. */
static void test_an_older_file_is_read(void **state)
{
    (void)state;
    struct place  p = place_open();
    json_t       *tree = small_tree(&p);
    struct buf    why = buf_growing(4096);
    struct result back;

    assert_true(json_is_null(json_object_get(tree, "requests_per_connection")));
    json_object_del(tree, "requests_per_connection");
    assert_int_equal(json_dump_file(tree, p.file, JSON_COMPACT), 0);
    json_decref(tree);
    if (!result_file_read(str_of(p.file), &back, &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    assert_int_equal(back.requests_per_connection, 0);
    result_close(&back);
    buf_close(&why);
    place_close(&p);
}

static void test_wrong_members_are_named(void **state)
{
    (void)state;
    assert_refused("joust", NULL, "is not a result of joust");
    assert_refused("joust", "2", "has format 2, and this joust reads format 1");
    assert_refused("seed", "7", ": seed is not a whole number in quotes");
    assert_refused("seed", "\"18446744073709551616\"", ": seed is not a whole number in quotes");
    assert_refused("blocks", "0", ": blocks is not a whole number from 1 to 10000");
    assert_refused("blocks", "4294967297", ": blocks is not a whole number");
    assert_refused("connections", "1.5", ": connections is not a whole number");
    assert_refused("requests_per_connection", "0", ": requests_per_connection is not a whole number from 1");
    assert_refused("confidence", "1", ": confidence is not a number");
    assert_refused("version", "7", ": version is not a text");
    assert_refused("quantiles.0", "0.00999", ": quantiles[0] is not a number from 0.01 to below 1");
    assert_refused("quantiles.0", "1", ": quantiles[0] is not a number from 0.01 to below 1");
    assert_refused("quantiles", "[1,1,1,1,1,1,1,1,1]", ": quantiles has 9 elements; at most 8 can be");
    assert_refused("steps", "[]", " has no step that is measured");
    assert_refused("steps.0.measured", "0", ": steps[0].measured is neither true nor false");
    assert_refused("targets", "[]", " has no targets");
    assert_refused("targets.1.name", "\"postern\"", ": targets[1] has the name of another target");
    assert_refused("targets.1.name", "\"\\u001b[31m\"", ": targets[1].name is empty or has control characters");
    assert_refused("targets.1.control_of", "1", ": targets[1] is the control of a target that does not stand before it");
    assert_refused("targets.1.url", NULL, ": targets[1].url is missing");
    assert_refused("environment.0", "7", ": environment[0] is not an object");
    assert_refused("views", "{}", ": views is not an array");
    assert_refused("views.0.kind", "\"ajar\"", ": views[0] has a kind that is neither");
    assert_refused("views.0.kind", "\"open\"", ": views[0] has a rate_per_second");
    assert_refused("views.1.rate_per_second", "0", ": views[1] has a rate_per_second");
}

static void test_wrong_rounds_are_named(void **state)
{
    (void)state;
    assert_refused("views.0.rounds.3.target", "3", ": views[0].rounds[3] has target 3 and place 0, and there are 3 targets");
    assert_refused("views.0.rounds.3.target", "-1", ": views[0].rounds[3].target is not a whole number from 0 to 7");
    assert_refused("views.0.rounds.3.block", "2", ": views[0].rounds[3] has block 2, and there are 2 blocks");
    assert_refused("views.0.rounds.3.block", "0", ": views[0].rounds[3] visits target 1 in block 0 a second time");
    assert_refused("views.0.rounds.3", "null", ": views[0].rounds[3] is not an object");
    assert_refused("views.0.rounds.0.window_ns", "1e9", ": views[0].rounds[0].window_ns is not a whole number");
    assert_refused("views.0.rounds.0.connections_established", "101", " has more connections than were asked");
    assert_refused("views.0.rounds.0.steps", "[]", ": views[0].rounds[0] has 0 steps instead of 2");
    assert_refused("views.0.rounds.0.steps.1.outcomes.timeout", "-1", ".steps[1].outcomes.timeout is not a count");
    assert_refused("views.0.rounds.0.steps.1.outcomes.body", NULL, ".steps[1].outcomes.body is missing");
    assert_refused("views.0.rounds.0.steps.1.outcomes.correct", "0", ".steps[1] has more latencies than correct answers");
    assert_refused("views.0.rounds.0.steps.0.latency", "[]", ".steps[0].latency is not an object");
}

static void test_wrong_histograms_are_named(void **state)
{
    (void)state;
#define LATENCY "views.0.rounds.0.steps.0.latency."
    assert_refused(LATENCY "count", "1", ".latency has a count of 1, and its slots sum up to");
    assert_refused(LATENCY "unanswered", "99999", " has more unanswered requests");
    assert_refused(LATENCY "slots", "\"\"", " and its slots sum up to 0");
    assert_refused(LATENCY "slots", "[]", ".latency.slots is not a text");
    assert_refused(LATENCY "slots", NULL, ".latency.slots is missing");
    assert_refused(LATENCY "slots", "\"31744:1\"", ".latency.slots has a step of 31744 after slot 0; slots ascend and end at 31743");
    assert_refused(LATENCY "slots", "\"31743:1 1:1\"", ".latency.slots has a step of 1 after slot 31743");
    assert_refused(LATENCY "slots", "\"5:1 9223372036854775807:1\"", "step of 9223372036854775807 after slot 5");
    assert_refused(LATENCY "slots", "\"0:1 0:1\"", ".latency.slots has a step of 0 after slot 0; slots ascend");
    assert_refused(LATENCY "slots", "\"-1:1\"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"1\"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"1:\"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"1:1 \"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"1:1  1:1\"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"1:1:1\"", ".latency.slots lacks a step and its count");
    assert_refused(LATENCY "slots", "\"7:0\"", ".latency.slots has a count of 0 in slot 7");
    assert_refused(LATENCY "slots", "\"7:9223372036854775807\"", ".latency.slots has a count of 9223372036854775807");
    assert_refused(LATENCY "min_ns", "0", " has a min_ns or max_ns that is not in its first or last slot");
    assert_refused(LATENCY "max_ns", "1099511627775", " has a min_ns or max_ns that is not in its first or last slot");
    assert_refused(LATENCY "max_ns", "1099511627776", ".max_ns is not a whole number from 0 to 1099511627775");
    assert_refused(LATENCY "sum_ns", "1", " has a sum_ns that its values cannot give");
}

static void test_no_json_and_no_file(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } cases[] = {
        { "", " is not JSON: line 1" },
        { "{\n \"joust\": 1,,", " is not JSON: line 2, column 13" },
        { "{\"joust\": 1, \"joust\": 1}", " is not JSON" },
        { "[]", " is not a result of joust" },
        { "{\"joust\": 1}", ": version is missing" },
        { "{\"joust\": 1e999}", " is not JSON" },
    };
    struct place p = place_open();
    struct buf   why = buf_growing(4096);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_content(p.file, str_of(cases[i].text));
        assert_false(read_says(p.file, &why));
        if (str_find(buf_str(&why), str_of(cases[i].says)) == why.len)
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(buf_str(&why)));
    }
    assert_false(read_says(p.folder, &why));
    assert_true(str_ends(buf_str(&why), LIT(" is a directory")));
    assert_false(read_says("/no/such/file", &why));
    assert_true(str_starts(buf_str(&why), LIT("/no/such/file cannot be read: No such file")));
    assert_false(read_says("", &why));
    buf_close(&why);
    place_close(&p);
}

/* ---- Tampering at random ------------------------------------------------------------------ */

static void tamper_with_bytes(struct buf *text, struct rng *rng)
{
    static const char bytes[] = "0123456789-.eE{}[]\",:ntf \n\\u\x80\xff";
    size_t            many = 1 + rng_below(rng, 3);

    for (size_t i = 0; i < many; i++)
        text->at[rng_below(rng, text->len)] = bytes[rng_below(rng, sizeof bytes - 1)];
    if (rng_below(rng, 8) == 0)
        buf_cut(text, rng_below(rng, text->len));
}

/* Replaces one value that a random walk from the root ends at. */
static void tamper_with_tree(json_t *tree, struct rng *rng)
{
    static const char *const values[] = { "0", "1", "-1", "2", "7", "8", "4294967295", "4294967296",
        "9223372036854775807", "-9223372036854775808", "1e308", "0.5", "null", "true", "[]", "{}",
        "\"0:1\"", "\"\"", "\"x\"", "\"31743:1 1:1\"", "1099511627776" };
    const char *value = values[rng_below(rng, sizeof values / sizeof *values)];

    for (;;) {
        size_t size = json_is_array(tree) ? json_array_size(tree) : json_object_size(tree);
        if (size == 0)
            return;
        size_t  at = rng_below(rng, size);
        void   *member = json_is_object(tree) ? json_object_iter(tree) : NULL;
        for (size_t i = 0; i < at && member; i++)
            member = json_object_iter_next(tree, member);
        json_t *below = member ? json_object_iter_value(member) : json_array_get(tree, at);
        bool    leaf = !json_is_array(below) && !json_is_object(below);
        if (!leaf && rng_below(rng, 8) > 0) {
            tree = below;
            continue;
        }
        json_t *new = json_loads(value, JSON_DECODE_ANY, NULL);
        if (member)
            json_object_iter_set_new(tree, member, new);
        else
            json_array_set_new(tree, at, new);
        return;
    }
}

static void test_tampered_files_are_refused_or_read(void **state)
{
    (void)state;
    struct place p = place_open();
    uint64_t     seed = made_seed(20261123);
    struct rng   rng = rng_seeded(seed);
    struct buf   why = buf_growing(1 << 16);
    unsigned     refused = 0;
    json_t      *tree = small_tree(&p);
    struct buf   text = content_of(p.file);

    for (unsigned i = 0; i < MUTATIONS; i++) {
        if (i % 2) {
            struct buf copy = buf_growing(TEXT_BYTES_MAX);
            buf_add(&copy, buf_str(&text));
            tamper_with_bytes(&copy, &rng);
            put_content(p.file, buf_str(&copy));
            buf_close(&copy);
        } else {
            json_t *copy = json_deep_copy(tree);
            tamper_with_tree(copy, &rng);
            assert_int_equal(json_dump_file(copy, p.file, JSON_COMPACT), 0);
            json_decref(copy);
        }
        refused += !read_says(p.file, &why);
    }
    assert_true(refused > MUTATIONS / 4);
    json_decref(tree);
    buf_close(&text);
    buf_close(&why);
    place_close(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_is_what_was_written),
        cmocka_unit_test(test_written_twice_is_the_same_bytes),
        cmocka_unit_test(test_the_analysis_is_there_for_others),
        cmocka_unit_test(test_a_file_that_was_there_is_replaced_or_kept),
        cmocka_unit_test(test_an_older_file_is_read),
        cmocka_unit_test(test_wrong_members_are_named),
        cmocka_unit_test(test_wrong_rounds_are_named),
        cmocka_unit_test(test_wrong_histograms_are_named),
        cmocka_unit_test(test_no_json_and_no_file),
        cmocka_unit_test(test_tampered_files_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
