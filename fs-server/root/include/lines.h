// Input in lines of any length, memory that grows with it, and sorting.
#ifndef LINES_H
#define LINES_H

#include "text.h"

/** Bytes that are added at the end; they move when there is no room. */
struct Store {
  char *bytes;
  Size used, room;
};

/** Makes room for so many more bytes. False: there is no memory for them. */
Flag reserve(struct Store *store, Size more);

/** Adds the whole of an open file. 0 or -errno. */
long read_whole(struct Store *store, int fd);

struct Lines {
  int fd;
  Flag ended;
  Size start; // of the next line in the store
  struct Store store;
};

/** The next line without its end: 1, 0 when there is none, or -errno. It is good until the next
    call. A last line without an end is a line, too. */
long next_line(struct Lines *lines, const char **line, Size *length);

/** Sorts by merging: equal ones stay in their order. `spare` has room for as many. */
void sort_pointers(void **items, void **spare, Size count,
                   int (*compare)(const void *left, const void *right));

/** As memcmp over the shorter length, then the shorter first. */
int compare_bytes(const char *left, Size left_length, const char *right, Size right_length);

#endif
