// Linux error numbers (asm-generic/errno-base.h and errno.h).

export const errno = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  ENOTTY: 25,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
} as const;

const names = new Map<number, string>(Object.entries(errno).map(([name, code]) => [code, name]));

const texts: Readonly<Record<number, string>> = {
  [errno.ENOENT]: "no such file or directory",
  [errno.EIO]: "input/output error: the file server cannot be reached",
  [errno.EACCES]: "permission denied",
  [errno.ENOTDIR]: "a part of the path is not a directory",
  [errno.EISDIR]: "is a directory",
  [errno.EBUSY]: "busy",
  [errno.ETXTBSY]: "the file is a program that is running",
  [errno.EFBIG]: "file too large",
  [errno.ENOSPC]: "no space left on device",
  [errno.EROFS]: "read-only file system",
  [errno.ENAMETOOLONG]: "file name too long",
  [errno.ELOOP]: "too many levels of symbolic links",
};

/** `ENOENT`, or the number of one that has no name here. */
function errnoName(code: number): string {
  return names.get(code) ?? `errno ${code}`;
}

/** The error in words, for the one line that a person sees. */
export function errnoText(code: number): string {
  return texts[code] ?? errnoName(code);
}
