/* toy.h: an API of two groups that needs no transport, no store and no keys, for the tests and
 * fuzz targets of src/api. */
#pragma once
#include "api/call.h"

enum { ITEM_TAKEN = PROBLEM_FIRST_OWN, ITEM_GONE };

struct toy_path { int64_t item_id; };
struct toy_query { int64_t limit; bool deep; };
struct toy_in { struct str name; int64_t count; };
struct toy_out { int64_t id; struct str name; };
struct toy_login { struct str username, password; };
struct toy_renewal { struct str grant, token; };
struct toy_token { struct str access_token, token_type; };
struct toy_counts { MAP_OF(int64_t) counts; };
struct toy_page { int64_t total; LIST_OF(struct toy_out) items; };

/* What the handlers did, and what a test wants them to do; c->service points at it. */
struct toy {
    int      authenticated, ran;
    problem  answer;
    int      retry_after_s;
    size_t   eats;          /* bytes of the arena */
    int64_t  item_id, limit;
    problem  token_answer;
};

static inline struct toy *toy_of(struct call *c)
{
    return (struct toy *)(void *)c->service;
}

static inline problem toy_end(struct call *c)
{
    struct toy *t = toy_of(c);

    t->ran++;
    c->retry_after_s = t->retry_after_s;
    if (t->eats)
        arena_alloc(c->arena, t->eats);
    return t->answer;
}

static inline problem put_item(struct call *c)
{
    const struct toy_path  *path = c->path;
    const struct toy_query *query = c->query;
    const struct toy_in    *in = c->in;
    struct toy_out         *out = c->out;

    toy_of(c)->item_id = path->item_id;
    toy_of(c)->limit = query->limit;
    *out = (struct toy_out){ path->item_id, in->name };
    return toy_end(c);
}

static inline problem log_in(struct call *c)
{
    struct toy_token *out = c->out;

    out->access_token = ((const struct toy_login *)c->in)->username;
    return toy_end(c);
}

static inline problem renew(struct call *c)
{
    struct toy_token *out = c->out;

    out->access_token = ((const struct toy_renewal *)c->in)->token;
    return toy_end(c);
}

static inline problem list_items(struct call *c)
{
    return toy_end(c);
}

static inline problem count_items(struct call *c)
{
    return toy_end(c);
}

static inline problem drop_item(struct call *c)
{
    toy_of(c)->item_id = ((const struct toy_path *)c->path)->item_id;
    return toy_end(c);
}

static inline problem newest_item(struct call *c)
{
    return toy_end(c);
}

static inline problem toy_authenticate(struct call *c, struct str token)
{
    struct toy *t = toy_of(c);

    t->authenticated++;
    c->user = t;
    return t->token_answer ? t->token_answer : str_eq(token, LIT("good")) ? OK : BAD_TOKEN;
}

static const struct schema toy_path = SCHEMA(toy_path, FIELD(toy_path, item_id, .at_least = IS(1), .doc = "Which."));
static const struct schema toy_query = SCHEMA(toy_query, FIELD(toy_query, limit, .preset = "10", .at_most = IS(100)),
                                              FIELD(toy_query, deep, .preset = "false"));
static const struct schema toy_in = SCHEMA(toy_in, FIELD(toy_in, name, .max_chars = 10), FIELD(toy_in, count, .at_least = IS(0)));
static const struct schema toy_out = SCHEMA(toy_out, FIELD(toy_out, id), FIELD(toy_out, name));
static const struct schema toy_login = SCHEMA(toy_login, FIELD(toy_login, username, .max_chars = 20),
                                              FIELD(toy_login, password, .max_chars = 20, .secret = true, .no_nul = true));
static const char *const toy_grants[] = { "renew", NULL };
static const struct schema toy_renewal = SCHEMA(toy_renewal, FIELD(toy_renewal, grant, .choices = toy_grants),
                                                FIELD(toy_renewal, token, .max_chars = 20, .refused_as = ITEM_GONE));
static const struct schema toy_token = SCHEMA(toy_token, FIELD(toy_token, access_token, .credential = true),
                                              FIELD(toy_token, token_type, .always = "bearer"));
static const struct field toy_counts_rows[] = {
    MAPPED(toy_counts, counts, int64_t, ITEM(int64_t), .root = true), { 0 },
};
static const struct schema toy_counts = { .name = "toy_counts", .size = sizeof(struct toy_counts), .fields = toy_counts_rows };
static const struct schema toy_page = SCHEMA(toy_page, FIELD(toy_page, total),
                                             LISTED(toy_page, items, struct toy_out, ITEM_OBJECT(toy_out, toy_out)));

static const struct route toy_items[] = {
    ROUTE(PUT, "/items/{item_id}", put_item, .path_parameters = &toy_path, .query = &toy_query, .in = &toy_in, .out = &toy_out,
          .who = SIGNED_IN, .problems = { ITEM_TAKEN, ITEM_GONE }, .does = WRITES, .doc = "Put an item."),
    ROUTE(DELETE, "/items/{item_id}", drop_item, .path_parameters = &toy_path, .problems = { ITEM_GONE }, .doc = "Drop one."),
    ROUTE(GET, "/items", list_items, .query = &toy_query, .out = &toy_page, .does = READS, .doc = "List them."),
    ROUTE(GET, "/items/newest", newest_item, .out = &toy_out, .doc = "The newest."),
    ROUTE(GET, "/counts", count_items, .out = &toy_counts, .doc = "How many of each.", .option = "counts"),
    { 0 },
};

static const struct route toy_logins[] = {
    ROUTE(POST, "/token", log_in, .in = &toy_login, .form = true, .out = &toy_token, .status = 201, .doc = "Log in."),
    ROUTE(POST, "/token", renew, .when = { "grant", "renew" }, .in = &toy_renewal, .form = true, .out = &toy_token, .status = 201,
          .doc = "Renew."),
    { 0 },
};

static const struct problem_row toy_problems[] = {
    { ITEM_TAKEN, 409, "Item is taken", NULL },
    { ITEM_GONE, 409, "Item is gone", "gone" },
    { 0 },
};

static const struct route_group toy_groups[] = { { "Items", toy_items }, { NULL, toy_logins }, { 0 } };

static const struct api toy_api = {
    .title = "Toy", .version = "1", .doc = "Two groups.", .groups = toy_groups, .problems = toy_problems,
    .authenticate = toy_authenticate, .token_url = "token",
};

static inline bool toy_all_on(void *context, const char *name)
{
    (void)context, (void)name;
    return true;
}
