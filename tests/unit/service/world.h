/* world.h: what the tests of src/service share: a program of four routes, a folder of its own,
 * and a service opened over it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "service/credentials.h"
#include "service/service.h"
#include "service/signing.h"

#define UNUSED __attribute__((unused))

/* ---- A program -------------------------------------------------------------------------- */

enum { NAME_TAKEN = PROBLEM_FIRST_OWN };

struct person     { struct str name, password; };
struct person_row { int64_t id; struct str name, sealed_hash; };
struct person_id  { int64_t id; };
struct note       { struct str text; };
struct total      { int64_t count; };

static const struct schema person_schema =
    SCHEMA(person, FIELD(person, name, .max_chars = 20), FIELD(person, password, .max_chars = 64, .secret = true));
static const struct schema person_row_schema =
    SCHEMA(person_row, FIELD(person_row, id), FIELD(person_row, name), FIELD(person_row, sealed_hash, .bytes = true));
static const struct schema person_id_schema = SCHEMA(person_id, FIELD(person_id, id));
static const struct schema note_schema = SCHEMA(note, FIELD(note, text, .max_chars = 100));
static const struct schema total_schema = SCHEMA(total, FIELD(total, count));

static const struct statement add_person = {
    "INSERT INTO people (id, name, sealed_hash) VALUES (:id, :name, :sealed_hash)", &person_row_schema, NULL };
static const struct statement add_note = { "INSERT INTO notes (text) VALUES (:text)", &note_schema, NULL };
static const struct statement count_people = { "SELECT count(*) AS count FROM people", NULL, &total_schema };
static const struct statement count_notes = { "SELECT count(*) AS count FROM notes", NULL, &total_schema };

static const struct statement *const toy_statements[] = { &add_person, &add_note, &count_people, &count_notes, NULL };

static const struct migration toy_migrations[] = {
    { 1, "CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, sealed_hash BLOB NOT NULL);"
         "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL);" },
    { 0 },
};

static problem register_person(struct call *c)
{
    const struct person *in = c->in;
    struct person_row    row = { .name = in->name };

    problem p = store_next_id(c->db, "people", &row.id);
    if (p == OK)
        p = password_store(c, row.id, in->password, &row.sealed_hash);
    if (p == OK)
        p = store_run(c->db, c->arena, &add_person, &row, NULL);
    ((struct person_id *)c->out)->id = row.id;
    return p == CONFLICT ? NAME_TAKEN : p;
}

static problem write_note(struct call *c)
{
    return store_run(c->db, c->arena, &add_note, c->in, NULL);
}

static problem read_count(struct call *c)
{
    return store_one(c->db, c->arena, &count_notes, NULL, c->out);
}

static problem toy_authenticate(struct call *c, struct str token)
{
    int64_t id;

    return token_subject(c, token, &id);
}

enum { REGISTER, NOTE, COUNT };     /* the indexes of the routes */

static const struct route toy_routes[] = {
    ROUTE(POST, "/people", register_person, .in = &person_schema, .out = &person_id_schema, .status = 201,
          .problems = { NAME_TAKEN }, .does = HASHES | WRITES, .doc = "Register."),
    ROUTE(POST, "/notes", write_note, .in = &note_schema, .who = SIGNED_IN, .does = WRITES, .doc = "Write."),
    ROUTE(GET, "/notes", read_count, .out = &total_schema, .does = READS, .doc = "Count."),
    { 0 },
};

static const struct route_group toy_groups[] = { { "Toy", toy_routes }, { 0 } };
static const struct problem_row toy_problems[] = { { NAME_TAKEN, 400, "Name is taken", NULL }, { 0 } };
static const struct api         toy_api = {
    .title = "Toy", .version = "1", .groups = toy_groups, .problems = toy_problems, .authenticate = toy_authenticate };

static const struct program toy_program UNUSED = {
    .name = "toy", .version = "1", .api = &toy_api, .migrations = toy_migrations, .statements = toy_statements };

/* ---- A world ---------------------------------------------------------------------------- */

struct world {
    char           folder[64], url[96], key_path[96], text[512];
    struct buf     why;         /* over text */
    struct service service;
    bool           opened;
    struct arena   arena;
};

static UNUSED int remove_one(const char *path, const struct stat *found, int kind, struct FTW *walk)
{
    (void)found, (void)kind, (void)walk;
    return remove(path);
}

static UNUSED int world_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);

    log_open("test", LOG_LEVEL_ERROR + !getenv("LOG"));
    snprintf(w->folder, sizeof w->folder, "/tmp/postern-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->url, sizeof w->url, "sqlite:%s/toy.db", w->folder);
    snprintf(w->key_path, sizeof w->key_path, "%s/toy.db.key", w->folder);
    w->arena = arena_new(1 << 20);
    *state = w;
    return 0;
}

static UNUSED void world_close(struct world *w)
{
    service_close(&w->service);
    w->service = (struct service){ 0 };
    w->opened = false;
}

static UNUSED int world_tear_down(void **state)
{
    struct world *w = *state;

    if (w->opened)
        world_close(w);
    arena_close(&w->arena);
    nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

/* Options as after options_parse(), with hashing that costs nothing. */
static UNUSED void world_options(struct world *w)
{
    char        nothing[256];
    struct buf  told = buf_fixed(nothing, sizeof nothing);
    const char *argv[] = { "toy", "--hash-memory", "8", "--hash-passes", "1", "--hash-threads", "2", "--threads", "1", NULL };

    assert_int_equal(options_parse(&w->service.options, "toy", "1", NULL, 9, (char **)argv, &told), OPTIONS_SERVE);
    w->service.options.database = str_of(w->url);
    w->service.options.issuer = LIT("http://toy.example");
    w->service.options.jwt_secret = w->service.options.master_key = LIT("");
}

/* Opens a keeper's service with the options that are set; false with the line in w->text. */
static UNUSED bool world_try(struct world *w)
{
    memset(w->text, 0, sizeof w->text);
    w->why = buf_fixed(w->text, sizeof w->text - 1);
    w->opened = true;
    return service_open_tables(&w->service, &toy_program, &w->why) && service_open_keeper(&w->service, &w->why);
}

static UNUSED void world_open(struct world *w)
{
    world_options(w);
    if (!world_try(w))
        fail_msg("%s", w->text);
}

static UNUSED void world_refuses(struct world *w, const char *because)
{
    if (world_try(w))
        fail_msg("opened, but '%s' was expected", because);
    if (!strstr(w->text, because) || strchr(w->text, '\n') || w->why.failed)
        fail_msg("'%s' is not one line with '%s'", w->text, because);
    world_close(w);
}

/* A call as the keeper makes one. */
static UNUSED struct call world_call(struct world *w)
{
    return (struct call){ .arena = &w->arena, .service = &w->service, .now_us = clock_wall_us(&system_clock) };
}

static UNUSED int64_t world_count(struct world *w, const struct statement *s)
{
    struct store_session *db = store_session_open(w->service.store);
    struct total          total = { -1 };

    assert_non_null(db);
    assert_int_equal(store_one(db, &w->arena, s, NULL, &total), OK);
    store_session_close(db);
    return total.count;
}

/* The bytes of a file of the world, NUL behind them. */
static UNUSED struct str world_file(struct world *w, const char *name)
{
    char   path[160];
    char  *bytes = arena_alloc(&w->arena, 1 << 18);
    FILE  *file;
    size_t len;

    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    file = fopen(path, "rb");
    assert_non_null(file);
    len = fread(bytes, 1, (1 << 18) - 1, file);
    fclose(file);
    return (struct str){ bytes, len };
}
