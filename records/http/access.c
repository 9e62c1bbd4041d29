#include "http/access.h"

#include <string.h>

#define R(name)  TL_ONLY(TL_ROLE_##name)
#define TO(name) TL_ONLY(TL_RELATION_##name)

enum {
    CARING = R(DOCTOR) | R(NURSE) | R(MIDWIFE),
    PLANNING = CARING | R(SECRETARY),
    ANYBODY = R(NOBODY),
    ACCOUNT = R(PERSON)
};

/* Rights add up: a person may what any of their roles may, in any relation they have. */
static const struct rule {
    enum tl_action action;
    tl_role_set roles;
    tl_relation_set relations;
} rules[] = {
    { TL_ACTION_ABOUT_READ, ANYBODY, TO(NONE) },
    { TL_ACTION_SIGN_IN, ANYBODY, TO(NONE) },
    { TL_ACTION_SIGN_IN_END, ANYBODY, TO(NONE) },
    { TL_ACTION_PROBE_OPEN, ANYBODY, TO(NONE) },
    { TL_ACTION_LINK_OPEN, ANYBODY, TO(NONE) },

    { TL_ACTION_VISIT_READ, R(VISITOR), TO(SELF) },
    { TL_ACTION_VISIT_DOCUMENT, R(VISITOR), TO(SELF) },
    { TL_ACTION_DELIVERY_DOCUMENT, R(RECIPIENT), TO(SELF) },

    { TL_ACTION_SIGN_OUT, R(HALF), TO(SELF) },
    { TL_ACTION_ME_READ, R(HALF), TO(SELF) },
    { TL_ACTION_FACTOR_GIVE, R(HALF), TO(SELF) },
    { TL_ACTION_FACTOR_CHANGE, ACCOUNT, TO(SELF) },
    { TL_ACTION_FACTOR_RESET, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_FACTOR_RESET, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_SELF_READ, ACCOUNT, TO(SELF) },
    { TL_ACTION_SELF_CHANGE, ACCOUNT, TO(SELF) },
    { TL_ACTION_DIRECTORY_READ, ACCOUNT, TO(NONE) },
    { TL_ACTION_WATCH_OPEN, ACCOUNT, TO(SELF) },

    { TL_ACTION_PATIENT_SEARCH, PLANNING, TO(SELF) },
    { TL_ACTION_PATIENT_CREATE, PLANNING, TO(NONE) },
    { TL_ACTION_PATIENT_FIND, CARING, TO(NONE) },
    { TL_ACTION_PATIENT_READ, PLANNING, TO(STRUCTURE) },
    { TL_ACTION_PATIENT_READ, CARING, TO(CARE_TEAM) | TO(EMERGENCY) },
    { TL_ACTION_PATIENT_UPDATE, PLANNING, TO(STRUCTURE) },
    { TL_ACTION_PATIENT_UPDATE, CARING, TO(CARE_TEAM) },
    { TL_ACTION_PATIENT_EMERGENCY, CARING, TO(NONE) },
    { TL_ACTION_TEAM_READ, CARING, TO(CARE_TEAM) | TO(EMERGENCY) },
    { TL_ACTION_TEAM_CHANGE, CARING, TO(CARE_TEAM) },
    { TL_ACTION_PATIENT_ACCESSES, CARING, TO(CARE_TEAM) },
    { TL_ACTION_PATIENT_ACCESSES, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_RIGHTS_EXPORT, CARING, TO(CARE_TEAM) },
    { TL_ACTION_RIGHTS_RESTRICT, CARING, TO(CARE_TEAM) },

    { TL_ACTION_ACT_LIST, ACCOUNT, TO(SELF) },
    { TL_ACTION_ACT_CREATE, PLANNING, TO(NONE) },
    { TL_ACTION_ACT_READ, CARING, TO(OWN) | TO(COLLEAGUE) | TO(CARE_TEAM) | TO(EMERGENCY) },
    { TL_ACTION_ACT_READ, R(SECRETARY), TO(PLANNER) },
    { TL_ACTION_ACT_READ_CLINICAL, CARING,
      TO(OWN) | TO(COLLEAGUE) | TO(CARE_TEAM) | TO(EMERGENCY) },
    { TL_ACTION_ACT_PLAN, CARING, TO(OWN) },
    { TL_ACTION_ACT_PLAN, R(SECRETARY), TO(PLANNER) },
    { TL_ACTION_ACT_HAND_OVER, CARING, TO(OWN) },
    { TL_ACTION_ACT_INVITE, CARING, TO(OWN) },
    { TL_ACTION_ACT_JOIN, CARING, TO(OWN) | TO(COLLEAGUE) },
    { TL_ACTION_ACT_CONSENT, CARING, TO(OWN) },
    { TL_ACTION_ACT_CLOSE, CARING, TO(OWN) },
    { TL_ACTION_DOCUMENT_ADD, CARING, TO(OWN) | TO(COLLEAGUE) },
    { TL_ACTION_DOCUMENT_READ, CARING,
      TO(OWN) | TO(COLLEAGUE) | TO(CARE_TEAM) | TO(EMERGENCY) },
    { TL_ACTION_DOCUMENT_DELETE, CARING, TO(OWN) },

    { TL_ACTION_EMERGENCY_LIST, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_DELEGATION_READ, ACCOUNT, TO(SELF) },
    { TL_ACTION_DELEGATION_CHANGE, CARING, TO(SELF) },
    { TL_ACTION_DELEGATION_CHANGE, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_ABSENCE_CHANGE, CARING, TO(SELF) },
    { TL_ACTION_ABSENCE_CHANGE, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_INTERESTS_STATE, CARING, TO(SELF) },
    { TL_ACTION_STRUCTURE_READ, ACCOUNT, TO(STRUCTURE) },
    { TL_ACTION_STRUCTURE_READ, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_STRUCTURE_MANAGE, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_STRUCTURE_OPERATE, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_AUDIT_OWN_STRUCTURE, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_ALERT_READ, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_ALERT_READ, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_ALERT_ANSWER, R(MANAGER), TO(STRUCTURE) },
    { TL_ACTION_ALERT_ANSWER, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_AUDIT_READ, R(OPERATOR), TO(TERRITORY) },
    { TL_ACTION_ACTIVITY_AGGREGATE, R(MANAGER) | R(ARS) | R(COMMITTEE), TO(AGGREGATE) },
};

