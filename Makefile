# llrun: one header, one program. `make help` lists the targets.
CC      ?= cc
CFLAGS  ?= -O3 -ffp-contract=off -Wall -Wextra -Wpedantic
LDLIBS   = -lm -lpthread

MODEL   ?=
PROMPT  ?=
ARGS    ?=
STORYTELLER = models/storyteller.gguf
B        = build
CLANG   ?= clang
SAN      = -O1 -g -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZ_SECONDS ?= 60
TESTS   ?=
TEST_SRC = llrun.h $(wildcard test/*.c test/*.h)

llrun: llrun.c llrun.h
	$(CC) $(CFLAGS) -o $@ llrun.c $(LDLIBS)

help:
	@echo 'make           build ./llrun'
	@echo 'make run       a story; with MODEL=file.gguf, PROMPT="..." or ARGS="...": continue a text'
	@echo 'make test      all tests that need only a compiler and make [TESTS="name ..."]'
	@echo 'make test-memory  the memory plan against what the system counts, and 200 runs in control groups (as root): half an hour'
	@echo 'make matrix    other languages, compilers, options and targets, as far as they are installed'
	@echo 'make asan      the tests with the address and undefined behaviour sanitizers'
	@echo 'make tsan      the tests of threads and sessions with the thread sanitizer'
	@echo 'make fuzz      [FUZZ_SECONDS=60] [SEEDS=folder]: hostile files, texts and templates, with clang and libFuzzer'
	@echo 'make emulate   [MODEL=file.gguf]: CPUs without AVX, without AVX2, and with AVX masked by the OS, with qemu-x86_64'
	@echo 'make bench-models  [BENCH_SHAPES="$(BENCH_SHAPES)"] [BENCH_TYPES="$(BENCH_TYPES)"]: random models, 5.6 GB, in $(B)/'
	@echo 'make bench     [MODEL=file.gguf]: speed with all kernels beside what the machine could do; without a model, of bench-models'
	@echo 'make bench-peers   LLAMA_BENCH=path IK_BENCH=path [MODEL=file.gguf]: against llama.cpp and ik_llama.cpp, in turn'
	@echo 'make symbols   what the implementation exports, needs and keeps in writable memory'
	@echo 'make clean     remove what was built'
	@echo 'CC, CFLAGS as usual. You need no -march; -ffast-math breaks the results.'

# without MODEL and PROMPT: a story
run: llrun
	@if [ -n '$(MODEL)$(PROMPT)' ]; then ./llrun run '$(or $(MODEL),$(STORYTELLER))' -p '$(or $(PROMPT),Once upon a time)' $(or $(ARGS),--raw -n 200); \
	else ./llrun run $(STORYTELLER) -p 'Tell me a story.' $(or $(ARGS),--temp 0.7); fi

$(B)/test: $(TEST_SRC) | $(B)
	$(CC) $(CFLAGS) -o $@ test/test.c $(LDLIBS)

$(B)/make_model: test/make_model.c | $(B)
	$(CC) -O2 -o $@ test/make_model.c -lm

$(B)/pty: test/pty.c | $(B)
	$(CC) -O1 -Wall -Wextra -o $@ test/pty.c

$(B)/child: test/child.c | $(B)
	$(CC) -O1 -Wall -Wextra -o $@ test/child.c -lpthread

# every failure of an allocation or file, every length of a file
$(B)/fail: test/fail.c llrun.c llrun.h | $(B)
	$(CC) -O1 -Wall -Wextra -DLLRUN_TIERS=2 -o $@ test/fail.c $(LDLIBS)

$(B)/fail.d: $(B)/make_model
	mkdir -p $@
	$(B)/make_model $@/tiny.gguf --type q4_0 --layers 1 --embd 64 --ff 64 --heads 2 --vocab 320 --template '{% for m in messages %}{{ m.content }}{% endfor %}'
	$(B)/make_model $@/least.gguf --type f16 --layers 1 --embd 8 --ff 8 --heads 1 --kv-heads 1 --vocab 16 --no-vocab --arch qwen3

test: llrun $(B)/test $(B)/make_model $(B)/child $(B)/pty $(B)/fail $(B)/fail.d
	@failed=0; \
	$(B)/test $(TESTS) || failed=1; \
	CC='$(CC)' sh test/program.sh ./llrun $(B) || failed=1; \
	sh test/chat.sh ./llrun $(B) || failed=1; \
	sh test/story.sh ./llrun || failed=1; \
	$(B)/fail $(B)/fail.d || failed=1; \
	sh test/doctor.sh ./llrun $(B) || failed=1; \
	sh test/memory.sh ./llrun $(B) || failed=1; \
	sh test/speed.sh ./llrun $(B) || failed=1; \
	CC='$(CC)' sh test/matrix.sh short $(B) || failed=1; \
	exit $$failed

test-memory: llrun $(B)/make_model $(B)/child
	sh test/memory.sh ./llrun $(B) full

matrix: | $(B)
	CC='$(CC)' CLANG='$(CLANG)' sh test/matrix.sh full $(B)

$(B)/test-asan: $(TEST_SRC) | $(B)
	$(CC) $(SAN) -fsanitize=address,undefined -o $@ test/test.c $(LDLIBS)

$(B)/llrun-asan: llrun.c llrun.h | $(B)
	$(CC) $(SAN) -fsanitize=address,undefined -DLLRUN_TIERS=34 -o $@ llrun.c $(LDLIBS)

asan: $(B)/test-asan $(B)/llrun-asan $(B)/make_model $(B)/child
	$(B)/test-asan $(TESTS)
	CC='$(CC)' MEMORY=0 SANITIZERS=1 sh test/program.sh $(B)/llrun-asan $(B)
	sh test/doctor.sh $(B)/llrun-asan $(B)

$(B)/test-tsan: $(TEST_SRC) | $(B)
	$(CC) -O1 -g -ffp-contract=off -fsanitize=thread -DLLRUN_TIERS=6 -o $@ test/test.c $(LDLIBS)

tsan: $(B)/test-tsan
	$(B)/test-tsan pool session

FUZZERS  = gguf tokenizer template program
$(B)/fuzz_program: llrun.c
$(B)/fuzz_%: test/fuzz_%.c test/fuzz.h llrun.h | $(B)
	$(CLANG) $(SAN) -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o $@ $< $(LDLIBS)

# The GGUF seeds are made here, the others by the fuzzers themselves. SEEDS: more files to begin with.
fuzz: $(FUZZERS:%=$(B)/fuzz_%) $(B)/make_model
	mkdir -p $(FUZZERS:%=$(B)/corpus/%)
	$(B)/make_model $(B)/corpus/gguf/a --type q8_0 --layers 1 --embd 32 --ff 32 --heads 2 --vocab 264 --ctx 64
	$(B)/make_model $(B)/corpus/gguf/b --type f16 --layers 1 --embd 8 --ff 8 --heads 1 --kv-heads 1 --vocab 16 --no-vocab --arch qwen3
	$(B)/make_model $(B)/corpus/gguf/c --type f32 --layers 2 --embd 8 --ff 8 --heads 2 --kv-heads 1 --vocab 264 --ctx 32 --tied --template '{{ messages[0].content }}'
	for f in $(FUZZERS); do \
	    $(B)/fuzz_$$f -max_total_time=$$(($(FUZZ_SECONDS) / 4)) -max_len=40000 -timeout=30 -rss_limit_mb=3000 -verbosity=0 -print_final_stats=1 \
	        -artifact_prefix=$(B)/$$f- $(B)/corpus/$$f $(SEEDS) || exit 1; \
	done

emulate: llrun $(B)/make_model
	sh test/emulate.sh ./llrun $(B) $(MODEL)

# shapes: 135m 1b 3b 4b 8b; types: of tensors, and q4_k_m, q5_k_m
BENCH_SHAPES ?= 1b
BENCH_TYPES  ?= q4_0 q8_0 q4_k_m q6_k f16
BENCH_MODELS  = $(foreach s,$(BENCH_SHAPES),$(foreach t,$(BENCH_TYPES),$(B)/$(s)-$(t).gguf))
$(BENCH_MODELS): $(B)/%.gguf: | $(B)/make_model
	$(B)/make_model $@.part --shape $(firstword $(subst -, ,$*)) --type $(lastword $(subst -, ,$*))
	mv $@.part $@

bench-models: $(BENCH_MODELS)

bench: llrun $(B)/child $(if $(MODEL),,$(BENCH_MODELS))
	sh test/bench.sh ./llrun $(B) $(or $(MODEL),$(BENCH_MODELS))

bench-peers: llrun $(if $(MODEL),,$(BENCH_MODELS))
	LLAMA_BENCH='$(LLAMA_BENCH)' IK_BENCH='$(IK_BENCH)' sh test/bench-peers.sh ./llrun $(B) $(or $(MODEL),$(BENCH_MODELS))

symbols: | $(B)
	CC='$(CC)' sh test/symbols.sh $(B)

$(B):
	mkdir -p $@

clean:
	rm -rf $(B) llrun llrun.exe

.PHONY: help run test test-memory matrix asan tsan fuzz emulate bench bench-models bench-peers symbols clean
