// What went wrong, in the words that every Unix program uses.
#include "linux.h"

static const struct {
  long error;
  const char *text;
} TEXTS[] = {
    {1, "Operation not permitted"},
    {2, "No such file or directory"},
    {4, "Interrupted system call"},
    {5, "Input/output error"},
    {6, "No such device or address"},
    {9, "Bad file descriptor"},
    {11, "Resource temporarily unavailable"},
    {12, "Cannot allocate memory"},
    {13, "Permission denied"},
    {14, "Bad address"},
    {20, "Not a directory"},
    {21, "Is a directory"},
    {22, "Invalid argument"},
    {23, "Too many open files in system"},
    {24, "Too many open files"},
    {27, "File too large"},
    {28, "No space left on device"},
    {32, "Broken pipe"},
    {36, "File name too long"},
    {38, "Function not implemented"},
    {40, "Too many levels of symbolic links"},
    {110, "Connection timed out"},
    {112, "Host is down"},
    {113, "No route to host"},
};

const char *error_text(long error) {
  for (Size index = 0; index < sizeof TEXTS / sizeof TEXTS[0]; index++)
    if (TEXTS[index].error == error) return TEXTS[index].text;
  return "Unknown error";
}