/* ---- words ---- */

#define WORD(name, word, ...) word,
static const char *const role_words[] = { TL_ROLES(WORD) };
static const char *const relation_words[] = { TL_RELATIONS(WORD) };
static const char *const object_words[] = { TL_OBJECTS(WORD) };
static const char *const action_words[] = { "unset", TL_ACTIONS(WORD) };
#define OBJECT(name, word, object, what) TL_OBJECT_##object,
static const enum tl_object objects[] = { TL_OBJECT_NOTHING, TL_ACTIONS(OBJECT) };

const char *tl_action_word(enum tl_action action)
{
    return action_words[action];
}

enum tl_object tl_action_object(enum tl_action action)
{
    return objects[action];
}

const char *tl_role_word(enum tl_user_role role)
{
    return role_words[role];
}

const char *tl_relation_word(enum tl_relation relation)
{
    return relation_words[relation];
}

const char *tl_object_word(enum tl_object object)
{
    return object_words[object];
}

static uint32_t read_words(struct tl_text words, const char *const *known, unsigned count)
{
    uint32_t set = 0;
    struct tl_text word;
    for (bool more = words.size > 0; more;) {
        more = tl_text_split(&words, ' ', &word);
        for (unsigned i = 0; i < count; i++)
            if (tl_text_is(word, known[i]))
                set |= TL_ONLY(i);
    }
    return set;
}

tl_role_set tl_roles_read(struct tl_text words)
{
    return read_words(words, role_words, TL_ROLE_COUNT);
}

tl_relation_set tl_relations_read(struct tl_text words)
{
    return read_words(words, relation_words, TL_RELATION_COUNT);
}

/* ---- decisions ---- */

tl_role_set tl_access_roles(enum tl_action action)
{
    tl_role_set roles = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].action == action)
            roles |= rules[i].roles;
    return roles;
}

bool tl_access_needs_factor(tl_role_set roles)
{
    const tl_role_set working = ~(tl_role_set)(2 * R(PERSON) - 1);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].roles & roles & working && rules[i].relations & ~(uint32_t)TO(AGGREGATE))
            return true;
    return false;
}

tl_relation_set tl_access_relations(enum tl_action action, enum tl_user_role role)
{
    tl_relation_set relations = 0;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].action == action && rules[i].roles & TL_ONLY(role))
            relations |= rules[i].relations;
    return relations;
}

static bool holds(const struct rule *rule, const struct tl_standing *s, bool by_object)
{
    tl_relation_set of_person =
        TO(TERRITORY) | TO(AGGREGATE) | (by_object ? 0 : TO(SELF) | TO(STRUCTURE)) | TO(NONE);
    tl_relation_set met = rule->relations & (s->relations | of_person);
    if (by_object && !(rule->roles & s->roles_there))
        met &= ~TO(STRUCTURE);
    return met && rule->roles & s->roles;
}

bool tl_access_allows(enum tl_action action, const struct tl_standing *standing)
{
    bool by_object = objects[action] != TL_OBJECT_NOTHING;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (rules[i].action == action && holds(&rules[i], standing, by_object))
            return true;
    return false;
}

bool tl_access_knows(enum tl_object object, const struct tl_standing *standing)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (objects[rules[i].action] == object && !(rules[i].relations & TO(NONE)) &&
            holds(&rules[i], standing, true))
            return true;
    return false;
}
