// Exercises the calling convention: structures of all sizes and kinds by value and as results, many
// arguments (whole, floating, mixed, on the stack), variadic functions, function pointers, bit fields.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KEEP __attribute__((noinline, noclone))

struct Pair { long a, b; };
struct Mixed { double x; int n; };
struct TwoFloats { float x, y; };
struct Big { long values[9]; double scale; };
struct Odd { char c[3]; };
struct Seventeen { char c[17]; };
struct Bits { unsigned a : 3, b : 11; int c : 7; uint64_t d : 40; _Bool e : 1; };
union Either { double d; uint64_t u; float f[2]; };

KEEP static struct Pair swap(struct Pair p) { return (struct Pair){p.b, p.a}; }
KEEP static struct Mixed grow(struct Mixed m, double by) { return (struct Mixed){m.x * by, m.n + 1}; }
KEEP static struct TwoFloats turn(struct TwoFloats v, float by) { return (struct TwoFloats){v.x - by * v.y, v.y + by * v.x}; }
KEEP static struct Big shift(struct Big big, int by) {
  struct Big result = {.scale = big.scale * by};
  for (int i = 0; i < 9; i++) result.values[i] = big.values[(i + by) % 9];
  return result;
}
KEEP static struct Odd reverse(struct Odd o) { return (struct Odd){{o.c[2], o.c[1], o.c[0]}}; }
KEEP static struct Seventeen fill(struct Seventeen s, char c) { memset(s.c + 8, c, 8); return s; }
KEEP static struct Bits count(struct Bits bits) { bits.a++, bits.b += 1000, bits.c -= 50, bits.d *= 3, bits.e = !bits.e; return bits; }

KEEP static double many(int a, double b, long c, float d, char e, double f, short g, double h, unsigned i, double j, long k,
                        double l, int m, double n, struct Pair o, double p, struct Mixed q, double r, double s, double t) {
  return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k + 12 * l + 13 * m + 14 * n +
         15 * o.a + 16 * o.b + 17 * p + 18 * q.x + 19 * q.n + 20 * r + 21 * s + 22 * t;
}

KEEP static double total(const char *kinds, ...) {
  va_list list, again;
  double sum = 0;
  va_start(list, kinds);
  va_copy(again, list);
  for (int pass = 0; pass < 2; pass++) {
    va_list *from = pass ? &again : &list;
    for (const char *kind = kinds; *kind; kind++) switch (*kind) {
      case 'i': sum += va_arg(*from, int); break;
      case 'l': sum += (double)va_arg(*from, long); break;
      case 'd': sum += va_arg(*from, double); break;
      case 'D': sum += (double)va_arg(*from, long double); break;
      case 's': sum += (double)strlen(va_arg(*from, const char *)); break;
      case 'p': { struct Pair p = va_arg(*from, struct Pair); sum += (double)(p.a * p.b); break; }
      case 'b': { struct Big b = va_arg(*from, struct Big); sum += (double)b.values[8] * b.scale; break; }
      }
    sum *= 3;
  }
  va_end(list), va_end(again);
  return sum;
}

KEEP static int formatted(char *target, size_t size, const char *format, ...) {
  va_list list;
  va_start(list, format);
  int length = vsnprintf(target, size, format, list);
  va_end(list);
  return length;
}

typedef long (*Operation)(long, long);
KEEP static long plus(long a, long b) { return a + b; }
KEEP static long minus(long a, long b) { return a - b; }
KEEP static Operation choose(char c) { return c == '+' ? plus : minus; }
KEEP static long fold(Operation operation, const long *values, int count) {
  long result = 0;
  for (int i = 0; i < count; i++) result = operation(result, values[i]);
  return result;
}

int main(void) {
  struct Pair p = swap((struct Pair){1, -2});
  struct Mixed m = grow((struct Mixed){1.5, 7}, 3);
  struct TwoFloats v = {1, 0};
  struct Big big = {{0, 1, 2, 3, 4, 5, 6, 7, 8}, 0.5};
  struct Bits bits = {6, 2000, 20, 0xabcdef0123, 1};
  for (int i = 0; i < 1000; i++) v = turn(v, 0.001f), big = shift(big, i % 8 + 1), big.scale /= i % 8 + 1, p = swap(p), bits = count(bits);
  printf("%ld %ld, %g %d, %.9g %.9g\n", p.a, p.b, m.x, m.n, v.x, v.y);
  for (int i = 0; i < 9; i++) printf("%ld ", big.values[i]);
  printf("%g; %u %u %d %lx %d\n", big.scale, bits.a, bits.b, bits.c, (unsigned long)bits.d, bits.e);
  struct Odd odd = reverse((struct Odd){"abc"});
  struct Seventeen s = fill((struct Seventeen){"0123456789abcdef"}, 'z');
  printf("%.3s %.17s %zu %zu %zu\n", odd.c, s.c, sizeof bits, sizeof s, sizeof big);
  printf("%.17g\n", many(1, 2.5, 3, 4.25f, 5, 6.125, 7, 8.5, 9, 10.5, 11, 12.5, 13, 14.5, p, 17.5, m, 20.5, 21.5, 22.5));
  printf("%.17g\n", total("idlsDpbiiidddslDp", 1, 2.5, 3L, "four", 5.5L, p, big, 8, 9, 10, 11.5, 12.5, 13.5, "fourteen", 15L, 16.5L, p));
  char text[100];
  int length = formatted(text, sizeof text, "%d %s %.3f %c %ld %Lg %x %g %g", 1, "two", 3.0, '4', 5L, 6.5L, 7, 8.5, 9.5);
  printf("%d %s\n", length, text);
  printf("%ld %ld\n", fold(choose('+'), big.values, 9), fold(choose('-'), big.values, 9));
  union Either either = {.d = -2.5};
  printf("%lx %g %g\n", either.u, either.f[0], either.f[1]);
  return 0;
}
