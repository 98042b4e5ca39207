// Exercises the integer instructions at their edges: division by zero and overflow (no trap here),
// high halves of products, shifts, 32-bit forms, conversions from and to floats, every load and store.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const uint64_t VALUES[] = {0, 1, 2, 7, -1UL, -2UL, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                                  0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001, 0xdeadbeefcafebabe, 0x0123456789abcdef};
enum { COUNT = sizeof VALUES / sizeof *VALUES };

#define BINARY(name)                                                                    \
  do {                                                                                  \
    uint64_t hash = 0;                                                                  \
    printf("%-6s", #name);                                                              \
    for (int i = 0; i < COUNT; i++)                                                     \
      for (int j = 0; j < COUNT; j++) {                                                 \
        uint64_t result;                                                                \
        __asm__ volatile(#name " %0, %1, %2" : "=r"(result) : "r"(VALUES[i]), "r"(VALUES[j])); \
        hash = (hash ^ result) * 1099511628211UL + 1;                                   \
        if (i >= 12 && j % 5 == 0) printf(" %lx", result);                              \
      }                                                                                 \
    printf(" hash %016lx\n", hash);                                                     \
  } while (0)

#define CONVERT(name, constraint_out, type_out, constraint_in, type_in, inputs, count)  \
  do {                                                                                  \
    printf("%-9s", #name);                                                              \
    for (int i = 0; i < (count); i++) {                                                 \
      type_in input = (type_in)(inputs)[i];                                             \
      type_out result;                                                                  \
      uint64_t flags;                                                                   \
      __asm__ volatile("fsflags x0\n" #name " %0, %2, rtz\n frflags %1"                 \
                       : "=" constraint_out(result), "=r"(flags) : constraint_in(input)); \
      uint64_t bits = 0;                                                                \
      memcpy(&bits, &result, sizeof result);                                            \
      printf(" %lx/%lx", bits, flags);                                                  \
    }                                                                                   \
    printf("\n");                                                                       \
  } while (0)

static const double DOUBLES[] = {0, -0.0, 0.5, -0.5, 0.999, 1.5, -1.5, 2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0,
                                 4294967295.0, 4294967296.0, 9.2e18, 9.3e18, -9.3e18, 1.8e19, 1.9e19, 1e300, -1e300,
                                 __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
enum { DOUBLE_COUNT = sizeof DOUBLES / sizeof *DOUBLES };

static void conversions(void) {
  CONVERT(fcvt.w.d, "r", long, "f", double, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.wu.d, "r", long, "f", double, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.l.d, "r", long, "f", double, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.lu.d, "r", long, "f", double, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.w.s, "r", long, "f", float, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.lu.s, "r", long, "f", float, DOUBLES, DOUBLE_COUNT);
  CONVERT(fcvt.d.l, "f", double, "r", long, VALUES, COUNT);
  CONVERT(fcvt.d.lu, "f", double, "r", long, VALUES, COUNT);
  CONVERT(fcvt.s.l, "f", float, "r", long, VALUES, COUNT);
  CONVERT(fcvt.s.wu, "f", float, "r", long, VALUES, COUNT);
  CONVERT(fcvt.s.d, "f", float, "f", double, DOUBLES, DOUBLE_COUNT);
}

static void loads_and_stores(void) {
  static volatile union { int8_t b[16]; uint8_t bu[16]; int16_t h[8]; uint16_t hu[8]; int32_t w[4]; uint32_t wu[4]; int64_t d[2]; } m;
  for (int i = 0; i < 16; i++) m.bu[i] = (uint8_t)(0x70 + 9 * i);
  long sum = 0;
  for (int i = 0; i < 16; i++) sum = sum * 3 + m.b[i], sum = sum * 5 + m.bu[i];
  for (int i = 0; i < 8; i++) sum = sum * 3 + m.h[i], sum = sum * 5 + m.hu[i];
  for (int i = 0; i < 4; i++) sum = sum * 3 + m.w[i], sum = sum * 5 + m.wu[i];
  printf("loads %lx %lx %lx\n", sum, m.d[0], m.d[1]);
  m.b[3] = -1, m.h[4] = 0x1234, m.w[3] = -559038737;
  printf("stores %lx %lx\n", m.d[0], m.d[1]);
}

int main(void) {
  BINARY(div); BINARY(divu); BINARY(rem); BINARY(remu);
  BINARY(divw); BINARY(divuw); BINARY(remw); BINARY(remuw);
  BINARY(mul); BINARY(mulh); BINARY(mulhu); BINARY(mulhsu); BINARY(mulw);
  BINARY(sll); BINARY(srl); BINARY(sra); BINARY(sllw); BINARY(srlw); BINARY(sraw);
  BINARY(add); BINARY(sub); BINARY(addw); BINARY(subw); BINARY(slt); BINARY(sltu);
  BINARY(and); BINARY(or); BINARY(xor);
  conversions();
  loads_and_stores();
  return 0;
}
