// Exercises standard input: by line, character, block, number, whole word and vector, until its end;
// pushing back; reading on after the end.
// args: lines
// stdin: text
// args: lines
// stdin: empty
// args: getline
// stdin: long-line
// args: characters
// stdin: text
// args: blocks
// stdin: bytes
// args: numbers
// stdin: numbers
// args: words
// stdin: text
// args: raw
// stdin: bytes
// args: echo
// stdin: bytes
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static uint64_t hash = 14695981039346656037UL;

static void mix(const void *bytes, size_t count) {
  for (const unsigned char *at = bytes; count--; at++) hash = (hash ^ *at) * 1099511628211UL;
}

static long lines(void) {
  char line[81];
  long count = 0;
  while (fgets(line, sizeof line, stdin)) mix(line, strlen(line)), count++;
  return count;
}

static long whole_lines(void) {
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  long count = 0;
  while ((length = getline(&line, &room, stdin)) >= 0) mix(line, (size_t)length), count++, printf("%zd\n", length);
  free(line);
  return count;
}

static long characters(void) {
  long counts[256] = {0}, total = 0;
  for (int c; (c = getchar()) != EOF; counts[c]++, total++)
    if (total % 5 == 0) ungetc(c, stdin), c = getc(stdin);
  for (int c = 0; c < 256; c++) if (counts[c]) printf("%d:%ld ", c, counts[c]);
  putchar('\n');
  return total;
}

static long blocks(void) {
  char block[3001];
  long total = 0;
  size_t got;
  while ((got = fread(block, 1, sizeof block, stdin)) > 0) mix(block, got), total += (long)got;
  return total;
}

static long numbers(void) {
  double number, sum = 0;
  long count = 0, hexadecimal = 0;
  int whole;
  while (scanf("%lf", &number) == 1) sum += number, count++;
  char word[20];
  hexadecimal = scanf("%19s %d %i", word, &whole, (int *)&hexadecimal);
  printf("sum %.17g then %s %d\n", sum, word, whole);
  return count * 10 + hexadecimal;
}

static long words(void) {
  char word[12];
  long count = 0;
  int length;
  while (scanf(" %11[a-z]%n", word, &length) == 1) mix(word, strlen(word)), count += length;
  return count;
}

static long raw(void) {
  char first[100], second[4000];
  long total = 0;
  struct iovec parts[2] = {{first, sizeof first}, {second, sizeof second}};
  if (read(0, first, 0) != 0) return -1;
  for (ssize_t got; (got = readv(0, parts, 2)) > 0; total += got) {
    size_t in_first = (size_t)got < sizeof first ? (size_t)got : sizeof first;
    mix(first, in_first), mix(second, (size_t)got - in_first);
  }
  return total + read(0, first, 1); // the end stays the end
}

static long echo(void) {
  char block[5000];
  long total = 0;
  for (ssize_t got; (got = read(0, block, sizeof block)) > 0; total += got)
    for (ssize_t done = 0; done < got;) done += write(1, block + done, (size_t)(got - done));
  return total;
}

int main(int argc, char **argv) {
  static const struct { const char *name; long (*read)(void); } ways[] = {
      {"lines", lines}, {"getline", whole_lines}, {"characters", characters}, {"blocks", blocks},
      {"numbers", numbers}, {"words", words}, {"raw", raw}, {"echo", echo}};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++)
    if (argc > 1 && !strcmp(argv[1], ways[way].name)) {
      long result = ways[way].read();
      printf("%s: %ld, hash %016lx, at end %d, error %d\n", argv[1], result, hash, feof(stdin) != 0, ferror(stdin) != 0);
    }
  return 0;
}
