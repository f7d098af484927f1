/*
 * Connections on the listening socket that is descriptor 3. The peer waits for
 * each line that begins with "peer:" and then does what it says.
 */
#include "wasi.h"

#define LISTENER 3
#define PEEK 1
#define WAITALL 2
#define READING 1
#define WRITING 2

static u32 fd, n;
static u16 flags;
static u64 at;
static char text[64], other[64];
static FdStat fdstat;
static FileStat stat;
static Event events[2];

static void peer(const char *what) {
    printf("peer: %s\n", what);
    fflush(stdout);
}

/* Waits for a descriptor for up to five seconds. */
static void wait_for(u8 tag, u32 descriptor) {
    Subscription s[2] = {{.userdata = 7, .tag = tag}, {.userdata = 8, .tag = CLOCK}};
    s[0].fd = descriptor;
    s[1].clock.id = MONOTONIC;
    s[1].clock.timeout = 5000000000;
    TRY(poll_oneoff(s, events, 2, &n), " %u: %llx, %s, hung up %u", n, events[0].userdata,
        error_name(events[0].error), events[0].flags);
}

int main(void) {
    Buffer two[] = {{text, 3}, {other, sizeof other}};

    printf("-- the listening socket\n");
    TRY(fd_fdstat_get(LISTENER, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    printf("it can be accepted from: %d\n", (fdstat.base & RIGHT_SOCK_ACCEPT) != 0);
    TRY(fd_filestat_get(LISTENER, &stat), " %s", types[stat.type]);
    TRY(fd_fdstat_set_flags(LISTENER, NONBLOCK));
    TRY(fd_fdstat_get(LISTENER, &fdstat), " flags %u", fdstat.flags);
    TRY(sock_accept(LISTENER, 0, &fd));
    TRY(sock_accept(LISTENER, 32, &fd));
    TRY(sock_accept(LISTENER, APPEND, &fd));
    TRY(sock_recv(LISTENER, V(text), 0, &n, &flags));
    TRY(sock_send(LISTENER, T("x"), 0, &n));
    TRY(sock_shutdown(LISTENER, WRITING));
    TRY(fd_prestat_get(LISTENER, text));
    TRY(path_open(LISTENER, 0, P("x"), 0, READ, 0, 0, &fd));

    printf("-- a connection\n");
    TRY(fd_fdstat_set_flags(LISTENER, 0));
    peer("connect");
    wait_for(FD_READ, LISTENER);
    TRY(sock_accept(LISTENER, 0, &fd));
    TRY(fd_fdstat_get(fd, &fdstat), " %s, flags %u", types[fdstat.type], fdstat.flags);
    TRY(fd_filestat_get(fd, &stat), " %s", types[stat.type]);
    peer("send hello");
    wait_for(FD_READ, fd);
    printf("there are bytes: %d\n", events[0].nbytes > 0);
    TRY(sock_recv(fd, V(text), PEEK, &n, &flags), " %u: %.*s, flags %u", n, (int)n, text, flags);
    TRY(sock_recv(fd, text, 0, 0, &n, &flags), " %u", n);
    TRY(sock_recv(fd, two, 2, 0, &n, &flags), " %u: %.3s|%.2s", n, text, other);
    peer("send 01234");
    peer("send 56789");
    two[1].size = 7;
    TRY(sock_recv(fd, two, 2, WAITALL, &n, &flags), " %u: %.3s|%.7s", n, text, other);
    peer("send abc");
    wait_for(FD_READ, fd);
    TRY(fd_read(fd, text, 0, &n), " %u", n);
    TRY(fd_read(fd, V(text), &n), " %u: %.*s", n, (int)n, text);
    wait_for(FD_WRITE, fd);
    TRY(sock_send(fd, T("one "), 0, &n), " %u", n);
    TRY(fd_write(fd, T("two"), &n), " %u", n);
    peer("expect one two");

    printf("-- what it cannot do\n");
    TRY(sock_recv(fd, V(text), 4, &n, &flags));
    TRY(sock_send(fd, T("x"), 1, &n));
    TRY(sock_accept(fd, 0, &n));
    TRY(fd_seek(fd, 0, CUR, &at));
    TRY(fd_tell(fd, &at));
    TRY(fd_pread(fd, V(text), 0, &n));
    TRY(fd_pwrite(fd, T("x"), 0, &n));
    TRY(fd_readdir(fd, text, 8, 0, &n));
    TRY(sock_shutdown(fd, 0));
    TRY(sock_shutdown(fd, 4));

    printf("-- not waiting\n");
    TRY(fd_fdstat_set_flags(fd, NONBLOCK));
    TRY(sock_recv(fd, V(text), 0, &n, &flags));
    TRY(fd_read(fd, V(text), &n));
    TRY(fd_fdstat_set_flags(fd, 0));

    printf("-- the end\n");
    TRY(sock_shutdown(fd, WRITING));
    peer("expect the end");
    TRY(sock_send(fd, T("x"), 0, &n));
    TRY(fd_write(fd, T("x"), &n));
    peer("send last");
    peer("close");
    TRY(sock_recv(fd, V(text), WAITALL, &n, &flags), " %u: %.*s", n, (int)n, text);
    wait_for(FD_READ, fd);
    TRY(sock_recv(fd, V(text), 0, &n, &flags), " %u", n);
    TRY(fd_read(fd, V(text), &n), " %u", n);
    TRY(fd_close(fd));
    TRY(sock_recv(fd, V(text), 0, &n, &flags));

    printf("-- another that does not wait\n");
    peer("connect");
    TRY(sock_accept(LISTENER, NONBLOCK, &fd));
    TRY(fd_fdstat_get(fd, &fdstat), " flags %u", fdstat.flags);
    TRY(sock_recv(fd, V(text), 0, &n, &flags));
    u64 sent = 0;
    static char much[65536];
    int error;
    while ((error = sock_send(fd, V(much), 0, &n)) == 0)
        sent += n;
    printf("a peer that does not read stops it: %s, after some: %d\n", error_name(error), sent > 0);
    TRY(sock_shutdown(fd, READING | WRITING));
    TRY(fd_renumber(fd, LISTENER));
    TRY(sock_accept(LISTENER, 0, &fd));
    TRY(fd_close(LISTENER));
    return 0;
}
