/* campaigns.c: how often the verdicts are wrong, on rounds that were measured.
 *
 *   campaigns ROUNDS_FILE CAMPAIGNS BLOCKS SEED [--slow PERCENT]
 *   campaigns --example BLOCKS SEED
 *
 * The file holds one service that was visited under two names, 0 and 1, over many blocks, in lines
 * `block target throughput p50_ns cpu_ns`; nothing differs.  A campaign draws blocks from it, the
 * two sides of each swapped by a coin, and makes joust's verdicts; --slow makes the second side
 * slower by that much.  Exit 1: more than 5 % false verdicts of a metric, or less than 90 % of the
 * slowdowns found in the throughput; 2: it was asked the wrong way.  --example writes such a file
 * by drawing, with the scatter of a quiet machine.  p99 needs histograms and is not simulated. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "stats/ratio.h"
#include "stats/rng.h"
#include "stats/verdict.h"

#define MARGIN     0.02
#define CONFIDENCE 0.95
#define FALSE_MAX  0.05
#define FOUND_MIN  0.90

enum {
    BLOCKS_MAX = 1000,
    RECORDED_MAX = 100000,
    CAMPAIGNS_MAX = 10000000,
    KINDS = VERDICT_UNDECIDED + 1,
};

enum { THROUGHPUT, P50, CPU, METRICS };

/* `slows`: what a slower second side does to its figure; `found`: what is right to say then. */
static const struct metric {
    const char       *name;
    int               slows;
    enum verdict_kind found;
} metrics[METRICS] = {
    [THROUGHPUT] = { "throughput", -1, VERDICT_HIGHER },
    [P50] = { "p50", 1, VERDICT_LOWER },
    [CPU] = { "cpu", 1, VERDICT_LOWER },
};

struct block {
    bool   there[2];
    double figures[2][METRICS];
};

struct recording {
    struct block *blocks;       /* owned; RECORDED_MAX, of which the first `count` are used */
    size_t        count;
};

struct question {
    const char *file;
    uint64_t    campaigns, blocks, seed;
    double      slow;           /* 0.05 is 5 % */
    bool        example;
};

/* Both sides of one metric, one figure a block. */
struct pair {
    double a[BLOCKS_MAX], b[BLOCKS_MAX];
};

struct tally {
    uint64_t kinds[METRICS][KINDS];
};

/* ---- Reading ------------------------------------------------------------------------------ */

static bool take_line(struct recording *r, const char *line)
{
    unsigned block, target;
    double   f[METRICS];
    char     more;

    if (sscanf(line, "%u %u %lf %lf %lf %c", &block, &target, &f[THROUGHPUT], &f[P50], &f[CPU],
               &more) != 2 + METRICS ||
        block >= RECORDED_MAX || target > 1 || r->blocks[block].there[target])
        return false;
    for (int m = 0; m < METRICS; m++) {
        if (!isfinite(f[m]) || f[m] <= 0)
            return false;
        r->blocks[block].figures[target][m] = f[m];
    }
    r->blocks[block].there[target] = true;
    return true;
}

/* Whole blocks only, moved to the front. */
static void keep_whole_blocks(struct recording *r)
{
    for (size_t i = 0; i < RECORDED_MAX; i++)
        if (r->blocks[i].there[0] && r->blocks[i].there[1])
            r->blocks[r->count++] = r->blocks[i];
}

static bool read_lines(struct recording *r, const char *name, FILE *file)
{
    char  *line = NULL;
    size_t size = 0, number = 0;
    bool   fine = true;

    while (fine && getline(&line, &size, file) >= 0) {
        number++;
        if (line[0] != '#' && line[0] != '\n' && !take_line(r, line)) {
            fprintf(stderr, "%s:%zu: not 'block target throughput p50_ns cpu_ns', "
                            "once for each block and target, above zero\n", name, number);
            fine = false;
        }
    }
    free(line);
    return fine;
}

static bool read_recording(struct recording *r, const char *name)
{
    FILE *file = fopen(name, "r");

    if (!file) {
        perror(name);
        return false;
    }
    r->blocks = calloc(RECORDED_MAX, sizeof *r->blocks);
    bool fine = r->blocks && read_lines(r, name, file);
    fclose(file);
    if (!fine)
        return false;
    keep_whole_blocks(r);
    if (r->count < 2)
        fprintf(stderr, "%s: fewer than two blocks with both targets\n", name);
    return r->count >= 2;
}

/* ---- Campaigns ---------------------------------------------------------------------------- */

static void draw_campaign(const struct recording *r, const struct question *q, struct rng *rng,
                          struct pair pairs[METRICS])
{
    for (size_t i = 0; i < q->blocks; i++) {
        const struct block *block = &r->blocks[rng_below(rng, r->count)];
        uint64_t            first = rng_below(rng, 2);
        for (int m = 0; m < METRICS; m++) {
            pairs[m].a[i] = block->figures[first][m];
            pairs[m].b[i] = block->figures[!first][m] * pow(1 + q->slow, metrics[m].slows);
        }
    }
}

