/* service/options.h: what can be set when a service starts.
 *
 * One table says it all: names, bounds, defaults, units, help.  Each option is --name VALUE, or
 * POSTERN_NAME in the environment; a few are also known by a plain name (DATABASE_URL).  Secrets
 * come from the environment alone, where `ps` does not show them. Read-only once parsed. */
#pragma once
#include "base/address.h"
#include "base/buf.h"

enum {
    ORIGINS_MAX = 32,
    PROXIES_MAX = 64,
    FLAGS_MAX = 16,
    BODY_BYTES_LIMIT = 128 * 1024,
    HEAD_BYTES_LIMIT = 64 * 1024
};

/* A program's own switch: --bench-endpoint. */
struct program_flag { const char *name, *help; };

struct options {
    struct str listen, database, issuer, master_key_file;
    struct str jwt_secret, master_key;
    struct str cors_origins[ORIGINS_MAX];
    size_t     cors_origins_count;
    struct network trusted_proxies[PROXIES_MAX];
    size_t     trusted_proxies_count;
    int64_t    threads, hash_threads;
    int64_t    hash_memory_kib, hash_passes;
    int64_t    queue_wait_ms, token_lifetime_ms;
    int64_t    session_idle_ms, session_lifetime_ms, refresh_grace_ms;
    int64_t    head_bytes_max, target_bytes_max, body_bytes_max, headers_max;
    int64_t    connections, connections_per_address;
    int64_t head_timeout_ms, body_timeout_ms, idle_timeout_ms, send_timeout_ms, shutdown_timeout_ms;
    bool       limits;
    bool       cache;               /* of the front: verified tokens, rows */
    bool       single_process, no_sandbox;
    bool       flags[FLAGS_MAX];    /* of the program, in the order of its table */
};

enum options_verdict { OPTIONS_SERVE, OPTIONS_SHOWN, OPTIONS_WRONG };

/* From the command line, then the environment, then the defaults.  SHOWN: help or version was
 * asked for and is in `text`; WRONG: one clear line is in `text`.  Slices point into argv and
 * the environment. */
enum options_verdict options_parse(struct options *o, const char *program, const char *version,
                                   const struct program_flag *flags, int argc, char **argv,
                                   struct buf *text);

/* Is the program's flag of that name on? */
bool options_flag(const struct options *o, const struct program_flag *flags, const char *name);
