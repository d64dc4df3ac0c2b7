/* bytes.c: the table of byte classes. */
#include "http/bytes.h"

enum {
    SYMBOL = BYTE_VALUE | BYTE_TARGET,                  /* visible, of no token */
    MARK = SYMBOL | BYTE_TOKEN,                         /* of tokens, not of hosts */
    NAME = MARK | BYTE_HOST,
    DIGIT = NAME | BYTE_HEX,
};

const uint8_t http_bytes[256] = {
    ['\t'] = BYTE_VALUE,
    [' '] = BYTE_VALUE,
    ['!'] = NAME,
    ['"'] = SYMBOL,
    ['#'] = BYTE_VALUE | BYTE_TOKEN,                    /* a fragment is never sent */
    ['$'] = NAME,
    ['%'] = MARK,
    ['&' ... '\''] = NAME,
    ['(' ... ')'] = SYMBOL | BYTE_HOST,
    ['*' ... '+'] = NAME,
    [','] = SYMBOL,
    ['-' ... '.'] = NAME,
    ['/'] = SYMBOL,
    ['0' ... '9'] = DIGIT,
    [':'] = SYMBOL,
    [';'] = SYMBOL | BYTE_HOST,
    ['<'] = SYMBOL,
    ['='] = SYMBOL | BYTE_HOST,
    ['>' ... '@'] = SYMBOL,
    ['A' ... 'F'] = DIGIT,
    ['G' ... 'Z'] = NAME,
    ['[' ... ']'] = SYMBOL,
    ['^'] = MARK,
    ['_'] = NAME,
    ['`'] = MARK,
    ['a' ... 'f'] = DIGIT,
    ['g' ... 'z'] = NAME,
    ['{'] = SYMBOL,
    ['|'] = MARK,
    ['}'] = SYMBOL,
    ['~'] = NAME,
    [0x80 ... 0xff] = BYTE_VALUE,
};
