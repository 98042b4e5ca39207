// sleeper COUNT MICROSECONDS: COUNT sleeps, each to an absolute deadline MICROSECONDS after the one
// before; then prints how many nanoseconds later than the last deadline it is. Whoever stops its
// clock, or starts a sleep again from the beginning, is found out.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  long count = atol(argv[1]);
  long ns = atol(argv[2]) * 1000;
  struct timespec at, now;
  clock_gettime(CLOCK_MONOTONIC, &at);
  puts("ready");
  fflush(stdout);
  for (long i = 0; i < count; i++) {
    at.tv_nsec += ns;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, 0)) return 1;
  }
  clock_gettime(CLOCK_MONOTONIC, &now);
  printf("%ld\n", (now.tv_sec - at.tv_sec) * 1000000000 + now.tv_nsec - at.tv_nsec);
  return argc != 3;
}
