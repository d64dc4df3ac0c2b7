/* joust/command.h: the command line as a result keeps it: to be run again, without its secrets. */
#pragma once
#include "base/arena.h"

/* In `arena`; NULL: no memory.  Each word is quoted for sh(1) where it must be.  Of a header that
 * authenticates (-H 'Authorization: ...') only the name is kept. */
const char *command_record(int argc, char **argv, struct arena *arena);
