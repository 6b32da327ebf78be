/* Tests of >>convert: numbers against arithmetic in double, codebooks against checksums, every block format against one
 * block whose floats were computed by the reference implementation. */

/* ldexp without libm. */
static double test_convert_pow2(int e) {
    double v = 1;
    for (; e > 0; e--) v *= 2;
    for (; e < 0; e++) v /= 2;
    return v;
}

/* The value of a half by its definition; h is finite. */
static double test_convert_half(unsigned h) {
    unsigned e = h >> 10 & 31, m = h & 1023;
    double v = e ? (1024 + m) * test_convert_pow2((int)e - 25) : m * test_convert_pow2(-24);
    return h & 0x8000 ? -v : v;
}

/* All halves: exact values, and back. */
static void test_convert_f16(void) {
    for (unsigned h = 0; h < 65536; h++) {
        float f = llri_f16_to_f32((uint16_t)h);
        unsigned back = llri_f32_to_f16(f);
        if ((h & 0x7c00) != 0x7c00) {
            CHECK_MSG((double)f == test_convert_half(h) && llri_f32_to_bits(f) >> 31 == h >> 15, "half 0x%04x is wrong", h);
            CHECK_MSG(back == h, "half 0x%04x comes back as 0x%04x", h, back);
        } else if (h & 0x3ff) {
            CHECK_MSG(f != f && back == (h | 0x200), "NaN 0x%04x comes back as 0x%04x", h, back);
        } else {
            CHECK_MSG(f * 0 != 0 && f == f && back == h, "infinity 0x%04x comes back as 0x%04x", h, back);
        }
    }
}

/* Rounding: between any two neighbours the middle goes to the even one, and anything off the middle to the nearer one. */
static void test_convert_f16_rounding(void) {
    for (unsigned h = 0; h < 0x7c00; h++) {
        double a = test_convert_half(h), b = h == 0x7bff ? 65536.0 : test_convert_half(h + 1);
        uint32_t mid = llri_f32_to_bits((float)((a + b) / 2));
        for (unsigned s = 0; s < 2; s++) {
            uint32_t sign = s << 31;
            unsigned below = llri_f32_to_f16(llri_bits_to_f32((mid - 1) | sign));
            unsigned tie   = llri_f32_to_f16(llri_bits_to_f32(mid | sign));
            unsigned above = llri_f32_to_f16(llri_bits_to_f32((mid + 1) | sign));
            CHECK_MSG(below == (h | s << 15) && tie == ((h + (h & 1)) | s << 15) && above == ((h + 1) | s << 15),
                      "around the middle above half 0x%04x: 0x%04x 0x%04x 0x%04x", h, below, tie, above);
        }
    }
    CHECK(llri_f32_to_f16(llri_bits_to_f32(1)) == 0 && llri_f32_to_f16(llri_bits_to_f32(0x80000001u)) == 0x8000);
    CHECK(llri_f32_to_f16(llri_bits_to_f32(0x7f7fffff)) == 0x7c00 && llri_f32_to_f16(llri_bits_to_f32(0xff800000u)) == 0xfc00);
    CHECK((llri_f32_to_f16(llri_bits_to_f32(0x7f800001)) & 0x7e00) == 0x7e00);  /* a NaN stays one though its bits are cut off */
}

static void test_convert_bf16(void) {
    for (unsigned h = 0; h < 65536; h++) {
        float f = llri_bf16_to_f32((uint16_t)h);
        int nan = (h & 0x7fff) > 0x7f80;
        CHECK_MSG(nan ? f != f : llri_f32_to_bits(f) == (uint32_t)h << 16, "bf16 0x%04x is wrong", h);
    }
}

