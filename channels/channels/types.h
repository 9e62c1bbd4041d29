/* The messages between roles: one table a direction. X(name, number, reply) where reply says
 * whether the sender expects an answer (request number not 0). The bodies are described, field by
 * field, in docs/channels.md; each receiver has one reader for each type it takes. Numbers are
 * never used again for something else. A type outside the table of its direction is refused. */
#ifndef TL_CHANNELS_TYPES_H
#define TL_CHANNELS_TYPES_H

/* Tables read as tables. */
/* clang-format off */

/* supervisor -> any role */
#define TL_SUPERVISOR_TO_ROLE(X)                                                               \
    X(ATTACH, 0x0101, 0)        /* a channel to a peer, descriptor beside */                   \
    X(STOP, 0x0102, 0)          /* finish what is in hand and leave */                         \
    X(PEER_METRICS, 0x0103, 0)  /* to the door: another role's counters */                     \
    X(PING, 0x0104, 1)                                                                         \
    X(DRAIN, 0x0105, 0)         /* to the door: move the calls of a relay to others */         \
    X(RELOAD, 0x0106, 0)        /* new certificates or the like, descriptors beside */

/* any role -> supervisor */
#define TL_ROLE_TO_SUPERVISOR(X)                                                               \
    X(READY, 0x0181, 0)                                                                        \
    X(METRICS, 0x0182, 0)                                                                      \
    X(FAILED, 0x0183, 0)        /* cannot start: the reason, for people */                     \
    X(RELOADED, 0x0184, 0)      /* what came of a RELOAD */

/* door -> api */
#define TL_DOOR_TO_API(X)                                                                      \
    X(HTTP_REQUEST, 0x0201, 1)                                                                 \
    X(HTTP_REQUEST_BODY, 0x0202, 0)                                                            \
    X(TICKET_REDEEM, 0x0203, 1)                                                                \
    X(SESSION_LOAD, 0x0204, 1)                                                                 \
    X(SESSION_EVENT, 0x0205, 1)                                                                \
    X(API_HEALTH, 0x0206, 1)

/* api -> door */
#define TL_API_TO_DOOR(X)                                                                      \
    X(HTTP_RESPONSE, 0x0281, 0)                                                                \
    X(HTTP_RESPONSE_BODY, 0x0282, 0)                                                           \
    X(NOTICE, 0x0283, 0)        /* tell who watches: an act changed */

/* door -> relay */
#define TL_DOOR_TO_RELAY(X)                                                                    \
    X(PARTICIPANT_OPEN, 0x0301, 1)                                                             \
    X(PARTICIPANT_CLOSE, 0x0302, 0)                                                            \
    X(SLOTS_SET, 0x0303, 0)                                                                    \
    X(SOURCE_MUTE, 0x0304, 0)                                                                  \
    X(RELAY_LIST, 0x0305, 1)                                                                   \
    X(TEST_COPY, 0x0306, 0)                                                                    \
    X(PROBE_DOWN, 0x0307, 0)                                                                   \
    X(RELAY_DRAIN, 0x0308, 0)                                                                  \
    X(STREAM, 0x0309, 0)        /* a connection to the shared port, descriptor beside */       \
    X(TURN_USER, 0x030a, 0)     /* somebody may use TURN */                                    \
    X(TURN_END, 0x030b, 0)      /* and no longer */                                            \
    X(PARTICIPANT_RESTART, 0x030c, 1)

/* relay -> door */
#define TL_RELAY_TO_DOOR(X)                                                                    \
    X(RELAY_HELLO, 0x0381, 0)                                                                  \
    X(PARTICIPANT_STATE, 0x0382, 0)                                                            \
    X(PARTICIPANT_STATISTICS, 0x0383, 0)                                                       \
    X(SPEAKER, 0x0384, 0)                                                                      \
    X(INCIDENT, 0x0385, 0)                                                                     \
    X(PROBE_RESULT, 0x0386, 0)

/* door -> examiner */
#define TL_DOOR_TO_EXAMINER(X)                                                                 \
    X(TEST_BEGIN, 0x0401, 0)                                                                   \
    X(TEST_END, 0x0402, 0)

/* examiner -> door */
#define TL_EXAMINER_TO_DOOR(X)                                                                 \
    X(TEST_PROGRESS, 0x0481, 0)                                                                \
    X(TEST_VERDICT, 0x0482, 0)

/* api -> courier: what is asked of Pro Santé Connect. What is sent to people goes through the outbox
 * table (and NOTIFY). door <-> courier: none. */
#define TL_API_TO_COURIER(X)                                                                   \
    X(PROVIDER_ENDPOINTS, 0x0501, 1)                                                           \
    X(PROVIDER_KEYS, 0x0502, 1)                                                                \
    X(PROVIDER_TOKENS, 0x0503, 1) /* a code into an ID token and a person */

#define TL_CHANNEL_TYPE_ENUM(name, number, reply) TL_MESSAGE_##name = (number),
enum tl_message_type {
    TL_SUPERVISOR_TO_ROLE(TL_CHANNEL_TYPE_ENUM)
    TL_ROLE_TO_SUPERVISOR(TL_CHANNEL_TYPE_ENUM)
    TL_DOOR_TO_API(TL_CHANNEL_TYPE_ENUM)
    TL_API_TO_DOOR(TL_CHANNEL_TYPE_ENUM)
    TL_DOOR_TO_RELAY(TL_CHANNEL_TYPE_ENUM)
    TL_RELAY_TO_DOOR(TL_CHANNEL_TYPE_ENUM)
    TL_DOOR_TO_EXAMINER(TL_CHANNEL_TYPE_ENUM)
    TL_EXAMINER_TO_DOOR(TL_CHANNEL_TYPE_ENUM)
    TL_API_TO_COURIER(TL_CHANNEL_TYPE_ENUM)
};
/* clang-format on */

/* The descriptor a role finds its supervisor's channel at. */
enum { TL_SUPERVISOR_FD = 3 };

#endif
