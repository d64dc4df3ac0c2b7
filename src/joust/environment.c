/* joust/environment.c: one table of facts, each read from where the kernel says it.
 *
 * A fact that this machine does not tell is left out.  The counters of CPU time at the beginning
 * stand among the facts until they are replaced, at the end, by what became of them. */
#include "joust/environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <time.h>

#include "joust/format.h"

enum { VALUE_BYTES = 256, FILE_BYTES = 8192, PATH_BYTES = 4096 + 64 };

#define SYS_CPU "/sys/devices/system/cpu/"
#define CPU_USE "CPU use"
#define CPU_SHARING "CPU sharing"

/* ---- Files ------------------------------------------------------------------------------ */

/* The beginning of a file; empty when it cannot be read.  Without the last newline. */
static struct str read_text(const char *path, char *memory, size_t bytes)
{
    FILE      *f = fopen(path, "re");
    struct str text = { memory, f ? fread(memory, 1, bytes - 1, f) : 0 };

    if (f)
        fclose(f);
    while (text.len > 0 && (unsigned char)memory[text.len - 1] <= ' ')
        text.len--;
    memory[text.len] = 0;
    return text;
}

/* What follows `name` and a colon on a line of its own; empty when there is none. */
static struct str line_of(struct str text, struct str name)
{
    while (text.at) {
        struct str line = str_cut(&text, '\n');
        struct str value = str_trim(str_slice(line, name.len, line.len));
        if (str_starts(line, name) && value.len && value.at[0] == ':')
            return str_trim(str_slice(value, 1, value.len));
    }
    return LIT("");
}

static void add_line(struct buf *out, const char *path, struct str name)
{
    char memory[FILE_BYTES];

    buf_add(out, line_of(read_text(path, memory, sizeof memory), name));
}

/* `off` or `on` for a file of "0" or "1". */
static void add_switch(struct buf *out, const char *path, const char *off, const char *on)
{
    char       memory[8];
    struct str text = read_text(path, memory, sizeof memory);

    if (str_eq(text, LIT("0")) || str_eq(text, LIT("1")))
        buf_add(out, str_of(text.at[0] == '1' ? on : off));
}

/* ---- The processor ---------------------------------------------------------------------- */

static void add_kernel(struct buf *out)
{
    struct utsname name;

    if (uname(&name) == 0)
        buf_format(out, "%s %s, %s", name.sysname, name.release, name.machine);
}

static void add_cpu(struct buf *out)
{
    add_line(out, "/proc/cpuinfo", LIT("model name"));
}

static void add_hypervisor(struct buf *out)
{
    char       memory[FILE_BYTES];
    struct str flags = line_of(read_text("/proc/cpuinfo", memory, sizeof memory), LIT("flags"));

    if (flags.len)
        buf_add(out, str_find(flags, LIT(" hypervisor")) < flags.len ? LIT("yes") : LIT("no"));
}

/* "0-3,8". */
static void add_cpu_list(struct buf *out, const cpu_set_t *cpus)
{
    const char *comma = "";

    for (int first = 0; first < CPU_SETSIZE; first++) {
        int last = first;
        if (!CPU_ISSET(first, cpus))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
            last++;
        buf_format(out, last > first ? "%s%d-%d" : "%s%d", comma, first, last);
        comma = ",";
        first = last;
    }
}

static void add_cpus(struct buf *out)
{
    cpu_set_t cpus;

    buf_format(out, "%ld online", sysconf(_SC_NPROCESSORS_ONLN));
    if (sched_getaffinity(0, sizeof cpus, &cpus))
        return;
    buf_format(out, ", %d allowed (", CPU_COUNT(&cpus));
    add_cpu_list(out, &cpus);
    buf_add_char(out, ')');
}

/* "0-2:3" is where each was pinned. */
static void add_pinning(struct buf *out, struct str pin)
{
    struct str generator = pin, servers = str_cut(&generator, ':');

    buf_format(out, "servers on %.*s, generator on %.*s", STR_ARG(servers), STR_ARG(generator));
}

static void add_sharing(struct buf *out)
{
    cpu_set_t cpus;

    if (sched_getaffinity(0, sizeof cpus, &cpus))
        return;
    if (CPU_COUNT(&cpus) == 1)
        buf_add(out, LIT("generator and servers share the only CPU"));
    else
        buf_format(out, "generator and servers share %d CPUs", CPU_COUNT(&cpus));
}

static void add_smt(struct buf *out)
{
    add_switch(out, SYS_CPU "smt/active", "off", "on");
}

static void add_governor(struct buf *out)
{
    char memory[64];

    buf_add(out, read_text(SYS_CPU "cpu0/cpufreq/scaling_governor", memory, sizeof memory));
}

