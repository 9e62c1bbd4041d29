/* The layers of one picture, as simulcast: a=simulcast names the streams (RFC 8853), a=rid declares
 * each (RFC 8851). What is taken of them is kept in the offerer's order:
 *
 *     a=rid:q send                         at most TL_SDP_RIDS_LIMIT streams, the first ones;
 *     a=rid:h send                         of alternatives (q,x) the first;
 *     a=rid:f send                         ~ only says that a stream begins paused: its sender wakes
 *     a=simulcast:send q;h;f               it when it likes, so it is taken like the others
 *
 * What is not written by the book is refused, and named: half of a picture is worse than none. */
#include "sdp/read.h"

/* RFC 8851 section 10, with the characters RTP can carry (RFC 8852 section 3.3). */
static bool is_rid(struct tl_text text)
{
    if (!text.size || text.size > TL_SDP_RID_LIMIT)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

/* a=rid:q send pt=96;max-width=320: the restrictions are the sender's own promise. */
void tl_sdp_rid(struct tl_sdp_read *read, struct tl_sdp_media *media, struct tl_text value)
{
    (void)media;
    struct tl_text name, direction;
    tl_text_split(&value, ' ', &name);
    tl_text_split(&value, ' ', &direction);
    bool sends = tl_text_is(direction, "send");
    if (!is_rid(name) || (!sends && !tl_text_is(direction, "recv"))) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "rid");
        return;
    }
    for (unsigned i = 0; i < read->rid_count; i++)
        if (tl_text_equal(read->rids[i], name)) {
            tl_sdp_refuse(read, TL_ERROR_FORMAT, "rid twice");
            return;
        }
    if (sends && read->rid_count < TL_SDP_RID_LINES_LIMIT)
        read->rids[read->rid_count++] = name;
}

void tl_sdp_simulcast(struct tl_sdp_read *read, struct tl_sdp_media *media,
                      struct tl_text value)
{
    (void)media;
    if (read->simulcast.data)
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "simulcast twice");
    read->simulcast = value;
}

/* "send" list, "recv" list, or both (RFC 8853 section 5.1); false when it is neither. */
static bool split_lists(struct tl_text value, struct tl_text *ret_send)
{
    bool send_said = false, recv_said = false;
    *ret_send = (struct tl_text){ "", 0 };
    do {
        struct tl_text direction, list;
        tl_text_split(&value, ' ', &direction);
        tl_text_split(&value, ' ', &list);
        bool send = tl_text_is(direction, "send");
        bool *said = send ? &send_said : &recv_said;
        if ((!send && !tl_text_is(direction, "recv")) || *said || !list.size)
            return false;
        *said = true;
        if (send)
            *ret_send = list;
    } while (value.size);
    return true;
}

static bool is_declared(const struct tl_sdp_read *read, struct tl_text rid)
{
    for (unsigned i = 0; i < read->rid_count; i++)
        if (tl_text_equal(read->rids[i], rid))
            return true;
    return false;
}

/* One stream of the list: its first alternative, without its ~. */
static bool first_of(struct tl_text alternatives, struct tl_text *ret_rid)
{
    bool first = true;
    do {
        struct tl_text rid;
        bool more = tl_text_split(&alternatives, ',', &rid);
        if (rid.size && rid.data[0] == '~')
            rid = (struct tl_text){ rid.data + 1, rid.size - 1 };
        if (!is_rid(rid) || (more && !alternatives.size))
            return false;
        if (first)
            *ret_rid = rid;
        first = false;
    } while (alternatives.size);
    return true;
}

static bool has_rid(const struct tl_sdp_media *media, struct tl_text rid)
{
    for (unsigned i = 0; i < media->rid_count; i++)
        if (tl_text_equal(media->rids[i], rid))
            return true;
    return false;
}

/* A rid nobody declared stands for nothing, and is left out (RFC 8853 section 5.1). */
static bool take_list(const struct tl_sdp_read *read, struct tl_sdp_media *media,
                      struct tl_text list)
{
    while (list.size) {
        struct tl_text stream, rid;
        bool more = tl_text_split(&list, ';', &stream);
        if (!stream.size || (more && !list.size) || !first_of(stream, &rid) ||
            has_rid(media, rid))
            return false;
        if (is_declared(read, rid) && media->rid_count < TL_SDP_RIDS_LIMIT)
            media->rids[media->rid_count++] = rid;
    }
    return true;
}

void tl_sdp_layers_end(struct tl_sdp_read *read, struct tl_sdp_media *media)
{
    struct tl_text sends;
    if (!read->simulcast.data || media->kind != TL_SDP_VIDEO)
        return;
    if (!split_lists(read->simulcast, &sends) || !take_list(read, media, sends)) {
        tl_sdp_refuse(read, TL_ERROR_FORMAT, "simulcast");
        return;
    }
    /* One layer is no choice, and without their names in the packets nobody could tell them
     * apart. */
    if (media->rid_count < 2 || !media->extensions[TL_SDP_EXTENSION_RID])
        media->rid_count = 0;
}

uint8_t tl_sdp_extension_id(const struct tl_sdp_media *media, enum tl_sdp_extension extension)
{
    bool names_layers =
        extension == TL_SDP_EXTENSION_RID || extension == TL_SDP_EXTENSION_REPAIRED_RID;
    return names_layers && !media->rid_count ? 0 : media->extensions[extension];
}

void tl_sdp_one_layer(struct tl_sdp_offer *offer)
{
    for (unsigned i = 0; i < offer->media_count; i++)
        offer->media[i].rid_count = 0;
}
