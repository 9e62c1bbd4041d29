/* The one table of rights: role x action x relation to the object. Pure; http/policy.c asks it before
 * every handler, `teleloire-api --access` prints it as docs/access.md, and the policies of the
 * database (sql/migrations/0062) say the same once more to a program that forgot to ask.
 *
 * A new action: a word in TL_ACTIONS, a row or more in the table of access.c, and the routes that
 * name it (routes.c). An action without a row is nobody's. */
#ifndef TL_RECORDS_ACCESS_H
#define TL_RECORDS_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/bytes.h"

/* Who asks. One person may have several of the last eight, by their memberships. */
#define TL_ROLES(X)                                                                            \
    X(NOBODY, "nobody")                                                                        \
    X(VISITOR, "visitor")                                                                      \
    X(RECIPIENT, "recipient")                                                                  \
    X(HALF, "half") /* an account whose password was given, its second factor perhaps not */   \
    X(PERSON, "person") /* any account, whatever its memberships */                            \
    X(DOCTOR, "doctor")                                                                        \
    X(NURSE, "nurse")                                                                          \
    X(MIDWIFE, "midwife")                                                                      \
    X(SECRETARY, "secretary")                                                                  \
    X(MANAGER, "manager")                                                                      \
    X(OPERATOR, "operator")                                                                    \
    X(ARS, "ars")                                                                              \
    X(COMMITTEE, "committee")

/* What they are to the object. The first two need no object. */
#define TL_RELATIONS(X)                                                                        \
    X(NONE, "none")           /* whatever the object, or without one */                        \
    X(SELF, "self")           /* their own account, browser, list or visit */                  \
    X(OWN, "own")             /* holds the act */                                              \
    X(COLLEAGUE, "colleague") /* invited to the act */                                         \
    X(PLANNER, "planner")     /* plans for the act's professional, by delegation */            \
    X(STRUCTURE, "structure") /* works, in this role, in the structure concerned */            \
    X(CARE_TEAM, "care_team") /* of the patient's care team */                                 \
    X(EMERGENCY, "emergency") /* opened the patient in an emergency, for a while */            \
    X(TERRITORY, "territory") /* everything of the region, as an operator or the agency */     \
    X(AGGREGATE, "aggregate") /* numbers of many, never of one */

/* What the route's first {} names. */
#define TL_OBJECTS(X)                                                                          \
    X(NOTHING, "nothing")                                                                      \
    X(ACT, "act")                                                                              \
    X(PATIENT, "patient")                                                                      \
    X(STRUCTURE, "structure")

#define TL_ACTIONS(X)                                                                          \
    X(ABOUT_READ, "about.read", NOTHING, "what the service is")                                \
    X(SIGN_IN, "sign_in.begin", NOTHING, "sign in")                                            \
    X(SIGN_IN_END, "psc.end", NOTHING,                                                         \
      "end, in Pro Santé Connect's name and under its signature, the sessions it began")       \
    X(SIGN_OUT, "sign_in.end", NOTHING, "sign out")                                            \
    X(ME_READ, "me.read", NOTHING, "learn who is signed in here, and what is missing")         \
    X(FACTOR_GIVE, "factor.give", NOTHING, "give a second factor, or enrol the first")         \
    X(FACTOR_CHANGE, "factor.change", NOTHING, "make new recovery codes")                      \
    X(FACTOR_RESET, "factor.reset", STRUCTURE, "take somebody's second factor away")           \
    X(SELF_READ, "self.read", NOTHING, "see their own account and browsers")                   \
    X(SELF_CHANGE, "self.change", NOTHING, "change their own account, its browsers")           \
    X(DIRECTORY_READ, "directory.read", NOTHING, "find professionals and structures")          \
    X(PATIENT_SEARCH, "patient.search", NOTHING, "find the patients of their structures")      \
    X(PATIENT_CREATE, "patient.create", NOTHING, "make a patient known to their structures")   \
    X(PATIENT_FIND, "patient.find", NOTHING,                                                   \
      "learn whether somebody of exactly these traits is known to the region")                 \
    X(PATIENT_READ, "patient.read", PATIENT, "read a patient's identity")                      \
    X(PATIENT_UPDATE, "patient.update", PATIENT,                                               \
      "change a patient's contact, correct who they are")                                      \
    X(PATIENT_EMERGENCY, "patient.emergency", PATIENT,                                         \
      "open a patient's record for a while, with a reason that is told")                       \
    X(TEAM_READ, "team.read", PATIENT, "see who cares for a patient")                          \
    X(TEAM_CHANGE, "team.change", PATIENT, "add to the care team, end a part in it")           \
    X(PATIENT_ACCESSES, "patient.accesses", PATIENT,                                           \
      "see who looked at a patient's data, to tell the patient")                               \
    X(RIGHTS_EXPORT, "rights.export", PATIENT, "give a patient all that is held of them")      \
    X(RIGHTS_RESTRICT, "rights.restrict", PATIENT,                                             \
      "keep a patient's data to their care team, as they asked")                               \
    X(ACT_LIST, "act.list", NOTHING, "see the day and the register of what is theirs")         \
    X(ACT_CREATE, "act.create", NOTHING, "plan an act")                                        \
    X(ACT_READ, "act.read", ACT, "read an act, without its clinical text")                     \
    X(ACT_READ_CLINICAL, "act.read_clinical", ACT,                                             \
      "read an act's reason, report and documents")                                            \
    X(ACT_PLAN, "act.plan", ACT, "move, cancel, remind of an act, renew its link")             \
    X(ACT_HAND_OVER, "act.hand_over", ACT, "give an act to a colleague")                       \
    X(ACT_INVITE, "act.invite", ACT, "invite a colleague or a guest")                          \
    X(ACT_JOIN, "act.join", ACT, "enter the session")                                          \
    X(ACT_CONSENT, "act.consent", ACT, "record the patient's consent")                         \
    X(ACT_CLOSE, "act.close", ACT, "sign, amend, or say that it was not held")                 \
    X(DOCUMENT_ADD, "document.add", ACT, "add a document or photo")                            \
    X(DOCUMENT_READ, "document.read", ACT, "read a document or photo")                         \
    X(DOCUMENT_DELETE, "document.delete", ACT, "withdraw a document before closing")           \
    X(WATCH_OPEN, "watch.open", NOTHING, "hear of changes while the page is open")             \
    X(EMERGENCY_LIST, "emergency.list", NOTHING,                                               \
      "see the emergency accesses to patients of their structures")                            \
    X(DELEGATION_READ, "delegation.read", NOTHING, "see who plans for whom")                   \
    X(DELEGATION_CHANGE, "delegation.change", NOTHING, "name or end a planner")                \
    X(ABSENCE_CHANGE, "absence.change", NOTHING,                                               \
      "note their own absence, or one of their structure's professionals")                     \
    X(INTERESTS_STATE, "interests.state", NOTHING, "declare their links with companies")       \
    X(STRUCTURE_READ, "structure.read", STRUCTURE, "read a structure's page")                  \
    X(STRUCTURE_MANAGE, "structure.manage", STRUCTURE,                                         \
      "accounts, memberships, roles and equipment of a structure")                             \
    X(STRUCTURE_OPERATE, "structure.operate", NOTHING,                                         \
      "structures, sites and certificates of the platform, its health")                        \
    X(AUDIT_OWN_STRUCTURE, "audit.own_structure", STRUCTURE,                                   \
      "read who looked at what in their structures")                                           \
    X(ALERT_READ, "alert.read", NOTHING, "see unusual accesses of those they answer for")      \
    X(ALERT_ANSWER, "alert.answer", NOTHING, "say what came of an unusual access")             \
    X(AUDIT_READ, "audit.read", NOTHING, "verify and read the audit")                          \
    X(ACTIVITY_AGGREGATE, "activity.aggregate", NOTHING, "activity in numbers")                \
    X(PROBE_OPEN, "probe.open", NOTHING, "measure a line")                                     \
    X(LINK_OPEN, "link.open", NOTHING, "open a link, give its code")                           \
    X(VISIT_READ, "visit.read", NOTHING,                                                       \
      "see one's consultation, consent, test, enter, leave")                                   \
    X(VISIT_DOCUMENT, "visit.document", NOTHING, "read what was given to the patient")         \
    X(DELIVERY_DOCUMENT, "delivery.document", NOTHING, "read what was sent by a safe link")

