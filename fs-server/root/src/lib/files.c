// The Linux calls on files that ls and tee need.
#include "files.h"

enum {
  CALL_OPENAT = 56,
  CALL_GETDENTS64 = 61,
  CALL_READLINKAT = 78,
  CALL_NEWFSTATAT = 79,
};

enum { CURRENT_FOLDER = -100, NO_FOLLOW = 0x100, NEW_FILE_MODE = 0644 };

// struct stat of asm-generic, as far as it is looked at.
struct KernelStatus {
  unsigned long device, inode;
  unsigned int mode, links, user, group;
  unsigned long special, pad;
  long bytes;
  unsigned char rest[72];
};
_Static_assert(sizeof(struct KernelStatus) == 128, "as the kernel writes it");

long open_flagged(const char *path, int flags) {
  return trap(CALL_OPENAT, CURRENT_FOLDER, (long)path, flags, NEW_FILE_MODE, 0, 0);
}

long status_of(const char *path, Flag follow, struct FileStatus *status) {
  struct KernelStatus raw;
  long result = trap(CALL_NEWFSTATAT, CURRENT_FOLDER, (long)path, (long)&raw,
                     follow ? 0 : NO_FOLLOW, 0, 0);
  if (result < 0) return result;
  status->mode = raw.mode;
  status->bytes = (Size)raw.bytes;
  return 0;
}

long link_text(const char *path, char *text, Size room) {
  long result = trap(CALL_READLINKAT, CURRENT_FOLDER, (long)path, (long)text, (long)room - 1, 0, 0);
  if (result >= 0) text[result] = 0;
  return result;
}

long read_entries(int fd, void *buffer, Size bytes) {
  return trap(CALL_GETDENTS64, fd, (long)buffer, (long)bytes, 0, 0, 0);
}
