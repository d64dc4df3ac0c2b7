/* test_migrate.c: which files are taken, what is run on them, what is refused and left as it
 * was. */
#include "world.h"

#include <sqlite3.h>

static const struct statement *const none[] = { NULL };

static struct store_settings settings_with(const struct world *w, const struct migration *library,
                                           const struct migration *program)
{
    struct store_settings settings = world_settings(w);

    settings.library_migrations = library;
    settings.migrations = program;
    settings.statements = none;
    return settings;
}

/* The answer to a question about the file, while no store has it open. */
static int64_t ask(const struct world *w, const char *sql)
{
    sqlite3      *handle;
    sqlite3_stmt *prepared;

    assert_int_equal(sqlite3_open(w->path, &handle), SQLITE_OK);
    if (sqlite3_prepare_v2(handle, sql, -1, &prepared, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(handle));
    int64_t answer = sqlite3_step(prepared) == SQLITE_ROW ? sqlite3_column_int64(prepared, 0) : -1;
    sqlite3_finalize(prepared);
    sqlite3_close(handle);
    return answer;
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *handle;

    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static void each_is_run_once_and_noted(void **state)
{
    struct world *w = *state;
    static const struct migration one[] = { { 1, "CREATE TABLE a (x); INSERT INTO a VALUES (1)" }, { 0 } };
    static const struct migration two[] = {
        { 1, "CREATE TABLE a (x); INSERT INTO a VALUES (1)" },
        { 2, "INSERT INTO a VALUES (2); -- and that is all\n" },
        { 0 } };
    static const struct migration other[] = { { 1, "CREATE TABLE b (x)" }, { 0 } };
    struct store_settings first = settings_with(w, one, NULL), second = settings_with(w, two, other);

    store_close(world_store(w, &first));
    store_close(world_store(w, &first));
    assert_int_equal(ask(w, "SELECT sum(x) FROM a"), 1);
    store_close(world_store(w, &second));
    store_close(world_store(w, &second));
    assert_int_equal(ask(w, "SELECT sum(x) FROM a"), 3);
    assert_int_equal(ask(w, "SELECT count(*) FROM schema_migrations"), 3);
    assert_int_equal(ask(w, "SELECT count(*) FROM schema_migrations WHERE scope = 'library'"), 2);
    assert_true(ask(w, "SELECT min(applied_at) FROM schema_migrations") > INT64_C(1700000000000000));
    assert_int_equal(ask(w, "PRAGMA application_id"), 0x506f7374);
}

static void one_that_fails_leaves_nothing(void **state)
{
    struct world *w = *state;
    static const struct migration bad[] = {
        { 1, "CREATE TABLE a (x)" }, { 2, "INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)" }, { 0 } };
    static const struct migration commits[] = { { 1, "CREATE TABLE a (x)" }, { 2, "DROP TABLE a; COMMIT" }, { 0 } };
    static const struct migration orphans[] = {
        { 1, "CREATE TABLE a (x)" },
        { 2, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id)); INSERT INTO c VALUES (7)" },
        { 0 } };
    struct store_settings settings = settings_with(w, NULL, bad);

    assert_refused(w, &settings, "program migration 2 failed: no such table: nowhere");
    assert_int_equal(ask(w, "SELECT count(*) FROM a"), 0);
    assert_int_equal(ask(w, "SELECT max(version) FROM schema_migrations"), 1);
    settings = settings_with(w, NULL, commits);
    assert_refused(w, &settings, "program migration 2 failed: not authorized");
    assert_int_equal(ask(w, "SELECT count(*) FROM a"), 0);
    settings = settings_with(w, NULL, orphans);
    assert_refused(w, &settings, "a foreign key points nowhere");
    assert_int_equal(ask(w, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
}

static void a_table_may_be_rebuilt(void **state)
{
    struct world *w = *state;
    static const struct migration list[] = {
        { 1, "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE);"
             "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)" },
        { 2, "CREATE TABLE q (id INTEGER PRIMARY KEY, x); INSERT INTO q (id) SELECT id FROM p;"
             "DROP TABLE p; ALTER TABLE q RENAME TO p" },
        { 0 } };
    struct store_settings settings = settings_with(w, list, NULL);

    store_close(world_store(w, &settings));
    assert_int_equal(ask(w, "SELECT count(*) FROM c JOIN p ON c.p = p.id"), 1);
}

static void numbers_have_no_gaps(void **state)
{
    struct world *w = *state;
    static const struct migration gap[] = { { 1, "SELECT 1" }, { 3, "SELECT 1" }, { 0 } };
    static const struct migration late[] = { { 2, "SELECT 1" }, { 0 } };
    struct store_settings settings = settings_with(w, gap, NULL);

    assert_refused(w, &settings, "library migrations: number 3 stands where 2 belongs");
    settings = settings_with(w, NULL, late);
    assert_refused(w, &settings, "program migrations: number 2 stands where 1 belongs");
}

static void a_newer_database_is_refused(void **state)
{
    struct world *w = *state;
    static const struct migration two[] = { { 1, "CREATE TABLE a (x)" }, { 2, "CREATE TABLE b (x)" }, { 0 } };
    static const struct migration one[] = { { 1, "CREATE TABLE a (x)" }, { 0 } };
    struct store_settings newer = settings_with(w, two, two + 2), older = settings_with(w, one, NULL);

    store_close(world_store(w, &newer));
    assert_refused(w, &older, "comes from a newer version of this program: its library schema is 2, the newest known here is 1");
    older.read_only = true;
    struct store *s = world_store(w, &newer);
    assert_refused(w, &older, "its library schema is 2, the newest known here is 1");
    store_close(s);
    execute(w->path, "DELETE FROM schema_migrations WHERE version = 1");
    assert_refused(w, &newer, "damaged");
}

static void a_reader_does_not_migrate(void **state)
{
    struct world *w = *state;
    static const struct migration one[] = { { 1, "CREATE TABLE a (x)" }, { 0 } };
    struct store_settings settings = settings_with(w, one, NULL), reader = settings;

    reader.read_only = true;
    assert_refused(w, &reader, "No such file");
    reader = settings_with(w, one, one);
    reader.read_only = true;
    struct store *s = world_store(w, &settings);
    assert_refused(w, &reader, "comes from an older version: its program schema is 0, not 1");
    store_close(s);
}

static void a_strangers_file_is_not_touched(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_with(w, NULL, NULL);
    char                  copy[128];

    snprintf(copy, sizeof copy, "%s/copy", w->directory);
    execute(w->path, "CREATE TABLE users (id INTEGER PRIMARY KEY)");
    shell("cp %s %s", w->path, copy);
    assert_refused(w, &settings, "is a database of another program");
    shell("cmp %s %s", w->path, copy);
    execute(w->path, "DROP TABLE users; PRAGMA application_id = 7");
    assert_refused(w, &settings, "is a database of another program");
    shell("yes | head -c 9000 > %s; cp %s %s", w->path, w->path, copy);
    assert_refused(w, &settings, "is not an SQLite database");
    shell("cmp %s %s", w->path, copy);
}

static void an_empty_file_is_new(void **state)
{
    struct world         *w = *state;
    struct store_settings settings = settings_with(w, NULL, NULL);

    shell(": > %s", w->path);
    store_close(world_store(w, &settings));
    assert_int_equal(ask(w, "SELECT count(*) FROM schema_migrations"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_is_run_once_and_noted, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(one_that_fails_leaves_nothing, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_table_may_be_rebuilt, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(numbers_have_no_gaps, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_newer_database_is_refused, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_reader_does_not_migrate, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(a_strangers_file_is_not_touched, world_open_in_memory, world_close),
        cmocka_unit_test_setup_teardown(an_empty_file_is_new, world_open_in_memory, world_close),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
