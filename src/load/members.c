/* members.c: reads an object by its table. */
#include "load/members.h"

enum { SHOWN_BYTES = 60 };

static const struct member *find_member(const struct member *members, const char *name)
{
    for (; members->name; members++)
        if (strcmp(members->name, name) == 0)
            return members;
    return NULL;
}

static bool refuse_member(const struct member *members, const char *name, const char *whose,
                          struct buf *why)
{
    buf_format(why, "\"%.*s\" is no member of %s; known are ", STR_ARG(str_slice(str_of(name), 0, SHOWN_BYTES)), whose);
    for (const struct member *m = members; m->name; m++)
        buf_format(why, "%s%s", m == members ? "" : ", ", m->name);
    return false;
}

bool object_read(const struct member *members, const char *whose, const json_t *object,
                  struct scenario *s, struct buf *why)
{
    const char *name;
    json_t     *value;

    json_object_foreach((json_t *)object, name, value) {
        const struct member *member = find_member(members, name);
        if (!member)
            return refuse_member(members, name, whose, why);
        if (!(member->types & 1 << json_typeof(value))) {
            buf_format(why, "\"%s\" must be %s", name, member->type);
            return false;
        }
    }
    for (; members->name; members++) {
        value = json_object_get(object, members->name);
        if (value && !members->read(s, value))
            return false;
    }
    return true;
}
