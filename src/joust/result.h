/* joust/result.h: what a campaign found: everything that analysis, files and pictures are made of.
 *
 * Filled by a campaign or read from a file; then only read.  Strings live in the result's arena,
 * histograms are owned by their rounds. */
#pragma once
#include "base/arena.h"
#include "joust/options.h"
#include "load/visit.h"

enum { FACTS_MAX = 48 };

struct fact {                           /* of the environment: "kernel", "Linux 6.1.0" */
    struct str name, value;
};

struct target_record {
    struct str name, url, command;
    int        control_of;              /* the target that this is under another name; -1 */
    struct str program;                 /* what serves it: executable, or unknown (none) */
    struct str program_hash;            /* SHA-256 of the executable, hexadecimal; none */
    int        status;                  /* of its answer before the load */
    struct str media_type;
    size_t     body_bytes;
    struct str differs;                 /* from the first target's answer, in a sentence; or none */
    int64_t    warmed_ns;
    struct str cost_unknown;            /* why its CPU time and memory are not known; or none */
};

struct round {
    unsigned target, block, place;      /* place: 0 is the first visit of the block */
    int64_t  began_ns;                  /* since the campaign began */
    int64_t  server_cpu_ns;             /* inside the window; -1 unknown */
    int64_t  memory_bytes;              /* peak of the tree, at the end; -1 unknown */
    struct round_figures figures;
};

enum view_kind { VIEW_CLOSED, VIEW_OPEN };

struct view {
    enum view_kind kind;
    double         rate;                /* OPEN: a second and target */
    struct round  *rounds;              /* owned; in the order they were run */
    unsigned       rounds_count;
};

enum { VIEWS_MAX = 2 };

struct result {
    struct arena         arena;
    struct str           version, command, began;   /* "0.1.0", the command line, RFC 3339 */
    uint64_t             seed;
    unsigned             connections, threads, blocks;
    unsigned             requests_per_connection;   /* 0: no end */
    double               margin, failures_max, confidence;
    struct str           step_names[STEPS_MAX];
    bool                 step_measured[STEPS_MAX];
    unsigned             steps_count;
    double               quantiles[QUANTILES_MAX];
    unsigned             quantiles_count;
    struct fact          facts[FACTS_MAX];
    unsigned             facts_count;
    struct str           allowed[GATES_MAX];
    unsigned             allowed_count;
    struct target_record targets[TARGETS_MAX];
    unsigned             targets_count;
    double               ceiling;       /* correct answers a second of the do-nothing server; 0 unknown */
    double               floor_ns;      /* its p50 */
    struct view          views[VIEWS_MAX];
    unsigned             views_count;
};

struct result result_new(void);
void          result_close(struct result *r);
bool          result_is_control(const struct result *r, unsigned target);
void          result_add_fact(struct result *r, const char *name, struct str value); /* copied */

/* A view with room for `rounds_count` rounds; their histograms open.  NULL: no memory. */
struct view *result_add_view(struct result *r, enum view_kind kind, double rate,
                             unsigned rounds_count);

/* Was the gate let pass by --allow? */
bool result_allows(const struct result *r, struct str gate);

/* Drops the rounds behind the first `rounds_count`. */
void view_keep_rounds(struct view *v, unsigned rounds_count);