static void add_turbo(struct buf *out)
{
    add_switch(out, SYS_CPU "intel_pstate/no_turbo", "on", "off");
    if (out->len == 0)
        add_switch(out, SYS_CPU "cpufreq/boost", "off", "on");
}

static void add_clock(struct buf *out)
{
    char memory[64];

    buf_add(out, read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                           memory, sizeof memory));
}

/* ---- Limits ----------------------------------------------------------------------------- */

/* Of this process's cgroup (v2) and all above it, the least that `read` finds; -1: none. */
static double least_of_cgroups(const char *file, double (*read)(struct str text))
{
    char       memory[FILE_BYTES], path[PATH_BYTES], value[64];
    struct str groups = read_text("/proc/self/cgroup", memory, sizeof memory), group = { 0 };
    double     least = -1;

    while (groups.at && !group.at) {
        struct str line = str_cut(&groups, '\n');
        if (str_starts(line, LIT("0::")))
            group = str_slice(line, 3, line.len);
    }
    while (group.at) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/%s", STR_ARG(group), file);
        double found = read(read_text(path, value, sizeof value));
        if (found >= 0 && (least < 0 || found < least))
            least = found;
        const char *slash = group.len ? memrchr(group.at, '/', group.len) : NULL;
        group = slash ? str_slice(group, 0, (size_t)(slash - group.at)) : (struct str){ 0 };
    }
    return least;
}

/* "50000 100000" is half a CPU, "max 100000" no limit. */
static double quota_of(struct str text)
{
    uint64_t   quota, period;
    struct str rest = text, first = str_cut(&rest, ' ');

    if (!str_to_uint(first, UINT64_MAX, &quota) || !str_to_uint(rest, UINT64_MAX, &period))
        return -1;
    return period ? (double)quota / (double)period : -1;
}

static double bytes_of(struct str text)
{
    uint64_t bytes;

    return str_to_uint(text, INT64_MAX, &bytes) ? (double)bytes : -1;
}

static void add_cpu_limit(struct buf *out)
{
    double cpus = least_of_cgroups("cpu.max", quota_of);

    if (cpus >= 0)
        buf_format(out, "%.3g CPUs", cpus);
}

static void add_memory_limit(struct buf *out)
{
    double bytes = least_of_cgroups("memory.max", bytes_of);

    if (bytes >= 0)
        format_bytes(out, (int64_t)bytes);
}

static void add_memory(struct buf *out)
{
    char       memory[FILE_BYTES];
    struct str total = line_of(read_text("/proc/meminfo", memory, sizeof memory), LIT("MemTotal"));
    uint64_t   kib;

    if (str_to_uint(str_cut(&total, ' '), INT64_MAX / 1024, &kib))
        format_bytes(out, (int64_t)kib * 1024);
}

static void add_limit(struct buf *out, rlim_t limit)
{
    if (limit == RLIM_INFINITY)
        buf_add(out, LIT("unlimited"));
    else
        format_count(out, limit);
}

static void add_open_files(struct buf *out)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    add_limit(out, files.rlim_cur);
    buf_add(out, LIT(" (may be raised to "));
    add_limit(out, files.rlim_max);
    buf_add_char(out, ')');
}

/* ---- The network ------------------------------------------------------------------------ */

static void add_ports(struct buf *out)
{
    char     memory[64];
    unsigned low, high;

    read_text("/proc/sys/net/ipv4/ip_local_port_range", memory, sizeof memory);
    if (sscanf(memory, "%u %u", &low, &high) == 2 && low <= high)
        buf_format(out, "%u to %u, %u of them", low, high, high - low + 1);
}

static void add_time_wait(struct buf *out)
{
    char        memory[FILE_BYTES];
    struct str  tcp = line_of(read_text("/proc/net/sockstat", memory, sizeof memory), LIT("TCP"));
    size_t      at = str_find(tcp, LIT(" tw "));
    struct str  rest = str_slice(tcp, at + 4, tcp.len);
    uint64_t    count;

    if (at < tcp.len && str_to_uint(str_cut(&rest, ' '), UINT64_MAX, &count))
        format_count(out, count);
}

static void add_backlog(struct buf *out)
{
    char memory[64];

    buf_add(out, read_text("/proc/sys/net/core/somaxconn", memory, sizeof memory));
}

/* ---- The mood --------------------------------------------------------------------------- */

static void add_load(struct buf *out)
{
    char   memory[128];
    double one, five, fifteen;

    read_text("/proc/loadavg", memory, sizeof memory);
    if (sscanf(memory, "%lf %lf %lf", &one, &five, &fifteen) == 3)
        buf_format(out, "%.2f, %.2f, %.2f", one, five, fifteen);
}

struct ticks {                  /* of all CPUs since the machine started, and of this process */
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal, own_ns;
};

