// Carries out a history of memory operations that it reads, a line each, and prints what came of each: the
// result or errno, signal, code and place of a fault, and checksums of all pages that can be seen.
//
//   m at length protection flags fd offset   mmap; without a fixed place what came is moved to the annex
//   u at length            munmap            p at length protection   mprotect
//   r at old new flags to  mremap            d at length advice       madvise
//   s at length flags      msync             c at length              mincore, its result only
//   b change               brk               L                        looks at everything
//   R at   W at value   S at count value     reads a byte, writes one, writes many
//   M at value             writes a byte; a handler mends what is wrong, and the write is made again
//   X at                   puts a function there and calls it
//   t fd size   w fd offset count value   g fd offset count   k fd    ftruncate, pwrite, pread, the whole file
//   i fd offset count at   o fd offset count at                       pread into a mapping, pwrite from it
//   x fd                   unlinks the file of fd, closes it, and makes a new one under its name
//
// Its argument is how many pages of its own it writes to before each operation: where memory is short, they
// drive all others out of it. Places are bytes from the arena's start; fds 0 to 5 are two files, each opened to read and write, to
// read, and to write. What no Linux promises, or qemu does in its own way, is not asked: mremap of two
// neighbours or holes, whether what may move does, protection and advice of what is not mapped, transfers
// with a buffer of which only a part is there, or that is a mapping of the same file.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 40, ANNEX = 48, ALL = 64 };
static char *const arena = (char *)0x2000000000;

/** Of each page: which mapping it belongs to, 0 for none, and which file, 1 or 2, it is of. */
static int owners[ALL], file_of[ALL], next_owner = 1;
static int fds[6];
static char names[2][32];
static char *heap_start, *heap_end;

static sigjmp_buf back;
static volatile int caught, caught_code, mending, mended;
static char *volatile caught_at;
static char bytes[64 * PAGE], input[1 << 20];

