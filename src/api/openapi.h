/* api/openapi.h: the tables as an OpenAPI 3.1 document, once, at start. */
#pragma once
#include "api/endpoints.h"

/* Appends the document, with the names that FastAPI would give; `out` fails stickily. */
void openapi_write(const struct endpoints *e, struct buf *out);
