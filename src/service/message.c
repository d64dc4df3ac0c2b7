/* message.c: a sticky reader and writer for a handful of fixed layouts. */
#include "service/message.h"

enum { MAGIC = 0x5031, NONE_LENGTH = UINT32_MAX };

/* ---- Writing ---------------------------------------------------------------------------- */

static void put_uint(struct buf *out, uint64_t value, size_t bytes)
{
    char text[8];

    for (size_t i = 0; i < bytes; i++, value >>= 8)
        text[i] = (char)(value & 0xff);
    buf_add(out, (struct str){ text, bytes });
}

static void put_str(struct buf *out, struct str s)
{
    put_uint(out, s.at ? s.len : NONE_LENGTH, 4);
    buf_add(out, s);
}

static void put_head(struct buf *out, enum message_kind kind)
{
    put_uint(out, MAGIC, 2);
    put_uint(out, kind, 1);
}

static void put_ticket(struct buf *out, struct message_ticket t)
{
    put_uint(out, t.front, 4);
    put_uint(out, t.slot, 4);
    put_uint(out, t.generation, 4);
}

void message_write_hello(struct buf *out)
{
    put_head(out, MESSAGE_HELLO);
}

void message_write_health(struct buf *out, bool writes)
{
    put_head(out, MESSAGE_HEALTH);
    put_uint(out, writes, 1);
}

void message_write_call(struct buf *out, const struct call_message *m)
{
    put_head(out, MESSAGE_CALL);
    put_ticket(out, m->ticket);
    put_uint(out, m->endpoint, 2);
    put_str(out, m->address);
    for (size_t i = 0; i < PATH_PARAMETERS_MAX; i++)
        put_str(out, m->request.values[i]);
    put_str(out, m->request.query);
    put_str(out, m->request.media_type);
    put_str(out, m->request.authorization);
    put_str(out, m->request.agent);
    put_str(out, m->request.body);
}

void message_write_answer(struct buf *out, const struct answer_message *m)
{
    put_head(out, MESSAGE_ANSWER);
    put_ticket(out, m->ticket);
    put_uint(out, m->endpoint, 2);
    put_uint(out, m->status, 2);
    put_uint(out, m->retry_after_s, 4);
    put_str(out, m->body);
}

void message_write_keys(struct buf *out, const struct keys_message *m)
{
    put_head(out, MESSAGE_KEYS);
    put_uint(out, m->algorithm, 1);
    put_uint(out, m->count, 1);
    for (size_t i = 0; i < m->count; i++)
        put_str(out, m->keys[i]);
}

/* ---- Reading ---------------------------------------------------------------------------- */

struct cursor {
    struct str rest;
    bool       failed;
};

static uint64_t take_uint(struct cursor *c, size_t bytes)
{
    uint64_t value = 0;

    if (c->failed || c->rest.len < bytes) {
        c->failed = true;
        return 0;
    }
    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | (unsigned char)c->rest.at[i];
    c->rest = str_slice(c->rest, bytes, c->rest.len);
    return value;
}

static struct str take_str(struct cursor *c)
{
    uint64_t   len = take_uint(c, 4);
    struct str s = { 0 };

    if (c->failed || len == NONE_LENGTH)
        return s;
    if (len > c->rest.len) {
        c->failed = true;
        return s;
    }
    s = str_slice(c->rest, 0, len);
    c->rest = str_slice(c->rest, len, c->rest.len);
    return s;
}

static struct message_ticket take_ticket(struct cursor *c)
{
    struct message_ticket t;

    t.front = (uint32_t)take_uint(c, 4);
    t.slot = (uint32_t)take_uint(c, 4);
    t.generation = (uint32_t)take_uint(c, 4);
    return t;
}

static struct cursor open_packet(struct str packet, enum message_kind kind)
{
    struct cursor c = { .rest = packet };

    if (take_uint(&c, 2) != MAGIC || take_uint(&c, 1) != kind)
        c.failed = true;
    return c;
}

static bool is_over(const struct cursor *c)
{
    return !c->failed && c->rest.len == 0;
}

enum message_kind message_kind(struct str packet)
{
    struct cursor c = { .rest = packet };
    bool          ours = take_uint(&c, 2) == MAGIC;
    uint64_t      kind = take_uint(&c, 1);

    return ours && !c.failed && kind <= MESSAGE_HEALTH ? (enum message_kind)kind : 0;
}

bool message_read_call(struct str packet, struct call_message *m)
{
    struct cursor c = open_packet(packet, MESSAGE_CALL);

    m->ticket = take_ticket(&c);
    m->endpoint = (uint16_t)take_uint(&c, 2);
    m->address = take_str(&c);
    for (size_t i = 0; i < PATH_PARAMETERS_MAX; i++)
        m->request.values[i] = take_str(&c);
    m->request.query = take_str(&c);
    m->request.media_type = take_str(&c);
    m->request.authorization = take_str(&c);
    m->request.agent = take_str(&c);
    m->request.body = take_str(&c);
    return is_over(&c);
}

bool message_read_answer(struct str packet, struct answer_message *m)
{
    struct cursor c = open_packet(packet, MESSAGE_ANSWER);

    m->ticket = take_ticket(&c);
    m->endpoint = (uint16_t)take_uint(&c, 2);
    m->status = (uint16_t)take_uint(&c, 2);
    m->retry_after_s = (uint32_t)take_uint(&c, 4);
    m->body = take_str(&c);
    return is_over(&c);
}

bool message_read_health(struct str packet, bool *writes)
{
    struct cursor c = open_packet(packet, MESSAGE_HEALTH);
    uint64_t      value = take_uint(&c, 1);

    if (!is_over(&c) || value > 1)
        return false;
    *writes = value;
    return true;
}

bool message_read_keys(struct str packet, struct keys_message *m)
{
    struct cursor c = open_packet(packet, MESSAGE_KEYS);

    m->algorithm = (uint8_t)take_uint(&c, 1);
    m->count = take_uint(&c, 1);
    if (c.failed || m->count > KEYS_MAX)
        return false;
    for (size_t i = 0; i < m->count; i++) {
        m->keys[i] = take_str(&c);
        c.failed |= m->keys[i].len > KEY_BYTES_MAX;
    }
    return is_over(&c);
}
