/* Tests of >>types: the derived table against literals that were written down independently of it. */

/* Every id that means something: name as in tool output, elements and bytes per block; 0, 0 for ids no longer used. */
static const struct { uint32_t id; const char *name; uint32_t block, bytes; int dequant; } test_types_rows[] = {
    { 0, "f32", 1, 4, 1 }, { 1, "f16", 1, 2, 1 }, { 2, "q4_0", 32, 18, 1 }, { 3, "q4_1", 32, 20, 1 },
    { 4, "Q4_2", 0, 0, 0 }, { 5, "Q4_3", 0, 0, 0 }, { 6, "q5_0", 32, 22, 1 }, { 7, "q5_1", 32, 24, 1 },
    { 8, "q8_0", 32, 34, 1 }, { 9, "q8_1", 32, 36, 0 }, { 10, "q2_K", 256, 84, 1 }, { 11, "q3_K", 256, 110, 1 },
    { 12, "q4_K", 256, 144, 1 }, { 13, "q5_K", 256, 176, 1 }, { 14, "q6_K", 256, 210, 1 }, { 15, "q8_K", 256, 292, 1 },
    { 16, "iq2_xxs", 256, 66, 1 }, { 17, "iq2_xs", 256, 74, 1 }, { 18, "iq3_xxs", 256, 98, 1 }, { 19, "iq1_s", 256, 50, 1 },
    { 20, "iq4_nl", 32, 18, 1 }, { 21, "iq3_s", 256, 110, 1 }, { 22, "iq2_s", 256, 82, 1 }, { 23, "iq4_xs", 256, 136, 1 },
    { 24, "i8", 1, 1, 1 }, { 25, "i16", 1, 2, 1 }, { 26, "i32", 1, 4, 1 }, { 27, "i64", 1, 8, 1 }, { 28, "f64", 1, 8, 1 },
    { 29, "iq1_m", 256, 56, 1 }, { 30, "bf16", 1, 2, 1 }, { 31, "Q4_0_4_4", 0, 0, 0 }, { 32, "Q4_0_4_8", 0, 0, 0 },
    { 33, "Q4_0_8_8", 0, 0, 0 }, { 34, "tq1_0", 256, 54, 1 }, { 35, "tq2_0", 256, 66, 1 }, { 36, "IQ4_NL_4_4", 0, 0, 0 },
    { 37, "IQ4_NL_4_8", 0, 0, 0 }, { 38, "IQ4_NL_8_8", 0, 0, 0 }, { 39, "mxfp4", 32, 17, 1 }, { 40, "nvfp4", 64, 36, 1 },
    { 41, "q1_0", 128, 18, 1 }, { 42, "q2_0", 64, 18, 1 }
};

static void test_types_table(void) {
    size_t n = sizeof(test_types_rows) / sizeof(test_types_rows[0]);
    CHECK(n == 43 && (int)n == LLRI_N_TYPES);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = test_types_rows[i].id;
        const llri_type_info *t = llri_type(id);
        const char *removed = llri_type_removed_name(id), *name = t ? t->name : removed;
        CHECK_MSG(id == i, "row %u has id %u", (unsigned)i, (unsigned)id);
        CHECK_MSG(name && strcmp(name, test_types_rows[i].name) == 0, "id %u is called %s", (unsigned)id, name ? name : "nothing");
        CHECK_MSG((t != NULL) == (test_types_rows[i].block != 0) && (t == NULL) == (removed != NULL),
                  "id %u: removed or not", (unsigned)id);
        CHECK_MSG(!t || (t->block == test_types_rows[i].block && t->bytes == test_types_rows[i].bytes),
                  "%s: %u elements in %u bytes", name, (unsigned)t->block, (unsigned)t->bytes);
        CHECK_MSG(llri_dequant_ok(id) == test_types_rows[i].dequant, "%s: dequantisable is %d", name, llri_dequant_ok(id));
    }
}

static void test_types_unknown(void) {
    static const uint32_t ids[] = { 43, 44, 97, 255, 256, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        CHECK_MSG(!llri_type(ids[i]) && !llri_type_removed_name(ids[i]) && !llri_dequant_ok(ids[i]),
                  "id %lu is known", (unsigned long)ids[i]);
}

/* The constants are the numbers in files. */
static void test_types_ids(void) {
    CHECK(LLRI_F32 == 0 && LLRI_F16 == 1 && LLRI_BF16 == 30 && LLRI_F64 == 28);
    CHECK(LLRI_I8 == 24 && LLRI_I16 == 25 && LLRI_I32 == 26 && LLRI_I64 == 27);
    CHECK(LLRI_Q4_0 == 2 && LLRI_Q4_1 == 3 && LLRI_Q5_0 == 6 && LLRI_Q5_1 == 7 && LLRI_Q8_0 == 8 && LLRI_Q8_1 == 9);
    CHECK(LLRI_Q2_K == 10 && LLRI_Q3_K == 11 && LLRI_Q4_K == 12 && LLRI_Q5_K == 13 && LLRI_Q6_K == 14 && LLRI_Q8_K == 15);
    CHECK(LLRI_IQ2_XXS == 16 && LLRI_IQ2_XS == 17 && LLRI_IQ3_XXS == 18 && LLRI_IQ1_S == 19 && LLRI_IQ4_NL == 20);
    CHECK(LLRI_IQ3_S == 21 && LLRI_IQ2_S == 22 && LLRI_IQ4_XS == 23 && LLRI_IQ1_M == 29);
    CHECK(LLRI_TQ1_0 == 34 && LLRI_TQ2_0 == 35 && LLRI_MXFP4 == 39 && LLRI_NVFP4 == 40 && LLRI_Q1_0 == 41 && LLRI_Q2_0 == 42);
}

#define TESTS_TYPES(X) X(types_table) X(types_unknown) X(types_ids)
