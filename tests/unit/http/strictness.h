/* strictness.h: bytes and what becomes of them, for the codec alone and for the whole server.
 *
 * `status` is that of the last verdict: 200 when every request was complete and right, 0 when
 * the bytes end within one.  The limits are small, so that each can be met in a line. */
#pragma once
#include "http/request.h"

static const struct http_limits strict_limits = {
    .target_bytes_max = 64,
    .head_bytes_max = 512,
    .headers_max = 8,
    .body_bytes_max = 32,
};

struct strictness {
    const char *name;
    struct str  bytes;
    int         status;
};

#define TEN(x)  x x x x x x x x x x
#define BYTES(literal) { literal, sizeof(literal) - 1 }
#define H "Host: a\r\n"
#define GET_A "GET / HTTP/1.1\r\n" H
#define POST_A "POST / HTTP/1.1\r\n" H
#define CHUNKED POST_A "Transfer-Encoding: chunked\r\n\r\n"

static const struct strictness strictness[] = {
    { "plain", BYTES(GET_A "\r\n"), 200 },
    { "two, pipelined", BYTES(GET_A "\r\n" GET_A "\r\n"), 200 },
    { "unfinished head", BYTES(GET_A), 0 },
    { "second unfinished", BYTES(GET_A "\r\nGET / HT"), 200 },
    { "second wrong", BYTES(GET_A "\r\nGET / HTTP/1.1\n\n"), 400 },
    { "OPTIONS *", BYTES("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 200 },
    { "value with obs-text and tab", BYTES(GET_A "X: a\tb\xe4\r\n\r\n"), 200 },
    { "empty value", BYTES(GET_A "X:\r\n\r\n"), 200 },
    { "blanks around a value", BYTES(GET_A "Content-Length: \t 0 \t\r\n\r\n"), 200 },
    { "every method", BYTES("PUT / HTTP/1.1\r\n" H "\r\nPATCH / HTTP/1.1\r\n" H "\r\n"
                            "DELETE / HTTP/1.1\r\n" H "\r\nHEAD / HTTP/1.1\r\n" H "\r\n"
                            "OPTIONS / HTTP/1.1\r\n" H "\r\nPOST / HTTP/1.1\r\n" H "\r\n"), 200 },

    /* 1: only CRLF ends a line */
    { "bare LF after the request line", BYTES("GET / HTTP/1.1\n" H "\r\n"), 400 },
    { "bare LF after a header", BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n"), 400 },
    { "bare LF as the last line", BYTES(GET_A "\n"), 400 },
    { "bare CR in the request line", BYTES("GET /\r HTTP/1.1\r\n" H "\r\n"), 400 },
    { "bare CR after the version", BYTES("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400 },
    { "bare CR in a value", BYTES(GET_A "X: a\rb\r\n\r\n"), 400 },
    { "bare CR in a name", BYTES(GET_A "X\rY: a\r\n\r\n"), 400 },
    { "CR CR LF", BYTES(GET_A "X: a\r\r\n\r\n"), 400 },

    /* 2: empty lines before */
    { "one empty line before", BYTES("\r\n" GET_A "\r\n"), 200 },
    { "one between two", BYTES(GET_A "\r\n\r\n" GET_A "\r\n"), 200 },
    { "two empty lines before", BYTES("\r\n\r\n" GET_A "\r\n"), 400 },
    { "a bare LF before", BYTES("\n" GET_A "\r\n"), 400 },
    { "a space before", BYTES(" " GET_A "\r\n"), 400 },
    { "a TLS greeting", BYTES("\x16\x03\x01\x02\x00"), 400 },

    /* 3: controls and bytes beyond ASCII */
    { "NUL in a value", BYTES(GET_A "X: a\0b\r\n\r\n"), 400 },
    { "NUL in a name", BYTES(GET_A "X\0: a\r\n\r\n"), 400 },
    { "NUL in the target", BYTES("GET /\0 HTTP/1.1\r\n" H "\r\n"), 400 },
    { "DEL in a value", BYTES(GET_A "X: 1234567\x7f\r\n\r\n"), 400 },
    { "DEL in a long value", BYTES(GET_A "X: 123\x7f" "45678901234567\r\n\r\n"), 400 },
    { "control in a long value", BYTES(GET_A "X: 12345678901234567\x01\r\n\r\n"), 400 },
    { "vertical tab in a value", BYTES(GET_A "X: \v\r\n\r\n"), 400 },
    { "beyond ASCII in the target", BYTES("GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n"), 400 },
    { "DEL in the target", BYTES("GET /\x7f HTTP/1.1\r\n" H "\r\n"), 400 },
    { "beyond ASCII in the method", BYTES("G\xc3T / HTTP/1.1\r\n" H "\r\n"), 400 },
    { "beyond ASCII in a name", BYTES(GET_A "X\xc3: a\r\n\r\n"), 400 },

    /* 4: whitespace before the first header */
    { "space before the first header", BYTES("GET / HTTP/1.1\r\n " H "\r\n"), 400 },
    { "tab before the first header", BYTES("GET / HTTP/1.1\r\n\t" H "\r\n"), 400 },

    /* 5: the request line */
    { "two spaces before the target", BYTES("GET  / HTTP/1.1\r\n" H "\r\n"), 400 },
    { "two spaces before the version", BYTES("GET /  HTTP/1.1\r\n" H "\r\n"), 400 },
    { "space after the version", BYTES("GET / HTTP/1.1 \r\n" H "\r\n"), 400 },
    { "tab for a space", BYTES("GET\t/ HTTP/1.1\r\n" H "\r\n"), 400 },
    { "tab before the version", BYTES("GET /\tHTTP/1.1\r\n" H "\r\n"), 400 },
    { "no target", BYTES("GET HTTP/1.1\r\n" H "\r\n"), 400 },
    { "space in the target", BYTES("GET /a b HTTP/1.1\r\n" H "\r\n"), 400 },
    { "no token as method", BYTES("GE(T / HTTP/1.1\r\n" H "\r\n"), 400 },
    { "lower-case method", BYTES("get / HTTP/1.1\r\n" H "\r\n"), 501 },
    { "unknown method", BYTES("PURGE / HTTP/1.1\r\n" H "\r\n"), 501 },
    { "TRACE", BYTES("TRACE / HTTP/1.1\r\n" H "\r\n"), 501 },
    { "unknown method, no target", BYTES("PURGE  HTTP/1.1\r\n" H "\r\n"), 400 },
    { "unknown method, wrong header", BYTES("PURGE / HTTP/1.1\r\n" H "X : y\r\n\r\n"), 400 },

    /* 6: the version */
    { "HTTP/1.0 without Host", BYTES("GET / HTTP/1.0\r\n\r\n"), 200 },
    { "a later minor version", BYTES("GET / HTTP/1.2\r\n" H "\r\n"), 200 },
    { "lower-case version", BYTES("GET / http/1.1\r\n" H "\r\n"), 400 },
    { "HTTP/1.", BYTES("GET / HTTP/1.\r\n" H "\r\n"), 400 },
    { "HTTP/1.10", BYTES("GET / HTTP/1.10\r\n" H "\r\n"), 400 },
    { "HTTP/01.1", BYTES("GET / HTTP/01.1\r\n" H "\r\n"), 400 },
    { "HTTP/1,1", BYTES("GET / HTTP/1,1\r\n" H "\r\n"), 400 },
    { "HTTP/2.0", BYTES("GET / HTTP/2.0\r\n" H "\r\n"), 505 },
    { "HTTP/2.0 and more", BYTES("GET / HTTP/2.0x\r\n" H "\r\n"), 400 },
    { "HTTP/2.0 without its end", BYTES("GET / HTTP/2.0\n\r\n" H "\r\n"), 400 },
    { "HTTP/0.9 in words", BYTES("GET / HTTP/0.9\r\n\r\n"), 505 },
    { "HTTP/0.9", BYTES("GET /\r\n"), 400 },
    { "the HTTP/2 preface", BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },

    /* 7: forms of the target */
    { "absolute form", BYTES("GET http://a/x?y HTTP/1.1\r\n" H "\r\n"), 200 },
    { "absolute form, upper case", BYTES("GET HTTPS://A HTTP/1.1\r\n" H "\r\n"), 200 },
    { "absolute form, another Host", BYTES("GET http://b/ HTTP/1.1\r\n" H "\r\n"), 400 },
    { "absolute form without Host", BYTES("GET http://a/ HTTP/1.1\r\n\r\n"), 400 },
    { "absolute form, no host", BYTES("GET http:///x HTTP/1.1\r\n" H "\r\n"), 400 },
    { "absolute form, user", BYTES("GET http://u@a/ HTTP/1.1\r\n" H "\r\n"), 400 },
    { "another scheme", BYTES("GET ftp://a/ HTTP/1.1\r\n" H "\r\n"), 400 },
    { "no form at all", BYTES("GET x HTTP/1.1\r\n" H "\r\n"), 400 },
    { "asterisk with GET", BYTES("GET * HTTP/1.1\r\n" H "\r\n"), 400 },
    { "CONNECT", BYTES("CONNECT a:443 HTTP/1.1\r\n" H "\r\n"), 501 },
    { "fragment", BYTES("GET /#x HTTP/1.1\r\n" H "\r\n"), 400 },

    /* 8: limits */
    { "target as long as may be", BYTES("GET /" TEN("abcdef") "abc HTTP/1.1\r\n" H "\r\n"), 200 },
    { "target one longer", BYTES("GET /" TEN("abcdef") "abcd HTTP/1.1\r\n" H "\r\n"), 414 },
    { "target without end", BYTES("GET /" TEN(TEN("a"))), 414 },
    { "head as long as may be",
      BYTES(GET_A "X: " TEN(TEN("abcd")) TEN("abcdefgh") "\r\n\r\n"), 200 },
    { "head one longer", BYTES(GET_A "X: " TEN(TEN("abcd")) TEN("abcdefgh") "i\r\n\r\n"), 431 },
    { "head without end", BYTES(GET_A "X: " TEN(TEN("abcdef"))), 431 },
    { "method without end", BYTES(TEN(TEN("ABCDEF"))), 431 },
    { "headers as many as may be",
      BYTES(GET_A "B:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\n\r\n"), 200 },
    { "headers one more",
      BYTES(GET_A "B:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\nI:\r\n\r\n"), 431 },

    /* 9: names and lines */
    { "empty name", BYTES(GET_A ": x\r\n\r\n"), 400 },
    { "space before the colon", BYTES(GET_A "X : y\r\n\r\n"), 400 },
    { "tab before the colon", BYTES(GET_A "X\t: y\r\n\r\n"), 400 },
    { "no colon", BYTES(GET_A "X\r\n\r\n"), 400 },
    { "folded header", BYTES(GET_A "X: y\r\n z\r\n\r\n"), 400 },
    { "folded by a tab", BYTES(GET_A "X: y\r\n\tz\r\n\r\n"), 400 },
    { "folded last line", BYTES(GET_A "X: y\r\n \r\n\r\n"), 400 },
    { "separator in a name", BYTES(GET_A "X(Y): z\r\n\r\n"), 400 },
    { "every kind of token in a name", BYTES(GET_A "!#$%&'*+-.^_`|~09AZaz: z\r\n\r\n"), 200 },
    { "separator at the end of a long name", BYTES(GET_A "Abc-Defg-Hij@: z\r\n\r\n"), 400 },
    { "bracket in the middle of a long name", BYTES(GET_A "Abcdefghijk[lmnopq: z\r\n\r\n"), 400 },
    { "brace in a long name", BYTES(GET_A "Abcdefg{hijklmnopq: z\r\n\r\n"), 400 },
    { "beyond ASCII in a long name", BYTES(GET_A "Abcdef\xc1ghijklmnop: z\r\n\r\n"), 400 },
    { "a hyphen's bits beyond ASCII", BYTES(GET_A "Abcdef\xadghijklmnop: z\r\n\r\n"), 400 },
    { "control in a long name", BYTES(GET_A "Abcdefghi\rjklmnop: z\r\n\r\n"), 400 },

    /* 11: what only looks like a framing header is none */
    { "underscore", BYTES(GET_A "Content_Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n"), 200 },
    { "space before Content-Length's colon", BYTES(POST_A "Content-Length : 5\r\n\r\nabcde"), 400 },

    /* 12: Host */
    { "no Host", BYTES("GET / HTTP/1.1\r\n\r\n"), 400 },
    { "second Host, equal", BYTES(GET_A H "\r\n"), 400 },
    { "second Host in HTTP/1.0", BYTES("GET / HTTP/1.0\r\n" H H "\r\n"), 400 },
    { "empty Host", BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400 },
    { "Host with a port", BYTES("GET / HTTP/1.1\r\nHost: a.example:8000\r\n\r\n"), 200 },
    { "Host with an empty port", BYTES("GET / HTTP/1.1\r\nHost: a:\r\n\r\n"), 200 },
    { "Host in brackets", BYTES("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 200 },
    { "Host with an escape", BYTES("GET / HTTP/1.1\r\nHost: a%41\r\n\r\n"), 200 },
    { "Host with half an escape", BYTES("GET / HTTP/1.1\r\nHost: a%4\r\n\r\n"), 400 },
    { "Host, port of letters", BYTES("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"), 400 },
    { "Host, port too high", BYTES("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"), 400 },
    { "Host, two ports", BYTES("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"), 400 },
    { "Host with a path", BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400 },
    { "Host with a user", BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), 400 },
    { "Host as a list", BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400 },
    { "Host with a space", BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400 },
    { "Host, bracket open", BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), 400 },
    { "Host, brackets empty", BYTES("GET / HTTP/1.1\r\nHost: []\r\n\r\n"), 400 },
    { "Host, after the bracket", BYTES("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"), 400 },

    /* 13: Content-Length */
    { "length", BYTES(POST_A "Content-Length: 5\r\n\r\nabcde"), 200 },
    { "length, body unfinished", BYTES(POST_A "Content-Length: 5\r\n\r\nabcd"), 0 },
    { "length 0", BYTES(POST_A "Content-Length: 0\r\n\r\n"), 200 },
    { "length with zeros", BYTES(POST_A "Content-Length: 005\r\n\r\nabcde"), 200 },
    { "length as large as may be",
      BYTES(POST_A "Content-Length: 32\r\n\r\n" TEN("abc") "de"), 200 },
    { "length one larger", BYTES(POST_A "Content-Length: 33\r\n\r\n"), 413 },
    { "length, the largest", BYTES(POST_A "Content-Length: 18446744073709551615\r\n\r\n"), 413 },
    { "length, beyond 64 bits", BYTES(POST_A "Content-Length: 18446744073709551616\r\n\r\n"), 400 },
    { "length with a sign", BYTES(POST_A "Content-Length: +5\r\n\r\nabcde"), 400 },
    { "length, negative", BYTES(POST_A "Content-Length: -1\r\n\r\n"), 400 },
    { "length in hex", BYTES(POST_A "Content-Length: 0x5\r\n\r\nabcde"), 400 },
    { "length with underscore", BYTES(POST_A "Content-Length: 1_0\r\n\r\n"), 400 },
    { "length with a space", BYTES(POST_A "Content-Length: 1 0\r\n\r\n"), 400 },
    { "length, empty", BYTES(POST_A "Content-Length:\r\n\r\n"), 400 },
    { "length, equal list", BYTES(POST_A "Content-Length: 5, 5\r\n\r\nabcde"), 400 },
    { "length twice, equal",
      BYTES(POST_A "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde"), 400 },
    { "length twice, different",
      BYTES(POST_A "Content-Length: 5\r\ncontent-length: 6\r\n\r\n"), 400 },

    /* 14: Transfer-Encoding */
    { "chunked, any case", BYTES(POST_A "transfer-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n"), 200 },
    { "with a length",
      BYTES(POST_A "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { "in HTTP/1.0", BYTES("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 400 },
    { "chunked twice", BYTES(POST_A "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400 },
    { "two headers",
      BYTES(POST_A "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
    { "another coding", BYTES(POST_A "Transfer-Encoding: gzip\r\n\r\n"), 501 },
    { "identity", BYTES(POST_A "Transfer-Encoding: identity\r\n\r\n"), 501 },
    { "obfuscated", BYTES(POST_A "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
    { "list with chunked last", BYTES(POST_A "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400 },
    { "chunked not last", BYTES(POST_A "Transfer-Encoding: chunked, gzip\r\n\r\n"), 400 },
    { "with a parameter", BYTES(POST_A "Transfer-Encoding: chunked;x=y\r\n\r\n"), 400 },
    { "with a vertical tab", BYTES(POST_A "Transfer-Encoding: \vchunked\r\n\r\n"), 400 },
    { "empty coding", BYTES(POST_A "Transfer-Encoding:\r\n\r\n"), 400 },

    /* 15: chunks */
    { "one chunk", BYTES(CHUNKED "5\r\nabcde\r\n0\r\n\r\n"), 200 },
    { "chunks, then another request",
      BYTES(CHUNKED "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n" GET_A "\r\n"), 200 },
    { "size in hex, both cases",
      BYTES(CHUNKED "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"), 200 },
    { "body as large as may be", BYTES(CHUNKED "20\r\n" TEN("abc") "de\r\n0\r\n\r\n"), 200 },
    { "body one larger", BYTES(CHUNKED "21\r\n"), 413 },
    { "body larger in two", BYTES(CHUNKED "1f\r\n" TEN("abc") "d\r\n2\r\n"), 413 },
    { "size of 16 digits", BYTES(CHUNKED "0000000000000001\r\na\r\n0\r\n\r\n"), 200 },
    { "size of 17 digits", BYTES(CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n"), 400 },
    { "the largest size", BYTES(CHUNKED "ffffffffffffffff\r\n"), 413 },
    { "empty size", BYTES(CHUNKED "\r\na\r\n"), 400 },
    { "size with a prefix", BYTES(CHUNKED "0x1\r\na\r\n"), 400 },
    { "size with a sign", BYTES(CHUNKED "+1\r\na\r\n"), 400 },
    { "size, negative", BYTES(CHUNKED "-1\r\n"), 400 },
    { "size with underscore", BYTES(CHUNKED "1_0\r\n"), 400 },
    { "space before a size", BYTES(CHUNKED " 1\r\na\r\n"), 400 },
    { "space after a size", BYTES(CHUNKED "1 \r\na\r\n"), 400 },
    { "size of other letters", BYTES(CHUNKED "g\r\n"), 400 },
    { "bare LF after a size", BYTES(CHUNKED "1\na\r\n"), 400 },
    { "bare CR after a size", BYTES(CHUNKED "1\ra\r\n"), 400 },
    { "bare LF after data", BYTES(CHUNKED "1\r\na\n0\r\n\r\n"), 400 },
    { "data too long", BYTES(CHUNKED "1\r\nab\r\n0\r\n\r\n"), 400 },
    { "data too short", BYTES(CHUNKED "3\r\na\r\n0\r\n\r\n"), 400 },
    { "CR without LF after data", BYTES(CHUNKED "1\r\na\rb"), 400 },
    { "bare LF at the end", BYTES(CHUNKED "0\r\n\n"), 400 },
    { "CR without LF at the end", BYTES(CHUNKED "0\r\n\ra"), 400 },
    { "chunks unfinished", BYTES(CHUNKED "1\r\na\r\n0\r\n"), 0 },

    /* 16: extensions and framing beyond measure */
    { "extension", BYTES(CHUNKED "1;a=b\r\na\r\n0\r\n\r\n"), 400 },
    { "extension, bare", BYTES(CHUNKED "1;\r\na\r\n0\r\n\r\n"), 400 },
    { "one-byte chunks", BYTES(CHUNKED TEN("1\r\na\r\n") TEN("1\r\na\r\n") "0\r\n\r\n"), 200 },
    { "one-byte chunks, fat",
      BYTES(CHUNKED TEN("00000000000001\r\na\r\n") TEN("0000000000000001\r\na\r\n")
            TEN("0000000000000001\r\na\r\n") "0\r\n\r\n"), 400 },

    /* 17: trailers */
    { "trailers", BYTES(CHUNKED "0\r\nX: y\r\nHost: b\r\nContent-Length: 9\r\n\r\n"), 200 },
    { "trailer, no name", BYTES(CHUNKED "0\r\n: y\r\n\r\n"), 400 },
    { "trailer, no colon", BYTES(CHUNKED "0\r\nX\r\n\r\n"), 400 },
    { "trailer, space before the colon", BYTES(CHUNKED "0\r\nX : y\r\n\r\n"), 400 },
    { "trailer, folded", BYTES(CHUNKED "0\r\nX: y\r\n z\r\n\r\n"), 400 },
    { "trailer, bare LF", BYTES(CHUNKED "0\r\nX: y\n\r\n"), 400 },
    { "trailer, NUL", BYTES(CHUNKED "0\r\nX: \0\r\n\r\n"), 400 },
    { "trailers without end",
      BYTES(CHUNKED "0\r\nX: " TEN(TEN(TEN("abcde")))), 431 },

    /* 19: a body is consumed whatever the method */
    { "GET with a body", BYTES(GET_A "Content-Length: 5\r\n\r\nabcde" GET_A "\r\n"), 200 },
    { "GET with chunks",
      BYTES(GET_A "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), 200 },
    { "DELETE with a body", BYTES("DELETE / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\na"), 200 },

    /* 20: expectations */
    { "100-continue", BYTES(POST_A "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na"), 200 },
    { "100-continue, no body", BYTES(GET_A "Expect: 100-continue\r\n\r\n"), 200 },
    { "another expectation", BYTES(GET_A "Expect: 200-ok\r\n\r\n"), 417 },
    { "two expectations",
      BYTES(GET_A "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), 417 },
};

enum { STRICTNESS_COUNT = sizeof strictness / sizeof *strictness };
