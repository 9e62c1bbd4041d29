/* The people of a structure and what they are to each other: members, newcomers, those who leave,
 * delegations, absences, interests, care teams. */
#ifndef TL_RECORDS_PEOPLE_HANDLERS_H
#define TL_RECORDS_PEOPLE_HANDLERS_H

#include "http/call.h"

void tl_get_people(struct tl_call *call);
void tl_post_people_roles(struct tl_call *call);
void tl_post_people_leave(struct tl_call *call);
void tl_get_people_open_acts(struct tl_call *call);
void tl_post_people_hand_over(struct tl_call *call);

void tl_get_newcomers(struct tl_call *call);
void tl_post_newcomers(struct tl_call *call);
void tl_post_newcomer_again(struct tl_call *call);
void tl_post_newcomer_withdraw(struct tl_call *call);
void tl_post_arrival_open(struct tl_call *call);
void tl_post_arrival_accept(struct tl_call *call);
void tl_post_arrival_join(struct tl_call *call);

void tl_get_delegations(struct tl_call *call);
void tl_get_structure_delegations(struct tl_call *call);
void tl_post_delegations(struct tl_call *call);
void tl_post_delegation_end(struct tl_call *call);

void tl_get_absences(struct tl_call *call);
void tl_post_absences(struct tl_call *call);
void tl_post_absence_cancel(struct tl_call *call);

void tl_get_interests(struct tl_call *call);
void tl_post_interests(struct tl_call *call);

void tl_get_care_team(struct tl_call *call);
void tl_post_care_team(struct tl_call *call);
void tl_post_care_team_end(struct tl_call *call);

#endif
