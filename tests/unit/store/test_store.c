/* test_store.c: URLs, statements, transactions, ids, locks: the promises of store.h while all
 * goes well. */
#include "world.h"

static void keeps_rows(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct account        row = { 0 };
    LIST_OF(struct account) list;
    int64_t changed = -1;

    assert_int_equal(store_one(ss, &w->arena, &find_account, &(struct account_key){ 1 }, &row), NO_ROW);
    assert_int_equal(add(ss, &w->arena, 1, "a"), OK);
    assert_int_equal(add(ss, &w->arena, 2, "b"), OK);
    assert_int_equal(add(ss, &w->arena, 3, "b"), CONFLICT);
    assert_int_equal(add(ss, &w->arena, 2, "c"), CONFLICT);
    assert_int_equal(add(ss, &w->arena, 3, NULL), INTERNAL);
    assert_int_equal(store_one(ss, &w->arena, &find_account, &(struct account_key){ 2 }, &row), OK);
    assert_true(str_eq(row.email, LIT("b")));
    assert_int_equal(store_all(ss, &w->arena, &all_accounts, NULL, 10, &list), OK);
    assert_int_equal(list.len, 2);
    assert_true(str_eq(list.at[0].email, LIT("a")));
    assert_int_equal(store_all(ss, &w->arena, &all_accounts, NULL, 1, &list), OK);
    assert_int_equal(list.len, 1);
    assert_int_equal(store_run(ss, &w->arena, &rename_all, NULL, &changed), OK);
    assert_int_equal(changed, 2);
    assert_int_equal(store_one(ss, &w->arena, &take_account, &(struct account_key){ 2 }, &row), OK);
    assert_true(str_eq(row.email, LIT("b.")));
    assert_int_equal(store_one(ss, &w->arena, &take_account, &(struct account_key){ 2 }, &row), NO_ROW);
    assert_true(store_healthy(ss));
    store_session_close(ss);
    store_close(s);

    s = world_store(w, &settings);
    ss = store_session_open(s);
    assert_int_equal(count_all(ss, &w->arena), 1);
    store_session_close(ss);
    store_close(s);
}

static void lists_grow_and_may_be_empty(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    LIST_OF(struct account) list = { 0 };

    settings.inline_writes = true;
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    assert_int_equal(store_all(ss, &w->arena, &all_accounts, NULL, 10, &list), OK);
    assert_int_equal(list.len, 0);
    assert_non_null(list.at);
    for (int64_t i = 1; i <= 100; i++)
        assert_int_equal(add_numbered(ss, &w->arena, i), OK);
    assert_int_equal(store_all(ss, &w->arena, &all_accounts, NULL, 1000, &list), OK);
    assert_int_equal(list.len, 100);
    for (int64_t i = 1; i <= 100; i++)
        assert_int_equal(list.at[i - 1].id, i);
    store_session_close(ss);
    store_close(s);
}

struct pair { struct arena *arena; int64_t first, second; problem answer; };

static problem add_pair(struct store_session *ss, void *context)
{
    struct pair *p = context;
    problem      refused = add_numbered(ss, p->arena, p->first);

    if (!refused)
        refused = find(ss, p->arena, p->first);     /* it sees what it wrote */
    if (!refused)
        refused = add_numbered(ss, p->arena, p->second);
    return refused ? refused : p->answer;
}

static void check_transactions(struct world *w, bool inline_writes)
{
    struct store_settings settings = world_settings(w);

    settings.inline_writes = inline_writes;
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct pair           p = { &w->arena, 1, 2, OK };
    assert_int_equal(store_transaction(ss, add_pair, &p), OK);
    assert_int_equal(count_all(ss, &w->arena), 2);
    p = (struct pair){ &w->arena, 3, 2, OK };
    assert_int_equal(store_transaction(ss, add_pair, &p), CONFLICT);
    p = (struct pair){ &w->arena, 3, 4, NO_ROW };
    assert_int_equal(store_transaction(ss, add_pair, &p), NO_ROW);
    p = (struct pair){ &w->arena, 3, 4, PROBLEM_FIRST_OWN + 7 };
    assert_int_equal(store_transaction(ss, add_pair, &p), PROBLEM_FIRST_OWN + 7);
    assert_int_equal(count_all(ss, &w->arena), 2);
    store_session_close(ss);
    store_close(s);
}

static void transactions_are_whole(void **state)
{
    check_transactions(*state, false);
}

static void transactions_are_whole_inline(void **state)
{
    check_transactions(*state, true);
}

static void foreign_keys_hold_even_deferred(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(store_run(ss, &w->arena, &add_note, &(struct account_key){ 9 }, NULL), CONFLICT);
    assert_int_equal(add_numbered(ss, &w->arena, 9), OK);
    assert_int_equal(store_run(ss, &w->arena, &add_note, &(struct account_key){ 9 }, NULL), OK);
    store_session_close(ss);
    store_close(s);
}