static uint64_t own_cpu_ns(void)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Eight counters and, of a fact, the ninth; how many were there. */
static int parse_ticks(const char *text, struct ticks *t)
{
    return sscanf(text, "%*[a-z] %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                        " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                  &t->user, &t->nice, &t->system, &t->idle, &t->iowait, &t->irq, &t->softirq,
                  &t->steal, &t->own_ns);
}

static bool read_ticks(struct ticks *t)
{
    char memory[FILE_BYTES];

    read_text("/proc/stat", memory, sizeof memory);
    bool read = parse_ticks(memory, t) >= 8;
    t->own_ns = own_cpu_ns();
    return read;
}

static void add_ticks(struct buf *out)
{
    struct ticks t;

    if (read_ticks(&t))
        buf_format(out, "ticks %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
                        " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
                   t.user, t.nice, t.system, t.idle, t.iowait, t.irq, t.softirq, t.steal,
                   t.own_ns);
}

static double since(uint64_t now, uint64_t then)
{
    return now > then ? (double)(now - then) : 0;
}

static void add_share(struct buf *out, const char *what, double part, double whole)
{
    buf_add(out, str_of(what));
    format_percent(out, part > 0 ? part / whole : 0);
}

/* /proc/stat counts guests' time in user's and nice's: nothing of it is left out. */
static void add_use(struct buf *out, const struct ticks *a, const struct ticks *b)
{
    double idle = since(b->idle, a->idle) + since(b->iowait, a->iowait);
    double steal = since(b->steal, a->steal);
    double busy = since(b->user, a->user) + since(b->nice, a->nice) +
                  since(b->system, a->system) + since(b->irq, a->irq) +
                  since(b->softirq, a->softirq);
    double own = since(b->own_ns, a->own_ns) / 1e9 * (double)sysconf(_SC_CLK_TCK);
    double whole = busy + idle + steal;

    if (whole <= 0)
        return;
    add_share(out, "generator ", own, whole);
    add_share(out, ", all others (the servers too) ", busy - own, whole);
    add_share(out, ", idle ", idle, whole);
    add_share(out, ", stolen by other machines ", steal, whole);
}

/* ---- All of them ------------------------------------------------------------------------ */

static void add_compiler(struct buf *out)
{
#ifdef __clang__
    buf_add(out, LIT("clang " __clang_version__));
#else
    buf_add(out, LIT("gcc " __VERSION__));
#endif
}

static const struct source {
    const char *name;
    void      (*add)(struct buf *out);
} sources[] = {
    { "kernel", add_kernel },
    { "CPU", add_cpu },
    { "CPUs", add_cpus },
    { CPU_SHARING, add_sharing },
    { "virtual machine", add_hypervisor },
    { "SMT", add_smt },
    { "governor", add_governor },
    { "turbo", add_turbo },
    { "clock source", add_clock },
    { "cgroup CPU limit", add_cpu_limit },
    { "memory", add_memory },
    { "cgroup memory limit", add_memory_limit },
    { "open files", add_open_files },
    { "ephemeral ports", add_ports },
    { "TIME_WAIT sockets", add_time_wait },
    { "longest accept queue", add_backlog },
    { "compiler of joust", add_compiler },
    { "load at the start", add_load },
    { CPU_USE, add_ticks },
};

static void add_fact(struct result *r, const char *name, void (*add)(struct buf *out))
{
    char       memory[VALUE_BYTES];
    struct buf value = buf_fixed(memory, sizeof memory);

    add(&value);
    if (value.len && !value.failed)
        result_add_fact(r, name, buf_str(&value));
}

void environment_describe(struct result *r, struct str pin)
{
    char       memory[VALUE_BYTES];
    struct buf pinned = buf_fixed(memory, sizeof memory);

    if (pin.len)
        add_pinning(&pinned, pin);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (pin.len && str_eq(str_of(sources[i].name), LIT(CPU_SHARING)))
            result_add_fact(r, CPU_SHARING, buf_str(&pinned));
        else
            add_fact(r, sources[i].name, sources[i].add);
}

void environment_describe_end(struct result *r)
{
    char         memory[VALUE_BYTES];
    struct buf   value = buf_fixed(memory, sizeof memory);
    struct ticks then, now;

    for (unsigned i = 0; i < r->facts_count; i++) {
        struct fact *f = &r->facts[i];
        if (!str_eq(f->name, LIT(CPU_USE)))
            continue;
        if (parse_ticks(arena_cstr(&r->arena, f->value), &then) == 9 && read_ticks(&now))
            add_use(&value, &then, &now);
        f->value = value.len ? arena_copy(&r->arena, buf_str(&value)) : LIT("unknown");
    }
    add_fact(r, "load at the end", add_load);
}
