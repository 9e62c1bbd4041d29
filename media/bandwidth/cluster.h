/* One probing cluster: sent, arrived, judged. */
#ifndef TL_MEDIA_BANDWIDTH_CLUSTER_H
#define TL_MEDIA_BANDWIDTH_CLUSTER_H

#include "media/bandwidth.h"

void tl_cluster_begin(struct tl_cluster *cluster, tl_time_us now, uint8_t number,
                      uint32_t kbps);
void tl_cluster_sent(struct tl_cluster *cluster, tl_time_us now, uint16_t size);
void tl_cluster_sent_behind(struct tl_cluster *cluster, uint16_t size);
size_t tl_cluster_due(struct tl_cluster *cluster, tl_time_us now);
void tl_cluster_arrived(struct tl_cluster *cluster, const struct tl_bandwidth_packet *packet);
/* True once, when a result is there: the rate, and whether the path was full. */
bool tl_cluster_judge(struct tl_cluster *cluster, tl_time_us now, tl_time_us rtt,
                      uint32_t *ret_kbps, bool *ret_full);

#endif
