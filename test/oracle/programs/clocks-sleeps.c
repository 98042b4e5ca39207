// Exercises clocks and sleeps: time never goes back, a sleep lasts at least what was asked, absolute
// and relative, and bad requests are refused. It prints verdicts only.
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) != 0) return -1;
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static const char *verdict(int good) { return good ? "yes" : "NO"; }

static void never_back(clockid_t clock, const char *name) {
  long last = now(clock), back = 0;
  for (int reading = 0; reading < 3000; reading++) {
    long next = now(clock);
    back += next < last;
    last = next;
  }
  printf("%s never goes back: %s\n", name, verdict(last > 0 && back == 0));
}

static void sleeps(void) {
  static const long wanted[] = {0, 1, 1000, 1000000, 20000000};
  for (int way = 0; way < 3; way++)
    for (int index = 0; index < 5; index++) {
      struct timespec request = {0, wanted[index]}, rest = {77, 77};
      long before = now(CLOCK_MONOTONIC);
      int result = way == 0   ? nanosleep(&request, &rest)
                   : way == 1 ? (int)syscall(SYS_nanosleep, &request, &rest)
                              : clock_nanosleep(CLOCK_REALTIME, 0, &request, &rest);
      long took = now(CLOCK_MONOTONIC) - before;
      printf("way %d, %ld ns: returns %d, long enough %s, rest untouched %s\n", way, wanted[index], result,
             verdict(took >= wanted[index]), verdict(rest.tv_sec == 77));
    }
}

static void until(void) {
  long deadline = now(CLOCK_MONOTONIC) + 15000000;
  struct timespec at = {deadline / 1000000000, deadline % 1000000000}, past = {0, 1};
  int result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
  printf("until: %d, reached %s\n", result, verdict(now(CLOCK_MONOTONIC) >= deadline));
  printf("until what is past: %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL));
}

static void refusals(void) {
  struct timespec too_many = {0, 1000000000}, negative = {-1, 0}, time;
  printf("%d ", nanosleep(&too_many, NULL) == -1 && errno == EINVAL);
  printf("%d ", nanosleep(&negative, NULL) == -1 && errno == EINVAL);
  printf("%d ", clock_nanosleep(CLOCK_MONOTONIC, 0, &too_many, NULL) == EINVAL);
  printf("%d\n", clock_gettime(77, &time) == -1 && errno == EINVAL);
}

int main(void) {
  never_back(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");
  never_back(CLOCK_REALTIME, "CLOCK_REALTIME");
  never_back(CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW");
  never_back(CLOCK_BOOTTIME, "CLOCK_BOOTTIME");
  sleeps();
  until();
  refusals();
  printf("after 2020: %s\n", verdict(time(NULL) > 1577836800));
  unsigned long ticks[2];
  __asm__ volatile("rdtime %0" : "=r"(ticks[0]));
  usleep(2000);
  __asm__ volatile("rdtime %0" : "=r"(ticks[1]));
  printf("rdtime goes on: %s\n", verdict(ticks[1] > ticks[0]));
  return 0;
}