static void handle(int signal, siginfo_t *info, void *context) {
  caught = signal, caught_code = info->si_code, caught_at = info->si_addr;
  if (!mending || ++mended > 3) siglongjmp(back, 1);
  char *page = (char *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
  long at = (page - arena) / PAGE;
  if (at >= 0 && at < ALL) owners[at] = next_owner++;
  if (signal == SIGSEGV && info->si_code == SEGV_ACCERR && mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0) return;
  mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (at >= 0 && at < ALL) file_of[at] = 0;
}

static void note_fault(void) { printf(" signal %d code %d at %ld", caught, caught_code, caught_at - arena); }

static uint32_t sum_of(const volatile uint64_t *words, long count) {
  uint64_t sum = 7;
  for (long at = 0; at < count; at++) sum = (sum ^ words[at]) * 0x9e3779b97f4a7c15u + (sum >> 29);
  return (uint32_t)(sum >> 32) ^ (uint32_t)sum;
}

static void own(char *from, long length, int owner) {
  long first = (from - arena) / PAGE;
  for (long at = first; at < first + (length + PAGE - 1) / PAGE; at++)
    if (at >= 0 && at < ALL) owners[at] = owner;
}

static void of_file(char *from, long length, int file) {
  long first = (from - arena) / PAGE;
  for (long at = first; at < first + (length + PAGE - 1) / PAGE; at++)
    if (at >= 0 && at < ALL) file_of[at] = file;
}

static int owner_of(long page) { return page >= 0 && page < ALL ? owners[page] : 0; }

static int error_of(long result) { return result == -1 ? errno : 0; }

/** Whether all of the range is mapped, or even by one mapping. */
static int is_whole(const long *a, int by_one) {
  for (long at = a[0] / PAGE; at < (a[0] + a[1] + PAGE - 1) / PAGE; at++)
    if (owner_of(at) == 0 || (by_one && owner_of(at) != owner_of(a[0] / PAGE))) return 0;
  return 1;
}

static void look(void) {
  static volatile int at;
  char text[ALL * 9 + 1], *volatile end = text;
  for (at = 0; at < ALL; at++) {
    if (sigsetjmp(back, 1) == 0) end += sprintf(end, " %08x", sum_of((uint64_t *)(arena + at * PAGE), PAGE / 8));
    else end += sprintf(end, " %s", caught == SIGBUS ? "bus" : caught_code == SEGV_MAPERR ? "." : "-");
  }
  printf("%s; heap %ld %08x", text, heap_end - heap_start, sum_of((uint64_t *)heap_start, (heap_end - heap_start) / 8));
}

/** A mapping that came to lie anywhere: to the annex, so that it is looked at like all others. */
static void to_annex(char *came, long length, int file) {
  char *annex = arena + ANNEX * PAGE;
  long count = (length + PAGE - 1) / PAGE * PAGE;
  munmap(annex, (ALL - ANNEX) * PAGE);
  own(annex, (ALL - ANNEX) * PAGE, 0);
  if (count > (ALL - ANNEX) * PAGE) {
    munmap(came, count);
    return;
  }
  if (mremap(came, count, count, MREMAP_MAYMOVE | MREMAP_FIXED, annex) != annex) printf(" not moved %d", errno);
  own(annex, count, next_owner++);
  of_file(annex, count, file);
}

static void map(const long *a) {
  char *wanted = a[0] == -1 ? NULL : arena + a[0];
  int fd = a[4] < 0 ? (int)a[4] : fds[a[4]], file = a[4] < 0 ? 0 : 1 + a[4] / 3;
  char *came = mmap(wanted, a[1], (int)a[2], (int)a[3], fd, a[5]);
  if (came == MAP_FAILED) printf(" error %d", errno);
  else if (came == wanted) own(wanted, a[1], next_owner++), of_file(wanted, a[1], file), printf(" there");
  else printf(" elsewhere"), to_annex(came, a[1], file);
}

static void remap(const long *a) {
  if (!is_whole(a, 1)) {
    printf(" not whole");
    return;
  }
  int owner = owner_of(a[0] / PAGE), file = owner ? file_of[a[0] / PAGE] : 0;
  char *came = mremap(arena + a[0], a[1], a[2], (int)a[3], arena + a[4]);
  if (came == MAP_FAILED) {
    printf(" error %d", errno);
    return;
  }
  own(arena + a[0], a[1], 0);
  if (a[3] == MREMAP_MAYMOVE) printf(" there or elsewhere"), to_annex(came, a[2], file);
  else own(came, a[2], a[3] == 0 ? owner : next_owner++), of_file(came, a[2], file), printf(" at %ld", came - arena);
}

/** After an error in the middle qemu believes in the old protection, and some writes never end. */
static void protect(const long *a) {
  if (!is_whole(a, (a[2] & PROT_WRITE) != 0)) printf(" not whole");
  else if (mprotect(arena + a[0], a[1], (int)a[2]) == 0) own(arena + a[0], a[1], next_owner++), printf(" done");
  else printf(" error %d", errno);
}

static void advise(const long *a) {
  if (!is_whole(a, 0)) printf(" not whole");
  else printf(" error %d", error_of(madvise(arena + a[0], a[1], (int)a[2])));
}

static void change_heap(long change) {
  char *end = (char *)syscall(SYS_brk, heap_end + change);
  printf(" heap %ld", end - heap_start);
  if (end > heap_end) printf(" new %08x", sum_of((uint64_t *)heap_end, (end - heap_end) / 8)), end[-1] = (char)change;
  heap_end = end;
}

static void touch(char kind, const long *a) {
  volatile char *place = arena + a[0];
  mended = 0, mending = kind == 'M', caught = 0;
  if (sigsetjmp(back, 1) == 0) {
    if (kind == 'R') printf(" %d", *place);
    else if (kind != 'S') *place = (char)a[1];
    else for (volatile long at = 0; at < a[1]; at++) place[at] = (char)(a[2] + at);
  }
  mending = 0;
  if (caught) note_fault();
  if (kind == 'M') printf(" mended %d", mended);
}

static void execute(const long *a) {
  volatile uint16_t *place = (uint16_t *)(arena + a[0]);
  caught = 0;
  if (sigsetjmp(back, 1) == 0) {
    place[0] = 0x451d, place[1] = 0x8082; // li a0,7; ret
    __builtin___clear_cache((char *)place, (char *)place + 4);
    printf(" gives %d", ((int (*)(int))place)(3));
  }
  if (caught) note_fault();
}

/** 0: nothing of it can be touched, 1: all, 2: a part. */
static int reachable(char *from, long count, int write) {
  static volatile long good, bad;
  static char *volatile at;
  good = bad = 0;
  for (at = from; at < from + count; at = (char *)((uintptr_t)(at + PAGE) & ~(uintptr_t)(PAGE - 1))) {
    if (sigsetjmp(back, 1) == 0) {
      if (write) *(volatile char *)at = *(volatile char *)at;
      else (void)*(volatile char *)at;
      good++;
    } else bad++;
  }
  return bad == 0 ? 1 : good == 0 ? 0 : 2;
}

static void transfer(char kind, const long *a) {
  char *place = arena + a[3];
  int reach = reachable(place, a[2], kind == 'i'), same = 0;
  for (long at = a[3] / PAGE; at <= (a[3] + a[2]) / PAGE; at++) same |= owner_of(at) && file_of[at] == 1 + a[0] / 3;
  if (reach == 2 || same) {
    printf(same ? " into itself" : " a part");
    return;
  }
  // A write of nothing that can be had makes some file systems longer: it is made at their start.
  long count = kind == 'i' ? pread(fds[a[0]], place, a[2], a[1]) : pwrite(fds[a[0]], place, a[2], reach ? a[1] : 0);
  if (reach == 0) printf(count > 0 ? " done" : " not done"); // which of two errors is qemu's choice
  else printf(" %ld error %d", count, error_of(count));
}

static uint32_t sum_of_bytes(long count) {
  memset(bytes + count, 0, 8);
  return sum_of((uint64_t *)bytes, (count + 7) / 8);
}

static void file(char kind, const long *a) {
  int fd = fds[a[0]];
  long count = 0;
  struct stat status = {0};
  switch (kind) {
  case 't':
    printf(" error %d", error_of(ftruncate(fd, a[1])));
    return;
  case 'w':
    for (long at = 0; at < a[2]; at++) bytes[at] = (char)(a[3] + at * 3);
    count = pwrite(fd, bytes, a[2], a[1]);
    printf(" %ld error %d", count, error_of(count));
    return;
  case 'g':
    count = pread(fd, bytes, a[2], a[1]);
    printf(" %ld error %d sum %08x", count, error_of(count), count < 0 ? 0 : sum_of_bytes(count));
    return;
  case 'k':
    fstat(fd, &status);
    count = pread(fds[a[0] / 3 * 3], bytes, sizeof bytes - 8, 0);
    printf(" size %ld links %d sum %08x", (long)status.st_size, (int)status.st_nlink, sum_of_bytes(count));
    return;
  }
}

static void open_files(int which) {
  static const int ways[] = {O_RDWR | O_CREAT | O_EXCL, O_RDONLY, O_WRONLY};
  for (int way = 0; way < 3; way++) fds[which * 3 + way] = open(names[which], ways[way], 0600);
}

static void replace(const long *a) {
  int which = a[0] / 3;
  printf(" error %d", error_of(unlink(names[which])));
  for (int way = 0; way < 3; way++) close(fds[which * 3 + way]);
  open_files(which);
}

static void perform(char kind, const long *a) {
  unsigned char residence[ALL * 2];
  switch (kind) {
  case 'm': map(a); return;
  case 'u':
    if (munmap(arena + a[0], a[1]) == 0) own(arena + a[0], a[1], 0), printf(" done");
    else printf(" error %d", errno);
    return;
  case 'p': protect(a); return;
  case 'r': remap(a); return;
  case 'd': advise(a); return;
  case 's': printf(" error %d", error_of(msync(arena + a[0], a[1], (int)a[2]))); return;
  case 'c':
    if (reachable(arena + a[0], a[1], 0) != 1) printf(" not whole");
    else printf(" error %d", error_of(mincore(arena + a[0], a[1], residence)));
    return;
  case 'b': change_heap(a[0]); return;
  case 'L': look(); return;
  case 'X': execute(a); return;
  case 'i': case 'o': transfer(kind, a); return;
  case 'x': replace(a); return;
  case 't': case 'w': case 'g': case 'k': file(kind, a); return;
  default: touch(kind, a);
  }
}

int main(int count, char **arguments) {
  static char others[512 * PAGE], output[1 << 16];
  setvbuf(stdout, output, _IOFBF, sizeof output);
  struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL), sigaction(SIGBUS, &action, NULL);
  heap_start = heap_end = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
  syscall(SYS_brk, heap_start);
  for (int which = 0; which < 2; which++) {
    sprintf(names[which], "history-%d", which);
    open_files(which);
  }
  long total = 0;
  for (long got; (got = read(0, input + total, sizeof input - 1 - total)) > 0;) total += got;
  int number = 0;
  for (char *line = strtok(input, "\n"); line; line = strtok(NULL, "\n")) {
    long a[6] = {0};
    char *at = line + 1;
    for (int page = count > 1 ? atoi(arguments[1]) : 0; page-- > 0;) others[page * PAGE]++;
    for (int word = 0; word < 6; word++) a[word] = strtol(at, &at, 10);
    printf("%d %s:", ++number, line);
    perform(*line, a);
    printf("\n");
  }
  look();
  printf("\n");
  for (int which = 0; which < 2; which++) unlink(names[which]);
}
