// Exercises atomics in one thread: every AMO in both widths and with every ordering, LR/SC loops,
// compare and exchange of all widths, and a store-conditional that has to fail.
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

static const uint64_t VALUES[] = {0, 1, -1UL, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0x123456789abcdef0};
enum { COUNT = sizeof VALUES / sizeof *VALUES };

#define AMO(name)                                                                        \
  do {                                                                                   \
    uint64_t hash = 0;                                                                   \
    for (int i = 0; i < COUNT; i++)                                                      \
      for (int j = 0; j < COUNT; j++) {                                                  \
        static uint64_t memory[3];                                                       \
        uint64_t old;                                                                    \
        memory[0] = memory[2] = 0x5555555555555555, memory[1] = VALUES[i];               \
        __asm__ volatile(name " %0, %2, (%1)" : "=r"(old) : "r"(&memory[1]), "r"(VALUES[j]) : "memory"); \
        hash = ((hash ^ old) * 31 + memory[1]) * 1099511628211UL;                        \
        hash += memory[0] ^ memory[2];                                                   \
      }                                                                                  \
    printf("%-14s %016lx\n", name, hash);                                                \
  } while (0)

#define BOTH_WIDTHS(name) AMO(name ".w"); AMO(name ".d"); AMO(name ".w.aq"); AMO(name ".d.rl"); AMO(name ".d.aqrl")

static void reservations(void) {
  static uint64_t word = 5, other = 6;
  uint64_t value, failed[4];
  __asm__ volatile("lr.d %0, (%2)\n sc.d %1, %3, (%2)" : "=&r"(value), "=&r"(failed[0]) : "r"(&word), "r"(7L) : "memory");
  __asm__ volatile("sc.d %0, %2, (%1)" : "=&r"(failed[1]) : "r"(&word), "r"(8L) : "memory"); // spent
  __asm__ volatile("lr.d %0, (%2)\n sc.d %1, %4, (%3)" : "=&r"(value), "=&r"(failed[2]) : "r"(&word), "r"(&other), "r"(9L) : "memory");
  __asm__ volatile("lr.w %0, (%2)\n sc.w %1, %3, (%2)" : "=&r"(value), "=&r"(failed[3]) : "r"(&other), "r"(-1L) : "memory");
  printf("sc: %d %d %d %d, %lu %lx %lx\n", failed[0] != 0, failed[1] != 0, failed[2] != 0, failed[3] != 0, word, other, value);
}

static void builtins(void) {
  _Atomic int8_t byte = -100;
  _Atomic uint16_t half = 65000;
  _Atomic int32_t word = INT32_MAX;
  _Atomic uint64_t wide = 1;
  atomic_flag flag = ATOMIC_FLAG_INIT;
  for (int round = 0; round < 20000; round++) {
    atomic_fetch_add(&byte, 3), atomic_fetch_sub(&half, 7), atomic_fetch_add(&word, round);
    uint64_t old = atomic_load(&wide);
    while (!atomic_compare_exchange_weak(&wide, &old, old * 6364136223846793005UL + 1)) {}
    atomic_fetch_xor_explicit(&half, (uint16_t)round, memory_order_relaxed);
  }
  printf("%d %u %d %lu\n", byte, half, word, wide);
  int8_t expected = 0;
  int swapped = atomic_compare_exchange_strong(&byte, &expected, 9);
  printf("%d %d %d; %u %d\n", swapped, expected, byte, atomic_exchange(&half, 12), half);
  printf("%d %d\n", atomic_flag_test_and_set(&flag), atomic_flag_test_and_set(&flag));
  atomic_thread_fence(memory_order_seq_cst);
  printf("%ld %ld\n", __atomic_fetch_nand(&wide, 0xff, __ATOMIC_SEQ_CST) & 0xff, atomic_load(&wide) & 0xff);
}

int main(void) {
  BOTH_WIDTHS("amoswap"); BOTH_WIDTHS("amoadd"); BOTH_WIDTHS("amoxor"); BOTH_WIDTHS("amoand"); BOTH_WIDTHS("amoor");
  BOTH_WIDTHS("amomin"); BOTH_WIDTHS("amomax"); BOTH_WIDTHS("amominu"); BOTH_WIDTHS("amomaxu");
  reservations();
  builtins();
  return 0;
}
