/* operations_api.c: what supervisors, load balancers, other services and benchmarks ask.  Tables
 * only. */
#include "auth/auth.h"

static const struct schema action = SCHEMA(action,
    FIELD(action, user_id),
    FIELD(action, action, .max_chars = 64));

static const struct schema action_response = SCHEMA(action_response,
    FIELD(action_response, user_id),
    FIELD(action_response, action),
    FIELD(action_response, status, .always = "ok"));

static const struct schema health_response = SCHEMA(health_response,
    FIELD(health_response, status, .always = "ok"));

static const struct schema jwk = SCHEMA(jwk,
    FIELD(jwk, kty), FIELD(jwk, use), FIELD(jwk, alg), FIELD(jwk, kid), FIELD(jwk, crv), FIELD(jwk, x), FIELD(jwk, y));

static const struct schema jwk_set = SCHEMA(jwk_set,
    LISTED(jwk_set, keys, struct jwk, ITEM_OBJECT(jwk, jwk)));

const struct route operation_routes[] = {
    ROUTE(GET, "/.well-known/jwks.json", json_web_key_set, .out = &jwk_set,
          .doc = "The public keys that verify access tokens (RFC 7517); none with JWT_SECRET."),
    ROUTE(GET, "/health/live", health_live, .out = &health_response,
          .doc = "For a supervisor: the process answers."),
    ROUTE(GET, "/health/ready", health_ready, .out = &health_response, .does = READS,
          .doc = "For a load balancer: requests can be served."),
    { 0 },
};

const struct route benchmark_routes[] = {
    ROUTE(POST, "/json", echo_action, .in = &action, .out = &action_response,
          .option = "bench-endpoint",
          .doc = "The benchmark's workload: validate a small object and answer it."),
    { 0 },
};
