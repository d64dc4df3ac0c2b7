/* postern.h: everything that a program on libpostern needs. */
#pragma once
#include "api/api.h"
#include "api/password_form.h"
#include "schema/email.h"
#include "schema/schema.h"
#include "service/credentials.h"
#include "service/service.h"
#include "store/store.h"
