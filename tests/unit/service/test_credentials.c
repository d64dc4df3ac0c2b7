/* test_credentials.c: passwords and tokens as handlers use them. */
#include "world.h"

#include <signal.h>
#include <sys/wait.h>

#include "crypto/token_cache.h"


static bool no_bytes(void *context, void *out, size_t bytes)
{
    (void)context, (void)out, (void)bytes;
    return false;
}

static const struct random_source no_random = { no_bytes, NULL };

static int set_up(void **state)
{
    world_set_up(state);
    world_open(*state);
    return 0;
}

static void a_password_is_sealed_and_found_again(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    sealed, other, raised = LIT("x");
    bool          right = false;

    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &sealed), OK);
    assert_int_equal(str_find(sealed, LIT("argon2")), sealed.len);
    assert_true(sealed.len > SEAL_OVERHEAD_BYTES);
    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &other), OK);
    assert_false(str_eq(sealed, other));
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), sealed, &right, &raised), OK);
    assert_true(right);
    assert_null(raised.at);
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), other, &right, NULL), OK);
    assert_true(right);
    assert_int_equal(password_check(&c, 7, LIT("Correct horse"), sealed, &right, &raised), OK);
    assert_false(right);
    assert_null(raised.at);
    assert_int_equal(password_check(&c, 7, LIT(""), sealed, &right, NULL), OK);
    assert_false(right);
}

/* A hash that was copied to another row opens nothing there. */
static void a_hash_belongs_to_its_owner(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    sealed;
    bool          right = true;

    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &sealed), OK);
    assert_int_equal(password_check(&c, 8, LIT("correct horse"), sealed, &right, NULL), INTERNAL);
    assert_false(right);
}

static void every_bit_of_a_sealed_hash_counts(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    sealed;
    bool          right;

    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &sealed), OK);
    char *bytes = (char *)sealed.at;
    for (size_t i = 0; i < sealed.len; i++) {
        bytes[i] ^= 1;
        right = true;
        assert_int_equal(password_check(&c, 7, LIT("correct horse"), sealed, &right, NULL), INTERNAL);
        assert_false(right);
        bytes[i] ^= 1;
        assert_int_equal(password_check(&c, 7, LIT("correct horse"), str_slice(sealed, 0, i), &right, NULL), INTERNAL);
    }
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), sealed, &right, NULL), OK);
    assert_true(right);
}

static void a_cheap_hash_is_raised(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    cheap, raised;
    bool          right;

    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &cheap), OK);
    password_hasher_close(w->service.hasher);
    w->service.hasher = password_hasher_open(1, (struct password_cost){ 16, 2 }, &system_random, &system_clock);
    assert_int_equal(password_check(&c, 7, LIT("wrong horse"), cheap, &right, &raised), OK);
    assert_false(right);
    assert_null(raised.at);
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), cheap, &right, &raised), OK);
    assert_true(right);
    assert_non_null(raised.at);
    struct str kept = raised;
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), kept, &right, &raised), OK);
    assert_true(right);
    assert_null(raised.at);
    /* That raising fails is no reason to refuse. */
    w->service.random = &no_random;
    assert_int_equal(password_check(&c, 7, LIT("correct horse"), cheap, &right, &raised), OK);
    assert_true(right);
    assert_null(raised.at);
}

static void without_entropy_nothing_is_made(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    sealed = { 0 }, token = { 0 };
    int64_t       expires_in = -1;

    w->service.random = &no_random;
    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &sealed), UNAVAILABLE);
    assert_null(sealed.at);
    assert_int_equal(token_create(&c, 7, &token, &expires_in), INTERNAL);
    assert_null(token.at);
    assert_int_equal(expires_in, -1);
}

static void without_memory_nothing_is_made(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct arena  none = arena_new(0);
    struct str    sealed = { 0 };

    c.arena = &none;
    assert_int_equal(password_store(&c, 7, LIT("correct horse"), &sealed), UNAVAILABLE);
    assert_null(sealed.at);
    arena_close(&none);
}