static void a_row_that_others_need_is_not_taken(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct account        row = { .id = 77 };

    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    assert_int_equal(store_run(ss, &w->arena, &add_mark, &(struct account_key){ 1 }, NULL), OK);
    assert_int_equal(store_one(ss, &w->arena, &take_account, &(struct account_key){ 1 }, &row), CONFLICT);
    assert_int_equal(row.id, 77);
    assert_int_equal(find(ss, &w->arena, 1), OK);
    store_session_close(ss);
    store_close(s);
}

/* A statement that throws the whole transaction away, and work that does not look. */
static problem ignore_a_rollback(struct store_session *ss, void *context)
{
    struct arena *a = context;
    problem       first = add_numbered(ss, a, 2);

    (void)!store_run(ss, a, &add_or_roll_back, &(struct account){ 3, LIT("n1") }, NULL);
    (void)!add_numbered(ss, a, 4);
    return first;
}

static void a_lost_transaction_is_not_half_kept(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(add_numbered(ss, &w->arena, 1), OK);
    assert_int_equal(store_transaction(ss, ignore_a_rollback, &w->arena), UNAVAILABLE);
    assert_int_equal(count_all(ss, &w->arena), 1);
    assert_int_equal(add_numbered(ss, &w->arena, 5), OK);
    assert_int_equal(count_all(ss, &w->arena), 2);
    store_session_close(ss);
    store_close(s);
}

static void a_failed_arena_writes_nothing(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct arena          small = arena_new(16);
    struct account        row = { .id = 77 };

    assert_int_equal(add(ss, &w->arena, 1, "an address longer than the arena"), OK);
    /* The row comes out of the DELETE, but there is no room for it: so nothing is deleted. */
    assert_int_equal(store_one(ss, &small, &take_account, &(struct account_key){ 1 }, &row), UNAVAILABLE);
    assert_int_equal(row.id, 77);
    assert_true(small.failed);
    assert_int_equal(add(ss, &small, 2, "b"), UNAVAILABLE);
    assert_int_equal(count_all(ss, &w->arena), 1);
    assert_true(store_healthy(ss));
    arena_close(&small);
    store_session_close(ss);
    store_close(s);
}

static problem take_and_run_out(struct store_session *ss, void *context)
{
    struct arena   small = arena_new(40);
    struct account row;
    problem        p = store_one(ss, &small, &take_account, context, &row);

    arena_close(&small);
    return p;
}

static void an_arena_that_fails_inside_rolls_back(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);

    assert_int_equal(add(ss, &w->arena, 1, "an address longer than the arena"), OK);
    assert_int_equal(store_transaction(ss, take_and_run_out, &(struct account_key){ 1 }), UNAVAILABLE);
    assert_int_equal(count_all(ss, &w->arena), 1);
    assert_true(store_healthy(ss));
    store_session_close(ss);
    store_close(s);
}

static void ids_are_never_given_twice(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    struct store_session *ss = store_session_open(s);
    struct account        row;
    int64_t               id = 0;

    assert_int_equal(store_next_id(ss, "accounts", &id), OK);
    assert_int_equal(id, 1);
    assert_int_equal(store_next_id(ss, "accounts", &id), OK);
    assert_int_equal(id, 2);
    assert_int_equal(add_numbered(ss, &w->arena, 5), OK);
    assert_int_equal(store_one(ss, &w->arena, &take_account, &(struct account_key){ 5 }, &row), OK);
    assert_int_equal(store_next_id(ss, "notes", &id), INTERNAL);        /* no AUTOINCREMENT */
    assert_int_equal(store_next_id(ss, "nothing", &id), INTERNAL);
    store_session_close(ss);
    store_close(s);

    s = world_store(w, &settings);
    ss = store_session_open(s);
    assert_int_equal(store_next_id(ss, "accounts", &id), OK);
    assert_int_equal(id, 6);        /* 5 was there once */
    store_session_close(ss);
    store_close(s);
}

static void urls_are_read_as_sqlalchemy_does(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    static const char *const refused[][2] = {
        { "", "is not understood" }, { "nonsense", "is not understood" },
        { "mysql://u:geheim@h/d", "is not understood" },
        { "sqlite:", "needs the path" }, { "sqlite://", "three slashes" }, { "sqlite://host/x", "three slashes" },
        { "sqlite:///", "needs the path" }, { "sqlite:///:memory:", "needs the path" },
        { "sqlite:///x.db?mode=ro", "options" }, { "sqlite:/no/such/directory/x", "/no/such/directory/x" },
        { "postgresql://u:geheim@h/d", "no PostgreSQL" }, { "postgresql+asyncpg://u:geheim@h/d", "no PostgreSQL" },
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        settings.url = refused[i][0];
        assert_refused(w, &settings, refused[i][1]);
        assert_null(strstr(w->why, "geheim"));
    }
    assert_int_equal(chdir(w->directory), 0);
    const char *const accepted[] = { "sqlite:./test.db", "sqlite:///./test.db", "sqlite+aiosqlite:///test.db" };
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        settings.url = accepted[i];
        struct store *s = world_store(w, &settings);
        assert_true(str_eq(store_path(s), str_of(w->path)));
        store_close(s);
    }
    char four[128];
    snprintf(four, sizeof four, "sqlite:///%s", w->path);
    settings.url = four;
    struct store *s = world_store(w, &settings);
    assert_true(str_eq(store_path(s), str_of(w->path)));
    store_close(s);
    assert_int_equal(chdir("/"), 0);
}