static void simulate(const struct recording *r, const struct question *q, struct tally *t)
{
    struct pair pairs[METRICS];
    struct rng  rng = rng_seeded(q->seed);

    for (uint64_t i = 0; i < q->campaigns; i++) {
        draw_campaign(r, q, &rng, pairs);
        for (int m = 0; m < METRICS; m++) {
            struct ratio ratio = ratio_paired(pairs[m].a, pairs[m].b, q->blocks, CONFIDENCE);
            t->kinds[m][verdict_of(&ratio, ratio.p, MARGIN, 0, CONFIDENCE).kind]++;
        }
    }
}

static double share(const struct tally *t, int metric, enum verdict_kind kind,
                    const struct question *q)
{
    return (double)t->kinds[metric][kind] / (double)q->campaigns;
}

/* A difference that is not there or, with --slow, the wrong way round. */
static double false_share(const struct tally *t, int metric, const struct question *q)
{
    double differences = share(t, metric, VERDICT_HIGHER, q) + share(t, metric, VERDICT_LOWER, q);

    return q->slow > 0 ? differences - share(t, metric, metrics[metric].found, q) : differences;
}

static void print_tally(const struct tally *t, const struct question *q)
{
    printf("%-12s%10s%10s%12s%11s%9s\n", "", "higher", "lower", "equivalent", "undecided", "false");
    for (int m = 0; m < METRICS; m++)
        printf("%-12s%8.2f %%%8.2f %%%10.2f %%%9.2f %%%7.2f %%\n", metrics[m].name,
               100 * share(t, m, VERDICT_HIGHER, q), 100 * share(t, m, VERDICT_LOWER, q),
               100 * share(t, m, VERDICT_EQUIVALENT, q), 100 * share(t, m, VERDICT_UNDECIDED, q),
               100 * false_share(t, m, q));
}

static bool is_good(const struct tally *t, const struct question *q)
{
    for (int m = 0; m < METRICS; m++)
        if (false_share(t, m, q) > FALSE_MAX)
            return false;
    return q->slow == 0 || share(t, THROUGHPUT, metrics[THROUGHPUT].found, q) >= FOUND_MIN;
}

/* ---- Examples ----------------------------------------------------------------------------- */

static double normal(struct rng *r)
{
    return sqrt(-2 * log(1 - rng_unit(r))) * cos(2 * M_PI * rng_unit(r));
}

/* Log-normal: what a block does to both, 10 %, and 1.5 % of each figure's own. */
static void write_example(const struct question *q)
{
    struct rng r = rng_seeded(q->seed);

    puts("# block target throughput p50_ns cpu_ns");
    for (uint64_t i = 0; i < q->blocks; i++) {
        double slow = exp(0.1 * normal(&r));
        for (int target = 0; target < 2; target++) {
            double own[METRICS];
            for (int m = 0; m < METRICS; m++)
                own[m] = exp(0.015 * normal(&r));
            printf("%llu %d %.3f %.0f %.1f\n", (unsigned long long)i, target,
                   40000 / slow * own[THROUGHPUT], 2.4e6 * slow * own[P50], 21e3 * slow * own[CPU]);
        }
    }
}

/* ---- The command line --------------------------------------------------------------------- */

static bool is_word(const char *argument, struct str word)
{
    return str_eq(str_of(argument), word);
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    return str_to_uint(str_of(text), max, out) && *out >= min;
}

static bool parse_slow(const char *text, double *out)
{
    char  *end;
    double percent = strtod(text, &end);

    *out = percent / 100;
    return end != text && *end == 0 && percent > 0 && percent <= 1000;
}

static bool parse_question(int argc, char **argv, struct question *q)
{
    if (argc == 4 && is_word(argv[1], LIT("--example"))) {
        q->example = true;
        return parse_number(argv[2], 2, RECORDED_MAX, &q->blocks) &&
               parse_number(argv[3], 0, UINT64_MAX, &q->seed);
    }
    if (argc != 5 && (argc != 7 || !is_word(argv[5], LIT("--slow"))))
        return false;
    q->file = argv[1];
    return parse_number(argv[2], 1, CAMPAIGNS_MAX, &q->campaigns) &&
           parse_number(argv[3], 2, BLOCKS_MAX, &q->blocks) &&
           parse_number(argv[4], 0, UINT64_MAX, &q->seed) &&
           (argc == 5 || parse_slow(argv[6], &q->slow));
}

int main(int argc, char **argv)
{
    struct question  q = { 0 };
    struct recording r = { 0 };
    struct tally     t = { 0 };
    int              status = 2;

    if (!parse_question(argc, argv, &q)) {
        fputs("usage: campaigns ROUNDS_FILE CAMPAIGNS BLOCKS SEED [--slow PERCENT]\n"
              "       campaigns --example BLOCKS SEED\n", stderr);
        return 2;
    }
    if (q.example) {
        write_example(&q);
        return 0;
    }
    if (read_recording(&r, q.file)) {
        printf("%llu campaigns of %llu blocks out of %zu, seed %llu, second side %g %% slower\n",
               (unsigned long long)q.campaigns, (unsigned long long)q.blocks, r.count,
               (unsigned long long)q.seed, 100 * q.slow);
        simulate(&r, &q, &t);
        print_tally(&t, &q);
        status = is_good(&t, &q) ? 0 : 1;
    }
    free(r.blocks);
    return status;
}
