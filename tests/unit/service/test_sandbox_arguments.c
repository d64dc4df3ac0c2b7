/* test_sandbox_arguments.c: calls that both processes need, tried with arguments that would
 * connect, deafen or kill. */
#include "shut_in.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/filter.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

/* A TCP pair over loopback, with its listener, made before anything is shut in: what a front
 * has. */
static int listener, tcp[2], file;

static struct sockaddr_in here(int fd)
{
    struct sockaddr_in at;
    socklen_t          len = sizeof at;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    return at;
}

static struct sockaddr_in address;

static int open_all(void **state)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    if (set_up(state) != 0)
        return -1;
    file = open(place.outside, O_RDWR | O_CLOEXEC);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (file < 0 || bind(listener, (struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 4) != 0)
        return -1;
    address = here(listener);
    if (connect(tcp[0], (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    tcp[1] = accept(listener, NULL, NULL);
    return tcp[1] < 0;
}

static int close_all(void **state)
{
    int fds[] = { listener, tcp[0], tcp[1], file };

    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
    return tear_down(state);
}

/* ---- Sending ---------------------------------------------------------------------------- */

TRIAL(try_send, send(place.pair[0], "ab", 2, MSG_NOSIGNAL))
TRIAL(try_send_without_waiting, send(place.pair[0], "ab", 2, MSG_NOSIGNAL | MSG_DONTWAIT))
TRIAL(try_send_to_client, send(tcp[1], "ab", 2, MSG_NOSIGNAL))
TRIAL(try_sendto, sendto(tcp[1], "a", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address))
TRIAL(try_fast_open, sendto(tcp[1], "a", 1, MSG_FASTOPEN, (struct sockaddr *)&address, sizeof address))
TRIAL(try_fast_open_without_address, sendto(tcp[1], "a", 1, MSG_FASTOPEN | MSG_NOSIGNAL, NULL, 0))
TRIAL(try_sendmmsg, sendmmsg(tcp[1], &(struct mmsghdr){ 0 }, 1, 0))
TRIAL(try_recvmsg, recvmsg(place.pair[1], &(struct msghdr){ 0 }, MSG_DONTWAIT))

/* Addresses, Fast Open and descriptors to give away: all three at once. */
static int try_sendmsg(void)
{
    char          byte = 'a';
    struct iovec  bytes = { &byte, 1 };
    struct msghdr m = { .msg_iov = &bytes, .msg_iovlen = 1 };

    return done_or_errno(sendmsg(place.pair[0], &m, MSG_NOSIGNAL) >= 0);
}

static void sending_is_to_the_connected_alone(void **state)
{
    (void)state;
    BOTH(try_sendto);
    BOTH(try_fast_open);
    BOTH(try_fast_open_without_address);
    BOTH(try_sendmsg);
    BOTH(try_sendmmsg);
    BOTH(try_recvmsg);
    WORKS(SANDBOX_FRONT, try_send);
    WORKS(SANDBOX_FRONT, try_send_without_waiting);
    WORKS(SANDBOX_FRONT, try_send_to_client);
    WORKS(SANDBOX_KEEPER, try_send);
    WORKS(SANDBOX_KEEPER, try_send_without_waiting);
}

/* ---- The listening socket, which fronts to come share ------------------------------------ */

static int set_filter(void)
{
    struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog  program = { 1, &nothing };

    return setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

TRIAL(try_shutdown_read, shutdown(listener, SHUT_RD))
TRIAL(try_shutdown_both, shutdown(listener, SHUT_RDWR))
TRIAL(try_shutdown_write, shutdown(tcp[1], SHUT_WR))
TRIAL(try_filter, set_filter())
TRIAL(try_reuse, setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)))
TRIAL(try_fast_open_option, setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &(int){ 1 }, sizeof(int)))
TRIAL(try_level_of_another, setsockopt(listener, SOL_SOCKET, TCP_NODELAY, &(int){ 1 }, sizeof(int)))
TRIAL(try_no_delay, setsockopt(tcp[1], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)))
TRIAL(try_listen, listen(listener, 0))

