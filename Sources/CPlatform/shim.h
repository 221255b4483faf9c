#ifndef MAILARC_CPLATFORM_SHIM_H
#define MAILARC_CPLATFORM_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Declared here under names of their own: the module Glibc leaves these calls out. */

static inline int mailarc_rename_noreplace(int from_dir, const char *from, int to_dir, const char *to) {
  return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 1u /* RENAME_NOREPLACE */);
}

static inline int mailarc_syncfs(int fd) { return (int)syscall(SYS_syncfs, fd); }

/* Starts write-back of a file's dirty pages without waiting for it (SYNC_FILE_RANGE_WRITE). */
static inline int mailarc_start_writeback(int fd) {
  return (int)syscall(SYS_sync_file_range, fd, (long)0, (long)0, 2u);
}

static inline int mailarc_pipe_cloexec(int ends[2]) {
  return (int)syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK);
}

#endif
