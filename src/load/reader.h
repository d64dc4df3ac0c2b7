/* load/reader.h: one answer, read from a growing run of bytes (private to the load layer).
 *
 * The bytes begin where the answer begins and may move between two calls: only positions are
 * kept.  One thread. */
#pragma once
#include "http/answer.h"

enum reader_progress { READER_MORE, READER_DONE, READER_MALFORMED };

struct reader {
    int    status;              /* once the head is there */
    bool   keep_alive;
    size_t head_at, body_at;    /* DONE: where they stand in the bytes */
    size_t body_bytes;          /* without the framing of chunks */
    size_t end;                 /* DONE: what follows is not this answer's */
    bool   head_done;           /* private from here */
    bool   bodiless, chunked, until_close;
    size_t content_length, used;
    unsigned interims;
    struct http_head_scan scan;
    struct http_chunks    chunks;
};

enum { ANSWER_BYTES_MAX = 64 * 1024 * 1024 };

/* Looks at bytes[0..len), of which only the end is new; `closed`: no more will come.  Decodes
 * chunks in place.  A zeroed reader begins; MORE though closed: the answer is short. */
enum reader_progress reader_feed(struct reader *r, char *bytes, size_t len, bool to_head,
                                 bool closed);
