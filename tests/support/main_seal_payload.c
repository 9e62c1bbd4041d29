/* seal-payload PUBLIC_KEY_FILE CONTEXT < payload > hexadecimal: what api would put in the outbox. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/seal.h"

int main(int count, char **arguments)
{
    static char plain[65536];
    uint8_t key[TL_SEAL_KEY_SIZE];
    tl_autofree uint8_t *sealed = NULL;
    size_t size = 0;
    if (count != 3 || tl_seal_key_read(arguments[1], key))
        return 2;
    size_t read = fread(plain, 1, sizeof plain, stdin);
    if (tl_seal_to(key, tl_text(arguments[2]), tl_bytes(plain, read), &sealed, &size))
        return 1;
    for (size_t i = 0; i < size; i++)
        printf("%02x", sealed[i]);
    return 0;
}
