/* start.c: how long a server takes from being started to its first answer.
 *
 *   start COUNT program arguments...        prints milliseconds, one start a line
 *
 * A start is fork, exec, the line "listening on http://127.0.0.1:PORT", and the 200 that answers
 * GET /health/live.  Then it is told to end, and waited for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char request[] = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static pid_t run(char **command, int *out)
{
    int ends[2];

    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], command);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return child;
}

/* 0: it said something else. */
static unsigned read_port(int out)
{
    char    line[128];
    ssize_t n = read(out, line, sizeof line - 1);

    line[n > 0 ? n : 0] = 0;
    const char *colon = strrchr(line, ':');
    return colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

static int is_live(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char               answer[1024];
    int                fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int                done = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
               send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0 &&
               recv(fd, answer, sizeof answer, 0) > 12 &&
               memcmp(answer, "HTTP/1.1 200", 12) == 0;

    close(fd);
    return done;
}

static int start_once(char **command)
{
    int      out, status;
    double   begun = now_ms();
    pid_t    child = run(command, &out);
    unsigned port = child > 0 ? read_port(out) : 0;
    int      live = port && is_live(port);
    double   took = now_ms() - begun;

    if (child > 0 && (kill(child, SIGTERM) || waitpid(child, &status, 0) != child))
        return 0;
    close(out);
    if (live)
        printf("%.3f\n", took);
    return live;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: start COUNT program arguments...\n");
        return 2;
    }
    for (long i = 0; i < atol(argv[1]); i++)
        if (!start_once(argv + 2)) {
            fprintf(stderr, "start: no answer\n");
            return 1;
        }
    return 0;
}
