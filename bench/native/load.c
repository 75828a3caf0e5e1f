/* Callers: so many connections, each of which asks the same question again as soon as it has been answered.

   usage: load PORT REQUEST CONNECTIONS RAMP WARM SECONDS

   REQUEST is a file with the bytes of one HTTP request. The connections are opened over RAMP seconds; what
   happens from WARM seconds after the start is counted, for SECONDS. It says "begin" when it begins to
   count, and one line of JSON when it ends. Streams are followed by their stamps (see common.h): one event
   each, whose delay is the time since its sending; a stamp of zero is an event without a delay.

   Any answer but a 200, and any connection that ends before its answer, is a failure; after MAX_FAILURES it
   gives up. */
#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_READY 512
#define MAX_FAILURES 1000
#define READ_SIZE 262144
#define HEAD_SIZE 16384

/* ---- durations: 64 steps for each power of two, which is exact to 1.6 % ---- */

#define STEP_BITS 6
#define STEPS (1u << STEP_BITS)

struct histogram {
    uint64_t count;
    uint64_t bins[64 * STEPS];
};

static void note(struct histogram *histogram, uint64_t ns) {
    unsigned power = ns < STEPS ? 0 : 64u - STEP_BITS - (unsigned)__builtin_clzll(ns);
    uint64_t bin = power == 0 ? ns : (uint64_t)power * STEPS + ((ns >> (power - 1)) - STEPS);
    histogram->bins[bin]++;
    histogram->count++;
}

static double quantile_microseconds(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)((double)histogram->count * share), seen = 0;
    for (unsigned bin = 0; bin < 64 * STEPS; bin++) {
        seen += histogram->bins[bin];
        if (seen > wanted) {
            unsigned power = bin / STEPS;
            uint64_t step = bin % STEPS;
            return (double)(power == 0 ? step : (step + STEPS) << (power - 1)) / 1000.0;
        }
    }
    return 0;
}

/* ---- one caller ---- */

enum place { IN_HEAD, IN_BODY, IN_CHUNK_SIZE, IN_CHUNK, IN_TRAILER };

struct caller {
    int fd; /* -1: not open */
    enum place place;
    char head[HEAD_SIZE];
    size_t head_size;
    size_t request_sent;
    uint64_t left;     /* of the body or the chunk; UINT64_MAX: until the connection ends */
    uint64_t size;     /* of the chunk, while its line is read */
    unsigned line;     /* bytes of the line that is read, without CR and LF */
    bool is_waiting_to_send;
    bool is_closing;
    bool has_begun;    /* something of the answer under way has come */
    bool is_in_stamp;
    unsigned digits;
    uint64_t stamp;
    uint64_t asked_ns;
};

static char *request;
static size_t request_size;
static uint16_t port;
static int poll_fd;
static bool is_counting;
static uint64_t answers, events, received, failures;
static struct histogram latencies, delays;

static void fail(const struct caller *caller, const char *why) {
    if (failures++ == 0) fprintf(stderr, "%s: %.*s\n", why, (int)strcspn(caller->head, "\r"), caller->head);
    if (failures > MAX_FAILURES) {
        fprintf(stderr, "too many failures\n");
        exit(1);
    }
}

static void send_request(struct caller *caller) {
    while (caller->request_sent < request_size) {
        ssize_t sent = send(caller->fd, request + caller->request_sent, request_size - caller->request_sent,
                            MSG_NOSIGNAL);
        if (sent < 0) break;
        caller->request_sent += (size_t)sent;
    }
    bool has_rest = caller->request_sent < request_size;
    if (has_rest == caller->is_waiting_to_send) return;
    struct epoll_event event = {.events = EPOLLIN | (has_rest ? EPOLLOUT : 0u), .data.ptr = caller};
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, caller->fd, &event) < 0) die("epoll_ctl");
    caller->is_waiting_to_send = has_rest;
}

