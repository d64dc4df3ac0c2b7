/* api/docs.h: the interactive page, built into the binary.  Any thread. */
#pragma once
#include "base/buf.h"

/* The page, whole. */
struct str docs_page(void);

/* The Content-Security-Policy that allows exactly the page's own style and script, by their
 * hashes. */
void docs_write_policy(struct buf *out);
