/* service/parent.h: the first process: it starts the keeper and the front and keeps them
 * running.
 *
 * It holds the listening socket and both ends of the channels, no secret, and reads no byte from
 * the network.  When a front dies it starts another on the same socket and channels, so that
 * nothing but the connections of that moment is lost; when the keeper dies it starts both anew. */
#pragma once
#include "service/options.h"

/* Until SIGTERM or SIGINT; answers the exit status. */
int parent_run(const struct options *o, char **argv);
