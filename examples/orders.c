/* orders.c: a typed path parameter, a typed query, and a generic response.
 *
 * The article's last listing, a route that answers ApiResponse[Order] (a dict of name to Order),
 * with the data behind it kept in a table.  curl -d '{"item":"tea","quantity":2}' -H
 * 'Content-Type: application/json' http://127.0.0.1:8000/orders */
#include <postern.h>

/* ---- What travels ----------------------------------------------------------------------- */

struct order        { int64_t id; struct str item; int64_t quantity; struct instant ordered_at; };
struct new_order    { struct str item; int64_t quantity; struct instant ordered_at; };
struct order_create { struct str item; int64_t quantity; };
struct order_path   { int64_t order_id; };
struct page         { int64_t limit; };
struct api_response { MAP_OF(struct order) data; };
struct order_list   { LIST_OF(struct order) orders; };

static const struct schema order = SCHEMA(order,
    FIELD(order, id), FIELD(order, item), FIELD(order, quantity), FIELD(order, ordered_at));
static const struct schema new_order = SCHEMA(new_order,
    FIELD(new_order, item), FIELD(new_order, quantity), FIELD(new_order, ordered_at));
static const struct schema order_create = SCHEMA(order_create,
    FIELD(order_create, item, .min_chars = 1, .max_chars = 80),
    FIELD(order_create, quantity, .at_least = IS(1), .at_most = IS(1000), .preset = "1"));
static const struct schema order_path = SCHEMA(order_path,
    FIELD(order_path, order_id, .at_least = IS(1)));
static const struct schema page = SCHEMA(page,
    FIELD(page, limit, .at_least = IS(1), .at_most = IS(100), .preset = "10"));
static const struct schema api_response = SCHEMA(api_response,
    MAPPED(api_response, data, struct order, ITEM_OBJECT(order, order), .root = true));
static const struct schema order_list = SCHEMA(order_list,
    LISTED(order_list, orders, struct order, ITEM_OBJECT(order, order)));

/* ---- What is kept ----------------------------------------------------------------------- */

static const struct migration migrations[] = {
    { 1, "CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT NOT NULL,"
         " quantity INTEGER NOT NULL, ordered_at INTEGER NOT NULL)" },
    { 0 },
};

static const struct statement insert = {
    "INSERT INTO orders (item, quantity, ordered_at) VALUES (:item, :quantity, :ordered_at)"
    " RETURNING id, item, quantity, ordered_at", &new_order, &order };
static const struct statement by_id = {
    "SELECT id, item, quantity, ordered_at FROM orders WHERE id = :order_id", &order_path, &order };
static const struct statement newest = {
    "SELECT id, item, quantity, ordered_at FROM orders ORDER BY id DESC LIMIT :limit", &page, &order };
static const struct statement *const statements[] = { &insert, &by_id, &newest, NULL };

/* ---- What is done ----------------------------------------------------------------------- */

enum { NO_SUCH_ORDER = PROBLEM_FIRST_OWN };
static const struct problem_row problems[] = { { NO_SUCH_ORDER, 404, "No such order", NULL }, { 0 } };

static problem create_order(struct call *c)
{
    const struct order_create *in = c->in;

    return store_one(c->db, c->arena, &insert, &(struct new_order){ in->item, in->quantity, { c->now_us } }, c->out);
}

static problem get_order(struct call *c)
{
    struct api_response *out = c->out;

    out->data.at = arena_alloc(c->arena, sizeof *out->data.at);
    if (!out->data.at)
        return UNAVAILABLE;
    out->data.len = 1;
    out->data.at->key = LIT("order");
    problem p = store_one(c->db, c->arena, &by_id, c->path, &out->data.at->value);
    return p == NO_ROW ? NO_SUCH_ORDER : p;
}

static problem list_orders(struct call *c)
{
    return store_all(c->db, c->arena, &newest, c->query, 100, &((struct order_list *)c->out)->orders);
}

static const struct route routes[] = {
    ROUTE(POST, "/orders", create_order, .in = &order_create, .out = &order, .status = 201, .does = WRITES,
          .doc = "Order something."),
    ROUTE(GET, "/orders/{order_id}", get_order, .path_parameters = &order_path, .out = &api_response, .does = READS,
          .problems = { NO_SUCH_ORDER }, .doc = "One order."),
    ROUTE(GET, "/orders", list_orders, .query = &page, .out = &order_list, .does = READS,
          .doc = "The newest orders."),
    { 0 },
};

static const struct route_group groups[] = { { "Orders", routes }, { 0 } };
static const struct api api = { .title = "Orders", .version = "1.0.0", .groups = groups, .problems = problems };
static const struct program program = {
    .name = "orders", .version = "1.0.0", .api = &api, .migrations = migrations, .statements = statements,
};

int main(int argc, char **argv)
{
    return service_main(argc, argv, &program);
}
