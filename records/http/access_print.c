/* The table of rights as a page, docs/access.md, and as lines that a test reads. */
#include "http/access.h"
#include "http/policy.h"
#include "sign_in/step_up.h"

#define WHAT(name, word, object, what) what,
static const char *const meanings[] = { "", TL_ACTIONS(WHAT) };
static const char *const methods[] = { "GET", "POST", "PATCH", "DELETE" };

static const char top[] =
    "# Who may what\n"
    "\n"
    "Printed by `teleloire-api --access` from the one table of rights (records/http/access.c); "
    "`./check lint` compares. Every call of docs/api.md names one action; before its handler "
    "runs, "
    "the program looks up what the person is to the object, and this table decides. PostgreSQL "
    "decides once more, row by row, by the policies of records/sql/migrations/0062 "
    "(docs/decisions/0061). What is not in the table is nobody's.\n"
    "\n"
    "An object that is not there and one that is not yours answer the same 404. 401: nobody is "
    "signed in. 403: your role does not allow this, on any object you know.\n"
    "\n"
    "## Relations\n"
    "\n"
    "| word | what the person is to the object |\n"
    "|---|---|\n"
    "| any | nothing in particular: the object's identity has to be known, or there is none |\n"
    "| self | it is their own: account, browser, lists, visit |\n"
    "| own | holds the act |\n"
    "| colleague | was invited to the act by who holds it |\n"
    "| planner | plans for the act's professional in its structure: named by a delegation, and "
    "secretary there; never sees the clinical text |\n"
    "| structure | works, in this very role, in the structure concerned, or in one that knows "
    "the "
    "patient |\n"
    "| care_team | of the patient's care team (L1110-12 CSP): who held an act, from the moment "
    "it "
    "was held, or was added by a member, until it is ended |\n"
    "| emergency | opened the patient's record with a reason, for an hour (four at most); told "
    "at "
    "once to who manages the patient's structures |\n"
    "| territory | everything of the region that is not health data |\n"
    "| aggregate | numbers of many people, never of one |\n"
    "\n"
    "A person has the rights of all their roles together. `person` is any account; `half` is "
    "one "
    "whose password was given and whose second factor is still missing: an account with a role "
    "that does more than read numbers of many has one (docs/decisions/0076).\n"
    "\n";

static void print_relations(FILE *out, tl_relation_set relations, const char *between)
{
    const char *before = "";
    for (unsigned i = 0; i < TL_RELATION_COUNT; i++)
        if (relations & TL_ONLY(i)) {
            fprintf(out, "%s%s", before, i == TL_RELATION_NONE ? "any" : tl_relation_word(i));
            before = between;
        }
}

static void print_row(FILE *out, enum tl_action action, enum tl_user_role first,
                      enum tl_user_role last)
{
    fprintf(out, "| `%s` | %s |", tl_action_word(action), meanings[action]);
    tl_relation_set of_all =
        first > TL_ROLE_PERSON ? tl_access_relations(action, TL_ROLE_PERSON) : 0;
    for (enum tl_user_role role = first; role <= last; role++) {
        tl_relation_set relations = tl_access_relations(action, role) | of_all;
        fputc(' ', out);
        if (relations)
            print_relations(out, relations, ", ");
        else
            fputs("—", out);
        fputs(" |", out);
    }
    fputc('\n', out);
}

static void print_table(FILE *out, enum tl_user_role first, enum tl_user_role last)
{
    fputs("| action | what |", out);
    for (enum tl_user_role role = first; role <= last; role++)
        fprintf(out, " %s |", tl_role_word(role));
    fputs("\n|---|---|", out);
    for (enum tl_user_role role = first; role <= last; role++)
        fputs("---|", out);
    fputc('\n', out);
    for (enum tl_action action = TL_ACTION_UNSET + 1; action < TL_ACTION_COUNT; action++) {
        bool of_people = tl_access_roles(action) & ~(TL_ONLY(TL_ROLE_PERSON) - 1);
        if (of_people == (first > TL_ROLE_PERSON))
            print_row(out, action, first, last);
    }
    fputc('\n', out);
}

static void print_routes(FILE *out, const struct tl_route *routes, size_t count)
{
    fputs("## Which calls\n\n| action | object | calls |\n|---|---|---|\n", out);
    for (enum tl_action action = TL_ACTION_UNSET + 1; action < TL_ACTION_COUNT; action++) {
        const char *before = "";
        fprintf(out, "| `%s` | %s | ", tl_action_word(action),
                tl_object_word(tl_action_object(action)));
        for (size_t i = 0; i < count; i++)
            if (routes[i].action == action) {
                fprintf(out, "%s`%s %s`", before, methods[routes[i].method], routes[i].path);
                before = ", ";
            }
        fprintf(out, "%s |\n", before[0] ? "" : "—");
    }
}

void tl_access_print(FILE *out, const struct tl_route *routes, size_t count)
{
    fputs(top, out);
    fputs("## Without an account\n\n", out);
    print_table(out, TL_ROLE_NOBODY, TL_ROLE_HALF);
    fputs("## With an account\n\n", out);
    print_table(out, TL_ROLE_DOCTOR, TL_ROLE_COMMITTEE);
    fputs("## A fresh proof\n\n"
          "These want a second factor given within so many minutes, at the sign-in or since; "
          "otherwise 403 `step_up_needed`.\n\n| action | minutes | why |\n|---|---|---|\n",
          out);
    for (size_t i = 0; i < tl_step_up_count; i++)
        fprintf(out, "| %s | %d | %s |\n", tl_action_word(tl_step_ups[i].action),
                tl_step_ups[i].minutes, tl_step_ups[i].why);
    fputc('\n', out);
    print_routes(out, routes, count);
}

void tl_access_print_rows(FILE *out)
{
    for (enum tl_action action = TL_ACTION_UNSET + 1; action < TL_ACTION_COUNT; action++)
        for (enum tl_user_role role = TL_ROLE_NOBODY; role < TL_ROLE_COUNT; role++)
            if (tl_access_relations(action, role)) {
                fprintf(out, "%s\t%s\t%s\t", tl_action_word(action),
                        tl_object_word(tl_action_object(action)), tl_role_word(role));
                print_relations(out, tl_access_relations(action, role), " ");
                fputc('\n', out);
            }
}
