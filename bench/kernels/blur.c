/* An image of 32-bit floats, blurred and sharpened by a 3 by 3 window. */

#define SIDE 160

static float image[SIDE][SIDE], other[SIDE][SIDE];

static void window(float (*from)[SIDE], float (*to)[SIDE], float middle, float side, float corner) {
    for (int y = 1; y < SIDE - 1; y++)
        for (int x = 1; x < SIDE - 1; x++) {
            float sides = from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1];
            float corners = from[y - 1][x - 1] + from[y - 1][x + 1] + from[y + 1][x - 1] +
                            from[y + 1][x + 1];
            float value = from[y][x] * middle + sides * side + corners * corner;
            to[y][x] = value < 0 ? 0 : value > 255 ? 255 : value;
        }
}

int run(int n) {
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) image[y][x] = other[y][x] = (float)((x * y + x) & 255);
    while (n-- > 0) {
        window(image, other, 0.25f, 0.125f, 0.0625f);
        window(other, image, 2.0f, -0.2f, -0.05f);
    }
    float sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) sum += image[y][x];
    return (int)sum;
}
