// Files beyond reading them from their start: making them, what they are, and what directories hold.
#ifndef FILES_H
#define FILES_H

#include "text.h"

enum { OPEN_WRITE = 1, OPEN_CREATE = 0100, OPEN_EMPTY = 01000, OPEN_APPEND = 02000 };

/** Opens with the OPEN_ flags; a new file has the permissions 0644. */
long open_flagged(const char *path, int flags);

struct FileStatus {
  unsigned int mode;
  Size bytes;
};

enum { KIND_MASK = 0170000, KIND_FIFO = 0010000, KIND_CHARACTER = 0020000, KIND_DIRECTORY = 0040000,
       KIND_FILE = 0100000, KIND_LINK = 0120000 };

/** What the path stands for; `follow` says whether a link at its end is followed. 0 or -errno. */
long status_of(const char *path, Flag follow, struct FileStatus *status);

/** The text of a link, with a zero behind it. Its length or -errno. */
long link_text(const char *path, char *text, Size room);

/** As struct linux_dirent64. */
struct Entry {
  unsigned long inode;
  long next;
  unsigned short bytes;
  unsigned char kind;
  char name[];
};

/** The next entries of an open directory. Their bytes, 0 at its end, or -errno. */
long read_entries(int fd, void *buffer, Size bytes);

#endif
