/* The test program: the implementation once, with all its privates in sight, and every section's tests.
 *
 *     cc -O2 -o test test.c -lm -lpthread
 *     ./test; ./test --list; ./test gguf pool
 */
#define LLRUN_IMPLEMENTATION
#include "../llrun.h"
#include "test.h"

#include "test_util.c"
#include "test_types.c"
#include "test_convert.c"
#include "test_gguf.c"
#include "test_kernels.c"
#include "test_pool.c"
#include "test_model.c"
#include "test_tokenizer.c"
#include "test_sampler.c"

static const test_row test_rows[] = {
    TESTS_UTIL(TEST_ROW) TESTS_TYPES(TEST_ROW) TESTS_CONVERT(TEST_ROW) TESTS_GGUF(TEST_ROW) TESTS_KERNELS(TEST_ROW)
    TESTS_POOL(TEST_ROW) TESTS_MODEL(TEST_ROW) TESTS_TOKENIZER(TEST_ROW) TESTS_SAMPLER(TEST_ROW)
};

int main(int argc, char **argv)
{
    return test_main(argc, argv, test_rows, (int)(sizeof test_rows / sizeof test_rows[0]));
}
