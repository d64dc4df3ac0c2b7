/* test_row.c: every kind of member into the database and out again, and what is refused on the
 * way. */
#include "world.h"

#include <float.h>

struct everything {
    int64_t              id;
    struct str           text;
    struct str           blob;
    struct str           perhaps_text;
    double               real;
    bool                 flag;
    struct instant       at;
    struct maybe_int     maybe_int;
    struct maybe_real    maybe_real;
    struct maybe_bool    maybe_bool;
    struct maybe_instant maybe_at;
};

static const struct schema everything = SCHEMA(everything,
    FIELD(everything, id),
    FIELD(everything, text),
    FIELD(everything, blob, .bytes = true),
    FIELD(everything, perhaps_text, .nullable = true),
    FIELD(everything, real),
    FIELD(everything, flag),
    FIELD(everything, at),
    FIELD(everything, maybe_int),
    FIELD(everything, maybe_real),
    FIELD(everything, maybe_bool),
    FIELD(everything, maybe_at));

static const struct migration migrations[] = {
    { 1, "CREATE TABLE everything (id INTEGER PRIMARY KEY, text, blob, perhaps_text, real, flag, at, maybe_int,"
         " maybe_real, maybe_bool, maybe_at)" },
    { 0 },
};

#define COLUMNS "id, text, blob, perhaps_text, real, flag, at, maybe_int, maybe_real, maybe_bool, maybe_at"

static const struct statement put = {
    "REPLACE INTO everything (" COLUMNS ") VALUES (:id, :text, :blob, :perhaps_text, :real, :flag, :at,"
    " :maybe_int, :maybe_real, :maybe_bool, :maybe_at)", &everything, NULL };
static const struct statement get = {
    "SELECT " COLUMNS " FROM everything WHERE id = :id", &account_key_schema, &everything };

/* One column of the row overwritten by each. */
static const struct statement spoil[] = {
    { "UPDATE everything SET text = NULL", NULL, NULL },
    { "UPDATE everything SET text = 7", NULL, NULL },
    { "UPDATE everything SET text = x'41'", NULL, NULL },
    { "UPDATE everything SET blob = 'text'", NULL, NULL },
    { "UPDATE everything SET blob = NULL", NULL, NULL },
    { "UPDATE everything SET real = 7", NULL, NULL },
    { "UPDATE everything SET real = 'x'", NULL, NULL },
    { "UPDATE everything SET real = NULL", NULL, NULL },
    { "UPDATE everything SET flag = 2", NULL, NULL },
    { "UPDATE everything SET flag = -1", NULL, NULL },
    { "UPDATE everything SET flag = 1.0", NULL, NULL },
    { "UPDATE everything SET flag = NULL", NULL, NULL },
    { "UPDATE everything SET at = '2026-01-01'", NULL, NULL },
    { "UPDATE everything SET at = NULL", NULL, NULL },
    { "UPDATE everything SET maybe_int = 'x'", NULL, NULL },
    { "UPDATE everything SET maybe_real = 7", NULL, NULL },
    { "UPDATE everything SET maybe_bool = 2", NULL, NULL },
    { "UPDATE everything SET maybe_at = 1.5", NULL, NULL },
    { "UPDATE everything SET perhaps_text = 7", NULL, NULL },
};
enum { SPOILS = sizeof spoil / sizeof *spoil };

static struct store_settings settings_for(const struct world *w, const struct statement **list)
{
    struct store_settings settings = world_settings(w);

    list[0] = &put;
    list[1] = &get;
    for (int i = 0; i < SPOILS; i++)
        list[2 + i] = &spoil[i];
    list[2 + SPOILS] = NULL;
    settings.migrations = migrations;
    settings.statements = list;
    settings.inline_writes = true;
    return settings;
}

static const struct everything full = {
    .id = 1, .text = { "a\0b \xc3\xa4", 6 }, .blob = { "\xff\x00\x80", 3 }, .perhaps_text = { "p", 1 }, .real = 0.1,
    .flag = true, .at = { 1795388665000001 }, .maybe_int = { true, INT64_MIN }, .maybe_real = { true, -DBL_MAX },
    .maybe_bool = { true, true }, .maybe_at = { true, { -1 } },
};

static void assert_same(const struct everything *a, const struct everything *b)
{
    assert_int_equal(a->id, b->id);
    assert_true(str_eq(a->text, b->text) && a->text.at);
    assert_true(str_eq(a->blob, b->blob) && a->blob.at);
    assert_true(str_eq(a->perhaps_text, b->perhaps_text));
    assert_int_equal(!a->perhaps_text.at, !b->perhaps_text.at);
    assert_true(a->real == b->real);
    assert_int_equal(a->flag, b->flag);
    assert_int_equal(a->at.us, b->at.us);
    assert_int_equal(a->maybe_int.given, b->maybe_int.given);
    assert_int_equal(a->maybe_int.value, b->maybe_int.value);
    assert_int_equal(a->maybe_real.given, b->maybe_real.given);
    assert_true(a->maybe_real.value == b->maybe_real.value);
    assert_int_equal(a->maybe_bool.given, b->maybe_bool.given);
    assert_int_equal(a->maybe_bool.value, b->maybe_bool.value);
    assert_int_equal(a->maybe_at.given, b->maybe_at.given);
    assert_int_equal(a->maybe_at.value.us, b->maybe_at.value.us);
}

static void every_kind_comes_back(void **state)
{
    struct world           *w = *state;
    const struct statement *list[SPOILS + 3];
    struct store_settings   settings = settings_for(w, list);
    struct store           *s = world_store(w, &settings);
    struct store_session   *ss = store_session_open(s);
    struct everything       back;
    const struct everything empty = { .id = 2, .text = LIT(""), .blob = LIT("") };

    assert_int_equal(store_run(ss, &w->arena, &put, &full, NULL), OK);
    assert_int_equal(store_one(ss, &w->arena, &get, &(struct account_key){ 1 }, &back), OK);
    assert_same(&back, &full);
    assert_int_equal(store_run(ss, &w->arena, &put, &empty, NULL), OK);
    assert_int_equal(store_one(ss, &w->arena, &get, &(struct account_key){ 2 }, &back), OK);
    assert_same(&back, &empty);
    store_session_close(ss);
    store_close(s);
}

static void another_type_is_refused(void **state)
{
    struct world           *w = *state;
    const struct statement *list[SPOILS + 3];
    struct store_settings   settings = settings_for(w, list);
    struct store           *s = world_store(w, &settings);
    struct store_session   *ss = store_session_open(s);

    for (int i = 0; i < SPOILS; i++) {
        struct everything back = { .id = 77 };
        assert_int_equal(store_run(ss, &w->arena, &put, &full, NULL), OK);
        assert_int_equal(store_run(ss, &w->arena, &spoil[i], NULL, NULL), OK);
        if (store_one(ss, &w->arena, &get, &(struct account_key){ 1 }, &back) != INTERNAL)
            fail_msg("%s", spoil[i].sql);
        assert_int_equal(back.id, 77);
    }
    assert_true(store_healthy(ss));
    store_session_close(ss);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_comes_back, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(another_type_is_refused, world_open_in_memory, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
