/* worker.c: memory that is kept from call to call, and packets out. */
#include "service/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"

enum { ARENA_BYTES = 1 << 20, SEND_WAIT_MS = 5000 };

void *worker_open(void *service)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->service = service;
    w->arena = arena_new(ARENA_BYTES);
    w->body = buf_growing(MESSAGE_BYTES_MAX - 1024);
    w->packet = buf_growing(MESSAGE_BYTES_MAX);
    return w;
}

void worker_close(void *worker)
{
    struct worker *w = worker;

    if (w->db)
        store_session_close(w->db);
    arena_close(&w->arena);
    buf_close(&w->body);
    buf_close(&w->packet);
    free(w);
}

bool worker_is_ready(struct worker *w)
{
    struct service *s = w->service;

    if (s->store && !w->db)
        w->db = store_session_open(s->store);
    return !s->store || w->db;
}

void worker_answer(struct worker *w, int channel, const struct call_message *m,
                   const struct api_answer *a)
{
    buf_reset(&w->packet);
    message_write_answer(&w->packet, &(struct answer_message){
        .ticket = m->ticket,
        .endpoint = m->endpoint,
        .status = (uint16_t)a->status,
        .retry_after_s = (uint32_t)a->retry_after_s,
        .body = buf_str(&a->body),
    });
    if (!w->packet.failed)
        worker_send(channel, buf_str(&w->packet));
    buf_wipe(&w->packet);
}

void worker_answer_busy(struct worker *w, int channel, const struct call_message *m,
                        int64_t wait_ms)
{
    struct api_answer a = { .body = w->body, .retry_after_s = (int)(wait_ms / 1000) + 1 };

    answer_problem(&w->service->endpoints, UNAVAILABLE, &a);
    worker_answer(w, channel, m, &a);
    w->body = a.body;
    buf_wipe(&w->body);     /* the next call begins with an empty one */
}

void worker_send(int channel, struct str packet)
{
    while (send(channel, packet.at, packet.len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        struct pollfd ready = { .fd = channel, .events = POLLOUT };
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || poll(&ready, 1, SEND_WAIT_MS) == 0) {
            log_event(LOG_LEVEL_WARN, "answer_lost", NULL);
            return;
        }
    }
}
