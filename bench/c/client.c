/* The rival in C: one thread, one epoll. Prints one line for each case: name, wall and CPU nanoseconds of one
 * operation, and for round trips p50, p99 and p99.9 in microseconds.
 *   client churn|reset PORT COUNT SLOTS      client reply PORT COUNT CONNECTIONS
 *   client bulk PORT WRITES CONNECTIONS      client crowd PORT COUNT SLOTS */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESSES = 32, MESSAGE = 64, WRITE = 65536, EVENTS = 512 };
enum state { CONNECTING, OPEN, ENDING };
struct connection {
    int fd, got;
    long left, part;
    enum state state;
    long long since;
};

static int loop, port, next_address;
static char data[WRITE];
static long long wall_start, cpu_start;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static long long now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void begin(void)
{
    wall_start = now(CLOCK_MONOTONIC);
    cpu_start = now(CLOCK_PROCESS_CPUTIME_ID);
}

static void say(const char *name, long count)
{
    printf("%s %.1f %.1f", name, (double)(now(CLOCK_MONOTONIC) - wall_start) / (double)count,
        (double)(now(CLOCK_PROCESS_CPUTIME_ID) - cpu_start) / (double)count);
}

static void watch(struct connection *one, unsigned events, int how)
{
    struct epoll_event event = { .events = events, .data.ptr = one };
    if (epoll_ctl(loop, how, one->fd, &event) != 0)
        fail("epoll_ctl");
}

static void start(struct connection *one)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    int on = 1;
    name.sin_addr.s_addr = htonl(0x7f000001u + (unsigned)(next_address++ % ADDRESSES));
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    one->state = CONNECTING;
    if (one->fd < 0)
        fail("socket");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(one->fd, (struct sockaddr *)&name, sizeof name) != 0 && errno != EINPROGRESS)
        fail("connect");
    watch(one, EPOLLOUT, EPOLL_CTL_ADD);
}

static int is_end(struct connection *one)
{
    char rest[256];
    ssize_t got = recv(one->fd, rest, sizeof rest, 0);
    if (got < 0 && errno != EAGAIN)
        fail("recv");
    return got == 0;
}

static void finish(struct connection *one)
{
    shutdown(one->fd, SHUT_WR);
    one->state = ENDING;
    watch(one, EPOLLIN, EPOLL_CTL_MOD);
}

/* Connection after connection in each slot: one byte, then the end. */
static void churn(struct connection *all, long count, int slots, int reset)
{
    struct epoll_event events[EVENTS];
    long started = 0, done = 0;
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    for (; started < slots && started < count; started++)
        start(&all[started]);
    while (done < count) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            if (one->state == CONNECTING) {
                if (send(one->fd, data, 1, MSG_NOSIGNAL) != 1)
                    fail("send");
                if (!reset) {
                    finish(one);
                    continue;
                }
                setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            } else if (!is_end(one))
                continue;
            close(one->fd);
            done++;
            if (started < count) {
                started++;
                start(one);
            }
        }
    }
}

/* Opens them all, some at a time. */
static void open_all(struct connection *all, long count, int slots)
{
    struct epoll_event events[EVENTS];
    long started = 0, done = 0;
    for (; started < slots && started < count; started++)
        start(&all[started]);
    while (done < count) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            one->state = OPEN;
            watch(one, EPOLLIN, EPOLL_CTL_MOD);
            done++;
            if (started < count)
                start(&all[started++]);
        }
    }
}

static void ask(struct connection *one)
{
    one->got = 0;
    one->since = now(CLOCK_MONOTONIC);
    if (send(one->fd, data, MESSAGE, MSG_NOSIGNAL) != MESSAGE)
        fail("send");
}

static int by_length(const void *a, const void *b)
{
    long long left = *(const long long *)a, right = *(const long long *)b;
    return (left > right) - (left < right);
}

static double at(const long long *sorted, long count, double part)
{
    return (double)sorted[(long)((double)count * part)] / 1000.0;
}

static void reply(struct connection *all, long count, int connections)
{
    struct epoll_event events[EVENTS];
    char into[MESSAGE];
    long done = 0;
    long each = count / connections;
    long long *took = malloc(sizeof *took * (size_t)count);
    count = each * connections;
    begin();
    for (int i = 0; i < connections; i++) {
        all[i].left = each;
        ask(&all[i]);
    }
    while (done < count) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            ssize_t got = recv(one->fd, into, sizeof into, 0);
            if (got <= 0)
                fail("recv");
            one->got += (int)got;
            if (one->got < MESSAGE)
                continue;
            took[done++] = now(CLOCK_MONOTONIC) - one->since;
            if (--one->left > 0)
                ask(one);
        }
    }
    say("reply", count);
    qsort(took, (size_t)count, sizeof *took, by_length);
    printf(" %.1f %.1f %.1f\n", at(took, count, 0.5), at(took, count, 0.99), at(took, count, 0.999));
}

/* Writes as the kernel takes them, then FIN, then the peer's. */
static void bulk(struct connection *all, long writes, int connections)
{
    struct epoll_event events[EVENTS];
    int done = 0;
    begin();
    for (int i = 0; i < connections; i++) {
        all[i].left = writes / connections * WRITE;
        watch(&all[i], EPOLLOUT, EPOLL_CTL_MOD);
    }
    while (done < connections) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            if (one->state == ENDING) {
                done += is_end(one);
                continue;
            }
            ssize_t sent;
            while (one->left > 0 && (sent = send(one->fd, data, (size_t)(WRITE - one->part), MSG_NOSIGNAL)) > 0) {
                one->left -= sent;
                one->part = (one->part + sent) % WRITE;
            }
            if (one->left == 0)
                finish(one);
        }
    }
    say("bulk", writes / connections * connections);
    printf("\n");
}

static void crowd(struct connection *all, long count, int slots)
{
    struct epoll_event events[EVENTS];
    long done = 0;
    begin();
    open_all(all, count, slots);
    say("open", count);
    printf("\n");
    begin();
    for (long i = 0; i < count; i++)
        finish(&all[i]);
    while (done < count) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *one = events[i].data.ptr;
            if (!is_end(one))
                continue;
            close(one->fd);
            done++;
        }
    }
    say("disconnect", count);
    printf("\n");
    say("closed", count);
    printf("\n");
}

int main(int words, char **word)
{
    if (words != 5)
        return 2;
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    loop = epoll_create1(0);
    port = atoi(word[2]);
    long count = atol(word[3]);
    int slots = atoi(word[4]);
    struct connection *all = calloc((size_t)(count > slots ? count : slots), sizeof *all);
    if (strcmp(word[1], "crowd") == 0) {
        crowd(all, count, slots);
    } else if (strcmp(word[1], "churn") == 0 || strcmp(word[1], "reset") == 0) {
        begin();
        churn(all, count, slots, word[1][0] == 'r');
        say(word[1], count);
        printf("\n");
    } else {
        open_all(all, slots, slots);
        if (strcmp(word[1], "reply") == 0)
            reply(all, count, slots);
        else
            bulk(all, count, slots);
    }
    return 0;
}
