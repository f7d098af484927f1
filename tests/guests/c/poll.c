/* Waits on standard input and on timeouts with poll. */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    char text[16];

    int ready = poll(&fd, 1, 2000);
    printf("poll found %d ready, for reading: %s\n", ready, fd.revents & POLLIN ? "yes" : "no");
    printf("read %s\n", read(STDIN_FILENO, text, sizeof text) > 0 ? "something" : "nothing");

    fd.fd = STDOUT_FILENO;
    fd.events = POLLOUT;
    ready = poll(&fd, 1, 2000);
    printf("poll found %d ready, for writing: %s\n", ready, fd.revents & POLLOUT ? "yes" : "no");

    printf("a pause of 5 ms found %d ready\n", poll(NULL, 0, 5));
    return 0;
}
