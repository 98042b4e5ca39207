// primes N: the primes up to N, a line each. It sieves in memory of its own, a bit for each odd
// number: a task with many dirty pages and long runs of computing.
#include "linux.h"
#include "output.h"
#include "text.h"

static const char *const USAGE = "primes N   (a whole number up to 1000000000000)";

// The sieve for it takes 62.5 GB: past what any host has, so that a mistake is told at once.
enum { BITS_PER_WORD = 64 };
#define NUMBER_MAX 1000000000000UL

static struct Output output = {.fd = STANDARD_OUTPUT};

// Bit i stands for 2i + 1, and is set when that is known to be no prime.
static Flag is_crossed_out(const unsigned long *sieve, unsigned long number) {
  unsigned long bit = number / 2;
  return sieve[bit / BITS_PER_WORD] >> (bit % BITS_PER_WORD) & 1;
}

static void cross_out(unsigned long *sieve, unsigned long number) {
  unsigned long bit = number / 2;
  sieve[bit / BITS_PER_WORD] |= 1UL << (bit % BITS_PER_WORD);
}

static void put_line(unsigned long number) {
  put_number(&output, number);
  put_text(&output, "\n");
}

// A prime is put before its multiples are crossed out; those below its square already are.
static void put_odd_primes(unsigned long *sieve, unsigned long last) {
  for (unsigned long number = 3; number <= last && !output.error; number += 2) {
    if (is_crossed_out(sieve, number)) continue;
    put_line(number);
    if (number > last / number) continue; // no multiple is left that a smaller prime has not
    for (unsigned long multiple = number * number; multiple <= last; multiple += 2 * number)
      cross_out(sieve, multiple);
  }
}

int main(int argc, char **argv) {
  unsigned long last;
  if (argc != 2) misused("primes", "one operand is needed", USAGE);
  if (!parse_number(argv[1], &last) || last > NUMBER_MAX)
    misused("primes", "N is not a whole number in range", USAGE);

  long sieve = map_zero_pages((last / 2 / BITS_PER_WORD + 1) * sizeof(long));
  if (sieve < 0) {
    complain("primes", "no memory for the sieve", error_text(-sieve));
    return 1;
  }
  if (last >= 2) put_line(2);
  put_odd_primes((unsigned long *)sieve, last);
  finish("primes", &output, 0);
}
