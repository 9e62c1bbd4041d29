#include "message.h"

#include <openssl/evp.h>
#include <time.h>

#include "base/json.h"

/* Characters of a header we write ourselves: no line end or other control may come in from a
 * payload (header injection). */
static bool is_header_safe(struct tl_text text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((uint8_t)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return true;
}

/* One addr-spec of RFC 5322 in its plain form: no quoting, no list, no comment. */
static bool is_mail_address(struct tl_text to)
{
    size_t at = 0, ats = 0;
    for (size_t i = 0; i < to.size; i++) {
        uint8_t c = (uint8_t)to.data[i];
        if (c <= 0x20 || c >= 0x7f || strchr("<>(),;:\\\"[]", c))
            return false;
        if (c == '@') {
            at = i;
            ats++;
        }
    }
    return ats == 1 && at > 0 && at + 1 < to.size;
}

static bool is_phone_number(struct tl_text to)
{
    if (to.size < 4 || to.size > 20)
        return false;
    for (size_t i = 0; i < to.size; i++)
        if (!strchr("+0123456789 .-", to.data[i]))
            return false;
    return true;
}

enum tl_error tl_message_read(json_t *payload, struct tl_message *ret_message)
{
    static const char *const kinds[] = { "mail", "sms" };
    struct tl_fields f = tl_fields(payload);
    struct tl_message message;
    message.kind = (enum tl_message_kind)tl_field_word(&f, "kind", kinds, 2);
    message.to = tl_field_text(&f, "to", 3, TL_MESSAGE_TO_LIMIT);
    message.subject = tl_field_text_or_none(&f, "subject", TL_MESSAGE_SUBJECT_LIMIT);
    message.text = tl_field_text(&f, "text", 1, TL_MESSAGE_TEXT_LIMIT);
    message.id = tl_field_text(&f, "message_id", 3, TL_MESSAGE_ID_LIMIT);
    tl_field_ignore(&f, "language");
    if (!f.wrong_field && message.kind == TL_MESSAGE_MAIL &&
        (!message.subject.size || !is_header_safe(message.subject)))
        tl_field_is_wrong(&f, "subject", "not one line");
    if (!f.wrong_field && !(message.kind == TL_MESSAGE_MAIL ? is_mail_address(message.to)
                                                            : is_phone_number(message.to)))
        tl_field_is_wrong(&f, "to", "not an address");
    if (!f.wrong_field &&
        (!is_header_safe(message.id) || memchr(message.id.data, ' ', message.id.size)))
        tl_field_is_wrong(&f, "message_id", "not one word");
    enum tl_error error = tl_fields_end(&f);
    if (!error)
        *ret_message = message;
    return error;
}

/* base64 in lines of 76 characters (RFC 2045 section 6.8): 57 bytes a line. */
static void write_base64_lines(struct tl_writer *writer, struct tl_bytes bytes)
{
    for (size_t done = 0; done < bytes.size;) {
        size_t piece = bytes.size - done < 57 ? bytes.size - done : 57;
        char line[80];
        int size = EVP_EncodeBlock((unsigned char *)line, bytes.data + done, (int)piece);
        tl_write_bytes(writer, tl_bytes(line, (size_t)size));
        tl_write_bytes(writer, tl_bytes("\r\n", 2));
        done += piece;
    }
}

/* RFC 2047: words of at most 75 characters, each holding whole UTF-8 sequences; folded between. */
static void write_words(struct tl_writer *writer, struct tl_text text)
{
    enum { WORD_BYTES = 42 };
    while (text.size) {
        size_t piece = text.size < WORD_BYTES ? text.size : WORD_BYTES;
        while (piece < text.size && ((uint8_t)text.data[piece] & 0xc0) == 0x80)
            piece--;
        char word[64];
        EVP_EncodeBlock((unsigned char *)word, (const unsigned char *)text.data, (int)piece);
        tl_write_format(writer, " =?UTF-8?B?%s?=", word);
        text.data += piece;
        text.size -= piece;
        if (text.size)
            tl_write_format(writer, "\r\n");
    }
}

struct tl_text tl_message_address(struct tl_text from)
{
    const char *open = from.size ? memchr(from.data, '<', from.size) : NULL;
    if (!open || from.data[from.size - 1] != '>')
        return from;
    return (struct tl_text){ open + 1, (size_t)(from.data + from.size - open) - 2 };
}

static void write_from(struct tl_writer *writer, struct tl_text from)
{
    struct tl_text address = tl_message_address(from);
    struct tl_text name = { from.data, (size_t)(address.data - from.data) };
    while (name.size && (name.data[name.size - 1] == '<' || name.data[name.size - 1] == ' '))
        name.size--;
    tl_write_format(writer, "From:");
    write_words(writer, name);
    tl_write_format(writer, " <%.*s>\r\n", (int)address.size, address.data);
}

enum tl_error tl_message_write_mail(const struct tl_message *message, struct tl_text from,
                                    tl_time_us wall, struct tl_writer *writer)
{
    if (!is_header_safe(from))
        return TL_ERROR_FORMAT;
    char date[64];
    time_t seconds = (time_t)(wall / TL_SECOND_US);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &parts);
    tl_write_format(writer, "Date: %s\r\n", date);
    write_from(writer, from);
    tl_write_format(writer,
                    "To: <%.*s>\r\nMessage-ID: <%.*s>\r\nSubject:", (int)message->to.size,
                    message->to.data, (int)message->id.size, message->id.data);
    write_words(writer, message->subject);
    tl_write_format(writer, "\r\n");
    tl_write_format(writer, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Content-Transfer-Encoding: base64\r\n"
                            "Auto-Submitted: auto-generated\r\n\r\n"); /* RFC 3834 */
    write_base64_lines(writer, tl_bytes(message->text.data, message->text.size));
    return writer->failed ? TL_ERROR_LIMIT : TL_OK;
}
