/* Any bytes as a JSON object, then read back from what is written. */
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tl_autojson json_t *object = NULL;
    if (tl_json_read(tl_bytes(data, size), 65536, &object) != TL_OK)
        return 0;
    struct tl_fields f = tl_fields(object);
    (void)tl_field_text_or_none(&f, "a", 10);
    (void)tl_field_integer_or(&f, "b", -5, 5, 0);
    (void)tl_field_array_or_none(&f, "c", 3);
    (void)tl_fields_end(&f);
    tl_autofree char *text = NULL;
    size_t text_size;
    tl_autojson json_t *again = NULL;
    if (tl_json_write(object, &text, &text_size) != TL_OK ||
        tl_json_read(tl_bytes(text, text_size), SIZE_MAX, &again) != TL_OK ||
        !json_equal(object, again))
        abort();
    return 0;
}
