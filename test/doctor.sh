#!/bin/sh
# doctor.sh LLRUN BUILD: llrun doctor from outside: exit statuses in every form, messages, logs on standard input, and
# machines recorded as folders (LLRUN_PROC and LLRUN_SYS), since one machine offers only one of each kind. Masked AVX
# registers cannot be recorded: make emulate has them.
set -u
LC_ALL=C; export LC_ALL
unset LLRUN_ISA LLRUN_PROC LLRUN_SYS
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
END

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
new() { rm -rf "$T/proc" "$T/sys"; mkdir -p "$T/proc/self" "$T/proc/driver" "$T/sys/fs/cgroup"; LLRUN_PROC=$T/proc LLRUN_SYS=$T/sys; export LLRUN_PROC LLRUN_SYS
    printf 'MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n' >"$T/proc/meminfo"
    printf 'processor : 0\nflags : fpu sse2\n' >"$T/proc/cpuinfo"; echo 'BOOT_IMAGE=/vmlinuz quiet' >"$T/proc/cmdline"; echo '0::/' >"$T/proc/self/cgroup"; }
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
echo -1 >"$g/cpu/x/cpu.cfs_quota_us"; t 0; printed '^ok  *threads .*no quota'
new; printf 'flags : fpu hypervisor sse2\n' >"$T/proc/cpuinfo"; echo 'quiet clearcpuid=xsave ro' >"$T/proc/cmdline"
t 0; printed '^ok  *cpu .*in a virtual machine'; printed "^warning  *cpu .*'clearcpuid=xsave'"
new; process 1 systemd 0 1000 init /init.scope; process 100 ollama 1 50000 'ollama serve' /system.slice/ollama.service; process 200 ollama 100 9000000 'ollama runner --model x' /system.slice/ollama.service
t 0; printed '^ok  *processes .*ollama runs (pid 100'; printed '^warning  *processes .*ollama runs (pid 200, 8.6 GiB'
process 200 ollama 1 9000000 'ollama runner --model x' /system.slice/ollama.service; t 1; printed '^problem  *processes .*pid 200.*lost its parent'
process 200 llama-server 1 9000000 'llama-server -m x' /user.slice; t 0; printed '^warning  *processes .*llama-server.*its parent is gone'
new; printf 'MemTotal: 16777216 kB\nMemAvailable: 200000 kB\nSwapTotal: 1000000 kB\nSwapFree: 1000 kB\nHugePages_Total: 4000\nHugePages_Free: 4000\nHugepagesize: 2048 kB\n' >"$T/proc/meminfo"
printf 'oom_kill 3\n' >"$T/proc/vmstat"; mkdir -p "$T/proc/sys/vm" "$T/sys/kernel/mm/transparent_hugepage"; echo 2 >"$T/proc/sys/vm/overcommit_memory"; echo 'always madvise [never]' >"$T/sys/kernel/mm/transparent_hugepage/enabled"
t 0; printed '^warning  *memory .*195.3 MiB available'; printed '^warning  *swap '; printed '^warning  *hugepages .*7.8 GiB'; printed '3 processes were killed'; printed 'strict accounting'; printed 'transparent huge pages: never'
new; for n in 0 1; do mkdir -p "$T/sys/devices/system/node/node$n"; printf 'Node %s MemTotal: 8388608 kB\nNode %s MemFree: 4194304 kB\n' $n $n >"$T/sys/devices/system/node/node$n/meminfo"; echo "$n-3" >"$T/sys/devices/system/node/node$n/cpulist"; done
t 0; printed '^warning  *numa .*2 memory nodes; node 0: CPUs 0-3, 8.0 GiB, 4.0 GiB free; node 1'
echo 0-1023 >"$T/sys/devices/system/node/node0/cpulist"; echo >"$T/sys/devices/system/node/node1/cpulist"     # memory without CPUs
printf 'Name:\tllrun\nMems_allowed_list:\t0-1\n' >"$T/proc/self/status"
printf '5580 default file=/usr/bin/llrun mapped=9 N1=9 kernelpagesize_kB=4\n7f01 default file=/models/m.gguf mapped=100 mapmax=2 N0=95 N1=5 kernelpagesize_kB=4\n' >"$T/proc/self/numa_maps"
t 0 "$T/m.gguf"; absent 'of the model lie on node'; absent 'memory may be taken'
printf '7f01 default file=/models/m.gguf mapped=100 N0=10 N1=90 kernelpagesize_kB=4\n' >"$T/proc/self/numa_maps"
printf 'Name:\tllrun\nMems_allowed_list:\t1\n' >"$T/proc/self/status"
t 0 "$T/m.gguf"; printed '^warning  *numa .*90 % of what is in memory of the model lie on node 1'; printed '^warning  *numa .*memory may be taken from node 1 only'
new; mkdir -p "$T/sys/bus/pci/devices/0000:01:00.0"; echo 0x10de >"$T/sys/bus/pci/devices/0000:01:00.0/vendor"; echo 0x030000 >"$T/sys/bus/pci/devices/0000:01:00.0/class"
t 0; printed '^warning  *gpu .*1 NVIDIA card, but no driver'
mkdir -p "$T/proc/driver/nvidia"; echo 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023' >"$T/proc/driver/nvidia/version"
"$llrun" doctor </dev/null >"$out" 2>"$err"; printed ' gpu .*535.129.03'       # whether its library is there is a matter of this machine
rm -rf "$T/proc" "$T/sys"; t 0; printed 'meminfo cannot be read'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
