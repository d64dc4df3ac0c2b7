/* chunks.c: a chunked body, one byte of framing at a time and its data in runs.
 *
 *   SIZE -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE ...        (size not 0)
 *                   -> TRAILER -> NAME -> VALUE -> VALUE_LF -> TRAILER ...
 *                              -> END_LF, complete
 *
 * Framing is bounded against the data that it frames, so that one-byte chunks in fat lines end
 * early. */
#include "http/bytes.h"
#include "http/request.h"

enum state { SIZE, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, NAME, VALUE, VALUE_LF, END_LF };

enum {
    SIZE_DIGITS_MAX = 16,
    TRAILER_BYTES_MAX = 4096,
    FRAMING_BYTES_FREE = 256,
    FRAMING_BYTES_PER_BYTE = 8,
};

static unsigned hex_value(char c)
{
    return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a' + 10);
}

static int take_size(struct http_chunks *c, char byte)
{
    if (byte == '\r' && c->digits) {
        c->state = SIZE_LF;
        return 0;
    }
    if (!http_byte_is(byte, BYTE_HEX) || c->digits == SIZE_DIGITS_MAX)
        return 400;
    c->left = c->left << 4 | hex_value(byte);
    c->digits++;
    return 0;
}

static int end_size(struct http_chunks *c, size_t decoded, size_t body_bytes_max)
{
    if (c->left > body_bytes_max - decoded)
        return 413;
    if (c->framing_bytes > FRAMING_BYTES_FREE + FRAMING_BYTES_PER_BYTE * decoded)
        return 400;
    c->state = c->left ? DATA : TRAILER;
    c->digits = 0;
    return 0;
}

static int take_trailer(struct http_chunks *c, char byte)
{
    if (++c->trailer_bytes > TRAILER_BYTES_MAX)
        return 431;
    switch ((enum state)c->state) {
    case TRAILER:
        c->state = byte == '\r' ? END_LF : NAME;
        return byte == '\r' || http_byte_is(byte, BYTE_TOKEN) ? 0 : 400;
    case NAME:
        c->state = byte == ':' ? VALUE : NAME;
        return byte == ':' || http_byte_is(byte, BYTE_TOKEN) ? 0 : 400;
    case VALUE:
        c->state = byte == '\r' ? VALUE_LF : VALUE;
        return byte == '\r' || http_byte_is(byte, BYTE_VALUE) ? 0 : 400;
    default:
        c->state = TRAILER;
        return byte == '\n' ? 0 : 400;
    }
}

/* One byte of framing; 0 or the status to refuse it with. */
static int take_framing(struct http_chunks *c, char byte, size_t decoded, size_t body_bytes_max)
{
    c->framing_bytes++;
    switch ((enum state)c->state) {
    case SIZE:
        return take_size(c, byte);
    case SIZE_LF:
        return byte == '\n' ? end_size(c, decoded, body_bytes_max) : 400;
    case DATA_CR:
        c->state = DATA_LF;
        return byte == '\r' ? 0 : 400;
    case DATA_LF:
        c->state = SIZE;
        return byte == '\n' ? 0 : 400;
    default:
        return take_trailer(c, byte);
    }
}

static void take_data(struct http_chunks *c, char *bytes, size_t len, size_t *used, size_t *decoded)
{
    size_t run = len - *used < c->left ? len - *used : (size_t)c->left;

    if (*used != *decoded)
        memmove(bytes + *decoded, bytes + *used, run);
    *used += run;
    *decoded += run;
    c->left -= run;
    if (!c->left)
        c->state = DATA_CR;
}

enum http_progress http_chunks_decode(struct http_chunks *c, char *bytes, size_t len, size_t *used,
                                      size_t *decoded, size_t body_bytes_max, int *status)
{
    while (*used < len) {
        if (c->state == DATA) {
            take_data(c, bytes, len, used, decoded);
            continue;
        }
        char byte = bytes[(*used)++];
        if (c->state == END_LF && byte == '\n')
            return HTTP_COMPLETE;
        *status = take_framing(c, byte, *decoded, body_bytes_max);
        if (*status)
            return HTTP_REFUSED;
    }
    return HTTP_MORE;
}
