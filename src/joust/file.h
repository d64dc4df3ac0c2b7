/* joust/file.h: files that are whole or absent. */
#pragma once
#include "base/buf.h"

/* Writes `text` beside `path`, flushed to the disk, and renames it there.  False: one sentence in
 * `why`, and nothing is left behind. */
bool file_write(struct str path, struct str text, struct buf *why) __attribute__((warn_unused_result));
