/* token.c: issues and verifies access tokens.
 *
 * A token is three parts, header.claims.signature.  The header chooses nothing but one of our
 * keys; members that would bring a key along (jwk, jku, x5u, x5c) are not even looked at.  The
 * claims are not decoded before the signature has been found good. */
#include "crypto/token.h"

#include <stddef.h>

#include "base/check.h"
#include "crypto/base64url.h"
#include "json/read.h"

enum { JSON_BYTES_MAX = TOKEN_BYTES_MAX / 4 * 3, JTI_BYTES = 16 };

#define DATE_MAX ((int64_t)1 << 53)     /* later dates are this one */
#define ABSENT   ((int64_t)-1)

struct parts {
    struct str header, claims, signature;
    struct str input;       /* what is signed: header.claims */
};

/* The members of one object, name by name. */
struct walk {
    struct json_reader reader;
    struct arena      *arena;
    struct str         names[TOKEN_MEMBERS_MAX];
    size_t             count;
};

enum step { STEP_MEMBER, STEP_OVER, STEP_BROKEN };

struct header {
    struct str alg, typ, kid;   /* none when absent */
    bool       critical;
};

enum audience { AUDIENCE_ABSENT, AUDIENCE_OURS, AUDIENCE_OTHER };

struct claims {
    struct token_claims shown;
    struct str          issuer;
    int64_t             expires, issued, not_before;    /* ABSENT, or 0 to DATE_MAX */
    enum audience       audience;
};

static bool split(struct str token, struct parts *out)
{
    struct str rest = token;

    if (token.len > TOKEN_BYTES_MAX)
        return false;
    out->header = str_cut(&rest, '.');
    if (!rest.at)
        return false;
    out->claims = str_cut(&rest, '.');
    out->signature = rest;
    out->input = str_slice(token, 0, out->header.len + 1 + out->claims.len);
    return rest.at && str_find_byte(rest, '.') == rest.len;
}

/* A part as an object whose members can be walked; false when it is not base64url of an object's
 * begin. */
static bool walk_begin(struct walk *w, struct arena *a, struct str part)
{
    size_t len, max = part.len / 4 * 3 + 2;
    char  *json = arena_alloc(a, max);

    if (!json || !base64url_decode(part, json, max, &len))
        return false;
    w->reader = json_reader((struct str){ json, len });
    w->arena = a;
    w->count = 0;
    return json_next(&w->reader).kind == JSON_OBJECT_BEGIN;
}

/* False when the name was there before, or there are too many. */
static bool walk_note_name(struct walk *w, struct str name)
{
    if (w->count == TOKEN_MEMBERS_MAX)
        return false;
    for (size_t i = 0; i < w->count; i++)
        if (str_eq(w->names[i], name))
            return false;
    w->names[w->count++] = name;
    return true;
}

static enum step walk_next(struct walk *w, struct str *name, struct json_token *value)
{
    struct json_token t = json_next(&w->reader);

    if (t.kind == JSON_OBJECT_END)
        return json_next(&w->reader).kind == JSON_END ? STEP_OVER : STEP_BROKEN;
    if (t.kind != JSON_NAME)
        return STEP_BROKEN;
    *name = json_unescape(w->arena, t);
    if (!name->at || !walk_note_name(w, *name))
        return STEP_BROKEN;
    *value = json_next(&w->reader);
    return value->kind == JSON_BROKEN ? STEP_BROKEN : STEP_MEMBER;
}

static bool read_text(struct walk *w, struct json_token t, struct str *out)
{
    if (t.kind != JSON_STRING)
        return false;
    *out = json_unescape(w->arena, t);
    return out->at != NULL;
}

static bool read_header_member(struct walk *w, struct str name, struct json_token value,
                               struct header *out)
{
    if (str_eq(name, LIT("alg")))
        return read_text(w, value, &out->alg);
    if (str_eq(name, LIT("typ")))
        return read_text(w, value, &out->typ);
    if (str_eq(name, LIT("kid")))
        return read_text(w, value, &out->kid);
    if (str_eq(name, LIT("crit")))
        out->critical = true;
    return json_skip(&w->reader, value);
}

static bool read_header(struct str part, struct arena *a, struct header *out)
{
    struct walk       w;
    struct str        name;
    struct json_token value;
    enum step         step;

    if (!walk_begin(&w, a, part))
        return false;
    while ((step = walk_next(&w, &name, &value)) == STEP_MEMBER)
        if (!read_header_member(&w, name, value, out))
            return false;
    return step == STEP_OVER;
}

