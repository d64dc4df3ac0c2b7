/* sessions_rules.c: the rules, one comparison each. */
#include "auth/sessions_rules.h"

int64_t session_ends_us(const struct session_rules *r, const struct session_state *s)
{
    int64_t idle = s->rotated_us + r->idle_us, lifetime = s->begun_us + r->lifetime_us;

    return idle < lifetime ? idle : lifetime;
}

bool session_is_live(const struct session_rules *r, const struct session_state *s, int64_t now_us)
{
    return now_us < session_ends_us(r, s);
}

/* A clock that was set back to before the rotation must not open the window again: it is shut until
 * the clock is there once more. */
static enum session_verdict judge_previous(const struct session_rules *r,
                                           const struct session_state *s, int64_t now_us)
{
    if (now_us < s->rotated_us)
        return SESSION_REFUSED;
    return now_us - s->rotated_us <= r->grace_us ? SESSION_REPEATS : SESSION_REUSED;
}

enum session_verdict session_judge(const struct session_rules *r, const struct session_state *s,
                                   uint32_t presented, int64_t now_us)
{
    if (!session_is_live(r, s, now_us) || presented > s->counter)
        return SESSION_REFUSED;
    if (presented == s->counter)
        return s->counter < UINT32_MAX ? SESSION_ROTATES : SESSION_REFUSED;
    return presented + 1 == s->counter ? judge_previous(r, s, now_us) : SESSION_REUSED;
}
