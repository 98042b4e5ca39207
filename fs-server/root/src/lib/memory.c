// The four memory functions that the compiler takes for granted. Their loops must not be turned
// into calls of themselves.
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#include "text.h"

void *memcpy(void *target, const void *source, Size bytes) {
  char *to = target;
  const char *from = source;
  while (bytes--) *to++ = *from++;
  return target;
}

void *memmove(void *target, const void *source, Size bytes) {
  char *to = target;
  const char *from = source;
  if (to <= from) return memcpy(target, source, bytes);
  while (bytes--) to[bytes] = from[bytes];
  return target;
}

void *memset(void *target, int value, Size bytes) {
  char *to = target;
  while (bytes--) *to++ = (char)value;
  return target;
}

int memcmp(const void *left, const void *right, Size bytes) {
  const unsigned char *a = left, *b = right;
  for (; bytes--; a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}
