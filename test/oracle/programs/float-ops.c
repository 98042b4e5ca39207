// Exercises every instruction of the F and D extensions, bit by bit: all rounding modes, both encoded in
// the instruction and taken from frm, with the inexact flag clear and set beforehand, on special values
// (zeros, subnormals, limits, infinities, NaNs, badly boxed singles) and on generated ones.
// One line an instruction and mode: a hash of all results, the union of the flags, and a hash of the flags.
#include <stdint.h>
#include <stdio.h>

enum { samples = 320, modes = 5, dynamic = 5 };

// --- One instruction, executed ---
// Operands arrive in ft0, ft1, ft2 and (as an integer) in t0. The result is left in ft3 or in t1.
#define EXECUTE(text)                                                                     \
  uint64_t result;                                                                        \
  __asm__ volatile("fmv.d.x ft0, %1\n fmv.d.x ft1, %2\n fmv.d.x ft2, %3\n mv t0, %1\n"     \
                   "fmv.d.x ft3, zero\n li t1, 0\n" text "\n fmv.x.d %0, ft3\n add %0, %0, t1" \
                   : "=&r"(result)                                                        \
                   : "r"(a), "r"(b), "r"(c)                                               \
                   : "t0", "t1", "ft0", "ft1", "ft2", "ft3");                             \
  return result;

typedef uint64_t Instruction(uint64_t a, uint64_t b, uint64_t c);
#define DEFINE(name, suffix, text) \
  static uint64_t name##_##suffix(uint64_t a, uint64_t b, uint64_t c) { EXECUTE(text) }

