/* test_keeper.c: a keeper behind a real socket pair, and what a captured front could send it.
 *
 * Whatever comes, nothing is written that no client could have asked for, and the next good call
 * is answered. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "service/keeper.h"
#include "service/message.h"

struct scene {
    struct world  *w;
    struct keeper *keeper;
    pthread_t      thread;
    int            front;           /* our end */
    uint32_t       slot;            /* of the last call */
    char           packet[MESSAGE_BYTES_MAX];
    struct buf     out;
    FILE          *log;             /* what was standard error */
    int            stderr_kept;
};

static void *serve(void *keeper)
{
    keeper_run(keeper);
    return NULL;
}

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    void         *world;
    int           ends[2];

    world_set_up(&world);
    s->w = world;
    world_open(s->w);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    s->front = ends[0];
    s->keeper = keeper_open(&s->w->service, &ends[1], 1, &s->w->why);
    assert_non_null(s->keeper);
    s->out = buf_growing(MESSAGE_BYTES_MAX);
    fflush(stderr);
    s->stderr_kept = dup(STDERR_FILENO);
    s->log = tmpfile();
    dup2(fileno(s->log), STDERR_FILENO);
    log_open("test", LOG_LEVEL_INFO);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s->keeper), 0);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    void         *world = s->w;

    keeper_stop(s->keeper);
    pthread_join(s->thread, NULL);
    keeper_close(s->keeper);
    dup2(s->stderr_kept, STDERR_FILENO);
    close(s->stderr_kept);
    fclose(s->log);
    close(s->front);
    buf_close(&s->out);
    world_tear_down(&world);
    free(s);
    return 0;
}

static void send_bytes(struct scene *s, struct str packet)
{
    assert_int_equal(send(s->front, packet.at, packet.len, MSG_NOSIGNAL), packet.len);
}

/* The next packet, or none within `ms`. */
/* What comes beside the keeper's words on its health. */
static struct str receive(struct scene *s, int ms)
{
    struct pollfd ready = { .fd = s->front, .events = POLLIN };
    struct str    packet = { 0 };

    do {
        if (poll(&ready, 1, ms) != 1)
            return (struct str){ 0 };
        ssize_t got = recv(s->front, s->packet, sizeof s->packet, 0);
        assert_true(got > 0);
        packet = (struct str){ s->packet, (size_t)got };
    } while (message_kind(packet) == MESSAGE_HEALTH);
    return packet;
}

static struct call_message call_to(uint16_t endpoint, const char *body, const char *authorization)
{
    return (struct call_message){
        .endpoint = endpoint, .address = LIT("127.0.0.1"),
        .request = { .media_type = LIT("application/json"), .authorization = str_of(authorization), .body = str_of(body) },
    };
}

static struct str write_call(struct scene *s, struct call_message *m)
{
    m->ticket = (struct message_ticket){ 1, ++s->slot, 77 };
    buf_reset(&s->out);
    message_write_call(&s->out, m);
    return buf_str(&s->out);
}

/* The answer to a call; answers to others before it are dropped, but none of them may be a
 * success. */
static struct answer_message ask(struct scene *s, struct call_message *m)
{
    struct answer_message a;

    send_bytes(s, write_call(s, m));
    for (;;) {
        struct str packet = receive(s, 10000);
        if (!packet.at)
            fail_msg("no answer");
        if (message_kind(packet) != MESSAGE_ANSWER)
            continue;
        assert_true(message_read_answer(packet, &a));
        if (a.ticket.slot == s->slot && a.ticket.front == 1 && a.ticket.generation == 77)
            return a;
        assert_true(a.status >= 400 && a.status < 600);
    }
}

static int status_of(struct scene *s, uint16_t endpoint, const char *body, const char *authorization)
{
    struct call_message m = call_to(endpoint, body, authorization);

    return ask(s, &m).status;
}

static void take_what_came(struct scene *s)
{
    while (receive(s, 0).at)
        continue;
}

/* A name that nobody has yet registers: the keeper lives, and it is the only one that came to
 * be. */
static void lives_and_nothing_changed(struct scene *s, int64_t people, int64_t notes)
{
    char body[128];

    snprintf(body, sizeof body, "{\"name\":\"n%u\",\"password\":\"correct horse\"}", s->slot);
    assert_int_equal(status_of(s, REGISTER, body, NULL), 201);
    assert_int_equal(world_count(s->w, &count_people), people + 1);
    assert_int_equal(world_count(s->w, &count_notes), notes);
}

