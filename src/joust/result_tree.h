/* joust/result_tree.h: a result as a tree of JSON, and back.  Private to result_file.c. */
#pragma once
#include <jansson.h>

#include "joust/analysis.h"

/* With the analysis; NULL: no memory. */
json_t *result_to_tree(const struct result *r, const struct analysis *a);

/* False: in `why`, where in the tree is what cannot be there, to stand behind the file's name
 * (": views[0].rounds[3].target is missing").  `out` is closed by the caller in either case. */
bool result_from_tree(const json_t *tree, struct result *out, struct buf *why);
