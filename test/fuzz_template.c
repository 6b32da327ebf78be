/* libFuzzer: any template with any variables: its text, a zero byte, JSON. Without a corpus it begins with the templates
 * that llrun.h has itself.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_template test/fuzz_template.c -lm -lpthread
 *     ./fuzz_template -timeout=20
 */
#include "fuzz.h"

static const char variables[] = "{\"messages\":[{\"role\":\"system\",\"content\":\"be brief\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\","
    "\"text\":\"h\\u00e9 <b>\"}]},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"function\":{\"name\":\"f\",\"arguments\":"
    "{\"x\":1.5,\"y\":[true,null]}}}]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"x\":{\"type\":\"number\"}}}}],"
    "\"add_generation_prompt\":true,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\",\"now\":\"2026-01-31T12:00:00\"}";

static void render(const llr_template *t, const char *json, size_t n_json)
{
    llr_error err;
    char *out, *copy = (char *)malloc(n_json + 1);
    size_t n;
    llr_status st;
    FUZZ_CHECK(copy);
    memcpy(copy, json, n_json);
    st = llr_template_render(t, copy, n_json, &out, &n, &err);
    if (st) FUZZ_CHECK(st < 0 && err.code == st);       /* raise_exception('') has no text */
    else {
        FUZZ_CHECK(strlen(out) <= n && out[n] == 0);
        llr_template_text_free(t, out, n);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? (const uint8_t *)memchr(data, 0, size) : NULL;
    size_t n = zero ? (size_t)(zero - data) : size;
    char *text = (char *)malloc(n + 1);                 /* no byte more than it has, so that reading past it shows */
    llr_template *t;
    llr_error err;
    llr_status st;
    FUZZ_CHECK(text);
    memcpy(text, data, n);
    st = llr_template_new(&t, text, n, NULL, &err);
    free(text);                                         /* a template keeps its own copy */
    if (st) { FUZZ_FAILED(st, err); return 0; }
    if (zero) render(t, (const char *)zero + 1, size - n - 1);
    else render(t, variables, sizeof variables - 1);
    llr_template_free(t);
    return 0;
}

static const char *word(char *room, size_t n)
{
    static const char *const words[] = { "{{ ", " }}", "{% ", " %}", "{%- ", " -%}", "{# ", " #}", "if ", "elif ", "else", "endif", "for m in messages", "for ",
        "endfor", "set ", "endset", "macro f(a, b=1)", "endmacro", "call(x) f(1)", "endcall", "filter ", "endfilter", "generation", "endgeneration",
        "break", "continue", " in ", " not ", " and ", " or ", " is ", " recursive", "loop", "loop.", "loop(", "index0", "previtem", "messages", "tools",
        "m.content", "[", "]", "(", ")", "{", "}", ":", ",", "::-1", "[1:]", "**", "//", "%", "~", "==", "<", "'a'", "\"\\u00e9\"", "1", "-1", "1e308", "0.1",
        "9223372036854775807", "true", "none", "namespace(x=1)", "ns.x", "caller()", "varargs", "kwargs", "super()", "include 'x'", "with x = 1", "endwith" };
    size_t k = fuzz_random(6);
    const llri_row *row = k == 0 ? &FUZZ_PICK(llri_filters) : k == 1 ? &FUZZ_PICK(llri_str_methods) : k == 2 ? &FUZZ_PICK(llri_list_methods)
        : k == 3 ? &FUZZ_PICK(llri_dict_methods) : &FUZZ_PICK(llri_functions);
    static const char *const forms[] = { "|%s", ".%s(", ".%s(", ".%s(", "%s(" };
    if (k == 5) return fuzz_random(3) ? FUZZ_PICK(words) : FUZZ_PICK(llri_tests).name;
    (void)snprintf(room, n, forms[k], row->name);
    return room;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    char room[64];
    const char *s;
    size_t n, at;
    fuzz_seed(seed);
    if (size < 2 || fuzz_random(2000) == 0) {
        s = FUZZ_PICK(llri_fallbacks).source;
        n = strlen(s);
        if (n + sizeof variables > max_size) return LLVMFuzzerMutate(data, size, max_size);
        memcpy(data, s, n + 1);
        memcpy(data + n + 1, variables, sizeof variables - 1);
        return n + sizeof variables;
    }
    s = word(room, sizeof room);
    n = strlen(s);
    if (fuzz_random(3) == 0 || size + n > max_size) return LLVMFuzzerMutate(data, size, max_size);
    at = fuzz_random(size + 1);
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, s, n);
    return size + n;
}
