/* hello.c: an endpoint of one's own.  curl 'http://127.0.0.1:8000/?name=Ada' */
#include <postern.h>

struct guest { struct str name; };
struct hello { struct str message; };
static const struct schema guest = SCHEMA(guest, FIELD(guest, name, .max_chars = 40, .preset = "\"world\""));
static const struct schema hello = SCHEMA(hello, FIELD(hello, message));

static problem say_hello(struct call *c)
{
    const struct guest *in = c->query;
    struct hello       *out = c->out;

    out->message = arena_format(c->arena, "Hello, %.*s!", STR_ARG(in->name));
    return OK;
}

static const struct route routes[] = {
    ROUTE(GET, "/", say_hello, .query = &guest, .out = &hello, .doc = "Say hello."), { 0 } };

int main(int argc, char **argv) { return service_main_routes(argc, argv, "hello", routes); }
