/* What clients say: one reader per type of message. */
#ifndef TL_SIGNALING_MESSAGES_CLIENT_READ_H
#define TL_SIGNALING_MESSAGES_CLIENT_READ_H

#include "base/bytes.h"
#include "base/json.h"
#include "messages/words.h"

enum {
    TL_CLIENT_MESSAGE_LIMIT = 65536,
    TL_CLIENT_SDP_LIMIT = 60000,
    TL_CLIENT_SECRET_LIMIT = 200,
    TL_CLIENT_NAME_LIMIT = 100,
    TL_CLIENT_REASON_LIMIT = 200,
    TL_CLIENT_CHAT_LIMIT = 2000, /* characters */
    TL_CLIENT_MID_LIMIT = 16,
    TL_CLIENT_REDUNDANT_LIMIT = 2, /* the sounds there are */
    TL_CLIENT_LAYOUT_LIMIT = 8,
    TL_CLIENT_VIEW_LIMIT = 20,
    TL_CLIENT_WIDTH_LIMIT = 7680, /* device pixels: the largest screens there are */
    TL_CLIENT_HEIGHT_LIMIT = 4320,
    TL_CLIENT_KBPS_LIMIT = 1000000,
    TL_CLIENT_FREEZES_LIMIT = 1000000,
    TL_CLIENT_CONCEALED_MS_LIMIT = 1000000000,
    TL_PARTICIPANT_SIZE = 33 /* 32 hexadecimal digits and a NUL */
};

enum tl_client_type {
    TL_CLIENT_HELLO,
    TL_CLIENT_LOBBY,
    TL_CLIENT_OFFER,
    TL_CLIENT_MEDIA,
    TL_CLIENT_ADMIT,
    TL_CLIENT_REFUSE,
    TL_CLIENT_REMOVE,
    TL_CLIENT_MUTE,
    TL_CLIENT_LAYOUT,
    TL_CLIENT_VIEW,
    TL_CLIENT_CHAT,
    TL_CLIENT_HAND,
    TL_CLIENT_LINK,
    TL_CLIENT_IDENTITY,
    TL_CLIENT_LEAVE,
    TL_CLIENT_END,
    TL_CLIENT_TEST,
    TL_CLIENT_TYPE_COUNT
};

enum tl_test_step { TL_TEST_STEP_BEGIN, TL_TEST_STEP_DOWN, TL_TEST_STEP_END };
enum tl_language { TL_LANGUAGE_NONE = -1, TL_LANGUAGE_FRENCH, TL_LANGUAGE_ENGLISH };

/* Spans live as long as json. */
struct tl_client_message {
    enum tl_client_type type;
    json_t *json;
    union {
        struct {
            struct tl_text ticket, resume; /* exactly one has data */
            enum tl_language language;
        } hello;
        struct {
            struct tl_text sdp, mids[TL_SOURCE_COUNT]; /* empty: not offered */
            unsigned redundant; /* bits of enum tl_source: RED under Opus' number */
        } offer;
        struct {
            unsigned on; /* bits of enum tl_source */
        } media;
        struct {
            struct tl_text participant, reason;
        } person; /* admit, refuse, remove */
        struct {
            struct tl_text participant;
            enum tl_source source;
            bool muted;
        } mute;
        struct {
            struct tl_text order[TL_CLIENT_LAYOUT_LIMIT];
            unsigned count;
        } layout;
        struct {
            struct {
                struct tl_text mid;
                uint16_t height;
            } sizes[TL_CLIENT_VIEW_LIMIT];
            unsigned count;
        } view;
        struct {
            struct tl_text text;
        } chat;
        struct {
            bool raised;
        } hand;
        struct {
            bool audio_first;
            int64_t video_kbps, freezes, concealed_ms; /* -1: not said */
        } link;
        struct {
            struct tl_text participant;
            bool checked;
        } identity;
        struct {
            enum tl_test_step step;
        } test;
    };
};

struct tl_client_problem {
    enum tl_refusal refusal;
    char field[64]; /* "" when none */
    const char *re; /* the type refused, NULL when it was not understood */
};

/* TL_ERROR_FORMAT, with the problem; on TL_OK the caller releases ret_message->json. */
enum tl_error tl_client_message_read(struct tl_bytes text,
                                     struct tl_client_message *ret_message,
                                     struct tl_client_problem *ret_problem);
const char *tl_client_type_name(enum tl_client_type type);
/* 32 lower-case hexadecimal digits. */
bool tl_participant_is_valid(struct tl_text text);

#endif
