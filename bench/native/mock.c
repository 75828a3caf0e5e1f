/* A provider that costs next to nothing: it answers chat completions from memory.

   usage: mock PORT DIRECTORY

   The model's name in a request says what the answer is:
     mock-body-NAME     the file NAME.json of the directory
     mock-burst-50      a stream of 50 events, all in one write
     mock-paced-20-50   a stream of 50 events, one every 20 ms, each stamped with the time of its sending
     mock-idle          a stream of one event, and then silence until the client leaves
   Streams are made of first.sse, event.sse (which holds the stamp) and last.sse; each is a chunk of its own.

   One thread and one epoll, for the bench alone: it trusts its clients and serves only 127.0.0.1. */
#define _GNU_SOURCE
#include "common.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_READY 512
#define MAX_BODIES 64
#define READ_SIZE 65536

struct bytes {
    char *data;
    size_t size;
};

struct connection {
    int fd;
    bool is_waiting_to_send;
    struct bytes in;   /* a request, until it is whole */
    size_t in_room;
    struct bytes out;  /* what the socket has not taken yet */
    size_t out_room;
    uint64_t due_ns;   /* of the next event, while it streams */
    uint64_t interval_ns;
    long events_left;
    long place;        /* in `paced`, or -1 */
};

static const char *directory;
static int poll_fd;
static struct connection **paced;
static long paced_count, paced_room;
static struct bytes stream_head, first_chunk, event_chunk, last_chunk;
static size_t stamp_offset; /* in event_chunk */

/* ---- answers ---- */

static struct bytes joined(struct bytes left, const void *data, size_t size) {
    left.data = grow(left.data, left.size + size);
    memcpy(left.data + left.size, data, size);
    left.size += size;
    return left;
}

static struct bytes read_file(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) die(path);
    struct bytes content = {0};
    char piece[READ_SIZE];
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0;) content = joined(content, piece, size);
    fclose(file);
    return content;
}

static struct bytes chunk_of(const char *name) {
    struct bytes content = read_file(name), chunk = {0};
    char line[32];
    chunk = joined(chunk, line, (size_t)snprintf(line, sizeof line, "%zx\r\n", content.size));
    chunk = joined(chunk, content.data, content.size);
    free(content.data);
    return joined(chunk, "\r\n", 2);
}

static void prepare_streams(void) {
    static char head[] = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_bench\r\n"
                         "transfer-encoding: chunked\r\n\r\n";
    stream_head = (struct bytes){head, sizeof head - 1};
    first_chunk = chunk_of("first.sse");
    event_chunk = chunk_of("event.sse");
    last_chunk = joined(chunk_of("last.sse"), "0\r\n\r\n", 5);
    char *mark = memchr(event_chunk.data, STAMP_MARK, event_chunk.size);
    if (mark == NULL) die("event.sse holds no stamp");
    stamp_offset = (size_t)(mark + 1 - event_chunk.data);
}

/* Returns head and body of a whole answer, made at the first use of its name. */
static struct bytes whole_answer(const char *name) {
    static struct { char name[64]; struct bytes answer; } known[MAX_BODIES];
    static int count;
    for (int i = 0; i < count; i++)
        if (strcmp(known[i].name, name) == 0) return known[i].answer;
    if (count == MAX_BODIES) die("too many bodies");
    char file[80], head[256];
    snprintf(file, sizeof file, "%s.json", name);
    struct bytes body = read_file(file), answer = {0};
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n"
                        "content-length: %zu\r\n\r\n", body.size);
    answer = joined(joined(answer, head, (size_t)size), body.data, body.size);
    free(body.data);
    snprintf(known[count].name, sizeof known[count].name, "%s", name);
    known[count].answer = answer;
    return known[count++].answer;
}

static struct bytes burst_answer(long events) {
    static struct bytes answer;
    static long made_of = -1;
    if (made_of != events) {
        answer.size = 0;
        answer = joined(answer, stream_head.data, stream_head.size);
        answer = joined(answer, first_chunk.data, first_chunk.size);
        for (long i = 0; i < events; i++) answer = joined(answer, event_chunk.data, event_chunk.size);
        answer = joined(answer, last_chunk.data, last_chunk.size);
        made_of = events;
    }
    return answer;
}

/* ---- connections ---- */

static void watch(struct connection *connection, bool for_sending) {
    struct epoll_event event = {.events = EPOLLIN | (for_sending ? EPOLLOUT : 0u), .data.ptr = connection};
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, connection->fd, &event) < 0) die("epoll_ctl");
    connection->is_waiting_to_send = for_sending;
}

static void stop_pacing(struct connection *connection) {
    if (connection->place < 0) return;
    paced[connection->place] = paced[--paced_count];
    paced[connection->place]->place = connection->place;
    connection->place = -1;
}

static void drop(struct connection *connection) {
    stop_pacing(connection);
    close(connection->fd);
    free(connection->in.data);
    free(connection->out.data);
    free(connection);
}