static void the_listener_stays_as_it_is(void **state)
{
    (void)state;
    BOTH(try_shutdown_read);
    BOTH(try_shutdown_both);
    BOTH(try_filter);
    BOTH(try_reuse);
    BOTH(try_fast_open_option);
    BOTH(try_level_of_another);
    BOTH(try_listen);
    WORKS(SANDBOX_FRONT, try_shutdown_write);
    WORKS(SANDBOX_FRONT, try_no_delay);
    is_killed(SANDBOX_KEEPER, "shutdown", try_shutdown_write);
    is_killed(SANDBOX_KEEPER, "setsockopt", try_no_delay);
}

/* ---- Signals that the kernel would send for it ------------------------------------------- */

TRIAL(try_own, fcntl(tcp[1], F_SETOWN, place.tests))
TRIAL(try_own_extended, fcntl(tcp[1], F_SETOWN_EX, &(struct f_owner_ex){ F_OWNER_PID, place.tests }))
TRIAL(try_signal, fcntl(tcp[1], F_SETSIG, SIGKILL))
TRIAL(try_async, fcntl(tcp[1], F_SETFL, O_ASYNC))
TRIAL(try_lease, fcntl(file, F_SETLEASE, F_WRLCK))
TRIAL(try_notify, fcntl(file, F_NOTIFY, 0))
TRIAL(try_ioctl_own, ioctl(tcp[1], SIOCSPGRP, &(int){ place.tests }))
TRIAL(try_ioctl_async, ioctl(tcp[1], FIOASYNC, &(int){ 1 }))
TRIAL(try_tgkill_parent, syscall(SYS_tgkill, place.tests, place.tests, SIGCONT))
TRIAL(try_tkill, syscall(SYS_tkill, place.tests, SIGCONT))
TRIAL(try_queue, syscall(SYS_rt_sigqueueinfo, place.tests, SIGCONT, NULL))
TRIAL(try_tgkill_self, syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), 0))

static void nobody_gets_signals(void **state)
{
    (void)state;
    BOTH(try_own);
    BOTH(try_own_extended);
    BOTH(try_signal);
    BOTH(try_async);
    BOTH(try_lease);
    BOTH(try_notify);
    BOTH(try_ioctl_own);
    BOTH(try_ioctl_async);
    BOTH(try_tgkill_parent);
    BOTH(try_tkill);
    BOTH(try_queue);
    WORKS(SANDBOX_FRONT, try_tgkill_self);
    WORKS(SANDBOX_KEEPER, try_tgkill_self);
}

/* ---- Descriptors ------------------------------------------------------------------------ */

TRIAL(try_dup, dup(place.pair[0]))
TRIAL(try_dup2, syscall(SYS_dup2, place.pair[0], 0))
TRIAL(try_dup3, dup3(place.pair[0], 0, 0))
TRIAL(try_dup_left_open, fcntl(place.pair[0], F_DUPFD, 0))
TRIAL(try_reserve, fcntl(place.pair[0], F_DUPFD_CLOEXEC, 0))
TRIAL(try_flags, fcntl(place.pair[0], F_GETFL))

static int lock(int command, short type)
{
    struct flock first = { .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };

    return fcntl(file, command, &first);
}

TRIAL(try_look_at_lock, lock(F_GETLK, F_WRLCK))
TRIAL(try_lock, lock(F_SETLK, F_RDLCK))
TRIAL(try_lock_and_wait, lock(F_SETLKW, F_WRLCK))
TRIAL(try_unlock, lock(F_SETLK, F_UNLCK))

static void descriptors_and_locks(void **state)
{
    static const enum sandbox_role roles[] = { SANDBOX_FRONT, SANDBOX_KEEPER };

    (void)state;
    BOTH(try_dup);
    BOTH(try_dup2);
    BOTH(try_dup3);
    BOTH(try_dup_left_open);
    for (int i = 0; i < 2; i++) {
        WORKS(roles[i], try_reserve);
        WORKS(roles[i], try_flags);
        WORKS(roles[i], try_look_at_lock);
        WORKS(roles[i], try_lock);
        WORKS(roles[i], try_lock_and_wait);
        WORKS(roles[i], try_unlock);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sending_is_to_the_connected_alone),
        cmocka_unit_test(the_listener_stays_as_it_is),
        cmocka_unit_test(nobody_gets_signals),
        cmocka_unit_test(descriptors_and_locks),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
