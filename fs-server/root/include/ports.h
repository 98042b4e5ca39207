// What programs that use ports have in common.
#ifndef PORTS_H
#define PORTS_H

#include "sojourn.h"

/** What the result of a call on ports means, in a few words. */
const char *port_error_text(long result);

/** Complains that `what` failed with `result`, unless that is 0; leaves with status 1. */
void expect_done(const char *program, const char *what, long result);

#endif