/* NULL when the header names no key of ours.  HS256 has one key, and `kid` says nothing. */
static const struct jws_key *choose_key(const struct token_policy *p, const struct header *h)
{
    if (p->verifiers_count == 0)
        return NULL;
    if (jws_key_algorithm(p->verifiers[0]) == JWS_HS256) {
        CHECK(p->verifiers_count == 1);
        return p->verifiers[0];
    }
    if (!h->kid.at)
        return p->verifiers_count == 1 ? p->verifiers[0] : NULL;
    for (size_t i = 0; i < p->verifiers_count; i++)
        if (str_eq(jws_key_id(p->verifiers[i]), h->kid))
            return p->verifiers[i];
    return NULL;
}

static struct str type_of(enum jws_algorithm a)
{
    return a == JWS_HS256 ? LIT("JWT") : LIT("at+jwt");
}

/* RFC 7515 section 4.1.9: a media type, without regard to case, "application/" left out or not. */
static bool is_type(struct str typ, struct str wanted)
{
    struct str prefix = LIT("application/");

    if (typ.len > prefix.len && str_eq_nocase(str_slice(typ, 0, prefix.len), prefix))
        typ = str_slice(typ, prefix.len, typ.len);
    return str_eq_nocase(typ, wanted);
}

static bool type_is_right(enum jws_algorithm a, struct str typ)
{
    return typ.at ? is_type(typ, type_of(a)) : a == JWS_HS256;
}

static enum token_verdict verify_signature(const struct token_policy *p, const struct parts *parts,
                                           struct arena *a)
{
    struct header header = { 0 };
    char          signature[JWS_SIGNATURE_BYTES_MAX];
    size_t        len;

    if (!read_header(parts->header, a, &header))
        return TOKEN_MALFORMED;
    if (header.critical)
        return TOKEN_CRITICAL;
    const struct jws_key *key = choose_key(p, &header);
    if (!key)
        return TOKEN_UNKNOWN_KEY;
    if (!str_eq(header.alg, jws_algorithm_name(jws_key_algorithm(key))))
        return TOKEN_WRONG_ALGORITHM;
    if (!type_is_right(jws_key_algorithm(key), header.typ))
        return TOKEN_WRONG_TYPE;
    if (!base64url_decode(parts->signature, signature, sizeof signature, &len))
        return TOKEN_MALFORMED;
    return jws_verify(key, parts->input, (struct str){ signature, len }) ? TOKEN_GOOD
                                                                          : TOKEN_BAD_SIGNATURE;
}

/* A NumericDate (RFC 7519 section 2) of at least 0, rounded as asked. */
static bool read_date(struct json_token t, bool up, int64_t *out)
{
    double  real;
    int64_t whole;

    if (t.kind == JSON_INTEGER && json_to_int(t.text, &whole)) {
        *out = whole < DATE_MAX ? whole : DATE_MAX;
        return whole >= 0;
    }
    if ((t.kind != JSON_INTEGER && t.kind != JSON_REAL) || !json_to_real(t.text, &real) || real < 0)
        return false;
    whole = real < (double)DATE_MAX ? (int64_t)real : DATE_MAX;
    *out = up && (double)whole < real && whole < DATE_MAX ? whole + 1 : whole;
    return true;
}

static bool read_subject(struct walk *w, struct json_token t, struct str *out)
{
    if (t.kind == JSON_INTEGER) {
        *out = t.text;
        return t.text.at[0] != '-';
    }
    return read_text(w, t, out) && out->len > 0;
}

/* One of the audiences, where an empty one counts as none. */
static bool read_one_audience(struct walk *w, struct json_token t, struct str ours,
                              enum audience *out)
{
    struct str text;

    if (!read_text(w, t, &text))
        return false;
    if (ours.at && str_eq(text, ours))
        *out = AUDIENCE_OURS;
    else if (*out == AUDIENCE_ABSENT)
        *out = AUDIENCE_OTHER;
    return true;
}

