/* program.c: the postern service, whole: its groups of routes, problems, tables and switches. */
#include "auth/program.h"

#include "auth/auth.h"
#include "auth/guessing.h"

static const struct problem_row problems[] = { AUTH_PROBLEMS(PROBLEM_ROW) { 0 } };

static const struct route_group groups[] = {
    { "Accounts", account_routes },
    { "Sessions", session_routes },
    { "Operations", operation_routes },
    { "Benchmark", benchmark_routes },
    { 0 },
};

static const struct api api = {
    .title = "Postern",
    .version = "0.1.0",
    .doc = "User accounts: register, log in, who am I.",
    .groups = groups,
    .problems = problems,
    .authenticate = authenticate_user,
    .token_url = "token",
    .refresh_url = "token",
};

static const struct program_flag flags[] = {
    { "own-tokens-only", "with JWT_SECRET: refuse tokens of others who have the secret" },
    { "bench-endpoint", "serve POST /json, the benchmark's workload" },
    { 0 },
};

const struct program postern_program = {
    .name = "postern",
    .version = "0.1.0",
    .api = &api,
    .migrations = user_migrations,
    .statements = auth_statements,
    .flags = flags,
    .limits = guessing_policies,
};