#define TL_ENUM(name, ...) TL_ROLE_##name,
enum tl_user_role { TL_ROLES(TL_ENUM) TL_ROLE_COUNT };
#undef TL_ENUM
#define TL_ENUM(name, ...) TL_RELATION_##name,
enum tl_relation { TL_RELATIONS(TL_ENUM) TL_RELATION_COUNT };
#undef TL_ENUM
#define TL_ENUM(name, ...) TL_OBJECT_##name,
enum tl_object { TL_OBJECTS(TL_ENUM) TL_OBJECT_COUNT };
#undef TL_ENUM
#define TL_ENUM(name, ...) TL_ACTION_##name,
enum tl_action { TL_ACTION_UNSET, TL_ACTIONS(TL_ENUM) TL_ACTION_COUNT };
#undef TL_ENUM

/* Sets of roles and of relations: bit n is the n-th word. */
typedef uint32_t tl_role_set;
typedef uint32_t tl_relation_set;
#define TL_ONLY(n) (1u << (n))

const char *tl_action_word(enum tl_action action);
enum tl_object tl_action_object(enum tl_action action);
const char *tl_role_word(enum tl_user_role role);
const char *tl_relation_word(enum tl_relation relation);
const char *tl_object_word(enum tl_object object);

/* "doctor manager", as the database gives them; a word not known counts for nothing. */
tl_role_set tl_roles_read(struct tl_text words);
tl_relation_set tl_relations_read(struct tl_text words);

/* What a person is to an object. Of STRUCTURE only the roles they have in that very structure count. */
struct tl_standing {
    tl_role_set roles;       /* wherever they work; or nobody, visitor, recipient */
    tl_role_set roles_there; /* in the structures concerned */
    tl_relation_set
        relations; /* to the object; NONE, and SELF without an object, are understood */
};

/* Every role that may, in some relation. */
/* Asked a second factor at sign-in: may any of these roles anything with somebody's data, or with the
 * service, beyond what every account may and numbers of many? */
bool tl_access_needs_factor(tl_role_set roles);
tl_role_set tl_access_roles(enum tl_action action);
/* The relations in which this role may: 0 when it may not at all. */
tl_relation_set tl_access_relations(enum tl_action action, enum tl_user_role role);
bool tl_access_allows(enum tl_action action, const struct tl_standing *standing);
/* Knows that the object is there: may read it, or do anything else with it. */
bool tl_access_knows(enum tl_object object, const struct tl_standing *standing);

struct tl_route;
/* The table, for people (docs/access.md) and for tests (action, object, role, relations; a line each). */
void tl_access_print(FILE *out, const struct tl_route *routes, size_t count);
void tl_access_print_rows(FILE *out);

#endif
