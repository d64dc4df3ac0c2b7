/* joust/result_members.h: which members of a result stand in its file, and under which names.
 *
 * One table a struct is read by the writer and by the reader, so that neither knows a name that the
 * other does not.  What is unknown is null.  Private to result_write.c and result_read.c. */
#pragma once
#include <jansson.h>

#include "joust/result.h"

#define RESULT_FORMAT 1
#define COUNT_MAX     (INT64_C(1) << 40)    /* so that no sum of all rounds overflows */
#define TIME_NS_MAX   (INT64_C(1) << 60)

enum { BLOCKS_MAX = 10000, CONNECTIONS_MAX = 10000000, THREADS_MAX = 4096 };

enum member_kind { TEXT_MEMBER, COUNT_MEMBER, UNSIGNED_MEMBER, INT_MEMBER, TIME_MEMBER, REAL_MEMBER, BOOL_MEMBER };

struct member {
    const char      *name;
    enum member_kind kind;
    size_t           at;
    double           min, max;      /* of a number */
    bool             nullable;      /* `unknown` stands for null; a text is none */
    bool             later;         /* older files lack it: as null */
    int              unknown;
    bool             label;         /* a text of one line that people see: no control characters */
    bool             quoted;        /* a number as text: doubles of other readers end at 2^53 */
};

struct step_row {                   /* a result has them in two arrays */
    struct str name;
    bool       measured;
};

/* Each ends with a row without a name. */
extern const struct member result_members[], target_members[], step_members[], fact_members[],
    round_members[], round_step_members[], histogram_members[];

/* A text as JSON; bytes that are not UTF-8 become U+FFFD. */
json_t *json_of_text(struct str s);

/* Adds, and takes over, `value`; without memory *failed. */
void json_put(json_t *object, const char *name, json_t *value, bool *failed);
void members_write(const struct member *rows, const void *from, json_t *object, bool *failed);

/* Where a reader is: "views[0].rounds[12]", and what it found wrong there. */
struct descent {
    struct arena *arena;            /* of the result */
    struct buf   *why;
    struct buf    place;
};

/* Goes on to a member or an element; the answer is where to go back to. */
size_t descent_enter(struct descent *in, const char *name);
size_t descent_enter_at(struct descent *in, size_t index);
void   descent_leave(struct descent *in, size_t to);

/* Writes the place and what is wrong with it; false. */
bool descent_refuse(struct descent *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The array or object of that name; NULL after a refusal. */
json_t *descent_array(struct descent *in, const json_t *object, const char *name, size_t max);
json_t *descent_object(struct descent *in, const json_t *object, const char *name);

bool members_read(struct descent *in, const json_t *object, const struct member *rows, void *into);
