/* test_message.c: what front and keeper say to each other: exactly such a message, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "service/message.h"

static struct call_message full_call(void)
{
    return (struct call_message){
        .ticket = { 1, 0xfedcba98, 3 },
        .endpoint = 0x1234,
        .address = LIT("127.0.0.1"),
        .request = { .values = { LIT("7"), LIT("\xc3\xa9") }, .query = LIT(""), .media_type = LIT("application/json"),
                     .authorization = { 0 }, .agent = LIT("curl/8"), .body = LIT("{\"a\":\0}") },
    };
}

static bool same(struct str a, struct str b)
{
    return !a.at == !b.at && str_eq(a, b);
}

static struct str written_call(const struct call_message *m, struct buf *out)
{
    buf_reset(out);
    message_write_call(out, m);
    assert_false(out->failed);
    return buf_str(out);
}

static void calls_round_trip(void **state)
{
    struct buf          out = buf_growing(MESSAGE_BYTES_MAX);
    struct call_message m = full_call(), got;
    struct str          packet = written_call(&m, &out);

    (void)state;
    assert_int_equal(message_kind(packet), MESSAGE_CALL);
    assert_true(message_read_call(packet, &got));
    assert_memory_equal(&got.ticket, &m.ticket, sizeof m.ticket);
    assert_int_equal(got.endpoint, m.endpoint);
    assert_true(same(got.address, m.address));
    for (int i = 0; i < PATH_PARAMETERS_MAX; i++)
        assert_true(same(got.request.values[i], m.request.values[i]));
    assert_true(same(got.request.query, m.request.query));          /* empty, which is not none */
    assert_true(same(got.request.media_type, m.request.media_type));
    assert_true(same(got.request.authorization, m.request.authorization));
    assert_true(same(got.request.agent, m.request.agent));
    assert_true(same(got.request.body, m.request.body));
    assert_true(got.request.body.at > packet.at && got.request.body.at < packet.at + packet.len);
    buf_close(&out);
}

static void answers_round_trip(void **state)
{
    struct buf            out = buf_growing(MESSAGE_BYTES_MAX);
    struct answer_message m = { { UINT32_MAX, 0, 5 }, 9, 503, 86400, LIT("{}") }, got;

    (void)state;
    message_write_answer(&out, &m);
    assert_true(message_read_answer(buf_str(&out), &got));
    assert_memory_equal(&got.ticket, &m.ticket, sizeof m.ticket);
    assert_int_equal(got.endpoint, 9);
    assert_int_equal(got.status, 503);
    assert_int_equal(got.retry_after_s, 86400);
    assert_true(same(got.body, m.body));
    buf_close(&out);
}

static void keys_round_trip(void **state)
{
    struct buf          out = buf_growing(MESSAGE_KEYS_BYTES_MAX);
    char                key[KEY_BYTES_MAX];
    struct keys_message m = { .algorithm = 2, .count = KEYS_MAX }, got;

    (void)state;
    memset(key, 'k', sizeof key);
    for (size_t i = 0; i < KEYS_MAX; i++)
        m.keys[i] = (struct str){ key, KEY_BYTES_MAX - i };
    message_write_keys(&out, &m);
    assert_false(out.failed);   /* the largest there can be */
    assert_true(message_read_keys(buf_str(&out), &got));
    assert_int_equal(got.algorithm, 2);
    assert_int_equal(got.count, KEYS_MAX);
    for (size_t i = 0; i < KEYS_MAX; i++)
        assert_true(same(got.keys[i], m.keys[i]));
    buf_close(&out);
}

static void keys_beyond_the_bounds(void **state)
{
    struct buf          out = buf_growing(MESSAGE_BYTES_MAX);
    char                key[KEY_BYTES_MAX + 1] = { 0 };
    struct keys_message m = { .algorithm = 2, .count = 1, .keys = { { key, sizeof key } } }, got;

    (void)state;
    message_write_keys(&out, &m);
    assert_false(message_read_keys(buf_str(&out), &got));
    m.keys[0].len--;
    buf_reset(&out);
    message_write_keys(&out, &m);
    assert_true(message_read_keys(buf_str(&out), &got));
    out.at[4] = KEYS_MAX + 1;
    assert_false(message_read_keys(buf_str(&out), &got));
    buf_close(&out);
}

