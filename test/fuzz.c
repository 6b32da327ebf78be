/* libFuzzer: all fuzzers as one program, because what takes long to build is llrun.h. The name by which it is called chooses:
 * fuzz_gguf, fuzz_tokenizer, fuzz_template, fuzz_program. Each is a program by itself, too.
 *
 *     clang -O1 -g -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o fuzz_gguf test/fuzz.c -lm -lpthread
 */
#include "fuzz.h"

#define LLVMFuzzerTestOneInput input_program
#define LLVMFuzzerCustomMutator mutate_program
#include "fuzz_program.c"
#undef LLVMFuzzerTestOneInput
#undef LLVMFuzzerCustomMutator
#define LLVMFuzzerTestOneInput input_gguf
#define LLVMFuzzerCustomMutator mutate_gguf
#include "fuzz_gguf.c"
#undef LLVMFuzzerTestOneInput
#undef LLVMFuzzerCustomMutator
#define LLVMFuzzerTestOneInput input_tokenizer
#define LLVMFuzzerCustomMutator mutate_tokenizer
#include "fuzz_tokenizer.c"
#undef LLVMFuzzerTestOneInput
#undef LLVMFuzzerCustomMutator
#define LLVMFuzzerTestOneInput input_template
#define LLVMFuzzerCustomMutator mutate_template
#include "fuzz_template.c"
#undef LLVMFuzzerTestOneInput
#undef LLVMFuzzerCustomMutator

static const struct fuzzer {
    const char *name;
    int (*input)(const uint8_t *, size_t);
    size_t (*mutate)(uint8_t *, size_t, size_t, unsigned);
} fuzzers[] = {
    { "gguf", input_gguf, mutate_gguf }, { "tokenizer", input_tokenizer, mutate_tokenizer },
    { "template", input_template, mutate_template }, { "program", input_program, mutate_program }
}, *chosen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = strrchr((*argv)[0], '_');
    size_t i;
    (void)argc;
    for (i = 0; i < LLRI_N_OF(fuzzers); i++) if (name && !strcmp(name + 1, fuzzers[i].name)) chosen = &fuzzers[i];
    if (chosen) return 0;
    fprintf(stderr, "the name of the program must end in _gguf, _tokenizer, _template or _program\n");
    exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return chosen->input(data, size); }

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) { return chosen->mutate(data, size, max_size, seed); }
