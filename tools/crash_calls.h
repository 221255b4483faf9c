/* The functions of libc that crash_shim.c stands in for. */

#define MODE(flags) \
  unsigned mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, unsigned); \
    va_end(rest); \
  }

int open(const char *name, int flags, ...) {
  MODE(flags)
  return (int)open_file(AT_FDCWD, name, flags, mode);
}
int open64(const char *name, int flags, ...) {
  MODE(flags)
  return (int)open_file(AT_FDCWD, name, flags, mode);
}
int openat(int dir, const char *name, int flags, ...) {
  MODE(flags)
  return (int)open_file(dir, name, flags, mode);
}
int openat64(int dir, const char *name, int flags, ...) {
  MODE(flags)
  return (int)open_file(dir, name, flags, mode);
}
int creat(const char *name, mode_t mode) {
  return (int)open_file(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

ssize_t write(int fd, const void *bytes, size_t size) { return write_bytes(fd, bytes, size, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return write_bytes(fd, bytes, size, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset) {
  return write_bytes(fd, bytes, size, offset);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  return write_vector(fd, parts, count, -1);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return write_vector(fd, parts, count, offset);
}

int fsync(int fd) { return (int)flush(fd, FSYNC, SYS_fsync); }
int fdatasync(int fd) { return (int)flush(fd, FDATASYNC, SYS_fdatasync); }
int syncfs(int fd) { return (int)flush(fd, SYNCFS, SYS_syncfs); }

int rename(const char *old, const char *new) {
  return (int)two_names(RENAME, AT_FDCWD, old, AT_FDCWD, new, 0);
}
int renameat(int from, const char *old, int to, const char *new) {
  return (int)two_names(RENAME, from, old, to, new, 0);
}
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
  return (int)two_names(RENAME, from, old, to, new, (int)flags);
}
int link(const char *old, const char *new) {
  return (int)two_names(LINK, AT_FDCWD, old, AT_FDCWD, new, 0);
}
int linkat(int from, const char *old, int to, const char *new, int flags) {
  return (int)two_names(LINK, from, old, to, new, flags);
}

int unlink(const char *name) { return (int)one_name(UNLINK, AT_FDCWD, name, 0); }
int unlinkat(int dir, const char *name, int flags) {
  return (int)one_name(flags & AT_REMOVEDIR ? RMDIR : UNLINK, dir, name, (unsigned)flags);
}
int rmdir(const char *name) { return (int)one_name(RMDIR, AT_FDCWD, name, AT_REMOVEDIR); }
int mkdir(const char *name, mode_t mode) { return (int)one_name(MKDIR, AT_FDCWD, name, mode); }
int mkdirat(int dir, const char *name, mode_t mode) {
  return (int)one_name(MKDIR, dir, name, mode);
}

int truncate(const char *name, off_t size) { return (int)cut(-1, size, name, SYS_truncate); }
int ftruncate(int fd, off_t size) { return (int)cut(fd, size, 0, SYS_ftruncate); }
int ftruncate64(int fd, off64_t size) { return (int)cut(fd, size, 0, SYS_ftruncate); }

int utimensat(int fd, const char *name, const struct timespec times[2], int flags) {
  return (int)set_times(fd, name, times, flags);
}
int futimens(int fd, const struct timespec times[2]) { return (int)set_times(fd, 0, times, 0); }

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  return send_bytes(fd, bytes, size, flags);
}
int connect(int fd, const struct sockaddr *address, socklen_t size) {
  return (int)of_socket(CONNECT, "connect", SYS_connect, fd, address, (long)size);
}
int shutdown(int fd, int side) {
  return (int)of_socket(SHUTDOWN, "shutdown", SYS_shutdown, fd, (const void *)(intptr_t)side, 0);
}

/* What mailarc calls by its number, as its module for libc lacks it. */
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  switch (number) {
    case SYS_renameat2:
      return two_names(RENAME, (int)a, (const char *)b, (int)c, (const char *)d, (int)e);
    case SYS_utimensat: return set_times((int)a, (const char *)b, (const void *)c, (int)d);
    case SYS_syncfs: return flush((int)a, SYNCFS, SYS_syncfs);
    default: return raw(number, a, b, c, d, e, f);
  }
}