/* A string or a list of strings; null, "" and [] are no audience, as PyJWT sees it. */
static bool read_audience(struct walk *w, struct json_token t, struct str ours, enum audience *out)
{
    if (t.kind == JSON_NULL || (t.kind == JSON_STRING && t.text.len == 0))
        return true;
    if (t.kind != JSON_LIST_BEGIN)
        return read_one_audience(w, t, ours, out);
    while ((t = json_next(&w->reader)).kind != JSON_LIST_END)
        if (!read_one_audience(w, t, ours, out))
            return false;
    return true;
}

static bool read_claim(struct walk *w, struct str name, struct json_token t,
                       const struct token_policy *p, struct claims *c)
{
    if (str_eq(name, LIT("sub")))
        return read_subject(w, t, &c->shown.subject);
    if (str_eq(name, LIT("exp")))
        return read_date(t, false, &c->expires);
    if (str_eq(name, LIT("iat")))
        return read_date(t, false, &c->issued);
    if (str_eq(name, LIT("nbf")))
        return read_date(t, true, &c->not_before);
    if (str_eq(name, LIT("iss")))
        return read_text(w, t, &c->issuer);
    if (str_eq(name, LIT("aud")))
        return read_audience(w, t, p->audience, &c->audience);
    if (str_eq(name, LIT("jti")))
        return read_text(w, t, &c->shown.id);
    if (str_eq(name, LIT("sid")))
        return read_text(w, t, &c->shown.session);
    if (str_eq(name, LIT("scope")))
        return read_text(w, t, &c->shown.scope);
    return json_skip(&w->reader, t);
}

static bool read_claims(struct str part, const struct token_policy *p, struct arena *a,
                        struct claims *c)
{
    struct walk       w;
    struct str        name;
    struct json_token value;
    enum step         step;

    if (!walk_begin(&w, a, part))
        return false;
    while ((step = walk_next(&w, &name, &value)) == STEP_MEMBER)
        if (!read_claim(&w, name, value, p, c))
            return false;
    return step == STEP_OVER && c->shown.subject.at && c->expires != ABSENT;
}

static enum token_verdict judge_claims(const struct token_policy *p, const struct claims *c)
{
    if (p->issuer.at && (!c->issuer.at || !str_eq(c->issuer, p->issuer)))
        return TOKEN_WRONG_ISSUER;
    if (c->audience != (p->audience.at ? AUDIENCE_OURS : AUDIENCE_ABSENT))
        return TOKEN_WRONG_AUDIENCE;
    return TOKEN_GOOD;
}

static struct token_claims shown_of(const struct claims *c)
{
    struct token_claims shown = c->shown;

    shown.expires_at_s = c->expires;
    shown.issued_at_s = c->issued != ABSENT ? c->issued : 0;
    shown.begins_at_s = c->not_before > shown.issued_at_s ? c->not_before : shown.issued_at_s;
    return shown;
}

static void write_text(struct json_writer *w, struct str name, struct str value)
{
    if (!value.at)
        return;
    json_name(w, name);
    json_put_string(w, value);
}

static void write_date(struct json_writer *w, struct str name, int64_t value)
{
    json_name(w, name);
    json_put_int(w, value);
}

static void write_header(const struct jws_key *key, struct buf *out)
{
    struct json_writer w = json_writer(out);

    json_object_begin(&w);
    write_text(&w, LIT("alg"), jws_algorithm_name(jws_key_algorithm(key)));
    write_text(&w, LIT("kid"), jws_key_id(key));
    write_text(&w, LIT("typ"), type_of(jws_key_algorithm(key)));
    json_object_end(&w);
}

/* False without entropy. */
static bool write_jti(struct json_writer *w, const struct random_source *random)
{
    unsigned char bytes[JTI_BYTES];
    char          text[JTI_BYTES * 2];
    struct buf    b = buf_fixed(text, sizeof text);

    if (!random_fill(random, bytes, sizeof bytes))
        return false;
    base64url_encode(&b, bytes, sizeof bytes);
    write_text(w, LIT("jti"), buf_str(&b));
    return true;
}

static bool write_claims(const struct token_policy *p, const struct random_source *random,
                         const struct token_claims *c, struct buf *out)
{
    struct json_writer w = json_writer(out);

    json_object_begin(&w);
    write_text(&w, LIT("iss"), p->issuer);
    write_text(&w, LIT("sub"), c->subject);
    write_text(&w, LIT("aud"), p->audience);
    write_text(&w, LIT("client_id"), p->client_id);
    write_date(&w, LIT("exp"), c->expires_at_s);
    write_date(&w, LIT("iat"), c->issued_at_s);
    write_text(&w, LIT("sid"), c->session);
    if (p->issuer.at && !write_jti(&w, random))
        return false;
    json_object_end(&w);
    return true;
}

