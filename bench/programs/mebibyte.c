// mebibyte: writes to each page of 1 MiB in turn, for ever: a program to be moved.
enum { BYTES = 1 << 20, PAGE_BYTES = 4096 };

static volatile unsigned char memory[BYTES];

int main(void) {
  for (;;)
    for (int at = 0; at < BYTES; at += PAGE_BYTES) memory[at]++;
}
