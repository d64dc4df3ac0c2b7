/* joust/options.h: the command line.
 *
 * One table says it all: names, values, bounds, defaults, help.  Read-only once parsed; slices
 * point into argv. */
#pragma once
#include <sched.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "load/expect.h"
#include "load/plan.h"

#define JOUST_VERSION "0.1.0"

enum {
    TARGETS_MAX = 8,            /* the control included */
    HEADERS_OPTION_MAX = 32,
    FAIL_IFS_MAX = 16,
    QUANTILES_MAX = 8,
    GATES_MAX = 8,
};

#define QUANTILE_MIN 0.01

struct target_option {
    struct str name, url;
    struct str command;         /* of --run, or none */
    int64_t    pid;             /* of --pid, or 0 */
};

enum joust_mode { JOUST_RUN, JOUST_COMPARE, JOUST_NULL_SERVER };

struct options {
    enum joust_mode      mode;
    struct target_option targets[TARGETS_MAX];
    unsigned             targets_count;
    int64_t              connections, threads, blocks;
    int64_t              duration_ns;       /* a target, over all its visits */
    uint64_t             requests;          /* a target; 0: by time */
    double               rate;              /* a second; 0: closed loop */
    bool                 equal_load;
    int64_t              settle_ns;         /* -1: a tenth of the window */
    int64_t              warm_up_ns, timeout_ns, ready_timeout_ns;
    bool                 ready_timeout_given;
    rlim_t               files_found;       /* the soft limit of open files before it was raised */
    bool                 control, no_keepalive, no_body_check;
    int64_t              requests_per_connection;   /* 0: no end; 1 with no_keepalive */
    uint64_t             seed;
    double               margin, failures_max;      /* relative */
    double               quantiles[QUANTILES_MAX];  /* beyond p50 and p99: 0.999 */
    unsigned             quantiles_count;
    struct str           method, body, scenario;    /* the scenario's text */
    struct str           headers[HEADERS_OPTION_MAX];
    unsigned             headers_count;
    int                  expect;
    struct ignored       ignored;
    bool                 pinned;
    cpu_set_t            server_cpus, generator_cpus;
    struct str           pin;               /* as given */
    struct str           allowed[GATES_MAX];
    unsigned             allowed_count;
    struct str           fail_ifs[FAIL_IFS_MAX];
    unsigned             fail_ifs_count;
    struct str           json_file, report_file, plot_file;
    bool                 quiet;
    struct str           old_file, new_file;        /* compare */
    struct str           listen;                    /* the null server's */
    int64_t              work_ns;
};

enum options_verdict { OPTIONS_GO, OPTIONS_SHOWN, OPTIONS_WRONG };

/* SHOWN: help or version was asked for and is in `text`; WRONG: one clear line is in `text`.
 * `arena` keeps what was read from files ("@file"). */
enum options_verdict options_parse(struct options *o, int argc, char **argv, struct arena *arena,
                                   struct buf *text);
