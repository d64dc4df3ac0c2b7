/* auth/guessing.h: how often who may try a password, or register.
 *
 * Gates for the rows of accounts_api.c.  The numbers stand in guessing.c, their reasons in
 * docs/limits.md; the counting is service/limiter.h's. */
#pragma once
#include "auth/auth.h"
#include "service/limiter.h"

/* POST /token: failures, of the account and of the network; those of a network that has logged in
 * to the account before apart from all others. */
extern const struct gate login_gate;

/* Whoever is signed in and gives his password once more: the same counters, so that a stolen token
 * is no way around them. */
extern const struct gate confirm_gate;

/* POST /register: by network, whether it succeeded or the address was taken. */
extern const struct gate register_gate;

extern const struct limiter_policy guessing_policies[];
