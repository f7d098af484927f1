/* Copies standard input to standard output; says how much on standard error. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    char buffer[4096];
    long bytes = 0, lines = 0;
    ssize_t got;

    while ((got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            lines += buffer[i] == '\n';
        bytes += got;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(STDOUT_FILENO, buffer + done, (size_t)(got - done));
            if (put < 0) {
                perror("write");
                return 1;
            }
            done += put;
        }
    }
    if (got < 0) {
        perror("read");
        return 1;
    }
    fprintf(stderr, "%ld bytes, %ld lines\n", bytes, lines);
    return 0;
}