/* Sends what it can at once and keeps the rest. A client that has gone is noticed when it is read from. */
static void send_bytes(struct connection *connection, const char *data, size_t size) {
    if (connection->out.size == 0) {
        ssize_t sent = send(connection->fd, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return;
        if (sent > 0) data += sent, size -= (size_t)sent;
    }
    if (size == 0) return;
    size_t needed = connection->out.size + size;
    if (needed > connection->out_room)
        connection->out.data = grow(connection->out.data, connection->out_room = needed * 2);
    memcpy(connection->out.data + connection->out.size, data, size);
    connection->out.size = needed;
    if (!connection->is_waiting_to_send) watch(connection, true);
}

static void send_rest(struct connection *connection) {
    struct bytes *out = &connection->out;
    ssize_t sent = send(connection->fd, out->data, out->size, MSG_NOSIGNAL);
    if (sent < 0) return;
    memmove(out->data, out->data + sent, out->size -= (size_t)sent);
    if (out->size == 0) watch(connection, false);
}

static void send_event(struct connection *connection) {
    char digits[STAMP_DIGITS + 1];
    snprintf(digits, sizeof digits, "%0*llu", STAMP_DIGITS, (unsigned long long)now_ns());
    memcpy(event_chunk.data + stamp_offset, digits, STAMP_DIGITS);
    send_bytes(connection, event_chunk.data, event_chunk.size);
}

static void start_pacing(struct connection *connection, long interval_ms, long events) {
    static uint64_t started; /* streams that start together shall not speak together */
    connection->interval_ns = (uint64_t)interval_ms * 1000000u;
    connection->due_ns = now_ns() + (started++ * 618033989u) % connection->interval_ns;
    connection->events_left = events;
    if (paced_count == paced_room) {
        paced_room = paced_room ? paced_room * 2 : 64;
        paced = grow(paced, (size_t)paced_room * sizeof *paced);
    }
    connection->place = paced_count;
    paced[paced_count++] = connection;
}

/* Sends all events that are due; returns when the next one is. */
static uint64_t send_due_events(void) {
    uint64_t next_ns = UINT64_MAX, now = now_ns();
    for (long i = paced_count - 1; i >= 0; i--) {
        struct connection *connection = paced[i];
        if (connection->due_ns <= now) {
            if (connection->events_left-- == 0) {
                stop_pacing(connection);
                send_bytes(connection, last_chunk.data, last_chunk.size);
                continue;
            }
            send_event(connection);
            connection->due_ns += connection->interval_ns;
        }
        if (connection->due_ns < next_ns) next_ns = connection->due_ns;
    }
    return next_ns;
}

static void answer(struct connection *connection, const char *model) {
    char name[64];
    long interval_ms, events;
    struct bytes content = {0};
    if (sscanf(model, "mock-body-%63[a-z0-9-]", name) == 1) {
        content = whole_answer(name);
    } else if (sscanf(model, "mock-burst-%ld", &events) == 1) {
        content = burst_answer(events);
    } else {
        bool is_paced = sscanf(model, "mock-paced-%ld-%ld", &interval_ms, &events) == 2 && interval_ms > 0;
        if (!is_paced && strncmp(model, "mock-idle", 9) != 0) {
            static const char refusal[] = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            send_bytes(connection, refusal, sizeof refusal - 1);
            return;
        }
        send_bytes(connection, stream_head.data, stream_head.size);
        send_bytes(connection, first_chunk.data, first_chunk.size);
        if (is_paced) start_pacing(connection, interval_ms, events);
        else send_event(connection);
        return;
    }
    send_bytes(connection, content.data, content.size);
}

/* Answers the request at the front of what has come, if it is whole; returns its size, or 0. */
static size_t take_request(struct connection *connection) {
    struct bytes in = connection->in;
    char *end = memmem(in.data, in.size, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    *end = '\0';
    char *length = strcasestr(in.data, "\ncontent-length:");
    size_t size = (size_t)(end + 4 - in.data) + (length ? strtoul(length + 16, NULL, 10) : 0);
    *end = '\r';
    if (in.size < size) return 0;
    char model[64] = "";
    char *named = memmem(end, size - (size_t)(end - in.data), "\"model\"", 7);
    if (named) sscanf(named + 7, " : \"%63[^\"]", model);
    answer(connection, model);
    return size;
}

/* Returns false once the client has gone. */
static bool receive(struct connection *connection) {
    struct bytes *in = &connection->in;
    if (connection->in_room - in->size < READ_SIZE)
        in->data = grow(in->data, connection->in_room = in->size * 2 + READ_SIZE + 1);
    ssize_t got = recv(connection->fd, in->data + in->size, connection->in_room - in->size - 1, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    in->size += (size_t)got;
    in->data[in->size] = '\0';
    for (size_t taken; in->size > 0 && (taken = take_request(connection)) > 0;)
        memmove(in->data, in->data + taken, in->size -= taken);
    return true;
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *connection = calloc(1, sizeof *connection);
        if (connection == NULL) die("calloc");
        connection->fd = fd;
        connection->place = -1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
    }
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
    if (listen(fd, 4096) < 0) die("listen");
    return fd;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: mock PORT DIRECTORY\n");
        return 2;
    }
    directory = arguments[2];
    prepare_streams();
    int listener = listen_on(atoi(arguments[1]));
    poll_fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event) < 0) die("epoll_ctl");
    for (;;) {
        uint64_t next_ns = send_due_events(), now = now_ns();
        uint64_t wait_ns = next_ns > now ? next_ns - now : 0;
        struct timespec timeout = {(time_t)(wait_ns / NANOSECONDS), (long)(wait_ns % NANOSECONDS)};
        struct epoll_event ready[MAX_READY];
        int n = epoll_pwait2(poll_fd, ready, MAX_READY, paced_count ? &timeout : NULL, NULL);
        for (int i = 0; i < n; i++) {
            struct connection *connection = ready[i].data.ptr;
            if (connection == NULL) {
                accept_all(listener);
                continue;
            }
            if (ready[i].events & EPOLLOUT) send_rest(connection);
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !receive(connection)) drop(connection);
        }
    }
}
