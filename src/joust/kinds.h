/* joust/kinds.h: the kinds of options: how the text of a value sets its member. */
#pragma once
#include "joust/targets.h"

enum { OPTIONS_ROWS_MAX = 48, THREADS_LIMIT = 64 };

struct reading;
struct option;

struct kind {
    bool      (*set)(struct reading *r, const struct option *row, struct str value);
    const char *is;                 /* what a value must be; NULL: a number or a time in the row's bounds */
    bool        bare;               /* takes no value */
};

/* A row of the table of options. */
struct option {
    const char        *name;
    char               letter;
    const struct kind *kind;
    size_t             at;          /* of the member */
    int64_t            min, max;    /* times in nanoseconds */
    const char        *preset;
    const char        *value;
    const char        *help;        /* NULL: shown on the line of the next one */
    const char        *group;       /* begins here */
    unsigned           modes;       /* 0: a run's */
};

/* A command line while it is read. */
struct reading {
    struct options *o;
    struct arena   *arena;
    struct buf     *text;
    bool            given[OPTIONS_ROWS_MAX];
    struct str      words[TARGETS_MAX];
    unsigned        words_count;    /* also those that were too many */
    struct bindings runs, pids;
    const char     *question;       /* "help" or "version", once asked */
};

extern const struct kind kind_switch, kind_null_server, kind_question, kind_number, kind_time, kind_status, kind_rate, kind_percent,
    kind_quantile, kind_text, kind_picture, kind_header, kind_body, kind_file, kind_ignored, kind_run, kind_pid, kind_pin, kind_allowed,
    kind_fail_if;

/* Sets what the row says; false: one sentence in r->text. */
bool option_set(struct reading *r, const struct option *row, struct str value);
