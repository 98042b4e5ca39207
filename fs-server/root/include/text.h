// Strings and numbers for programs without a C library.
#ifndef TEXT_H
#define TEXT_H

#include "linux.h"

typedef _Bool Flag;

Size text_length(const char *text);
Flag text_equal(const char *left, const char *right);

/** Reads a whole decimal number below 2^63. False, with `*value` untouched, for anything else. */
Flag parse_number(const char *text, unsigned long *value);

/** Reads a number with an optional fraction and a unit `ns us ms s`, as in `1.5ms`. False for
    anything else, and for what is not a whole number of nanoseconds. */
Flag parse_duration(const char *text, struct Timespec *value);

enum { NUMBER_TEXT_MAX = 20 };

/** Writes `value` in decimal and returns the count of digits, at most NUMBER_TEXT_MAX. */
Size format_number(unsigned long value, char *digits);

// The compiler may call these for loops and assignments that it recognises.
void *memcpy(void *target, const void *source, Size bytes);
void *memmove(void *target, const void *source, Size bytes);
void *memset(void *target, int value, Size bytes);
int memcmp(const void *left, const void *right, Size bytes);

#endif
