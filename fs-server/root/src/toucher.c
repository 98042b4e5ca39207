// toucher IMAGE DIRTY WORKING-SET [ROUNDS]: a task whose memory has known parts, to be moved.
//
// Maps a file of IMAGE bytes privately, /tmp/toucher-BYTES, which it makes if there is none, and reads
// all of it: clean pages. Writes the first DIRTY bytes once and prints `ready`. Then it reads and
// writes the first WORKING-SET bytes, ROUNDS times, and prints a hash of them. A word that was not
// what an unmoved program would find changes the hash.
#include "files.h"
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE =
    "toucher IMAGE DIRTY WORKING-SET [ROUNDS]   (sizes as 4096B, 64KiB, 4MiB, 1GiB)";

enum { PAGE_BYTES = 4096, CHUNK_BYTES = 65536, ROUNDS_DEFAULT = 200, DIGITS = 16 };
enum { CALL_MMAP = 222, PROTECT_READ = 1, PROTECT_WRITE = 2, MAP_PRIVATE = 2 };

static struct Output output = {.fd = STANDARD_OUTPUT};
static unsigned long chunk[CHUNK_BYTES / sizeof(long)];

// A whole number with its unit, in whole pages. False for anything else.
static Flag parse_size(const char *text, Size *bytes) {
  static const struct { const char *unit; int shift; } units[] = {
      {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
  Size value = 0;
  Size at = 0;
  for (; text[at] >= '0' && text[at] <= '9' && at < 10; at++) value = value * 10 + (text[at] - '0');
  for (Size index = 0; at > 0 && index < sizeof units / sizeof *units; index++) {
    if (!text_equal(text + at, units[index].unit)) continue;
    *bytes = value << units[index].shift;
    return *bytes % PAGE_BYTES == 0;
  }
  return 0;
}

static unsigned long mixed(unsigned long word) {
  word ^= word >> 29;
  word *= 0xbf58476d1ce4e5b9UL;
  return word ^ word >> 32;
}

static __attribute__((noreturn)) void fail(const char *what, long error) {
  complain("toucher", what, error_text(-error));
  leave(1);
}

static void make_file(const char *path, Size bytes) {
  long file = open_flagged(path, OPEN_WRITE | OPEN_CREATE | OPEN_EMPTY);
  if (file < 0) fail(path, file);
  for (Size done = 0; done < bytes;) {
    Size count = bytes - done < CHUNK_BYTES ? bytes - done : CHUNK_BYTES;
    for (Size at = 0; at < count / sizeof(long); at++) chunk[at] = mixed(done + at * sizeof(long) + 1);
    long error = write_all((int)file, chunk, count);
    if (error < 0) fail(path, error);
    done += count;
  }
  close_file((int)file);
}

static unsigned long *map_file(const char *path, Size bytes) {
  struct FileStatus status;
  if (status_of(path, 1, &status) < 0 || status.bytes != bytes) make_file(path, bytes);
  long file = open_read_only(path);
  if (file < 0) fail(path, file);
  long image = trap(CALL_MMAP, 0, (long)bytes, PROTECT_READ | PROTECT_WRITE, MAP_PRIVATE, file, 0);
  if (image < 0 && image > -PAGE_BYTES) fail("mapping its file", image);
  close_file((int)file);
  return (unsigned long *)image;
}

static unsigned long hash_of(const unsigned long *words, Size bytes, Size step) {
  unsigned long hash = 0x9e3779b97f4a7c15UL;
  for (Size at = 0; at < bytes / sizeof(long); at += step) hash = mixed(hash ^ words[at]);
  return hash;
}

static void touch(unsigned long *words, Size bytes, unsigned long round) {
  for (Size at = 0; at < bytes / sizeof(long); at++) words[at] = words[at] * 5 + round;
}

static void put_hash(unsigned long hash) {
  char digits[DIGITS];
  for (int at = 0; at < DIGITS; at++) digits[at] = "0123456789abcdef"[hash >> (60 - 4 * at) & 15];
  put_bytes(&output, digits, DIGITS);
  put_text(&output, "\n");
}

int main(int argc, char **argv) {
  Size image, dirty, working;
  unsigned long rounds = ROUNDS_DEFAULT;
  if (argc < 4 || argc > 5) misused("toucher", "three or four operands are needed", USAGE);
  if (!parse_size(argv[1], &image) || !parse_size(argv[2], &dirty) || !parse_size(argv[3], &working))
    misused("toucher", "a size is not a whole number of pages", USAGE);
  if (image == 0 || dirty > image || working > image)
    misused("toucher", "no part can be larger than the image", USAGE);
  if (argc == 5 && !parse_number(argv[4], &rounds))
    misused("toucher", "ROUNDS is not a whole number", USAGE);

  char path[sizeof "/tmp/toucher-" + NUMBER_TEXT_MAX] = "/tmp/toucher-";
  path[sizeof "/tmp/toucher-" - 1 + format_number(image, path + sizeof "/tmp/toucher-" - 1)] = 0;
  unsigned long *words = map_file(path, image);
  unsigned long seen = hash_of(words, image, PAGE_BYTES / sizeof(long));
  for (Size at = 0; at < dirty / sizeof(long); at += PAGE_BYTES / sizeof(long)) words[at] ^= seen;
  put_text(&output, "ready\n");
  flush(&output);
  for (unsigned long round = 1; round <= rounds; round++) touch(words, working, round);
  put_hash(hash_of(words, working, 1));
  finish("toucher", &output, 0);
}
