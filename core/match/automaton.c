/* automaton - see automaton.h. Targets of jumps are relative, so a finished piece can be moved and
 * copied as it is; no piece jumps out of itself. That replaces a syntax tree. */
#include "core/match/automaton.h"

#include "core/alloc.h"
#include "core/match/utf8.h"

#include <stdlib.h>
#include <string.h>

enum op { OP_RUNE, OP_SET, OP_SET_NOT, OP_ASSERT, OP_JUMP, OP_SPLIT, OP_ACCEPT };

struct step {
    enum op op;
    int32_t a; /* RUNE: the code point; SET: first range; ASSERT: which; JUMP, SPLIT: how far */
    int32_t b; /* SET: ranges; SPLIT: how far to the other */
};

struct automaton {
    struct step            *steps;
    size_t                  count, room;
    struct automaton_range *ranges;
    size_t                  range_count, range_room;
    bool                    too_large;
};

struct automaton *automaton_new(void)
{
    return alloc_zero(sizeof(struct automaton));
}

void automaton_free(struct automaton *automaton)
{
    if (!automaton)
        return;
    free(automaton->steps);
    free(automaton->ranges);
    free(automaton);
}

/* ---- Building ---- */

size_t automaton_here(const struct automaton *automaton)
{
    return automaton->count;
}

/* Makes room for `count` steps at the end, or notes that there is none. */
static bool reserve(struct automaton *automaton, size_t count)
{
    if (automaton->too_large || automaton->count + count > AUTOMATON_LIMIT) {
        automaton->too_large = true;
        return false;
    }
    if (automaton->count + count > automaton->room) {
        automaton->room = alloc_grow(automaton->room, automaton->count + count);
        automaton->steps = alloc_resize(automaton->steps, automaton->room, sizeof *automaton->steps);
    }
    return true;
}

static void append(struct automaton *automaton, struct step step)
{
    if (reserve(automaton, 1))
        automaton->steps[automaton->count++] = step;
}

static void insert(struct automaton *automaton, size_t at, struct step step)
{
    if (!reserve(automaton, 1))
        return;
    memmove(&automaton->steps[at + 1], &automaton->steps[at], (automaton->count - at) * sizeof step);
    automaton->steps[at] = step;
    automaton->count++;
}

void automaton_rune(struct automaton *automaton, uint32_t rune)
{
    append(automaton, (struct step){ .op = OP_RUNE, .a = (int32_t)rune });
}

void automaton_set(struct automaton *automaton, const struct automaton_range *ranges, size_t count,
                   bool negated)
{
    size_t needed = automaton->range_count + count;
    if (!reserve(automaton, 1) || needed > AUTOMATON_LIMIT) {
        automaton->too_large = true;
        return;
    }
    if (needed > automaton->range_room) {
        automaton->range_room = alloc_grow(automaton->range_room, needed);
        automaton->ranges = alloc_resize(automaton->ranges, automaton->range_room, sizeof *automaton->ranges);
    }
    if (count)
        memcpy(&automaton->ranges[automaton->range_count], ranges, count * sizeof *ranges);
    enum op op = negated ? OP_SET_NOT : OP_SET;
    append(automaton, (struct step){ .op = op, .a = (int32_t)automaton->range_count, .b = (int32_t)count });
    automaton->range_count = needed;
}

void automaton_assert(struct automaton *automaton, enum automaton_assertion assertion)
{
    append(automaton, (struct step){ .op = OP_ASSERT, .a = (int32_t)assertion });
}

/*  from: SPLIT ─▶ end     optional
 *        piece
 *  end:                   */
static void make_optional(struct automaton *automaton, size_t from, size_t length)
{
    insert(automaton, from, (struct step){ .op = OP_SPLIT, .a = 1, .b = (int32_t)length + 1 });
}

/*  from: piece
 *        SPLIT ─▶ from, end     once or more
 *  end:                         */
static void make_loop(struct automaton *automaton, size_t from)
{
    append(automaton, (struct step){ .op = OP_SPLIT, .a = -(int32_t)(automaton->count - from), .b = 1 });
}

static void append_copy(struct automaton *automaton, size_t from, size_t length)
{
    if (length == 0 || !reserve(automaton, length))
        return;
    memcpy(&automaton->steps[automaton->count], &automaton->steps[from], length * sizeof *automaton->steps);
    automaton->count += length;
}

/* x{2,4} becomes x x x? x?, x{2,} becomes x x+, x{0,} becomes (x+)?. Each copy is made of the piece before
 * it, which only then becomes optional, so that what is copied is as it was built. */
void automaton_repeat(struct automaton *automaton, size_t from, int least, int most)
{
    size_t length = automaton->count - from;
    if (most == 0) {
        automaton->count = from;
        return;
    }
    bool endless = most == AUTOMATON_NO_END;
    int copies = (endless ? (least ? least : 1) : most) - 1;
    for (int i = 0; i < copies && !automaton->too_large; i++) {
        append_copy(automaton, from, length);
        bool optional = i >= least;
        if (optional)
            make_optional(automaton, from, length);
        from += length + optional;
    }
    if (endless)
        make_loop(automaton, from);
    if (least < copies + 1)
        make_optional(automaton, from, length + endless);
}

enum { NO_JUMP = -1 };

static int32_t distance(size_t from, size_t to)
{
    return (int32_t)to - (int32_t)from;
}

struct automaton_choice automaton_choice_begin(const struct automaton *automaton)
{
    return (struct automaton_choice){ .branch = automaton->count, .last_jump = (size_t)NO_JUMP };
}

