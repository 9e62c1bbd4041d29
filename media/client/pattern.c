#include "client/pattern.h"

#include <string.h>

enum { WHITE = 235, BLACK = 16, THRESHOLD = 126, MARGIN = 30 };

static void fill(const struct tl_picture *picture, unsigned left, unsigned top, unsigned right,
                 unsigned bottom, uint8_t luma)
{
    for (unsigned y = top; y < bottom && y < picture->height; y++)
        if (left < picture->width)
            memset(picture->planes[0] + (size_t)y * picture->strides[0] + left, luma,
                   (right < picture->width ? right : picture->width) - left);
}

static unsigned edge_x(const struct tl_picture *picture, unsigned column)
{
    return picture->width * column / TL_PATTERN_COLUMNS;
}

static unsigned edge_y(const struct tl_picture *picture, unsigned row)
{
    return picture->height * row / TL_PATTERN_ROWS;
}

static bool bit_of_row(unsigned row, unsigned column, uint8_t value)
{
    bool bit = column == 0 || (column <= 8 && (value >> (8 - column)) & 1);
    return (row & 1) != bit;
}

void tl_pattern_make(const struct tl_picture *picture, uint8_t identity, uint8_t number)
{
    for (unsigned row = 0; row < 4; row++)
        for (unsigned column = 0; column < TL_PATTERN_COLUMNS; column++)
            fill(picture, edge_x(picture, column), edge_y(picture, row),
                 edge_x(picture, column + 1), edge_y(picture, row + 1),
                 bit_of_row(row, column, row < 2 ? identity : number) ? WHITE : BLACK);
    unsigned top = edge_y(picture, 4), bar = picture->width * number / 256;
    for (unsigned y = top; y < picture->height; y++) {
        uint8_t *line = picture->planes[0] + (size_t)y * picture->strides[0];
        for (unsigned x = 0; x < picture->width; x++)
            line[x] = (uint8_t)(60 + 120 * x / picture->width);
    }
    fill(picture, bar, top, bar + picture->width / 20, picture->height, WHITE);
    for (unsigned plane = 1; plane < 3; plane++)
        for (unsigned y = 0; y < picture->height / 2; y++)
            memset(picture->planes[plane] + (size_t)y * picture->strides[plane],
                   plane == 1 ? 100 + (identity * 37 & 63) : 100 + (identity * 53 & 63),
                   picture->width / 2);
}

static uint8_t grained(uint8_t luma, uint8_t random, uint8_t amount)
{
    int value = luma + (2 * amount + 1) * random / 256 - amount;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void tl_pattern_grain(const struct tl_picture *picture, uint8_t amount, uint8_t number)
{
    uint64_t random = 88172645463325252ull + number; /* xorshift */
    for (unsigned y = 0; y < picture->height; y++) {
        uint8_t *line = picture->planes[0] + (size_t)y * picture->strides[0];
        for (unsigned x = 0; x < picture->width; x++) {
            if (x % 8 == 0) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
            }
            line[x] = grained(line[x], (uint8_t)(random >> 8 * (x % 8)), amount);
        }
    }
}

/* The middle half of a block: blurred edges do not matter. */
static unsigned mean_of_block(const struct tl_picture *picture, unsigned row, unsigned column)
{
    unsigned left = edge_x(picture, column), right = edge_x(picture, column + 1);
    unsigned top = edge_y(picture, row), bottom = edge_y(picture, row + 1);
    unsigned quarter_x = (right - left) / 4, quarter_y = (bottom - top) / 4;
    unsigned long sum = 0, count = 0;
    for (unsigned y = top + quarter_y; y < bottom - quarter_y; y++)
        for (unsigned x = left + quarter_x; x < right - quarter_x; x++, count++)
            sum += picture->planes[0][(size_t)y * picture->strides[0] + x];
    return count ? (unsigned)(sum / count) : THRESHOLD;
}

/* A row of ten blocks with its two ends as they must be. */
static bool read_row(const struct tl_picture *picture, unsigned row, uint8_t *ret_value)
{
    unsigned bits = 0;
    for (unsigned column = 0; column < TL_PATTERN_COLUMNS; column++) {
        unsigned mean = mean_of_block(picture, row, column);
        if (mean > THRESHOLD - MARGIN && mean < THRESHOLD + MARGIN)
            return false;
        bits = bits << 1 | ((mean > THRESHOLD) != (row & 1));
    }
    if (!(bits & 0x200) || (bits & 1))
        return false;
    *ret_value = (uint8_t)(bits >> 1);
    return true;
}

bool tl_pattern_read(const struct tl_picture *picture, struct tl_pattern_seen *ret_seen)
{
    uint8_t rows[4];
    if (picture->width / TL_PATTERN_COLUMNS < TL_PATTERN_LEAST_BLOCK ||
        picture->height / TL_PATTERN_ROWS < TL_PATTERN_LEAST_BLOCK)
        return false;
    for (unsigned row = 0; row < 4; row++)
        if (!read_row(picture, row, &rows[row]))
            return false;
    if (rows[0] != rows[1] || rows[2] != rows[3])
        return false;
    *ret_seen = (struct tl_pattern_seen){ .identity = rows[0], .number = rows[2] };
    return true;
}
