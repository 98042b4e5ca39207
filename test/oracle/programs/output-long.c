// Exercises long output: a megabyte in writes of 13 bytes, in one write, in writev pieces, and twenty
// thousand lines through stdio with each kind of buffering.
// args: small
// args: large
// args: vector
// args: lines
// args: unbuffered
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BYTES = 1 << 20, PIECE_BYTES = 13 };

static char all[BYTES];

static void fill(void) {
  for (int at = 0; at < BYTES; at++) all[at] = at % 64 == 63 ? '\n' : (char)(' ' + (at * 7 + at / 64) % 95);
}

static void write_whole(const char *bytes, size_t count) {
  while (count) {
    ssize_t written = write(1, bytes, count);
    if (written < 0) exit(1);
    bytes += written, count -= (size_t)written;
  }
}

static void in_vectors(void) {
  for (int at = 0; at < BYTES; at += 4096) {
    struct iovec parts[5] = {{all + at, 1}, {all + at + 1, 0}, {all + at + 1, 1000}, {all + at + 1001, 3000},
                             {all + at + 4001, 95}};
    if (writev(1, parts, 5) != 4096) exit(1);
  }
}

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "";
  fill();
  if (!strcmp(way, "small"))
    for (int at = 0; at < BYTES; at += PIECE_BYTES)
      write_whole(all + at, at + PIECE_BYTES < BYTES ? PIECE_BYTES : (size_t)(BYTES - at));
  else if (!strcmp(way, "large")) write_whole(all, BYTES);
  else if (!strcmp(way, "vector")) in_vectors();
  else if (!strcmp(way, "lines"))
    for (int line = 1; line <= 20000; line++) printf("line %d of 20000, %x %s\n", line, line * 77, "text");
  else {
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int line = 1; line <= 1000; line++) printf("%d, ", line), puts("unbuffered");
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int line = 1; line <= 1000; line++) printf("%d, ", line), puts("by the line");
    fprintf(stderr, "and a word on standard error\n");
  }
  return 0;
}
