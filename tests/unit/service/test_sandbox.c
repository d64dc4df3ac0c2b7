/* test_sandbox.c: what each process may still do once it is shut in, tried in children that are. */
#include "shut_in.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <time.h>

/* ---- What is tried ---------------------------------------------------------------------- */

TRIAL(try_nothing, 0)
TRIAL(try_socket, socket(AF_INET, SOCK_STREAM, 0))
TRIAL(try_unix_socket, socket(AF_UNIX, SOCK_STREAM, 0))
TRIAL(try_socketpair, socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){ 0 }))
TRIAL(try_connect, connect(place.pair[0], &(struct sockaddr){ AF_UNIX, "" }, sizeof(struct sockaddr)))
TRIAL(try_bind, bind(place.pair[0], &(struct sockaddr){ AF_UNIX, "" }, sizeof(struct sockaddr)))
TRIAL(try_execve, execve("/bin/true", (char *[]){ NULL }, (char *[]){ NULL }))
TRIAL(try_execveat, syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0))
TRIAL(try_fork, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
TRIAL(try_vfork, syscall(SYS_vfork))
TRIAL(try_ptrace, syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0))
TRIAL(try_kill, kill(place.tests, 0))
TRIAL(try_tgkill, syscall(SYS_tgkill, 1, 1, 0))
TRIAL(try_mount, syscall(SYS_mount, "a", "/", "tmpfs", 0, NULL))
TRIAL(try_unshare, unshare(CLONE_NEWUSER))
TRIAL(try_bpf, syscall(SYS_bpf, 0, NULL, 0))
TRIAL(try_keyctl, syscall(SYS_keyctl, 0, 0))
TRIAL(try_io_uring, syscall(SYS_io_uring_setup, 1, NULL))
TRIAL(try_memfd, syscall(SYS_memfd_create, "x", 0))
TRIAL(try_prctl, syscall(SYS_prctl, 4, 1))
TRIAL(try_setuid, syscall(SYS_setuid, 0))
TRIAL(try_chmod, syscall(SYS_chmod, place.outside, 0666))
TRIAL(try_rename, syscall(SYS_rename, place.outside, place.inside))
TRIAL(try_symlink, syscall(SYS_symlink, "/etc/passwd", place.inside))
TRIAL(try_read_of_others, syscall(SYS_process_vm_readv, place.tests, NULL, 0, NULL, 0, 0))
TRIAL(try_pidfd, syscall(SYS_pidfd_open, 1, 0))
TRIAL(try_unknown, syscall(100000))
TRIAL(try_openat, open(place.outside, O_RDONLY))
TRIAL(try_openat2, syscall(SYS_openat2, AT_FDCWD, place.outside, NULL, 0))
TRIAL(try_unlink, unlink(place.outside))
TRIAL(try_truncate, ftruncate(place.pair[0], 0))
TRIAL(try_pwrite, pwrite(place.pair[0], "x", 1, 0))
TRIAL(try_accept, accept4(place.pair[0], NULL, NULL, 0))
TRIAL(try_epoll, epoll_wait(place.pair[0], &(struct epoll_event){ 0 }, 1, 0))