static size_t count_log(struct scene *s, const char *what)
{
    static char text[1 << 20];
    size_t      count = 0;

    rewind(s->log);
    text[fread(text, 1, sizeof text - 1, s->log)] = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static const char *token_at(struct scene *s, int64_t now_s, const struct jws_key *key, char *text)
{
    struct token_policy policy = s->w->service.tokens;
    struct buf          out = buf_fixed(text, TOKEN_BYTES_MAX);

    if (key)
        policy.signer = key;
    buf_add(&out, LIT("Bearer "));
    assert_true(token_issue(&policy, &system_random, LIT("7"), now_s, &out));
    text[out.len] = 0;
    return text;
}

static int64_t now_s(void)
{
    return clock_wall_us(&system_clock) / 1000000;
}

/* ---- Good calls ------------------------------------------------------------------------- */

static void a_good_call_is_answered(void **state)
{
    struct scene         *s = *state;
    struct call_message   m = call_to(REGISTER, "{\"name\":\"ann\",\"password\":\"correct horse\"}", NULL);
    struct answer_message a = ask(s, &m);

    assert_int_equal(a.status, 201);
    assert_int_equal(a.endpoint, REGISTER);
    assert_true(str_eq(a.body, LIT("{\"id\":1}")));
    a = ask(s, &m);
    assert_int_equal(a.status, 400);
    assert_true(str_eq(a.body, LIT("{\"detail\":\"Name is taken\"}")));
    assert_int_equal(world_count(s->w, &count_people), 1);
    assert_int_equal(count_log(s, "message_refused"), 0);
    assert_int_equal(count_log(s, "correct horse"), 0);
}

static void it_checks_again(void **state)
{
    struct scene         *s = *state;
    struct call_message   m = call_to(REGISTER, "{\"name\":\"a name that is much too long\"}", NULL);
    struct answer_message a = ask(s, &m);

    assert_int_equal(a.status, 422);
    assert_true(str_starts(a.body, LIT("{\"detail\":[{\"type\":")));
    assert_int_equal(status_of(s, REGISTER, "{", NULL), 422);
    assert_int_equal(status_of(s, REGISTER, "\xff", NULL), 400);
    m = call_to(REGISTER, "{\"name\":\"ann\",\"password\":\"correct horse\"}", NULL);
    m.request.media_type = LIT("text/plain");
    assert_int_equal(ask(s, &m).status, 415);
    assert_int_equal(world_count(s->w, &count_people), 0);
}

static void hello_is_answered_with_public_keys(void **state)
{
    struct scene       *s = *state;
    char                bytes[16];
    struct buf          hello = buf_fixed(bytes, sizeof bytes);
    struct keys_message m;

    message_write_hello(&hello);
    send_bytes(s, buf_str(&hello));
    struct str packet = receive(s, 10000);
    assert_true(message_read_keys(packet, &m));
    assert_int_equal(m.algorithm, JWS_ES256);
    assert_int_equal(m.count, 1);
}

/* ---- Tokens ----------------------------------------------------------------------------- */

/* The front's word that a caller is signed in counts for nothing. */
static void it_verifies_tokens_itself(void **state)
{
    struct scene   *s = *state;
    char            text[TOKEN_BYTES_MAX];
    struct jws_key *other = jws_key_generate(JWS_ES256), *secret = jws_key_from_secret(LIT("0123456789012345678901234567890123456789"));
    const char     *note = "{\"text\":\"x\"}";

    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s(), NULL, text)), 204);
    assert_int_equal(world_count(s->w, &count_notes), 1);
    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s() - 1799, NULL, text)), 204);
    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s() - 1801, NULL, text)), 401);
    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s() + 3600, NULL, text)), 401);
    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s(), other, text)), 401);
    assert_int_equal(status_of(s, NOTE, note, token_at(s, now_s(), secret, text)), 401);
    assert_int_equal(status_of(s, NOTE, note, NULL), 401);
    assert_int_equal(status_of(s, NOTE, note, ""), 401);
    assert_int_equal(status_of(s, NOTE, note, "Bearer x.y.z"), 401);
    assert_int_equal(world_count(s->w, &count_notes), 2);
    jws_key_close(other);
    jws_key_close(secret);
}