static void health_round_trips(void **state)
{
    char       bytes[8];
    bool       writes;

    (void)state;
    for (int well = 0; well < 2; well++) {
        struct buf out = buf_fixed(bytes, sizeof bytes);
        message_write_health(&out, well);
        assert_int_equal(message_kind(buf_str(&out)), MESSAGE_HEALTH);
        assert_true(message_read_health(buf_str(&out), &writes));
        assert_int_equal(writes, well);
        for (size_t len = 0; len < out.len; len++)
            assert_false(message_read_health((struct str){ bytes, len }, &writes));
        assert_false(message_read_health((struct str){ bytes, out.len + 1 }, &writes));
        bytes[3] = 2;
        assert_false(message_read_health(buf_str(&out), &writes));
    }
}

static void kinds(void **state)
{
    char       bytes[8];
    struct buf out = buf_fixed(bytes, sizeof bytes);

    (void)state;
    message_write_hello(&out);
    assert_int_equal(message_kind(buf_str(&out)), MESSAGE_HELLO);
    for (size_t len = 0; len < out.len; len++)
        assert_int_equal(message_kind((struct str){ bytes, len }), 0);
    bytes[2] = MESSAGE_HEALTH + 1;
    assert_int_equal(message_kind(buf_str(&out)), 0);
    bytes[2] = 0;
    assert_int_equal(message_kind(buf_str(&out)), 0);
    bytes[2] = MESSAGE_HELLO;
    bytes[0] ^= 1;
    assert_int_equal(message_kind(buf_str(&out)), 0);
}

/* ---- What is not exactly one ------------------------------------------------------------ */

static bool read_as(enum message_kind kind, struct str packet)
{
    struct call_message   call;
    struct answer_message answer;
    struct keys_message   keys;

    /* A copy of exactly that size, so that a sanitizer sees what reads beyond. */
    char      *copy = malloc(packet.len ? packet.len : 1);
    struct str exact = { memcpy(copy, packet.at, packet.len), packet.len };
    bool       done = kind == MESSAGE_CALL     ? message_read_call(exact, &call)
                      : kind == MESSAGE_ANSWER ? message_read_answer(exact, &answer)
                                               : message_read_keys(exact, &keys);
    free(copy);
    return done;
}

static size_t write_one(enum message_kind kind, struct buf *out)
{
    struct call_message call = full_call();

    buf_reset(out);
    if (kind == MESSAGE_CALL)
        message_write_call(out, &call);
    else if (kind == MESSAGE_ANSWER)
        message_write_answer(out, &(struct answer_message){ { 1, 2, 3 }, 4, 200, 0, LIT("{\"a\":1}") });
    else
        message_write_keys(out, &(struct keys_message){ 2, 2, { LIT("first"), LIT("second") } });
    assert_false(out->failed);
    return out->len;
}

static const enum message_kind all_kinds[] = { MESSAGE_CALL, MESSAGE_ANSWER, MESSAGE_KEYS };

static void every_truncation_and_extension_is_refused(void **state)
{
    struct buf out = buf_growing(MESSAGE_BYTES_MAX);

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        size_t len = write_one(all_kinds[k], &out);
        assert_true(read_as(all_kinds[k], buf_str(&out)));
        for (size_t cut = 0; cut < len; cut++)
            assert_false(read_as(all_kinds[k], str_slice(buf_str(&out), 0, cut)));
        for (size_t cut = 1; cut < len; cut++)
            assert_false(read_as(all_kinds[k], str_slice(buf_str(&out), cut, len)));
        for (int byte = 0; byte < 256; byte++) {
            write_one(all_kinds[k], &out);
            buf_add_char(&out, (char)byte);
            assert_false(read_as(all_kinds[k], buf_str(&out)));
        }
    }
    buf_close(&out);
}

static void one_kind_is_not_another(void **state)
{
    struct buf out = buf_growing(MESSAGE_BYTES_MAX);

    (void)state;
    for (size_t k = 0; k < 3; k++)
        for (size_t other = 0; other < 3; other++) {
            write_one(all_kinds[k], &out);
            assert_int_equal(read_as(all_kinds[other], buf_str(&out)), k == other);
        }
    buf_close(&out);
}

