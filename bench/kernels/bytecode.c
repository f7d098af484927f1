/* An interpreter of a small stack machine: one loop around a big switch. */

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, MOD, AND, XOR, LESS, DUP, SWAP, DROP, JUMP, BRANCH, HALT };

/* while (turns) { sum = (sum + turns) * 31 % 65537; if ((sum & 255 ^ turns) < 1000) sum += 7;
   turns--; } with an operation and its argument in two cells, whose number is in front. */
static const int program[] = {
    /*  0 */ PUSH, 0, STORE, 1,
    /*  4 */ LOAD, 0, BRANCH, 10, HALT, 0,
    /* 10 */ LOAD, 1, LOAD, 0, ADD, 0, PUSH, 31, MUL, 0, PUSH, 65537, MOD, 0,
    /* 24 */ DUP, 0, PUSH, 255, AND, 0, LOAD, 0, XOR, 0,
    /* 34 */ PUSH, 1000, LESS, 0, BRANCH, 42, JUMP, 52,
    /* 42 */ DUP, 0, PUSH, 7, ADD, 0, SWAP, 0, DROP, 0,
    /* 52 */ STORE, 1, LOAD, 0, PUSH, 1, SUB, 0, STORE, 0, JUMP, 4,
};

static int execute(int turns) {
    int stack[16], locals[2] = {turns, 0}, top = 0, at = 0, steps = 0;
    for (;;) {
        int op = program[at], arg = program[at + 1];
        at += 2;
        steps++;
        switch (op) {
            case PUSH: stack[top++] = arg; break;
            case LOAD: stack[top++] = locals[arg]; break;
            case STORE: locals[arg] = stack[--top]; break;
            case ADD: top--; stack[top - 1] += stack[top]; break;
            case SUB: top--; stack[top - 1] -= stack[top]; break;
            case MUL: top--; stack[top - 1] *= stack[top]; break;
            case MOD: top--; stack[top - 1] %= stack[top]; break;
            case AND: top--; stack[top - 1] &= stack[top]; break;
            case XOR: top--; stack[top - 1] ^= stack[top]; break;
            case LESS: top--; stack[top - 1] = stack[top - 1] < stack[top]; break;
            case DUP: stack[top] = stack[top - 1]; top++; break;
            case SWAP: {
                int swapped = stack[top - 1];
                stack[top - 1] = stack[top - 2];
                stack[top - 2] = swapped;
                break;
            }
            case DROP: top--; break;
            case JUMP: at = arg; break;
            case BRANCH: if (stack[--top]) at = arg; break;
            case HALT: return locals[1] * 7 + steps;
        }
    }
}

int run(int n) { return execute(n); }
