/* test_passwords.c: what everybody would try first is refused, and only that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "auth/passwords.h"
#include "auth/program.h"

static struct str refusal(const char *password, const char *email)
{
    static struct service service = { .program = &postern_program };
    struct arena          a = arena_new(64 * 1024);
    struct call           c = { .arena = &a, .service = &service };
    problem               p = password_acceptable(&c, "password", str_of(password), str_of(email));

    arena_close(&a);
    if (p == OK)
        return (struct str){ 0 };
    assert_int_equal(p, INVALID);
    assert_string_equal(c.refused.member, "password");
    return c.refused.why;
}

static void refused(const char *password, const char *email, const char *because)
{
    struct str why = refusal(password, email);

    if (!why.at || str_find(why, str_of(because)) == why.len)
        fail_msg("'%s' of %s: '%.*s', not '%s'", password, email, STR_ARG(why), because);
}

static void accepted(const char *password, const char *email)
{
    struct str why = refusal(password, email);

    if (why.at)
        fail_msg("'%s' of %s: %.*s", password, email, STR_ARG(why));
}

static void common_ones(void **state)
{
    static const char *const never[] = {
        "password", "PassWord", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou", "password1", "football",
        "baseball", "princess", "sunshine", "superman", "trustno1", "11111111", "password123",
        "Password1!", "sunshine2026", "!!princess!!", "Football#1", "2026password",
    };

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        refused(never[i], "ada@example.com", "most common");
}

static void of_the_address_or_the_service(void **state)
{
    static const char *const never[][2] = {
        { "ada@example.com", "ada@example.com" }, { "ADA@example.com", "ada@Example.com" }, { "example1", "ada@example.com" },
        { "example.com", "ada@example.com" }, { "ada-2026", "ada@example.com" }, { "postern!", "ada@example.com" },
        { "Postern2026", "ada@example.com" }, { "postern-example", "ada@example.com" }, { "ada.lovelace", "ada.lovelace@example.com" },
        { "Lovelace1815", "ada.lovelace@example.com" }, { "lovelaceada", "ada.lovelace@example.com" },
        { "ada+work12", "ada+work@mail.example.co.uk" }, { "mailexample", "x@mail.example.co.uk" }, { "adaadaada", "ada@example.com" },
        { "ångström", "ångström@example.com" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        refused(never[i][0], never[i][1], "apart from your e-mail address");
}

static void anything_else_is_taken(void **state)
{
    static const char *const rows[][2] = {
        { "correct horse", "ada@example.com" }, { "correct horse battery", "user1-abc@example.com" },
        { "correct horse battery staple", "horse@example.com" }, { "kX9#mq2z", "ada@example.com" }, { "ada likes tea", "ada@example.com" },
        { "exampleexample-and-8", "ada@exampl.com" }, { "sunshine and rain", "ada@example.com" }, { "😀😀😀😀😀😀😀😀", "ada@example.com" },
        { "comcomcomx", "a@b.com" }, { "aaabbbccc-x", "a@b.com" }, { "mypostern-is-a-gate", "ada@example.com" },
        { "password of mine, long", "ada@example.com" }, { "ünïcödé wörds", "ada@example.com" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        accepted(rows[i][0], rows[i][1]);
}

static void long_ones_are_judged_too(void **state)
{
    char password[4097];

    (void)state;
    for (size_t i = 0; i < sizeof password - 1; i++)
        password[i] = "ada"[i % 3];
    password[4095] = 0;
    refused(password, "ada@example.com", "apart from");
    memset(password, 'q', 4095);
    accepted(password, "ada@example.com");
}

static void the_list_is_sorted_whole_and_nothing_else(void **state)
{
    (void)state;
    assert_true(password_is_common(LIT("password")));
    assert_true(password_is_common(LIT("trustno1")));
    assert_false(password_is_common(LIT("")));
    assert_false(password_is_common(LIT("passwor")));
    assert_false(password_is_common(LIT("passwordx9q")));
    assert_false(password_is_common(LIT("asswordp")));
    assert_false(password_is_common(LIT("correct horse")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_ones), cmocka_unit_test(of_the_address_or_the_service), cmocka_unit_test(anything_else_is_taken),
        cmocka_unit_test(long_ones_are_judged_too), cmocka_unit_test(the_list_is_sorted_whole_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