/* A length that claims more than there is, at every place of every length. */
static void lengths_that_lie(void **state)
{
    static const uint32_t claims[] = { 0x7fffffff, 0x80000000, 0xfffffffe, 0x10000 };
    struct buf            out = buf_growing(MESSAGE_BYTES_MAX);

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        size_t len = write_one(all_kinds[k], &out);
        for (size_t at = k == 2 ? 5 : 17; at + 4 <= len; at++)
            for (size_t i = 0; i < 4; i++) {
                write_one(all_kinds[k], &out);
                memcpy(out.at + at, &claims[i], 4);
                (void)read_as(all_kinds[k], buf_str(&out));     /* it must not read beyond */
            }
        write_one(all_kinds[k], &out);
        memcpy(out.at + (k == 0 ? 17 : k == 1 ? 23 : 5), &claims[0], 4);
        assert_false(read_as(all_kinds[k], buf_str(&out)));
    }
    buf_close(&out);
}

/* ---- Random packets --------------------------------------------------------------------- */

static unsigned seed(void)
{
    const char *given = getenv("SEED");
    unsigned    value = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

    print_message("SEED=%u\n", value);
    return value;
}

/* Whatever is read is written again as the same bytes. */
static void same_bytes(enum message_kind kind, struct str packet, struct buf *again)
{
    struct call_message   call;
    struct answer_message answer;
    struct keys_message   keys;

    buf_reset(again);
    if (kind == MESSAGE_CALL && message_read_call(packet, &call))
        message_write_call(again, &call);
    else if (kind == MESSAGE_ANSWER && message_read_answer(packet, &answer))
        message_write_answer(again, &answer);
    else if (kind == MESSAGE_KEYS && message_read_keys(packet, &keys))
        message_write_keys(again, &keys);
    else
        return;
    assert_true(str_eq(packet, buf_str(again)));
}

static void random_packets(void **state)
{
    struct buf out = buf_growing(MESSAGE_BYTES_MAX), again = buf_growing(MESSAGE_BYTES_MAX);

    (void)state;
    srandom(seed());
    for (int i = 0; i < 30000; i++) {
        enum message_kind kind = all_kinds[random() % 3];
        size_t            len = write_one(kind, &out);
        for (long n = random() % 4; n >= 0; n--)
            out.at[3 + (size_t)random() % (len - 3)] = (char)(random() % 3 ? random() % 4 : random());
        size_t cut = random() % 4 ? len : (size_t)random() % len;
        (void)read_as(kind, str_slice(buf_str(&out), 0, cut));
        same_bytes(kind, buf_str(&out), &again);
    }
    for (int i = 0; i < 30000; i++) {
        char bytes[64];
        for (size_t n = 0; n < sizeof bytes; n++)
            bytes[n] = (char)(random() % 2 ? 0 : random());
        memcpy(bytes, "\x31\x50", 2);
        bytes[2] = (char)all_kinds[random() % 3];
        size_t cut = (size_t)random() % sizeof bytes;
        (void)read_as((enum message_kind)bytes[2], (struct str){ bytes, cut });
        same_bytes((enum message_kind)bytes[2], (struct str){ bytes, cut }, &again);
    }
    buf_close(&out);
    buf_close(&again);
}

/* A message that does not fit fails as a whole. */
static void what_does_not_fit_is_not_written(void **state)
{
    char                bytes[40];
    struct buf          out = buf_fixed(bytes, sizeof bytes);
    struct call_message m = full_call();

    (void)state;
    message_write_call(&out, &m);
    assert_true(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_round_trip),
        cmocka_unit_test(answers_round_trip),
        cmocka_unit_test(keys_round_trip),
        cmocka_unit_test(keys_beyond_the_bounds),
        cmocka_unit_test(health_round_trips),
        cmocka_unit_test(kinds),
        cmocka_unit_test(every_truncation_and_extension_is_refused),
        cmocka_unit_test(one_kind_is_not_another),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(random_packets),
        cmocka_unit_test(what_does_not_fit_is_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
