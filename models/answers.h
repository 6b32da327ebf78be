/* answers.h - a generator of questions and answers about running language models locally.
 *
 * A fact has a kind, the ways to name its subject, questions of its own, and its answer. The kind brings the usual ways of
 * asking ("What does X mean?", "I got X. Why?"), so that every fact can be asked in hundreds of ways; small letters,
 * missing question marks and typing errors are added at random. Answers are one to three sentences.
 *
 * The facts about llrun are those of its command line (llrun help). Windows codes are NTSTATUS values of ntstatus.h; exit
 * codes above 128 are 128 plus the number of a signal, as shells report them; sizes of tensor types follow from their
 * blocks (q4_0: 18 bytes for 32 weights).
 */
#ifndef ANSWERS_H
#define ANSWERS_H
#include "stories.h"

typedef enum fact_kind { CODE, NOUN, TASK, TROUBLE, FACT_KINDS } fact_kind;
typedef struct fact { fact_kind kind; const char *subject, *question, *answer; } fact;

static const char *const asking[FACT_KINDS] = {
    /* CODE: the subject is an exit status or an error text */
    ("[What does {x} mean?|What is {x}?|What does it mean when my model ends with {x}?|I got {x}. What does [that|it] mean?|Why do I [get|see] {x}?"
    "|My model [crashed|stopped|died|exited] with {x}. [Why?|What happened?|]|The program ended with {x}. [Why?|What now?]|What is the [reason for|cause of|meaning of] {x}?"
    "|What [should|can] I do about {x}?|How do I fix {x}?|It says {x}. What is wrong?|Can you explain {x}?|Help, {x}!|{x}?|What causes {x}?|The runner stopped with {x}, what now?"
    "|{x}, what is this?|I keep getting {x}.|Do you know what {x} means?|Explain {x}.|What went wrong if I see {x}?]"),
    /* NOUN: a thing to explain */
    ("[What is {x}?|What's {x}?|Explain {x}.|Can you explain {x}?|Tell me about {x}.|What do you know about {x}?|What does {x} mean?|Describe {x}."
    "|I do not know what {x} is.|Please tell me what {x} is.|What exactly is {x}?|{x}?|Could you tell me what {x} is?|I read about {x}. What is that?|Do you know {x}?|What is meant by {x}?"
    "|Somebody talked about {x}. What is it?|Can you say in a few words what {x} is?]"),
    /* TASK: something to do, "use less memory" */
    ("[How do I {x}?|How can I {x}?|How to {x}?|What do I have to do to {x}?|I want to {x}.|Is there [a flag|an option|a way] to {x}?|Which [flag|option] lets me {x}?|Is it possible to {x}?"
    "|What is the [flag|option] to {x}?|Please tell me how to {x}.|I would like to {x}. How?|I need to {x}.|Which [flag|option] do I need to {x}?|Can llrun {x}?|How would I {x}?|What is the best way to {x}?"
    "|Tell me how to {x}.|How does one {x}?|Can I {x}?]"),
    /* TROUBLE: a sentence about what goes wrong, "my process was killed" */
    ("[{x}. Why?|{x}. What can I do?|{x}, what happened?|What does it mean if {x}?|What should I do when {x}?|Help, {x}!|{x}.|{x}, how do I fix it?|What is wrong if {x}?"
    "|{x}. [What is the reason?|What is wrong?|Any idea?|How do I fix that?]|Why does it happen that {x}?|What is the cause if {x}?|I have a problem: {x}.|Since today {x}.|{x}. Is that normal?|What can I do if {x}?]"),
};

