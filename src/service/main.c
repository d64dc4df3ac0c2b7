/* main.c: which process is this, and what does it do? */
#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "service/front.h"
#include "service/keeper.h"
#include "service/listener.h"
#include "service/parent.h"
#include "service/role.h"
#include "service/sandbox.h"
#include "service/service.h"

enum { TEXT_BYTES = 16384, WRONG_OPTION = 2 };

/* What a signal handler may touch: signals have no other way to carry it. */
static struct front  *front_to_drain;
static struct keeper *keeper_to_stop;

static void drain_front(int signal)
{
    (void)signal;
    front_drain(front_to_drain);
}

static void stop_keeper(int signal)
{
    (void)signal;
    keeper_stop(keeper_to_stop);
}

/* Until handlers are set: signals wait. */
static void block_signals(void)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, KEEPER_STOPS);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* When all threads are there, which have them blocked: only the first thread ever runs a
 * handler, and so never one of something closed. */
static void handle_signals(void (*terminate)(int), void (*stop)(int))
{
    sigset_t none;

    signal(SIGTERM, terminate);
    signal(SIGINT, terminate);
    signal(KEEPER_STOPS, stop);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static void ignore_signals(void)
{
    handle_signals(SIG_IGN, SIG_IGN);
}

static int fail(const struct buf *why)
{
    fprintf(stderr, "%.*s\n", STR_ARG(buf_str(why)));
    return 1;
}

/* ---- Confinement ------------------------------------------------------------------------ */

static const char *directory_of(struct arena *a, struct str path)
{
    size_t slash = path.len;

    while (slash > 0 && path.at[slash - 1] != '/')
        slash--;
    return slash ? arena_cstr(a, str_slice(path, 0, slash)) : ".";
}

/* Before the threads of the store start: Landlock holds for those that come after. */
static bool confine_keeper_files(struct service *s, struct buf *summary, struct buf *why)
{
    struct arena a = arena_new(64 * 1024);
    const char  *directories[3] = { 0 };
    struct str   place = LIT("");

    if (s->program->migrations) {
        place = store_place(arena_cstr(&a, s->options.database), why);
        directories[0] = place.at ? directory_of(&a, place) : NULL;
        directories[1] =
            s->options.master_key_file.len ? directory_of(&a, s->options.master_key_file) : NULL;
    }
    bool done = place.at && (s->options.no_sandbox || sandbox_files(directories, summary));
    if (place.at && !done)
        buf_format(why, "cannot shut the keeper in at %s: %s", directories[0], strerror(errno));
    arena_close(&a);
    return done;
}

static bool confine_front_files(struct service *s, struct buf *summary)
{
    return s->options.no_sandbox || sandbox_files(NULL, summary);
}

static bool confine_calls(struct service *s, enum sandbox_role role, struct buf *summary)
{
    bool done = s->options.no_sandbox || sandbox_calls(role, summary);

    log_event(LOG_LEVEL_INFO, "started",
              LOG_PAIRS({ "sandbox", s->options.no_sandbox ? LIT("off") : buf_str(summary) }));
    return done;
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* ---- The keeper ------------------------------------------------------------------------- */

static int run_keeper(struct service *s, const struct role_card *card)
{
    char       text[1024], about[128];
    struct buf why = buf_fixed(text, sizeof text), summary = buf_fixed(about, sizeof about);
    int        status = 1;

    prctl(PR_SET_NAME, "postern-keeper");
    log_open("keeper", LOG_LEVEL_INFO);
    close(card->ready_fd);
    if (!confine_keeper_files(s, &summary, &why) || !service_open_keeper(s, &why))
        return fail(&why);
    struct keeper *k = keeper_open(s, card->channels, card->count, &why);
    if (!k)
        return fail(&why);
    keeper_to_stop = k;
    handle_signals(SIG_IGN, stop_keeper);
    if (confine_calls(s, SANDBOX_KEEPER, &summary)) {
        status = keeper_run(k) ? 0 : 1;
    }
    ignore_signals();
    keeper_close(k);
    service_close(s);
    return status;
}

/* ---- The front -------------------------------------------------------------------------- */

struct readiness { struct service *service; int fd; struct buf *summary; bool confined; };

static void front_is_ready(void *context)
{
    struct readiness *r = context;

    handle_signals(drain_front, SIG_IGN);
    r->confined = confine_calls(r->service, SANDBOX_FRONT, r->summary);
    if (!r->confined || write(r->fd, "r", 1) != 1)
        _exit(1);
    close(r->fd);
}

static int run_front(struct service *s, const struct role_card *card)
{
    char             text[1024], about[128];
    struct buf       why = buf_fixed(text, sizeof text), summary = buf_fixed(about, sizeof about);
    struct readiness ready = { s, card->ready_fd, &summary, false };

    prctl(PR_SET_NAME, "postern-front");
    log_open("front", LOG_LEVEL_INFO);
    raise_descriptors();
    if (!front_greet(s, card->channels[0], &why) || !service_open_front(s, &why))
        return fail(&why);
    struct front *f = front_open(s, card->listener, card->channels, card->generation, &why);
    if (!f || !confine_front_files(s, &summary))
        return fail(&why);
    front_to_drain = f;
    if (!front_run(f, front_is_ready, &ready, &why))
        return fail(&why);
    ignore_signals();
    front_close(f);
    service_close(s);
    return 0;
}

/* ---- Both in one ------------------------------------------------------------------------ */

/* A keeper that ends by itself takes the front with it; NULL when it was told to. */
static void *keeper_thread(void *keeper)
{
    if (keeper_run(keeper))
        return NULL;
    front_drain(front_to_drain);
    return keeper;
}

static void announce(void *address)
{
    handle_signals(drain_front, SIG_IGN);
    printf("listening on http://%s\n", (const char *)address);
    fflush(stdout);
}

/* The same two halves over the same socket pairs, as threads of one process. */
static int run_both(struct service *s)
{
    char       text[1024], address[128] = "";
    struct buf why = buf_fixed(text, sizeof text), bound = buf_fixed(address, sizeof address - 1);
    int        ends[2][ROLE_CHANNELS_MAX], pair[2];
    size_t     count = (size_t)s->options.threads;
    pthread_t  thread;

    raise_descriptors();
    for (size_t i = 0; i < count; i++) {
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
            buf_add(&why, LIT("no descriptors"));
            return fail(&why);
        }
        ends[0][i] = pair[0];
        ends[1][i] = pair[1];
    }
    int listener = listener_open(s->options.listen, &bound, &why);
    if (listener < 0 || !service_open_keeper(s, &why))
        return fail(&why);
    struct keeper *k = keeper_open(s, ends[1], count, &why);
    if (!k)
        return fail(&why);
    struct front *f = front_open(s, listener, ends[0], 1, &why);
    if (!f)
        return fail(&why);
    front_to_drain = f;
    if (pthread_create(&thread, NULL, keeper_thread, k) != 0) {
        buf_add(&why, LIT("no threads"));
        return fail(&why);
    }
    if (!front_run(f, announce, address, &why))
        return fail(&why);
    ignore_signals();
    keeper_stop(k);
    void *ended_by_itself;
    pthread_join(thread, &ended_by_itself);
    front_close(f);
    keeper_close(k);
    service_close(s);
    return ended_by_itself ? 1 : 0;
}

/* ---- Start ------------------------------------------------------------------------------ */

static void set_issuer(struct options *o, char *text, size_t bytes)
{
    struct buf b = buf_fixed(text, bytes);

    if (o->issuer.len)
        return;
    buf_format(&b, "http://%.*s", STR_ARG(o->listen));
    o->issuer = buf_str(&b);
}

/* What no table of options can tell: is it an address, is it a database? */
static bool options_make_sense(struct service *s, struct buf *why)
{
    struct arena a = arena_new(64 * 1024);
    bool done =
        listener_check(s->options.listen, why) &&
        (!s->program->migrations || store_place(arena_cstr(&a, s->options.database), why).at);

    arena_close(&a);
    return done;
}

/* The parent needs neither, and starts sooner without.  OpenSSL reads a file, which a sandbox
 * would not let it. */
static bool open_libraries(struct buf *why)
{
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    if (sodium_init() >= 0)
        return true;
    buf_add(why, LIT("libsodium does not start"));
    return false;
}

static int run(struct service *s, char **argv, struct buf *told)
{
    struct role_card card = role_read();

    if (!options_make_sense(s, told)) {
        fail(told);
        return WRONG_OPTION;
    }
    if (card.role == ROLE_PARENT && !s->options.single_process)
        return parent_run(&s->options, argv);
    if (card.role != ROLE_PARENT)
        s->options.threads = (int64_t)card.count;   /* a quota may have changed since they were counted */
    block_signals();
    if (!open_libraries(told))
        return fail(told);
    if (s->options.single_process)
        return run_both(s);
    /* Whoever kills the parent has killed the tree. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != card.parent)
        return 1;
    if (!s->options.no_sandbox && !sandbox_prepare())
        return 1;
    return card.role == ROLE_KEEPER ? run_keeper(s, &card) : run_front(s, &card);
}

int service_main(int argc, char **argv, const struct program *program)
{
    static struct service s;    /* zeroed, and too large for a stack */
    char                  text[TEXT_BYTES], issuer[300];
    struct buf            told = buf_fixed(text, sizeof text);

    log_open(program->name, LOG_LEVEL_INFO);
    switch (options_parse(&s.options, program->name, program->version, program->flags, argc, argv,
                          &told)) {
    case OPTIONS_SHOWN:
        printf("%.*s", STR_ARG(buf_str(&told)));
        return 0;
    case OPTIONS_WRONG:
        fail(&told);
        return WRONG_OPTION;
    case OPTIONS_SERVE:
        break;
    }
    set_issuer(&s.options, issuer, sizeof issuer);
    if (!service_open_tables(&s, program, &told))
        return fail(&told);
    return run(&s, argv, &told);
}

int service_main_routes(int argc, char **argv, const char *name, const struct route *routes)
{
    struct route_group groups[] = { { NULL, routes }, { 0 } };
    struct api         api = { .title = name, .version = "1.0.0", .groups = groups };
    struct program     program = { .name = name, .version = "1.0.0", .api = &api };

    return service_main(argc, argv, &program);
}
