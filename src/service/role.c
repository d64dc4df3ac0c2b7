/* role.c: a card of numbers, in the environment. */
#include "service/role.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"

static const char variable[] = "POSTERN_ROLE";

static uint64_t take(struct str *rest)
{
    uint64_t value;

    CHECK(rest->at && str_to_uint(str_cut(rest, ' '), UINT32_MAX, &value));
    return value;
}

struct role_card role_read(void)
{
    struct role_card card = { .role = ROLE_PARENT };
    struct str       rest = str_of(getenv(variable));

    if (!rest.at)
        return card;
    card.role = (enum role)take(&rest);
    card.generation = (uint32_t)take(&rest);
    card.parent = (pid_t)take(&rest);
    card.ready_fd = (int)take(&rest);
    card.listener = (int)take(&rest);
    card.count = take(&rest);
    CHECK(card.count <= ROLE_CHANNELS_MAX);
    for (size_t i = 0; i < card.count; i++)
        card.channels[i] = (int)take(&rest);
    unsetenv(variable);
    return card;
}

void role_write(const struct role_card *card, char out[ROLE_TEXT_BYTES])
{
    struct buf b = buf_fixed(out, ROLE_TEXT_BYTES - 1);

    buf_format(&b, "%s=%d %u %d %d %d %zu", variable, card->role, card->generation, card->parent,
               card->ready_fd, card->listener, card->count);
    for (size_t i = 0; i < card->count; i++)
        buf_format(&b, " %d", card->channels[i]);
    CHECK(!b.failed);
    out[b.len] = 0;
}
