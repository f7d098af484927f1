/*
 * poll_oneoff: clocks, relative and absolute, several of them, descriptors that
 * are ready, that are not and that are none. Standard input has at least one
 * byte, or, with the argument "end", none. The granted folder is descriptor 3.
 */
#include "wasi.h"

#define MS 1000000ull
#define ABSOLUTE 1

static Subscription subscriptions[128];
static Event events[128];
static u32 n, fd;
static u64 before, after;

static const char *const kinds[] = {"clock", "read", "write"};

static Subscription after_time(u64 userdata, u32 id, u64 timeout, u16 flags) {
    Subscription s = {.userdata = userdata, .tag = CLOCK};
    s.clock.id = id;
    s.clock.timeout = timeout;
    s.clock.precision = 0;
    s.clock.flags = flags;
    return s;
}

static Subscription ready(u64 userdata, u8 tag, u32 descriptor) {
    Subscription s = {.userdata = userdata, .tag = tag};
    s.fd = descriptor;
    return s;
}

/*
 * The events by their user data, for their order is not said. Whether a stream
 * has been hung up, which is told by a flag, is the caller's affair.
 */
static void show(void) {
    for (u32 i = 0; i < n; i++)
        for (u32 j = i + 1; j < n; j++)
            if (events[j].userdata < events[i].userdata) {
                Event event = events[i];
                events[i] = events[j];
                events[j] = event;
            }
    for (u32 i = 0; i < n; i++)
        printf("  %llx: %s, %s\n", events[i].userdata, kinds[events[i].type],
               error_name(events[i].error));
}

static int poll(u32 count) {
    memset(events, 0xAA, sizeof events);
    MUST(clock_time_get(MONOTONIC, 0, &before));
    int error = poll_oneoff(subscriptions, events, count, &n);
    if (error != 0)
        n = 0;
    MUST(clock_time_get(MONOTONIC, 0, &after));
    return error;
}

/* Timers may be late at any time on a busy machine, but never early. */
static void timing(u64 at_least) {
    u64 took = after - before;
    printf("  not early: %d, not much late: %d\n", took >= at_least, took < at_least + 4000 * MS);
}

#define POLL(count) TRY(poll(count), " %u", n)

static void clocks(void) {
    printf("-- clocks\n");
    subscriptions[0] = after_time(0x1234567890abcdef, MONOTONIC, 20 * MS, 0);
    POLL(1);
    show();
    timing(20 * MS);
    subscriptions[0] = after_time(1, REALTIME, 20 * MS, 0);
    POLL(1);
    show();
    timing(20 * MS);
    subscriptions[0] = after_time(1, MONOTONIC, 0, 0);
    POLL(1);
    show();
    timing(0);
    subscriptions[0] = after_time(3, MONOTONIC, 5000 * MS, 0);
    subscriptions[1] = after_time(1, MONOTONIC, 10 * MS, 0);
    subscriptions[2] = after_time(2, REALTIME, 9000 * MS, 0);
    POLL(3);
    show();
    timing(10 * MS);
    subscriptions[0] = after_time(1, MONOTONIC, 10 * MS, 0);
    subscriptions[1] = after_time(2, MONOTONIC, 10 * MS, 0);
    POLL(2);
    printf("  one or both: %d\n", n == 1 || n == 2);
    timing(10 * MS);
    subscriptions[0] = after_time(1, MONOTONIC, 0, 0);
    subscriptions[1] = after_time(2, MONOTONIC, 0, 0);
    POLL(2);
    show();

    printf("-- absolute times\n");
    MUST(clock_time_get(MONOTONIC, 0, &after));
    subscriptions[0] = after_time(1, MONOTONIC, after + 20 * MS, ABSOLUTE);
    u64 start = after;
    POLL(1);
    show();
    printf("  not early: %d\n", after >= start + 20 * MS);
    subscriptions[0] = after_time(1, MONOTONIC, 1, ABSOLUTE);
    POLL(1);
    show();
    timing(0);
    u64 now;
    MUST(clock_time_get(REALTIME, 0, &now));
    subscriptions[0] = after_time(1, REALTIME, now + 20 * MS, ABSOLUTE);
    POLL(1);
    show();
    subscriptions[0] = after_time(1, REALTIME, now - 1000 * MS, ABSOLUTE);
    POLL(1);
    show();
    timing(0);
}

static void descriptors(void) {
    printf("-- descriptors\n");
    subscriptions[0] = ready(1, FD_WRITE, 1);
    subscriptions[1] = ready(2, FD_WRITE, 2);
    subscriptions[2] = after_time(3, MONOTONIC, 5000 * MS, 0);
    POLL(3);
    show();
    timing(0);
    subscriptions[0] = ready(1, FD_READ, 0);
    subscriptions[1] = after_time(2, MONOTONIC, 5000 * MS, 0);
    POLL(2);
    show();
    timing(0);
    subscriptions[0] = ready(1, FD_READ, 0);
    POLL(1);
    show();
    MUST(path_open(GRANTED, 0, P("file"), CREAT, BOTH, 0, 0, &fd));
    subscriptions[0] = ready(2, FD_WRITE, fd);
    POLL(1);
    show();
    MUST(fd_write(fd, T("some text"), &n));
    MUST(fd_seek(fd, 2, SET, &after));
    subscriptions[0] = ready(1, FD_READ, fd);
    POLL(1);
    show();
    printf("  bytes to read: %llu\n", events[0].nbytes);
    subscriptions[0] = ready(0xf00d, FD_WRITE, fd);
    subscriptions[1] = ready(0xfeed, FD_WRITE, fd);
    subscriptions[2] = after_time(3, MONOTONIC, 5000 * MS, 0);
    POLL(3);
    show();
    MUST(fd_close(fd));
    MUST(path_unlink_file(GRANTED, P("file")));

    printf("-- descriptors that are none or of another kind\n");
    subscriptions[0] = ready(1, FD_READ, NEVER);
    POLL(1);
    show();
    subscriptions[0] = ready(1, FD_READ, fd);
    subscriptions[1] = after_time(2, MONOTONIC, 500 * MS, 0);
    POLL(2);
    show();
    subscriptions[0] = ready(1, FD_WRITE, 0);
    POLL(2);
    show();
    subscriptions[0] = ready(1, FD_READ, 1);
    POLL(2);
    show();
    subscriptions[0] = ready(1, FD_READ, GRANTED);
    POLL(2);
    show();
}

static void counts(void) {
    printf("-- counts\n");
    POLL(0);
    for (u32 i = 0; i < 100; i++)
        subscriptions[i] = after_time(i, MONOTONIC, i < 50 ? 0 : 9000000 * MS, 0);
    POLL(100);
    printf("  past the events untouched: %d\n", events[n].type == 0xAA);
    subscriptions[0] = after_time(1, PROCESS_TIME, 1, 0);
    POLL(1);
    show();
    subscriptions[0] = after_time(1, THREAD_TIME, 1, 0);
    POLL(1);
    show();
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "end") == 0) {
        subscriptions[0] = ready(1, FD_READ, 0);
        subscriptions[1] = after_time(2, MONOTONIC, 5000 * MS, 0);
        POLL(2);
        timing(0);
        return 0;
    }
    clocks();
    descriptors();
    counts();
    return 0;
}
