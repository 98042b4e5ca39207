// Exercises code that is written while the program runs: a page that is writable and executable, one
// that is made executable after writing, code that changes itself in a loop, and a small compiler.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef long (*Function)(long, long);

enum { A0 = 10, A1 = 11, T0 = 5, PAGE = 4096 };

static uint32_t add(int d, int a, int b) { return 0x33u | d << 7 | a << 15 | b << 20; }
static uint32_t mul(int d, int a, int b) { return 0x02000033u | d << 7 | a << 15 | b << 20; }
static uint32_t sub(int d, int a, int b) { return 0x40000033u | d << 7 | a << 15 | b << 20; }
static uint32_t exclusive_or(int d, int a, int b) { return 0x4033u | d << 7 | a << 15 | b << 20; }
static uint32_t add_immediate(int d, int a, int i) { return 0x13u | d << 7 | a << 15 | (uint32_t)i << 20; }
static const uint32_t RETURN = 0x00008067;

static void fence(void) { __asm__ volatile("fence.i" ::: "memory"); }

static uint32_t *code_page(int protection) {
  return mmap(NULL, 2 * PAGE, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void rewritten_often(void) {
  volatile uint32_t *code = code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
  long sum = 0;
  code[1] = RETURN;
  for (int round = 0; round < 2000; round++) {
    code[0] = add_immediate(A0, A0, round % 2048);
    fence();
    sum = ((Function)(uintptr_t)code)(sum, 0);
    if (round % 5 == 0) code[0] = sub(A0, A0, A1), fence(), sum = ((Function)(uintptr_t)code)(sum, round);
  }
  printf("rewritten: %ld\n", sum);
}

// Four bytes that lie on two pages, and two-byte instructions among them.
static void over_the_page_end(void) {
  unsigned char *code = (unsigned char *)code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
  unsigned char *start = code + PAGE - 6;
  uint16_t compressed_add = 0x952e; // c.add a0, a1
  uint32_t word = mul(A0, A0, A1);
  memcpy(start, &compressed_add, 2), memcpy(start + 2, &compressed_add, 2);
  memcpy(start + 4, &word, 4), memcpy(start + 8, &RETURN, 4);
  fence();
  long first = ((Function)(uintptr_t)start)(5, 7);
  word = exclusive_or(A0, A0, A1);
  memcpy(start + 4, &word, 4), fence();
  printf("over the end: %ld %ld\n", first, ((Function)(uintptr_t)start)(5, 7));
}

static void closed_then_run(void) {
  uint32_t *code = code_page(PROT_READ | PROT_WRITE);
  code[0] = mul(A0, A0, A1), code[1] = RETURN;
  mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  fence();
  long first = ((Function)(uintptr_t)code)(6, 7);
  mprotect(code, PAGE, PROT_READ | PROT_WRITE);
  code[0] = add(A0, A0, A1);
  mprotect(code, PAGE, PROT_READ | PROT_EXEC);
  fence();
  printf("closed: %ld %ld\n", first, ((Function)(uintptr_t)code)(6, 7));
  munmap(code, 2 * PAGE);
  uint32_t *again = code_page(PROT_READ | PROT_WRITE | PROT_EXEC); // perhaps at the same place
  again[0] = sub(A0, A0, A1), again[1] = RETURN;
  fence();
  printf("mapped again: %ld\n", ((Function)(uintptr_t)again)(6, 7));
}

// Expressions in reverse Polish notation: a and b are the arguments, digits themselves; a stack of
// registers t0, t1, t2, a3 ….
static long compile_and_run(const char *text, long a, long b) {
  static const int registers[] = {5, 6, 7, 13, 14, 15, 16, 17};
  static uint32_t *code;
  if (!code) code = code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
  uint32_t *at = code;
  int depth = 0;
  for (; *text; text++) {
    if (*text == 'a' || *text == 'b') *at++ = add(registers[depth++], *text == 'a' ? A0 : A1, 0);
    else if (*text >= '0' && *text <= '9') *at++ = add_immediate(registers[depth++], 0, *text - '0');
    else {
      int left = registers[depth - 2], right = registers[depth - 1];
      *at++ = *text == '+' ? add(left, left, right) : *text == '-' ? sub(left, left, right)
              : *text == '*' ? mul(left, left, right) : exclusive_or(left, left, right);
      depth--;
    }
  }
  *at++ = add(A0, registers[0], 0), *at = RETURN;
  fence();
  return ((Function)(uintptr_t)code)(a, b);
}

// A loop whose body is changed by its own store, in the page in which it runs.
static void changes_itself(void) {
  uint32_t *code = code_page(PROT_READ | PROT_WRITE | PROT_EXEC);
  code[0] = 0x00000297;                      // auipc t0, 0: the place of this instruction
  code[1] = add_immediate(6, 0, 0);          // t1 = 0, the sum
  code[2] = add_immediate(6, 6, 1);          // the body: t1 += 1, then += 2, += 3 …
  code[3] = 0x0082a383;                      // lw t2, 8(t0)
  code[4] = 0x00100e37;                      // lui t3, 0x100: one in the place of the immediate
  code[5] = add(7, 7, 28);                   // t2 += t3
  code[6] = 0x0072a423;                      // sw t2, 8(t0)
  code[7] = 0x0000100f;                      // fence.i
  code[8] = add_immediate(A0, A0, -1 & 0xfff);
  code[9] = 0xfe0512e3;                      // bnez a0, body
  code[10] = add(A0, 6, 0);
  code[11] = RETURN;
  fence();
  printf("changes itself: %ld\n", ((Function)(uintptr_t)code)(1000, 0));
}

int main(void) {
  rewritten_often();
  over_the_page_end();
  closed_then_run();
  changes_itself();
  long sum = 0;
  for (long a = 0; a < 200; a++) sum = sum * 3 + compile_and_run(a % 2 ? "ab+a*3-b^" : "ab*ab-+7^9*", a, a * a);
  printf("compiled: %ld %ld\n", sum, compile_and_run("ab+2*", 20, 1));
  return 0;
}
