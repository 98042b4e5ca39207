// Strings, and numbers to and from decimal.
#include "text.h"

#define NUMBER_MAX 0x7fffffffffffffffUL

static Flag is_digit(char c) { return c >= '0' && c <= '9'; }

Size text_length(const char *text) {
  Size length = 0;
  while (text[length]) length++;
  return length;
}

Flag text_equal(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return *left == *right;
}

// value * factor + more, or false if that passes NUMBER_MAX.
static Flag scale(unsigned long *value, unsigned long factor, unsigned long more) {
  if (*value > (NUMBER_MAX - more) / factor) return 0;
  *value = *value * factor + more;
  return 1;
}

Flag parse_number(const char *text, unsigned long *value) {
  unsigned long result = 0;
  if (!*text) return 0;
  for (; *text; text++)
    if (!is_digit(*text) || !scale(&result, 10, (unsigned long)(*text - '0'))) return 0;
  *value = result;
  return 1;
}

static unsigned long nanoseconds_in(const char *unit) {
  if (text_equal(unit, "ns")) return 1;
  if (text_equal(unit, "us")) return 1000;
  if (text_equal(unit, "ms")) return 1000000;
  if (text_equal(unit, "s")) return 1000000000;
  return 0;
}

static const char *after_digits(const char *text) {
  while (is_digit(*text)) text++;
  return text;
}

Flag parse_duration(const char *text, struct Timespec *value) {
  const char *point = after_digits(text);
  const char *unit = *point == '.' ? after_digits(point + 1) : point;
  unsigned long place = nanoseconds_in(unit);
  unsigned long result = 0;
  if (!place || !is_digit(*text) || (*point == '.' && point + 1 == unit)) return 0;

  for (const char *digit = text; digit < point; digit++)
    if (!scale(&result, 10, (unsigned long)(*digit - '0'))) return 0;
  if (!scale(&result, place, 0)) return 0;
  for (const char *digit = point + 1; digit < unit; digit++) {
    unsigned long amount = (unsigned long)(*digit - '0');
    if (amount && place % 10) return 0; // finer than a nanosecond
    place /= 10;
    if (!scale(&result, 1, amount * place)) return 0;
  }
  value->seconds = (long)(result / 1000000000);
  value->nanoseconds = (long)(result % 1000000000);
  return 1;
}

Size format_number(unsigned long value, char *digits) {
  char backwards[NUMBER_TEXT_MAX];
  Size count = 0;
  do backwards[count++] = (char)('0' + value % 10);
  while (value /= 10);
  for (Size index = 0; index < count; index++) digits[index] = backwards[count - 1 - index];
  return count;
}
