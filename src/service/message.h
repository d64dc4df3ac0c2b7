/* service/message.h: what a front and its keeper say to each other.
 *
 * One message is one packet of a SOCK_SEQPACKET pair, so that it arrives whole or not at all.
 * Numbers are little-endian of fixed width, texts have a 32-bit length.  A keeper trusts nothing
 * in a call: message_read_call() refuses what is not exactly a call, and the tables decide again
 * about the rest.  Pure functions, any thread. */
#pragma once
#include "api/call.h"
#include "base/buf.h"

enum {
    MESSAGE_BYTES_MAX = 224 * 1024,
    MESSAGE_KEYS_BYTES_MAX = 2048,
    KEY_BYTES_MAX = 128,
    KEYS_MAX = 8
};

enum message_kind { MESSAGE_HELLO = 1, MESSAGE_KEYS, MESSAGE_CALL, MESSAGE_ANSWER, MESSAGE_HEALTH };

/* Which exchange of which front an answer belongs to; the keeper only echoes it. */
struct message_ticket { uint32_t front, slot, generation; };

struct call_message {
    struct message_ticket ticket;
    uint16_t              endpoint;
    struct str            address;
    struct api_request    request;
};

struct answer_message {
    struct message_ticket ticket;
    uint16_t              endpoint;
    uint16_t              status;
    uint32_t              retry_after_s;
    struct str            body;
};

struct keys_message {
    uint8_t    algorithm;           /* enum jws_algorithm */
    size_t     count;
    struct str keys[KEYS_MAX];      /* public */
};

/* The kind of a packet; 0 for what is none. */
enum message_kind message_kind(struct str packet);

void message_write_hello(struct buf *out);

/* To a front, about once a second: the keeper lives, and can the database be written? */
void message_write_health(struct buf *out, bool writes);

void message_write_call(struct buf *out, const struct call_message *m);
void message_write_answer(struct buf *out, const struct answer_message *m);
void message_write_keys(struct buf *out, const struct keys_message *m);

/* Slices of *m point into the packet.  False, and nothing promised of *m, for anything but
 * exactly one such message. */
bool message_read_call(struct str packet, struct call_message *m);
bool message_read_answer(struct str packet, struct answer_message *m);
bool message_read_health(struct str packet, bool *writes);
bool message_read_keys(struct str packet, struct keys_message *m);
