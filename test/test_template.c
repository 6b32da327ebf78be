/* Chat templates: the language, its limits, numbers and JSON, failing memory. Expected texts are those of jinja2 3.1 with
 * trim_blocks and lstrip_blocks, and Python's json and repr. */
#include "fail_alloc.h"

typedef struct tpl_row { const char *src, *want; } tpl_row;    /* want "!text": fails with this in the message */

static const char tpl_vars[] =
    "{\"a\": 1, \"b\": 2.5, \"s\": \"Hello w\\u00f6rld\", \"e\": \"\", \"l\": [3, 1, 2], \"n\": null, \"t\": true, \"f\": false,"
    " \"d\": {\"x\": 1, \"y\": {\"z\": [1, 2]}, \"items\": 5}, \"q\": \"it's\", \"big\": 12345678901234567890,"
    " \"ms\": [{\"role\": \"user\", \"content\": \"hi\"}, {\"role\": \"assistant\", \"content\": \" yo\\n\"}, {\"role\": \"user\", \"content\": \"x\"}],"
    " \"now\": \"2024-02-29T15:04:05\"}";

/* The text, or '!' and the error. Lives until the next call. */
static const char *tpl_run(const char *src, const char *json) {
    static char text[4096];
    llr_template *t = NULL;
    llr_error err;
    char *out;
    size_t n;
    llr_status status;
    memset(&err, 0, sizeof err);
    status = llr_template_new(&t, src, strlen(src), NULL, &err);
    if (!status) status = llr_template_render(t, json, strlen(json), &out, &n, &err);
    text[0] = '!';
    if (status) strcpy(text + 1, err.msg);
    else {
        CHECK(out[n] == 0);
        if (n >= sizeof text) n = sizeof text - 1;
        memcpy(text, out, n);
        text[n] = 0;
        llr_template_text_free(t, out, strlen(out));
    }
    CHECK(status == err.code || status == LLR_OK);
    llr_template_free(t);
    return text;
}

static void tpl_check(const tpl_row *rows, size_t n) {
    size_t i;
    for (i = 0; i < n; i++) {
        const char *got = tpl_run(rows[i].src, tpl_vars), *want = rows[i].want;
        if (want[0] == '!') CHECK_MSG(got[0] == '!' && strstr(got, want + 1), "%s\n   gives %s\n   wanted an error with %s", rows[i].src, got, want + 1);
        else CHECK_MSG(!strcmp(got, want), "%s\n   gives %s\n   wanted %s", rows[i].src, got, want);
    }
}

#define TPL_CHECK(rows) tpl_check(rows, sizeof(rows) / sizeof((rows)[0]))

static void test_template_values(void) {
    static const tpl_row rows[] = {
        { "{{ a + 1 }} {{ a + b }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}", "2 3.5 3 -4 2 -2 3.5 1024 0.5" },
        { "{{ -1|abs }} {{ -2 ** 2 }} {{ 1 + 2 * 3 ** 2 // 4 % 5 }} {{ 10 - 2 - 3 }} {{ 2 * 3 ~ 4 }} {{ 'a' ~ 1 }}", "1 4 5 5 64 a1" },
        { "{{ 1 + 2 ~ 3 }}", "!operator '+' does not take int and str" },
        { "{{ s + n }}", "!operator '+' does not take str and none" },
        { "{{ nope + 1 }}", "!'nope' is undefined" },
        { "{{ 1 // 0 }}", "!division by zero" },
        { "{{ 9223372036854775807 + 1 }}", "!larger than 64 bits" },
        { "{{ big }} {{ big|tojson }} {{ big == big }} {{ -9223372036854775807 - 1 }}", "12345678901234567890 12345678901234567890 True -9223372036854775808" },
        { "{{ not a == 2 }} {{ e or 'x' }} {{ a and e }}| {{ a < 2 < 3 }} {{ a < 2 < 1 }} {{ 1 == 1.0 == true }} {{ '1' == 1 }}", "True x | True False True False" },
        { "{{ [1, 2] == [1, 2] }} {{ (1, 2) == [1, 2] }} {{ [1, 2] < [1, 3] }} {{ none == nope }} {{ nope == nope2 }}", "True False True False True" },
        { "{{ 'a' < 1 }}", "!a str and a int have no order" },
        { "{{ 'ell' in s }} {{ 3 in l }} {{ 4 not in l }} {{ 'x' in d }} {{ 'x' in nope }}", "True True True True False" },
        { "{{ 2.5 is odd }} {{ 3.0 is odd }} {{ -1 is odd }} {{ 'a'.zfill(-3) }}", "False True True a" },
        { "{{ 'x' if ms|selectattr('role', 'eq', 'none') else 'y' }}{{ 'x' if ms|selectattr('role', 'eq', 'none')|list else 'y' }}{{ 'x' if []|map('upper') and d|items else 'y' }}", "xyx" },
        { "{{ self.block }}|{{ self.a is defined }}", "|False" },
        { "{{ 'x' if f }}|{{ 'x' if f else 'y' if t else 'z' }}|{{ nope }}|{{ n }}|{{ t }}", "|y||None|True" },
        { "{{ [1, 'a', none, true, {'k': [1.5, ()]}] }} {{ (1,) }} {{ [q, s] }} {{ ['\\n\\x1b\\\\'] }}", "[1, 'a', None, True, {'k': [1.5, ()]}] (1,) [\"it's\", 'Hello w\xc3\xb6rld'] ['\\n\\x1b\\\\']" },
        { "{{ 'a' 'b' \"c\" }} {{ '\\x41\\u00e4\\101\\q' }} {{ 0x1f }} {{ 1_000 }} {{ 1.5e-3 }}", "abc A\xc3\xa4" "A\\q 31 1000 0.0015" },
        { "{{ d.x }} {{ d['items'] }} {{ d.y.z[1] }} {{ d.y.z.0 }} {{ d.nope }}| {{ n.x }}| {{ l[-1] }} {{ l[9] }}|", "1 5 2 1 | | 2 |" },
        { "{{ d.nope.x }}", "!'nope' is undefined, it has no 'x'" },
        { "{{ s[0] }} {{ s[7] }} {{ s[1:3] }} {{ s[::-1] }} {{ s[-3:] }} {{ l[::-1] }} {{ l[1:] }} {{ l[-10:2] }} {{ (1, 2, 3)[5:0:-2] }}", "H \xc3\xb6 el dlr\xc3\xb6w olleH rld [2, 1, 3] [1, 2] [3, 1] (3,)" },
        { "{{ 'x' * 3 }} {{ [1] * 2 }} {{ (1, 2) + (3,) }} {{ 'ab' * -1 }}|", "xxx [1, 1] (1, 2, 3) |" },
        { "{{ {1: 'x'}[true] }} {{ {(1, 2): 3}[(1, 2)] }} {{ {'a': 1, 'a': 2} }}", "x 3 {'a': 2}" },
        { "{{ {[1]: 2} }}", "!a list cannot be a key" },
        { "{{ 'a<' | safe + '<' }} {{ '<' + 'b'|safe }} {{ ('<'|safe).upper() + '>' }}", "a<&lt; &lt;b <&gt;" }
    };
    TPL_CHECK(rows);
}