static void every_changed_token_is_refused(void **state)
{
    struct scene *s = *state;
    char          text[TOKEN_BYTES_MAX], changed[TOKEN_BYTES_MAX];
    size_t        len;

    token_at(s, now_s(), NULL, text);
    len = strlen(text);
    for (size_t i = 7; i < len; i += 3) {
        memcpy(changed, text, len + 1);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_int_equal(status_of(s, NOTE, "{\"text\":\"x\"}", changed), 401);
    }
    assert_int_equal(world_count(s->w, &count_notes), 0);
    assert_int_equal(status_of(s, NOTE, "{\"text\":\"x\"}", text), 204);
}

/* ---- Packets that no front sends -------------------------------------------------------- */

static void routes_that_are_not_the_keepers(void **state)
{
    static const uint16_t others[] = { COUNT, COUNT + 1, 255, 256, UINT16_MAX };
    struct scene         *s = *state;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct call_message m = call_to(others[i], "{\"name\":\"eve\",\"password\":\"correct horse\"}", NULL);
        send_bytes(s, write_call(s, &m));
    }
    lives_and_nothing_changed(s, 0, 0);
    assert_int_equal(count_log(s, "not a route of the keeper"), 5);
}

static void packets_of_other_kinds(void **state)
{
    struct scene *s = *state;
    char          bytes[256];

    for (int kind = 0; kind < 256; kind++) {
        struct buf out = buf_fixed(bytes, sizeof bytes);
        if (kind == MESSAGE_HELLO)
            continue;
        message_write_hello(&out);
        bytes[2] = (char)kind;
        send_bytes(s, buf_str(&out));
    }
    struct buf answer = buf_fixed(bytes, sizeof bytes);
    message_write_answer(&answer, &(struct answer_message){ { 1, 1, 77 }, REGISTER, 201, 0, LIT("{}") });
    send_bytes(s, buf_str(&answer));
    struct buf keys = buf_fixed(bytes, sizeof bytes);
    message_write_keys(&keys, &(struct keys_message){ JWS_ES256, 1, { LIT("evil") } });
    send_bytes(s, buf_str(&keys));
    lives_and_nothing_changed(s, 0, 0);
    assert_int_equal(count_log(s, "message_refused"), 257);
}

/* An empty packet looks like the end of the channel, which it is not: the next front would find
 * nobody. */
static void an_empty_packet(void **state)
{
    struct scene *s = *state;

    send_bytes(s, LIT(""));
    lives_and_nothing_changed(s, 0, 0);
    send_bytes(s, LIT(""));
    send_bytes(s, LIT(""));
    lives_and_nothing_changed(s, 1, 0);
    assert_int_equal(count_log(s, "message_refused"), 3);
}

static void a_packet_that_is_too_long(void **state)
{
    struct scene *s = *state;
    int           bytes = 4 << 20;
    char         *large = calloc(1, MESSAGE_BYTES_MAX + 100);

    setsockopt(s->front, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    struct call_message m = call_to(REGISTER, "{\"name\":\"eve\",\"password\":\"correct horse\"}", NULL);
    struct str          good = write_call(s, &m);
    memcpy(large, good.at, good.len);
    if (send(s->front, large, MESSAGE_BYTES_MAX + 100, MSG_NOSIGNAL) > 0) {
        lives_and_nothing_changed(s, 0, 0);
        assert_int_equal(count_log(s, "too long"), 1);
    }
    memset(large, 0xff, MESSAGE_BYTES_MAX);
    if (send(s->front, large, MESSAGE_BYTES_MAX, MSG_NOSIGNAL) > 0)
        assert_int_equal(status_of(s, REGISTER, "{\"name\":\"last\",\"password\":\"correct horse\"}", NULL), 201);
    free(large);
}

static void truncated_and_extended_calls(void **state)
{
    struct scene       *s = *state;
    char                text[TOKEN_BYTES_MAX], copy[8192];
    struct call_message m = call_to(NOTE, "{\"text\":\"x\"}", token_at(s, now_s(), NULL, text));
    struct str          good = write_call(s, &m);
    size_t              len = good.len;

    assert_true(len < sizeof copy - 1);
    memcpy(copy, good.at, len);
    for (size_t cut = 1; cut < len; cut++) {
        send_bytes(s, (struct str){ copy, cut });
        take_what_came(s);
    }
    copy[len] = 0;
    send_bytes(s, (struct str){ copy, len + 1 });
    lives_and_nothing_changed(s, 0, 0);
    assert_int_equal(count_log(s, "message_refused"), len);
    send_bytes(s, (struct str){ copy, len });   /* and it was good but for its length */
    for (int i = 0; i < 500 && world_count(s->w, &count_notes) == 0; i++)
        (void)receive(s, 10);
    assert_int_equal(world_count(s->w, &count_notes), 1);
}

/* The same parts in another order are another call. */
static void reordered_calls(void **state)
{
    struct scene       *s = *state;
    char                text[TOKEN_BYTES_MAX];
    const char         *token = token_at(s, now_s(), NULL, text);
    struct call_message good = call_to(NOTE, "{\"text\":\"x\"}", token), m;

    m = good;
    m.request.authorization = good.request.body;
    m.request.body = good.request.authorization;
    assert_int_equal(ask(s, &m).status, 401);
    m = good;
    m.request.authorization = good.request.media_type;
    m.request.media_type = good.request.authorization;
    assert_int_equal(ask(s, &m).status, 401);
    m = good;
    m.request.media_type = good.request.body;
    m.request.body = good.request.media_type;
    assert_int_equal(ask(s, &m).status, 415);
    m = good;
    m.address = good.request.authorization;
    m.request.authorization = good.address;
    assert_int_equal(ask(s, &m).status, 401);
    lives_and_nothing_changed(s, 0, 0);
}

static unsigned seed(void)
{
    const char *given = getenv("SEED");
    unsigned    value = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);

    print_message("SEED=%u\n", value);
    return value;
}

