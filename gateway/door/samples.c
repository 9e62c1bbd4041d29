#include "samples.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [a-z_][a-z0-9_]*: ours are lower case. Gives the first character beyond. */
static const char *after_name(const char *at)
{
    if (!islower((unsigned char)*at) && *at != '_')
        return NULL;
    while (islower((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_')
        at++;
    return at;
}

/* label="value" separated by commas; values of plain characters only. */
static bool labels_are_plain(const char *at, const char *end)
{
    while (at < end) {
        at = after_name(at);
        if (!at || at + 2 > end || at[0] != '=' || at[1] != '"')
            return false;
        for (at += 2; at < end && *at != '"'; at++)
            if (!isalnum((unsigned char)*at) && !strchr("_.:-/+", *at))
                return false;
        if (at++ >= end || (at < end && *at++ != ','))
            return false;
    }
    return true;
}

void tl_samples_add(struct tl_samples *samples, const char *name, bool counter, double value,
                    const char *role, int index)
{
    const char *end = after_name(name);
    size_t length = strlen(name);
    bool labelled = end && *end == '{' && length && name[length - 1] == '}';
    bool plain = end && length < TL_SAMPLE_NAME_SIZE - 64 &&
                 (!*end || (labelled && labels_are_plain(end + 1, name + length - 1)));
    if (samples->count == samples->room && plain && samples->count < TL_SAMPLES_LIMIT) {
        size_t room = samples->room ? samples->room * 2 : 64;
        struct tl_sample *items = realloc(samples->items, room * sizeof *items);
        if (items) {
            samples->items = items;
            samples->room = room;
        }
    }
    if (!plain || samples->count == samples->room) {
        samples->refused++;
        return;
    }
    struct tl_sample *sample = &samples->items[samples->count++];
    sample->counter = counter;
    sample->value = value;
    snprintf(sample->name, sizeof sample->name, "teleloire_%.*s", (int)(end - name), name);
    snprintf(sample->labels, sizeof sample->labels, "{role=\"%s\",index=\"%d\"%s%.*s}", role,
             index, labelled ? "," : "", labelled ? (int)(name + length - 1 - (end + 1)) : 0,
             labelled ? end + 1 : "");
}

void tl_samples_add_object(struct tl_samples *samples, json_t *object, bool counter,
                           const char *role, int index)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) if (json_is_number(value))
        tl_samples_add(samples, name, counter, json_number_value(value), role, index);
}

static int by_name(const void *left, const void *right)
{
    const struct tl_sample *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : strcmp(a->labels, b->labels);
}

enum tl_error tl_samples_write(struct tl_samples *samples, char **ret_text, size_t *ret_size)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return TL_ERROR_MEMORY;
    if (samples->count)
        qsort(samples->items, samples->count, sizeof *samples->items, by_name);
    for (size_t i = 0; i < samples->count; i++) {
        const struct tl_sample *sample = &samples->items[i];
        if (i == 0 || strcmp(sample->name, samples->items[i - 1].name) != 0)
            fprintf(out, "# TYPE %s %s\n", sample->name, sample->counter ? "counter" : "gauge");
        fprintf(out, "%s%s %.15g\n", sample->name, sample->labels, sample->value);
    }
    if (fclose(out) != 0) {
        free(text);
        return TL_ERROR_MEMORY;
    }
    *ret_text = text;
    *ret_size = size;
    return TL_OK;
}

void tl_samples_free(struct tl_samples *samples)
{
    free(samples->items);
    *samples = (struct tl_samples){ 0 };
}
