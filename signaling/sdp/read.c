/* Reading an offer: one pass over bounded lines; each attribute has one small reader, found in a
 * table; what must hold of the whole is checked at the end. */
#include "sdp/read.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum tl_error tl_sdp_refuse(struct tl_sdp_read *read, enum tl_error error, const char *what)
{
    if (read->error)
        return read->error;
    read->error = error;
    if (!what)
        snprintf(read->problem.where, sizeof read->problem.where, "line %u", read->line);
    else if (read->offer->media_count)
        snprintf(read->problem.where, sizeof read->problem.where, "m-line %u: %s",
                 read->offer->media_count - 1, what);
    else
        snprintf(read->problem.where, sizeof read->problem.where, "%s", what);
    return error;
}

/* ---- lines ---- */

/* The next line without its end (CRLF, or a lone LF: RFC 8866 section 5 asks to take both). */
static bool next_line(struct tl_sdp_read *read, struct tl_text *rest, struct tl_text *ret_line)
{
    if (!rest->size)
        return false;
    struct tl_text line;
    tl_text_split(rest, '\n', &line);
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    read->line++;
    if (read->line > TL_SDP_LINES_LIMIT || line.size > TL_SDP_LINE_LIMIT) {
        tl_sdp_refuse(read, TL_ERROR_LIMIT, NULL);
        return false;
    }
    bool plain =
        line.size >= 2 && line.data[0] >= 'a' && line.data[0] <= 'z' && line.data[1] == '=';
    for (size_t i = 0; plain && i < line.size; i++)
        plain = (unsigned char)line.data[i] >= 0x20 && line.data[i] != 0x7f;
    if (!plain) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, NULL);
        return false;
    }
    *ret_line = line;
    return true;
}

static struct tl_sdp_media *present_media(struct tl_sdp_read *read)
{
    struct tl_sdp_offer *offer = read->offer;
    return offer->media_count ? &offer->media[offer->media_count - 1] : NULL;
}

/* ---- m= ---- */

static void read_formats(struct tl_sdp_read *read, struct tl_text formats)
{
    read->format_count = 0;
    while (formats.size) {
        struct tl_text word;
        uint64_t number;
        tl_text_split(&formats, ' ', &word);
        if (read->format_count >= TL_SDP_FORMATS_LIMIT) {
            tl_sdp_refuse(read, TL_ERROR_LIMIT, "payload types");
            return;
        }
        if (tl_text_u64(word, 127, &number)) {
            tl_sdp_refuse(read, TL_ERROR_FORMAT, "payload type");
            return;
        }
        read->formats[read->format_count++] =
            (struct tl_sdp_format){ .payload = (uint8_t)number, .apt = TL_SDP_NONE };
    }
}

/* m=<media> <port> <protocol> <formats> (RFC 8866 section 5.14). */
static void read_media_line(struct tl_sdp_read *read, struct tl_text value)
{
    struct tl_sdp_offer *offer = read->offer;
    struct tl_text port_text;
    uint64_t port;
    if (offer->media_count && tl_sdp_media_end(read))
        return;
    if (offer->media_count >= TL_SDP_MEDIA_LIMIT) {
        tl_sdp_refuse(read, TL_ERROR_LIMIT, "too many m-lines");
        return;
    }
    struct tl_sdp_media *media = &offer->media[offer->media_count++];
    *media = (struct tl_sdp_media){
        .opus = TL_SDP_NONE, .red = TL_SDP_NONE, .vp8 = TL_SDP_NONE, .rtx = TL_SDP_NONE
    };
    read->bundle_only = false;
    read->rid_count = 0;
    read->simulcast = (struct tl_text){ NULL, 0 };
    tl_text_split(&value, ' ', &media->kind_text);
    tl_text_split(&value, ' ', &port_text);
    tl_text_split(&value, ' ', &media->protocol);
    struct tl_text formats = value;
    tl_text_split(&value, ' ', &media->first_format);
    media->kind = tl_text_is(media->kind_text, "audio")   ? TL_SDP_AUDIO
                  : tl_text_is(media->kind_text, "video") ? TL_SDP_VIDEO
                                                          : TL_SDP_OTHER;
    if (media->kind == TL_SDP_OTHER) {
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "neither audio nor video");
        return;
    }
    if (tl_text_u64(port_text, 65535, &port)) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "port");
        return;
    }
    media->offered = port != 0;
    /* RFC 8827 section 6.5: anything but SAVPF over DTLS is either old or an attack. */
    if (!tl_text_is(media->protocol, "UDP/TLS/RTP/SAVPF")) {
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "protocol");
        return;
    }
    if (!media->first_format.size) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "payload types");
        return;
    }
    read_formats(read, formats);
}

/* ---- a= at both levels ---- */

static bool is_ice_text(struct tl_text text, size_t least)
{
    if (text.size < least || text.size > TL_SDP_ICE_LIMIT)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (!isalnum(c) && c != '+' && c != '/')
            return false;
    }
    return true;
}

/* One transport for all: a value said again must be the same (RFC 8843 section 7.2). */
static void keep_same(struct tl_sdp_read *read, struct tl_text *kept, struct tl_text value,
                      const char *what)
{
    if (kept->size && !tl_text_equal(*kept, value))
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, what);
    else
        *kept = value;
}

static void read_ufrag(struct tl_sdp_read *read, struct tl_text value)
{
    if (!is_ice_text(value, 4)) /* RFC 8839 section 5.4 */
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "ice-ufrag");
    else
        keep_same(read, &read->offer->ufrag, value, "ice-ufrag differs");
}

