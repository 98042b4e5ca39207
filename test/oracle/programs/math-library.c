// Exercises the math library: every common function over ordinary, huge, tiny and special arguments,
// printed as bits; rounding modes; sums, an integral, a root and a small ODE.
#include <complex.h>
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash = 14695981039346656037UL;

static uint64_t bits_of(double value) {
  uint64_t bits;
  if (isnan(value)) return 0x7ff8000000000000UL; // the sign of a NaN is nobody's promise
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void mix(double value) {
  hash = (hash ^ bits_of(value)) * 1099511628211UL;
}

typedef double (*Unary)(double);
typedef double (*Binary)(double, double);

static const struct { const char *name; Unary of; } UNARY[] = {
    {"sin", sin}, {"cos", cos}, {"tan", tan}, {"asin", asin}, {"acos", acos}, {"atan", atan},
    {"sinh", sinh}, {"cosh", cosh}, {"tanh", tanh}, {"asinh", asinh}, {"acosh", acosh},
    {"atanh", atanh}, {"exp", exp}, {"exp2", exp2}, {"expm1", expm1}, {"log", log},
    {"log2", log2}, {"log10", log10}, {"log1p", log1p}, {"sqrt", sqrt}, {"cbrt", cbrt},
    {"erf", erf}, {"erfc", erfc}, {"tgamma", tgamma}, {"lgamma", lgamma}, {"floor", floor},
    {"ceil", ceil}, {"trunc", trunc}, {"round", round}, {"rint", rint}, {"nearbyint", nearbyint},
    {"logb", logb}, {"j0", j0}, {"y1", y1}};

static const struct { const char *name; Binary of; } BINARY[] = {
    {"pow", pow}, {"atan2", atan2}, {"hypot", hypot}, {"fmod", fmod}, {"remainder", remainder},
    {"copysign", copysign}, {"nextafter", nextafter}, {"fdim", fdim}, {"fmax", fmax}, {"fmin", fmin}};

static const double ARGUMENTS[] = {0.0, -0.0, 0.25, 0.5, 1.0, -1.0, 1.5, 2.0, 2.5, -2.5, 3.0, 10.0, -7.75,
                                   100.5, 700.0, 1e-3, 1e-8, 1e-300, 5e-324, 1e10, 1e22, -1e17, 1e300,
                                   INFINITY, -INFINITY, NAN};
enum { ARGUMENT_COUNT = sizeof ARGUMENTS / sizeof *ARGUMENTS };

static void tables(void) {
  for (size_t f = 0; f < sizeof UNARY / sizeof *UNARY; f++) {
    printf("%s", UNARY[f].name);
    for (size_t a = 0; a < ARGUMENT_COUNT; a++) {
      double result = UNARY[f].of(ARGUMENTS[a]);
      mix(result);
      printf(" %016lx", bits_of(result));
    }
    for (int step = 0; step < 400; step++) mix(UNARY[f].of((step - 200) * 0.0373));
    printf(" %016lx\n", hash);
  }
  for (size_t f = 0; f < sizeof BINARY / sizeof *BINARY; f++) {
    for (size_t a = 0; a < ARGUMENT_COUNT; a++)
      for (size_t b = 0; b < ARGUMENT_COUNT; b++) mix(BINARY[f].of(ARGUMENTS[a], ARGUMENTS[b]));
    printf("%s %016lx\n", BINARY[f].name, hash);
  }
}

static void rounding_modes(void) {
  static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (int m = 0; m < 4; m++) {
    fesetround(modes[m]);
    volatile double one = 1, three = 3, tiny = 1e-30;
    volatile float onef = 1, sevenf = 7;
    feclearexcept(FE_ALL_EXCEPT);
    printf("mode %d: %a %a %a %a %ld %ld %.0f", m, one / three, -one / three, one + tiny,
           (double)(onef / sevenf), lrint(2.5), lrint(-3.5), rint(-0.5));
    printf(" flags %d\n", fetestexcept(FE_INEXACT | FE_DIVBYZERO | FE_INVALID) != 0);
  }
  fesetround(FE_TONEAREST);
  volatile double zero = 0, huge = 1e308, least = 5e-324;
  feclearexcept(FE_ALL_EXCEPT);
  volatile double quotient = 1 / zero;
  int divided = fetestexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double over = huge * 10, under = least / 3;
  int past = fetestexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double none = zero / zero;
  printf("%f %f %g %d: %x %x %x\n", quotient, over, under, isnan(none), divided, past,
         fetestexcept(FE_ALL_EXCEPT));
}

static void parts(void) {
  for (size_t a = 0; a < ARGUMENT_COUNT; a++) {
    int exponent = 0;
    double whole, x = ARGUMENTS[a];
    if (!isfinite(x)) continue;
    double mantissa = frexp(x, &exponent), fraction = modf(x, &whole);
    printf("%a %d %a %a %a %d %a %d\n", mantissa, exponent, fraction, whole, ldexp(x, 3),
           x != 0 ? ilogb(x) : 0, fma(x, x, -x), fpclassify(x));
  }
  double complex z = cexp(1 + 2 * I) / (3 - I);
  printf("%a %a %a %a\n", creal(z), cimag(z), cabs(z), carg(csqrt(z)));
}

static void numerics(void) {
  double sum = 0, carry = 0, integral = 0, root = 1;
  float single = 0;
  for (int n = 1; n <= 200000; n++) {
    double term = 1.0 / n / n - carry, next = sum + term;
    carry = next - sum - term;
    sum = next;
    single += 1.0f / n;
  }
  for (int n = 0; n < 20000; n++) integral += exp(-(n + 0.5) * (n + 0.5) / 4e6) / 2000;
  for (int n = 0; n < 30; n++) root -= (root - cos(root)) / (1 + sin(root));
  double x = 1, v = 0;
  for (int n = 0; n < 50000; n++) v -= x * 1e-3, x += v * 1e-3;
  printf("%.17g %.17g %.17g %.9g %.17g %.17g\n", sum, integral, root, single, x, v);
}

int main(void) {
  tables();
  rounding_modes();
  parts();
  numerics();
  return 0;
}
