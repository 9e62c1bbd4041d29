/* A tape of the relay's core: everything that went in (calls, times, datagrams, randomness, what
 * DTLS said) and every datagram that came out, in order. One record is a letter, a size and bytes.
 * Written by the recording relay, read by golden_test. */
#ifndef TL_GOLDEN_TAPE_H
#define TL_GOLDEN_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TAPE_NEW = 'N',
    TAPE_OPEN = 'O',
    TAPE_SLOTS = 'S',
    TAPE_INPUT = 'I',
    TAPE_TICK = 'T',
    TAPE_RANDOM = 'R', /* bytes the core asked for */
    TAPE_DTLS = 'D',   /* a result of media/dtls.h */
    TAPE_OUT = '>',    /* address, traffic, datagram */
    TAPE_LIMIT = 1400000
};

/* True: results of DTLS and randomness come from the tape; false: they go to it, or pass by. */
extern bool tape_replays;
/* The shell's randomness and DTLS pass by; what the core asks for inside a call is the tape's. */
extern bool tape_inside;

void tape_write(char letter, const void *data, size_t size);
/* The next record, which must have this letter and size (SIZE_MAX: any); else the test fails. */
const uint8_t *tape_read(char letter, size_t size, size_t *ret_size);

#endif
