// Exercises a garbage collector as runtimes have them: objects are made in a young space; survivors go to an
// old one, which is read-only between collections, so that the first write to a page of it is noted by a
// handler of SIGSEGV; when the old space is full, what lives is copied to another and the rest given back.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, YOUNG = 8 * PAGE, OLD = 40 * PAGE, ROOTS = 64 };
static const int RW = PROT_READ | PROT_WRITE;

// `gone`: the object was copied, and `value` says where to.
typedef struct object {
  uint64_t gone, value;
  struct object *left, *right;
} object;

static char *young, *old, *spare, *young_end, *old_end;
static unsigned char written[OLD / PAGE];
static int barriers, minors, majors;
static object *roots[ROOTS];

static uint64_t state = 4;
static unsigned draw(unsigned bound) {
  state = state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(state >> 33) % bound;
}

static void barrier(int signal, siginfo_t *info, void *context) {
  char *place = info->si_addr;
  if (place < old || place >= old + OLD || info->si_code != SEGV_ACCERR) _Exit(3);
  long page = (place - old) / PAGE;
  written[page] = 1, barriers++;
  mprotect(old + page * PAGE, PAGE, RW);
}

static object *copy(object *from, char **end) {
  if (from->gone) return (object *)from->value;
  object *to = (object *)*end;
  *end += sizeof *to;
  *to = *from;
  from->gone = 1, from->value = (uint64_t)to;
  return to;
}

static object *promote(object *from) {
  int is_young = (char *)from >= young && (char *)from < young + YOUNG;
  return is_young ? copy(from, &old_end) : from;
}

// Only what refers to a young object is written, or the barrier would see more than the program did.
static void promote_both(object *of) {
  object *left = promote(of->left), *right = promote(of->right);
  if (left != of->left) of->left = left;
  if (right != of->right) of->right = right;
}

static void collect_young(void) {
  minors++;
  char *scan = old_end;
  long page = (old_end - old) / PAGE;
  mprotect(old + page * PAGE, OLD - page * PAGE, RW);
  for (int root = 0; root < ROOTS; root++) roots[root] = promote(roots[root]);
  for (char *at = old; at < scan; at += sizeof(object))
    if (written[(at - old) / PAGE]) promote_both((object *)at);
  for (; scan < old_end; scan += sizeof(object)) promote_both((object *)scan);
  memset(written, 0, sizeof written);
  mprotect(old, OLD, PROT_READ);
  memset(young, 0xdd, YOUNG);
  young_end = young;
}

static void collect_old(void) {
  majors++;
  collect_young();
  mprotect(old, OLD, RW), mprotect(spare, OLD, RW);
  char *end = spare;
  for (int root = 0; root < ROOTS; root++) if (roots[root]) roots[root] = copy(roots[root], &end);
  for (char *at = spare; at < end; at += sizeof(object)) {
    object *of = (object *)at;
    if (of->left) of->left = copy(of->left, &end);
    if (of->right) of->right = copy(of->right, &end);
  }
  char *empty = old;
  old = spare, spare = empty, old_end = end;
  madvise(spare, OLD, MADV_DONTNEED);
  mprotect(spare, OLD, PROT_NONE), mprotect(old, OLD, PROT_READ);
}

static object *make(uint64_t value, object *left, object *right) {
  if (young_end + sizeof(object) > young + YOUNG) {
    roots[ROOTS - 2] = left, roots[ROOTS - 1] = right;
    if (old_end + 2 * YOUNG > old + OLD) collect_old();
    else collect_young();
    left = roots[ROOTS - 2], right = roots[ROOTS - 1];
    roots[ROOTS - 2] = roots[ROOTS - 1] = NULL;
  }
  object *made = (object *)young_end;
  young_end += sizeof *made;
  *made = (object){0, value, left, right};
  return made;
}

static uint64_t sum(const object *of, int depth) {
  return of && depth ? of->value + 3 * sum(of->left, depth - 1) + 5 * sum(of->right, depth - 1) : 1;
}

int main(void) {
  struct sigaction action = {.sa_sigaction = barrier, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  young = young_end = mmap(NULL, YOUNG, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  old = old_end = mmap(NULL, OLD, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  spare = mmap(NULL, OLD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t check = 0;
  for (int round = 0; round < 60000; round++) {
    int one = draw(40), other = draw(40);
    object *fresh = make(round, NULL, roots[other]);
    switch (draw(6)) {
    case 0: roots[one] = fresh; break;
    case 1: if (roots[one]) roots[one]->right = roots[other]; break;
    case 2: if (roots[one]) roots[one]->value += round; break;
    case 3: if (roots[one]) roots[one]->left = fresh; break;
    case 4: if (draw(3) == 0) roots[one] = NULL; break;
    default: check = check * 31 + sum(roots[one], 5);
    }
  }
  printf("%lx after %d collections, %d of them whole, %d barriers\n", check, minors, majors, barriers);
}
