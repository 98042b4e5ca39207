// Exercises setjmp and longjmp: out of deep calls, many times, with saved registers (whole and
// floating) that must come back, a value of 0 that becomes 1, and generators that jump to and fro.
#include <setjmp.h>
#include <stdio.h>

static jmp_buf top;
static sigjmp_buf masked;

__attribute__((noinline)) static int dive(int depth, int value) {
  volatile char frame[200];
  frame[depth % 200] = (char)value;
  if (depth == 0) longjmp(top, value);
  return dive(depth - 1, value) + frame[0];
}

__attribute__((noinline)) static double clobber(double seed) {
  double a = seed, b = a + 1, c = b * 2, d = c - 3, e = d / 4, f = e + 5, g = f * 6, h = g - 7;
  for (int round = 0; round < 10; round++)
    a = b + c, b = c + d, c = d + e, d = e + f, e = f + g, f = g + h, g = h * 0.5, h = a * 0.25;
  if (seed > 1e9) return a;
  longjmp(top, 5);
}

static void saved_registers(double x, long n) {
  // Not changed after setjmp, so they must keep their values, wherever the compiler keeps them.
  const double p = x * 1.5, q = x / 3, r = x - 7, s = x * x;
  const long i = n + 1, j = n * 3, k = n ^ 0x55, l = n << 2;
  int value = setjmp(top);
  if (value == 0) clobber(x);
  printf("%d: %.17g %.17g %.17g %.17g %ld %ld %ld %ld\n", value, p, q, r, s, i, j, k, l);
}

int main(void) {
  volatile int caught = 0;
  volatile long sum = 0;
  for (volatile int round = 0; round < 3000; round++) {
    int value = setjmp(top);
    if (value == 0) dive(round % 60, round % 50);
    caught++;
    sum = sum + value;
  }
  printf("caught %d sum %ld\n", caught, sum); // a longjmp with 0 gives 1
  for (int n = 1; n < 5; n++) saved_registers(n * 1.25, n);

  volatile int times = 0;
  int value = sigsetjmp(masked, 1);
  printf("sigsetjmp %d\n", value);
  if (times++ < 5) siglongjmp(masked, times * 10);

  volatile int countdown = 5;
  if (_setjmp(top) < 100) {
    printf("countdown %d\n", countdown);
    if (countdown-- > 0) _longjmp(top, countdown ? countdown : 100);
  }
  return 0;
}
