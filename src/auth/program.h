/* auth/program.h: the postern service as a constant. */
#pragma once
#include "service/service.h"

extern const struct program postern_program;
