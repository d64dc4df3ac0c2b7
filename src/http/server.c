/* server.c: the seats of the connections, and who gets one.
 *
 * Seats are an array that never moves; an empty one keeps its generation, so that a ticket of an
 * exchange that is over never finds another.  A few seats beyond the limit serve to tell who is
 * refused. */
#include "http/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "http/connection.h"

static struct http_census *census_of(const struct http_server *s)
{
    return s->own_census ? s->own_census : s->settings.census;
}

static struct connection *seat_take(struct http_server *s)
{
    struct connection *c;

    if (s->seats_free != NO_SLOT) {
        c = &s->seats[s->seats_free];
        s->seats_free = c->next;
        return c;
    }
    if (s->seats_used == s->seats_count)
        return NULL;
    c = &s->seats[s->seats_used];
    c->slot = s->seats_used++;
    c->server = s;
    return c;
}

void connection_free(struct connection *c)
{
    struct http_server *s = c->server;

    if (c->counted)
        http_census_leave(census_of(s), c->visitor);
    else
        s->refused--;
    c->next = s->seats_free;
    s->seats_free = c->slot;
    atomic_fetch_sub_explicit(&s->load, 1, memory_order_relaxed);
}

/* Connections that were answered outside of their batch are sent to, and their next requests
 * handled. */
static void resume_all(struct task *t)
{
    struct http_server *s = (void *)((char *)t - offsetof(struct http_server, resume));
    uint32_t            at = s->to_resume;

    s->to_resume = NO_SLOT;
    while (at != NO_SLOT) {
        struct connection *c = &s->seats[at];
        at = c->next;
        c->to_resume = false;
        if (c->open)
            connection_resume(c);
        else
            connection_free(c);
    }
}

/* Already counted in s->load. */
static void seat(struct http_server *s, int fd, struct str address)
{
    struct http_visitor visitor = http_visitor_of(address);
    size_t              admitted_count = http_server_connections(s) - s->refused;
    bool                admitted = admitted_count <= s->settings.connections_max &&
                    http_census_enter(census_of(s), visitor);
    struct connection  *c = admitted || s->refused < REFUSED_SEATS ? seat_take(s) : NULL;

    if (!c) {
        if (admitted)
            http_census_leave(census_of(s), visitor);
        atomic_fetch_sub_explicit(&s->load, 1, memory_order_relaxed);
        close(fd);
        return;
    }
    if (!admitted)
        s->refused++;
    c->counted = admitted;
    c->visitor = visitor;
    c->address_bytes = (uint8_t)(address.len < sizeof c->address ? address.len : sizeof c->address);
    memcpy(c->address, address.at ? address.at : "", c->address_bytes);
    connection_open(c, fd, admitted);
}

static void seat_arrivals(void *context)
{
    struct http_server *s = context;

    pthread_mutex_lock(&s->arrivals_lock);
    struct buf swap = s->arrivals;
    s->arrivals = s->arriving;
    s->arriving = swap;
    pthread_mutex_unlock(&s->arrivals_lock);
    for (size_t at = 0; at < s->arriving.len; at += sizeof(struct arrival)) {
        struct arrival a;
        memcpy(&a, s->arriving.at + at, sizeof a);
        seat(s, a.fd, (struct str){ a.address, a.address_bytes });
    }
    buf_reset(&s->arriving);
}

struct http_server *http_server_open(struct loop *l, const struct http_settings *settings)
{
    struct http_server *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    CHECK(settings->connections_max < NO_SLOT - REFUSED_SEATS);
    s->settings = *settings;
    s->loop = l;
    s->seats_free = s->to_resume = NO_SLOT;
    s->seats_count = (uint32_t)settings->connections_max + REFUSED_SEATS;
    s->seats = calloc(s->seats_count, sizeof *s->seats);
    if (!settings->census)
        s->own_census =
            http_census_open(settings->connections_max, settings->connections_per_address_max);
    if (!s->seats || !census_of(s)) {
        free(s->seats);
        http_census_close(s->own_census);
        free(s);
        return NULL;
    }
    s->listener.watch.fd = s->listener.reserve = -1;
    s->out = s->refusal_headers = s->refusal_body = buf_growing(SIZE_MAX / 8);
    s->arrivals = s->arriving = buf_growing(SIZE_MAX / 8);
    s->resume.run = resume_all;
    pthread_mutex_init(&s->arrivals_lock, NULL);
    loop_on_wake(l, seat_arrivals, s);
    return s;
}

void http_server_close(struct http_server *s)
{
    if (!s)
        return;
    CHECK(!s->current);
    loop_unhook(s->loop, s);
    listener_close(&s->listener);
    seat_arrivals(s);
    for (uint32_t i = 0; i < s->seats_used; i++)
        connection_end(&s->seats[i]);
    loop_unpost(s->loop, &s->resume);
    pthread_mutex_destroy(&s->arrivals_lock);
    http_census_close(s->own_census);
    buf_close(&s->arrivals);
    buf_close(&s->arriving);
    buf_close(&s->out);
    buf_close(&s->refusal_headers);
    buf_close(&s->refusal_body);
    explicit_bzero(s->read_buffer, sizeof s->read_buffer);
    free(s->seats);
    free(s);
}

void http_server_adopt(struct http_server *s, int fd, struct str address)
{
    atomic_fetch_add_explicit(&s->load, 1, memory_order_relaxed);
    seat(s, fd, address);
}

void http_server_hand_over(struct http_server *s, int fd, struct str address)
{
    struct arrival a = { .fd = fd };

    a.address_bytes = (uint8_t)(address.len < sizeof a.address ? address.len : sizeof a.address);
    memcpy(a.address, address.at ? address.at : "", a.address_bytes);
    atomic_fetch_add_explicit(&s->load, 1, memory_order_relaxed);
    pthread_mutex_lock(&s->arrivals_lock);
    buf_add(&s->arrivals, (struct str){ (const char *)&a, sizeof a });
    bool failed = s->arrivals.failed;
    s->arrivals.failed = false;     /* what was queued before is whole */
    pthread_mutex_unlock(&s->arrivals_lock);
    if (failed) {
        atomic_fetch_sub_explicit(&s->load, 1, memory_order_relaxed);
        close(fd);
        return;
    }
    loop_wake(s->loop);
}

void http_server_drain(struct http_server *s)
{
    if (s->draining)
        return;
    s->draining = true;
    listener_accept_all(&s->listener);
    listener_close(&s->listener);
    seat_arrivals(s);
    for (uint32_t i = 0; i < s->seats_used; i++)
        if (s->seats[i].open)
            connection_drain(&s->seats[i]);
}

size_t http_server_connections(const struct http_server *s)
{
    return atomic_load_explicit(&s->load, memory_order_relaxed);
}

struct http_stats http_server_stats(const struct http_server *s)
{
    struct http_stats stats = {
        .connections = http_server_connections(s),
        .requests = s->requests,
        .refusals = s->refusals,
    };

    for (uint32_t i = 0; i < s->seats_used; i++) {
        const struct connection *c = &s->seats[i];
        stats.buffers += (c->in.at != NULL) + (c->out.at != NULL);
        stats.buffer_bytes += c->in.cap + c->out.cap;
    }
    return stats;
}
