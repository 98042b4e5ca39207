// Exercises arithmetic on 128 bits: the compiler's multiplication, division and shifts, a power modulo
// a 64-bit prime with Miller and Rabin's test, Fibonacci's numbers, fixed-point digits of e.
#include <stdint.h>
#include <stdio.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

static void print(u128 value) {
  char digits[40];
  int at = 40;
  do digits[--at] = (char)('0' + (int)(value % 10)); while (value /= 10);
  printf("%.*s", 40 - at, digits + at);
}

static void print_signed(i128 value) {
  if (value < 0) putchar('-');
  print(value < 0 ? -(u128)value : (u128)value);
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus) {
  u128 result = 1, square = base % modulus;
  for (; exponent; exponent >>= 1, square = square * square % modulus)
    if (exponent & 1) result = result * square % modulus;
  return (uint64_t)result;
}

static int is_prime(uint64_t n) {
  static const uint64_t bases[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
  if (n < 2) return 0;
  for (int i = 0; i < 12; i++) if (n % bases[i] == 0) return n == bases[i];
  uint64_t odd = n - 1;
  int twos = 0;
  while (odd % 2 == 0) odd /= 2, twos++;
  for (int i = 0; i < 12; i++) {
    uint64_t x = power(bases[i], odd, n);
    int composite = x != 1 && x != n - 1;
    for (int r = 1; r < twos && composite; r++) composite = (x = (uint64_t)((u128)x * x % n)) != n - 1;
    if (composite) return 0;
  }
  return 1;
}

static void random_operations(void) {
  u128 a = 1, hash = 0;
  long wrong = 0;
  for (int round = 1; round < 6000; round++) {
    a = a * (((u128)0x2360ed051fc65da4UL << 64) | 0x4385df649fccf645UL) + 99991;
    u128 b = (a >> (round % 120)) | 1, quotient = a / b, rest = a % b;
    wrong += quotient * b + rest != a || rest >= b;
    i128 sa = (i128)a, sb = (i128)(b ^ a << 3) | 1;
    wrong += sa / sb * sb + sa % sb != sa;
    hash = (hash ^ quotient ^ (u128)(sa / sb)) * 0x100000001b3UL + (a << round % 128) + (u128)(sa >> round % 128);
  }
  print(hash);
  printf(" wrong %ld\n", wrong);
}

int main(void) {
  u128 older = 0, newer = 1;
  for (int n = 2; n <= 186; n++) { u128 sum = older + newer; older = newer, newer = sum; }
  print(newer), printf("\n");
  print(~(u128)0), printf(" ");
  print_signed((i128)1 << 127), printf(" ");
  print_signed(-(i128)12345678901234567890UL * 1000), printf("\n");
  random_operations();
  int count = 0;
  for (uint64_t n = 0xffffffffffffffffUL; count < 5; n -= 2) if (is_prime(n)) printf("%lu ", n), count++;
  printf("\n%d\n", is_prime(3825123056546413051UL)); // a strong pseudoprime to nine bases
  u128 term = (u128)1 << 120, e = 0;
  for (unsigned n = 1; term; term /= n++) e += term;
  for (int digit = 0; digit < 34; digit++) {
    printf("%d", (int)(e >> 120));
    e = (e & (((u128)1 << 120) - 1)) * 10;
  }
  double as_double = (double)newer;
  printf("\n%.17g %.9g %lu\n", as_double, (float)older, (uint64_t)(u128)1e19);
  print((u128)as_double), printf("\n");
  print_signed((i128)-1e30), printf("\n");
  return 0;
}
