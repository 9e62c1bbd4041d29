/* Numbers of every role as one Prometheus page (text format 0.0.4): the samples are gathered, then
 * written sorted, each family under its type. What roles send is checked: a name or label that is
 * not one is left out and counted. Pure. */
#ifndef TL_DOOR_SAMPLES_H
#define TL_DOOR_SAMPLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { TL_SAMPLES_LIMIT = 4096, TL_SAMPLE_NAME_SIZE = 192 };

struct tl_sample {
    char name[TL_SAMPLE_NAME_SIZE]; /* without labels */
    char labels[TL_SAMPLE_NAME_SIZE];
    double value;
    bool counter;
};

struct tl_samples {
    struct tl_sample *items;
    size_t count, room;
    unsigned refused;
};

/* `name` or `name{label="value"}`, without prefix; role and index become labels. */
void tl_samples_add(struct tl_samples *samples, const char *name, bool counter, double value,
                    const char *role, int index);
/* Every number of {"name": value}. */
void tl_samples_add_object(struct tl_samples *samples, json_t *object, bool counter,
                           const char *role, int index);
/* malloc'ed text; TL_ERROR_MEMORY. */
enum tl_error tl_samples_write(struct tl_samples *samples, char **ret_text, size_t *ret_size);
void tl_samples_free(struct tl_samples *samples);

#endif
