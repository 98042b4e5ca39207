// Exercises printf: integers, strings and characters with every flag, and doubles, floats and long
// doubles (128 bits, computed in software) in all formats; scanf and strtod read them back.
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void integers(void) {
  static const char *const formats[] = {"%d", "%5d", "%-7d|", "%07d", "%+d", "% d", "%.4d", "%8.3d", "%i"};
  static const int values[] = {0, 1, -1, 42, -12345, 2147483647, -2147483647 - 1};
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      printf(formats[f], values[v]);
      putchar(v + 1 < sizeof values / sizeof *values ? ' ' : '\n');
    }
  printf("%u %o %x %X %#o %#x %#X\n", 3000000000u, 8u, 0xbeefu, 0xbeefu, 8u, 255u, 255u);
  printf("%hhd %hhu %hd %hu %ld %lu %lld %llu\n", (signed char)-1, 255, (short)-2, 65535,
         -9000000000L, 18446744073709551615UL, -1LL, 1ULL << 63);
  printf("%zu %td %jd %" PRId64 " %" PRIx32 "\n", (size_t)7, (ptrdiff_t)-7, (intmax_t)1 << 62,
         INT64_MIN, UINT32_MAX);
  printf("%*d|%-*d|%.*d|%2$*1$d\n", 6, 1, 6, 2, 3, 3);
}

static void strings(void) {
  int counted = 0;
  printf("[%s] [%10s] [%-10s] [%.3s] [%10.2s] [%c] [%5c] [%%]%n\n", "guest", "guest", "guest",
         "guest", "guest", 'x', 'y', &counted);
  printf("%d written; (%ls) (%lc)\n", counted, L"wide", L'w');
  printf("%3$s %1$s %2$s\n", "one", "two", "three");
  char small[8];
  int wanted = snprintf(small, sizeof small, "%s-%d", "truncated", 99);
  printf("%s %d\n", small, wanted);
}

static const double DOUBLES[] = {
    0.0, -0.0, 1.0, -1.0, 0.1, 0.5, 1.5, 2.5, 1.0 / 3, 2.0 / 3, 3.14159265358979323846, 9.995,
    99999.95, 123456789.123456789, 1e15, 1e16, 1e17, 1e21, 1e22, 1e23, 1e100, 1e-5, 1e-4, 1e-10,
    5e-324, 2.2250738585072014e-308, 2.2250738585072009e-308, 1.7976931348623157e308,
    4503599627370496.5, 9007199254740993.0, 0x1.fffffffffffffp-1, 6.02214076e23, -273.15};

static void doubles(void) {
  static const char *const formats[] = {"%f", "%e", "%g", "%a", "%F", "%E", "%G", "%A", "%.0f",
                                        "%.0e", "%.0g", "%.0a", "%.3f", "%.17g", "%.20e", "%.1a",
                                        "%#g", "%#.0f", "%+.2e", "% f", "%020.5f", "%-15.4g|",
                                        "%15g", "%.30f", "%'f"};
  for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
    printf("%s:", formats[f]);
    for (size_t v = 0; v < sizeof DOUBLES / sizeof *DOUBLES; v++) {
      putchar(' ');
      printf(formats[f], DOUBLES[v]);
    }
    putchar('\n');
  }
  volatile double zero = 0;
  printf("%f %F %e %g %a %010f %-8f|\n", INFINITY, -INFINITY, fabs(zero / zero), -INFINITY,
         INFINITY, INFINITY, -INFINITY);
}

static void floats_and_long_doubles(void) {
  float f = 1;
  long double l = 1;
  for (int step = 0; step < 40; step++) {
    f = f * 1.7f - 0.3f;
    l = l * 1.7L - 0.3L;
    printf("%.9g %a %.36Lg %La\n", f, f, l, l);
  }
  printf("%.50Lf\n%Le\n", 1.0L / 3, 1e4000L);
}

static void read_back(void) {
  long wrong = 0;
  unsigned long state = 88172645463325252UL;
  for (int round = 0; round < 2000; round++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    double value, again;
    char text[400];
    memcpy(&value, &state, sizeof value);
    if (!isfinite(value)) continue;
    snprintf(text, sizeof text, "%.17g", value);
    if (strtod(text, NULL) != value) wrong++;
    snprintf(text, sizeof text, "%a", value);
    if (sscanf(text, "%lf", &again) != 1 || again != value) wrong++;
    snprintf(text, sizeof text, "%.9g", (float)value);
    if (strtof(text, NULL) != (float)value) wrong++;
    if (round % 100 == 0) printf("%g %.17g %a\n", value, value, value);
  }
  printf("wrong: %ld\n", wrong);
}

int main(void) {
  integers();
  strings();
  doubles();
  floats_and_long_doubles();
  read_back();
  return 0;
}
