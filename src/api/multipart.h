/* api/multipart.h: multipart/form-data without files (RFC 7578, RFC 2046 section 5.1).  Pure
 * functions, any thread. */
#pragma once
#include "base/arena.h"
#include "schema/decode.h"

enum {
    MULTIPART_BOUNDARY_MAX = 70,            /* bytes */
    MULTIPART_PART_HEADER_MAX = 2048,       /* bytes of one part's header */
};

enum multipart_verdict {
    MULTIPART_OK,
    MULTIPART_MALFORMED,    /* also: not UTF-8, another charset, or the arena failed */
    MULTIPART_HAS_FILE,     /* a part with a file name */
    MULTIPART_TOO_MANY,     /* more than `fields_max` parts */
};

/* The fields in order; values are slices of the body, names too unless they were escaped.
 * `boundary` is the media type's, none when it had none.  A body of no bytes has no fields; any
 * other ends with the closing boundary. */
enum multipart_verdict multipart_parse(struct str body, struct str boundary, size_t fields_max,
                                       struct arena *a, struct text_value **out, size_t *count);
