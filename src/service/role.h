/* service/role.h: which of the processes this is, and the descriptors that its parent gave it.
 *
 * The parent runs its own binary anew for each child, so that no child has another's memory or
 * address layout, and tells it its role in the environment. */
#pragma once
#include <signal.h>
#include <sys/types.h>

#include "base/str.h"

/* How the parent ends a keeper.  Not SIGTERM: that comes to the whole process group when
 * somebody ends it, and the keeper must outlive the front. */
#define KEEPER_STOPS SIGUSR1

enum role { ROLE_PARENT, ROLE_KEEPER, ROLE_FRONT };

enum { ROLE_CHANNELS_MAX = 64, ROLE_TEXT_BYTES = 1024 };

struct role_card {
    enum role role;
    uint32_t  generation;   /* of the front: counts from 1 */
    pid_t     parent;       /* without it there is nothing to live for */
    int       ready_fd;     /* one byte is written when it serves */
    int       listener;     /* front */
    size_t    count;
    int       channels[ROLE_CHANNELS_MAX];
};

/* From POSTERN_ROLE; ROLE_PARENT when it is absent.  CHECKs that it is well-formed. */
struct role_card role_read(void);

/* The text for a child's POSTERN_ROLE. */
void role_write(const struct role_card *card, char out[ROLE_TEXT_BYTES]);