static void test_template_space(void) {
    static const tpl_row rows[] = {
        { "{% if t %}\n x\n{% endif %}\ny\n", " x\ny" },
        { "   {% if t %}\n x\n   {% endif %}  \ny", " x\n  \ny" },
        { "a  {%- if t -%}  b  {%- endif -%}  c", "abc" },
        { "a\n  {{- a -}}\n  b {{ a }}\n c", "a1b 1\n c" },
        { "{# c #}\nx {#- c -#} y\n  {# d #}\nz", "xy\nz" },
        { "{% raw %}{{ x }} {% if %}{% endraw %}\nafter", "{{ x }} {% if %}after" },
        { "x\n  {%+ if t %}a{% endif +%}\nb", "x\n  a\nb" },
        { "a\r\nb\r{{ a }}\r\n", "a\nb\n1" },
        { "{{ a }}\n\n", "1\n" },
        { "{{ '}}' }}{{ \"%}\" }}{{ {'a': {}} }}{#-#}|{{-a-}}", "}}%}{'a': {}}|1" },
        { "line\n  {% for i in [1, 2] %}\n    item {{ i }}\n  {% endfor %}\nend", "line\n    item 1\n    item 2\nend" },
        { "", "" }
    };
    TPL_CHECK(rows);
}

static void test_template_statements(void) {
    static const tpl_row rows[] = {
        { "{% if f %}1{% elif a == 1 %}2{% elif t %}3{% else %}4{% endif %}", "2" },
        { "{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}"
          "{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}", "1032TrueFalse31;2121FalseFalse332;3210FalseTrue31;" },
        { "{% for x in [] %}x{% else %}none{% endfor %}{% for x in nope %}x{% endfor %}", "none" },
        { "{% for x in l if x > 1 %}{{ x }}{{ loop.last }}{% endfor %}", "3False2True" },
        { "{% for k, v in d.items() %}{{ k }},{% endfor %}{% for (a, (b, c)) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "x,y,items,123" },
        { "{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", "013" },
        { "{% for x in [[1, [2]], 4] recursive %}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}", "(1@2(2@3))4@1" },
        { "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}", "aTruebTrueaTrue" },
        { "{% set x = 1 %}{% for i in l %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}", "1515151" },
        { "{% set ns = namespace(x=0) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "6" },
        { "{% for i in [1, 2] %}{% if i == 1 %}{% set z = 1 %}{% endif %}{{ z }}{% endfor %}", "1" },
        { "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set x %} q {% endset %}[{{ x }}]{% set y | upper | trim %} q {% endset %}[{{ y }}]", "12[ q ][Q]" },
        { "{% set a, b = [1, 2, 3] %}", "!3 values for 2 names" },
        { "{% set nope.x = 1 %}", "!'nope' is no namespace" },
        { "{% macro m(a, b=2, c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=5, a=4) }}{{ m() }}", "[121][123][454][2]" },
        { "{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=4) }}", "(2,){'x': 4}" },
        { "{% macro m() %}{% endmacro %}{{ m() }}", "" },                     /* a text before anything was written */
        { "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "!macro 'm' takes 1 arguments less" },
        { "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "!macro 'm' has no argument 'b'" },
        { "{% macro m(x) %}<{{ caller(x) }}>{% endmacro %}{% call(y) m(3) %}{{ y }}!{% endcall %}", "<3!>" },
        { "{% macro r(n) %}{% if n %}{{ n }}{{ r(n - 1) }}{% endif %}{% endmacro %}{{ r(5) }}", "54321" },
        { "{% macro m() %}{{ g }}{% endmacro %}{% set g = 5 %}{{ m() }}{% for i in [1] %}{% set g = 6 %}{{ m() }}{% endfor %}", "55" },
        { "{% filter replace('a', 'b') | upper %}abc{% endfilter %}{% with z = a, w = 3 %}{{ z }}{{ w }}{% endwith %}{{ z is defined }}", "BBC13False" },
        { "{% generation %}x{{ a }}{% endgeneration %}{% do l.append(9) %}{{ l }}", "x1[3, 1, 2, 9]" },
        { "{% macro v(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ v(*l) }}{{ v(**{'a': 1, 'c': 2}) }}", "31212" },
        { "{{ range(3)|list }}{{ range(5, 0, -2)|list }}{{ dict(a=1) }}{% set j = joiner('|') %}{{ j() }}{{ j() }}{% set c = cycler(1, 2) %}{{ c.next() }}{{ c.next() }}{{ c.next() }}", "[0, 1, 2][5, 3, 1]{'a': 1}|121" },
        { "{{ strftime_now('%Y-%m-%d %d %B %y %H:%M:%S %j %a %A %b %p %I %-d %%') }}", "2024-02-29 29 February 24 15:04:05 060 Thu Thursday Feb PM 03 29 %" },
        { "{{ strftime_now('%Q') }}", "!format '%Q' is not supported" }
    };
    TPL_CHECK(rows);
    CHECK(strstr(tpl_run("{{ strftime_now('%Y') }}", "{}"), "needs the local time"));
    CHECK(!strcmp(tpl_run("{{ now is defined }}", tpl_vars), "False"));
}

static void test_template_filters(void) {
    static const tpl_row rows[] = {
        { "{{ s|upper }} {{ s|lower }} {{ \"they're x-y (z)\"|title }} {{ 'aBC'|capitalize }} {{ '  x '|trim }}|{{ 'xax'|trim('x') }}", "HELLO W\xc3\x96RLD hello w\xc3\xb6rld They're X-Y (Z) Abc x|a" },
        { "{{ s|length }} {{ l|length }} {{ d|length }} {{ nope|length }}", "11 3 3 0" },
        { "{{ a|length }}", "!a int has none" },
        { "{{ l|first }} {{ l|last }} {{ []|first }}| {{ l|sort }} {{ l|sort(reverse=true) }} {{ ['b', 'A', 'c']|sort }} {{ l|min }} {{ l|max }} {{ l|sum }}", "3 2 | [1, 2, 3] [3, 2, 1] ['A', 'b', 'c'] 1 3 6" },
        { "{{ l|join(', ') }} {{ ms|join('-', attribute='role') }} {{ l|reverse|list }} {{ 'abc'|reverse }} {{ s|list|length }}", "3, 1, 2 user-assistant-user [2, 1, 3] cba 11" },
        { "{{ ms|map(attribute='role')|list }} {{ ['a']|map('upper')|list }} {{ ms|map(attribute='n', default=9)|list }} {{ ['a']|map('replace', 'a', 'x')|list }}", "['user', 'assistant', 'user'] ['A'] [9, 9, 9] ['x']" },
        { "{{ ms|selectattr('role', 'equalto', 'user')|list|length }} {{ ms|rejectattr('role', 'eq', 'user')|map(attribute='content')|list }} {{ l|select('odd')|list }} {{ l|reject('gt', 1)|list }} {{ [0, 1]|select|list }} {{ n|select|list }}", "2 [' yo\\n'] [3, 1] [1] [1] []" },
        { "{{ d|items|list|length }} {{ {'b': 1, 'A': 2}|dictsort }} {{ {'b': 1, 'a': 2}|dictsort(by='value') }} {{ [1, 1, 'a', 'A']|unique|list }}", "3 [('A', 2), ('b', 1)] [('b', 1), ('a', 2)] [1, 'a']" },
        { "{{ nope|default('x') }} {{ e|default('x') }}| {{ e|default('x', true) }} {{ n|d('x', boolean=true) }} {{ n|default('x') }}", "x | x x None" },
        { "{{ '3'|int }} {{ '3.7'|int }} {{ 'x'|int(7) }} {{ 'ff'|int(0, 16) }} {{ -3.9|int }} {{ '1.5'|float }} {{ 3|float }} {{ 'x'|float(2) }} {{ -3|abs }}", "3 3 7 255 -3 1.5 3.0 2 3" },
        { "{{ 2.5|round }} {{ 2.675|round(2) }} {{ 2.7|round(0, 'floor') }} {{ 2.1|round(0, 'ceil') }} {{ 1234|round(-2) }} {{ 7|round }}", "2.0 2.67 2.0 3.0 1200 7" },
        { "{{ 'a\\nb\\n\\nc'|indent(2) }}|{{ 'a\\nb'|indent('> ', true) }}", "a\n  b\n\n  c|> a\n> b" },
        { "{{ 'foo bar baz qux'|truncate(9) }} {{ 'foo bar baz'|wordcount }} {{ 'a b/c?'|urlencode }} {{ '<a&\"'|e }} {{ 'hi'|center(5) }}|", "foo... 3 a%20b/c%3F &lt;a&amp;&#34;   hi |" },
        { "{{ [1, 2, 3]|batch(2, 0)|list }} {{ [1, 2, 3]|slice(2)|list }} {% for g in ms|groupby('role') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}", "[[1, 2], [3, 0]] [[1, 2], [3]] assistant1user2" },
        { "{{ s|replace('l', 'L', 1) }} {{ '%s-%05.1f'|format('a', 2.25) }} {{ l|string|length }} {{ '[1, {\"a\": null}]'|from_json }}", "HeLlo w\xc3\xb6rld a-002.2 9 [1, {'a': None}]" },
        { "{{ s|nofilter }}", "!filter 'nofilter' is not supported" },
        { "{{ f and s|nofilter }}", "False" },
        { "{{ s|replace('a') }}", "!replace: argument 'new' is missing" },
        { "{{ s|upper(1) }}", "!upper: too many arguments" },
        { "{{ s|join(x=1) }}", "!join: argument 'x' is not supported" }
    };
    TPL_CHECK(rows);
}

static void test_template_tests(void) {
    static const tpl_row rows[] = {
        { "{{ a is defined }}{{ nope is defined }}{{ nope is undefined }}{{ n is none }}{{ a is not none }}", "TrueFalseTrueTrueTrue" },
        { "{{ t is number }}{{ t is boolean }}{{ t is integer }}{{ a is integer }}{{ b is float }}{{ s is string }}", "TrueTrueFalseTrueTrueTrue" },
        { "{{ d is mapping }}{{ l is sequence }}{{ s is sequence }}{{ n is sequence }}{{ s is iterable }}{{ a is iterable }}{{ l is iterable }}", "TrueTrueTrueFalseTrueFalseTrue" },
        { "{{ t is true }}{{ 1 is true }}{{ f is false }}{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 9 is divisibleby(2) }}", "TrueFalseTrueTrueTrueTrueFalse" },
        { "{{ 'a' is in 'abc' }}{{ a is in [1, 2] }}{{ a is eq 1 }}{{ 2 is gt 1 }}{{ n is sameas none }}{{ 'abc' is lower }}{{ range is callable }}", "TrueTrueTrueTrueTrueTrueTrue" },
        { "{{ not a is defined }}{{ a is defined and b is defined }}{{ n is not none and n|length }}", "FalseTrueFalse" },
        { "{{ a is notest }}", "!test 'notest' is not supported" }
    };
    TPL_CHECK(rows);
}

static void test_template_methods(void) {
    static const tpl_row rows[] = {
        { "{{ ' a b  c '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ''.split(',') }} {{ 'a\\nb\\r\\n'.splitlines() }}", "['a', 'b', 'c'] ['a', 'b,c'] ['a,b', 'c'] [''] ['a', 'b']" },
        { "{{ 'a</think>b'.split('</think>')[-1] }} {{ 'xaxx'.strip('x') }} {{ '  a '.lstrip() }}|{{ ' a '.rstrip() }}|", "b a a | a|" },
        { "{{ 'abc'.startswith('ab') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('c') }} {{ '\xc3\xa4" "bc'.find('c') }} {{ 'abcabc'.rfind('b') }} {{ 'abab'.count('ab') }}", "True True True 2 4 2" },
        { "{{ 'abc'.replace('', '-') }} {{ 'abcabc'.replace('b', 'X', 1) }} {{ '-'.join(['a', 'b']) }} {{ \"they're\".title() }} {{ 'aBc'.swapcase() }}", "-a-b-c- aXcabc a-b They'Re AbC" },
        { "{{ '7'.zfill(3) }} {{ 'a'.ljust(3) }}|{{ 'a'.rjust(3) }} {{ 'ab'.center(5, '*') }} {{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.removeprefix('a') }}", "007 a  |  a **ab* ('a', '-', 'b-c') ('a-b', '-', 'c') bc" },
        { "{{ '{} {}'.format(1, 'a') }} {{ '{1}{0}'.format(1, 2) }} {{ '{a} {b!r}'.format(a=1, b='x') }} {{ '{:>3}|{:<3}|{:^3}'.format('a', 'b', 'c') }} {{ '{:,.2f}'.format(1234567.891) }} {{ '{:05d} {:x}'.format(42, 255) }}", "1 a 21 1 'x'   a|b  | c  1,234,567.89 00042 ff" },
        { "{{ '%s %d%%' % ('a', 3) }} {{ '%5.2f|%-5s|%x' % (3.14159, 'a', 255) }} {{ '%(k)s' % {'k': 1} }}", "a 3%  3.14|a    |ff 1" },
        { "{{ d.get('x') }} {{ d.get('q') }} {{ d.get('q', 5) }} {{ d.keys()|list }} {{ d.pop('x') }} {{ d|length }}", "1 None 5 ['x', 'y', 'items'] 1 2" },
        { "{% set _ = l.append(5) %}{{ l }} {{ l.pop() }} {{ l.pop(0) }} {{ l.index(2) }} {% set _ = l.insert(0, 9) %}{% set _ = l.extend([1]) %}{{ l }} {{ l.count(1) }}", "[3, 1, 2, 5] 5 3 1 [9, 1, 2, 1] 2" },
        { "{% set x = {'a': 1} %}{% set _ = x.update({'b': 2}, c=3) %}{{ x }} {{ x.setdefault('d', 4) }} {{ x.copy() == x }}", "{'a': 1, 'b': 2, 'c': 3} 4 True" },
        { "{{ s.nosuch() }}", "!method 'nosuch' of a str is not defined, or not supported" },
        { "{{ nosuch(1) }}", "!function 'nosuch' is not defined, or not supported" },
        { "{{ a() }}", "!a int cannot be called" }
    };
    TPL_CHECK(rows);
}

static void test_template_json(void) {
    static const tpl_row rows[] = {
        { "{{ d|tojson }}", "{\"x\": 1, \"y\": {\"z\": [1, 2]}, \"items\": 5}" },
        { "{{ d.y|tojson(indent=2) }}", "{\n  \"z\": [\n    1,\n    2\n  ]\n}" },
        { "{{ [[], {}]|tojson(indent=1) }}{{ []|tojson(indent=2) }}", "[\n [],\n {}\n][]" },
        { "{{ s|tojson }} {{ s|tojson(ensure_ascii=true) }} {{ '\xf0\x9f\x98\x80'|tojson(true) }}", "\"Hello w\xc3\xb6rld\" \"Hello w\\u00f6rld\" \"\\ud83d\\ude00\"" },
        { "{{ '\\x7f\\x01\\n\"\\\\/<>&'|tojson }}", "\"\x7f\\u0001\\n\\\"\\\\/<>&\"" },
        { "{{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ {'a': [1, 2]}|tojson(separators=(',', ':')) }}", "{\"a\": 2, \"b\": 1} {\"a\":[1,2]}" },
        { "{{ {1: 2, none: 3, true: 4, 1.5: 6}|tojson }}", "{\"1\": 4, \"null\": 3, \"1.5\": 6}" },
        { "{{ nope|tojson }}", "!'nope' is undefined" },
        { "{{ range|tojson }}", "!a function cannot be written" }
    };
    static const tpl_row bad[] = {
        { "", "value expected" }, { "[]", "must be a JSON object" }, { "{", "name in quotes" }, { "{\"a\"}", "':' expected" },
        { "{\"a\": 1,}", "name in quotes" }, { "{\"a\": [1 2]}", "',' or ']'" }, { "{\"a\": \"x}", "without end" }, { "{\"a\": \"\\q\"}", "escape" },
        { "{\"a\": \"\\u12\"}", "hexadecimal" }, { "{\"a\": tru}", "value expected" }, { "{} x", "more text" }, { "{\"a\": -}", "value expected" },
        { "{\"a\": NaN}", "value expected" }, { "{\"a\": Infinity}", "value expected" }, { "{\"a\": -Infinity}", "value expected" }, { "{\"a\": nan}", "value expected" }
    };
    static const tpl_row good[] = {         /* a value, and what {{ x }} shows */
        { "\"\\ud83d\\ude00\\ud800\\\"\\/\"", "\xf0\x9f\x98\x80\xef\xbf\xbd\"/" }, { "[1e3, -0.5, 1E-2, -0]", "[1000.0, -0.5, 0.01, 0]" },
        { " [ ] ", "[]" }, { "{\"a\": 1, \"a\": 2}", "{'a': 2}" }, { "18446744073709551616", "18446744073709551616" }
    };
    char json[128];
    size_t i;
    TPL_CHECK(rows);
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK_MSG(strstr(tpl_run("", bad[i].src), bad[i].want), "%s: %s", bad[i].src, tpl_run("", bad[i].src));
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(json, sizeof json, "{\"x\": %s}", good[i].src);
        CHECK_MSG(!strcmp(tpl_run("{{ x }}", json), good[i].want), "%s: %s", json, tpl_run("{{ x }}", json));
    }
}

/* Floats are written with the fewest digits that are read back the same, and read exactly. */
static void test_template_floats(void) {
    static const char *const same[] = {
        "0.1", "1e+16", "1e-05", "0.0001", "123456789.0", "1e+22", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e+308", "-0.0",
        "0.3333333333333333", "100000.0", "9.5367431640625e-07", "4.35", "9007199254740992.0", "2.220446049250313e-16", "1.2345678901234568e-300",
        "4.94e-322", "8.98846567431158e+307"
    };
    static const tpl_row rows[] = {
        { "9007199254740993.0", "9007199254740992.0" }, { "9007199254740995.0", "9007199254740996.0" }, { "2.4703282292062328e-324", "5e-324" },
        { "2.4703282292062327e-324", "0.0" }, { "1e400", "inf" }, { "1e-400", "0.0" }, { "0.1000000000000000055511151231257827021181583404541015625", "0.1" },
        { "1.7976931348623159e308", "inf" }, { "0.00000000000000000000000000001e29", "1.0" }
    };
    char json[256];
    size_t i;
    uint64_t u = 88172645463325252u;
    for (i = 0; i < sizeof same / sizeof same[0]; i++) {
        snprintf(json, sizeof json, "{\"x\": %s}", same[i]);
        CHECK_MSG(!strcmp(tpl_run("{{ x }}", json), same[i]), "%s: %s", same[i], tpl_run("{{ x }}", json));
    }
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(json, sizeof json, "{\"x\": %s}", rows[i].src);
        CHECK_MSG(!strcmp(tpl_run("{{ x }}", json), rows[i].want), "%s: %s", rows[i].src, tpl_run("{{ x }}", json));
    }
    for (i = 0; i < 3000; i++) {                             /* any bits: text and back, against the C library */
        double x;
        char text[40];
        size_t n;
        u ^= u << 13; u ^= u >> 7; u ^= u << 17;
        memcpy(&x, &u, sizeof x);
        if (x != x || fabs(x) > 1.7e308) continue;
        n = llri_float_text(x, text);
        text[n] = 0;
        CHECK_MSG(llri_parse_double(llri_slice(text, n)) == x && strtod(text, NULL) == x, "%s", text);
    }
}

static void test_template_errors(void) {
    static const tpl_row rows[] = {
        { "a\n{{ x }\n}}", "!template line 2, column 6: unexpected '}', expected '}}'" },
        { "\n\n  {% include 'x' %}", "!template line 3, column 6: statement 'include' is not supported" },
        { "{% if a %}x", "!the block is not ended: one of 'elif else endif' is missing" },
        { "{% endif %}", "!template line 1, column 4: 'endif' without its beginning" },
        { "{{ a", "!column 5: the template ends inside a tag" },
        { "{{ 'abc }}", "!a string without end" },
        { "{{ }}", "!the tag ends where a value is expected" },
        { "{% for x in %}{% endfor %}", "!where a value is expected" },
        { "{% for x l %}{% endfor %}", "!unexpected 'l', expected 'in'" },
        { "{% set = 3 %}", "!unexpected '=', expected a value" },
        { "{{ f(a=1, 2) }}", "!an argument without name after one with name" },
        { "{# never", "!a comment without end" },
        { "{% raw %}x", "!'raw' without end" },
        { "{% break %}", "!belong into a loop" },
        { "{{ a $ b }}", "!unexpected character '$'" },
        { "\xc3\xa4\xc3\xa4{{ n.x.y }}", "!template line 1, column 10: 'x' is undefined" },
        { "{{ raise_exception('no ' ~ a) }}", "!no 1" }
    };
    llr_template *t;
    llr_error err;
    char *out;
    size_t n;
    TPL_CHECK(rows);
    CHECK(llr_template_new(&t, "{{ raise_exception('Roles must alternate') }}", 45, NULL, &err) == LLR_OK);
    CHECK(llr_template_render(t, "{}", 2, &out, &n, &err) == LLR_E_UNSUPPORTED && !strcmp(err.msg, "Roles must alternate"));
    CHECK(llr_template_render(t, "[]", 2, &out, &n, &err) == LLR_E_ARG);
    CHECK(llr_template_render(t, "{}", 2, &out, &n, NULL) == LLR_E_UNSUPPORTED);
    CHECK(llr_template_render(NULL, "{}", 2, &out, &n, &err) == LLR_E_ARG);
    llr_template_free(t);
    llr_template_free(NULL);
    CHECK(llr_template_new(NULL, "", 0, NULL, &err) == LLR_E_ARG);
}

/* Every one of these ends with an error, or with a short text, and in little time. */
static void test_template_hostile(void) {
    static const tpl_row rows[] = {
        { "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", "!gave up after" },
        { "{% set l = [1] %}{% for x in l %}{% set _ = l.append(x) %}{% endfor %}", "!gave up after" },
        { "{{ range(10 ** 12) }}", "!range: more than 100000 numbers" },
        { "{{ 'a' * 10 ** 9 }}", "!a text becomes longer than" },
        { "{{ [1] * 10 ** 9 }}", "!the template takes more than" },
        { "{% set ns = namespace(s='a') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "!a text becomes longer than" },
        { "{% set s = 'a' * 100000 %}{% for i in range(99999) %}{{ s }}{% endfor %}", "!the text becomes longer than" },
        { "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "!nested too deeply" },
        { "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "!nested too deeply" },
        { "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}", "!contains itself" },
        { "{% set l = [] %}{% set _ = l.append(l) %}{{ l == [l] }}", "!contains itself" },
        { "{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}", "!nested more than" },
        { "{% set a = 'a' * 999999 %}{% set b = 'a' * 499999 + 'b' %}{{ b in a }}", "!gave up after" },
        { "{{ 2 ** 10 ** 18 }}", "!larger than 64 bits" },
        { "{{ 1 ** 10 ** 18 }}{{ [1, 2][::9223372036854775807] }}{{ [1, 2][-9223372036854775807:] }}", "1[1][1, 2]" },
        { "{% for i in range(9999) %}{{ 5e-324 }}{% endfor %}", "!gave up after" },
        { "{{ range(*range(2000)) }}", "!more than 1024 arguments" },
        { "{{ ('[' * 200)|from_json }}", "!too many nested lists" },
        /* what takes long but for a limit of its own */
        { "{% set n = namespace(a=(1,), b=(1,)) %}{% for i in range(40) %}{% set n.a = (n.a, n.a) %}{% set n.b = (n.b, n.b) %}{% endfor %}{{ {n.a: 1}[n.b] }}", "!gave up after" },
        { "{% set n = namespace(a=(1,), b=(1,)) %}{% for i in range(40) %}{% set n.a = (n.a, n.a) %}{% set n.b = (n.b, n.b) %}{% endfor %}{{ n.b in {n.a: 1} }}", "!gave up after" },
        { "{% set l = range(99999)|list %}{% for i in range(9999) %}{% set x = l|sum %}{% endfor %}", "!gave up after" },
        { "{% for i in range(999) %}{% set x = strftime_now('%c' * 1000000) %}{% endfor %}", "!gave up after" },
        { "{% for i in range(999) %}{% set x = ('%%' * 1000000) % () %}{% endfor %}", "!gave up after" },
        { "{% set s = '\xe4' * 1000000 %}{% for i in range(9999) %}{% set x = s[-5:] %}{% endfor %}", "!gave up after" },
        { "{% for i in range(9999) %}{% set x = 'a'.center(1000000) %}{% endfor %}", "!gave up after" },
        { "{% for i in range(9999) %}{% set x = '{:099999d}'.format(1) %}{% endfor %}", "!gave up after" },
        { "{% set s = 'ab' * 1000000 %}{% for i in range(9999) %}{% set x = s|title %}{% endfor %}", "!gave up after" },
        { "{% set s = '\x01' * 5000000 %}{% for i in range(9999) %}{% set x = s|tojson %}{% endfor %}", "!gave up after" }
    };
    static const char *const nested[] = { "(", "[", "-", "not ", "{1:", "1 if 1 else ", "x(" };
    char text[8192];
    size_t i, k, n;
    llr_template *t;
    clock_t start = clock();
    TPL_CHECK(rows);
    for (i = 0; i < sizeof nested / sizeof nested[0]; i++) {
        strcpy(text, "{{ ");
        for (n = 3, k = 0; k < 500; k++) { strcpy(text + n, nested[i]); n += strlen(nested[i]); }
        CHECK_MSG(strstr(tpl_run(text, "{}"), "nested too deeply"), "%s", nested[i]);
    }
    for (n = 0; n + 12 < sizeof text; n += 10) memcpy(text + n, "{% if 1 %}", 11);
    CHECK(strstr(tpl_run(text, "{}"), "nested too deeply"));
    strcpy(text, "{{ 1");
    for (n = 4; n + 8 < sizeof text; n += 2) strcpy(text + n, "+1");
    strcpy(text + n, " }}");
    CHECK(atoi(tpl_run(text, "{}")) == (int)(n - 4) / 2 + 1);                 /* long is not deep */
    CHECK(llr_template_new(&t, text, (size_t)LLRI_TPL_SOURCE + 1, NULL, NULL) == LLR_E_UNSUPPORTED);
    CHECK_MSG((double)(clock() - start) / CLOCKS_PER_SEC < 60, "%.1f s", (double)(clock() - start) / CLOCKS_PER_SEC);
}

/* Every allocation fails once: an error each time, nothing leaks, and the template can still be used. */
static void test_template_nomem(void) {
    static const char src[] = "{% macro m(x) %}{{ x|upper }}{% endmacro %}{% set ns = namespace(t='') %}{% for m in ms %}{% set ns.t = ns.t + m.content * 3000 %}"
                              "{{ m|tojson(indent=2) }}{% endfor %}{{ ns.t|length }}{{ ms|sort(attribute='role')|map(attribute='role')|join(',') }}";
    llr_options opt;
    llr_template *t;
    llr_error err;
    fail_alloc fail;
    char *out = NULL;
    size_t n = 0;
    long k;
    int done = 0;
    for (k = 1; k < 100 && !done; k++) {
        llr_status status;
        fail_alloc_init(&fail, &opt, k);
        t = NULL;
        status = llr_template_new(&t, src, strlen(src), &opt, &err);
        if (status) CHECK(status == LLR_E_NOMEM && t == NULL);
        else {
            status = llr_template_render(t, tpl_vars, strlen(tpl_vars), &out, &n, &err);
            CHECK_MSG(status == LLR_OK || status == LLR_E_NOMEM, "%s", err.msg);
            if (!status) done = fail.calls < k;
            if (!status) llr_template_text_free(t, out, n);
            fail.fail_at = 0;
            CHECK(llr_template_render(t, tpl_vars, strlen(tpl_vars), &out, &n, &err) == LLR_OK && strstr(out, "assistant,user,user"));
            llr_template_text_free(t, out, n);
            llr_template_free(t);
        }
        CHECK_MSG(fail.live == 0 && fail.live_bytes == 0 && fail.wrong == 0, "allocation %ld: %ld left", k, fail.live);
    }
    CHECK(done && k > 6);
}

/* A GGUF file of metadata alone: texts, and the tokens of `tokens` separated by newlines. */
typedef struct tpl_image { uint8_t bytes[2048]; size_t n; } tpl_image;

static void tpl_number(tpl_image *g, uint64_t v, int n) {
    for (; n > 0; n--, v >>= 8) g->bytes[g->n++] = (uint8_t)v;
}

static void tpl_string(tpl_image *g, const char *s, size_t n) {
    tpl_number(g, n, 8);
    memcpy(g->bytes + g->n, s, n);
    g->n += n;
}

static void tpl_text(tpl_image *g, const char *key, const char *value) {
    tpl_string(g, key, strlen(key));
    tpl_number(g, LLR_META_STRING, 4);
    tpl_string(g, value, strlen(value));
}

static llr_gguf *tpl_file(tpl_image *g, const char *name, const char *pre, const char *tokens, const char *source) {
    llr_gguf *file = NULL;
    llr_error err;
    size_t n, count = 1;
    const char *s;
    g->n = 0;
    memcpy(g->bytes, "GGUF", 4);
    g->n = 4;
    tpl_number(g, 3, 4);
    tpl_number(g, 0, 8);
    tpl_number(g, source ? 5 : 4, 8);
    tpl_text(g, "general.architecture", "llama");
    tpl_text(g, "general.name", name);
    tpl_text(g, "tokenizer.ggml.pre", pre);
    if (source) tpl_text(g, "tokenizer.chat_template", source);
    tpl_string(g, "tokenizer.ggml.tokens", 21);
    tpl_number(g, LLR_META_ARRAY, 4);
    tpl_number(g, LLR_META_STRING, 4);
    for (s = tokens; *s; s++) count += *s == '\n';
    tpl_number(g, count, 8);
    for (s = tokens;; s += n + 1) {
        n = strcspn(s, "\n");
        tpl_string(g, s, n);
        if (!s[n]) break;
    }
    CHECK_MSG(llr_gguf_open_mem(&file, g->bytes, g->n, NULL, &err) == LLR_OK, "%s", err.msg);
    return file;
}

static void test_template_gguf(void) {
    static const struct { const char *name, *pre, *tokens, *family; } rows[] = {
        { "x", "gpt2", "a\n<|im_start|>\n<|im_end|>\nb", "chatml" }, { "x", "gpt2", "<|im_start|>\n<|im_end|>\n<|im_sep|>", "phi4" },
        { "x", "llama-bpe", "<|start_header_id|>\n<|end_header_id|>", "llama3" }, { "x", "", "<start_of_turn>\n<end_of_turn>", "gemma" },
        { "x", "tekken", "[INST]\n[/INST]", "mistral-v3-tekken" }, { "x", "", "[INST]\n[/INST]", "mistral-v3" },
        { "x", "tekken", "[INST]\n[SYSTEM_PROMPT]", "mistral-v7-tekken" }, { "x", "", "<|user|>\n<|assistant|>\n<|end|>", "phi3" },
        { "x", "", "<|user|>\n<|assistant|>\n<|endoftext|>", "zephyr" }, { "Zephyr 7B Beta", "", "a", "zephyr" }, { "Llama 2 7B Chat", "", "a", "llama2" },
        { "Mistral 7B Instruct v0.1", "", "a", "mistral-v1" }, { "Llama 2 7B", "", "a\n<|im_start|>", NULL }
    };
    static const char vars[] = "{\"messages\": [{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"U\"}]},"
                               "{\"role\": \"assistant\", \"content\": \"A\"}, {\"role\": \"user\", \"content\": \"V\"}], \"add_generation_prompt\": true}";
    tpl_image *image = (tpl_image *)malloc(sizeof *image);
    llr_template *t = NULL;
    llr_error err;
    llr_gguf *g;
    char *out;
    size_t i, n;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *family = NULL, *source;
        g = tpl_file(image, rows[i].name, rows[i].pre, rows[i].tokens, NULL);
        source = llr_template_fallback(g, &family);
        CHECK_MSG(rows[i].family ? source && family && !strcmp(family, rows[i].family) : !source, "%s %s: %s", rows[i].name, rows[i].tokens, family);
        CHECK(llr_template_from_gguf(&t, g, NULL, NULL, &err) == LLR_E_UNSUPPORTED && strstr(err.msg, "no chat template"));
        llr_gguf_close(g);
    }
    for (i = 0; i < LLRI_FB_ROWS; i++) {                     /* all of them can be rendered and show what was said */
        const char *source = llri_fallbacks[i].source, *s, *u, *a, *v;
        CHECK_MSG(llr_template_new(&t, source, strlen(source), NULL, &err) == LLR_OK, "%s: %s", llri_fallbacks[i].family, err.msg);
        CHECK_MSG(llr_template_render(t, vars, strlen(vars), &out, &n, &err) == LLR_OK, "%s: %s", llri_fallbacks[i].family, err.msg);
        s = strchr(out, 'S'); u = strrchr(out, 'U'); a = strrchr(out, 'A'); v = strrchr(out, 'V');
        CHECK_MSG(s && u && a && v && s < v && !strstr(out, "None") && !strstr(out, "{{"), "%s: %s", llri_fallbacks[i].family, out);
        llr_template_text_free(t, out, n);
        llr_template_free(t);
    }
    g = tpl_file(image, "x", "", "a", "{{ messages|length }}");
    CHECK(llr_template_from_gguf(&t, g, "tool_use", NULL, &err) == LLR_E_UNSUPPORTED && strstr(err.msg, "tokenizer.chat_template.tool_use"));
    CHECK(llr_template_from_gguf(&t, g, NULL, NULL, &err) == LLR_OK);
    CHECK(llr_template_render(t, vars, strlen(vars), &out, &n, &err) == LLR_OK && n == 1 && out[0] == '4');
    llr_template_text_free(t, out, n);
    llr_template_free(t);
    llr_gguf_close(g);
    CHECK(llr_template_fallback(NULL, NULL) == NULL);
    free(image);
}

/* A prompt with what the conversation said of it in brackets, or '!' and the error. Lives until the next call. */
static const char *tpl_said(const char *src, const char *json) {
    static char text[4096];
    llr_template *t = NULL;
    llr_prompt p;
    llr_error err;
    size_t i, k, n = 0;
    llr_status status = llr_template_new(&t, src, strlen(src), NULL, &err);
    if (!status) status = llr_template_chat(t, NULL, json, strlen(json), 0, &p, &err);
    text[0] = '!';
    if (status) { strcpy(text + 1, err.msg); llr_template_free(t); return text; }
    CHECK(p.n_bytes * 2 < sizeof text && p.text[p.n_bytes] == 0 && !p.ids);
    for (i = 0, k = 0; i <= p.n_bytes; i++) {
        if (k && p.user[k - 1].end == i) text[n++] = ']';
        if (k < p.n_user && p.user[k].begin == i) { text[n++] = '['; k++; }
        if (i < p.n_bytes) text[n++] = p.text[i];
    }
    text[n] = 0;
    CHECK(k == p.n_user);
    llr_prompt_free(t, &p);
    llr_template_free(t);
    return text;
}

/* What is said stays marked, to the byte, whatever becomes of it. */
static void test_template_said(void) {
    static const char vars[] =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Ab\", \"name\": \"Jo\\u00e9\"}, {\"role\": \"assistant\", \"content\": \"x,y\\n\\\"z\\\"\","
        " \"o\": {\"k\": [\"v\", 1, null]}, \"j\": \"{\\\"q\\\": \\\"w\\\\n\\\"}\"}, {\"role\": \"<|x|>\", \"content\": \"\"}], \"extra\": \"E\"}";
#define TPL_M "{%- set u, a, z = messages -%}{%- set c = u.content -%}"
    static const tpl_row rows[] = {
        { "{{ c }}|{{ u.name }}|{{ u.role }}|{{ a.role }}|{{ z.role }}|{{ extra }}", "[Ab]|[Jo\xc3\xa9]|user|assistant|[<|x|>]|[E]" },
        { "{{ '<' + c + '>' }}{{ '<' ~ u.role ~ '|' ~ c ~ '>' }}", "<[Ab]><user|[Ab]>" },
        { "{{ ('<' + c + '>')[::-1] }} {{ ('<' + c + '>')[1:] }} {{ ('<' + c + '>')[2] }}{{ c * 2 }}", ">[bA]< [Ab]> [bAbAb]" },
        { "{{ ('<' + c + '>')|upper }}{{ ('x' + c)|title }}{{ c.swapcase() }}{{ u.name|upper }}{{ u.role|capitalize }}", "<[AB]>X[abaBJO\xc3\x89]User" },
        { "{% set s %}<{{ c }}>{% endset %}{{ s }}{% macro m(x) %}({{ x }}){% endmacro %}{{ m(c) }}{% filter upper %}a{{ c }}{% endfilter %}", "<[Ab]>([Ab])A[AB]" },
        { "{{ a.content.split(',')|join('-') }}{{ ('1' ~ c ~ '2').replace('1', c).replace('b', '+') }}", "[x]-[y\n\"z\"A]+[A]+2" },
        { "{{ a.content|tojson }} {{ [a.content, 'n'] }} {{ a.content|indent(2) }} {{ a.content|e }}", "\"[x,y\\n\\\"z\\\"]\" ['[x,y\\n\"z\"]', 'n'] [x,y]\n  [\"z\"] [x,y\n&#34;z&#34;]" },
        { "{{ a.o|tojson }}{{ a.o }}{% for k, v in a.o.items() %}{{ k }}={{ v }}{% endfor %}", "{\"[k]\": [\"[v]\", 1, null]}{'[k]': ['[v]', 1, None]}[k]=['[v]', 1, None]" },
        { "{{ (a.j|from_json).q }}{{ (('{\"r\": \"' ~ c ~ '\\\\n\"}')|from_json).r }}", "[w\nAb\n]" },
        { "{{ '%s:%5s'|format(c, c) }}{{ '{}-{x:>3}'.format(c, x=c) }}{{ (c ~ '{}').format(1) }}{{ c.center(6, '*') }}", "[Ab]:   [AbAb]- [AbAb]1**[Ab]**" },
        { "{{ (' ' ~ c ~ ' ')|trim }}{{ c|list|join }}{{ c|length }}{{ c|first }}{{ ('a' ~ c)|truncate(2, true, '!', 0) }}", "[AbAb]2[A]a!" },
        { "{% set ns = namespace(t='') %}{% for i in range(3) %}{% set ns.t = ns.t + i|string + c %}{% endfor %}{{ ns.t }}", "0[Ab]1[Ab]2[Ab]" },
        { "{{ c|urlencode }}{{ (c ~ '<')|safe ~ c }}{{ c.partition('b') }}", "[Ab" "Ab]<[Ab]('[A]', '[b]', '')" }
    };
    static const char big[] = TPL_M "{% set ns = namespace(t='') %}{% for i in range(3000) %}{% set ns.t = ns.t + '..' + c %}{% endfor %}{{ ns.t }}";
    llr_template *t;
    llr_prompt p;
    llr_error err;
    char src[512];
    size_t i;
    for (i = 0; i < LLRI_N_OF(rows); i++) {
        const char *got;
        (void)snprintf(src, sizeof src, "%s%s", TPL_M, rows[i].src);
        got = tpl_said(src, vars);
        CHECK_MSG(!strcmp(got, rows[i].want), "%s\n   gives %s\n   wanted %s", rows[i].src, got, rows[i].want);
    }
    CHECK(llr_template_new(&t, big, strlen(big), NULL, &err) == LLR_OK);              /* over many pages of marks */
    CHECK(llr_template_chat(t, NULL, vars, strlen(vars), 0, &p, &err) == LLR_OK && p.n_bytes == 12000 && p.n_user == 3000);
    for (i = 0; i < p.n_user; i++)
        if (p.user[i].begin != 4 * i + 2 || p.user[i].end != 4 * i + 4) break;
    CHECK_MSG(i == p.n_user, "span %d", (int)i);
    llr_prompt_free(t, &p);
    llr_template_free(t);
}

/* What callers say is made into what a template can show. */
static void test_template_chat(void) {
    static const struct { const char *src, *messages, *want; } rows[] = {
#define TPL_CHATML "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        { TPL_CHATML, "{\"role\":\"user\",\"content\":null},{\"role\":\"user\"}", "<user><user>" },
        { TPL_CHATML, "{\"role\":\"developer\",\"content\":\"D\"},{\"role\":\"user\",\"content\":\"U\"}", "<system>[D]<user>[U]" },
        { "{# developer #}" TPL_CHATML, "{\"role\":\"developer\",\"content\":\"D\"}", "<developer>[D]" },
        { TPL_CHATML, "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A\"},{\"type\":\"image\"},{\"type\":\"text\",\"text\":\"B\"}]}", "<user>[A]\n[B]" },
        { "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}({{ p.text }}){% endfor %}{% endif %}{% endfor %}",
          "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"A\"},{\"type\":\"text\",\"text\":\"B\"}]},{\"role\":\"user\",\"content\":\"C\"}", "([A])([B])[C]" },
        { "{% for m in messages %}{% for p in m.content %}({{ p.text }}){% endfor %}{% endfor %}", "{\"role\":\"user\",\"content\":\"C\"}", "([C])" },
        { "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}",
          "{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"U\"},{\"role\":\"system\",\"content\":\"T\"}", "<user>[S]\n[U]<user>[T]" },
        { "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}",
          "{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"U\"}]}", "<user>[S]\n[U]" },
        { "{% for m in messages %}{% for c in m.tool_calls %}{{ c.function.arguments|tojson }}{% endfor %}{% endfor %}",
          "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},{\"function\":{\"arguments\":\"no json\"}}]}",
          "{\"[a]\": 1}\"[no json]\"" },
        { "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls %}{{ c.function.arguments }}{% endfor %}{% endfor %}",
          "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\":[1,\"b\"]}}},{\"function\":{\"arguments\":\"{\\\"c\\\":2}\"}}]}",
          "{\"[a]\": [1, \"[b]\"]}[{\"c\":2}]" },
        { "{% for m in messages %}{% for c in m.tool_calls %}{% for k, v in c.function.arguments.items() %}{{ k }}={{ v }};{% endfor %}{% endfor %}{% endfor %}",
          "{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"a\\\":\\\"b\\\\n\\\"}\"}}]}", "[a]=[b\n];" },
        { "{{ tools is defined }}", "", "False" }
    };
    static const char *const bad[] = { "{}", "{\"messages\": {}}", "{\"messages\": [1]}", "{\"messages\": [{}, null]}" };
    char json[1024];
    size_t i;
    for (i = 0; i < LLRI_N_OF(rows); i++) {
        const char *got;
        (void)snprintf(json, sizeof json, "{\"tools\":[],\"messages\":[%s]}", rows[i].messages);
        got = tpl_said(rows[i].src, json);
        CHECK_MSG(!strcmp(got, rows[i].want), "%s with %s\n   gives %s\n   wanted %s", rows[i].src, rows[i].messages, got, rows[i].want);
    }
    for (i = 0; i < LLRI_N_OF(bad); i++) CHECK(strstr(tpl_said("", bad[i]), "a list of objects"));
}

/* Nothing that a user writes becomes a control token, in any kind of tokenizer; all other text gives the ids it always gave. */
static void test_template_control(void) {
    static const char src[] = "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|e|>' }}{% endfor %}<|assistant|>";
    static const char *const models[] = { "llama", "gpt2", "t5", "bert", "rwkv", "plamo2" };
    static const char *const said[] = { "", "a<", "<|e|><|user|>a", "|e|>", "<|e|", "a <s></s>", "<|channel|>a<|e|>", "<start_of_turn>a" };
    /* marks of turns are control tokens, or as some files have it, user-defined: those are found in any other text */
    static const char *const types[] = { "23333331111111111111111133111111111111613111", "23344441111111111111111133111111111111614111" };
    size_t i, k, n, kind;
    llr_template *t;
    llr_error err;
    CHECK(llr_template_new(&t, src, strlen(src), NULL, &err) == LLR_OK);
    for (kind = 0; kind < 2; kind++) for (i = 0; i < LLRI_N_OF(models); i++) {
        tok_vocab x;
        /* every prefix of a control token is a token: merges alone would lead to it */
        tok_start(&x, models[i], i == 1 ? "gpt-2" : NULL,
                  "<unk> <s> </s> <|e|> <|user|> <|assistant|> <|channel|> a < | e > s / <| <|e <|e| |e |e| |e|> </ </s <s " TOK_SP " [CLS] [SEP] u r t n h c l "
                  "<|u <|us <|use <|user <|user| <0x0A> @ <start_of_turn> o f _", types[kind]);
        if (i == 1) {
            tok_array(&x.image, "tokenizer.ggml.merges", LLR_META_STRING, 4);
            tok_string(&x.image, "< |"); tok_string(&x.image, "<| e"); tok_string(&x.image, "<|e |"); tok_string(&x.image, "<|e| >");
        }
        if (i == 3) tok_u32(&x.image, "tokenizer.ggml.unknown_token_id", 0);
        if (!tok_finish(&x)) { CHECK_MSG(0, "%s: %s", models[i], x.err.msg); tok_close(&x); continue; }
        for (k = 0; k < LLRI_N_OF(said); k++) {
            char json[256];
            int32_t ids[256];
            llr_prompt p;
            size_t control = 0, m;
            (void)snprintf(json, sizeof json, "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}", said[k]);
            CHECK_MSG(llr_template_chat(t, x.v, json, strlen(json), LLR_TOK_SPECIAL | LLR_TOK_PARSE, &p, &err) == LLR_OK, "%s", err.msg);
            for (m = 0; m < p.n_ids; m++) control += (p.ids[m] >= 1 && p.ids[m] <= 6) || p.ids[m] == 40;
            m = i == 0 || i == 2 || i == 5;                  /* SPM adds BOS, T5 EOS, the template what PLaMo-2 does not add */
            CHECK_MSG(control == 3 + m || i == 3, "%s, %s, type %d: %d control tokens", models[i], said[k], (int)kind + 3, (int)control);
            CHECK(p.n_user == (said[k][0] != 0));
            if (k < 2 || i == 3) {
                CHECK(llr_tokenize(x.v, p.text, p.n_bytes, LLR_TOK_SPECIAL | LLR_TOK_PARSE, ids, 256, &n, &err) == LLR_OK);
                if (k < 2) CHECK_MSG(n == p.n_ids && !memcmp(ids, p.ids, n * sizeof *ids), "%s, %s", models[i], said[k]);
            }
            llr_prompt_free(t, &p);
        }
        tok_close(&x);
    }
    llr_template_free(t);
}

static void test_template_spans(void) {
    static const llr_span bad[][2] = { { { 0, 0 }, { 1, 2 } }, { { 2, 1 }, { 3, 4 } }, { { 0, 3 }, { 2, 4 } }, { { 0, 1 }, { 4, 9 } } };
    static const llr_span user[] = { { 5, 10 } };
    tok_vocab x;
    int32_t ids[16];
    size_t i, n;
    tok_start(&x, "llama", NULL, "<unk> <s> </s> <|x|> <|x|>< a < | x >", "2333411111");
    if (tok_finish(&x)) {
        for (i = 0; i < LLRI_N_OF(bad); i++)
            CHECK(llr_tokenize_spans(x.v, "abcdef", 6, bad[i], 2, 0, ids, 16, &n, &x.err) == LLR_E_ARG && strstr(x.err.msg, "span"));
        CHECK(llr_tokenize_spans(x.v, "a", 1, NULL, 1, 0, ids, 16, &n, &x.err) == LLR_E_ARG);
        /* the template's, a user's, the template's; the user-defined token over the border stays what it is */
        CHECK(llr_tokenize_spans(x.v, "<|x|><|x|><|x|>", 15, user, 1, LLR_TOK_PARSE, ids, 16, &n, &x.err) == LLR_OK);
        CHECK_MSG(n == 7 && ids[0] == 4 && ids[6] == 3, "%d ids, %d %d", (int)n, (int)ids[0], (int)ids[6]);
        for (i = 1; i + 1 < n; i++) CHECK(ids[i] != 3);
    } else CHECK_MSG(0, "%s", x.err.msg);
    tok_close(&x);
}

/* Every allocation of a chat fails once. */
static void test_template_chat_nomem(void) {
    static const char src[] = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('') }}{% endif %}{{ m.content * 3000 }}{% endfor %}";
    static const char json[] = "{\"messages\":[{\"role\":\"system\",\"content\":\"S\\n\"},{\"role\":\"user\",\"content\":[{\"text\":\"U\"}],"
                               "\"tool_calls\":[{\"function\":{\"arguments\":\"{}\"}}]}]}";
    tok_vocab x;
    llr_options opt;
    llr_template *t;
    llr_error err;
    fail_alloc fail;
    llr_prompt p;
    long k;
    int done = 0;
    tok_start(&x, "llama", NULL, "<unk> <s> </s> a <0x0A>", "23316");
    CHECK(tok_finish(&x));
    for (k = 2; x.v && k < 400 && !done; k++) {
        fail_alloc_init(&fail, &opt, k);
        t = NULL;
        if (llr_template_new(&t, src, strlen(src), &opt, &err) == LLR_OK) {
            llr_status status = llr_template_chat(t, x.v, json, strlen(json), 0, &p, &err);
            CHECK_MSG(status == LLR_OK || status == LLR_E_NOMEM, "%s", err.msg);
            CHECK_MSG(status || (p.n_bytes == 12000 && p.n_user == 3001 && p.n_ids > 0), "%ld: %d bytes, %d spans, %.20s", k, (int)p.n_bytes, (int)p.n_user, p.text);
            done = !status && fail.calls < k;
            llr_prompt_free(t, &p);
        }
        llr_template_free(t);
        CHECK_MSG(fail.live == 0 && fail.live_bytes == 0 && fail.wrong == 0, "allocation %ld: %ld left", k, fail.live);
    }
    CHECK(done);
    tok_close(&x);
}

#define TESTS_TEMPLATE(X) X(template_values) X(template_space) X(template_statements) X(template_filters) X(template_tests) X(template_methods) \
                          X(template_json) X(template_floats) X(template_errors) X(template_hostile) X(template_nomem) X(template_gguf) \
                          X(template_said) X(template_chat) X(template_control) X(template_spans) X(template_chat_nomem)
