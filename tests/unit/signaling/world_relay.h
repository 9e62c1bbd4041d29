/* The scripted relay of world.h, and included by it only: it opens, restarts, mutes and lists
 * participants, and refuses where a test says so. */
#ifndef TL_TEST_SIGNALING_WORLD_RELAY_H
#define TL_TEST_SIGNALING_WORLD_RELAY_H

static json_t *world_opened(const char *ufrag, json_t *answers)
{
    return json_pack("{s:{s:s, s:s}, s:[{s:s, s:s, s:i, s:i}], s:{s:s, s:s}, s:s, s:o}", "ice",
                     "ufrag", ufrag, "pwd", "relaypasswordrelaypassword", "candidates",
                     "transport", "udp", "ip", "127.0.0.1", "port", 40000, "priority",
                     2130706431, "fingerprint", "hash", "sha-256", "value",
                     "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:"
                     "22:33:44:55:66:"
                     "77:88:99",
                     "setup", "passive", "receives", answers);
}

static json_t *world_open(struct world *w, const struct world_sent *sent)
{
    json_t *item, *kept = json_object(), *sends = json_array(), *receives = json_array();
    json_t *answers = json_array();
    size_t i;
    json_array_foreach(json_object_get(sent->json, "sends"), i, item)
    {
        json_array_append_new(sends,
                              json_pack("{s:O, s:O}", "mid", json_object_get(item, "mid"),
                                        "source", json_object_get(item, "source")));
    }
    json_array_foreach(json_object_get(sent->json, "receives"), i, item)
    {
        json_array_append_new(receives,
                              json_pack("{s:O, s:O}", "mid", json_object_get(item, "mid"),
                                        "kind", json_object_get(item, "kind")));
        bool rtx = json_is_integer(json_object_get(item, "rtx"));
        w->ssrc += 2;
        json_array_append_new(answers,
                              json_pack("{s:O, s:I, s:o}", "mid", json_object_get(item, "mid"),
                                        "ssrc", (json_int_t)w->ssrc, "rtx_ssrc",
                                        rtx ? json_integer(w->ssrc + 1) : json_null()));
    }
    json_object_set(kept, "room", json_object_get(sent->json, "room"));
    json_object_set(kept, "offer", json_object_get(sent->json, "offer"));
    json_object_set_new(kept, "sends", sends);
    json_object_set_new(kept, "receives", receives);
    json_object_set_new(w->at_relay[sent->relay],
                        json_string_value(json_object_get(sent->json, "participant")), kept);
    json_object_set(kept, "_answers", answers); /* for a restart */
    return world_opened("relay123", answers);
}

/* ICE restart: what the opening said, and other credentials. NULL: nobody of that id. */
static json_t *world_restarted(struct world *w, const struct world_sent *sent)
{
    json_t *kept =
        json_object_get(w->at_relay[sent->relay],
                        json_string_value(json_object_get(sent->json, "participant")));
    json_t *answers = json_object_get(kept, "_answers");
    return answers ? world_opened("relay456", json_incref(answers)) : NULL;
}

static json_t *world_list(struct world *w, unsigned relay)
{
    json_t *list = json_array(), *kept;
    const char *participant;
    json_object_foreach(w->at_relay[relay], participant, kept)
    {
        json_t *entry = json_deep_copy(kept);
        json_object_del(entry, "_answers");
        json_object_set_new(entry, "participant", json_string(participant));
        json_object_set_new(entry, "state", json_string("connected"));
        json_array_append_new(list, entry);
    }
    return json_pack("{s:o}", "participants", list);
}

static void world_muted(struct world *w, const struct world_sent *sent)
{
    json_t *kept =
        json_object_get(w->at_relay[sent->relay],
                        json_string_value(json_object_get(sent->json, "participant")));
    json_t *item, *source = json_object_get(sent->json, "source");
    size_t i;
    json_array_foreach(json_object_get(kept, "sends"), i, item)
    {
        if (json_equal(json_object_get(item, "source"), source))
            json_object_set(item, "muted", json_object_get(sent->json, "muted"));
    }
}

static void world_relay_step(struct world *w, struct world_sent sent)
{
    unsigned room = w->relay_room[sent.relay];
    if (!w->relay_silent && w->relay_up[sent.relay]) {
        if (sent.type == TL_MESSAGE_PARTICIPANT_OPEN && room &&
            json_object_size(w->at_relay[sent.relay]) >= room)
            world_reply(w, true, &sent, json_pack("{s:s}", "error", "limit"), TL_CHANNEL_ERROR);
        else if (sent.type == TL_MESSAGE_PARTICIPANT_OPEN)
            world_reply(w, true, &sent, world_open(w, &sent), 0);
        else if (sent.type == TL_MESSAGE_SOURCE_MUTE)
            world_muted(w, &sent);
        else if (sent.type == TL_MESSAGE_PROBE_DOWN && w->probe_refused)
            world_reply(w, true, &sent, json_pack("{s:s}", "error", "state"), TL_CHANNEL_ERROR);
        else if (sent.type == TL_MESSAGE_PARTICIPANT_RESTART) {
            json_t *restarted = world_restarted(w, &sent);
            world_reply(w, true, &sent,
                        restarted ? restarted : json_pack("{s:s}", "error", "missing"),
                        restarted ? 0 : TL_CHANNEL_ERROR);
        } else if (sent.type == TL_MESSAGE_RELAY_LIST)
            world_reply(w, true, &sent, world_list(w, sent.relay), 0);
        else if (sent.type == TL_MESSAGE_PARTICIPANT_CLOSE)
            json_object_del(w->at_relay[sent.relay],
                            json_string_value(json_object_get(sent.json, "participant")));
    }
    json_decref(sent.json);
}

#endif