/*  branch: SPLIT ─▶ next   a choice that goes on; the JUMPs are chained by their distances until
 *          alternative     the end is known
 *          JUMP ─▶ end
 *  next:                                                                                         */
void automaton_choice_next(struct automaton *automaton, struct automaton_choice *choice)
{
    int32_t length = distance(choice->branch, automaton->count);
    insert(automaton, choice->branch, (struct step){ .op = OP_SPLIT, .a = 1, .b = length + 2 });
    append(automaton, (struct step){ .op = OP_JUMP, .a = (int32_t)choice->last_jump });
    choice->last_jump = automaton->count - 1;
    choice->branch = automaton->count;
}

void automaton_choice_end(struct automaton *automaton, const struct automaton_choice *choice)
{
    for (size_t at = choice->last_jump; !automaton->too_large && at != (size_t)NO_JUMP;) {
        size_t before = (size_t)automaton->steps[at].a;
        automaton->steps[at].a = distance(at, automaton->count);
        at = before;
    }
}

bool automaton_finish(struct automaton *automaton)
{
    append(automaton, (struct step){ .op = OP_ACCEPT });
    return !automaton->too_large;
}

/* ---- Running ---- */

/* Where between two code points the automaton stands; none: a rune that no text has. */
struct place {
    uint32_t before, after;
};

enum { NO_RUNE = UTF8_LAST + 1 };

/* The steps that wait for the next code point, each once: `seen` holds the number of the place. */
struct threads {
    uint16_t at[AUTOMATON_LIMIT];
    size_t   count;
};

struct matcher {
    const struct automaton *automaton;
    uint32_t                number; /* of the place, from 1 on */
    uint32_t                seen[AUTOMATON_LIMIT];
    uint16_t                open[AUTOMATON_LIMIT];
    struct threads          threads[2];
};

static bool is_word(uint32_t rune)
{
    return (rune >= '0' && rune <= '9') || (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z')
        || rune == '_';
}

static bool holds(enum automaton_assertion assertion, struct place place)
{
    switch (assertion) {
    case AUTOMATON_TEXT_START:   return place.before == NO_RUNE;
    case AUTOMATON_TEXT_END:     return place.after == NO_RUNE;
    case AUTOMATON_LINE_START:   return place.before == NO_RUNE || place.before == '\n';
    case AUTOMATON_LINE_END:     return place.after == NO_RUNE || place.after == '\n';
    case AUTOMATON_WORD_EDGE:    return is_word(place.before) != is_word(place.after);
    case AUTOMATON_NO_WORD_EDGE: return is_word(place.before) == is_word(place.after);
    }
    return false;
}

static void open_step(struct matcher *matcher, size_t *open, size_t at)
{
    if (matcher->seen[at] == matcher->number)
        return;
    matcher->seen[at] = matcher->number;
    matcher->open[(*open)++] = (uint16_t)at;
}

/* Follows all that needs no code point from `start` on. Answers whether that reaches the end. */
static bool add_thread(struct matcher *matcher, struct threads *threads, size_t start, struct place place)
{
    size_t open = 0;
    open_step(matcher, &open, start);
    while (open > 0) {
        size_t at = matcher->open[--open];
        const struct step *step = &matcher->automaton->steps[at];
        switch (step->op) {
        case OP_ACCEPT:
            return true;
        case OP_JUMP:
            open_step(matcher, &open, at + (size_t)step->a);
            break;
        case OP_SPLIT:
            open_step(matcher, &open, at + (size_t)step->a);
            open_step(matcher, &open, at + (size_t)step->b);
            break;
        case OP_ASSERT:
            if (holds((enum automaton_assertion)step->a, place))
                open_step(matcher, &open, at + 1);
            break;
        case OP_RUNE: case OP_SET: case OP_SET_NOT:
            threads->at[threads->count++] = (uint16_t)at;
            break;
        }
    }
    return false;
}

static bool takes(const struct automaton *automaton, const struct step *step, uint32_t rune)
{
    if (step->op == OP_RUNE)
        return (uint32_t)step->a == rune;
    bool in = false;
    for (int32_t i = step->a; !in && i < step->a + step->b; i++)
        in = rune >= automaton->ranges[i].low && rune <= automaton->ranges[i].high;
    return in == (step->op == OP_SET);
}

static bool run(struct matcher *matcher, const char *text, const char *end, bool anywhere)
{
    struct threads *now = &matcher->threads[0], *next = &matcher->threads[1];
    uint32_t rune = text < end ? utf8_next(&text, end) : NO_RUNE;
    struct place place = { .before = NO_RUNE, .after = rune };
    now->count = 0;
    matcher->number = 1;
    if (add_thread(matcher, now, 0, place))
        return true;
    while (rune != NO_RUNE && (now->count || anywhere)) {
        uint32_t after = text < end ? utf8_next(&text, end) : NO_RUNE;
        place = (struct place){ .before = rune, .after = after };
        next->count = 0;
        matcher->number++;
        for (size_t i = 0; i < now->count; i++) {
            size_t at = now->at[i];
            if (takes(matcher->automaton, &matcher->automaton->steps[at], rune)
                && add_thread(matcher, next, at + 1, place))
                return true;
        }
        if (anywhere && add_thread(matcher, next, 0, place))
            return true;
        struct threads *swap = now;
        now = next;
        next = swap;
        rune = after;
    }
    return false;
}

bool automaton_match(const struct automaton *automaton, const char *text, size_t length, bool anywhere)
{
    struct matcher matcher;
    matcher.automaton = automaton;
    memset(matcher.seen, 0, automaton->count * sizeof *matcher.seen);
    return run(&matcher, text, text + length, anywhere);
}