/* Scales of the 4-bit floats, which come with a factor of one half. */
static void test_convert_scales(void) {
    for (unsigned e = 0; e < 256; e++)
        CHECK_MSG((double)llri_e8m0_half((uint8_t)e) == test_convert_pow2((int)e - 128), "e8m0 %u", e);
    for (unsigned x = 0; x < 256; x++) {
        unsigned e = x >> 3 & 15, m = x & 7;
        double v = x == 0x7f ? 0 : e ? (8 + m) * test_convert_pow2((int)e - 10) : m * test_convert_pow2(-9);
        CHECK_MSG((double)llri_ue4m3_half((uint8_t)x) * 2 == v, "ue4m3 0x%02x", x);
    }
}

/* FNV-1a, 64 bit. */
static uint64_t test_convert_fnv(uint64_t hash, uint64_t value, int n_bytes) {
    for (int i = 0; i < n_bytes; i++) hash = (hash ^ (value >> 8 * i & 255)) * 0x100000001b3ull;
    return hash;
}
#define TEST_FNV_START 0xcbf29ce484222325ull

/* Checksums of the values as bytes, vector by vector, element 0 first. Those of iq1 are 8 times as large here, and 10 more. */
static void test_convert_codebooks(void) {
    static const struct { const char *name; const uint64_t *eights; const uint32_t *fours; int n; uint64_t hash; } books[] = {
        { "iq2xxs", llri_grid_iq2xxs, NULL, 256, 0xbb4ee025b5ac6e8eull },
        { "iq2xs", llri_grid_iq2xs, NULL, 512, 0xc9b1ee61e79909bdull },
        { "iq2s", llri_grid_iq2s, NULL, 1024, 0x123edd38a3b62b90ull },
        { "iq1s", llri_grid_iq1s, NULL, 2048, 0x6703ed863501ae2eull },
        { "iq3xxs", NULL, llri_grid_iq3xxs, 256, 0xdfa5dc83d6a155d5ull },
        { "iq3s", NULL, llri_grid_iq3s, 512, 0xfa37020c25b44829ull }
    };
    for (size_t b = 0; b < sizeof(books) / sizeof(books[0]); b++) {
        uint64_t hash = TEST_FNV_START;
        for (int i = 0; i < books[b].n; i++) {
            uint64_t v = books[b].eights ? books[b].eights[i] : books[b].fours[i];
            for (int k = 0; k < (books[b].eights ? 8 : 4); k++) {
                int x = (int)(v >> 8 * k & 255);
                if (books[b].eights == llri_grid_iq1s) {
                    CHECK(x == 2 || x == 10 || x == 18);
                    x = (x - 10) / 8;
                }
                hash = test_convert_fnv(hash, (uint64_t)x, 1);
            }
        }
        CHECK_MSG(hash == books[b].hash, "codebook %s: checksum %08lx%08lx", books[b].name, (unsigned long)(hash >> 32),
                  (unsigned long)(hash & 0xffffffff));
    }
}

