/* http/status.h: the phrases of status codes (RFC 9110 section 15).  Pure, any thread. */
#pragma once
#include "base/str.h"

/* "Not Found" for 404; "Unknown" for what has none. */
struct str http_status_phrase(int status);
