/* status.c: one switch; the compiler makes a table of it. */
#include "http/status.h"

struct str http_status_phrase(int status)
{
    switch (status) {
    case 100: return LIT("Continue");
    case 101: return LIT("Switching Protocols");
    case 200: return LIT("OK");
    case 201: return LIT("Created");
    case 202: return LIT("Accepted");
    case 203: return LIT("Non-Authoritative Information");
    case 204: return LIT("No Content");
    case 205: return LIT("Reset Content");
    case 206: return LIT("Partial Content");
    case 300: return LIT("Multiple Choices");
    case 301: return LIT("Moved Permanently");
    case 302: return LIT("Found");
    case 303: return LIT("See Other");
    case 304: return LIT("Not Modified");
    case 307: return LIT("Temporary Redirect");
    case 308: return LIT("Permanent Redirect");
    case 400: return LIT("Bad Request");
    case 401: return LIT("Unauthorized");
    case 402: return LIT("Payment Required");
    case 403: return LIT("Forbidden");
    case 404: return LIT("Not Found");
    case 405: return LIT("Method Not Allowed");
    case 406: return LIT("Not Acceptable");
    case 407: return LIT("Proxy Authentication Required");
    case 408: return LIT("Request Timeout");
    case 409: return LIT("Conflict");
    case 410: return LIT("Gone");
    case 411: return LIT("Length Required");
    case 412: return LIT("Precondition Failed");
    case 413: return LIT("Content Too Large");
    case 414: return LIT("URI Too Long");
    case 415: return LIT("Unsupported Media Type");
    case 416: return LIT("Range Not Satisfiable");
    case 417: return LIT("Expectation Failed");
    case 421: return LIT("Misdirected Request");
    case 422: return LIT("Unprocessable Content");
    case 426: return LIT("Upgrade Required");
    case 428: return LIT("Precondition Required");
    case 429: return LIT("Too Many Requests");
    case 431: return LIT("Request Header Fields Too Large");
    case 500: return LIT("Internal Server Error");
    case 501: return LIT("Not Implemented");
    case 502: return LIT("Bad Gateway");
    case 503: return LIT("Service Unavailable");
    case 504: return LIT("Gateway Timeout");
    case 505: return LIT("HTTP Version Not Supported");
    default: return LIT("Unknown");
    }
}
