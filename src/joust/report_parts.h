/* report_parts.h: the sections of the report's page; for report.c.
 *
 * Charts are drawn twice, for wide and for narrow screens, and the style sheet shows one: text
 * that is scaled down with its drawing cannot be read. */
#pragma once
#include "joust/analysis.h"
#include "joust/svg.h"

enum { WIDE_PX = 880, NARROW_PX = 348, TABLE_NAME_EMS = 35, TEXT_BYTES = 512 };

struct sheet {
    const struct result        *r;
    const struct analysis      *a;
    const struct view          *view;       /* NULL in what concerns all */
    const struct view_analysis *va;
    struct buf                 *out;
};

/* "postern", shortened to so many ems, in `room` of TEXT_BYTES. */
struct str report_name(const struct sheet *s, unsigned target, double ems, char *room);

/* What a gate withheld: every gate that is broken, as a list; what is allowed says so. */
void report_voids(const struct sheet *s);
void report_verdicts(const struct sheet *s);
void report_forest(const struct sheet *s);
void report_figures(const struct sheet *s);
void report_steps(const struct sheet *s);
void report_curves(const struct sheet *s);
void report_rounds(const struct sheet *s);
void report_errors(const struct sheet *s);
void report_gates(const struct sheet *s);
void report_environment(const struct sheet *s);
void report_targets(const struct sheet *s);

/* Tables, each in a box of its own that scrolls. */
void table_begin(struct buf *out, const char *const *heads, size_t count);
void table_row(struct buf *out, struct str head);       /* begins with a heading */
void table_row_end(struct buf *out);
void table_cell(struct buf *out, struct str text);
void table_number(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_end(struct buf *out);
