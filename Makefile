# llrun: one header, one program. `make help` lists the targets.
CC      ?= cc
CFLAGS  ?= -O3 -ffp-contract=off -Wall -Wextra -Wpedantic
LDLIBS   = -lm -lpthread $(OLD_GLIBC)
# before 2.34 dlopen, for the library with kernels for GPUs, is in a library of its own; our references to it are weak
OLD_GLIBC = $(if $(filter 2.1% 2.2% 2.30 2.31 2.32 2.33,$(lastword $(shell getconf GNU_LIBC_VERSION 2>/dev/null))),-Wl$(,)--no-as-needed -ldl)

MODEL   ?=
PROMPT  ?=
ARGS    ?=
STORYTELLER = models/storyteller.gguf
B        = build
CLANG   ?= clang
SAN      = -O1 -g1 -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all
FUZZ_SECONDS ?= 60
NVCC    ?= $(firstword $(shell command -v nvcc) $(wildcard /usr/local/cuda/bin/nvcc) nvcc)
# what this toolkit can build up to 9.0, and for later GPUs code that the driver compiles; or CUDA_ARCH=native
CUDA_ARCH ?= all
CUDA_CODE  = $(if $(filter all,$(CUDA_ARCH)),$(shell $(NVCC) --list-gpu-arch 2>/dev/null | awk -F_ '$$2 <= 90 { printf "-gencode arch=compute_%s,code=sm_%s ", $$2, $$2 }') -gencode arch=compute_90$(,)code=compute_90,-arch=$(CUDA_ARCH))
, = ,
TESTS   ?=
TEST_SRC = llrun.h $(wildcard test/*.c test/*.h)

llrun: llrun.c llrun.h
	$(CC) $(CFLAGS) -o $@ llrun.c $(LDLIBS)

help:
	@echo 'make           build ./llrun'
	@echo 'make cuda      build llrun-cuda.so, the kernels for NVIDIA GPUs, with the CUDA Toolkit [CUDA_ARCH=native: for this GPU alone]'
	@echo 'make run       a story; with MODEL=file.gguf, PROMPT="..." or ARGS="...": continue a text'
	@echo 'make test      all tests that need only a compiler and make [TESTS="name ..."]'
	@echo 'make check-PART a part of them: $(TEST_PARTS) (-j2: two at a time)'
	@echo 'make test-cuda  the kernels on the GPU of this machine, also under compute-sanitizer if that is installed'
	@echo 'make test-memory  the memory plan against what the system counts, and 200 runs in control groups (as root): half an hour'
	@echo 'make matrix    other languages, compilers, options and targets, as far as they are installed'
	@echo 'make asan      the tests with the address and undefined behaviour sanitizers'
	@echo 'make tsan      the tests of threads and sessions with the thread sanitizer'
	@echo 'make fuzz      [FUZZ_SECONDS=60] [SEEDS=folder]: hostile files, texts and templates, with clang and libFuzzer'
	@echo 'make emulate   [MODEL=file.gguf]: CPUs without AVX, without AVX2, with AVX masked by the OS, AArch64, s390x, with qemu'
	@echo 'make bench-models  [BENCH_SHAPES="$(BENCH_SHAPES)"] [BENCH_TYPES="$(BENCH_TYPES)"]: random models, 5.6 GB, in $(B)/'
	@echo 'make bench     [MODEL=file.gguf]: speed with all kernels beside what the machine could do; without a model, of bench-models'
	@echo 'make bench-peers   LLAMA_BENCH=path IK_BENCH=path [MODEL=file.gguf]: against llama.cpp and ik_llama.cpp, in turn'
	@echo 'make symbols   what the implementation exports, needs and keeps in writable memory'
	@echo 'make clean     remove what was built'
	@echo 'CC, CFLAGS as usual. You need no -march; -ffast-math breaks the results.'

cuda: llrun-cuda.so
llrun-cuda.so: cuda_kernels.cu llrun.h
	$(NVCC) -O3 -std=c++17 -shared -Xcompiler -fPIC -Xcompiler -static-libstdc++ -Xcompiler -static-libgcc -cudart static $(CUDA_CODE) -o $@ cuda_kernels.cu

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

# the kernels for GPUs as C++ for the CPU
$(B)/llrun-cuda-host.so: cuda_kernels.cu test/cuda_host.h llrun.h | $(B)
	$(CXX) -std=c++17 -O1 -U_FORTIFY_SOURCE -Wall -Wextra -shared -fPIC -I. -DLLRUN_CUDA_HOST -x c++ -o $@ cuda_kernels.cu

# every failure of an allocation or file, every length of a file
$(B)/fail: test/fail.c llrun.c llrun.h | $(B)
	$(CC) -O1 -Wall -Wextra -DLLRUN_TIERS=2 -o $@ test/fail.c $(LDLIBS)

$(B)/fail.d: $(B)/make_model
	mkdir -p $@
	$(B)/make_model $@/tiny.gguf --type q4_0 --layers 1 --embd 64 --ff 64 --heads 2 --vocab 320 --template '{% for m in messages %}{{ m.content }}{% endfor %}'
	$(B)/make_model $@/least.gguf --type f16 --layers 1 --embd 8 --ff 8 --heads 1 --kv-heads 1 --vocab 16 --no-vocab --arch qwen3

# The parts can run beside each other (make -j2 test), and all run whatever fails.
TEST_PARTS = engine program chat story fail doctor memory speed gpu matrix
BINARIES   = llrun $(B)/test $(B)/make_model $(B)/child $(B)/pty $(B)/fail
test: $(BINARIES)
	@$(MAKE) --no-print-directory -k $(TEST_PARTS:%=check-%)
$(TEST_PARTS:%=check-%): export LLRUN_CUDA =    # whatever is beside the program: these are tests of the CPU, and check-gpu brings its own
check-engine: $(B)/test
	$(B)/test $(TESTS)
check-program: llrun $(B)/make_model $(B)/child
	CC='$(CC)' sh test/program.sh ./llrun $(B)
check-chat: llrun $(B)/make_model $(B)/pty
	sh test/chat.sh ./llrun $(B)
check-story: llrun
	sh test/story.sh ./llrun
check-fail: $(B)/fail $(B)/fail.d
	$(B)/fail $(B)/fail.d
check-doctor: llrun $(B)/make_model
	sh test/doctor.sh ./llrun $(B)
check-memory: llrun $(B)/make_model $(B)/child
	sh test/memory.sh ./llrun $(B)
check-speed: llrun $(B)/make_model $(B)/child
	sh test/speed.sh ./llrun $(B)
check-gpu: llrun $(B)/test $(B)/make_model
	@if [ "$$(uname -s) $$(getconf LONG_BIT)" = 'Linux 64' ] && echo '#include <ucontext.h>@int main() { makecontext(0, 0, 0); }' | tr @ '\n' | $(CXX) -x c++ -o $(B)/fibers - 2>/dev/null; \
	then $(MAKE) --no-print-directory check-gpu-emulated; else echo 'check-gpu: no C++ compiler, or a system without makecontext: not tested'; fi
check-gpu-emulated: llrun $(B)/test $(B)/make_model $(B)/llrun-cuda-host.so
	LLRUN_TEST_CUDA=$(B)/llrun-cuda-host.so $(B)/test gpu
	CC='$(CC)' sh test/gpu.sh ./llrun $(B)
check-matrix: | $(B)
	CC='$(CC)' sh test/matrix.sh short $(B)

# on a real GPU
test-cuda: llrun llrun-cuda.so $(B)/test $(B)/make_model
	LLRUN_TEST_CUDA=./llrun-cuda.so $(B)/test gpu
	if command -v compute-sanitizer >/dev/null; then LLRUN_TEST_CUDA=./llrun-cuda.so compute-sanitizer --error-exitcode 1 $(B)/test gpu; fi
	./llrun run $(STORYTELLER) -p 'Tell me a story.' --temp 0 --gpu require

test-memory: llrun $(B)/make_model $(B)/child
	sh test/memory.sh ./llrun $(B) full

matrix: | $(B)
	CC='$(CC)' CLANG='$(CLANG)' sh test/matrix.sh full $(B)

$(B)/test-asan: $(TEST_SRC) | $(B)
	$(CC) $(SAN) -fsanitize=address,undefined -o $@ test/test.c $(LDLIBS)

$(B)/llrun-asan: llrun.c llrun.h | $(B)
	$(CC) $(SAN) -fsanitize=address,undefined -DLLRUN_TIERS=34 -o $@ llrun.c $(LDLIBS)

asan: asan-engine asan-program asan-doctor
asan-engine: $(B)/test-asan
	$(B)/test-asan $(TESTS)
asan-program: $(B)/llrun-asan $(B)/make_model $(B)/child
	CC='$(CC)' MEMORY=0 SANITIZERS=1 sh test/program.sh $(B)/llrun-asan $(B)
asan-doctor: $(B)/llrun-asan $(B)/make_model
	sh test/doctor.sh $(B)/llrun-asan $(B)

$(B)/test-tsan: $(TEST_SRC) | $(B)
	$(CC) -O1 -g1 -ffp-contract=off -fsanitize=thread -DLLRUN_TIERS=6 -o $@ test/test.c $(LDLIBS)

tsan: $(B)/test-tsan
	$(B)/test-tsan pool session

# one program, which looks at its name
FUZZERS  = gguf tokenizer template program
$(B)/fuzz: llrun.c llrun.h $(wildcard test/fuzz*) | $(B)
	$(CLANG) $(SAN) -fsanitize=fuzzer,address,undefined -DLLRUN_TIERS=2 -o $@ test/fuzz.c $(LDLIBS)

$(FUZZERS:%=$(B)/fuzz_%): $(B)/fuzz
	ln -sf fuzz $@

# The GGUF seeds are made here, the others by the fuzzers themselves. SEEDS: more files to begin with.
$(B)/corpus: $(B)/make_model
	mkdir -p $(FUZZERS:%=$@/%)
	$(B)/make_model $@/gguf/a --type q8_0 --layers 1 --embd 32 --ff 32 --heads 2 --vocab 264 --ctx 64
	$(B)/make_model $@/gguf/b --type f16 --layers 1 --embd 8 --ff 8 --heads 1 --kv-heads 1 --vocab 16 --no-vocab --arch qwen3
	$(B)/make_model $@/gguf/c --type f32 --layers 2 --embd 8 --ff 8 --heads 2 --kv-heads 1 --vocab 264 --ctx 32 --tied --template '{{ messages[0].content }}'
	touch $@

fuzz: $(FUZZERS:%=fuzz-%)
$(FUZZERS:%=fuzz-%): fuzz-%: $(B)/fuzz_% $(B)/corpus
	$< -max_total_time=$$(($(FUZZ_SECONDS) / 4)) -max_len=40000 -timeout=30 -rss_limit_mb=3000 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=$(B)/$*- $(B)/corpus/$* $(SEEDS)

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
	rm -rf $(B) llrun llrun.exe llrun-cuda.so

.PHONY: help cuda run test test-cuda check-gpu-emulated $(TEST_PARTS:%=check-%) test-memory matrix asan asan-engine asan-program asan-doctor tsan fuzz $(FUZZERS:%=fuzz-%) \
        emulate bench bench-models bench-peers symbols clean
