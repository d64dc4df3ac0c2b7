/* joust/summary_page.h: a summary while it is written.  Private to summary*.c. */
#pragma once
#include "joust/columns.h"
#include "joust/summary.h"

enum { PAGE_COLUMNS = 100, LABEL_COLUMNS = 15 };

struct page {
    struct arena                arena;
    const struct result        *r;
    const struct view          *view;
    const struct view_analysis *v;
    struct buf                 *out;
    unsigned                    targets[TARGETS_MAX];   /* without the control */
    unsigned                    targets_count;
};

struct str page_name(const struct page *p, unsigned target);

/* A label of LABEL_COLUMNS, or room as wide, then a sentence, wrapped. */
void page_write_labelled(struct page *p, struct str label, struct str text);

/* What voids, what was let pass, and what may be said of each pair; of the page's view. */
void page_write_verdicts(struct page *p);

/* Figures, failures by kind and steps, target beside target. */
void page_write_tables(struct page *p);
