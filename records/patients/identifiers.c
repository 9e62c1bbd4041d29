#include "records/identifiers.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Luhn over the digits, from the right: every second one doubled, 10 and more less 9. */
static bool luhn_holds(const char *digits, size_t size)
{
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = (unsigned)(digits[size - 1 - i] - '0');
        if (i % 2 == 1)
            digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool all_digits(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is_digit(text.data[i]))
            return false;
    return text.size > 0;
}

enum tl_error tl_rpps_check(struct tl_text text)
{
    if (text.size != 11 || !all_digits(text))
        return TL_ERROR_FORMAT;
    return luhn_holds(text.data, text.size) ? TL_OK : TL_ERROR_RANGE;
}

enum tl_error tl_finess_check(struct tl_text text)
{
    char digits[9];
    if (text.size != sizeof digits)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < sizeof digits; i++) {
        char c = text.data[i];
        if (i == 1 && (c == 'A' || c == 'B'))
            c = '0';
        if (!is_digit(c))
            return TL_ERROR_FORMAT;
        digits[i] = c;
    }
    return luhn_holds(digits, sizeof digits) ? TL_OK : TL_ERROR_RANGE;
}

enum tl_error tl_ins_check(struct tl_text text)
{
    uint64_t number = 0;
    if (text.size != 15 || (text.data[0] != '1' && text.data[0] != '2' && text.data[0] != '3' &&
                            text.data[0] != '4' && text.data[0] != '7' && text.data[0] != '8'))
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < 13; i++) {
        char c = text.data[i];
        if (i == 6 && text.data[5] == '2' && (c == 'A' || c == 'B')) {
            number = (number / 10 * 10 + 1) * 10 + (c == 'A' ? 9 : 8); /* 2A: 19, 2B: 18 */
            continue;
        }
        if (!is_digit(c))
            return TL_ERROR_FORMAT;
        number = number * 10 + (uint64_t)(c - '0');
    }
    if (!is_digit(text.data[13]) || !is_digit(text.data[14]))
        return TL_ERROR_FORMAT;
    uint64_t key = (uint64_t)(text.data[13] - '0') * 10 + (uint64_t)(text.data[14] - '0');
    return key == 97 - number % 97 ? TL_OK : TL_ERROR_RANGE;
}

const char *const tl_ins_oids[] = { "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9",
                                    "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11" };
const size_t tl_ins_oid_count = sizeof tl_ins_oids / sizeof tl_ins_oids[0];

enum tl_error tl_ins_oid_check(struct tl_text oid)
{
    for (size_t i = 0; i < tl_ins_oid_count; i++)
        if (tl_text_is(oid, tl_ins_oids[i]))
            return TL_OK;
    return TL_ERROR_FORMAT;
}

const char *tl_ins_wrong_trait(struct tl_text ins, char sex, struct tl_text birth_date,
                               struct tl_text birth_place_code)
{
    if (ins.size != 15 || birth_date.size != 10 || birth_place_code.size != 5)
        return "ins";
    /* 1, 3, 7: men; 2, 4, 8: women (3, 4, 7 and 8 while the number is being attributed). */
    bool man = ins.data[0] == '1' || ins.data[0] == '3' || ins.data[0] == '7';
    if (sex != 'U' && man != (sex == 'M'))
        return "sex";
    bool real_month = ins.data[3] == '0' || (ins.data[3] == '1' && ins.data[4] <= '2');
    if (memcmp(ins.data + 1, birth_date.data + 2, 2) != 0 ||
        (real_month && memcmp(ins.data + 3, birth_date.data + 5, 2) != 0))
        return "birth_date";
    if (memcmp(ins.data + 5, birth_place_code.data, 5) != 0)
        return "birth_place_code";
    return NULL;
}

enum tl_error tl_place_code_check(struct tl_text text)
{
    if (text.size != 5)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < 5; i++)
        if (!is_digit(text.data[i]) &&
            !(i == 1 && text.data[0] == '2' && (text.data[1] == 'A' || text.data[1] == 'B')))
            return TL_ERROR_FORMAT;
    /* 01 to 95, 97, 98 and 99 (abroad) exist. */
    if (memcmp(text.data, "00", 2) == 0 || memcmp(text.data, "96", 2) == 0 ||
        memcmp(text.data + 2, "000", 3) == 0)
        return TL_ERROR_RANGE;
    return TL_OK;
}

enum tl_error tl_mail_address_check(struct tl_text text)
{
    size_t at = 0, dots = 0, count = 0;
    if (text.size < 3 || text.size > 254)
        return TL_ERROR_FORMAT;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == ',' || c == ';' || c == '"' ||
            c == '\\' || c == '(' || c == ')')
            return TL_ERROR_FORMAT;
        if (c == '@') {
            at = i;
            count++;
        }
        if (c == '.' && count)
            dots++;
    }
    char last = text.data[text.size - 1];
    if (count != 1 || at == 0 || at > 64 || !dots || last == '.' || last == '@' ||
        text.data[at + 1] == '.')
        return TL_ERROR_FORMAT;
    return TL_OK;
}

enum tl_error tl_phone_check(struct tl_text text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (is_digit(c))
            digits++;
        else if (!(c == '+' && i == 0) && !((c == ' ' || c == '.' || c == '-') && i))
            return TL_ERROR_FORMAT;
    }
    return digits >= 6 && digits <= 15 && text.size <= 25 ? TL_OK : TL_ERROR_FORMAT;
}
