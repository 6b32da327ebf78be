# llrun: one header, one program. `make help` lists the targets.
CC      ?= cc
CFLAGS  ?= -O3 -ffp-contract=off -Wall -Wextra -Wpedantic
LDLIBS   = -lm -lpthread

MODEL   ?=
PROMPT  ?= Once upon a time
ARGS    ?= --raw -n 200
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
	@echo 'make run       MODEL=file.gguf [PROMPT="..."] [ARGS="..."]: continue a text'
	@echo 'make test      all tests that need only a compiler and make [TESTS="name ..."]'
	@echo 'make test-memory  the memory plan against what the system counts, and 200 runs in control groups (as root): half an hour'
	@echo 'make matrix    other languages, compilers, options and targets, as far as they are installed'
	@echo 'make asan      the tests with the address and undefined behaviour sanitizers'
	@echo 'make tsan      the tests of threads and sessions with the thread sanitizer'
	@echo 'make fuzz      [FUZZ_SECONDS=60]: random GGUF files, with clang and libFuzzer'
	@echo 'make emulate   [MODEL=file.gguf]: CPUs without AVX, without AVX2, and with AVX masked by the OS, with qemu-x86_64'
	@echo 'make bench     [MODEL=file.gguf]: speed; without a model, of a random one with 1.1 billion weights'
	@echo 'make symbols   what the implementation exports, needs and keeps in writable memory'
	@echo 'make clean     remove what was built'
	@echo 'CC, CFLAGS as usual. You need no -march; -ffast-math breaks the results.'

run: llrun
	@model='$(MODEL)'; [ -n "$$model" ] || model=$$(ls models/*.gguf 2>/dev/null | head -n 1); \
	if [ -z "$$model" ]; then \
	    echo 'There is no model in models/. Give one: make run MODEL=path/to/model.gguf PROMPT="Once upon a time"'; exit 1; \
	fi; ./llrun run "$$model" -p '$(PROMPT)' $(ARGS)

$(B)/test: $(TEST_SRC) | $(B)
	$(CC) $(CFLAGS) -o $@ test/test.c $(LDLIBS)

$(B)/make_model: test/make_model.c | $(B)
	$(CC) -O2 -o $@ test/make_model.c -lm

$(B)/child: test/child.c | $(B)
	$(CC) -O1 -Wall -Wextra -o $@ test/child.c

test: llrun $(B)/test $(B)/make_model $(B)/child
	@failed=0; \
	$(B)/test $(TESTS) || failed=1; \
	CC='$(CC)' sh test/program.sh ./llrun $(B) || failed=1; \
	sh test/doctor.sh ./llrun $(B) || failed=1; \
	sh test/memory.sh ./llrun $(B) || failed=1; \
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
	CC='$(CC)' MEMORY=0 sh test/program.sh $(B)/llrun-asan $(B)
	sh test/doctor.sh $(B)/llrun-asan $(B)

$(B)/test-tsan: $(TEST_SRC) | $(B)
	$(CC) -O1 -g -ffp-contract=off -fsanitize=thread -DLLRUN_TIERS=6 -o $@ test/test.c $(LDLIBS)

tsan: $(B)/test-tsan
	$(B)/test-tsan pool session

$(B)/fuzz_gguf: test/fuzz_gguf.c llrun.h | $(B)
	$(CLANG) $(SAN) -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o $@ test/fuzz_gguf.c $(LDLIBS)

fuzz: $(B)/fuzz_gguf $(B)/make_model
	mkdir -p $(B)/corpus
	$(B)/make_model $(B)/corpus/a.gguf --type q8_0 --layers 1 --embd 32 --ff 32 --heads 2 --vocab 264 --ctx 64
	$(B)/make_model $(B)/corpus/b.gguf --type f16 --layers 1 --embd 8 --ff 8 --heads 1 --kv-heads 1 --vocab 16 --no-vocab --arch qwen3
	$(B)/fuzz_gguf -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -artifact_prefix=$(B)/ -print_final_stats=1 $(B)/corpus

emulate: llrun $(B)/make_model
	sh test/emulate.sh ./llrun $(B) $(MODEL)

$(B)/1b-q4_0.gguf: | $(B)/make_model
	$(B)/make_model $@ --type q4_0 --layers 16 --embd 2048 --ff 8192 --heads 32 --kv-heads 8 --vocab 32000

bench: llrun $(if $(MODEL),,$(B)/1b-q4_0.gguf)
	./llrun bench $(if $(MODEL),$(MODEL),$(B)/1b-q4_0.gguf)

symbols: | $(B)
	CC='$(CC)' sh test/symbols.sh $(B)

$(B):
	mkdir -p $@

clean:
	rm -rf $(B) llrun llrun.exe

.PHONY: help run test test-memory matrix asan tsan fuzz emulate bench symbols clean
