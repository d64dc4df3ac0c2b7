/* json/write.h: values to JSON text, appended to a buffer.
 *
 * The writer sets commas and quotes, so that what it writes is JSON whenever begin and end are
 * paired. It fails as its buffer fails: stickily, asked once.  Strings must be UTF-8 (what is
 * not is replaced by U+FFFD); they are written as themselves, only '"', '\' and control
 * characters are escaped. One thread at a time. */
#pragma once
#include "base/buf.h"

struct json_writer {
    struct buf *out;
    bool        comma;      /* the next value needs one before it */
};

struct json_writer json_writer(struct buf *out);

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_list_begin(struct json_writer *w);
void json_list_end(struct json_writer *w);
void json_name(struct json_writer *w, struct str name);
void json_put_string(struct json_writer *w, struct str value);
void json_put_int(struct json_writer *w, int64_t value);
void json_put_bool(struct json_writer *w, bool value);
void json_put_null(struct json_writer *w);

/* The shortest text that reads back as the same double, with a fraction (1.0); null when not
 * finite. */
void json_put_double(struct json_writer *w, double value);

/* Text that is known to be one JSON value, as it is. */
void json_put_raw(struct json_writer *w, struct str json);

/* The value at the front of `text`, which a reader has accepted, written anew: no blanks,
 * escapes only where they are needed. */
void json_put_copy(struct json_writer *w, struct str text);

/* Only the quoted form of a string, without comma: for tables that prepare "name": once. */
void json_quote(struct buf *out, struct str value);