static void ask(struct caller *caller) {
    caller->place = IN_HEAD;
    caller->head_size = caller->request_sent = 0;
    caller->has_begun = caller->is_closing = caller->is_in_stamp = false;
    caller->asked_ns = now_ns();
    send_request(caller);
}

static void open_connection(struct caller *caller) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    caller->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(caller->fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    fcntl(caller->fd, F_SETFL, O_NONBLOCK);
    setsockopt(caller->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = caller};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, caller->fd, &event) < 0) die("epoll_ctl");
    caller->is_waiting_to_send = false;
    ask(caller);
}

static void reopen(struct caller *caller) {
    close(caller->fd);
    open_connection(caller);
}

static void finish(struct caller *caller) {
    if (is_counting) {
        answers++;
        note(&latencies, now_ns() - caller->asked_ns);
    }
    if (caller->is_closing) reopen(caller);
    else ask(caller);
}

static void read_stamps(struct caller *caller, const char *data, size_t size, uint64_t now) {
    const char *end = data + size;
    while (data < end) {
        if (!caller->is_in_stamp) {
            data = memchr(data, STAMP_MARK, (size_t)(end - data));
            if (data++ == NULL) return;
            caller->is_in_stamp = true;
            caller->digits = 0;
            caller->stamp = 0;
        }
        for (; data < end && *data >= '0' && *data <= '9'; data++, caller->digits++)
            caller->stamp = caller->stamp * 10 + (uint64_t)(*data - '0');
        if (data == end) return;
        caller->is_in_stamp = false;
        if (*data++ != STAMP_MARK || caller->digits != STAMP_DIGITS || !is_counting) continue;
        events++;
        if (caller->stamp > 0) note(&delays, now - caller->stamp);
    }
}

/* Reads the head once it is whole; returns how many of the bytes belong to it. */
static size_t read_head(struct caller *caller, const char *data, size_t size) {
    size_t before = caller->head_size, room = HEAD_SIZE - 1 - before;
    size_t taken = size < room ? size : room;
    memcpy(caller->head + before, data, taken);
    caller->head_size += taken;
    caller->head[caller->head_size] = '\0';
    char *end = strstr(caller->head, "\r\n\r\n");
    if (end == NULL) {
        if (taken == room) die("the head of an answer is too large");
        return taken;
    }
    taken = (size_t)(end + 4 - caller->head) - before;
    end[2] = '\0';
    if (strncmp(caller->head + 9, "200", 3) != 0) fail(caller, "not a 200");
    char *length = strcasestr(caller->head, "\ncontent-length:");
    caller->is_closing = strcasestr(caller->head, "\nconnection: close") != NULL;
    caller->line = 0;
    caller->size = 0;
    if (strcasestr(caller->head, "\ntransfer-encoding: chunked") != NULL) {
        caller->place = IN_CHUNK_SIZE;
    } else {
        caller->place = IN_BODY;
        caller->left = length ? strtoull(length + 16, NULL, 10) : UINT64_MAX;
    }
    return taken;
}

/* Takes one byte of a line between chunks; returns true where that ends the answer. */
static bool read_line_byte(struct caller *caller, char byte) {
    if (byte != '\n') {
        if (byte == '\r') return false;
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, byte | 0x20);
        if (caller->place == IN_CHUNK_SIZE && digit) caller->size = caller->size * 16 + (uint64_t)(digit - digits);
        caller->line++;
        return false;
    }
    bool is_empty = caller->line == 0;
    caller->line = 0;
    if (caller->place == IN_TRAILER) return is_empty;
    if (is_empty) return false; /* the line end after a chunk */
    caller->place = caller->size ? IN_CHUNK : IN_TRAILER;
    caller->left = caller->size;
    caller->size = 0;
    return false;
}

