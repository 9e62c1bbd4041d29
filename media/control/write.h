#ifndef TL_MEDIA_CONTROL_WRITE_H
#define TL_MEDIA_CONTROL_WRITE_H

#include "base/json.h"
#include "media/control.h"

/* Both take over body. */
void control_tell(struct tl_control *control, uint16_t type, json_t *body);
void control_reply(struct tl_control *control, const struct tl_channel_message *request,
                   json_t *body, bool more);
/* An error answer; nothing when no answer is awaited. */
void control_refuse(struct tl_control *control, const struct tl_channel_message *request,
                    enum tl_error error, const char *problem);

#endif
