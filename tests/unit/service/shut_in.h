/* shut_in.h: children that are shut in as front or keeper and then try something. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/sandbox.h"

/* What a child tells by its exit: DONE, or the errno that it got. */
enum { DONE = 0, ODD = 199 };

struct place {
    char folder[64], inside[96], outside[96];
    int  pair[2];
    int  tests;     /* the process of the tests: asking for a parent is a call of its own */
};

static struct place place;

static inline int set_up(void **state)
{
    (void)state;
    place.tests = getpid();
    strcpy(place.folder, "/tmp/sandbox-XXXXXX");
    if (!mkdtemp(place.folder))
        return -1;
    snprintf(place.inside, sizeof place.inside, "%s/in", place.folder);
    snprintf(place.outside, sizeof place.outside, "%s.out", place.folder);
    int fd = open(place.outside, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (mkdir(place.inside, 0700) != 0 || fd < 0)
        return -1;
    close(fd);
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, place.pair);
}

static inline int tear_down(void **state)
{
    char command[256];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s %s", place.folder, place.outside);
    close(place.pair[0]);
    close(place.pair[1]);
    return system(command);
}

static inline int done_or_errno(bool done)
{
    return done ? DONE : errno;
}

/* Ends without libc's and a sanitizer's last words, which a sandbox need not allow. */
static inline _Noreturn void leave(int status)
{
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

/* How a child ends that is shut in as `role` and then tries `what`: a status as of wait(2). */
static inline int shut_in(enum sandbox_role role, bool files, bool calls, int (*what)(void))
{
    const char *const directories[] = { place.inside, NULL };
    char              text[128];
    struct buf        summary = buf_fixed(text, sizeof text);
    int               status;
    pid_t             child = fork();

    if (child == 0) {
        if (!sandbox_prepare() || (files && !sandbox_files(role == SANDBOX_KEEPER ? directories : NULL, &summary)) ||
            (calls && !sandbox_calls(role, &summary)))
            leave(ODD);
        leave(what());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static inline void is_killed(enum sandbox_role role, const char *name, int (*what)(void))
{
    int status = shut_in(role, true, true, what);

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
        fail_msg("%s in the %s: status %x, not killed by SIGSYS", name, role == SANDBOX_FRONT ? "front" : "keeper", status);
}

static inline void ends_with(enum sandbox_role role, const char *name, int (*what)(void), int expected)
{
    int status = shut_in(role, true, true, what);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        fail_msg("%s in the %s: status %x, not exit %d", name, role == SANDBOX_FRONT ? "front" : "keeper", status, expected);
}

#define TRIAL(name, expression) static int name(void) { return done_or_errno((expression) >= 0); }

#define BOTH(what)  (is_killed(SANDBOX_FRONT, #what, what), is_killed(SANDBOX_KEEPER, #what, what))
#define WORKS(role, what) ends_with(role, #what, what, DONE)
