// Exercises what a program is started with: arguments, environment and the auxiliary vector (its
// constants only), and changes of the environment.
// args: one two-words --flag=ü \n * '$HOME' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
// args:
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static void print_environment(void) {
  for (char **at = environ; *at; at++) printf("%s\n", *at);
}

int main(int argc, char **argv) {
  const char *slash = strrchr(argv[0], '/');
  printf("%d arguments, argv[argc] is %s, named %s\n", argc, argv[argc] ? "set" : "null", slash ? slash + 1 : argv[0]);
  for (int index = 1; index < argc; index++) printf("%d: %zu <%s>\n", index, strlen(argv[index]), argv[index]);
  print_environment();
  printf("HOME %s, absent %s\n", getenv("HOME"), getenv("ABSENT") ? "set" : "null");
  setenv("HOME", "/elsewhere", 0), setenv("TERM", "changed", 1), setenv("NEW", "", 1), unsetenv("LANG");
  print_environment();
  printf("page %lu %d, aligned stack %d\n", getauxval(AT_PAGESZ), getpagesize(), (unsigned long)__builtin_frame_address(0) % 16 == 0);
  printf("entry %d, headers %d of %lu, random %d, name %d\n", getauxval(AT_ENTRY) != 0, getauxval(AT_PHDR) != 0,
         getauxval(AT_PHENT), getauxval(AT_RANDOM) != 0, getauxval(AT_EXECFN) != 0);
  printf("secure %lu\n", getauxval(AT_SECURE));
  return 0;
}
