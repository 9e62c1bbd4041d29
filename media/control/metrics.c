/* The numbers of a relay's parts as the supervisor takes them. */
#include "base/memory.h"
#include "media/control.h"
#include "media/relay.h"
#include "media/streams.h"
#include "media/turn_service.h"
#include "media/udp.h"

void tl_relay_metrics(const struct tl_relay *relay, json_t *counters, json_t *gauges)
{
    char name[96];
    for (unsigned i = 0; i < TL_RELAY_COUNTER_COUNT; i++) {
        struct tl_writer w = tl_writer(name, sizeof name - 1);
        tl_write_format(&w, "relay_%s", tl_relay_counter_words[i]);
        name[w.used] = 0;
        json_object_set_new(counters, name,
                            json_integer((json_int_t)tl_relay_counter(relay, i)));
    }
    json_object_set_new(gauges, "relay_participants",
                        json_integer((json_int_t)tl_relay_participant_count(relay)));
    json_object_set_new(gauges, "relay_ring_bytes",
                        json_integer((json_int_t)tl_relay_ring_bytes(relay)));
}

void tl_sockets_metrics(const struct tl_udp *udp, const struct tl_streams *streams,
                        json_t *counters, json_t *gauges)
{
    const struct tl_udp_counters *u = tl_udp_counters(udp);
    const struct tl_streams_counters *tcp = tl_streams_counters(streams);
    const struct {
        const char *name;
        uint64_t value;
    } more[] = {
        { "relay_socket_dropped", u->kernel_dropped },
        { "relay_send_dropped", u->send_dropped },
        { "relay_sent_messages", u->sent_messages },
        { "relay_received_messages", u->received_messages },
        { "relay_streams_accepted{port=\"own\"}", tcp->accepted },
        { "relay_streams_accepted{port=\"shared\"}", tcp->handed },
        { "relay_streams_closed{reason=\"limit\"}", tcp->turned_away },
        { "relay_streams_closed{reason=\"unknown\"}", tcp->closed_unknown },
        { "relay_streams_closed{reason=\"format\"}", tcp->closed_format },
        { "relay_streams_closed{reason=\"peer\"}", tcp->closed_peer },
        { "relay_streams_dropped{kind=\"video\"}", tcp->dropped_video },
        { "relay_streams_dropped{kind=\"other\"}", tcp->dropped_other },
    };
    for (size_t i = 0; i < TL_COUNT_OF(more); i++)
        json_object_set_new(counters, more[i].name, json_integer((json_int_t)more[i].value));
    json_object_set_new(gauges, "relay_streams",
                        json_integer((json_int_t)tl_streams_count(streams)));
}

void tl_turn_service_metrics(const struct tl_turn_service *service, json_t *counters,
                             json_t *gauges)
{
    const struct tl_turn_counters *turn = tl_turn_service_counters(service);
    const struct {
        const char *name;
        uint64_t value;
    } more[] = {
        { "relay_turn_accepted", turn->handed },
        { "relay_turn_allocations", turn->allocations },
        { "relay_turn_to_relays", turn->to_peers },
        { "relay_turn_from_relays", turn->from_peers },
        { "relay_turn_dropped", turn->dropped },
        { "relay_turn_closed{reason=\"limit\"}", turn->turned_away },
        { "relay_turn_closed{reason=\"idle\"}", turn->closed_idle },
        { "relay_turn_closed{reason=\"format\"}", turn->closed_format },
        { "relay_turn_closed{reason=\"tls\"}", turn->closed_tls },
        { "relay_turn_closed{reason=\"peer\"}", turn->closed_peer },
        { "relay_turn_certificates_exchanged", turn->certificates_exchanged },
        { "relay_turn_certificates_refused", turn->certificates_refused },
    };
    for (size_t i = 0; i < TL_COUNT_OF(more); i++)
        json_object_set_new(counters, more[i].name, json_integer((json_int_t)more[i].value));
    json_object_set_new(gauges, "relay_turn_certificate_ends_s",
                        json_integer((json_int_t)tl_turn_service_certificate_ends_s(service)));
    json_object_set_new(gauges, "certificate_expires_seconds{which=\"turn\"}",
                        json_integer((json_int_t)(tl_turn_service_certificate_ends_s(service) -
                                                  tl_clock_wall() / TL_SECOND_US)));
    json_object_set_new(gauges, "relay_turn_connections",
                        json_integer((json_int_t)tl_turn_service_count(service)));
}