/* One block per type: bytes in hex, and the hash of the bits of the floats that the reference makes of it. */
static const struct { uint32_t type; uint64_t hash; const char *hex; } test_convert_rows[] = {
    { LLRI_Q4_0, 0xbd0cb20d04650942ull,
      "5eacd8e288df2e744d292721acccf89f48da" },
    { LLRI_Q4_1, 0x2e5d0e260f34ab9dull,
      "932b09a01729b1b074d7dc75d368f41cf326eff7" },
    { LLRI_Q5_0, 0x382a65b97359d031ull,
      "43ac3d3b0386947efc85d67a659abb7403a9be054b9e" },
    { LLRI_Q5_1, 0x1ab88215c98e6811ull,
      "d22ce4a4871ae7d3fef0622bbe712a831b3d4d793fd2635b" },
    { LLRI_Q8_0, 0xb272f26ed59e54c0ull,
      "202438aa2ce63285234b96e85889b93f7f68cf49647a3fbdf2220f1811459f87e3ba" },
    { LLRI_Q2_K, 0x67ae01c0f9fcaa58ull,
      "fa818c84a311b05ce922baeb132b31e00aa6bb6188919ae397f024e929b4a9367b079ef448113ce06eee64648caab4344700bcbfc3a4e494"
      "6e050dfb920cdb24ff20666fa5872dbcf6fec40f211910aade998bad" },
    { LLRI_Q3_K, 0xe1075e8cd78e87d4ull,
      "bc1d4a25a4484bed329d9808f3daf3e71b3d967ce367de5e3eb8b422d84598dc2069b26bac90fb97e90629e1286baff0864e01d1f4da9133"
      "34495e9f821fd516df3febe6cb524e2cc63cd542e088111ea242e2ac4652fc1718885eb993f935b28698476cb66f01b0bca0f5b094ad" },
    { LLRI_Q4_K, 0xde1a8b8307c40471ull,
      "2cad1d25d588589aca4a75b7dcc3a739afc18e40624a73515b106c56fb7930ee5e5589ed1c1ad8a4dbadba80c5acae2d140741a39778f023"
      "21428b338fa801e12b11b33b4bd48d7d9144feae6e09731773d3c60fbb1c8eb9bbc95df10bdfa8be8a1365a821f388aaffbde80e045cd1c8"
      "6e6a34e9f9275f79f457a12bc067a3a1d6f4cc0c813d79d7870e30667953e644" },
    { LLRI_Q5_K, 0x1667a419c2f7b36eull,
      "f9a6a62acd4ed42bc85e4af2a55cb0ddfe970314c649691fa67c757b39bbcb94d9e644ffdfb6b03d52aa388e96585defa09e09fa9504cf0c"
      "72648059ff69e0e012c69725193eac242d0ef20057bfdd872f1fe4bc1e19d1e0476c529355a0044fdf942d42193d23cfeb0cd4f71b022f5f"
      "c7b3d2b4055f0083986e1bc6bf5eefaf4224f027f85ddccc6780e8ac24db9a902e6f97a65f7cf1f5a01878b8cd53759a51a7eef0792ac5c4"
      "5f7fb1f398dbdb9c" },
    { LLRI_Q6_K, 0xd7cd670b675a2724ull,
      "b7933f51c95a52640f93435798eb99d8b5de8d79581ed6093a9935515d77bb9665aae49fa18befb7c2fc9f81ae70d692d3916d178884a187"
      "2b871b516d7d06d99891a9abe038843fa62787dbb1b34dd7e0dce61f4074a1491c9263ac787b94c16319074a6271aa7183dec8f8849d2b6c"
      "4bb9ff9a522407fb36804430e28bfb574ed964e92f5d701d96dd6a6e8f6a36fec7b2401c133921d3d596e649d0cd98abef0eda036e4d2e1a"
      "85251da5e67e293005a2f4ccd56e4fd27f8964ffb282872030812d942f85fb9efef99f7e945b4f448ea4" },
    { LLRI_Q8_K, 0x0e4e67a6d19f0395ull,
      "0ad7233c7c53f44055412b9b9cd3d6e3c7efa2d0c6883e9a26bde3642270f33b00b244ee7660161774cd2d0d5125195e54e248d04df137df"
      "92f10234a624f382662c342e0af2d15ff8e59e5374e2576585da22ebe35597f6e4ff595fb3b60204fcccfdf80a857bdc3598132e14ba2851"
      "6f0ab3774dbf570304c05eb02781ff882615250d398060ac94b33c6d1b26cba420ac1c04e4946f78ca7140adf1c0460a008ae8a2c195f329"
      "601a24e1d6bb22e8900fee7ba591d862ab409e30054cd27d924afee824a4a7dd51ccbecb830dd121af6b352d9389240b47ab3657df59ac1a"
      "9f9b8cd73bb82b06c5b983f3aed365c7bc1856d69da7fc713eb69ebc53ad12ead2e16c4ab6e7655644ddf18ea196f6936826421fb2a3edd1"
      "7725f584ed7267592f4dac11" },
    { LLRI_IQ2_XXS, 0xe814d2041beb4408ull,
      "5920871f8141a0d4519118e4a75850db70c41f472dc591f5163d5eef24c88d28ea54c6b08514b7dff74e9df8e9ceb2cdc41fd0e6e44f120c"
      "7442f4e8f88a108b24ca" },
    { LLRI_IQ2_XS, 0x5b6c74ecc317fbf8ull,
      "1b2e24e55ba5f5fb5a0d9648da883dc801d3572eb29c002806dd678bf98720cc09fc4d59c79af896ca097d49f958260b6a66e96bc95a8cad"
      "fffa61d8ccbda363e0f783f9d83da7f5e920" },
    { LLRI_IQ3_XXS, 0x828fe419717efb3full,
      "5aa83a7c636f179008f33791628486ec87b64d7d7abcde45066e6e1f0a57a642056a10a5895af25582eae3a9ac815ed2b2bb092e18ba4178"
      "937ce207e4f72043912cb2981395f3c4f65c000f0b037eeb866c15d7e2f4c1e8144f22a60872a73f0d5f" },
    { LLRI_IQ1_S, 0xda948a28d9a17055ull,
      "5ead7da48b86491a0905f7b030008e0470ea6c586fca8a45e9de19c45a3306a157e0ab9d5e0b80f1075bb00b77136b88680f" },
    { LLRI_IQ4_NL, 0x2b595c3c0aa5660bull,
      "9d28f294e90e599b113b60a9c0f8e9673c52" },
    { LLRI_IQ3_S, 0x36f97529a2db13cfull,
      "852d3e1ef1a18ae4d5c71d61140846e5c8c90b0745673c45b222f6b3c1eb32d8fd2c02b5a73c7376a37d2ea865b312decf8a376cf90f084e"
      "67e0fd10ce1a1605ece5b8308487e97a511df2832c508c5b0a1892761ac2eb4a07d9ffe77b14f14703879859b75c969e6c3e9177a622" },
    { LLRI_IQ2_S, 0xe5581bee3c5153cfull,
      "73abeb31af3c0c22c0336bad82e21c78f31217b631262af292cf6b6565ef527df5f62be186294bf817a93ab94ff411bf3d19d61a37b1f476"
      "94f81c0bbe7cb7434036ca0f308c7bcb26368df18aff9bf36b7c" },
    { LLRI_IQ4_XS, 0xb32d9b280e94749full,
      "5cae2278fb0a0d1e12aff80dc6699ea8d78809fbd60551ab68e1bffb35fd0b88fd34bbb70189204271d97a26bdcbc1339311192791b0608e"
      "7512398e1ae5a8b714c8352af2d3d514205d6fbda37de2a0426da61b6a2799e03d89df57d3f1c9fe574f6e9c2017dd06a6c4005b01e089cf"
      "65acacb5edb71461a23a07ee1b0b69b3bc54469211d91430" },
    { LLRI_IQ1_M, 0x595efd52252e3c66ull,
      "b8fc99dd4e8082696190a57477459f40e8f6277171d9b0c6b28e04b56c04f1566257beed892d3281b7b123db8c7caa50d497095322c74123" },
    { LLRI_TQ1_0, 0xcf93139bdc0870f8ull,
      "e6f3d84cfe56b9835f90b6f45a027b1083a9ea2bc05ed9334c6efc1e867cb8ee3bc43691e09ee003503931818e033b319125be6f0ea6" },
    { LLRI_TQ2_0, 0xde44c59c9df23680ull,
      "2471f441172b9760b9731f3ebc146bbfeb43aaaf3e963bf5a701ae94ee8d3aa4ee2e3c34a03a2f380505f98ea7ed72fe4384761a352bef86"
      "e3cadf8aa5ff3a62f1ad" },
    { LLRI_MXFP4, 0x9d0a38cc5421a725ull,
      "7e70c08395cb728524b269d05229902ba6" },
    { LLRI_NVFP4, 0x05a7389d708b04b3ull,
      "79574c0382aa905159c81ae3e2f05fe46119ce97fd6dac6093110dc8e92085313b0b04f3" },
    { LLRI_Q1_0, 0xd09bcab906cf3b25ull,
      "60947c5d57e8e20166e60483d26f485b3982" },
    { LLRI_Q2_0, 0xe28cf80b192d7797ull,
      "ccaada792d42058ea44af2b2c6aef1bd0b68" }
};

