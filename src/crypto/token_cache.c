/* token_cache.c: sets of a few entries each; a token's digest names its set. */
#include "crypto/token_cache.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    SET_ENTRIES = 4,
    TOKEN_BYTES_KEPT_MAX = 1024,
    TEXT_BYTES = 128,           /* the claims' strings, together */
    STRINGS = 4,
    DIGEST_BYTES = 32,
    KEY_BYTES = 32,
};

struct digest { unsigned char bytes[DIGEST_BYTES]; };

struct entry {
    struct digest       digest;
    uint64_t            used;           /* at which use of the cache last; 0: free */
    uint64_t            generation;     /* of the policy */
    struct token_claims claims;         /* strings in `text` */
    char                text[TEXT_BYTES];
};

struct token_cache {
    unsigned char key[KEY_BYTES];
    EVP_MD_CTX   *sha256;   /* begun anew for each token */
    uint64_t      uses;
    size_t        sets;     /* a power of two */
    struct entry  entries[];
};

/* Of the key, then the token: what is secret and of one length needs no HMAC. */
static bool digest_token(struct token_cache *c, struct str token, struct digest *out)
{
    bool done = EVP_DigestInit_ex2(c->sha256, NULL, NULL)
             && EVP_DigestUpdate(c->sha256, c->key, sizeof c->key)
             && EVP_DigestUpdate(c->sha256, token.at, token.len)
             && EVP_DigestFinal_ex(c->sha256, out->bytes, NULL);

    if (!done)
        ERR_clear_error();
    return done;
}

static struct entry *set_of(struct token_cache *c, const struct digest *d)
{
    uint64_t number;

    memcpy(&number, d->bytes, sizeof number);
    return &c->entries[(number & (c->sets - 1)) * SET_ENTRIES];
}

static bool is_of(const struct entry *e, const struct digest *d)
{
    return e->used && sodium_memcmp(e->digest.bytes, d->bytes, sizeof d->bytes) == 0;
}

static struct entry *find(struct token_cache *c, const struct digest *d, uint64_t generation)
{
    struct entry *set = set_of(c, d);

    for (int i = 0; i < SET_ENTRIES; i++)
        if (is_of(&set[i], d))
            return set[i].generation == generation ? &set[i] : NULL;
    return NULL;
}

/* The token's own from another generation; else a free one, or the one not used for longest. */
static struct entry *find_room(struct token_cache *c, const struct digest *d)
{
    struct entry *set = set_of(c, d), *oldest = set;

    for (int i = 0; i < SET_ENTRIES; i++) {
        if (is_of(&set[i], d))
            return &set[i];
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    return oldest;
}

static void list_strings(struct token_claims *c, struct str *out[STRINGS])
{
    out[0] = &c->subject;
    out[1] = &c->id;
    out[2] = &c->session;
    out[3] = &c->scope;
}

/* None stays none. */
static void keep_strings(struct entry *e)
{
    struct str *strings[STRINGS];
    char       *at = e->text;

    list_strings(&e->claims, strings);
    for (int i = 0; i < STRINGS; i++) {
        struct str s = *strings[i];
        if (!s.at)
            continue;
        memcpy(at, s.at, s.len);
        strings[i]->at = at;
        at += s.len;
    }
}

static bool fits(const struct token_claims *c)
{
    return c->subject.len + c->id.len + c->session.len + c->scope.len <= TEXT_BYTES;
}

static void keep(struct token_cache *c, const struct digest *d, uint64_t generation,
                 const struct token_claims *claims)
{
    if (!fits(claims))
        return;
    struct entry *e = find_room(c, d);
    sodium_memzero(e, sizeof *e);
    e->claims = *claims;
    keep_strings(e);
    e->digest = *d;
    e->generation = generation;
    e->used = ++c->uses;
}

/* As token_verify() says it: without memory, malformed. */
static enum token_verdict hand_out(const struct entry *e, struct arena *a, struct token_claims *out)
{
    struct token_claims claims = e->claims;
    struct str         *strings[STRINGS];

    list_strings(&claims, strings);
    for (int i = 0; i < STRINGS; i++)
        *strings[i] = arena_copy(a, *strings[i]);
    if (a->failed)
        return TOKEN_MALFORMED;
    *out = claims;
    return TOKEN_GOOD;
}

static enum token_verdict use(struct token_cache *c, struct entry *e, int64_t now_s,
                              struct arena *a, struct token_claims *out)
{
    enum token_verdict verdict = token_check_time(&e->claims, now_s);

    e->used = ++c->uses;
    if (verdict == TOKEN_EXPIRED)
        sodium_memzero(e, sizeof *e);
    return verdict == TOKEN_GOOD ? hand_out(e, a, out) : verdict;
}

static bool open_sha256(struct token_cache *c)
{
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);

    c->sha256 = EVP_MD_CTX_new();
    bool done = md && c->sha256 && EVP_DigestInit_ex2(c->sha256, md, NULL);
    EVP_MD_free(md);        /* the context keeps it */
    if (!done)
        ERR_clear_error();
    return done;
}

struct token_cache *token_cache_open(size_t tokens, const struct random_source *random)
{
    size_t sets = 1;

    if (tokens == 0)
        return NULL;
    while (sets * SET_ENTRIES < tokens)
        sets *= 2;
    struct token_cache *c = calloc(1, sizeof *c + sets * SET_ENTRIES * sizeof *c->entries);
    if (!c)
        return NULL;
    c->sets = sets;
    if (open_sha256(c) && random_fill(random, c->key, sizeof c->key))
        return c;
    token_cache_close(c);
    return NULL;
}

void token_cache_close(struct token_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->sets * SET_ENTRIES; i++)
        if (c->entries[i].used)     /* writing to memory that was never touched would make it */
            sodium_memzero(&c->entries[i], sizeof c->entries[i]);
    sodium_memzero(c->key, sizeof c->key);
    EVP_MD_CTX_free(c->sha256);
    free(c);
}

enum token_verdict token_cache_verify(struct token_cache *c, const struct token_policy *p,
                                      struct str token, int64_t now_s, struct arena *a,
                                      struct token_claims *out)
{
    struct digest d;

    if (!c || token.len > TOKEN_BYTES_KEPT_MAX || !digest_token(c, token, &d))
        return token_verify(p, token, now_s, a, out);

    uint64_t      generation = p->generation;   /* before its keys are used */
    struct entry *known = find(c, &d, generation);
    if (known)
        return use(c, known, now_s, a, out);
    enum token_verdict verdict = token_verify(p, token, now_s, a, out);
    if (verdict == TOKEN_GOOD)
        keep(c, &d, generation, out);
    return verdict;
}