static const fact facts[] = {
    /* --- exit codes of llrun --- */
    { CODE, "[exit code 0|exit status 0|return code 0] [of llrun|from llrun|]", "What does llrun return when all is well?",
      "Exit code 0 means success: llrun did what you asked." },
    { CODE, "[exit code 1|return code 1|llrun exit code 1|exit code 1 of llrun]", "What does llrun return when it fails while running?",
      "Exit code 1 of llrun means that something failed while running, for example a file that could not be written. The error line names the reason." },
    { CODE, "[exit code 2 of llrun|llrun exit code 2|exit code 2 from llrun]", "What does llrun return for a wrong option?",
      "Exit code 2 of llrun means wrong usage: an unknown option, a bad value, or a prompt that is longer than the context. See llrun help." },
    { CODE, "[exit code 3|llrun exit code 3|exit code 3 of llrun|return code 3|exit status 3]", "What does llrun return for a broken file?",
      "Exit code 3 means that the model file cannot be used: it is missing, damaged, cut short or not a GGUF file. Check the path or download it again." },
    { CODE, "[exit code 4|llrun exit code 4|exit code 4 of llrun|return code 4|exit status 4]", "What does llrun return if the architecture is not supported?",
      "Exit code 4 means that the file is valid, but something in it is not supported, such as its architecture, tensor type or tokenizer. A newer version may help." },
    { CODE, "[exit code 5|llrun exit code 5|exit code 5 of llrun|return code 5|exit status 5]", "What does llrun return when memory is short?",
      "Exit code 5 means that there is not enough memory. Use a smaller context with -c, --kv q8_0, or a smaller model; llrun plan shows the numbers." },
    { CODE, "[exit code 6|llrun exit code 6|exit code 6 of llrun|return code 6|exit status 6]", "What does llrun return if the CPU lacks the instructions of --isa?",
      "Exit code 6 means that the hardware you asked for is not usable: --isa names a tier that this CPU cannot run, or --gpu require found no GPU." },
    { CODE, "[exit code 130|exit status 130|return code 130|SIGINT|signal 2]", "What does Ctrl-C return?",
      "Exit code 130 means that the program was ended by Ctrl-C (SIGINT, signal 2). It is not an error." },
    { CODE, "[exit code 143|exit status 143|return code 143|SIGTERM|signal 15]", "What does it mean when the program gets SIGTERM?",
      "Exit code 143 means that somebody ended the program with SIGTERM (signal 15), for example the system at shutdown or a service manager." },
    { NOUN, "[the list of exit codes|the exit codes of llrun]", "[Which exit codes does llrun have?|List the exit codes of llrun.|What do the exit codes mean?]",
      "llrun returns 0 for success, 1 failed, 2 wrong usage, 3 unusable file, 4 not supported, 5 not enough memory, 6 hardware not usable, 130 and 143 when it was interrupted." },

    /* --- Windows --- */
    { CODE, "[exit status|error|exit code|code|] [0xc000001d|0xC000001D|3221225501|STATUS_ILLEGAL_INSTRUCTION]", "What does Windows call an illegal instruction?",
      "0xc000001d is an illegal instruction: the program uses instructions such as AVX that your CPU does not have. Use a build without them, or llrun, which looks at the CPU first." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000005|0xC0000005|3221225477|STATUS_ACCESS_VIOLATION|access violation]", "What is an access violation on Windows?",
      "0xc0000005 is an access violation: the program touched memory that is not its own. It is a bug in the program or a failed allocation; try a smaller context or another version." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000409|0xC0000409|3221226505|STATUS_STACK_BUFFER_OVERRUN]", "Is 0xc0000409 about AVX?",
      "0xc0000409 means that the program ended itself with an abort, often after a failed check (assert). It does not mean missing AVX; read the line before it." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000135|0xC0000135|STATUS_DLL_NOT_FOUND]", "Why is a DLL not found?",
      "0xc0000135 means that a DLL was not found. Install the missing library, for example the CUDA or Visual C++ runtime." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000017|0xC0000017|STATUS_NO_MEMORY]", "What is STATUS_NO_MEMORY?",
      "0xc0000017 means that Windows had not enough memory. Use a smaller model or context, or make the page file larger." },
    { CODE, "[exit status|error|exit code|code|] [0xc00000fd|0xC00000FD|STATUS_STACK_OVERFLOW]", "What is a stack overflow on Windows?",
      "0xc00000fd is a stack overflow: calls were nested too deeply. It is a bug in the program; update it." },
    { CODE, "[exit status|error|exit code|code|] [0xc000013a|0xC000013A|STATUS_CONTROL_C_EXIT]", "Which status does Ctrl-C give on Windows?",
      "0xc000013a means that the program was ended by Ctrl-C or by closing its window. It is not an error." },

    /* --- signals --- */
    { CODE, "[exit code 132|exit status 132|return code 132|SIGILL|signal 4|Illegal instruction|illegal instruction (core dumped)]", "Why does it stop with an illegal instruction on my old CPU?",
      "SIGILL (exit code 132) is an illegal instruction: the program was built for a newer CPU, for example with AVX. Use a build for your CPU, or llrun, which chooses at run time." },
    { CODE, "[exit code 134|exit status 134|return code 134|SIGABRT|signal 6|Aborted|Aborted (core dumped)]", "What does abort mean?",
      "SIGABRT (exit code 134) means that the program gave up by itself, usually after a failed check (assert). The line before it tells why." },
    { CODE, "[exit code 135|exit status 135|SIGBUS|Bus error|signal 7]", "What is a bus error?",
      "SIGBUS (exit code 135) means that mapped memory could not be read. The model file was cut short while in use, or its disk failed." },
    { CODE, "[exit code 136|exit status 136|SIGFPE|signal 8|floating point exception]", "What is a floating point exception?",
      "SIGFPE (exit code 136) is an arithmetic error, mostly a division by zero. With a model it often means a damaged file." },
    { CODE, "[exit code 137|exit status 137|return code 137|SIGKILL|signal 9|signal: killed|Killed]", "[Why was my process [K|k]illed?|Why did Linux kill my model?|Who killed my process?|why was my model killed?|What does Killed mean?]",
      "Exit code 137 (Killed) means that the system ended the process, nearly always because memory ran out. Use a smaller model, a smaller context with -c, or --kv q8_0." },
    { CODE, "[exit code 139|exit status 139|return code 139|SIGSEGV|signal 11|segmentation fault|Segmentation fault (core dumped)|a segfault]", "Why does my model segfault?",
      "SIGSEGV (exit code 139) is a segmentation fault: the program touched memory that is not its own. It is a bug in the program; update it, or try a smaller context." },
    { CODE, "[exit code 127|exit status 127|command not found]", "Why does the shell not find the command?",
      "Exit code 127 means that the shell did not find the command. Check the path, for example ./llrun instead of llrun." },
    { CODE, "[exit code 126|exit status 126|permission denied when I start it]", "Why can the program not be executed?",
      "Exit code 126 means that the file cannot be executed. Try chmod +x, and check that it was built for this system." },
    { CODE, "[exit status 2|runner terminated with exit status 2|llama runner process has terminated: exit status 2]", "[Why did the Ollama runner end with exit status 2?|What is a Go panic?]",
      "Exit status 2 of the Ollama runner is a panic of its Go program. The log above it shows where; often memory was short." },
    { TROUBLE, "[the OOM killer ended my model|dmesg says out of memory|dmesg shows oom-kill|the kernel says Out of memory: Killed process]", "What is the OOM killer?",
      "The OOM killer of Linux ends the largest process when memory runs out. Use a smaller model or context, and look with llrun plan before you start." },
    { TROUBLE, "[my container is killed|Docker kills my model|the container gets OOMKilled|the pod is OOMKilled]", "What does OOMKilled mean?",
      "The container reached its memory limit, although the host may have more. Raise the limit with --memory, or use a smaller context or model." },

    /* --- CPU --- */
    { NOUN, "[AVX|AVX2|AVX and AVX2]", "[Why do programs need AVX?|What is AVX good for?]",
      "AVX and AVX2 are instructions that calculate with 8 numbers at once. They make models faster; a program that uses them on a CPU without them stops with an illegal instruction." },
    { TROUBLE, "[my CPU has no AVX|my CPU does not support AVX|my old computer has no AVX|CPU does not have AVX]", "[Does llrun need AVX?|Does llrun run without AVX?|Can I run a model without AVX?|Do I need AVX2?|Does it work on an old CPU?]",
      "llrun does not need AVX. It looks at the CPU when it starts and uses what is there, from SSE2 to AVX-512; without AVX it is only slower." },
    { NOUN, "[AVX-512|AVX512]", "[Do I need AVX-512?|Is AVX-512 faster?]",
      "AVX-512 calculates with 16 numbers at once. It helps with long prompts; when writing text the memory is the limit, so it changes little." },
    { NOUN, "[a kernel tier|an ISA tier|a tier of llrun]", "[Which tiers does llrun have?|Which instruction sets does llrun support?]",
      "A tier is a set of kernels for one instruction set: scalar, sse2, ssse3, avx, avx2, avxvnni or avx512. llrun chooses the best that the CPU can run." },
    { TASK, "[choose the instruction set|force another kernel tier|use other CPU instructions|run without AVX2|force sse2]", "What does --isa do?",
      "Use --isa NAME, for example --isa sse2. The names are shown by llrun cpu; one that your CPU cannot run is refused with exit code 6." },
    { TASK, "[see what my CPU can do|see which instructions are used|list the CPU features|find out which tier is chosen]", "What does llrun cpu do?",
      "Run llrun cpu. It lists the CPU features and the kernel tiers, and says which one is chosen and why." },
    { TROUBLE, "[my virtual machine has no AVX|the VM does not show AVX|AVX is missing inside the virtual machine]", "Why is there no AVX in my VM?",
      "A virtual machine often hides CPU features. Set its CPU type to host; llrun works without AVX until then, only slower." },
    { TASK, "[set the number of threads|use more cores|use fewer threads|change the number of threads]", "What does -t do?",
      "Use -t N to set the number of threads. The default is the number of physical cores; more than that is usually slower." },
    { TROUBLE, "[more threads make it slower|it is slower with 16 threads|it is slow although all cores are busy]", "How many threads should I use?",
      "Use as many threads as physical cores, with -t. More threads only wait for each other and for the memory." },
    { TROUBLE, "[generation is slow|the model writes very slowly|I only get few tokens per second|it is too slow]", "[Why is it so slow?|How do I make it faster?|How can I get more tokens per second?]",
      "Writing text is limited by how fast memory is read: every token reads the whole model. A smaller model or a smaller type such as q4_0 is faster." },
    { NOUN, "[tokens per second|tok/s|the generation speed]", "How is speed measured?",
      "Tokens per second is how many tokens a model writes in a second. About 7 per second is as fast as people read; llrun bench measures it." },
    { TASK, "[measure the speed|benchmark a model|test how fast a model is]", "What does llrun bench do?",
      "Run llrun bench MODEL. It measures prompt and generation speed, and compares them with what the memory can deliver." },

    /* --- memory --- */
    { TASK, "[use less memory|reduce the memory|save memory|run with little RAM|make it fit into memory]", "Which flags reduce memory?",
      "Use a smaller context with -c, a smaller cache with --kv q8_0, or a smaller model type such as q4_0. llrun plan shows what each would take." },
    { TASK, "[see how much memory a model needs|check if a model fits|know the memory before I start|find out if it will run]", "What does llrun plan do?",
      "Run llrun plan MODEL. It shows the memory for weights, KV cache and scratch, and whether it fits; exit code 5 means that it does not." },
    { TASK, "[start although the plan says it does not fit|ignore the memory check|run it anyway]", "What does --force do?",
      "Use --force. llrun then starts although the memory plan says no; it may be very slow or be killed by the system." },
    { TASK, "[set the context size|make the context larger|change the context|use a longer context]", "[What does -c do?|What does --ctx-size do?]",
      "Use -c N, for example -c 8192. A larger context takes more memory for the KV cache; the default is at most 4096 tokens." },
    { NOUN, "[the context|the context size|the context length|a context window]", "What is a context of 4096?",
      "The context is how many tokens a model can see at once: the prompt and the answer together. A longer one takes more memory." },
    { NOUN, "[the KV cache|a KV cache|the cache for keys and values]", "[Why does the context take memory?|What is stored in the KV cache?]",
      "The KV cache keeps the keys and values of all tokens seen so far, so that they are not computed again. It grows with the context." },
    { NOUN, "[the memory of a context|the size of the KV cache|the memory per token]", "[How much memory does a context take?|How much memory does the KV cache need?|How big is the KV cache?|How do I compute the KV cache?]",
      "The KV cache takes 2 x layers x KV heads x head size x 2 bytes for each token in f16. For a typical 8B model that is 128 KiB per token, or 512 MiB for 4096 tokens." },
    { NOUN, "[the memory of 8192 tokens|a context of 8192|the cache of 8192 tokens]", "[How much memory does a context of 8192 take?|How much RAM do 8192 tokens need?]",
      "For a typical 8B model with f16 cache, 8192 tokens take about 1 GiB. With --kv q8_0 it is about half." },
    { NOUN, "[the memory of 32768 tokens|a context of 32768|a context of 32k]", "[How much memory does a context of 32768 take?|How much RAM does a 32k context need?]",
      "For a typical 8B model with f16 cache, 32768 tokens take about 4 GiB. With --kv q8_0 it is about half." },
    { TASK, "[make the KV cache smaller|compress the KV cache|use a q8_0 cache|halve the memory of the context]", "What does --kv q8_0 do?",
      "Use --kv q8_0. The KV cache is then stored in 8 bits and takes about half the memory of f16, with almost the same quality." },
    { NOUN, "[the option --kv|--kv|the flag --kv]", "Which types does --kv know?",
      "--kv sets the type of the KV cache: f16 is the default, f32 is larger and exact, q8_0 takes about half of f16." },
    { NOUN, "[mmap|memory mapping|a memory-mapped file]", "Why does llrun map the file?",
      "Memory mapping uses the file where it lies instead of copying it. Opening is instant, and the system can drop and read the parts again when memory is short." },
    { TASK, "[turn off mmap|read the file into memory|not use memory mapping]", "What does --no-mmap do?",
      "Use --no-mmap. The file is then read into memory instead of being mapped, which needs as much free memory as the file is large." },
    { TASK, "[keep the model in memory|lock the weights in RAM|stop the system from swapping the model]", "What does --mlock do?",
      "Use --mlock. llrun then asks the system to keep the weights in memory; if that is refused, raise the limit with ulimit -l." },
    { TROUBLE, "[the RAM use looks low|the model does not show up in memory|top shows less memory than the file has]", "Why is the memory use so low?",
      "That is normal: the weights are mapped from the file and count as file cache, not as memory of the program." },
    { TROUBLE, "[the model is larger than my RAM|the file is bigger than my memory|my model does not fit into RAM]", "[Can I run a model that is larger than RAM?|What happens if the model is too big?]",
      "It can run, because weights are mapped from the file, but it reads from the disk for every token and is very slow. A smaller model is better." },
    { NOUN, "[the memory of a 7B model|the size of a 7B model|the memory of an 8B model]", "[How much memory does a 7B model need?|How much RAM do I need for an 8B model?|How big is a 7B model?]",
      "A 7B or 8B model takes about 4 to 5 GB in q4_K_M, 8 to 9 GB in q8_0 and 14 to 16 GB in f16, plus the context." },
    { NOUN, "[the memory of a 70B model|the size of a 70B model]", "[How much memory does a 70B model need?|How much RAM do I need for a 70B model?]",
      "A 70B model takes about 40 GB in q4_K_M and 75 GB in q8_0, plus the context." },
    { NOUN, "[the memory of a 1B model|the size of a 1B model]", "[How much memory does a 1B model need?|Which model fits into 2 GB?]",
      "A 1B model takes about 0.7 GB in q4_0 and 1.1 GB in q8_0, plus the context. It runs on nearly every machine." },

    /* --- GPU --- */
    { CODE, "[CUDA out of memory|CUDA error: out of memory|cudaMalloc failed: out of memory]", "[Why is my GPU out of memory?|What if the VRAM is full?]",
      "CUDA out of memory means that the memory of the GPU is full. Put fewer layers on it with a smaller -ngl, use a smaller context, or close other programs on the GPU." },
    { CODE, "[no kernel image is available|CUDA error: no kernel image is available for execution on the device]", "Why does my old GPU have no kernel image?",
      "This message means that the program was not built for your GPU. Old cards need a build for their compute capability; otherwise use the CPU." },
    { CODE, "[CUDA driver version is insufficient|CUDA driver version is insufficient for CUDA runtime version]", "What if my driver is too old?",
      "The NVIDIA driver is older than the program needs. Update the driver or use a build for an older CUDA version." },
    { CODE, "[CUDA error 999|CUDA unknown error 999|CUDA unknown error]", "Why is the GPU lost after suspend?",
      "CUDA error 999 often comes after suspend. Stop the GPU programs and reload the module: sudo rmmod nvidia_uvm, then sudo modprobe nvidia_uvm." },
    { CODE, "[libcuda.so.1 not found|libcuda.so.1: cannot open shared object file]", "Why is libcuda not found?",
      "libcuda.so.1 belongs to the NVIDIA driver. Install the driver; in Docker start the container with --gpus all." },
    { TASK, "[put layers on the GPU|use the GPU|move layers to the GPU|set the GPU layers]", "[What does -ngl do?|What does --n-gpu-layers do?]",
      "-ngl N sets how many layers go to the GPU, and the rest stays on the CPU. Use a smaller number when the GPU is out of memory." },
    { TROUBLE, "[the GPU is not used|my GPU does nothing|everything runs on the CPU]", "Why is my GPU not used?",
      "The program was built without GPU support, or it found no driver or no free GPU memory. Look at its messages; --gpu require makes llrun fail instead of using the CPU." },
    { NOUN, "[VRAM|GPU memory|video memory]", "How is VRAM different from RAM?",
      "VRAM is the memory of the graphics card. Layers on the GPU, their KV cache and scratch space must fit into it." },

    /* --- types --- */
    { NOUN, "[quantization|quantisation|a quantised type|a quantized type|a quant]", "[Why are models quantised?|What are quants?]",
      "Quantisation stores weights with few bits, in small groups that share a scale. The model gets smaller and faster and loses a little quality." },
    { NOUN, "[q4_0|Q4_0|the type q4_0]", "How many bits does q4_0 use?",
      "q4_0 stores 32 weights in 4 bits each with one scale: 18 bytes, or 4.5 bits per weight. It is simple, small and fast." },
    { NOUN, "[q4_1|Q4_1|the type q4_1]", "How many bits does q4_1 use?",
      "q4_1 stores 32 weights in 4 bits each with a scale and a minimum: 5 bits per weight. It is an older type." },
    { NOUN, "[q5_0|Q5_0|q5_1|Q5_1]", "How many bits does q5_0 use?",
      "q5_0 and q5_1 store weights in 5 bits: 5.5 and 6 bits per weight with scales. They are older types; q5_K is usually better." },
    { NOUN, "[q8_0|Q8_0|the type q8_0]", "How many bits does q8_0 use?",
      "q8_0 stores 32 weights in 8 bits each with one scale: 34 bytes, or 8.5 bits per weight. Its quality is almost that of f16." },
    { NOUN, "[q4_K_M|Q4_K_M|q4_K|Q4_K]", "[Is q4_K_M good?|Which quant is a good choice?]",
      "q4_K_M uses mostly q4_K, which has 4.5 bits per weight, and q6_K for some tensors: about 4.8 bits. It is a good balance of size and quality." },
    { NOUN, "[q5_K_M|Q5_K_M|q5_K|Q5_K]", "How many bits does q5_K use?",
      "q5_K has 5.5 bits per weight; q5_K_M mixes it with q6_K. It is a little larger and better than q4_K_M." },
    { NOUN, "[q6_K|Q6_K|the type q6_K]", "How many bits does q6_K use?",
      "q6_K has about 6.6 bits per weight in blocks of 256. Its quality is close to q8_0, and it is smaller." },
    { NOUN, "[q2_K|Q2_K|the type q2_K]", "Is q2_K good?",
      "q2_K has about 2.6 bits per weight. It is very small, but the quality suffers; a smaller model in q4_K_M is often better." },
    { NOUN, "[q3_K|Q3_K|q3_K_M|Q3_K_M]", "How many bits does q3_K use?",
      "q3_K has about 3.4 bits per weight. Use it when q4_K_M does not fit; the quality is clearly lower." },
    { NOUN, "[iq4_xs|IQ4_XS|iq4_nl|IQ4_NL]", "How many bits does iq4_xs use?",
      "iq4_nl and iq4_xs store 4-bit indices into a table of uneven steps: 4.5 and 4.25 bits per weight. They are a little better than q4_0." },
    { NOUN, "[mxfp4|MXFP4|the type mxfp4]", "How many bits does mxfp4 use?",
      "mxfp4 stores 32 weights as 4-bit floats with one shared exponent: 4.25 bits per weight. Some models were trained for it." },
    { NOUN, "[f16|F16|half precision]", "How many bits does f16 use?",
      "f16 is a float of 16 bits: 2 bytes per weight. It is the usual form before quantisation." },
    { NOUN, "[bf16|BF16|bfloat16]", "How is bf16 different from f16?",
      "bf16 is a float of 16 bits with the range of f32 and less precision than f16. Many models are trained in it." },
    { NOUN, "[f32|F32|single precision]", "How many bits does f32 use?",
      "f32 is a float of 32 bits: 4 bytes per weight. In model files it is used for small tensors such as norms." },
    { TASK, "[choose a quant|choose the right type|find the best quantisation]", "[Which quant should I use?|Which type is best?|Which quantisation should I take?]",
      "Take the largest that fits into memory with your context. q4_K_M is a good start, q6_K or q8_0 are better, and below q4 the quality drops." },

    /* --- files and words --- */
    { NOUN, "[GGUF|a GGUF file|a .gguf file]", "What is in a GGUF file?",
      "GGUF is a file format for language models. One file holds the metadata, the tokenizer and all weights." },
    { NOUN, "[llrun|this program|this engine]", "[What are you?|Who are you?|Who made you?|What can you do?]",
      "llrun is a small engine in plain C that runs GGUF language models on any machine. I am a tiny model that comes with it: I tell stories and answer questions about running models." },
    { NOUN, "[a token|tokens|a token in a language model]", "How long is a token?",
      "A token is a piece of text, often a word or a part of one. Models read and write tokens; in English one token is about four letters." },
    { NOUN, "[a tokenizer|the tokenizer]", "What does llrun tokenize do?",
      "A tokenizer cuts text into tokens and gives each a number. It is part of the GGUF file; llrun tokenize shows the numbers." },
    { NOUN, "[a chat template|the chat template]", "Where is the chat template?",
      "A chat template writes a conversation as the text that a model was trained on. It is stored in the GGUF file; --raw does not use it." },
    { NOUN, "[perplexity|the perplexity of a model]", "Is a low perplexity good?",
      "Perplexity says how well a model predicts a text: lower is better. llrun perplexity MODEL -f FILE measures it." },
    { NOUN, "[the temperature|--temp|the option --temp]", "[What does --temp do?|Which temperature should I use?]",
      "The temperature says how bold the choice of tokens is. --temp 0 always takes the most probable one; 0.8 is the default, and higher values are more surprising." },
    { NOUN, "[top-k|--top-k|top-p|--top-p|min-p]", "What do --top-k and --top-p do?",
      "They limit the choice of the next token: --top-k to the N most probable, --top-p to the most probable that together reach p, --min-p to those near the best." },
    { TASK, "[get the same text every time|make the output repeatable|set the seed|always get the same answer]", "What does --seed do?",
      "Use --seed N, or --temp 0, which always takes the most probable token. The same seed gives the same text." },
    { TROUBLE, "[the model repeats itself|it writes the same sentence again and again|the text runs in a loop]", "What does --repeat-penalty do?",
      "Try --repeat-penalty 1.1 or a higher temperature. A wrong chat template also makes models repeat themselves." },
    { TROUBLE, "[the model writes nonsense|the output is garbage|I only get strange characters]", "Why is the output garbage?",
      "The file may be damaged, the chat template wrong, or the temperature too high. Compare the checksum of the file, and try --temp 0." },
    { TASK, "[limit the length of the answer|get a shorter answer|set the number of tokens|stop after 100 tokens]", "What does -n do?",
      "Use -n N: at most N tokens are written. --stop TEXT ends the answer before a certain text." },
    { TROUBLE, "[my prompt is longer than the context|it says the prompt is too long|the prompt does not fit]", "What if the prompt is too long?",
      "The prompt has more tokens than the context, and llrun ends with exit code 2. Use a larger -c, or a shorter prompt." },
    { TROUBLE, "[it says not a GGUF file|the file is not a GGUF|the magic number is wrong]", "[Why is my file not a GGUF?|What if I downloaded an HTML page?]",
      "The file is something else, for example an HTML page, a Git LFS pointer or an old GGML file. Download it again from the real file link." },
    { TROUBLE, "[the file is truncated|the download is incomplete|a tensor ends past the end of the file]", "What if my download was cut off?",
      "The file is shorter than its table says, so the download was cut off. Resume it or download it again, and compare the checksum." },
    { TROUBLE, "[the architecture is not supported|it says unknown model architecture|unsupported architecture]", "What if my model is too new?",
      "The file is valid, but this version does not know its architecture. Update the program or choose another model; llrun ends with exit code 4." },
    { TASK, "[open a split model|load a model in several files|run a file named 00001-of-00003]", "What are split GGUF files?",
      "Give the first file, the one with 00001-of in its name. The others must lie beside it; llrun finds them." },
    { TASK, "[look into a model file|see the metadata|see the tensors of a model]", "What does llrun show do?",
      "Run llrun show MODEL. It lists the metadata and the tensors, and says what is supported." },
    { TASK, "[run a model|start llrun|start a model]", "What is the command to run a model?",
      "Run ./llrun run MODEL.gguf with your prompt after -p. All options are listed by llrun help run." },
    { TASK, "[build llrun|compile llrun|install llrun]", "What do I need to build llrun?",
      "Run make. You need only a C compiler and make; no other libraries and no special CPU." },
    { TASK, "[get exact float results|compute without rounding|check the results]", "What does --exact do?",
      "Use --exact. llrun then computes in float32 without rounding activations to 8 bits; it is slow and meant for checking." },
};

