/* What an account is made of: a name in the order of the field, an address, a password. */
#include "sign_in/accounts.h"

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"

enum { WORDS_LIMIT = 12, EMAIL_LIMIT = 200 };

static const char *const prefixes[] = { "Dr", "Pr", "M.", "Mme" };

static bool is_prefix(struct tl_text word)
{
    for (size_t i = 0; i < TL_COUNT_OF(prefixes); i++)
        if (tl_text_is(word, prefixes[i]))
            return true;
    return false;
}

/* MARTIN, LE, D'ARC; an accent is no sign of a small letter, but a small letter is. */
static bool is_in_capitals(struct tl_text word)
{
    size_t capitals = 0;
    for (size_t i = 0; i < word.size; i++) {
        if (islower((unsigned char)word.data[i]))
            return false;
        capitals += isupper((unsigned char)word.data[i]) != 0;
    }
    return capitals > 1;
}

static size_t split(struct tl_text text, struct tl_text words[WORDS_LIMIT])
{
    size_t count = 0;
    for (size_t at = 0; at < text.size;) {
        size_t end = at;
        while (end < text.size && text.data[end] != ' ')
            end++;
        if (end > at) {
            if (count == WORDS_LIMIT)
                return 0;
            words[count++] = (struct tl_text){ text.data + at, end - at };
        }
        at = end + 1;
    }
    return count;
}

static enum tl_error put(const struct tl_text *words, size_t count, char *buffer, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (used + (i > 0) + words[i].size >= size)
            return TL_ERROR_LIMIT;
        if (i)
            buffer[used++] = ' ';
        memcpy(buffer + used, words[i].data, words[i].size);
        used += words[i].size;
    }
    buffer[used] = 0;
    return TL_OK;
}

enum tl_error tl_account_name_read(struct tl_text text, struct tl_account_name *ret_name)
{
    struct tl_text words[WORDS_LIMIT];
    struct tl_account_name name = { 0 };
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x80 && !isalpha(c) && !strchr(" .'-", c))
            return TL_ERROR_FORMAT;
    }
    size_t count = split(text, words), first = count && is_prefix(words[0]) ? 1 : 0;
    if (count < first + 2)
        return TL_ERROR_FORMAT;
    size_t family = count;
    while (family > first + 1 && is_in_capitals(words[family - 1]))
        family--;
    if (family == count)
        family = first + 1;
    enum tl_error error = put(words, first, name.prefix, sizeof name.prefix);
    if (!error)
        error = put(words + first, family - first, name.given, sizeof name.given);
    if (!error)
        error = put(words + family, count - family, name.family, sizeof name.family);
    if (!error)
        *ret_name = name;
    return error;
}

bool tl_account_email_is_valid(struct tl_text text)
{
    const char *at = text.size ? memchr(text.data, '@', text.size) : NULL;
    if (!at || at == text.data || text.size > EMAIL_LIMIT || at + 1 == text.data + text.size)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"'<>(),:;\\[]", c) ||
            (c == '@' && text.data + i != at))
            return false;
    }
    return true;
}

void tl_account_password_make(char ret_password[TL_ACCOUNT_PASSWORD_SIZE])
{
    /* 32 of them, none to be taken for another. */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz123456789";
    _Static_assert(sizeof letters == 32 + 1, "five bits a letter");
    uint8_t random[20];
    size_t used = 0;
    tl_random_bytes(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        if (i && i % 5 == 0)
            ret_password[used++] = '-';
        ret_password[used++] = letters[random[i] % 32];
    }
    ret_password[used] = 0;
    tl_secret_wipe(random, sizeof random);
}
