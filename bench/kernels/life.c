/* Conway's game of life on a torus of bytes. */

#define SIDE 128

static unsigned char world[2][SIDE][SIDE];

int run(int n) {
    unsigned seed = 12345;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            seed = seed * 1664525 + 1013904223;
            world[0][i][j] = seed >> 30 == 0;
        }
    for (int turn = 0; turn < n; turn++) {
        unsigned char(*from)[SIDE] = world[turn & 1], (*to)[SIDE] = world[~turn & 1];
        for (int i = 0; i < SIDE; i++) {
            int up = (i + SIDE - 1) % SIDE, down = (i + 1) % SIDE;
            for (int j = 0; j < SIDE; j++) {
                int left = (j + SIDE - 1) % SIDE, right = (j + 1) % SIDE;
                int around = from[up][left] + from[up][j] + from[up][right] + from[i][left] +
                             from[i][right] + from[down][left] + from[down][j] +
                             from[down][right];
                to[i][j] = around == 3 || (around == 2 && from[i][j]);
            }
        }
    }
    int alive = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) alive = alive * 3 + world[n & 1][i][j];
    return alive;
}