static int try_map(int protection)
{
    return done_or_errno(mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int try_map_executable(void)
{
    return try_map(PROT_READ | PROT_EXEC);
}

static int try_make_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return done_or_errno(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

static int try_pkey_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return done_or_errno(syscall(SYS_pkey_mprotect, page, 4096, PROT_EXEC, -1) == 0);
}

static int try_personality(void)
{
    return done_or_errno(syscall(SYS_personality, 0x0400000) >= 0);     /* READ_IMPLIES_EXEC */
}

#ifdef __x86_64__
/* Another architecture's numbers (int 0x80) mean other calls. */
static int try_old_calls(void)
{
    long number = 20, answer;

    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(number) : "memory", "r8", "r9", "r10", "r11");
    return answer > 0 ? DONE : ODD;
}

static int try_x32_calls(void)
{
    return syscall(0x40000000 | SYS_getpid) > 0 ? DONE : errno;
}
#endif

static void neither_reaches_the_network(void **state)
{
    (void)state;
    BOTH(try_socket);
    BOTH(try_unix_socket);
    BOTH(try_socketpair);
    BOTH(try_connect);
    BOTH(try_bind);
}

static void neither_runs_programs(void **state)
{
    (void)state;
    BOTH(try_execve);
    BOTH(try_execveat);
    BOTH(try_fork);
    BOTH(try_vfork);
}

static void neither_touches_other_processes(void **state)
{
    (void)state;
    BOTH(try_ptrace);
    BOTH(try_read_of_others);
    BOTH(try_kill);
    BOTH(try_tgkill);
    BOTH(try_pidfd);
}

static void neither_changes_its_world(void **state)
{
    (void)state;
    BOTH(try_mount);
    BOTH(try_unshare);
    BOTH(try_bpf);
    BOTH(try_keyctl);
    BOTH(try_io_uring);
    BOTH(try_memfd);
    BOTH(try_prctl);
    BOTH(try_setuid);
    BOTH(try_personality);
    BOTH(try_chmod);
    BOTH(try_rename);
    BOTH(try_symlink);
    BOTH(try_openat2);
    BOTH(try_unknown);
}

static void neither_makes_code(void **state)
{
    (void)state;
    BOTH(try_map_executable);
    BOTH(try_make_executable);
    BOTH(try_pkey_executable);
}

static void neither_calls_by_other_numbers(void **state)
{
    (void)state;
#ifdef __x86_64__
    BOTH(try_old_calls);
    BOTH(try_x32_calls);
#endif
}

static void each_has_what_the_other_has_not(void **state)
{
    (void)state;
    is_killed(SANDBOX_FRONT, "openat", try_openat);
    is_killed(SANDBOX_FRONT, "unlink", try_unlink);
    is_killed(SANDBOX_FRONT, "ftruncate", try_truncate);
    is_killed(SANDBOX_FRONT, "pwrite", try_pwrite);
    is_killed(SANDBOX_KEEPER, "accept", try_accept);
    is_killed(SANDBOX_KEEPER, "epoll_wait", try_epoll);
}

/* ---- Files ------------------------------------------------------------------------------ */

static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

static int keep_inside(void)
{
    char path[128], bytes[2];

    snprintf(path, sizeof path, "%s/new", place.inside);
    int fd = open(path, O_CREAT | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "ab", 2) != 2 || fdatasync(fd) != 0 || fsync(fd) != 0 || pread(fd, bytes, 2, 0) != 2 || ftruncate(fd, 1) != 0 ||
        fallocate(fd, 0, 0, 4096) != 0 || close(fd) != 0)
        return errno ? errno : ODD;
    return done_or_errno(unlink(path) == 0);
}

static int make_folder_outside(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/other", place.folder);
    return done_or_errno(open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600) >= 0);
}

static int climb_out(void)
{
    char path[160];

    snprintf(path, sizeof path, "%s/../../%s", place.inside, strrchr(place.outside, '/') + 1);
    return done_or_errno(open(path, O_RDONLY | O_CLOEXEC) >= 0);
}

TRIAL(read_passwords, open("/etc/passwd", O_RDONLY | O_CLOEXEC))
TRIAL(read_own_memory, open("/proc/self/mem", O_RDONLY | O_CLOEXEC))
TRIAL(write_outside, open(place.outside, O_WRONLY | O_CLOEXEC))
TRIAL(list_outside, open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC))

static void the_keeper_has_one_folder(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    ends_with(SANDBOX_KEEPER, "keep_inside", keep_inside, DONE);
    ends_with(SANDBOX_KEEPER, "read_passwords", read_passwords, EACCES);
    ends_with(SANDBOX_KEEPER, "read_own_memory", read_own_memory, EACCES);
    ends_with(SANDBOX_KEEPER, "write_outside", write_outside, EACCES);
    ends_with(SANDBOX_KEEPER, "list_outside", list_outside, EACCES);
    ends_with(SANDBOX_KEEPER, "make_folder_outside", make_folder_outside, EACCES);
    ends_with(SANDBOX_KEEPER, "climb_out", climb_out, EACCES);
    ends_with(SANDBOX_KEEPER, "unlink outside", try_unlink, EACCES);
}

/* Landlock alone, as between its start and the first request. */
static void the_front_has_none(void **state)
{
    (void)state;
    if (!has_landlock())
        skip();
    int status = shut_in(SANDBOX_FRONT, true, false, try_openat);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EACCES);
    status = shut_in(SANDBOX_FRONT, true, false, make_folder_outside);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EACCES);
    status = shut_in(SANDBOX_FRONT, false, false, try_openat);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
}

