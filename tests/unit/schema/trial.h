/* trial.h: a body or parameters in, the answer out: the struct written anew, or the faults. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those before it. */
#include <cmocka.h>

#include <stdlib.h>

#include "json/read.h"
#include "schema/check.h"
#include "schema/decode.h"
#include "schema/encode.h"

enum { TRIAL_BYTES = 256 * 1024 };

struct trial {
    struct arena arena;
    struct buf   answer;
    void        *value;     /* the struct; the texts in it are gone */
    bool         ok;
};

static inline struct trial trial_begin(const struct schema *s)
{
    struct trial t = { .arena = arena_new(16 * TRIAL_BYTES), .answer = buf_growing(TRIAL_BYTES) };

    t.value = malloc(s->size);
    assert_non_null(t.value);
    memset(t.value, 0xa5, s->size);
    return t;
}

/* Completes the answer: the struct or the faults. */
static inline void trial_finish(struct trial *t, const struct schema *s, struct faults *f)
{
    if (t->ok) {
        struct json_writer w = json_writer(&t->answer);
        encode_json(s, t->value, &w);
    } else {
        faults_end(f);
    }
    buf_add_char(&t->answer, 0);
    assert_false(t->answer.failed);
}

static inline void trial_end(struct trial *t)
{
    free(t->value);
    arena_close(&t->arena);
    buf_close(&t->answer);
}

/* Decodes a copy that ends where the text ends, so that a sanitizer sees who reads beyond it. */
static inline struct trial trial_json(const struct schema *s, struct str body)
{
    struct trial t = trial_begin(s);
    char        *copy = malloc(body.len ? body.len : 1);

    assert_non_null(copy);
    if (body.len)
        memcpy(copy, body.at, body.len);
    struct faults f = faults_begin(&t.answer);
    t.ok = decode_json(s, (struct str){ copy, body.len }, &t.arena, &f, t.value);
    trial_finish(&t, s, &f);
    free(copy);
    return t;
}

static inline struct trial trial_texts(const struct schema *s, const char *source,
                                       const struct text_value *values, size_t count)
{
    struct trial t = trial_begin(s);
    struct faults f = faults_begin(&t.answer);

    t.ok = decode_texts(s, source, values, count, &t.arena, &f, t.value);
    trial_finish(&t, s, &f);
    return t;
}

/* The body's answer is that text. */
static inline void assert_answer(const struct schema *s, const char *body, const char *answer)
{
    struct trial t = trial_json(s, str_of(body));

    assert_string_equal(t.answer.at, answer);
    trial_end(&t);
}

static inline void assert_sound(const struct schema *s, enum schema_use use)
{
    struct buf why = buf_growing(1000);

    if (!schema_check(s, use, &why))
        fail_msg("%.*s", STR_ARG(buf_str(&why)));
    buf_close(&why);
}

/* The JSON text of a member of an object; none when it has none. */
static inline struct str member_text(struct str object, struct str name)
{
    struct json_reader r = json_reader(object);
    struct json_token  t = json_next(&r);

    while ((t = json_next(&r)).kind == JSON_NAME) {
        bool found = str_eq(t.text, name);
        t = json_next(&r);
        assert_true(json_skip(&r, t));
        if (found)
            return str_slice(object, t.offset, r.at);
    }
    return (struct str){ 0 };
}

static inline struct str unquoted(struct str json)
{
    return str_slice(json, 1, json.len - 1);
}

/* "where.it.is:" behind the second step of the loc; nothing when it has no more. */
static inline void add_steps(struct buf *out, struct str loc)
{
    struct json_reader r = json_reader(loc);
    struct json_token  t = json_next(&r);
    size_t             count = 0;

    while ((t = json_next(&r)).kind != JSON_LIST_END) {
        if (++count > 2)
            buf_add_char(out, count == 3 ? ' ' : '.');
        if (count > 2)
            buf_add(out, t.text);
    }
    if (count > 2)
        buf_add_char(out, ':');
}

/* " where:type: error" of a fault in a member, "where:" only when it is not the member itself. */
static inline void add_fault(struct buf *out, struct str fault)
{
    struct str context = member_text(fault, LIT("ctx"));
    struct str error = context.at ? member_text(context, LIT("error")) : context;
    size_t     begin = out->len;

    add_steps(out, member_text(fault, LIT("loc")));
    if (out->len == begin)
        buf_add_char(out, ' ');
    buf_add(out, unquoted(member_text(fault, LIT("type"))));
    if (error.at && error.at[0] == '"')
        buf_format(out, ": %.*s", STR_ARG(unquoted(error)));
}

static inline void add_faults(struct buf *out, struct str answer)
{
    struct str         detail = member_text(answer, LIT("detail"));
    struct json_reader r = json_reader(detail);
    struct json_token  t = json_next(&r);

    buf_add_char(out, '!');
    while ((t = json_next(&r)).kind == JSON_OBJECT_BEGIN) {
        assert_true(json_skip(&r, t));
        add_fault(out, str_slice(detail, t.offset, r.at));
    }
}

/* What becomes of {"member":text}: the member's JSON text, or '!' and its faults in brief. */
static inline struct buf trial_member(const struct schema *s, const char *member, const char *text)
{
    struct buf out = buf_growing(TRIAL_BYTES), body = buf_growing(TRIAL_BYTES);

    buf_format(&body, "{\"%s\":%s}", member, text);
    struct trial t = trial_json(s, buf_str(&body));
    struct str   answer = str_of(t.answer.at);
    if (t.ok)
        buf_add(&out, member_text(answer, str_of(member)));
    else
        add_faults(&out, answer);
    trial_end(&t);
    buf_close(&body);
    buf_add_char(&out, 0);
    return out;
}

struct member_case {
    const char *member, *text, *want;
};

static inline void assert_members(const struct schema *s, const struct member_case *cases,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf got = trial_member(s, cases[i].member, cases[i].text);
        if (strcmp(got.at, cases[i].want) != 0)
            fail_msg("%s: %s: got %s, want %s", cases[i].member, cases[i].text, got.at,
                     cases[i].want);
        buf_close(&got);
    }
}
