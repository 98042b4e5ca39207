// heirs CHILDREN ROUNDS [leave]: children that share no memory with their parent, only what was there when they
// were made. Each adds up its copy, page by page, writing as it goes, and says so in a file that all of
// them have open: the offset is common. Prints how many were right; `leave`: ends before they do.
#include <fcntl.h>
#include <sojourn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 4096 / sizeof(long), PAGES = 60, MAX = 16, LINE = 8 };

static long pages[PAGES][WORDS];
static char stacks[MAX][16384] __attribute__((aligned(16)));
static long rounds;
static int file;

static void nap(long microseconds) {
  struct timespec time = {0, microseconds * 1000};
  nanosleep(&time, 0);
}

/** Right if every page was as the parent left it, and then as this task did. */
static int right(long who) {
  for (long round = 0; round < rounds; round++) {
    for (long page = 0; page < PAGES; page++) {
      long *word = &pages[page][page * 3];
      long wanted = round == 0 ? page * page : page * who + round - 1;
      if (*word != wanted) return 0;
      *word = page * who + round;
    }
    nap(700);
  }
  return 1;
}

static void live(void *argument) {
  long who = (long)argument;
  const char *line = right(who) ? "right..\n" : "WRONG..\n";
  _exit(write(file, line, LINE) == LINE ? 0 : 1);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long children = atol(argv[1]);
  rounds = atol(argv[2]);
  if (children > MAX) return 2;
  char path[32], text[MAX * LINE];
  snprintf(path, sizeof path, "/tmp/heirs-%d", (int)getpid());
  file = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
  if (file < 0) return 3;
  for (long page = 0; page < PAGES; page++) pages[page][page * 3] = page * page;
  for (long who = 0; who < children; who++) {
    if (task_create(live, stacks[who] + sizeof stacks[who], (void *)(who + 1)) <= 0) return 4;
  }
  if (argc > 3) return 7;
  if (!right(children + 1)) return 5;
  while (lseek(file, 0, SEEK_CUR) < children * LINE) nap(2000);
  long size = pread(file, text, sizeof text, 0), count = 0;
  for (long at = 0; at < size; at += LINE) count += memcmp(text + at, "right", 5) == 0;
  printf("%ld of %ld\n", count, children);
  return unlink(path);
}
