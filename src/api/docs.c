/* docs.c: docs.html, taken in by the assembler, and a policy that allows nothing else. */
#include "api/docs.h"

#include <sodium.h>

#include "base/check.h"

__asm__(".pushsection .rodata\n"
        ".global docs_html\n"
        "docs_html:\n"
        ".incbin \"src/api/docs.html\"\n"
        ".global docs_html_end\n"
        "docs_html_end:\n"
        ".popsection\n");

extern const char docs_html[], docs_html_end[];

struct str docs_page(void)
{
    return (struct str){ docs_html, (size_t)(docs_html_end - docs_html) };
}

/* What stands between `open` and `close`, to the byte: that is what a browser hashes. */
static struct str between(struct str open, struct str close)
{
    struct str page = docs_page();
    size_t     from = str_find(page, open) + open.len;
    struct str rest = str_slice(page, from, page.len);

    CHECK(from < page.len && str_find(rest, close) < rest.len);
    return str_slice(rest, 0, str_find(rest, close));
}

static void write_hash(struct buf *out, struct str text)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char          base64[sodium_base64_ENCODED_LEN(sizeof hash, sodium_base64_VARIANT_ORIGINAL)];

    crypto_hash_sha256(hash, (const unsigned char *)text.at, text.len);
    sodium_bin2base64(base64, sizeof base64, hash, sizeof hash, sodium_base64_VARIANT_ORIGINAL);
    buf_format(out, "'sha256-%s'", base64);
}

void docs_write_policy(struct buf *out)
{
    buf_add(out, LIT("default-src 'none'; script-src "));
    write_hash(out, between(LIT("<script>"), LIT("</script>")));
    buf_add(out, LIT("; style-src "));
    write_hash(out, between(LIT("<style>"), LIT("</style>")));
    buf_add(out, LIT("; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                     "frame-ancestors 'none'"));
}