static void the_file_is_nobody_elses_business(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    static const char *const suffixes[] = { "", "-wal", "-shm", "-lock" };

    for (size_t i = 0; i < 4; i++) {
        char        path[128];
        struct stat found;
        snprintf(path, sizeof path, "%s%s", w->path, suffixes[i]);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0600);
    }
    store_close(s);
}

static void a_second_opener_is_told_who_has_it(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = world_settings(w);
    struct store         *s = world_store(w, &settings);
    char                  pid[32];

    snprintf(pid, sizeof pid, "(pid %d)", (int)getpid());
    assert_refused(w, &settings, pid);
    assert_non_null(strstr(w->why, w->path));
    /* By another name, and in another process. */
    shell("ln -s %s %s/other.db", w->path, w->directory);
    pid_t child = fork();
    if (child == 0) {
        char url[128];
        snprintf(url, sizeof url, "sqlite:%s/other.db", w->directory);
        settings.url = url;
        _exit(world_try(w, &settings) != NULL || !strstr(w->why, pid));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    store_close(s);
    store_close(world_store(w, &settings));
}

static void check_statement(struct world *w, const char *sql, const struct schema *in, const struct schema *out, const char *because)
{
    struct store_settings   settings = world_settings(w);
    struct statement        wrong = { sql, in, out };
    const struct statement *list[] = { &find_account, &wrong, NULL };

    settings.statements = list;
    if (because) {
        assert_refused(w, &settings, because);
        assert_non_null(strstr(w->why, "statement \""));
    } else {
        store_close(world_store(w, &settings));
    }
}

struct odd { int64_t id; struct account inner; };

static const struct schema odd =
    SCHEMA(odd, FIELD(odd, id), NESTED(odd, inner, account, account_schema));

static void statements_must_fit(void **state)
{
    struct world *w = *state;
    const struct schema *key = &account_key_schema, *row = &account_schema;

    check_statement(w, "SELECT id, email FROM accounts WHERE id = :id;\n", key, row, NULL);
    check_statement(w, "SELECT", NULL, row, "incomplete input");
    check_statement(w, "", NULL, NULL, "not one statement");
    check_statement(w, "SELECT id, email FROM nowhere", NULL, row, "no such table");
    check_statement(w, "DELETE FROM accounts; DELETE FROM notes", NULL, NULL, "not one statement");
    check_statement(w, "SELECT id, email FROM accounts WHERE id = :no", key, row, "no member for :no");
    check_statement(w, "SELECT id, email FROM accounts WHERE id = :id", NULL, row, "no member for :id");
    check_statement(w, "SELECT id, email FROM accounts WHERE id = ?", key, row, "written :name");
    check_statement(w, "SELECT id, email FROM accounts WHERE id = ?1", key, row, "written :name");
    check_statement(w, "SELECT id, email FROM accounts", key, row, "no parameter for the member :id");
    check_statement(w, "SELECT id FROM accounts", NULL, row, "no column for the member email");
    check_statement(w, "SELECT id, email, 1 AS one FROM accounts", NULL, row, "no member for the column one");
    check_statement(w, "SELECT id, email, id FROM accounts", NULL, row, "named twice");
    check_statement(w, "SELECT id FROM accounts", NULL, NULL, "no member for the column id");
    check_statement(w, "DELETE FROM accounts", NULL, row, "no column for the member id");
    check_statement(w, "SELECT 1 AS id, 2 AS inner", NULL, &odd, "cannot be stored: inner");
    check_statement(w, "PRAGMA journal_mode = OFF", NULL, NULL, "not authorized");
    check_statement(w, "COMMIT", NULL, NULL, "not authorized");
    check_statement(w, "ATTACH 'x' AS y", NULL, NULL, "not authorized");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_rows, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(lists_grow_and_may_be_empty, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(transactions_are_whole, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(transactions_are_whole_inline, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(foreign_keys_hold_even_deferred, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_row_that_others_need_is_not_taken, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_lost_transaction_is_not_half_kept, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_failed_arena_writes_nothing, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(an_arena_that_fails_inside_rolls_back, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(ids_are_never_given_twice, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(urls_are_read_as_sqlalchemy_does, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(the_file_is_nobody_elses_business, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_second_opener_is_told_who_has_it, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(statements_must_fit, world_open_in_memory, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
