/* service/worker.h: what a thread of the keeper has of its own, and how it answers.
 *
 * Its session with the database is opened at the first call.  One thread uses it. */
#pragma once
#include "api/call.h"
#include "service/message.h"
#include "service/service.h"

struct worker {
    struct service       *service;
    struct store_session *db;
    struct arena          arena;
    struct buf            body, packet;
};

/* For a lane: takes a struct service, gives a struct worker; NULL: no memory. */
void *worker_open(void *service);
void  worker_close(void *worker);

/* False: the database is not to be had. */
bool worker_is_ready(struct worker *w);

/* Sends the answer to a call.  A front that does not read its answers is waited for, but not for
 * ever. */
void worker_answer(struct worker *w, int channel, const struct call_message *m,
                   const struct api_answer *a);

/* The same for a call that would wait too long: 503. */
void worker_answer_busy(struct worker *w, int channel, const struct call_message *m,
                        int64_t wait_ms);

void worker_send(int channel, struct str packet);
