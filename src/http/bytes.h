/* http/bytes.h: what each byte may be part of (private to the codec).  Pure, any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum http_byte {
    BYTE_TOKEN  = 1,    /* tchar, RFC 9110 section 5.6.2 */
    BYTE_TARGET = 2,    /* visible ASCII but '#' */
    BYTE_VALUE  = 4,    /* of a header: visible, space, tab, obs-text (RFC 9110 section 5.5) */
    BYTE_HOST   = 8,    /* of a registered name (RFC 3986 section 3.2.2); no "%", no comma */
    BYTE_HEX    = 16,
};

extern const uint8_t http_bytes[256];

static inline bool http_byte_is(char c, enum http_byte kind)
{
    return http_bytes[(unsigned char)c] & kind;
}
