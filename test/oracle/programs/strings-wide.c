// Exercises strings: the functions of string.h, strings.h, ctype.h and stdlib.h at every alignment,
// against plain loops; wide characters; UTF-8 taken apart by hand.
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

static uint64_t state = 7;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static int sign(int value) { return (value > 0) - (value < 0); }

static int plain_compare(const unsigned char *a, const unsigned char *b, size_t count) {
  for (; count--; a++, b++) if (*a != *b) return *a < *b ? -1 : 1;
  return 0;
}

static long against_plain_loops(void) {
  char a[300], b[300], c[300];
  long wrong = 0;
  for (int round = 0; round < 4000; round++) {
    unsigned at = draw(16), other = draw(16), length = draw(200);
    for (unsigned i = 0; i < length; i++) a[at + i] = (char)('a' + draw(3));
    a[at + length] = 0;
    wrong += strlen(a + at) != length;
    strcpy(b + other, a + at);
    wrong += strcmp(a + at, b + other) != 0;
    if (length) b[other + draw(length)] = (char)('a' + draw(4));
    wrong += sign(strcmp(a + at, b + other)) != plain_compare((void *)(a + at), (void *)(b + other), length + 1);
    wrong += sign(memcmp(a + at, b + other, length)) != plain_compare((void *)(a + at), (void *)(b + other), length);
    char *found = strchr(a + at, 'b'), *plain = a + at;
    while (*plain && *plain != 'b') plain++;
    wrong += found != (*plain ? plain : NULL);
    wrong += memchr(a + at, 'b', length) != (*plain ? plain : NULL);
    memcpy(c, a, sizeof c);
    memmove(a + at, a + other, length);
    for (unsigned i = 0; i < length; i++) wrong += a[at + i] != c[other + i];
    memset(a + at, 'z', length);
    for (unsigned i = 0; i < length; i++) wrong += a[at + i] != 'z';
  }
  return wrong;
}

static void searching(void) {
  char text[] = "the quick brown fox, the lazy dog; the end";
  char copy[sizeof text], *rest;
  printf("%ld %ld %ld\n", strstr(text, "the l") - text, strrchr(text, 't') - text, (char *)memmem(text, 40, "dog", 3) - text);
  printf("%zu %zu %ld\n", strspn(text, "teh "), strcspn(text, ",;"), strpbrk(text, ";,") - text);
  strcpy(copy, text);
  for (char *word = strtok_r(copy, " ,;", &rest); word; word = strtok_r(NULL, " ,;", &rest)) printf("<%s>", word);
  printf("\n%d %d %d\n", strcasecmp("HeLLo", "hEllO"), sign(strncasecmp("abcX", "ABCy", 4)), sign(strverscmp("a9", "a10")));
  char *twice = strdup(text);
  strncat(strncpy(copy, twice, 9), "!!!", 2);
  printf("%.11s %s\n", copy, twice);
  free(twice);
}

static void conversions(void) {
  static const char *const texts[] = {"0", "42", "-42", "  +7x", "0x1f", "077", "9223372036854775807", "9223372036854775808",
                                      "-9223372036854775809", "zz", "", "1e3", "-.5", "inf", "0x1.8p3", "1e400"};
  for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
    char *end, *end_double;
    errno = 0;
    long decimal = strtol(texts[t], &end, 10), any = strtol(texts[t], NULL, 0), base36 = strtol(texts[t], NULL, 36);
    int range = errno == ERANGE;
    double number = strtod(texts[t], &end_double);
    printf("%s: %ld %ld %ld %d rest '%s'; %g rest '%s'; %lu\n", texts[t], decimal, any, base36, range, end, number, end_double,
           strtoul(texts[t], NULL, 10));
  }
}

static void classes(void) {
  for (int c = 0; c < 128; c++)
    printf("%d%c", !!isalpha(c) | !!isdigit(c) << 1 | !!isspace(c) << 2 | !!isupper(c) << 3 | !!ispunct(c) << 4 | !!isxdigit(c) << 5 |
                       !!iscntrl(c) << 6 | (toupper(c) != c) << 7, c % 32 == 31 ? '\n' : ' ');
}

static void wide(void) {
  wchar_t text[40] = L"wide characters", copy[40];
  wcscat(wcscpy(copy, text), L" twice");
  printf("%zu %zu %d %ld %ls\n", wcslen(text), wcslen(copy), sign(wcscmp(text, copy)), wcschr(copy, L'c') - copy, copy);
  swprintf(copy, 40, L"%d-%ls-%.3f-%lc", 5, L"five", 5.5, L'v');
  printf("%ls %d %ld\n", copy, (int)towupper(L'q'), wcstol(L"1234z", NULL, 10));
  char bytes[40];
  printf("%zu %zu\n", wcstombs(bytes, text, sizeof bytes), mbstowcs(copy, "back again", 40));
  printf("%s %ls\n", bytes, copy);
  wmemset(copy, L'x', 5), copy[5] = 0;
  printf("%ls %d\n", copy, wmemcmp(copy, L"xxxxy", 5) < 0);
}

static void utf8(void) {
  const unsigned char *at = (const unsigned char *)"aß水𝄞é€";
  while (*at) {
    int more = *at < 0x80 ? 0 : *at < 0xe0 ? 1 : *at < 0xf0 ? 2 : 3;
    uint32_t point = more ? *at & (0x3f >> more) : *at;
    for (at++; more--; at++) point = point << 6 | (*at & 0x3f);
    printf("U+%04X ", point);
  }
  printf("\n");
}

int main(void) {
  printf("wrong %ld\n", against_plain_loops());
  searching();
  conversions();
  classes();
  wide();
  utf8();
  for (int error = 0; error < 40; error++) printf("%s%s", strerror(error), error % 4 == 3 ? "\n" : "; ");
  return 0;
}