static void random_packets(void **state)
{
    struct scene       *s = *state;
    char                text[TOKEN_BYTES_MAX], copy[8192];
    struct call_message m = call_to(NOTE, "{\"text\":\"x\"}", token_at(s, now_s() - 9999, NULL, text));
    struct str          call = write_call(s, &m);

    srandom(seed());
    for (int i = 0; i < 3000; i++) {
        size_t len = call.len;
        memcpy(copy, call.at, len);
        for (long n = random() % 6; n >= 0; n--)
            copy[3 + (size_t)random() % (i % 2 ? 60 : len - 3)] = (char)(random() % 2 ? random() : random() % 4);
        if (random() % 4 == 0)
            len = 1 + (size_t)random() % len;
        send_bytes(s, (struct str){ copy, len });
        take_what_came(s);
    }
    for (int i = 0; i < 2000; i++) {
        size_t len = 1 + (size_t)random() % 200;
        for (size_t n = 0; n < len; n++)
            copy[n] = (char)random();
        send_bytes(s, (struct str){ copy, len });
        take_what_came(s);
    }
    lives_and_nothing_changed(s, 0, 0);
}

/* Calls come back with the ticket that they brought, whatever it says: it means nothing to the
 * keeper. */
static void tickets_are_echoed(void **state)
{
    struct scene         *s = *state;
    struct call_message   m = call_to(NOTE, "{}", NULL);
    struct answer_message a;

    m.ticket = (struct message_ticket){ UINT32_MAX, UINT32_MAX, 0 };
    buf_reset(&s->out);
    message_write_call(&s->out, &m);
    send_bytes(s, buf_str(&s->out));
    assert_true(message_read_answer(receive(s, 10000), &a));
    assert_memory_equal(&a.ticket, &m.ticket, sizeof a.ticket);
}

/* The end of a channel that is shared with the fronts to come: a keeper that stayed would be
 * deaf to them. */
static void a_channel_that_was_shut(void **state)
{
    struct scene   *s = *state;
    struct timespec limit;

    lives_and_nothing_changed(s, 0, 0);
    assert_int_equal(shutdown(s->front, SHUT_RDWR), 0);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 10;
    assert_int_equal(pthread_timedjoin_np(s->thread, NULL, &limit), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s->keeper), 0);    /* for the end of the test */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_good_call_is_answered), TEST(it_checks_again), TEST(hello_is_answered_with_public_keys), TEST(it_verifies_tokens_itself),
        TEST(every_changed_token_is_refused), TEST(routes_that_are_not_the_keepers), TEST(packets_of_other_kinds), TEST(an_empty_packet),
        TEST(a_packet_that_is_too_long), TEST(truncated_and_extended_calls), TEST(reordered_calls), TEST(random_packets),
        TEST(tickets_are_echoed), TEST(a_channel_that_was_shut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
