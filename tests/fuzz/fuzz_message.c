/* fuzz_message.c: any bytes as a packet between front and keeper.
 *
 * What is accepted is written again as the same bytes: there is one way to say a thing. */
#include "base/check.h"
#include "service/message.h"

static void check_same(struct str packet, const struct buf *again)
{
    CHECK(!again->failed && str_eq(packet, buf_str(again)));
}

static void try_call(struct str packet, struct buf *again)
{
    struct call_message m;

    if (!message_read_call(packet, &m))
        return;
    CHECK(message_kind(packet) == MESSAGE_CALL);
    CHECK(!m.request.body.at || (m.request.body.at > packet.at && m.request.body.at + m.request.body.len == packet.at + packet.len));
    message_write_call(again, &m);
    check_same(packet, again);
}

static void try_answer(struct str packet, struct buf *again)
{
    struct answer_message m;

    if (!message_read_answer(packet, &m))
        return;
    CHECK(message_kind(packet) == MESSAGE_ANSWER);
    message_write_answer(again, &m);
    check_same(packet, again);
}

static void try_keys(struct str packet, struct buf *again)
{
    struct keys_message m;

    if (!message_read_keys(packet, &m))
        return;
    CHECK(message_kind(packet) == MESSAGE_KEYS && m.count <= KEYS_MAX);
    for (size_t i = 0; i < m.count; i++)
        CHECK(m.keys[i].len <= KEY_BYTES_MAX);
    CHECK(packet.len <= MESSAGE_KEYS_BYTES_MAX);
    message_write_keys(again, &m);
    check_same(packet, again);
}

static void try_health(struct str packet, struct buf *again)
{
    bool writes;

    if (!message_read_health(packet, &writes))
        return;
    CHECK(message_kind(packet) == MESSAGE_HEALTH);
    message_write_health(again, writes);
    check_same(packet, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str packet = { (const char *)data, size };
    struct buf again = buf_growing(size + 64);

    CHECK(message_kind(packet) <= MESSAGE_HEALTH);
    try_call(packet, &again);
    try_answer(packet, &again);
    try_keys(packet, &again);
    try_health(packet, &again);
    buf_close(&again);
    return 0;
}
