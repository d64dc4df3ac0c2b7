/* front.c: the loops of a front: opened, run, drained, closed. */
#include "service/front_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/docs.h"
#include "api/openapi.h"
#include "service/message.h"
#include "service/signing.h"

enum { OPENAPI_BYTES_MAX = 4 << 20 };

/* The loop that listens drains first, because it may still hand connections to the others. */
static bool may_drain(struct front_loop *l)
{
    struct front *f = l->front;

    return !l->draining && atomic_load(&f->service->draining) &&
           (l == f->loops || atomic_load(&f->listener_closed));
}

static void wake_all(struct front *f)
{
    for (size_t i = 0; i < f->count; i++)
        loop_wake(f->loops[i].loop);
}

static void on_wake(void *context)
{
    struct front_loop *l = context;

    if (!may_drain(l))
        return;
    front_loop_drain(l);
    if (l == l->front->loops) {
        atomic_store(&l->front->listener_closed, true);
        wake_all(l->front);
    }
}

void front_drain(struct front *f)
{
    atomic_store(&f->service->draining, true);
    wake_all(f);
}

/* ---- Opening ---------------------------------------------------------------------------- */

static void write_documents(struct front *f)
{
    struct buf policy = buf_fixed(f->policy, sizeof f->policy);

    f->openapi = buf_growing(OPENAPI_BYTES_MAX);
    openapi_write(&f->service->endpoints, &f->openapi);
    docs_write_policy(&policy);
    f->policy_text = buf_str(&policy);
}

static bool open_loops(struct front *f, int listener, const int *channels)
{
    struct http_server *servers[64];

    for (size_t i = 0; i < f->count; i++) {
        if (!front_loop_open(f, &f->loops[i], channels[i]))
            return false;
        loop_on_wake(f->loops[i].loop, on_wake, &f->loops[i]);
        servers[i] = f->loops[i].server;
    }
    f->acceptor = http_acceptor_open(servers, f->count);
    return f->acceptor && (listener < 0 || http_acceptor_listen(f->acceptor, listener));
}

/* The one conversation before the loops run: blocking.  Answers to a front that is gone may come
 * first. */
bool front_greet(struct service *s, int channel, struct buf *why)
{
    char       text[MESSAGE_KEYS_BYTES_MAX];
    struct buf hello = buf_fixed(text, sizeof text);

    message_write_hello(&hello);
    if (send(channel, hello.at, hello.len, MSG_NOSIGNAL) != (ssize_t)hello.len) {
        buf_add(why, LIT("the keeper does not listen"));
        return false;
    }
    for (;;) {
        ssize_t got = recv(channel, text, sizeof text, 0);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            buf_add(why, LIT("the keeper does not answer"));
            return false;
        }
        struct str packet = { text, got > 0 ? (size_t)got : 0 };
        if (message_kind(packet) == MESSAGE_KEYS)
            return signing_adopt(s, packet, why);
    }
}

struct front *front_open(struct service *s, int listener, const int *channels, uint32_t generation,
                         struct buf *why)
{
    struct front *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->service = s;
    f->generation = generation;
    f->cors = (struct cors){ s->options.cors_origins, s->options.cors_origins_count };
    f->proxies.options = &s->options;
    f->count = (size_t)s->options.threads;
    f->loops = calloc(f->count, sizeof *f->loops);
    f->census = http_census_open((size_t)s->options.connections,
                                 (size_t)s->options.connections_per_address);
    write_documents(f);
    if (!f->loops || !f->census || f->openapi.failed || !open_loops(f, listener, channels)) {
        buf_add(why, LIT("the front has no memory, descriptors or database"));
        front_close(f);
        return NULL;
    }
    proxies_announce(&f->proxies);
    return f;
}

/* ---- Running ---------------------------------------------------------------------------- */

static void *run_loop(void *context)
{
    struct front_loop *l = context;

    loop_run(l->loop);
    return NULL;
}

bool front_run(struct front *f, void (*ready)(void *context), void *context, struct buf *why)
{
    for (size_t i = 1; i < f->count; i++)
        if (pthread_create(&f->loops[i].thread, NULL, run_loop, &f->loops[i]) != 0) {
            buf_add(why, LIT("the front has no threads"));
            return false;
        }
    ready(context);
    run_loop(&f->loops[0]);
    for (size_t i = 1; i < f->count; i++)
        pthread_join(f->loops[i].thread, NULL);
    return true;
}

void front_turn(struct front *f)
{
    for (size_t i = 0; i < f->count; i++)
        loop_turn(f->loops[i].loop, 0);
}

void front_adopt(struct front *f, int fd, struct str address)
{
    http_server_adopt(f->loops[0].server, fd, address);
}

void front_close(struct front *f)
{
    if (f->acceptor)
        http_acceptor_close(f->acceptor);
    for (size_t i = 0; f->loops && i < f->count; i++)
        front_loop_close(&f->loops[i]);
    if (f->census)
        http_census_close(f->census);
    buf_close(&f->openapi);
    free(f->loops);
    free(f);
}