// ROUNDED(name, kind of operands, text): the text is completed by a rounding mode. PLAIN has none.
#define BOTH_FORMATS(ROUNDED, PLAIN, s, kind)                               \
  ROUNDED(fadd_##s, kind, "fadd." #s " ft3, ft0, ft1")                      \
  ROUNDED(fsub_##s, kind, "fsub." #s " ft3, ft0, ft1")                      \
  ROUNDED(fmul_##s, kind, "fmul." #s " ft3, ft0, ft1")                      \
  ROUNDED(fdiv_##s, kind, "fdiv." #s " ft3, ft0, ft1")                      \
  ROUNDED(fsqrt_##s, kind, "fsqrt." #s " ft3, ft0")                         \
  ROUNDED(fmadd_##s, kind, "fmadd." #s " ft3, ft0, ft1, ft2")               \
  ROUNDED(fmsub_##s, kind, "fmsub." #s " ft3, ft0, ft1, ft2")               \
  ROUNDED(fnmadd_##s, kind, "fnmadd." #s " ft3, ft0, ft1, ft2")             \
  ROUNDED(fnmsub_##s, kind, "fnmsub." #s " ft3, ft0, ft1, ft2")             \
  ROUNDED(fcvt_w_##s, kind, "fcvt.w." #s " t1, ft0")                        \
  ROUNDED(fcvt_wu_##s, kind, "fcvt.wu." #s " t1, ft0")                      \
  ROUNDED(fcvt_l_##s, kind, "fcvt.l." #s " t1, ft0")                        \
  ROUNDED(fcvt_lu_##s, kind, "fcvt.lu." #s " t1, ft0")                      \
  ROUNDED(fcvt_##s##_l, integer, "fcvt." #s ".l ft3, t0")                   \
  ROUNDED(fcvt_##s##_lu, integer, "fcvt." #s ".lu ft3, t0")                 \
  PLAIN(fmin_##s, kind, "fmin." #s " ft3, ft0, ft1")                        \
  PLAIN(fmax_##s, kind, "fmax." #s " ft3, ft0, ft1")                        \
  PLAIN(feq_##s, kind, "feq." #s " t1, ft0, ft1")                           \
  PLAIN(flt_##s, kind, "flt." #s " t1, ft0, ft1")                           \
  PLAIN(fle_##s, kind, "fle." #s " t1, ft0, ft1")                           \
  PLAIN(fclass_##s, kind, "fclass." #s " t1, ft0")                          \
  PLAIN(fsgnj_##s, kind, "fsgnj." #s " ft3, ft0, ft1")                      \
  PLAIN(fsgnjn_##s, kind, "fsgnjn." #s " ft3, ft0, ft1")                    \
  PLAIN(fsgnjx_##s, kind, "fsgnjx." #s " ft3, ft0, ft1")
#define INSTRUCTIONS(ROUNDED, PLAIN)                     \
  BOTH_FORMATS(ROUNDED, PLAIN, s, single)                \
  BOTH_FORMATS(ROUNDED, PLAIN, d, twice)                 \
  ROUNDED(fcvt_s_d, twice, "fcvt.s.d ft3, ft0")          \
  ROUNDED(fcvt_s_w, integer, "fcvt.s.w ft3, t0")         \
  ROUNDED(fcvt_s_wu, integer, "fcvt.s.wu ft3, t0")       \
  PLAIN(fcvt_d_s, single, "fcvt.d.s ft3, ft0")           \
  PLAIN(fcvt_d_w, integer, "fcvt.d.w ft3, t0")           \
  PLAIN(fcvt_d_wu, integer, "fcvt.d.wu ft3, t0")         \
  PLAIN(fmv_x_w, single, "fmv.x.w t1, ft0")              \
  PLAIN(fmv_w_x, integer, "fmv.w.x ft3, t0")

#define DEFINE_ROUNDED(name, kind, text)                                             \
  DEFINE(name, rne, text ", rne") DEFINE(name, rtz, text ", rtz") DEFINE(name, rdn, text ", rdn") \
  DEFINE(name, rup, text ", rup") DEFINE(name, rmm, text ", rmm") DEFINE(name, dyn, text ", dyn")
#define DEFINE_PLAIN(name, kind, text) DEFINE(name, any, text)
INSTRUCTIONS(DEFINE_ROUNDED, DEFINE_PLAIN)

typedef enum { single, twice, integer } Kind;
typedef struct {
  const char *name;
  Kind kind;
  Instruction *perform[modes + 1]; // by static mode, then dynamic; a plain instruction has the last only
} Row;
#define ROW_ROUNDED(name, kind, text) \
  {#name, kind, {name##_rne, name##_rtz, name##_rdn, name##_rup, name##_rmm, name##_dyn}},
#define ROW_PLAIN(name, kind, text) {#name, kind, {[dynamic] = name##_any}},
static const Row table[] = {INSTRUCTIONS(ROW_ROUNDED, ROW_PLAIN)};

// --- Operands ---

static uint64_t random_state;

static uint64_t random_bits(void) {
  random_state ^= random_state << 13, random_state ^= random_state >> 7, random_state ^= random_state << 17;
  return random_state * 0x2545f4914f6cdd1d;
}

static unsigned below(unsigned limit) { return (unsigned)((random_bits() >> 32) * limit >> 32); }

static uint64_t sign(void) { return random_bits() & (uint64_t)1 << 63; }

static const uint64_t doubles[] = {
    0, 1, 0x000fffffffffffff, 0x0010000000000000, 0x0010000000000001, 0x0020000000000000, 0x3fdfffffffffffff,
    0x3fe0000000000000, 0x3fe0000000000001, 0x3fefffffffffffff, 0x3ff0000000000000, 0x3ff0000000000001,
    0x3ff8000000000000, 0x4000000000000000, 0x4004000000000000, 0x7fe0000000000000, 0x7fefffffffffffff,
    0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000000, 0x7fffffffffffffff, 0x41dfffffffc00000,
    0x41dfffffffe00000, 0x41e0000000000000, 0x41efffffffe00000, 0x41effffffff00000, 0x41f0000000000000,
    0x43dfffffffffffff, 0x43e0000000000000, 0x43efffffffffffff, 0x43f0000000000000, 0x3690000000000000,
    0x3690000000000001, 0x36a0000000000000, 0x380fffffe0000000, 0x380ffffff0000000, 0x3810000000000000,
    0x47efffffe0000000, 0x47efffffefffffff, 0x47effffff0000000, 0x1ff0000000000000, 0x5ff0000000000000};
static const uint32_t singles[] = {
    0, 1, 0x007fffff, 0x00800000, 0x00800001, 0x01000000, 0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff,
    0x3f800000, 0x3f800001, 0x3fc00000, 0x40000000, 0x40200000, 0x7f000000, 0x7f7fffff, 0x7f800000,
    0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fffffff, 0x4effffff, 0x4f000000, 0x4f7fffff, 0x4f800000,
    0x5effffff, 0x5f000000, 0x5f7fffff, 0x5f800000, 0x1f800000, 0x20000000};
static const uint64_t extreme_doubles[] = {
    0, 0x7ff0000000000000, 0x7ff0000000000001, 0x7ff4000000000000, 0x7ff8000000000001};
static const uint32_t extreme_singles[] = {0, 0x7f800000, 0x7f800001, 0x7fa00000, 0x7fc00001};
static const uint64_t integers[] = {
    0, 1, 0xffffff, 0x1000001, 0x1000002, 0x1000003, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
    0x7fffffbfffffffff, 0x7fffffc000000000, 0xffffff7fffffffff, 0xffffff8000000000, 0x1fffffffffffff,
    0x20000000000001, 0x20000000000002, 0x20000000000003, 0x7ffffffffffffdff, 0x7ffffffffffffe00,
    0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffbff, 0xfffffffffffffc00, 0xffffffffffffffff};
#define PICK(list) list[below(sizeof list / sizeof *list)]

/// Bits below 2^width: random, few ones, or a run of ones; ties and carries come from the latter two.
static uint64_t fraction(unsigned width) {
  const uint64_t mask = ((uint64_t)1 << width) - 1;
  switch (below(3)) {
    case 0: return random_bits() & mask;
    case 1: return (uint64_t)1 << below(width) | (uint64_t)below(2) << below(width);
    default: return mask << below(width + 1) & mask;
  }
}

static uint64_t clamp(int exponent, int most) {
  return (uint64_t)(exponent < 0 ? 0 : exponent > most ? most : exponent);
}

/// A double; half of them have an exponent near `center`, so that sums cancel and products reach the limits.
static uint64_t a_double(int center) {
  switch (below(8)) {
    case 0: case 1: return PICK(doubles) | sign();
    case 2: return random_bits();
    case 3: return PICK(extreme_doubles) | sign();
    default: return sign() | clamp(center + (int)below(120) - 60, 2046) << 52 | fraction(52);
  }
}

static uint64_t a_single(int center) {
  uint64_t bits;
  switch (below(8)) {
    case 0: case 1: bits = PICK(singles) | sign() >> 32; break;
    case 2: bits = random_bits() >> 32; break;
    case 3: bits = PICK(extreme_singles) | sign() >> 32; break;
    default: bits = sign() >> 32 | clamp(center + (int)below(56) - 28, 254) << 23 | fraction(23);
  }
  return below(24) ? bits | 0xffffffff00000000 : bits; // without the upper ones it counts as a NaN
}

static uint64_t an_integer(void) {
  const uint64_t value = below(2) ? PICK(integers) : fraction(63) >> below(63);
  return below(2) ? value : -value;
}

static void operands(Kind kind, uint64_t value[3]) {
  static const int double_centers[] = {1023, 1023, 1054, 1086, 0, 2046, 897, 1150};
  static const int single_centers[] = {127, 127, 158, 190, 0, 254};
  if (kind == integer) {
    value[0] = an_integer(), value[1] = 0, value[2] = 0;
  } else if (kind == twice) {
    value[0] = a_double(PICK(double_centers));
    const int exponent = value[0] >> 52 & 2047;
    value[1] = a_double(below(2) ? exponent : 2046 - exponent + (below(2) ? -1023 : 0));
    value[2] = a_double(exponent + (int)(value[1] >> 52 & 2047) - 1023);
  } else {
    value[0] = a_single(PICK(single_centers));
    const int exponent = value[0] >> 23 & 255;
    value[1] = a_single(below(2) ? exponent : 254 - exponent + (below(2) ? -127 : 0));
    value[2] = a_single(exponent + (int)(value[1] >> 23 & 255) - 127);
  }
}

// --- Running and printing ---

static const uint64_t hash_start = 0xcbf29ce484222325;

/// FNV with a fold, so that the upper bits of a result reach the lower bits of the hash.
static uint64_t hashed(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x100000001b3;
  return hash ^ hash >> 32;
}

static void run(const Row *row, unsigned mode, const char *mode_name) {
  uint64_t results = hash_start, flags_hash = hash_start, flags_union = 0;
  for (unsigned sample = 0; sample < samples; sample++) {
    // By turns: the encoded mode and the mode in frm (while the other place says something else), and
    // the inexact flag clear and set. Four samples share their operands.
    static uint64_t value[3];
    if (sample % 4 == 0) operands(row->kind, value);
    Instruction *fixed = row->perform[mode];
    const int is_fixed = fixed && sample % 2;
    const uint64_t frm = is_fixed ? (mode + 1 + sample % 4) % modes : mode;
    const uint64_t before = sample % 4 / 2;
    uint64_t after;
    __asm__ volatile("fsrm %0\n fsflags %1" : : "r"(frm), "r"(before));
    const uint64_t result = (is_fixed ? fixed : row->perform[dynamic])(value[0], value[1], value[2]);
    __asm__ volatile("frflags %0" : "=r"(after));
    results = hashed(results, result), flags_hash = hashed(flags_hash, after), flags_union |= after & ~before;
  }
  printf("%-9s %s %016llx %02llx %016llx\n", row->name, mode_name, (unsigned long long)results,
         (unsigned long long)flags_union, (unsigned long long)flags_hash);
}

int main(void) {
  static const char *const mode_names[modes] = {"rne", "rtz", "rdn", "rup", "rmm"};
  random_state = 0x5eed0f2a7105eed1;
  for (const Row *row = table; row < table + sizeof table / sizeof *table; row++) {
    if (!row->perform[0]) run(row, 0, "any");
    for (unsigned mode = 0; mode < modes && row->perform[0]; mode++) run(row, mode, mode_names[mode]);
  }
  return 0;
}
