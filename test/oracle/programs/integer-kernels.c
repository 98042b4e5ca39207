// Exercises integers as programs use them: SHA-256, CRC-32, a sieve, matrices, the queens, Collatz,
// big factorials, dynamic programming, a small Life and a hash table.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

// The constants are the first bits of the fractions of roots of primes: found by search, not typed in.
static uint32_t root_fraction(uint64_t prime, int power) {
  unsigned __int128 low = 0, high = (unsigned __int128)1 << 38;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2, value = middle * middle;
    if (power == 3) value *= middle;
    if (value <= (unsigned __int128)prime << 32 * power) low = middle; else high = middle;
  }
  return (uint32_t)low;
}

static uint32_t constants[64], start[8];

static void sha256(const unsigned char *message, size_t length, uint32_t digest[8]) {
  unsigned char block[64];
  memcpy(digest, start, sizeof start);
  for (size_t at = 0; at < length + 9; at += 64) {
    memset(block, 0, 64);
    if (at < length) memcpy(block, message + at, length - at < 64 ? length - at : 64);
    if (length >= at && length < at + 64) block[length - at] = 0x80;
    if (at + 64 >= length + 9) for (int i = 0; i < 8; i++) block[56 + i] = (unsigned char)((uint64_t)length * 8 >> (56 - 8 * i));
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++) w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++)
      w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
             (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(s, digest, sizeof s);
    for (int i = 0; i < 64; i++) {
      uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
      uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
      memmove(s + 1, s, 7 * sizeof *s);
      s[4] += t1, s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) digest[i] += s[i];
  }
}

static void hashes(void) {
  static unsigned char text[50000];
  uint32_t digest[8], table[256], crc = ~0u;
  int found = 0;
  for (uint64_t n = 2; found < 64; n++) {
    int prime = 1;
    for (uint64_t d = 2; d * d <= n; d++) prime &= n % d != 0;
    if (!prime) continue;
    if (found < 8) start[found] = root_fraction(n, 2);
    constants[found++] = root_fraction(n, 3);
  }
  for (size_t i = 0; i < sizeof text; i++) text[i] = (unsigned char)(i * i >> 3);
  static const size_t lengths[] = {0, 3, 55, 56, 64, 50000};
  for (int t = 0; t < 6; t++) {
    sha256(lengths[t] == 3 ? (const unsigned char *)"abc" : text, lengths[t], digest);
    for (int i = 0; i < 8; i++) printf("%08x", digest[i]);
    printf("\n");
  }
  for (uint32_t i = 0; i < 256; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++) table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
  }
  for (size_t i = 0; i < sizeof text; i++) crc = crc >> 8 ^ table[(crc ^ text[i]) & 255];
  printf("crc %08x\n", ~crc);
}

static void sieve(void) {
  static unsigned char crossed[300001];
  int count = 0, last = 0;
  for (int n = 2; n <= 300000; n++) {
    if (crossed[n]) continue;
    count++, last = n;
    for (long m = (long)n * n; m <= 300000; m += n) crossed[m] = 1;
  }
  printf("primes %d last %d\n", count, last);
}

static void matrices(void) {
  enum { N = 96 };
  static int64_t a[N][N], b[N][N], c[N][N];
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) a[i][j] = i * 3 - j, b[i][j] = i ^ j;
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) for (int k = 0; k < N; k++) c[i][j] += a[i][k] * b[k][j];
  uint64_t hash = 0;
  for (int i = 0; i < N; i++) for (int j = 0; j < N; j++) hash = hash * 31 + (uint64_t)c[i][j];
  printf("matrix %016lx trace %ld\n", hash, c[0][0] + c[50][50]);
}

static int queens(unsigned columns, unsigned left, unsigned right, int rows) {
  if (rows == 0) return 1;
  int count = 0;
  for (unsigned open = ~(columns | left | right) & 0x1ff; open; open &= open - 1) {
    unsigned place = open & -open;
    count += queens(columns | place, (left | place) << 1, (right | place) >> 1, rows - 1);
  }
  return count;
}

static void collatz(void) {
  uint64_t best = 0, best_steps = 0;
  for (uint64_t n = 1; n < 20000; n++) {
    uint64_t steps = 0;
    for (uint64_t x = n; x != 1; steps++) x = x % 2 ? 3 * x + 1 : x / 2;
    if (steps > best_steps) best = n, best_steps = steps;
  }
  printf("collatz %lu in %lu steps\n", best, best_steps);
}

static void factorial(void) {
  static uint32_t digits[400] = {1};
  for (uint32_t n = 2; n <= 500; n++) {
    uint64_t carry = 0;
    for (int i = 0; i < 400; i++) carry += (uint64_t)digits[i] * n, digits[i] = (uint32_t)(carry % 1000000000), carry /= 1000000000;
  }
  int top = 399;
  while (!digits[top]) top--;
  for (int i = top; i >= 0; i--) printf(i == top ? "%u" : "%09u", digits[i]);
  printf("\n");
}

static void edit_distance(void) {
  static int row[501];
  char a[501], b[501];
  for (int i = 0; i < 500; i++) a[i] = (char)('a' + i * i % 7), b[i] = (char)('a' + i * 5 % 9);
  for (int j = 0; j <= 500; j++) row[j] = j;
  for (int i = 1; i <= 500; i++) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= 500; j++) {
      int above = row[j], change = diagonal + (a[i - 1] != b[j - 1]);
      int least = above < row[j - 1] ? above + 1 : row[j - 1] + 1;
      row[j] = change < least ? change : least, diagonal = above;
    }
  }
  printf("distance %d\n", row[500]);
}

static void life(void) {
  static unsigned char cells[2][64][64];
  for (int i = 0; i < 64 * 64; i++) cells[0][i / 64][i % 64] = i * i % 11 < 4;
  for (int turn = 0; turn < 40; turn++)
    for (int y = 0; y < 64; y++) for (int x = 0; x < 64; x++) {
      int n = 0;
      for (int d = 0; d < 9; d++) if (d != 4) n += cells[turn & 1][(y + d / 3 + 63) & 63][(x + d % 3 + 63) & 63];
      cells[~turn & 1][y][x] = n == 3 || (n == 2 && cells[turn & 1][y][x]);
    }
  int alive = 0;
  for (int i = 0; i < 64 * 64; i++) alive += cells[0][i / 64][i % 64];
  printf("alive %d\n", alive);
}

static void table(void) {
  enum { SLOTS = 1 << 15 };
  static uint64_t keys[SLOTS];
  static uint32_t counts[SLOTS];
  uint64_t key = 99, probes = 0;
  for (int round = 0; round < 100000; round++) {
    key = key * 6364136223846793005UL + 1;
    uint64_t wanted = (key >> 40) % 20000 + 1, slot = wanted * 11400714819323198485UL >> 49;
    while (keys[slot] && keys[slot] != wanted) slot = (slot + 1) % SLOTS, probes++;
    keys[slot] = wanted, counts[slot]++;
  }
  uint32_t most = 0;
  for (int s = 0; s < SLOTS; s++) if (counts[s] > most) most = counts[s];
  printf("probes %lu most %u\n", probes, most);
}

int main(void) {
  hashes();
  sieve();
  matrices();
  printf("queens %d\n", queens(0, 0, 0, 9));
  collatz();
  factorial();
  edit_distance();
  life();
  table();
  return 0;
}
