/* What both programs of the bench need: the clock, and an end with a reason. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NANOSECONDS 1000000000ull
/* Between two of these an event carries the time of its sending, in STAMP_DIGITS decimal digits. */
#define STAMP_MARK '@'
#define STAMP_DIGITS 19

static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NANOSECONDS + (uint64_t)now.tv_nsec;
}

static inline _Noreturn void die(const char *what) {
    fprintf(stderr, "%s: %s\n", what, errno ? strerror(errno) : "failed");
    exit(1);
}

static inline void *grow(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (memory == NULL) die("realloc");
    return memory;
}

#endif
