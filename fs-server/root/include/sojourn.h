// The kernel calls that only this kernel has: their numbers (a7) are negative.
#ifndef SOJOURN_H
#define SOJOURN_H

#include "linux.h"

enum { CALL_HOST_NAME = -1 };

/** Puts the name of the host that runs the caller into `buffer`, without a final zero. Returns its
    length, or a negative errno: any other kernel answers that it has no such call. */
static inline long host_name(char *buffer, Size bytes) {
  return trap(CALL_HOST_NAME, (long)buffer, (long)bytes, 0, 0, 0, 0);
}

#endif
