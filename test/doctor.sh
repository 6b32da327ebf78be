#!/bin/sh
# doctor.sh LLRUN BUILD: llrun doctor from outside: exit statuses in every form, messages, logs on standard input, and
# machines recorded as folders (LLRUN_PROC, LLRUN_SYS, LLRUN_LIB), since one machine offers only one of each kind. Masked AVX
# registers cannot be recorded: make emulate has them.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA LLRUN_PROC LLRUN_SYS LLRUN_LIB
llrun=$1 build=$2
T=$(mktemp -d "${TMPDIR:-/tmp}/llrun-doctor.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
out=$T/out err=$T/err in=/dev/null
passed=0 failed=0 part=''

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAIL $part: $*"; [ ! -s "$err" ] || sed 's/^/       stderr: /' "$err" | head -n 4; }
section() { part=$1; echo "     $part"; }
t() {       # CODE ARGS ...
    want=$1; shift
    "$llrun" doctor "$@" <"$in" >"$out" 2>"$err"
    code=$?
    if [ "$code" = "$want" ]; then pass; else fail "exit $code instead of $want: doctor $*"; fi
}
printed() { if grep -q -i -e "$1" "$out"; then pass; else fail "does not print '$1'"; fi; }
absent() { if grep -q -i -e "$1" "$out"; then fail "prints '$1'"; else pass; fi; }
x() { t 0 --explain "$1"; printed "^  cause .*$2"; }          # WHAT, a word of the cause
is() { if [ "$1" = "$2" ]; then pass; else fail "$2 instead of $1"; fi; }

section 'exit statuses'
for n in 139 0x8b -11 35584 'exit status 139' 'exit code: 139' 'returned 139' 'signal 11' 'signal: 11' SIGSEGV 'signal: segmentation fault' 'Segmentation fault (core dumped)'; do
    x "$n" 'wrong address'; printed 'signal 11'
done
for n in 132 -4 33792 'signal: illegal instruction' SIGILL 'Illegal instruction (core dumped)' 0xC000001D 0xc000001d -1073741795 3221225501 'exit status 0xc000001d' 'exit status 3221225501'; do
    x "$n" 'illegal instruction'
done
for n in 137 -9 'signal: killed' Killed SIGKILL 'killed by signal 9' 'exited with code 137' 'process exited with 137'; do x "$n" 'OOM killer'; done
for n in 134 -6 'signal: aborted' 'SIGABRT' 'Aborted (core dumped)' 'Abort trap: 6'; do x "$n" 'abort()'; done
for n in 135 138 'Bus error'; do x "$n" 'bus error'; done
for n in 0xc0000005 0xC0000005 3221225477 -1073741819 'exit status 0xc0000005'; do x "$n" 'access violation'; absent 'illegal instruction'; done
for n in 0xc0000409 3221226505 -1073740791 'exit status 0xc0000409'; do x "$n" 'fast fail'; printed 'not the sign of a missing AVX'; done
x 3221225781 'DLL was not found'; x 0xC0000135 'DLL was not found'; x 3221225786 'Ctrl-C'; x 130 'Ctrl-C'; x 143 'asked to end'; x 141 'reader'
x 3221225725 stack; x 3221226356 heap; x 0xE06D7363 'C++ exception'; x 136 'division'; x 127 'not found'; x 126 'executed'; x 4294967295 'returned -1'; x -1 'returned -1'
x 'exit status 2' 'wrong usage'; printed 'panic'; x 'llama runner process has terminated: exit status 2' 'panics'; absent 'wrong usage'
x 'llrun exited with 5' memory; absent 'Ollama'
for n in 3 4 5 6; do x $n '.'; printed 'llrun'; done
"$llrun" doctor --explain exit status 0xc000001d >"$out" 2>"$err"; is 0 $?; printed 'illegal instruction'
"$llrun" doctor --explain=-1073741795 >"$out" 2>"$err"; is 0 $?; printed 'illegal instruction'
x 'llrun: GPU not used: out of memory of the GPU: 1.0 MiB more are needed, 0.5 of 8.0 MiB are free' 'memory of the GPU is full'
x 'GPU not used: the NVIDIA driver supports CUDA 11.7, and the kernels were built with CUDA 13.0' 'driver is older'
x 'emulated GPU 0 has compute capability 5.2, and this build has no kernels for it, but for 7.5' 'no code for this GPU'
x 'no layer fits on the GPU: 97.6 KiB of 8.5 MiB are free' 'does not fit into the memory of the GPU'
x 'GPU not used: this program was linked without dlopen, and cannot load libraries' 'no GPU support'
t 0 --explain 139 --json; is 1 "$(wc -l <"$out" | tr -d ' ')"; printed '^{"what":"139","matches":\[{.*"fix":.*}\]}$'
for n in 77 0xC0DE1234 'no such message at all' '' '|' '*'; do t 1 --explain "$n"; is 1 "$(grep -c '^llrun: error: ' "$err")"; done
t 2 --explain; t 2 one two; t 2 --explain a b c d e

section 'messages'
while IFS='|' read -r what cause; do [ -z "$what" ] || x "$what" "$cause"; done <<'END'
cudaMalloc failed: out of memory|memory of the GPU
CUDA error: out of memory|memory of the GPU
ggml_backend_cuda_buffer_type_alloc_buffer: allocating 5000.00 MiB on device 0: cudaMalloc failed: out of memory|memory of the GPU
entering low vram mode|less memory
unable to allocate backend buffer|could not be had
llama_model_load: error loading model: unable to allocate CUDA0 buffer|could not be had
alloc_tensor_range: failed to allocate CPU buffer of size 123|could not be had
GGML_ASSERT(n_embd == 4096) failed|assertion
error loading model: unknown model architecture: 'qwen9'|family
tensor 'blk.20.ffn_up.weight' data is not within the file bounds, model is corrupted or incomplete|cut short
gguf_init_from_file: invalid magic characters 'vers'|no GGUF
CPU does not have AVX or AVX2, disabling GPU support.|GPU off
CPU does not have vector extensions|GPU off
no CUDA-capable device is detected|no GPU
CUDA driver version is insufficient for CUDA runtime version|older than
no kernel image is available for execution on the device|no code for this GPU
mmap failed: No such device|could not be mapped
warning: failed to mlock 107520000-byte buffer: Cannot allocate memory|could not be locked
Error: listen tcp 127.0.0.1:11434: bind: address already in use|uses the port
bind: Only one usage of each socket address (protocol/network address/port) is normally permitted.|uses the port
timed out waiting for llama runner to start - progress 0.00|longer than the limit
Error: llama runner process has terminated|process that ran the model
Error: llama runner process no longer running: -1|runner died
model requires more system memory (9.8 GiB) than is available (5.1 GiB)|Ollama refuses
unknown pre-tokenizer type: 'deepseek-r1-qwen'|tokenizer
terminate called after throwing an instance of 'std::bad_alloc'|exception was not caught
Failed to initialize NVML: Driver/library version mismatch|different versions
CUDA error 999: unknown error|suspend
an illegal memory access was encountered|wrong memory
/lib64/libc.so.6: version `GLIBC_2.27' not found|newer C
The model has crashed without additional information. (Exit code: 3221225501)|illegal instruction
no space left on device|disk is full
the request exceeds the available context size|longer than the context
Out of memory: Killed process 4711 (ollama_llama_se)|OOM killer
traps: main[4711] trap invalid opcode ip:55|instruction that the CPU lacks
error 1455: The paging file is too small for this operation to complete.|paging file
CUDA error: the provided PTX was compiled with an unsupported toolchain.|no code for this GPU
ROCm error: no kernel image is available for execution on the device|ROCm has no code
CUDA error: CUBLAS_STATUS_EXECUTION_FAILED|CUDA refused a calculation
ggml_cuda_compute_forward: SCALE failed|library reported an error
ggml_vulkan: Device memory allocation of size 118497280 failed.|memory of the GPU
level_zero backend failed with error: 39 [UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY]|memory of the GPU
terminate called after throwing an instance of 'vk::DeviceLostError'|gave up or reset
vk::createInstance: ErrorIncompatibleDriver|Vulkan build needs
ggml_metal_graph_compute: command buffer 3 failed with status 5|job of the GPU failed
ggml_metal_init: error: Error Domain=MTLLibraryErrorDomain Code=3 "program_source:3:10: fatal error: 'ggml-common.h' file not found|code for Metal
Memory access fault by GPU node-1 (Agent handle: 0x5581) on address 0x7f02. Reason: Page not present or supervisor privilege.|GPU hung
could not select device driver "nvidia" with capabilities: [[gpu]]|container toolkit
Failed to initialize NVML: Unknown Error|does not open the GPU
msg="Unable to load nvcuda" error="nvcuda init failure: 500"|does not open the GPU
cudart init failure: 35|older than
msg="failure during GPU discovery" error="failed to finish discovery before timeout"|trial run
OSError: [WinError 1114] A dynamic link library (DLL) initialization routine failed|failed to start itself
OSError: exception: access violation reading 0x0000000000000000|wrong address
The program can't start because MSVCP140.dll is missing from your computer.|DLL was not found
llama-server.exe is not a valid Win32 application|another kind of CPU
The procedure entry point CreateFile2 could not be located in the dynamic link library KERNEL32.dll|lacks a function
ollama.service: Main process exited, code=dumped, status=4/ILL|illegal instruction
ollama.service: Main process exited, code=exited, status=203/EXEC|could not start the program
ollama.service: Start request repeated too quickly.|several times in a row
zsh: killed     ./llama-cli -m model.gguf|OOM killer
clip_init: failed to load model 'mmproj.gguf': load_hparams: unknown projector type: gemma4uv|file for images
gguf_init_from_file_impl: tensor 'blk.0.attn_k.weight' has offset 320868864, expected 5383208929597152|contradicts itself
gguf_init_from_file: GGUFv1 is no longer supported. please use a more up-to-date version|different times
gguf_init_from_file: failed to open 'model.gguf': No such file or directory|no file of that name
llama_lora_adapter_init: failed to apply lora adapter: LoRA tensor 'rope_freqs.weight' has unexpected suffix|adapter
input is too large to process. increase the physical batch size|batch takes
llama_new_context_with_model: V cache quantization requires flash_attn|flash attention
ggml_new_object: not enough space in the context's memory pool (needed 3539648, available 3539280)|fixed size
update_slots : failed to decode the batch, n_batch = 1, ret = 1|calculation failed
json: unsupported value: NaN|no numbers any more
Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...|refuses the conversation
Error rendering prompt with jinja template: "Unknown test: sequence"|could not be understood
llama_grammar_init_impl: failed to parse grammar|grammar or JSON schema
registry.ollama.ai/library/deepseek-r1:14b does not support tools|cannot do what was asked
pull model manifest: Get "https://registry.ollama.ai/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority|not trusted
dial tcp: lookup registry.ollama.ai on 127.0.0.53:53: server misbehaving|could not be looked up
Error: max retries exceeded: unexpected EOF|broke off again
Error: POST predict: Post "http://127.0.0.1:39395/completion": EOF|cut the connection
net/http: request canceled (Client.Timeout exceeded while awaiting headers)|gave up before
pulling manifest Error: 403:|access refused
Access to fetch at 'http://localhost:11434/api/tags' from origin has been blocked by CORS policy|origin
Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B|no key
error starting the external llama server: fork/exec /tmp/ollama2604787016/runners/cpu_avx2/ollama_llama_server: permission denied|may not be executed
-bash: ./llava-v1.5-7b-q4.llamafile: cannot execute: required file not found|loader
run-detectors: unable to find an interpreter for ./llava-v1.5-7b-q4.llamafile|binfmt
nvcc fatal : Unsupported gpu architecture 'compute_89'|CUDA Toolkit
ERROR: Failed building wheel for llama-cpp-python|compiler
Error loading model. (Exit code: 18446744072635810000). Unknown error. Try a different model and/or config.|LM Studio rounds
The model has crashed without additional information. (Exit code: 18446744072635812000)|fast fail
Error loading model. (Exit code: 18446744073179853000). Unknown error.|C++ exception
(Exit code: 6). Please check settings and try loading the model again.|abort()
process exited with 18446744072635809821|illegal instruction
./llama-cli: symbol lookup error: libllama.so.0: undefined symbol: ggml_gated_delta_net|different builds
CUDA error 217 at ggml-cuda.cu:6292: peer access is not supported between these two devices|each other's memory
Ollama: 500, message='Internal Server Error', url='http://localhost:11434/api/chat'|status 500
404 page not found|no such address
AttributeError: 'LlamaCpp' object has no attribute '_transform_args'|Python exception
a quantized thing went wrong|what exactly failed is not known here
llrun: error: m.gguf is incomplete: it has 3.1 GiB of 4.4 GiB; tensor 'blk.20.ffn_up.weight' ends 96 bytes past the end of the file|cut short
llrun: error: --isa avx2: this CPU or its operating system cannot run it|kernels asked for
llrun: error: not enough memory: a context of 4096 tokens needs 9.8 GiB (KV cache 2.0 GiB, scratch 0.4 GiB), 5.1 GiB are available|allocation failed
END
# what a line must not be taken for
for m in 'ggml_metal_graph_compute: command buffer 3 failed with status 5' 'process_ubatch: failed to compute graph, compute status: -1'; do t 0 --explain "$m"; absent 'exit status'; done
x 'Error: max retries exceeded: unexpected EOF' 'broke off'; absent 'cut short'; x '(0xc0000142). Click OK' 'start itself'; absent 'bitness'

section 'logs'
cat >"$T/log" <<'END'
time=2025-01-01T10:00:00.412Z level=INFO source=routes.go:1187 msg="Listening on 127.0.0.1:11434 (version 0.5.4)"
time=2025-01-01T10:00:01.000Z level=INFO source=gpu.go:226 msg="looking for compatible GPUs"
[GIN] 2025/01/01 - 10:00:02 | 200 |      13.137µs | 127.0.0.1 | HEAD "/"
time=2025-01-01T10:00:03.000Z level=INFO source=routes.go:1217 msg="entering low vram mode" "total vram"="8.0 GiB" threshold="20.0 GiB"
ggml_backend_cuda_buffer_type_alloc_buffer: allocating 5000.00 MiB on device 0: cudaMalloc failed: out of memory
ggml_backend_cuda_buffer_type_alloc_buffer: allocating 5000.00 MiB on device 0: cudaMalloc failed: out of memory
time=2025-01-01T10:00:09.000Z level=ERROR source=sched.go:455 msg="error loading llama server" error="llama runner process has terminated: exit status 0xc0000409"
[GIN] 2025/01/01 - 10:00:10 | 500 |      7.3s | 127.0.0.1 | POST "/api/generate"
END
in=$T/log; t 0; printed '^line 4: '; printed '^line 5 and 1 more: '; printed '^line 7: .*0xc0000409'; printed 'fast fail'; absent '^line [1238]'
is 3 "$(grep -c '^  cause' "$out")"
t 0 --json; is 1 "$(wc -l <"$out" | tr -d ' ')"; printed '"line":5,"count":2'
cat "$T/log" | "$llrun" doctor >"$out" 2>"$err"; is 0 $?; printed '^line 4: '
cat >"$T/healthy" <<'END'
time=2025-02-26T10:05:54.644+08:00 level=WARN source=ggml.go:132 msg="key not found" key=qwen2.attention.key_length default=128
time=2025-02-26T10:05:54.650+08:00 level=INFO source=server.go:555 msg="waiting for server to become available" status="llm server loading model"
[GIN] 2025/02/26 - 10:05:31 | 404 |      178.23µs |       127.0.0.1 | GET      "/api/tags"
ggml_cuda_init: found 1 CUDA devices:
llama_model_loader: - kv  22:     tokenizer.chat_template str = {%- if tools %}{{ raise_exception('Only user and assistant roles are supported!') }}
load_tensors: offloaded 29/29 layers to GPU
llama_context: n_ctx_per_seq (4096) < n_ctx_train (131072) -- the full capacity of the model will not be utilized
ggml_metal_init: default.metallib not found, loading from source
ggml_metal_init: loading '/opt/homebrew/ggml-metal.metal'
Detected Free GPU Memory: 8192 MB (Set GPU layers manually if incorrect)
srv  log_server_r: request: GET /favicon.ico 127.0.0.1 404
END
in=$T/healthy; t 0; printed 'nothing in 11 lines'
printf 'all is well\nnothing 137 here\ncode 200 status 404\n' >"$T/dull"; in=$T/dull; t 0; printed 'nothing in 3 lines'
printf '\000\001\377%%s%%n\033[31mcudaMalloc failed\n' >"$T/odd"; in=$T/odd; t 0; printed 'memory of the GPU'
if grep -q "$(printf '\033')" "$out"; then fail 'an escape sequence came through'; else pass; fi
head -c 300000 /dev/urandom >"$T/noise"; in=$T/noise; t 0
: >"$T/empty"; in=$T/empty; t 0; printed '^ok  *cpu '
in=/dev/null

section 'this machine'
t 0; printed '^ok  *kernels '; printed '^ok  *self-test '; printed scalar; absent '^problem'
for isa in $("$llrun" cpu --json | sed -n 's/.*"usable": *\[\([^]]*\)\].*/\1/p' | tr -d '" ' | tr ',' ' '); do
    if grep '^ok  *self-test' "$out" | grep -q -w "$isa"; then pass; else fail "no self-test of $isa"; fi
done
t 0 --json; is 1 "$(wc -l <"$out" | tr -d ' ')"; printed '"problems":0}$'
"$build/make_model" "$T/m.gguf" >/dev/null
t 0 "$T/m.gguf"; printed '^ok  *model '; printed '^ok  *tokenizer '; printed '^ok  *plan '
t 0 -m "$T/m.gguf"
head -c 100000 "$T/m.gguf" >"$T/short.gguf"; t 1 "$T/short.gguf"; printed '^problem  *model '
t 1 "$T/absent.gguf"; printed '^problem  *model '; t 1 "$T/absent.gguf" --json; printed '"problems":1}$'

case $(uname -s) in Linux) ;; *) echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; exit;; esac

section 'recorded machines'
flags=$(grep -m 1 '^flags' /proc/cpuinfo | sed 's/ hypervisor//')
cpu() { printf 'processor : 0\nmodel name : %s\n%s\nmicrocode : 1\n' "$1" "$2" >"$T/proc/cpuinfo"; }
new() { rm -rf "$T/proc" "$T/sys" "$T/lib" "$T/bin"; mkdir -p "$T/proc/self" "$T/proc/driver/nvidia" "$T/proc/net" "$T/sys/fs/cgroup" "$T/bin" "$T/lib/usr/lib64"
    LLRUN_PROC=$T/proc LLRUN_SYS=$T/sys LLRUN_LIB=$T/lib; export LLRUN_PROC LLRUN_SYS LLRUN_LIB
    printf 'MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n' >"$T/proc/meminfo"
    cpu 'A CPU' "$flags"; echo 'BOOT_IMAGE=/vmlinuz quiet' >"$T/proc/cmdline"; echo '0::/' >"$T/proc/self/cgroup"; }
process() { mkdir -p "$T/proc/$1"; echo "$2" >"$T/proc/$1/comm"; printf 'Name:\t%s\nPPid:\t%s\nVmRSS:\t%s kB\n' "$2" "$3" "$4" >"$T/proc/$1/status"; printf '%s' "$5" | tr ' ' '\000' >"$T/proc/$1/cmdline"; echo "0::$6" >"$T/proc/$1/cgroup"; }
new; t 0; printed '^ok  *memory .*8.0 GiB available of 16.0 GiB'; printed '^ok  *cgroup .*no memory limit'; printed 'no other runner'; absent 'in a virtual machine'
g=$T/sys/fs/cgroup/a/b; mkdir -p "$g"; echo '0::/a/b' >"$T/proc/self/cgroup"
echo max >"$g/memory.max"; echo 1073741824 >"$T/sys/fs/cgroup/a/memory.max"; echo 1000000000 >"$T/sys/fs/cgroup/a/memory.current"
printf 'inactive_file 100000000\nactive_file 50000000\n' >"$T/sys/fs/cgroup/a/memory.stat"; echo '50000 100000' >"$g/cpu.max"
t 0; printed '^warning  *cgroup .*limit 1.0 GiB, 953.7 MiB used.*143.1 MiB file cache: 213.4 MiB left'; printed '^warning  *threads .*quota 0.50'
new; g=$T/sys/fs/cgroup; mkdir -p "$g/memory/x" "$g/cpu/x"; printf '5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n' >"$T/proc/self/cgroup"
echo 9223372036854771712 >"$g/memory/memory.limit_in_bytes"; echo 4294967296 >"$g/memory/x/memory.limit_in_bytes"; echo 1073741824 >"$g/memory/x/memory.usage_in_bytes"
echo 25000 >"$g/cpu/x/cpu.cfs_quota_us"; echo 100000 >"$g/cpu/x/cpu.cfs_period_us"
t 0; printed '^ok  *cgroup .*limit 4.0 GiB.*3.0 GiB left'; printed '^warning  *threads .*quota 0.25'
echo -1 >"$g/cpu/x/cpu.cfs_quota_us"; echo 9223372036854771712 >"$g/memory/x/memory.limit_in_bytes"; t 0; printed '^ok  *threads .*no quota'; printed '^ok  *cgroup .*no memory limit'
new; cpu 'A CPU' "$flags hypervisor"; echo 'quiet clearcpuid=xsave ro' >"$T/proc/cmdline"
t 0; printed '^ok  *cpu .*in a virtual machine'; printed "^warning  *cpu .*'clearcpuid=xsave'"; absent 'does not list'
case $flags in *' avx2 '*) new; cpu 'A CPU' "$(echo "$flags" | sed 's/ avx2 / /')"; t 0; printed '^warning  *cpu .*has avx2, but the kernel does not list'; esac
new; process 1 systemd 0 1000 init /init.scope; process 100 ollama 1 50000 'ollama serve' /system.slice/ollama.service; process 200 ollama 100 9000000 'ollama runner --model x' /system.slice/ollama.service
t 0; printed '^ok  *processes .*ollama runs (pid 100'; printed '^warning  *processes .*ollama runs (pid 200, 8.6 GiB'
process 200 ollama 1 9000000 'ollama runner --model x' /system.slice/ollama.service; t 1; printed '^problem  *processes .*pid 200.*lost its parent'
process 200 llama-server 1 9000000 'llama-server -m x' /user.slice; t 0; printed '^warning  *processes .*llama-server.*its parent is gone'
new; printf 'MemTotal: 16777216 kB\nMemAvailable: 200000 kB\nSwapTotal: 1000000 kB\nSwapFree: 1000 kB\nHugePages_Total: 4000\nHugePages_Free: 4000\nHugepagesize: 2048 kB\n' >"$T/proc/meminfo"
printf 'oom_kill 3\n' >"$T/proc/vmstat"; mkdir -p "$T/proc/sys/vm" "$T/sys/kernel/mm/transparent_hugepage"; echo 2 >"$T/proc/sys/vm/overcommit_memory"; echo 'always madvise [never]' >"$T/sys/kernel/mm/transparent_hugepage/enabled"
t 0; printed '^warning  *memory .*195.3 MiB available'; printed '^warning  *swap '; printed '^warning  *hugepages .*7.8 GiB'; printed '3 processes were killed'; printed 'strict accounting'; printed 'transparent huge pages: never'
memory() { printf 'MemTotal: %s kB\nMemAvailable: %s kB\n' $1 $2 >"$T/proc/meminfo"; }      # short: less than a tenth, or than 512 MiB
new; memory 16777216 1600000; t 0; printed '^warning  *memory .*1.5 GiB available of 16.0 GiB'; memory 16777216 1700000; t 0; printed '^ok  *memory .*1.6 GiB available of 16.0 GiB'
memory 2097152 520000; t 0; printed '^warning  *memory .*507.8 MiB available'; memory 2097152 525000; t 0; printed '^ok  *memory .*512.7 MiB available of 2.0 GiB'
"$build/make_model" "$T/large.gguf" --type q8_0 --layers 8 --embd 512 --ff 2048 --heads 8 --ctx 256 >/dev/null
memory 2097152 20000; t 0 "$T/large.gguf"; printed '^warning  *plan .*more than the 19.5 MiB available'
memory 2097152 5000; t 1 "$T/large.gguf"; printed '^problem  *plan .*needs [5-9][.0-9]* MiB besides the weights, 4.9 MiB are available'
memory 2097152 1000; t 1 "$T/large.gguf"; printed '^problem  *model *not enough memory: .*To do: end other programs$'
memory 2097152 900000; t 0 "$T/large.gguf"; printed '^ok  *plan .*fit into the 878.9 MiB available'; rm -f "$T/large.gguf"
numa() { for n in 0 1; do mkdir -p "$T/sys/devices/system/node/node$n"; printf 'Node %s MemTotal: 8388608 kB\nNode %s MemFree: 4194304 kB\n' $n $n >"$T/sys/devices/system/node/node$n/meminfo"; done
    echo 0-3 >"$T/sys/devices/system/node/node0/cpulist"; echo 4,5-7 >"$T/sys/devices/system/node/node1/cpulist"; printf 'Name: x\nCpus_allowed_list:\t%s\nMems_allowed_list:\t%s\n' "$1" "$2" >"$T/proc/self/status"; }
new; numa 0-7 0-1; t 0; printed '^warning  *numa .*2 memory nodes; node 0: CPUs 0-3, 8.0 GiB, 4.0 GiB free; node 1: CPUs 4,5-7'
new; numa 5 0-1; t 0; printed '^ok  *numa .*runs on one of them'
new; numa 0-2 1; t 0; printed '^warning  *numa .*of other nodes than the memory'
new; numa 0-7 0-1; process 300 llama-server 200 1000 llama-server /; printf 'Cpus_allowed_list:\t0-3\n' >>"$T/proc/300/status"
printf '7f00 default file=/m.gguf mapped=500000 N0=1000 N1=499000 kernelpagesize_kB=4\n7f01 default anon=9 dirty=9 N0=9 kernelpagesize_kB=2048\n' >"$T/proc/300/numa_maps"
t 0; printed '^warning  *numa .*llama-server: 1.9 GiB of its 1.9 GiB lie on a node'
printf 'Name: x\nCpus_allowed_list:\t0-7\n' >"$T/proc/300/status"; t 0; absent 'lie on a node'
cp "$T/proc/300/numa_maps" "$T/proc/self/"; numa 0-1 0-1; t 0 "$T/m.gguf"; printed '^warning  *numa .*pages in memory: 1.9 GiB of'

section 'GPUs of recorded machines'
module() { echo "NVRM version: NVIDIA UNIX x86_64 Kernel Module  $1  Thu Oct 19 18:56:32 UTC 2023" >"$T/proc/driver/nvidia/version"; }
library() { : >"$T/lib/usr/lib64/$1.$2"; ln -sf "$1.$2" "$T/lib/usr/lib64/$1.1"; }
new; mkdir -p "$T/sys/bus/pci/devices/0000:01:00.0"; echo 0x10de >"$T/sys/bus/pci/devices/0000:01:00.0/vendor"; echo 0x030000 >"$T/sys/bus/pci/devices/0000:01:00.0/class"
t 0; printed '^warning  *gpu .*1 NVIDIA card, but no driver'
new; t 0; printed '^ok  *gpu .*no NVIDIA driver'; library libcuda.so 535.129.03; t 0; printed '^ok  *gpu .*libcuda.so.1 is there, but no'
new; module 535.129.03; t 0; printed '^warning  *gpu .*driver 535.129.03 is loaded, but libcuda.so.1 is not there'
library libcuda.so 535.129.03; library libnvidia-ml.so 535.129.03; t 0; printed '^ok  *gpu .*driver 535.129.03, .*/libcuda.so.1$'
library libnvidia-ml.so 550.54.14; t 1; printed '^problem  *gpu .*535.129.03 in the kernel, but .*/libnvidia-ml.so.1 is of 550.54.14'; absent '^ok  *gpu .*535'
library libnvidia-ml.so 535.129.03; library libcuda.so 550.54.14; t 1; printed '^problem  *gpu .*libcuda.so.1 is of 550.54.14'
smi() { cat >"$T/bin/nvidia-smi"; chmod +x "$T/bin/nvidia-smi"; }
path=$PATH
new; smi <<'END'
#!/bin/sh
case $1 in --query-gpu*) echo '0, NVIDIA GeForce GTX 1060 6GB, 6144, 500, 535.129.03'; echo '1, Tesla P40, 24576, 24000, 535.129.03';; *) printf '200, /usr/bin/ollama, 4400\n300, /usr/bin/python3, 900\n400, Xorg, 20\n';; esac
END
process 100 ollama 1 50000 'ollama serve' /system.slice/ollama.service; process 200 ollama 100 9000 'ollama runner --model x' /system.slice/ollama.service
PATH=$T/bin:$path; t 0; printed '^warning  *gpu .*GPU 0: NVIDIA GeForce GTX 1060 6GB, driver 535.129.03, 500.0 MiB of 6.0 GiB free'; printed '^ok  *gpu .*Tesla P40'
printed '^warning  *processes .*ollama runs (pid 200, 8.8 MiB in memory, 4.3 GiB of the GPU'; printed '^warning  *processes .*python3 (pid 300) holds 900'; printed '^ok  *processes .*Xorg (pid 400)'; printed '^ok  *processes .*ollama runs (pid 100, 48.8 MiB in memory)'
process 200 ollama 1 9000 'ollama runner --model x' /system.slice/ollama.service; t 1; printed '^problem  *processes .*4.3 GiB of the GPU.*has lost its parent'
new; smi <<'END'
#!/bin/sh
echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18
END
t 1; printed '^problem  *gpu .*nvidia-smi: Failed to initialize NVML'
new; printf '#!/bin/sh\nsleep 60\n' | smi; t 1; printed '^problem  *gpu .*does not answer'
new; printf '#!/no/such/interpreter\n' | smi; t 0; absent 'nvidia-smi'
new; printf '#!/bin/sh\nhead -c 100000 /dev/urandom\n' | smi; "$llrun" doctor </dev/null >"$out" 2>"$err"; is 1 $?
PATH=$path
new; process 300 llama-server 200 1000 llama-server /; mkdir -p "$T/proc/300/fdinfo"; for n in 3 4; do printf 'pos: 0\ndrm-driver:\tamdgpu\ndrm-memory-vram:\t4194304 KiB\n' >"$T/proc/300/fdinfo/$n"; done
mkdir -p "$T/sys/class/drm/card1/device"; echo 8589934592 >"$T/sys/class/drm/card1/device/mem_info_vram_total"; echo 8489934592 >"$T/sys/class/drm/card1/device/mem_info_vram_used"
t 0; printed '^warning  *processes .*llama-server runs (pid 300, 1000.0 KiB in memory, 4.0 GiB of the GPU'; printed '^warning  *gpu .*AMD card 1: 95.4 MiB of 8.0 GiB free'

section 'ports'
listen() { printf '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: %s:2CAA 00000000:0000 %s 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0\n' "$2" "$3" >"$T/proc/net/$1"; }
new; process 300 ollama 1 50000 'ollama serve' /system.slice/ollama.service; mkdir "$T/proc/300/fd"; ln -s 'socket:[4242]' "$T/proc/300/fd/3"; listen tcp 0100007F 0A
t 0; printed '^warning  *ports .*11434.*in use by ollama (pid 300)'
rm "$T/proc/net/tcp"; listen tcp6 00000000000000000000000000000000 0A; t 0; printed '^warning  *ports .*11434.*by ollama (pid 300)'
rm "$T/proc/300/fd/3"; t 0; printed '^warning  *ports .*11434.*another user'
rm "$T/proc/net/tcp6"; ln -s 'socket:[4242]' "$T/proc/300/fd/3"; listen tcp 0100007F 01; t 0; absent 'by ollama'       # a connection, nobody listens
rm -rf "$T/proc" "$T/sys"; t 0; printed 'meminfo cannot be read'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
