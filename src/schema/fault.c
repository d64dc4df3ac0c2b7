/* fault.c: faults as JSON text, one after the other, never more than FAULT_BYTES_MAX of it.
 *
 * Nothing is written before the first fault, so a request without one costs nothing.  Inputs are
 * echoed while there is room; a fault whose echo has no room is written with null, and one that
 * still has no room is counted and dropped. */
#include "schema/fault.h"

#include "base/check.h"

enum {
    CLOSING_BYTES = 2,      /* "]}" */
    NAME_BYTES_MAX = 256,   /* of a name in a place; what follows is cut off */
};

struct faults faults_begin(struct buf *out)
{
    return (struct faults){ .writer = json_writer(out), .begin = out->len };
}

static void open_once(struct faults *f)
{
    if (f->opened)
        return;
    f->opened = true;
    json_object_begin(&f->writer);
    json_name(&f->writer, LIT("detail"));
    json_list_begin(&f->writer);
}

void faults_end(struct faults *f)
{
    open_once(f);
    json_list_end(&f->writer);
    json_object_end(&f->writer);
}

/* `name`, cut between two code points when it is very long. */
static struct str shown(struct str name)
{
    size_t end = NAME_BYTES_MAX;

    if (name.len <= NAME_BYTES_MAX)
        return name;
    while (end > 0 && ((unsigned char)name.at[end] & 0xc0) == 0x80)
        end--;
    return str_slice(name, 0, end);
}

/* Recurses as deep as places nest, which value.c bounds. */
static void add_places(struct json_writer *w, const struct place *p)
{
    if (!p)
        return;
    add_places(w, p->outer);
    if (p->member)
        json_put_string(w, shown(str_of(p->member)));
    else if (p->name.at)
        json_put_string(w, shown(p->name));
    else
        json_put_int(w, (int64_t)p->index);
}

struct fault {
    const char         *type;
    const struct place *where;
    struct str          message, input, context;
};

static void write_fault(struct json_writer *w, const struct fault *fault)
{
    json_object_begin(w);
    json_name(w, LIT("type"));
    json_put_string(w, str_of(fault->type));
    json_name(w, LIT("loc"));
    json_list_begin(w);
    add_places(w, fault->where);
    json_list_end(w);
    json_name(w, LIT("msg"));
    json_put_string(w, fault->message);
    json_name(w, LIT("input"));
    if (fault->input.at)
        json_put_copy(w, fault->input);
    else
        json_put_null(w);
    if (fault->context.at) {
        json_name(w, LIT("ctx"));
        json_put_raw(w, fault->context);
    }
    json_object_end(w);
}

static size_t bytes_left(const struct faults *f)
{
    size_t used = f->writer.out->len - f->begin + CLOSING_BYTES;

    return used < FAULT_BYTES_MAX ? FAULT_BYTES_MAX - used : 0;
}

/* False, and nothing written, when there is no room.  A buffer that was too small for this fault,
 * and failed, is as good as before. */
static bool write_if_room(struct faults *f, const struct fault *fault)
{
    struct json_writer before = f->writer;
    struct buf        *out = before.out;
    size_t             len = out->len;

    if (out->failed || fault->input.len > bytes_left(f))
        return false;
    write_fault(&f->writer, fault);
    if (!out->failed && out->len - f->begin + CLOSING_BYTES <= FAULT_BYTES_MAX)
        return true;
    buf_cut(out, len);
    out->failed = false;
    f->writer = before;
    return false;
}

void fault_add(struct faults *f, const char *type, const struct place *where, struct str message,
               struct str input, struct str context)
{
    struct fault fault = { type, where, message, f->conceal ? (struct str){ 0 } : input, context };

    if (++f->count > FAULTS_MAX)
        return;
    open_once(f);
    if (write_if_room(f, &fault))
        return;
    fault.input = (struct str){ 0 };
    write_if_room(f, &fault);
}
