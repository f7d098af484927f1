/* The C library's classes of characters and toupper, n times over all of ASCII and a text. */

#include <ctype.h>
#include <stdint.h>

uint64_t run(uint32_t n) {
    uint8_t text[1024];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sizeof text; i++) text[i] = (uint8_t)(i * 37 % 128);
    for (uint32_t turn = 0; turn < n; turn++) {
        uint32_t counts[8] = {0};
        for (uint32_t i = 0; i < sizeof text; i++) {
            int c = text[i];
            if (isalnum(c)) counts[0]++;
            if (isspace(c)) counts[1]++;
            if (ispunct(c)) counts[2]++;
            if (isxdigit(c)) counts[3]++;
            if (isupper(c)) counts[4]++;
            if (isgraph(c)) counts[5]++;
            if (iscntrl(c)) counts[6]++;
            counts[7] += (uint32_t)(toupper(c) + tolower(c));
            text[i] = (uint8_t)((c + (int)(turn & 1) + 1) & 127);
        }
        for (int i = 0; i < 8; i++) sum = sum * 31 + counts[i];
    }
    return sum;
}
