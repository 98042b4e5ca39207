// What pager and mapper say to each other, and what the pages hold.
#ifndef PAGE_SERVICE_H
#define PAGE_SERVICE_H

#include "pager.h"

/** To the name of a pager: the answer carries a send right to its memory object. */
enum { OBJECT_ASK = 1000, OBJECT_GIVEN = 1100 };

struct ObjectGiven {
  struct PortHeader header; // COMPLEX
  uint32_t count;           // 1
  struct PortDescriptor object;
};

enum { PAGE_WORDS = PAGER_PAGE_BYTES / sizeof(uint64_t) };

/** The word of a page that nobody has written. */
static inline uint64_t word_of(uint64_t page, uint64_t index) {
  uint64_t word = page * PAGE_WORDS + index + 1;
  word ^= word >> 29;
  word *= UINT64_C(0xbf58476d1ce4e5b9);
  return word ^ word >> 32;
}

#endif