static int test_convert_digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }
static uint8_t test_convert_byte(const char *hex) {
    return (uint8_t)(test_convert_digit(hex[0]) << 4 | test_convert_digit(hex[1]));
}

static void test_convert_blocks(void) {
    for (size_t r = 0; r < sizeof(test_convert_rows) / sizeof(test_convert_rows[0]); r++) {
        const llri_type_info *t = llri_type(test_convert_rows[r].type);
        const char *hex = test_convert_rows[r].hex;
        uint8_t block[2 * 292 + 1];
        float y[2 * 256 + 1];
        uint64_t hash = TEST_FNV_START, hash2 = TEST_FNV_START;
        int ok = t && llri_dequant_ok(test_convert_rows[r].type) && strlen(hex) == 2 * (size_t)t->bytes;
        CHECK_MSG(ok, "row %u: type or size", (unsigned)r);
        if (!ok || t->bytes > 292 || t->block > 256) continue;
        for (size_t i = 0; i < t->bytes; i++)  /* the block twice in a row, at an odd address */
            block[1 + i] = block[1 + t->bytes + i] = test_convert_byte(hex + 2 * i);
        y[2 * t->block] = 12345;
        llri_dequant(test_convert_rows[r].type, block + 1, y, 2 * t->block);
        for (uint32_t i = 0; i < t->block; i++) {
            hash = test_convert_fnv(hash, llri_f32_to_bits(y[i]), 4);
            hash2 = test_convert_fnv(hash2, llri_f32_to_bits(y[t->block + i]), 4);
        }
        CHECK_MSG(hash == test_convert_rows[r].hash && hash2 == hash, "%s: the floats differ from the reference's", t->name);
        CHECK_MSG(y[2 * t->block] == 12345, "%s: wrote past the end", t->name);
    }
}