static void read_pwd(struct tl_sdp_read *read, struct tl_text value)
{
    if (!is_ice_text(value, 22))
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "ice-pwd");
    else
        keep_same(read, &read->offer->pwd, value, "ice-pwd differs");
}

/* a=fingerprint:sha-256 AA:BB... (RFC 8122). Other hashes beside it are left alone. */
static void read_fingerprint(struct tl_sdp_read *read, struct tl_text value)
{
    struct tl_text hash;
    char upper[TL_SDP_FINGERPRINT_SIZE] = { 0 };
    tl_text_split(&value, ' ', &hash);
    if (hash.size != 7 || strncasecmp(hash.data, "sha-256", 7) != 0)
        return;
    bool good = value.size == sizeof upper - 1;
    for (size_t i = 0; good && i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        good = i % 3 == 2 ? c == ':' : isxdigit(c) != 0;
        upper[i] = (char)toupper(c);
    }
    if (!good)
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "fingerprint");
    else if (read->offer->fingerprint[0] && strcmp(read->offer->fingerprint, upper) != 0)
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "fingerprint differs");
    else
        memcpy(read->offer->fingerprint, upper, sizeof upper);
}

static void read_setup(struct tl_sdp_read *read, struct tl_text value)
{
    /* We are always the DTLS server, so the client must be able to be active (RFC 5763 section 5). */
    if (!tl_text_is(value, "actpass") && !tl_text_is(value, "active"))
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "setup");
    else
        keep_same(read, &read->setup, value, "setup differs");
}

static void read_group(struct tl_sdp_read *read, struct tl_text value)
{
    struct tl_text semantics;
    tl_text_split(&value, ' ', &semantics);
    if (!tl_text_is(semantics, "BUNDLE"))
        return;
    if (read->bundle.data)
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "two BUNDLE groups");
    else
        read->bundle = value;
}

static void read_mixed(struct tl_sdp_read *read, struct tl_text value)
{
    (void)value;
    read->offer->mixed_extensions = true;
}

/* ---- dispatch ---- */

static const struct attribute {
    const char *name;
    void (*read)(struct tl_sdp_read *read, struct tl_text value);
} attributes[] = {
    { "group", read_group }, { "extmap-allow-mixed", read_mixed }, { "ice-ufrag", read_ufrag },
    { "ice-pwd", read_pwd }, { "fingerprint", read_fingerprint },  { "setup", read_setup },
};

static void read_attribute(struct tl_sdp_read *read, struct tl_text value)
{
    struct tl_text name;
    struct tl_sdp_media *media = present_media(read);
    tl_text_split(&value, ':', &name);
    for (size_t i = 0; i < TL_COUNT_OF(attributes); i++)
        if (tl_text_is(name, attributes[i].name)) {
            attributes[i].read(read, value);
            return;
        }
    if (media)
        tl_sdp_media_attribute(read, media, name, value);
}

/* ---- the whole ---- */

static bool bundle_has(struct tl_text bundle, struct tl_text mid)
{
    struct tl_text word;
    while (bundle.size) {
        tl_text_split(&bundle, ' ', &word);
        if (tl_text_equal(word, mid))
            return true;
    }
    return false;
}

static void check_whole(struct tl_sdp_read *read)
{
    struct tl_sdp_offer *offer = read->offer;
    unsigned count = offer->media_count;
    if (!count) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "no m-line");
        return;
    }
    offer->media_count = 0; /* what follows is said of the whole, not of the last m-line */
    if (!read->bundle.size)
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "BUNDLE");
    if (!offer->ufrag.size)
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "ice-ufrag");
    if (!offer->pwd.size)
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "ice-pwd");
    if (!offer->fingerprint[0])
        tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "fingerprint");
    if (!read->setup.size)
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "setup");
    for (unsigned i = 0; i < count && !read->error; i++) {
        const struct tl_sdp_media *media = &offer->media[i];
        offer->media_count = i + 1;
        if (media->offered && !bundle_has(read->bundle, media->mid))
            tl_sdp_refuse(read, TL_ERROR_UNSUPPORTED, "BUNDLE");
        for (unsigned j = 0; j < i; j++)
            if (tl_text_equal(media->mid, offer->media[j].mid))
                tl_sdp_refuse(read, TL_ERROR_FORMAT, "mid used twice");
    }
    offer->media_count = count;
    offer->active = tl_text_is(read->setup, "active");
}

enum tl_error tl_sdp_offer_read(struct tl_text text, struct tl_sdp_offer *ret_offer,
                                struct tl_sdp_problem *ret_problem)
{
    tl_autofree struct tl_sdp_offer *offer = calloc(1, sizeof *offer);
    tl_autofree struct tl_sdp_read *read = calloc(1, sizeof *read);
    struct tl_text line, rest = text;
    if (!offer || !read)
        return TL_ERROR_MEMORY;
    read->offer = offer;
    if (text.size > TL_SDP_TEXT_LIMIT)
        tl_sdp_refuse(read, TL_ERROR_LIMIT, "too long");
    if (!tl_text_starts_with(text, "v=0\r\n") && !tl_text_starts_with(text, "v=0\n"))
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "v=");
    while (!read->error && next_line(read, &rest, &line)) {
        struct tl_text value = { line.data + 2, line.size - 2 };
        if (line.data[0] == 'm')
            read_media_line(read, value);
        else if (line.data[0] == 'a')
            read_attribute(read, value);
    }
    if (!read->error && offer->media_count)
        tl_sdp_media_end(read);
    if (!read->error)
        check_whole(read);
    if (read->error) {
        *ret_problem = read->problem;
        return read->error;
    }
    *ret_offer = *offer;
    return TL_OK;
}
