/* text.h - random numbers and text templates: what the two generators of training text stand on.
 *
 * A template is plain text with two kinds of holes:
 *     [one|two|three]   one of the alternatives, each as likely as the others; they nest, and one may be empty
 *     {name}            the value of a variable; {Name} with a capital first letter; {a name} with "a" or "an" before it
 * So "[One day|Once], {hero} saw {a animal}." may become "One day, Tom saw an owl.".
 */
#ifndef TEXT_H
#define TEXT_H
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- random numbers: splitmix64 (Steele, Lea, Flood 2014). Small, and any seed is a good seed. ---------------------- */
typedef struct rng { uint64_t state; } rng;

static uint64_t rng_next(rng *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static rng rng_from(uint64_t seed, uint64_t stream)     /* independent generators for every document, layer, … */
{
    rng r;
    r.state = seed * 0xd1342543de82ef95u + stream;
    r.state = rng_next(&r) ^ stream;
    return r;
}

static unsigned rng_below(rng *r, unsigned n) { return (unsigned)((rng_next(r) >> 32) * n >> 32); }
static int rng_chance(rng *r, unsigned percent) { return rng_below(r, 100) < percent; }

/* --- a growing text that never overflows: what does not fit is cut (a document is a few hundred bytes) --------------- */
typedef struct text { char s[8192]; size_t n; } text;

static void text_clear(text *t) { t->n = 0; t->s[0] = 0; }

static void text_char(text *t, char c)
{
    if (c == '\n' && t->n && t->s[t->n - 1] == ' ') t->n--;
    if (c == ' ' && (!t->n || t->s[t->n - 1] == ' ' || t->s[t->n - 1] == '\n')) return;   /* an empty alternative leaves two */
    if (t->n + 1 < sizeof t->s) { t->s[t->n++] = c; t->s[t->n] = 0; }
}

static void text_put(text *t, const char *s) { while (*s) text_char(t, *s++); }

static uint64_t text_hash(const char *s)                /* FNV-1a */
{
    uint64_t h = 0xcbf29ce484222325u;
    while (*s) h = (h ^ (unsigned char)*s++) * 0x100000001b3u;
    return h;
}

/* Which documents are held out: 1 of 32, by their text, so that none of them can slip into the training text again. */
static int text_held_out(const char *s) { return (text_hash(s) >> 20) % 32 == 0; }

/* --- templates ------------------------------------------------------------------------------------------------------ */
typedef struct variable { const char *name, *value; } variable;
typedef struct variables { variable v[64]; int n; } variables;

static void var_set(variables *vars, const char *name, const char *value)
{
    int i;
    for (i = 0; i < vars->n && strcmp(vars->v[i].name, name); i++) { }
    if (i == (int)(sizeof vars->v / sizeof vars->v[0])) { fprintf(stderr, "too many variables\n"); exit(1); }
    if (i == vars->n) vars->n++;
    vars->v[i].name = name;
    vars->v[i].value = value;
}

static void expand(text *out, rng *r, const char *p, const char *end, const variables *vars);

static void expand_variable(text *out, rng *r, const char *p, const char *end, const variables *vars)
{
    int article = end - p > 2 && tolower((unsigned char)p[0]) == 'a' && p[1] == ' ', i;
    int capital = isupper((unsigned char)*p);
    size_t len, start;
    if (article) p += 2;
    len = (size_t)(end - p);
    for (i = 0; i < vars->n; i++) {
        const char *name = vars->v[i].name, *value = vars->v[i].value;
        if (strlen(name) != len || strncmp(name + 1, p + 1, len - 1) || name[0] != tolower((unsigned char)p[0])) continue;
        start = out->n;
        if (article) text_put(out, strchr("aeiou", tolower((unsigned char)*value)) ? "an " : "a ");
        expand(out, r, value, value + strlen(value), vars);
        if (capital && start < out->n) out->s[start] = (char)toupper((unsigned char)out->s[start]);
        return;
    }
    fprintf(stderr, "no variable {%.*s}\n", (int)len, p);       /* a mistake in our own tables */
    exit(1);
}

/* The end of the bracket that opens at p; counts alternatives, and finds where number `want` begins and ends. */
static const char *bracket(const char *p, const char *end, int want, int *count, const char **from, const char **to)
{
    int depth = 0;
    *count = 1;
    *from = p + 1;
    *to = NULL;
    for (; p < end; p++) {
        if (*p == '[') depth++;
        if (depth == 1 && (*p == '|' || *p == ']')) {
            if (*count == want + 1) *to = p;
            if (*p == ']') return p + 1;
            if (++*count == want + 1) *from = p + 1;
        }
        if (*p == ']') depth--;
    }
    fprintf(stderr, "a bracket is not closed\n");
    exit(1);
}

static void expand(text *out, rng *r, const char *p, const char *end, const variables *vars)
{
    while (p < end) {
        if (*p == '[') {
            const char *from, *to;
            int count;
            bracket(p, end, 0, &count, &from, &to);
            p = bracket(p, end, (int)rng_below(r, (unsigned)count), &count, &from, &to);
            expand(out, r, from, to, vars);
        } else if (*p == '{') {
            const char *close = memchr(p, '}', (size_t)(end - p));
            if (!close) { fprintf(stderr, "a brace is not closed\n"); exit(1); }
            expand_variable(out, r, p + 1, close, vars);
            p = close + 1;
        } else text_char(out, *p++);
    }
}

static void expand_all(text *out, rng *r, const char *template_text, const variables *vars)
{
    expand(out, r, template_text, template_text + strlen(template_text), vars);
}
#endif
