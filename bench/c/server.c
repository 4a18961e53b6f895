/* The other side of every connection: one thread, one epoll. It answers on one port what it gets, and throws away what
 * it gets on another; in both cases it closes when its peer did. It listens on many loopback addresses, so that local
 * ports do not run out, prints "ECHO-PORT DISCARD-PORT", and ends when its standard input does. */
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
#include <unistd.h>

enum { ADDRESSES = 32, BUFFER = 65536, EVENTS = 512, ACCEPTS = 16 };
enum kind { LISTEN_ECHO, LISTEN_DISCARD, ECHO, DISCARD, INPUT };

static int loop;
static char buffer[BUFFER];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(int fd, enum kind kind)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = (unsigned long long)kind << 32 | (unsigned)fd };
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
}

/* The first address is given a free port; the others must get the same. */
static int listen_on_all(enum kind kind)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    for (int i = 1; i <= ADDRESSES; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
        socklen_t length = sizeof name;
        name.sin_addr.s_addr = htonl(0x7f000000u | (unsigned)i);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (bind(fd, (struct sockaddr *)&name, sizeof name) != 0 || listen(fd, 65535) != 0)
            fail("listen");
        getsockname(fd, (struct sockaddr *)&name, &length);
        watch(fd, kind);
    }
    return ntohs(name.sin_port);
}

/* Some at a time: clients that reset do not wait for us, and descriptors would run out before the first is closed. */
static void accept_some(int listener, enum kind kind)
{
    int on = 1;
    for (int i = 0; i < ACCEPTS; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EMFILE)
                fail("accept");
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(fd, kind == LISTEN_ECHO ? ECHO : DISCARD);
    }
}

static void serve(int fd, enum kind kind)
{
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    /* Small messages always fit: a peer waits for its answer. */
    if (got <= 0 || (kind == ECHO && send(fd, buffer, (size_t)got, MSG_NOSIGNAL) != got))
        close(fd);
}

int main(void)
{
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    loop = epoll_create1(0);
    watch(0, INPUT);
    int echo = listen_on_all(LISTEN_ECHO);
    printf("%d %d\n", echo, listen_on_all(LISTEN_DISCARD));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            int fd = (int)(events[i].data.u64 & 0xffffffffu);
            enum kind kind = (enum kind)(events[i].data.u64 >> 32);
            if (kind == INPUT)
                return 0;
            if (kind == LISTEN_ECHO || kind == LISTEN_DISCARD)
                accept_some(fd, kind);
            else
                serve(fd, kind);
        }
    }
}