/* Types without blocks. */
static void test_convert_plain(void) {
    static const struct { uint32_t type; const char *hex; float value; } rows[] = {
        { LLRI_F32, "0000c0bf", -1.5f }, { LLRI_F16, "003e", 1.5f }, { LLRI_BF16, "20c1", -10.0f },
        { LLRI_I8, "80", -128.0f }, { LLRI_I16, "fe7f", 32766.0f }, { LLRI_I16, "0080", -32768.0f },
        { LLRI_I32, "ffffffff", -1.0f }, { LLRI_I32, "40e20100", 123456.0f }, { LLRI_I64, "0000000000000080", -9223372036854775808.0f },
        { LLRI_I64, "0000000001000000", 4294967296.0f }, { LLRI_F64, "000000000000f8bf", -1.5f },
        { LLRI_F64, "9a9999999999b93f", 0.1f }
    };
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        uint8_t bytes[9];
        float y[2] = { 0, 7 };
        for (size_t i = 0; rows[r].hex[2 * i]; i++)
            bytes[1 + i] = test_convert_byte(rows[r].hex + 2 * i);
        llri_dequant(rows[r].type, bytes + 1, y, 1);
        CHECK_MSG(y[0] == rows[r].value && y[1] == 7, "%s: bytes %s", llri_type(rows[r].type)->name, rows[r].hex);
    }
}

#define TESTS_CONVERT(X) X(convert_f16) X(convert_f16_rounding) X(convert_bf16) X(convert_scales) X(convert_codebooks) \
    X(convert_blocks) X(convert_plain)
