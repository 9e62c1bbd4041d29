/* A moving picture that says who made it, and its judge. Ten by five blocks:
 *
 *     white  identity, 8 bits, highest first (white is 1)   black
 *     black  the same, inverted                             white
 *     white  number of the picture, 8 bits                  black
 *     black  the same, inverted                             white
 *     a bar that moves over a grey ramp
 *
 * The inverse rows tell a real picture from grey, noise, or one that is scaled out of reading. */
#ifndef TL_CLIENT_PATTERN_H
#define TL_CLIENT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TL_PATTERN_COLUMNS = 10, TL_PATTERN_ROWS = 5, TL_PATTERN_LEAST_BLOCK = 8 };

/* One I420 picture; planes are the caller's. Width and height are even. */
struct tl_picture {
    unsigned width, height;
    uint8_t *planes[3];
    unsigned strides[3];
};

void tl_pattern_make(const struct tl_picture *picture, uint8_t identity, uint8_t number);
/* Grain over a pattern, of at most `amount` up or down and another with each number, as a camera in
 * bad light gives it: what makes a real picture cost what it was asked to. The pattern is still
 * read. */
void tl_pattern_grain(const struct tl_picture *picture, uint8_t amount, uint8_t number);

struct tl_pattern_seen {
    uint8_t identity;
    uint8_t number;
};
/* False when the picture is not a pattern (too small, unreadable, inverse does not match). */
bool tl_pattern_read(const struct tl_picture *picture, struct tl_pattern_seen *ret_seen);

#endif
