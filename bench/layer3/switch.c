/* A machine with a byte an instruction, whose steps are the cases of a switch: n steps. */

#include <stdint.h>

uint64_t run(uint32_t n) {
    uint8_t code[256];
    uint32_t stack[16] = {0}, top = 0, pc = 0;
    uint32_t a = 1, b = 2, c = 3;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < sizeof code; i++) code[i] = (uint8_t)(i * i * 7 + i * 13 + 5);
    while (n-- > 0) {
        uint8_t op = code[pc++ & 255];
        switch (op & 31) {
        case 0: a += b; break;
        case 1: b -= c; break;
        case 2: c ^= a; break;
        case 3: a = a << 1 | a >> 31; break;
        case 4: b *= 5; break;
        case 5: c += op; break;
        case 6: stack[top++ & 15] = a; break;
        case 7: stack[top++ & 15] = b; break;
        case 8: a = stack[--top & 15]; break;
        case 9: c = stack[--top & 15]; break;
        case 10: if (a & 1) pc += op >> 5; break;
        case 11: if (b < c) pc += 3; break;
        case 12: if (c == a) pc = 0; break;
        case 13: sum += a; break;
        case 14: sum ^= (uint64_t)b << 20; break;
        case 15: sum = sum * 31 + c; break;
        case 16: a = ~a; break;
        case 17: b = b >> 3 ^ b; break;
        case 18: c = c * 9 + 1; break;
        case 19: a ^= pc; break;
        case 20: b += a & 0xff; break;
        case 21: { uint32_t kept = a; a = b; b = kept; } break;
        case 22: { uint32_t kept = b; b = c; c = kept; } break;
        case 23: a -= 7; break;
        case 24: b |= 1; break;
        case 25: c &= 0x7fffffff; break;
        case 26: stack[a & 15] += b; break;
        case 27: a += stack[b & 15]; break;
        case 28: code[a & 255] += 1; break;
        case 29: sum += (uint64_t)a * b; break;
        case 30: c -= a; break;
        default: a += (uint32_t)(sum >> 32); break;
        }
    }
    return sum ^ a ^ (uint64_t)b << 16 ^ (uint64_t)c << 32;
}