static void a_folder_that_is_not_there(void **state)
{
    static const char *const directories[] = { "/nonexistent/folder", NULL };
    char                     text[128];
    struct buf               summary = buf_fixed(text, sizeof text);
    int                      status;
    pid_t                    child;

    (void)state;
    if (!has_landlock())
        skip();
    child = fork();
    if (child == 0)
        leave(!sandbox_prepare() || sandbox_files(directories, &summary) ? ODD : DONE);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
}

/* ---- What still works ------------------------------------------------------------------- */

static int work(void)
{
    char            bytes[16];
    struct timespec now;
    void           *page = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED || mprotect(page, 4096, PROT_READ) != 0 || munmap(page, 1 << 20) != 0)
        return ODD;
    if (send(place.pair[0], "ab", 2, MSG_NOSIGNAL) != 2 || recv(place.pair[1], bytes, sizeof bytes, 0) != 2)
        return ODD;
    if (syscall(SYS_getrandom, bytes, sizeof bytes, 0) != sizeof bytes || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return ODD;
    return DONE;
}

static int abort_itself(void)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void what_they_live_on_works(void **state)
{
    (void)state;
    ends_with(SANDBOX_FRONT, "nothing", try_nothing, DONE);
    ends_with(SANDBOX_KEEPER, "nothing", try_nothing, DONE);
    ends_with(SANDBOX_FRONT, "work", work, DONE);
    ends_with(SANDBOX_KEEPER, "work", work, DONE);
}

/* A CHECK must end in SIGABRT, so that a log says what it was. */
static void a_process_may_abort(void **state)
{
    int status = shut_in(SANDBOX_FRONT, true, true, abort_itself);

    (void)state;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = shut_in(SANDBOX_KEEPER, true, true, abort_itself);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static int pipe_of_thread[2];

static void *open_a_socket_when_told(void *context)
{
    char byte;

    (void)context;
    if (read(pipe_of_thread[0], &byte, 1) == 1)
        (void)!socket(AF_INET, SOCK_STREAM, 0);
    leave(DONE);
}

static int tell_thread(void)
{
    (void)!write(pipe_of_thread[1], "x", 1);
    while (poll(NULL, 0, -1) <= 0)
        continue;
    return ODD;
}

/* The calls are forbidden to threads that ran before, too. */
static void threads_that_were_there(void **state)
{
    char       text[128];
    struct buf summary = buf_fixed(text, sizeof text);
    int        status;
    pid_t      child;

    (void)state;
    assert_int_equal(pipe(pipe_of_thread), 0);
    child = fork();
    if (child == 0) {
        pthread_t thread;
        if (!sandbox_prepare() || pthread_create(&thread, NULL, open_a_socket_when_told, NULL) != 0 ||
            !sandbox_calls(SANDBOX_FRONT, &summary))
            leave(ODD);
        leave(tell_thread());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    close(pipe_of_thread[0]);
    close(pipe_of_thread[1]);
}

static void summaries(void **state)
{
    int   ends[2], status;
    char  text[128] = "";
    pid_t child;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct buf summary = buf_fixed(text, sizeof text);
        if (!sandbox_prepare() || !sandbox_files(NULL, &summary) || !sandbox_calls(SANDBOX_FRONT, &summary))
            leave(ODD);
        leave(write(ends[1], text, summary.len) == (ssize_t)summary.len ? DONE : ODD);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == DONE);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, has_landlock() ? "landlock=files" : "landlock=absent"));
    assert_non_null(strstr(text, "seccomp=on"));
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_reaches_the_network),
        cmocka_unit_test(neither_runs_programs),
        cmocka_unit_test(neither_touches_other_processes),
        cmocka_unit_test(neither_changes_its_world),
        cmocka_unit_test(neither_makes_code),
        cmocka_unit_test(neither_calls_by_other_numbers),
        cmocka_unit_test(each_has_what_the_other_has_not),
        cmocka_unit_test(the_keeper_has_one_folder),
        cmocka_unit_test(the_front_has_none),
        cmocka_unit_test(a_folder_that_is_not_there),
        cmocka_unit_test(what_they_live_on_works),
        cmocka_unit_test(a_process_may_abort),
        cmocka_unit_test(threads_that_were_there),
        cmocka_unit_test(summaries),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