static bool add_signed(const struct token_policy *p, const struct random_source *random,
                       const struct token_claims *claims, struct buf *out)
{
    char          text[JSON_BYTES_MAX];
    struct buf    json = buf_fixed(text, sizeof text);
    size_t        begin = out->len, len;
    unsigned char signature[JWS_SIGNATURE_BYTES_MAX];

    write_header(p->signer, &json);
    base64url_encode(out, json.at, json.len);
    buf_add_char(out, '.');
    json.len = 0;
    if (!write_claims(p, random, claims, &json))
        return false;
    base64url_encode(out, json.at, json.len);
    if (json.failed || out->failed
        || !jws_sign(p->signer, str_slice(buf_str(out), begin, out->len), signature, &len))
        return false;
    buf_add_char(out, '.');
    base64url_encode(out, signature, len);
    return !out->failed && out->len - begin <= TOKEN_BYTES_MAX;
}

struct str token_verdict_name(enum token_verdict v)
{
    static const struct str names[TOKEN_VERDICTS] = {
        [TOKEN_GOOD] = LIT("good"),
        [TOKEN_MALFORMED] = LIT("malformed"),
        [TOKEN_WRONG_TYPE] = LIT("wrong_type"),
        [TOKEN_WRONG_ALGORITHM] = LIT("wrong_algorithm"),
        [TOKEN_UNKNOWN_KEY] = LIT("unknown_key"),
        [TOKEN_CRITICAL] = LIT("critical"),
        [TOKEN_BAD_SIGNATURE] = LIT("bad_signature"),
        [TOKEN_EXPIRED] = LIT("expired"),
        [TOKEN_NOT_YET] = LIT("not_yet"),
        [TOKEN_WRONG_ISSUER] = LIT("wrong_issuer"),
        [TOKEN_WRONG_AUDIENCE] = LIT("wrong_audience"),
    };

    CHECK(v < TOKEN_VERDICTS);
    return names[v];
}

bool token_issue(const struct token_policy *p, const struct random_source *random,
                 struct str subject, int64_t now_s, struct buf *out)
{
    return token_issue_claims(p, random, &(struct token_claims){
        .subject = subject, .issued_at_s = now_s, .expires_at_s = now_s + p->lifetime_s
    }, out);
}

bool token_issue_claims(const struct token_policy *p, const struct random_source *random,
                        const struct token_claims *claims, struct buf *out)
{
    size_t begin = out->len;

    CHECK(p->signer);
    if (add_signed(p, random, claims, out))
        return true;
    out->len = begin;
    return false;
}

enum token_verdict token_verify(const struct token_policy *p, struct str token, int64_t now_s,
                                struct arena *a, struct token_claims *out)
{
    struct token_claims claims;
    enum token_verdict  verdict = token_verify_timeless(p, token, a, &claims);

    if (verdict == TOKEN_GOOD)
        verdict = token_check_time(&claims, now_s);
    if (verdict == TOKEN_GOOD)
        *out = claims;
    return verdict;
}

enum token_verdict token_verify_timeless(const struct token_policy *p, struct str token,
                                         struct arena *a, struct token_claims *out)
{
    struct parts  parts;
    struct claims claims = { .expires = ABSENT, .issued = ABSENT, .not_before = ABSENT };

    if (!split(token, &parts))
        return TOKEN_MALFORMED;
    enum token_verdict verdict = verify_signature(p, &parts, a);
    if (verdict != TOKEN_GOOD)
        return verdict;
    if (!read_claims(parts.claims, p, a, &claims))
        return TOKEN_MALFORMED;
    verdict = judge_claims(p, &claims);
    if (verdict == TOKEN_GOOD)
        *out = shown_of(&claims);
    return verdict;
}

enum token_verdict token_check_time(const struct token_claims *c, int64_t now_s)
{
    if (c->expires_at_s <= now_s - TOKEN_LEEWAY_S)
        return TOKEN_EXPIRED;
    return c->begins_at_s > now_s + TOKEN_LEEWAY_S ? TOKEN_NOT_YET : TOKEN_GOOD;
}