/* Where there are no keys, asking for them is a bug. */
static void aborts(struct world *w, void (*ask)(struct call *c))
{
    pid_t child = fork();
    int   status;

    if (child == 0) {
        struct call c = world_call(w);
        fclose(stderr);
        w->service.hasher = NULL;
        ask(&c);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void ask_store(struct call *c)
{
    struct str sealed;

    if (password_store(c, 1, LIT("x"), &sealed) != OK)
        return;
}

static void ask_check(struct call *c)
{
    bool right;

    if (password_check(c, 1, LIT("x"), LIT("y"), &right, NULL) != OK)
        return;
}

static void ask_nobody(struct call *c)
{
    assert_int_equal(password_check_nobody(c, LIT("x")), OK);
}

static void a_front_cannot_hash(void **state)
{
    aborts(*state, ask_store);
    aborts(*state, ask_check);
    aborts(*state, ask_nobody);
}

/* ---- Tokens ----------------------------------------------------------------------------- */

static void a_token_tells_its_subject(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    token;
    int64_t       expires_in, subject = 0;

    assert_int_equal(token_create(&c, 4711, &token, &expires_in), OK);
    assert_int_equal(expires_in, 1800);
    assert_int_equal(token_subject(&c, token, &subject), OK);
    assert_int_equal(subject, 4711);
    c.now_us += 1799 * 1000000LL;
    assert_int_equal(token_subject(&c, token, &subject), OK);
    c.now_us += 1 * 1000000LL;
    subject = -1;
    assert_int_equal(token_subject(&c, token, &subject), BAD_TOKEN);
    assert_int_equal(subject, -1);
    assert_int_equal(token_subject(&c, LIT(""), &subject), BAD_TOKEN);
    assert_int_equal(token_subject(&c, str_slice(token, 0, token.len - 1), &subject), BAD_TOKEN);
}

/* As on a loop that remembers tokens: the answers are the same, to the second. */
static void a_remembered_token_tells_the_same(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    token;
    int64_t       expires_in, subject = 0;

    c.now_us -= c.now_us % 1000000;
    c.tokens = token_cache_open(8, &system_random);
    assert_non_null(c.tokens);
    assert_int_equal(token_create(&c, 4711, &token, &expires_in), OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(token_subject(&c, token, &subject), OK);
        assert_int_equal(subject, 4711);
    }
    c.now_us += 1799 * 1000000LL + 999999;
    assert_int_equal(token_subject(&c, token, &subject), OK);
    c.now_us += 1;
    assert_int_equal(token_subject(&c, token, &subject), BAD_TOKEN);
    token_cache_close(c.tokens);
}

static void a_token_tells_its_session_and_ends_with_it(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    token, session = LIT("x");
    int64_t       expires_in, subject = 0, now = c.now_us / 1000000;

    assert_int_equal(token_create_within(&c, 4711, LIT("abc"), (now + 60) * 1000000, &token, &expires_in), OK);
    assert_int_equal(expires_in, 60);
    assert_int_equal(token_owner(&c, token, &subject, &session), OK);
    assert_int_equal(subject, 4711);
    assert_true(str_eq(session, LIT("abc")));
    c.now_us = (now + 60) * 1000000;
    session = LIT("x");
    assert_int_equal(token_owner(&c, token, &subject, &session), BAD_TOKEN);
    assert_true(str_eq(session, LIT("x")));
    c.now_us = now * 1000000;
    assert_int_equal(token_create_within(&c, 1, LIT("abc"), (now + 9999) * 1000000, &token, &expires_in), OK);
    assert_int_equal(expires_in, 1800);
    assert_int_equal(token_create(&c, 1, &token, &expires_in), OK);
    assert_int_equal(token_owner(&c, token, &subject, &session), OK);
    assert_null(session.at);
}

static void a_front_cannot_issue(void **state)
{
    struct world *w = *state;
    struct call   c = world_call(w);
    struct str    token;
    int64_t       expires_in;

    w->service.tokens.signer = NULL;
    assert_int_equal(token_create(&c, 1, &token, &expires_in), INTERNAL);
}

/* Signed by us, but for no user that there can be. */
static void subjects_that_are_no_ids(void **state)
{
    static const struct { const char *sub; problem expected; } rows[] = {
        { "0", OK }, { "9007199254740991", OK }, { "9007199254740992", BAD_TOKEN }, { "99999999999999999999", BAD_TOKEN }, { "-1", BAD_TOKEN },
        { "+1", BAD_TOKEN }, { " 1", BAD_TOKEN }, { "1 ", BAD_TOKEN }, { "1e3", BAD_TOKEN }, { "0x1", BAD_TOKEN }, { "ann@example.com", BAD_TOKEN },
    };
    struct world *w = *state;
    struct call   c = world_call(w);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char       text[TOKEN_BYTES_MAX];
        struct buf out = buf_fixed(text, sizeof text);
        int64_t    subject;
        assert_true(token_issue(&w->service.tokens, &system_random, str_of(rows[i].sub), c.now_us / 1000000, &out));
        if (token_subject(&c, buf_str(&out), &subject) != rows[i].expected)
            fail_msg("'%s'", rows[i].sub);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)
        TEST(a_password_is_sealed_and_found_again), TEST(a_hash_belongs_to_its_owner), TEST(every_bit_of_a_sealed_hash_counts),
        TEST(a_cheap_hash_is_raised), TEST(without_entropy_nothing_is_made), TEST(without_memory_nothing_is_made),
        TEST(a_front_cannot_hash), TEST(a_token_tells_its_subject), TEST(a_remembered_token_tells_the_same),
        TEST(a_token_tells_its_session_and_ends_with_it),
        TEST(a_front_cannot_issue), TEST(subjects_that_are_no_ids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
