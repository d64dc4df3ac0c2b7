/* plan.c: one request as a plan of one step, and what goes out on the wire.
 *
 * The rule of speed: whatever is the same in each request is made once.  A fixed step is its
 * bytes; of any other only the places cost anything. */
#include "load/plan.h"

#include "load/step.h"

enum { REQUEST_BYTES_MAX = 64 * 1024 * 1024 };

/* ---- Rendering -------------------------------------------------------------------------- */

static struct str fixed_text(const struct template *t)
{
    return t->count ? t->pieces[0].text : LIT("");
}

/* The length stands before the body: a body with places is filled aside first. */
static struct str render_body(const struct step *s, const struct filling *f, struct buf *scratch)
{
    if (s->body.fixed)
        return fixed_text(&s->body);
    buf_reset(scratch);
    template_fill(&s->body, f, scratch);
    return buf_str(scratch);
}

static void render(const struct step *s, bool last, const struct filling *f, struct buf *scratch,
                   struct buf *out)
{
    struct str body = render_body(s, f, scratch);

    buf_add(out, s->method);
    buf_add_char(out, ' ');
    template_fill(&s->target, f, out);
    buf_add(out, LIT(" HTTP/1.1\r\n"));
    template_fill(&s->headers, f, out);
    if (last)
        buf_add(out, LIT("Connection: close\r\n"));
    if (s->has_body) {
        buf_add(out, LIT("Content-Length: "));
        buf_add_int(out, (int64_t)body.len);
        buf_add(out, LIT("\r\n"));
    }
    buf_add(out, LIT("\r\n"));
    buf_add(out, body);
    out->failed |= scratch->failed;     /* never half a body */
}

static bool is_fixed(const struct step *s)
{
    return s->target.fixed && s->headers.fixed && s->body.fixed;
}

static bool fix_bytes(const struct step *s, bool last, struct arena *arena, struct str *out)
{
    static const struct filling nothing;
    struct buf                  scratch = { 0 }, bytes = buf_growing(REQUEST_BYTES_MAX);

    render(s, last, &nothing, &scratch, &bytes);
    bool rendered = !bytes.failed;
    if (rendered)
        *out = arena_copy(arena, buf_str(&bytes));
    buf_close(&bytes);
    return rendered && !arena->failed;
}

static bool fix_step(const struct plan *p, struct step *s, struct arena *arena)
{
    return fix_bytes(s, false, arena, &s->bytes) &&
           (!p->requests_per_connection || fix_bytes(s, true, arena, &s->last_bytes));
}

/* ---- Public ----------------------------------------------------------------------------- */

bool plan_fix(struct plan *p, struct arena *arena, struct buf *why)
{
    p->fixed = true;
    for (unsigned i = 0; i < p->steps_count; i++)
        if (!is_fixed(&p->steps[i])) {
            p->fixed = false;
        } else if (!fix_step(p, &p->steps[i], arena)) {
            buf_add(why, LIT("there is no memory left for the request"));
            return false;
        }
    return true;
}

bool plan_request(const struct url *url, const struct request_options *o, struct arena *arena,
                  struct plan *out, struct buf *why)
{
    const struct header *headers = NULL;
    struct plan          plan = {
        .url = *url,
        .requests_per_connection = o->requests_per_connection,
        .steps_count = 1,
    };

    if (!headers_parse(o->headers, o->headers_count, arena, &headers, why))
        return false;
    struct step_source source = {
        .method = o->method,
        .host = url->host,
        .target = url->target,
        .body = o->body,
        .headers = headers,
        .headers_count = o->headers_count,
    };
    if (!step_make(&source, &plan.variables, arena, &plan.steps[0], why))
        return false;
    plan.steps[0].expect = o->expect;
    if (!plan_fix(&plan, arena, why))
        return false;
    *out = plan;
    return true;
}

void plan_make_lets(const struct plan *p, const struct filling *f, struct buf *scratch,
                    struct arena *arena, struct str *values)
{
    for (unsigned i = 0; i < p->lets_count; i++) {
        buf_reset(scratch);
        template_fill(&p->lets[i].value, f, scratch);
        values[p->lets[i].variable] = arena_copy(arena, buf_str(scratch));
    }
}

void plan_render(const struct step *s, bool last, const struct filling *f, struct buf *scratch,
                 struct buf *out)
{
    struct str fixed = last ? s->last_bytes : s->bytes;

    if (fixed.at)
        buf_add(out, fixed);
    else
        render(s, last, f, scratch, out);
}
