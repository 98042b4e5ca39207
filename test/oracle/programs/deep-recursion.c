// Exercises the stack: five megabytes of it by recursion with large and small frames, alloca, mutual
// recursion, and the Ackermann and Takeuchi functions.
#include <alloca.h>
#include <stdio.h>
#include <string.h>

static volatile int zero;

__attribute__((noinline)) static unsigned long large_frames(int depth, unsigned long sum) {
  volatile unsigned char frame[4096];
  for (int at = 0; at < 4096; at += 512) frame[at] = (unsigned char)(depth + at);
  if (depth == 0) return sum;
  unsigned long below = large_frames(depth - 1, sum * 31 + frame[1024]);
  return below ^ (unsigned long)frame[2048] << (depth % 56);
}

__attribute__((noinline)) static unsigned long small_frames(int depth) {
  if (depth == 0) return 1;
  return small_frames(depth - 1) * 3 + (unsigned long)depth + (unsigned long)zero;
}

__attribute__((noinline)) static unsigned long with_alloca(int depth) {
  size_t bytes = 100 + (size_t)depth * 7 % 900;
  char *room = alloca(bytes);
  memset(room, depth, bytes);
  unsigned long below = depth ? with_alloca(depth - 1) : 0;
  return below * 17 + (unsigned char)room[bytes - 1];
}

static int is_odd(int number);
__attribute__((noinline)) static int is_even(int number) {
  int result = number == 0 ? 1 : is_odd(number - 1);
  return result + zero;
}
__attribute__((noinline)) static int is_odd(int number) {
  int result = number == 0 ? 0 : is_even(number - 1);
  return result + zero;
}

static unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int takeuchi(int x, int y, int z) {
  if (y >= x) return z;
  return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(void) {
  printf("%lx\n", large_frames(1250, 7));
  printf("%lx\n", small_frames(100000));
  printf("%lx\n", with_alloca(6000));
  printf("%d %d\n", is_even(60000), is_odd(60000));
  printf("%u %d\n", ackermann(2, 300) + ackermann(3, 6), takeuchi(14, 8, 2));
  printf("%lx\n", large_frames(1250, 7)); // the same stack, now with old bytes in it
  return 0;
}
