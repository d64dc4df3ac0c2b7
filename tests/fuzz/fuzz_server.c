/* fuzz_server.c: any bytes on a connection of the whole server, over a socketpair.
 *
 * Read at once, byte by byte, and with every answer deferred and every send cut short: the
 * client hears the same (but for 100 Continue, which depends on what has come), and nothing is
 * left behind. */
#include "../unit/http/harness.h"
#include "../unit/http/strictness.h"
#include "../unit/http/verdict.h"

enum { HEARD_BYTES_MAX = 1 << 20, INPUT_BYTES_MAX = 1 << 14 };

static void on_request(void *context, struct http_exchange *x)
{
    struct harness *h = context;

    snprintf(h->echo, sizeof h->echo, "%016llx",
             (unsigned long long)digest_request(0, http_exchange_request(x)));
    h->requests++;
    if (h->mode == ON_REQUEST_DEFERS)
        h->tickets[0] = http_exchange_defer(x);
    else
        harness_answer(h, x);
}

static void answer_deferred(struct harness *h)
{
    struct http_exchange *x;

    harness_run(h);
    while (h->mode == ON_REQUEST_DEFERS && (x = http_server_exchange(h->server, h->tickets[0]))) {
        harness_answer(h, x);
        harness_run(h);
    }
}

static void drop_continues(struct buf *heard)
{
    struct str said = LIT("HTTP/1.1 100 Continue\r\n\r\n");
    size_t     at;

    while ((at = str_find(buf_str(heard), said)) < heard->len) {
        memmove(heard->at + at, heard->at + at + said.len, heard->len - at - said.len);
        heard->len -= said.len;
    }
}

static void hear(struct harness *h, int fd, struct buf *heard)
{
    char    *room;
    ssize_t  n;

    do {
        answer_deferred(h);
        room = buf_room(heard, 65536);
        CHECK(room);
        n = recv(fd, room, 65536, 0);
        if (n > 0)
            buf_grew(heard, (size_t)n);
    } while (n > 0);
}

/* What the client hears, and the number of requests that were handed on. */
static unsigned talk(struct harness *h, struct str bytes, struct buf *heard)
{
    int fd = harness_connect(h);

    h->requests = 0;
    while (bytes.len) {
        ssize_t n = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (n > 0)
            bytes = str_slice(bytes, (size_t)n, bytes.len);
        else if (errno != EAGAIN)
            break;
        hear(h, fd, heard);
    }
    hear(h, fd, heard);
    shutdown(fd, SHUT_WR);
    hear(h, fd, heard);
    close(fd);
    harness_run(h);
    CHECK(http_server_connections(h->server) == 0);
    drop_continues(heard);
    return h->requests;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str     bytes = { (const char *)data, size < INPUT_BYTES_MAX ? size : INPUT_BYTES_MAX };
    struct harness h = harness_new();
    struct buf     whole = buf_growing(HEARD_BYTES_MAX), cut = buf_growing(HEARD_BYTES_MAX);

    h.settings.limits = strict_limits;
    h.settings.on_request = on_request;
    harness_open(&h);
    unsigned requests = talk(&h, bytes, &whole);
    h.net.recv_max = 1;
    CHECK(talk(&h, bytes, &cut) == requests && str_eq(buf_str(&cut), buf_str(&whole)));
    buf_reset(&cut);
    h.net.recv_max = 0;
    h.send_max = 7;
    h.mode = ON_REQUEST_DEFERS;
    CHECK(talk(&h, bytes, &cut) == requests && str_eq(buf_str(&cut), buf_str(&whole)));
    harness_close(&h);
    buf_close(&whole);
    buf_close(&cut);
    return 0;
}