/* Returns true where the answer is complete. What comes after it is thrown away: nothing was asked. */
static bool read_answer(struct caller *caller, const char *data, size_t size, uint64_t now) {
    caller->has_begun = true;
    for (const char *end = data + size; data < end;) {
        if (caller->place == IN_HEAD) {
            data += read_head(caller, data, (size_t)(end - data));
            if (caller->place == IN_BODY && caller->left == 0) return true;
        } else if (caller->place == IN_BODY || caller->place == IN_CHUNK) {
            size_t here = (size_t)(end - data);
            if (here > caller->left) here = caller->left;
            read_stamps(caller, data, here, now);
            data += here;
            if (caller->left != UINT64_MAX) caller->left -= here;
            if (caller->left > 0) continue;
            if (caller->place == IN_BODY) return true;
            caller->place = IN_CHUNK_SIZE;
        } else if (read_line_byte(caller, *data++)) {
            return true;
        }
    }
    return false;
}

static void receive(struct caller *caller) {
    static char data[READ_SIZE];
    ssize_t got = recv(caller->fd, data, sizeof data, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        if (caller->place == IN_BODY && caller->left == UINT64_MAX) {
            caller->is_closing = true;
            finish(caller);
            return;
        }
        fail(caller, "the connection ended before the answer");
        reopen(caller);
        return;
    }
    if (is_counting) received += (uint64_t)got;
    if (read_answer(caller, data, (size_t)got, now_ns())) finish(caller);
}

/* ---- the whole ---- */

static void read_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path);
    char piece[READ_SIZE];
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0; request_size += size) {
        request = grow(request, request_size + size);
        memcpy(request + request_size, piece, size);
    }
    fclose(file);
}

static void tell(const struct caller *callers, long count, double seconds) {
    long open = 0;
    for (long i = 0; i < count; i++) open += callers[i].fd >= 0 && callers[i].has_begun;
    printf("{\"answers\":%llu,\"events\":%llu,\"failures\":%llu,\"bytes\":%llu,\"open\":%ld,\"seconds\":%.6f,"
           "\"latency_p50\":%.2f,\"latency_p99\":%.2f,\"delay_p50\":%.2f,\"delay_p99\":%.2f}\n",
           (unsigned long long)answers, (unsigned long long)events, (unsigned long long)failures,
           (unsigned long long)received, open, seconds, quantile_microseconds(&latencies, 0.5),
           quantile_microseconds(&latencies, 0.99), quantile_microseconds(&delays, 0.5),
           quantile_microseconds(&delays, 0.99));
    fflush(stdout);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 7) {
        fprintf(stderr, "usage: load PORT REQUEST CONNECTIONS RAMP WARM SECONDS\n");
        return 2;
    }
    port = (uint16_t)atoi(arguments[1]);
    read_request(arguments[2]);
    long count = atol(arguments[3]), opened = 0;
    uint64_t ramp = (uint64_t)(atof(arguments[4]) * 1e9), warm = (uint64_t)(atof(arguments[5]) * 1e9);
    struct caller *callers = calloc((size_t)count, sizeof *callers);
    if (callers == NULL) die("calloc");
    for (long i = 0; i < count; i++) callers[i].fd = -1;
    poll_fd = epoll_create1(0);
    uint64_t started = now_ns(), begun = 0, end = started + warm + (uint64_t)(atof(arguments[6]) * 1e9);
    for (uint64_t now = started; now < end; now = now_ns()) {
        for (; opened < count && now >= started + ramp * (uint64_t)opened / (uint64_t)count; opened++)
            open_connection(&callers[opened]);
        if (!is_counting && now >= started + warm) {
            is_counting = true;
            begun = now_ns();
            puts("begin");
            fflush(stdout);
        }
        struct epoll_event ready[MAX_READY];
        int n = epoll_wait(poll_fd, ready, MAX_READY, 1);
        for (int i = 0; i < n; i++) {
            struct caller *caller = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT) send_request(caller);
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(caller);
        }
    }
    tell(callers, count, (double)(now_ns() - begun) / 1e9);
    return 0;
}
