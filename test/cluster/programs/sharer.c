// sharer FILE WHO OF ROUNDS: one of OF programs that take turns in memory that they share, FILE mapped.
// Each turn reads what the last one wrote on every page, and writes its own; WHO says whose turn is whose.
// Memory of its own has to survive as well. Prints `WHO ok SUM`, or what is wrong.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 8, OWN = 30, WORDS = 4096 / sizeof(long) };

static long own[OWN][WORDS];

static long of_turn(long turn, int page) { return turn * 31 + page + 1; }

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  long who = atol(argv[2]), of = atol(argv[3]), turns = atol(argv[4]) * of;
  int fd = open(argv[1], O_CREAT | O_RDWR, 0600);
  if (fd < 0 || ftruncate(fd, (PAGES + 1) * 4096)) return 3;
  volatile long *shared =
      mmap(0, (PAGES + 1) * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) return 4;
  for (int page = 0; page < OWN; page++) own[page][7] = page * 1000 + who;
  puts("ready");
  fflush(stdout);
  unsigned long sum = 0;
  for (long turn = who; turn < turns; turn += of) {
    while (__atomic_load_n(&shared[0], __ATOMIC_SEQ_CST) != turn) {
      struct timespec nap = {0, 200000};
      nanosleep(&nap, 0);
    }
    for (int page = 0; page < PAGES; page++) {
      volatile long *word = &shared[(page + 1) * WORDS];
      long before = turn == 0 ? 0 : of_turn(turn - 1, page);
      if (*word != before) {
        printf("%ld: turn %ld, page %d is %ld, not %ld\n", who, turn, page, *word, before);
        return 1;
      }
      *word = of_turn(turn, page);
      sum += (unsigned long)before;
    }
    own[turn % OWN][9] += turn;
    __atomic_store_n(&shared[0], turn + 1, __ATOMIC_SEQ_CST);
  }
  for (int page = 0; page < OWN; page++) {
    if (own[page][7] != page * 1000 + who) return 5;
    sum += (unsigned long)own[page][9];
  }
  printf("%ld ok %lu\n", who, sum);
  return 0;
}