/* Typing errors: two letters change places, or one is lost. Words with digits (codes, types) and options stay as they are. */
static void add_typo(rng *r, char *s)
{
    size_t n = strlen(s), i, tries;
    for (tries = 0; tries < 20; tries++) {
        size_t from, to;
        int plain = 1;
        i = rng_below(r, (unsigned)n);
        for (from = i; from > 0 && s[from - 1] != ' '; from--) { }
        for (to = i; to < n && s[to] != ' '; to++) { }
        for (i = from; i < to; i++) if (!islower((unsigned char)s[i])) plain = 0;
        if (!plain || to - from < 4) continue;
        i = from + 1 + rng_below(r, (unsigned)(to - from - 2));
        if (rng_chance(r, 60)) { char c = s[i]; s[i] = s[i + 1]; s[i + 1] = c; }
        else memmove(s + i, s + i + 1, n - i);
        return;
    }
}

/* People write in haste: no capitals, no question mark, a greeting, a typing error. */
static void roughen(rng *r, text *q)
{
    char *s = q->s;
    s[0] = (char)toupper((unsigned char)s[0]);
    if (rng_chance(r, 30)) s[0] = (char)tolower((unsigned char)s[0]);
    if (rng_chance(r, 15)) for (; *s; s++) *s = (char)tolower((unsigned char)*s);
    if (q->n > 1 && q->s[q->n - 1] == ' ') q->s[--q->n] = 0;
    if (q->n > 1 && strchr("?.!", q->s[q->n - 1]) && rng_chance(r, 35)) q->s[--q->n] = 0;
    if (rng_chance(r, 12)) { add_typo(r, q->s); q->n = strlen(q->s); }
}

/* One question and its answer. */
static void make_question(rng *r, text *question, text *answer)
{
    const fact *f = PICK(r, facts);
    variables v;
    text subject;
    v.n = 0;
    text_clear(question);
    text_clear(answer);
    text_clear(&subject);
    expand_all(&subject, r, f->subject, &v);
    if (subject.n && subject.s[subject.n - 1] == ' ') subject.s[--subject.n] = 0;   /* an optional word at its end */
    var_set(&v, "x", subject.s);
    if (rng_chance(r, 15)) expand_all(question, r, "[Hello! |Hi! |Please help. |Quick question: |Hey, |Sorry to ask. ]", &v);
    expand_all(question, r, rng_chance(r, 30) ? f->question : asking[f->kind], &v);
    expand_all(answer, r, f->answer, &v);
    roughen(r, question);
}
#endif
