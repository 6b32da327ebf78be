/* answers.h - a generator of questions and answers about running language models locally.
 *
 * A fact has a kind, the ways to name its subject, questions of its own, what people say who do not know its name, and its
 * answer. The kind brings the usual ways of asking ("What does X mean?", "I got X. Why?"), so that every fact can be asked
 * in hundreds of ways. Then come what people say around their question, sentences and clauses about other things, synonyms,
 * lost words, small letters, missing question marks and typing errors, all at random: a small model takes every word that it
 * has seen with one fact only for a sign of that fact. Answers are one to three sentences.
 *
 * The facts about llrun are those of its command line (llrun help). Windows codes are NTSTATUS values of ntstatus.h; exit
 * codes above 128 are 128 plus the number of a signal, as shells report them; sizes of tensor types follow from their
 * blocks (q4_0: 18 bytes for 32 weights).
 */
#ifndef ANSWERS_H
#define ANSWERS_H
#include "stories.h"

typedef enum fact_kind { CODE, NOUN, TASK, TROUBLE, FACT_KINDS } fact_kind;
typedef struct fact { fact_kind kind; const char *subject, *question, *more, *answer; } fact;

/* Lists that occur in many questions. */
static const variable common[] = {
    { "why", "[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|How come?|What is going on?|Any clue?|What is the reason?|What is behind it?|]" },
    { "fix", "[What can I do?|How do I fix it?|How do I get around this?|What helps?|What are my options?|Is there a way around it?|What should I change?]" },
    { "pc", "[laptop|ThinkPad|PC|home server|mini PC|Mac|workstation|desktop|box|VPS|NAS|netbook|office PC|notebook|MacBook|NUC]" },
    { "windows", "[Windows 10|Windows 11|Windows|Windows|Windows Server]" },
    { "linux", "[Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS|Ubuntu Server|openSUSE|Rocky Linux|NixOS]" },
    { "app", "[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui|llama-server|llama-cli|LocalAI|Open WebUI]" },
    { "size", "[1B|3B|7B|8B|13B|14B|32B|]" },
};

static const char *const asking[FACT_KINDS] = {
    /* CODE: the subject is an exit status or an error text */
    ("[What does {x} mean?|What is {x}?|What does it mean when my model ends with {x}?|I got {x}. What does [that|it] mean?|Why do I [get|see] {x}?"
    "|My model [crashed|stopped|died|exited] with {x}. [Why?|What happened?|]|The program ended with {x}. [Why?|What now?]|What is the [reason for|cause of|meaning of] {x}?"
    "|What [should|can] I do about {x}?|How do I fix {x}?|It says {x}. What is wrong?|Can you explain {x}?|Help, {x}!|{x}?|What causes {x}?|The runner stopped with {x}, what now?"
    "|{x}, what is this?|I keep getting {x}.|Do you know what {x} means?|Explain {x}.|What went wrong if I see {x}?"
    "|My [windows box|laptop|server|machine|PC|old computer|friend|terminal|log] [shows|says|reports|prints|gave me] {x}[ after loading the model| when it starts| every time|][, any clue?|, what is this?|. Why?|, any idea what this is?|]"
    "|I see {x} [on my old PC|when starting the program|in the log|after the update|on my laptop][.|, what now?|. What can I do?]|[Ollama|LM Studio|llama.cpp|The server|My model|koboldcpp] [suddenly|always|sometimes|just] [says|prints|shows] {x}[, what is going on here?|. Why?|]"
    "|the program [quits|stops|dies|ends] with {x} [all the time|again and again|after a minute|at the start]|What is it that [causes|gives|makes] {x}?|Is {x} [bad|a bug|my fault|about memory]?]"),
    /* NOUN: a thing to explain */
    ("[What is {x}?|What's {x}?|Explain {x}.|Can you explain {x}?|Tell me about {x}.|What do you know about {x}?|What does {x} mean?|Describe {x}."
    "|I do not know what {x} is.|Please tell me what {x} is.|What exactly is {x}?|{x}?|Could you tell me what {x} is?|I read about {x}. What is that?|Do you know {x}?|What is meant by {x}?"
    "|Somebody talked about {x}. What is it?|How would you describe {x}?|I keep reading about {x}|what's {x} about|{x}, in short|What is the point of {x}?|A word about {x}, please.|Can you say in a few words what {x} is?]"),
    /* TASK: something to do, "use less memory" */
    ("[How do I {x}?|How can I {x}?|How to {x}?|What do I have to do to {x}?|I want to {x}.|Is there [a flag|an option|a way] to {x}?|Which [flag|option] lets me {x}?|Is it possible to {x}?"
    "|What is the [flag|option] to {x}?|Please tell me how to {x}.|I would like to {x}. How?|I need to {x}.|Which [flag|option] do I need to {x}?|Can llrun {x}?|How would I {x}?|What is the best way to {x}?"
    "|Tell me how to {x}.|How does one {x}?|Can I {x}?|I'd like to {x}|Is there some switch to {x}?|My goal is to {x}, what do I type?|what do I type to {x}]"),
    /* TROUBLE: a sentence about what goes wrong, "my process was killed" */
    ("[{x}. Why?|{x}. What can I do?|{x}, what happened?|What does it mean if {x}?|What should I do when {x}?|Help, {x}!|{x}.|{x}, how do I fix it?|What is wrong if {x}?"
    "|{x}. [What is the reason?|What is wrong?|Any idea?|How do I fix that?]|Why does it happen that {x}?|What is the cause if {x}?|I have a problem: {x}.|Since today {x}.|{x}. Is that normal?|What can I do if {x}?|On my [laptop|server|old PC] {x}[, any clue?|, what now?|.]|{x} [all the time|again and again|since the update], what is going on?]"),
};

static const fact facts[] = {
    /* --- exit codes of llrun --- */
    { CODE, "[exit code 0|exit status 0|return code 0] [of llrun|from llrun|]", "What does llrun return when all is well?",
      "[Which code says that everything went fine?|How do I see that llrun succeeded?|llrun gave me a 0, is that good?"
      "|My script [looks at|checks|reads] the exit code of llrun and [finds|gets|sees] [0|a zero]. [Is that fine?|Did it work?|Is everything all right?|Was it successful?]|llrun [finished|ended|came back] and echo $? [printed|shows|gives] [0|a zero][. Is that an error?|. Good or bad?|, so it worked?]|[How can|How does|Can] my [script|program|Makefile|cron job] [tell|know|see] [whether|that] llrun [worked|was successful|did its job|ran without errors]?"
      "|[In a batch file on {windows}|In a shell script on {linux}], how do I [test|check] that llrun [had no error|was successful|went well]?|[Is zero|Is 0|Does 0 mean|Is the code 0] a good [result|sign|return value] [of|from|for] llrun?|[There was no error at all|Everything seems to have worked|It printed its answer and ended], [so which number does llrun return?|which exit code is that?]"
      "|[I expected a number like 1, but|The log says that] llrun [ended|exited|returned] with [zero|0|status 0]. [Is something wrong?|Is that right?|What does that say?]|[exited with code 0|process finished with exit code 0|status=0/SUCCESS]: [is that good news?|is this an error?|what is it trying to say?]"
      "|llrun [is done|came back] and $? is 0[, all good?|, okay then?|]"
      "|[GitHub Actions|systemd|my supervisor|Jenkins] [logs|got] a 0 from llrun, [can I trust it|does that count as success|is that the good one]?]",
      "Exit code 0 means success: llrun did what you asked." },
    { CODE, "[exit code 1|return code 1|llrun exit code 1|exit code 1 of llrun]", "What does llrun return when it fails while running?",
      "[llrun [gave me back|returned|ended with|said] [a 1|1|code 1]|What is it that makes llrun return 1?|llrun exits with 1, why?"
      "|My [script|cron job|service] on {linux} [stopped|failed] because llrun [returned|exited with|came back with] [1|code 1|status 1]. [Where do I look?|What is the reason?|How do I find out more?]|[After a few minutes|In the middle of the answer|While it was writing] llrun [ended|stopped|gave up] and the exit code [was|is] [1|one]. {why}"
      "|[I cannot write to that folder|The disk was full|The output file could not be written], which [code|number|status] does llrun [return|give|use]?|[What kind of failure|What sort of error|Which problem] does llrun [report with|mean by|express with] [a 1|code 1|the number 1]?|[Is 1 the code for|Does 1 stand for|Is one just] a general [error|failure] [in|of|with] llrun?"
      "|llrun [exited with status 1|failed with 1|returned one] on my {pc}, [but the model is fine|although the file is good|and I do not see why]. [What happened?|What is the reason?|]|[Something went wrong while llrun was running|llrun started well and then failed] and echo $? [shows|prints|says] 1. {why}"
      "|[How do I find the reason|Where does it say why] when llrun [exits with|returns|ends with] [1|code 1]?"
      "|[GitHub Actions|systemd|subprocess|Jenkins] [logs|got|raised on] [exit code 1|a 1|returncode 1] from llrun[, where is the reason?|, what broke?|. {why}]"
      "|llrun [bails out|gives up|fails] with [1|exit code 1] [half way through|when it writes the output|out of the blue][. {why}|]]",
      "Exit code 1 of llrun means that something failed while running, for example a file that could not be written. The error line names the reason." },
    { CODE, "[exit code 2 of llrun|llrun exit code 2|exit code 2 from llrun]", "What does llrun return for a wrong option?",
      "[llrun [gave me back|returned|ended with] [a 2|2|code 2]|What is it that makes llrun return 2?|I mistyped an option, which code do I get?"
      "|[llrun gave me exit code 2|I got exit code 2 from llrun|llrun ended with exit code 2] [after I added an option|on my {pc}|when I started a {size} model|in my script]. {why}"
      "|[I typed|I wrote|I tried] llrun [run model.gguf|chat|plan] with [some|a few|new] flags and it [came back|ended|exited] with [2|code 2|status 2]. [What did I do wrong?|What is wrong with my command?|Why?]|My [script|batch file|cron job] calls llrun and [gets|receives|sees] [a 2|code 2|exit code 2] [back|every time|since today]. [Is my command wrong?|What is wrong?|What should I change?]"
      "|[Which number|Which code|What] does llrun [return|give back|use] [for a typing error in the options|when an option is unknown|if I give it a bad value|if the flag does not exist|when the command line is wrong]?|[My prompt is too long for the context|The prompt is longer than the context], [what will llrun return?|which code does llrun give?|with which code does llrun stop?]"
      "|[unknown option|bad value|invalid option] [says llrun|is what llrun prints], [and the exit code is 2|and then it returns 2|and $? is 2][. What now?|. Why?|]|[Does the 2|Does code 2|Does exit code 2] [of|from] llrun mean that [my model is broken|I made a mistake|the options are wrong|I have to read the help]?"
      "|llrun [does not even start|ends at once|stops immediately], [the exit code is 2|it returns 2|with code 2]. [Did I use it wrongly?|What is wrong with my options?|{why}]|[What is the meaning of|How should I read] [2|a two|status 2] [as a return value of|as the result of|from] llrun?"
      "|[GitHub Actions|systemd|subprocess] [logs|got] [a 2|returncode 2] from llrun[, is my command line bad?|, did I mistype something?|]"
      "|llrun [bails out|gives up] with [a 2|exit code 2] before it [does anything|loads anything][. {why}|]]",
      "Exit code 2 of llrun means wrong usage: an unknown option, a bad value, or a prompt that is longer than the context. See llrun help." },
    { CODE, "[exit code 3|llrun exit code 3|exit code 3 of llrun|return code 3|exit status 3]", "What does llrun return for a broken file?",
      "[llrun [gave me back|returned|ended with|says] [a 3|3|code 3][, is my download broken?|]|What is it that makes llrun return 3?|llrun exits with 3[, is the file bad?|]|Which code means that the model file is unusable?"
      "|[I downloaded a {size} model|I copied a GGUF file|I moved my models] [yesterday|to my {pc}|to a USB disk], and now llrun [ends|exits|stops] with [3|code 3|exit code 3]. [Is the file broken?|Do I have to download it again?|What is wrong with it?]"
      "|[Which|What] code does llrun [return|give|use] [if the file does not exist|when the download was cut off|if the GGUF is damaged|for a file that is not GGUF|when the model is missing|when I mistyped the path]?|[Is my disk broken|Is my download corrupt|Is the model damaged|Did I give a wrong path] if llrun [returns|ends with|exits with] [3|code 3]?"
      "|llrun [worked yesterday|was fine before], [but today|but since this morning] it [returns|gives|exits with] [3|code 3|status 3] for [the same model|every file|my new model]. {why}|[The download broke off|My internet was gone during the download|The browser stopped at 80 percent] and llrun [says 3|ends with code 3|returns 3 for that file]. [Can I still use it?|What should I do?|]"
      "|My script [sees|gets|reports] return value 3 [from|of] llrun. [Is it about the file?|What is wrong with the model?|What does three stand for?]|[The path looks right to me|The file is there|I see the file in the folder], but llrun [ends with|returns|says] [code 3|3|exit code 3]. {why}|llrun run model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 3"
      "|[GitHub Actions|systemd|subprocess] [logs|got] [a 3|returncode 3] from llrun[, is the model gone?|, is the file bad?|]"
      "|llrun [bails out|gives up] with [a 3|exit code 3] [as soon as it opens the model|right after the file name][. {why}|]]",
      "Exit code 3 means that the model file cannot be used: it is missing, damaged, cut short or not a GGUF file. Check the path or download it again." },
    { CODE, "[exit code 4|llrun exit code 4|exit code 4 of llrun|return code 4|exit status 4]", "What does llrun return if the architecture is not supported?",
      "[llrun [gave me back|returned|ended with|says] [a 4|4|code 4]|What is it that makes llrun return 4?|Which code does llrun use for things it does not support?"
      "|[I downloaded a brand new model|I tried a model from last week|I have a new kind of model] and llrun [ends|stops|exits] with [4|code 4|exit code 4]. [Is the file bad?|Is it too new?|Do I need an update?|Why?]|[Which|What] code does llrun [return|give|use] [for an unknown architecture|when the tokenizer is not supported|if the tensor type is unknown|for a model that it does not know]?"
      "|[Is my file broken|Is my download bad|Is my hardware too weak] if llrun [returns|ends with|exits with] [4|code 4], [or is the model just not supported?|or what does it mean?]|The same file [works in|runs with] {app}, but llrun [returns|ends with|exits with] [4|code 4]. {why}"
      "|[The checksum is right|The file is complete], [yet|but still] llrun [refuses the model|will not run it] and [returns|gives|ends with] 4. {why}|My script [sees|gets|reports] return value 4 [from|of] llrun. [What is not supported?|Will a newer version help?|What does four stand for?]"
      "|[Does a newer llrun|Does an update|Would a later version] [help|change anything] [against|with] [exit code 4|the code 4|status 4]?|llrun run [new-model|model].gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 4"
      "|[GitHub Actions|systemd|subprocess] [logs|got] [a 4|returncode 4] from llrun[, is the model too new?|, what does it not know?|]"
      "|llrun [bails out|gives up] with [a 4|exit code 4] on a model [that others can run|from this week][. {why}|]]",
      "Exit code 4 means that the file is valid, but something in it is not supported, such as its architecture, tensor type or tokenizer. A newer version may help." },
    { CODE, "[exit code 5|llrun exit code 5|exit code 5 of llrun|return code 5|exit status 5]", "What does llrun return when memory is short?",
      "[llrun [gave me back|returned|ended with|says] [a 5|5|code 5]|What is it that makes llrun return 5?|Which code does llrun use when the memory is not enough?|llrun refuses to start and returns 5"
      "|[I wanted to start|I tried to run|I loaded] a [13B|30B|70B|big|large] model on [an old {pc}|my {pc} with 8 GB|a Raspberry Pi] and llrun [returned|ended with|exited with] [5|code 5|exit code 5]. [What can I change?|Is my RAM too small?|What now?]|[Which|What] code does llrun [return|give|use] [when the RAM is too small|if the model does not fit|when it cannot get enough memory]?"
      "|[Does 5|Does code 5|Does exit code 5] [of llrun|from llrun|] mean that [I need more RAM|my memory is too small|the model is too big|the context is too large]?|My script [sees|gets|reports] return value 5 [from|of] llrun. [What does five stand for?|Is it the memory?|What should I make smaller?]"
      "|[With a small context it runs|With -c 2048 it works], but [with a long one|with -c 32768] llrun [returns|ends with|exits with] [5|code 5]. {why}|llrun plan [ends with|returned|exits with|gives] [5|code 5|exit code 5][, will the model not run?|, and now?|. What does that mean?]|[How can I|What must I do to] get [rid of|past|around] [exit code 5|the 5 of llrun|status 5 of llrun]?"
      "|llrun run model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 5"
      "|[GitHub Actions|systemd|subprocess] [logs|got] [a 5|returncode 5] from llrun[, too little RAM?|, is it the memory?|]"
      "|llrun [bails out|gives up] with [a 5|exit code 5] on [my small VPS|a 4 GB box|the NAS][. {why}|]]",
      "Exit code 5 means that there is not enough memory. Use a smaller context with -c, --kv q8_0, or a smaller model; llrun plan shows the numbers." },
    { CODE, "[exit code 6|llrun exit code 6|exit code 6 of llrun|return code 6|exit status 6]", "What does llrun return if the CPU lacks the instructions of --isa?",
      "[llrun [gave me back|returned|ended with|says] [a 6|6|code 6]|What is it that makes llrun return 6?|Which code does llrun use for missing hardware?"
      "|[I forced|I asked for|I wanted] [AVX2|AVX-512|a faster tier] with --isa on my [old|] {pc} and llrun [ended|exited|stopped] with [6|code 6|exit code 6]. {why}"
      "|[I used --gpu require|I started it with --gpu require] on a {pc} [without a graphics card|with an old card|with no NVIDIA card] and [got 6|llrun returned 6|it ended with code 6]. {why}|[Which|What] code does llrun [return|give|use] [when --gpu require finds no GPU|if the CPU cannot run the chosen tier|when there is no graphics card]?"
      "|[Is my graphics card|Is my CPU|Is my hardware] [broken|too old|the problem] if llrun [returns|ends with|exits with] [6|code 6]?|My script [sees|gets|reports] return value 6 [from|of] llrun. [What does six stand for?|Is it the hardware?|What is missing?]|[On my other machine it works|On the new PC it works], but [on this one|here] llrun --isa avx512 [returns|ends with] [6|code 6]. {why}"
      "|[Do I have to change|Should I leave out] [--isa|--gpu require] [when|if] [I get|llrun returns] [6|code 6]?|llrun run --isa avx2 model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 6"
      "|[GitHub Actions|systemd|subprocess] [logs|got] [a 6|returncode 6] from llrun[, which hardware?|, is it the CPU or the GPU?|]"
      "|llrun [bails out|gives up] with [a 6|exit code 6] on [my other box|the VPS|the build server][. {why}|]]",
      "Exit code 6 means that the hardware you asked for is not usable: --isa names a tier that this CPU cannot run, or --gpu require found no GPU." },
    { CODE, "[exit code 130|exit status 130|return code 130|SIGINT|signal 2]", "What does Ctrl-C return?",
      "[the program [ends|quits|stops] with 130|Which code do I get after [pressing|hitting] Ctrl-C?|code 130 after I interrupted it"
      "|[130 or 143, what is the difference?|What is the difference between [130 and 143|143 and 130|SIGINT and SIGTERM]?|Sometimes I get 130 and sometimes 143. [Why?|How do they differ?|]|130 against 143, [which is which?|please explain]|Is 130 the same as 143?|How does SIGINT differ from SIGTERM?]"
      "|[I pressed Ctrl-C|I hit Ctrl-C|I interrupted it with Ctrl-C] [while the model was writing|in the middle of the answer|because it was too slow] and [the shell shows|my script says|echo $? prints] 130. [Is that bad?|Did something break?|Is that an error?|]|[Is my model damaged|Did I break something|Is anything lost] [when|if] I [stop|interrupt|cancel] it [with|by] Ctrl-C?"
      "|My [script|log|batch job] on {linux} says that [Ollama|llama.cpp|koboldcpp|llrun|the runner] [ended|exited|finished] with [130|status 130|code 130]. {why}|[Which number|What code|Which status] [comes back|is returned|do I see] [after|when I press|if somebody presses] Ctrl-C[ on {linux}| in the terminal|]?"
      "|[I stopped the chat with the keyboard|I cancelled the answer in the terminal] and [now there is a 130|got 130|the status was 130], [is this a crash?|should I worry?|what is it?]|[Does 130|Is 130] [mean a crash|an error|something to worry about|a problem of the model]?|interrupted by [SIGINT|signal 2|the keyboard][, which exit code is it?|, what is that?|. Is that a fault?]"
      "|[I pressed|I hit|I used|pressed|hit] [ctrl+c|ctrl-c|Control-C|^C] and [got|now it shows|the shell gives me] 130[. Did I break anything?|. Is that bad?|. What is that number?|]"
      "|[stopped it by hand|cancelled it myself], [130 came back|exit code 130][, did that do any damage?|, fine or not?|]|is 130 [dangerous|harmless|a real error]?"
      "|KeyboardInterrupt and then 130[, what is it?|]]",
      "Exit code 130 means that the program was ended by Ctrl-C (SIGINT, signal 2), which is not an error. 143 would be SIGTERM, sent by another program." },
    { CODE, "[exit code 143|exit status 143|return code 143|SIGTERM|signal 15]", "What does it mean when the program gets SIGTERM?",
      "[the program [ends|quits|stops] with 143|143 [after|at] shutdown|systemd stopped it with 143|Who sends signal 15?|Is 143 a crash?"
      "|My [server|service|model server] on {linux} [ran all night|was running for days] and [in the morning|then] [it was gone with|the log said|it had ended with] [143|status 143|exit code 143]. [Who stopped it?|Why?|What happened?]|[Somebody|My colleague|A script|The system] [used kill on|ended|terminated] [my model|the process|the runner], [which code is that?|what will I see as exit code?|is that 143?]"
      "|systemctl stop [makes|lets] [the server|my model server|llrun] end with 143[. Is that an error?|, is that normal?|]|[main process exited, code=exited, status=143|status=143/n/a] [in the journal|says systemd|in the log of my service][. What is wrong?|. Is that a failure?|]"
      "|[When I shut down|When I reboot] my {pc}, [Ollama|llama.cpp|koboldcpp|llrun|the runner] [ends with|reports|logs] [143|SIGTERM|signal 15][. Normal?|. Why?|, is something broken?]|[Does 143|Is 143] [a sign of too little memory|an error of the model|mean that it crashed|about a bug], or [did somebody stop it?|was it ended from outside?]"
      "|[What sends a SIGTERM to my model|Which program sends signal 15 to the runner|Where does a SIGTERM come from|Where does the signal 15 come from]?|[Terminated|It says Terminated][ and nothing else| in my terminal|, then the prompt is back]. [Who did that?|What happened?|{why}]|[A plain kill|The command kill] [without options|with no number] [gives|leads to] which exit code?"
      "|[systemd|supervisor|Docker|the init system|monit|pm2] [stopped|ended|restarted] [the service|my server|it] and the log [shows|has|says] 143[, did it crash?|, is that a crash?|, is that an error?|. {why}]"
      "|[after a deploy|on every reboot|when I log out|at shutdown] [the log|the service] [shows|has|reports] [143|SIGTERM|terminated by signal 15][. {why}|]|Terminated, 143[, who did that?|, not me|]"
      "|received SIGTERM, shutting down[. {why}|]]",
      "Exit code 143 means that somebody ended the program with SIGTERM (signal 15), for example the system at shutdown or a service manager." },
    { NOUN, "[the list of exit codes|the exit codes of llrun]", "[Which exit codes does llrun have?|List the exit codes of llrun.|What do the exit codes mean?]",
      "[Give me an overview of the exit codes|Is there a table of return codes?|All the exit statuses of llrun, please"
      "|I am writing a [script|wrapper|batch file|service] around llrun and need [all of its|the meaning of its|a list of its] [exit codes|return values|exit statuses].|[Where can I see|Where do I find|Is there documentation for] [all|the] [return values|exit codes|status codes] [of llrun|that llrun uses]?|[What can|Which values can|Which numbers can] llrun return [to a script|to the shell|when it ends]?"
      "|[Please list|Show me|I need] [every|each] [exit code|return code|exit status] [of llrun|llrun has|that llrun knows][ and what it means| with its meaning|].|[How many|Which different] [exit codes|return values] [does llrun know|does llrun have|are there in llrun]?|What do the [codes|numbers|exit codes] [0 to 6|from 0 to 6|1 to 6|between 0 and 6] [of llrun|that llrun returns] [mean|stand for]?"
      "|My monitoring [reads|watches] the exit status of llrun. [Which values are possible?|Which ones must I know?|What can come back?]|[an overview of|a table with|a summary of] what llrun returns [in which case|when it fails|and why]"
      "|[a table|an overview|a summary] of [all|] the [return values|exit codes|numbers] llrun [can return|knows|gives]|[where are|what are] the [return values|status codes] of llrun [documented|explained]?"
      "|I [write|am writing] a [wrapper|script|service] around llrun, which [codes|return values|exit codes] [do I have to handle|can come back|must I check for]?]",
      "llrun returns 0 for success, 1 failed, 2 wrong usage, 3 unusable file, 4 not supported, 5 not enough memory, 6 hardware not usable, 130 and 143 when it was interrupted." },

    /* --- Windows --- */
    { CODE, "[exit status|error|exit code|code|] [0xc000001d|0xC000001D|3221225501|STATUS_ILLEGAL_INSTRUCTION]", "What does Windows call an illegal instruction?",
      "[Which [error number|code|status] does Windows [use|give|show] [when a CPU instruction is unknown|for an unknown instruction|for an illegal instruction|if AVX is missing]?|[illegal|unknown] instruction on Windows|What code means that my Windows PC lacks AVX?|c000001d|-1073741795"
      "|[I have an old {pc} with {windows}|I run {windows} on a [Core 2 Duo|Phenom|Pentium|2011 Celeron]] and [since yesterday|after the update|from the first start] {app} [stops|crashes|closes] with [0xc000001d|exit status 0xc000001d|3221225501]. [What can I do?|Is my CPU too old?|Why?]"
      "|llama runner process has terminated: exit status 0xc000001d[, and that on {windows}|. My PC is from 2010|. Do I need a new CPU?|]|[On my new PC it works|My friend can run it], [but|yet] the [old|second|office] machine with {windows} [only says|shows|dies with] 0xc000001d. {why}"
      "|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc000001d|c000001d] for [ollama.exe|the runner|koboldcpp.exe|llama-server.exe]. {why}|[Is my processor too old|Does my CPU lack AVX|Is AVX the problem] [when|if] {windows} [reports|shows|says] [0xc000001d|3221225501|an illegal instruction]?"
      "|{app} on {windows} [crashes|dies] with [an illegal instruction|STATUS_ILLEGAL_INSTRUCTION] [as soon as|when] [the model is loaded|I send a message|it starts to write].|[How can I get|Is there a way to get] a model running on {windows} [in spite of|without|when it ends with] [0xc000001d|3221225501]?"
      "|[0xc000001d or 0xc0000005|0xc0000409 or 0xc000001d], which one [is about|means|stands for] [AVX|the missing CPU instructions|an old CPU]?|the [process|program|runner] exited with [-1073741795|3221225501|0xc000001d] [right after the start|while loading a {size} model|on my [Xeon|Athlon|i5-760]] [under {windows}|on {windows}|]"
      "|On Windows [it|the program|the exe|ollama] [quits|closes|goes down|bails out] [at once|immediately|before it says anything] with 0xc000001d[. The {pc} is from [2009|2010|2011|2012]|. The box has a [Core 2 Quad|Phenom II|Pentium G620|first generation i7]|]. {why}"
      "|[EXCEPTION_ILLEGAL_INSTRUCTION|Exception 0xC000001D|illegal instruction 0xc000001d] [in ggml.dll|in ggml-cpu.dll|in llama.dll|on Windows][. {why}|]"
      "|0xc000001d on [a Xeon|an old desktop|my mother's PC], [too old?|hopeless?|is the processor the problem?]]",
      "0xc000001d is an illegal instruction: the program uses instructions such as AVX that your CPU does not have. Use a build without them, or llrun, which looks at the CPU first." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000005|0xC0000005|3221225477|STATUS_ACCESS_VIOLATION|access violation]", "What is an access violation on Windows?",
      "[my windows [box|PC|machine|laptop] [shows|says|gives] [3221225477|0xc0000005|-1073741819]|c0000005|-1073741819|Windows [crashes|fails] with 0xc0000005 [after|while] loading the model|memory access error on Windows|3221225477, any clue what this is?"
      "|[I was chatting with a {size} model on {windows}|Yesterday everything was fine on my {windows} {pc}|I loaded a {size} model in {app} on {windows}] and [suddenly|after ten minutes|then] [it was gone with|the window closed with|it ended with|there was] [0xc0000005|error 0xc0000005|exit code 0xc0000005]. [Is my RAM broken?|What can I do?|Why?|What happened?]"
      "|llama runner process has terminated: exit status 0xc0000005[, on {windows}|. The model worked last week|. Do I need another version?|]|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc0000005|c0000005] for [ollama.exe|the runner|koboldcpp.exe|llama-server.exe]. {why}"
      "|[Is my RAM|Is my memory module|Is my hardware|Is my disk] [broken|bad|defective] [when|if] {windows} [reports|shows|says] [0xc0000005|an access violation]?"
      "|{app} [crashes|dies|closes itself] [with an access violation|with 0xc0000005|with 3221225477] [as soon as I send a long text|with a large context|after the update|every second time]. [How do I get rid of it?|Is it a bug?|{why}]"
      "|Unhandled exception: access violation [reading|writing] location [in the runner|in llama.dll|0x0000000000000000], [what does it mean?|what now?|why?]|[How can I get|Is there a way to get] a model running on {windows} [without|when it ends with|in spite of] [0xc0000005|3221225477|an access violation]?"
      "|[Exception code|The exception code|Error number] [0xc0000005|c0000005] [comes up|appears|turns up] [whenever I load a model|in the middle of an answer|when I set the context to 32768][ with {app}| on my {windows} {pc}|], [what is behind it?|is it a bug in the program?|what is it?]"
      "|the [process|program|runner] exited with [-1073741819|3221225477|0xc0000005] [after half an hour|while loading a {size} model|when I made the context larger] [under {windows}|on {windows}|]|the instruction at 0x00007ff6 referenced memory at 0x0, the memory could not be [read|written] [on {windows}|]"
      "|what is [this|] 0xC0000005[ thing| about| I get|]?|EXCEPTION_ACCESS_VIOLATION [in ggml.dll|in llama.dll|on Windows|when it loads][. {why}|]"
      "|[the exe|python|the app|the server] [blows up|goes down|quits|falls over] with 0xc0000005 [at random|every evening|with long chats|when I load the model][. {why}|. My fault or a bug?|]]",
      "0xc0000005 is an access violation: the program touched memory that is not its own. It is a bug in the program or a failed allocation; try a smaller context or another version." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000409|0xC0000409|3221226505|STATUS_STACK_BUFFER_OVERRUN]", "Is 0xc0000409 about AVX?",
      "[c0000409|-1073740791|Windows shows [0xc0000409|3221226505]|Does 0xc0000409 mean that my CPU is too old?|stack buffer overrun on Windows|fast fail on Windows|my windows [box|PC] ends with 3221226505"
      "|[I start {app} on {windows}|I loaded a {size} model on {windows}] and [after a second|suddenly|at once] it [ends|closes|stops] with [0xc0000409|exit status 0xc0000409|3221226505]. [Is my CPU too old for it?|Do I need AVX?|What happened?|Why?]"
      "|llama runner process has terminated: exit status 0xc0000409[, on {windows}|. Somebody said it is AVX|. What should I look at?|]|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc0000409|c0000409] for [ollama.exe|the runner|ucrtbase.dll|llama-server.exe]. {why}"
      "|[People say|A forum says|I read] that 0xc0000409 [means that my CPU has no AVX|is about missing AVX|comes from an old CPU]. [Is that true?|Is that right?|True or false?]|[Was there a buffer overrun|Is it a virus|Was I hacked|Is it a security problem] [when|if] {windows} [reports|shows] [0xc0000409|a stack buffer overrun]?"
      "|{app} on {windows} [aborts|ends itself|gives up] with [0xc0000409|3221226505|-1073740791] [while loading|after the update|with my new model]. [Where do I find the reason?|{why}]|[Which|What] code does {windows} [show|give|use] [when a program calls abort|after a failed assert|for a fast fail]?"
      "|the [process|program|runner] exited with [-1073740791|3221226505|0xc0000409] [at once|while loading a {size} model|when I sent the first message] [under {windows}|on {windows}|]"
      "|[FAST_FAIL|STATUS_STACK_BUFFER_OVERRUN|BEX64 0xc0000409] [in ucrtbase.dll|in the event log|on Windows][. {why}|]"
      "|[the exe|python|the app|the server] [blows up|goes down|quits|falls over] with 0xc0000409[ at random| on start| with long chats|][. {why}|. My fault or a bug?|. Is it the CPU?|]]",
      "0xc0000409 means that the program ended itself with an abort, often after a failed check (assert). It does not mean missing AVX; read the line before it." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000135|0xC0000135|STATUS_DLL_NOT_FOUND]", "Why is a DLL not found?",
      "[c0000135|Windows [says|shows] 0xc0000135|a DLL is missing [on Windows|]|the program does not start because of a missing DLL|vcruntime140.dll is missing|which library is missing on Windows?"
      "|[I unpacked|I downloaded|I copied] [llama.cpp|koboldcpp|a CUDA build|the runner] on [a fresh|my new|another] {windows} machine and it [ends at once with|only shows|does not start:] [0xc0000135|error 0xc0000135|exit status 0xc0000135]. {why}"
      "|[The code execution cannot proceed because|The program cannot start because] [cudart64_12.dll|msvcp140.dll|cublas64_12.dll|vcruntime140.dll] [was not found|is missing]. [What do I install?|How do I fix it?|]|{app} [complains about|says there is|reports] a missing DLL[ on {windows}| when it starts|], [where do I get it?|what should I install?|what now?]"
      "|[Do I have to|Should I|Must I] install [the Visual C++ runtime|the CUDA runtime|CUDA] [when|if] {windows} [shows|says] 0xc0000135?|The application was unable to start correctly (0xc0000135)[. Help!|. What is missing?|]|[exit status|exit code] [-1073741515|3221225781|0xc0000135][ on {windows}| from the runner|][ right at the start| before anything is printed|][, what is missing?|. Why?|]"
      "|[It ran on my old PC|It works on my other computer], but on the new {windows} [machine|installation] [a DLL is not found|it misses some DLL|there is a DLL missing]. {why}|[Which|What] code does {windows} [show|give|use] [when a DLL is missing|if a library cannot be found]?"
      "|[The exe|The program|llama-server.exe|It] [won't start|does not start|refuses to start] on [a fresh|a clean|my new|a colleague's] Windows [install|installation|laptop|VM] and I get 0xc0000135[, what am I missing?|. What do I install?|. {why}]"
      "|[some|a] [dll|DLL|.dll file] is [missing|not there|nowhere to be found] on [Windows|Windows Server|my work PC][. {why}|, where do I get it?]"
      "|[libomp140.x86_64.dll|cublas64_11.dll|vcruntime140_1.dll] [missing|not found]]",
      "0xc0000135 means that a DLL was not found. Install the missing library, for example the CUDA or Visual C++ runtime." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000017|0xC0000017|STATUS_NO_MEMORY]", "What is STATUS_NO_MEMORY?",
      "[c0000017|Windows [says|shows] 0xc0000017|Windows has no memory left|which code means out of memory on Windows?"
      "|[I loaded|I tried|I wanted to start] a [13B|30B|big|] model [in {app}|] on my {windows} {pc} with [8|16|4] GB and got [0xc0000017|error 0xc0000017|exit status 0xc0000017]. {why}"
      "|llama runner process has terminated: exit status 0xc0000017[, on {windows}|. Is my memory too small?|. What should I change?|]|[Does a larger page file|Will a bigger page file|Does more virtual memory] [help|work|fix it] [against|with|for] 0xc0000017?|[Is my RAM broken|Is my RAM too small|Do I need more RAM] [when|if] {windows} [reports|shows|says] [0xc0000017|STATUS_NO_MEMORY]?"
      "|[exit status|exit code] [-1073741801|3221225495|0xc0000017][ on {windows}| from the runner|][ while loading| with a long context|][, what is it?|. Why?|]|{windows} [tells me|says] that there is not enough [memory|virtual memory][ for the model| to load the model|], [code|error|it is] 0xc0000017. {why}"
      "|The [event viewer|Windows event log] [has|shows|lists] 0xc0000017 for [ollama.exe|the runner|koboldcpp.exe]. {why}|[Which|What] code does {windows} [show|give|use] [when it has no memory left|if the page file is too small|when memory is not enough]?"
      "|I get 0xc0000017 when I [load|open|start] a [big|large|13B|20 GB] [file|model] on [a|my] [8|16|4] GB [windows|Windows 11|] [laptop|PC|box|machine][. {why}|. {fix}|]"
      "|Windows [gives up|stops] with 0xc0000017 [half way through loading|at 70 percent][. {why}|. Is my memory full?|]]",
      "0xc0000017 means that Windows had not enough memory. Use a smaller model or context, or make the page file larger." },
    { CODE, "[exit status|error|exit code|code|] [0xc00000fd|0xC00000FD|STATUS_STACK_OVERFLOW]", "What is a stack overflow on Windows?",
      "[c00000fd|Windows [says|shows] 0xc00000fd|stack overflow [on Windows|in the runner]|the stack was too small"
      "|[I pasted a huge text|I used a strange grammar|I opened a deeply nested JSON|I asked a long question] in {app} on {windows} and it [ended|crashed|closed] with [0xc00000fd|error 0xc00000fd|a stack overflow]. {why}"
      "|llama runner process has terminated: exit status 0xc00000fd[, on {windows}|. Is it my fault?|. What should I do?|]|[Is it my fault|Is it a bug|Can I fix it myself|Do I need more RAM] [when|if] {windows} [reports|shows|says] [0xc00000fd|a stack overflow]?|[exit status|exit code] [-1073741571|3221225725|0xc00000fd][ on {windows}| from the runner|][, what is it?|. Why?|]"
      "|The [event viewer|Windows event log] [has|shows|lists] exception code [0xc00000fd|c00000fd] for [ollama.exe|the runner|koboldcpp.exe]. {why}|{app} [says|reports|dies with] stack overflow [on {windows}|when I load a model|since the update], [will an update help?|what can I do?|how come?]"
      "|[Which|What] code does {windows} [show|give|use] [when the stack is full|for a stack overflow|if calls are nested too deeply]?|a program that [calls itself too deeply|runs out of stack] on {windows}[, which code is that?|]"
      "|[EXCEPTION_STACK_OVERFLOW|0xc00000fd] [in llama.dll|in the event log|on Windows Server][. {why}|. My fault or a bug?|]"
      "|[the exe|python|the app] [blows up|goes down|quits] with 0xc00000fd[ on a long JSON| with a grammar| on start|][. {why}|]]",
      "0xc00000fd is a stack overflow: calls were nested too deeply. It is a bug in the program; update it." },
    { CODE, "[exit status|error|exit code|code|] [0xc000013a|0xC000013A|STATUS_CONTROL_C_EXIT]", "Which status does Ctrl-C give on Windows?",
      "[c000013a|Windows [says|shows] 0xc000013a|I closed the window and got 0xc000013a|interrupted on Windows"
      "|[I closed the black window|I closed the console|I clicked the x of the terminal|I pressed Ctrl-C] [while {app} was running|in the middle of an answer|] on {windows} and [the log shows|got|it says] [0xc000013a|error 0xc000013a]. [Is that bad?|Is something broken?|What is it?]"
      "|[Is my model damaged|Did I break something|Do I have to repair something] [when|if] {windows} [reports|shows|says] 0xc000013a?|[exit status|exit code] [-1073741510|3221225786|0xc000013a][ on {windows}| from the runner|][, is that a crash?|, what is it?|. Why?|]|[Which|What] code does {windows} [show|give|use] [when I press Ctrl-C|after Ctrl-C|if I close the window of a program]?"
      "|My [batch file|scheduled task|PowerShell script] on {windows} [ends|stopped|finished] with [0xc000013a|3221225786]. {why}|The task scheduler [says|shows|reports] 0xc000013a [for my model server|for the runner|for llrun]. {why}"
      "|llama runner process has terminated: exit status 0xc000013a[. I only closed the window|. Did I stop it myself?|]|[Is 0xc000013a the same as|Is 0xc000013a just|Does 0xc000013a mean] [Ctrl-C|an interrupt|that I stopped it] on {windows}?"
      "|[the exe|python|the server|the batch job] [ended|was gone|stopped] with 0xc000013a [when I logged out|after I closed the terminal|when I pressed ctrl+c][. {why}|. Did I break anything?|]"
      "|is 0xc000013a [dangerous|harmless|a crash|a real error]?]",
      "0xc000013a means that the program was ended by Ctrl-C or by closing its window. It is not an error." },

    /* --- signals --- */
    { CODE, "[exit code 132|exit status 132|return code 132|SIGILL|signal 4|Illegal instruction|illegal instruction (core dumped)]", "Why does it stop with an illegal instruction on my old CPU?",
      "[[illegal instruction|Illegal instruction (core dumped)|SIGILL] on my [old|2010|2008|] [Xeon|CPU|laptop|PC|computer|Core 2|Athlon]|the program [quits|stops|dies|crashes] with [132|SIGILL|illegal instruction] [all the time|at once|at the start|when starting|]|[ollama|llama.cpp|LM Studio] [crashes|dies] with [illegal instruction|SIGILL|132]|I see [illegal instruction|SIGILL|132] [when starting the program|at start|on my old Xeon]|signal: illegal instruction|invalid opcode in dmesg|trap invalid opcode"
      "|[Illegal instruction|Illegal instruction (core dumped)] [on a very old machine|on my 15 years old computer|on a PC from 2007|on my Core 2 Quad|on an old Opteron server], [what can I do?|is there any hope?|do I need another program?|why?]"
      "|I have [an i5-2400|an old ThinkPad|a Core 2 Duo|a Xeon X5650|a Phenom II|a Pentium N4200|a Celeron from 2012|a 15 years old PC] with [Ubuntu|Debian|Fedora|Linux Mint|Arch|Linux], and [{app}|the program] [says|prints|only says|ends with|dies with] [Illegal instruction|Illegal instruction (core dumped)|SIGILL|exit code 132][. Is there a build that works?|. What can I do?|. Do I need a new machine?|]"
      "|[I compiled|I built] [llama.cpp|it] on my new PC and [copied it|took it] to an old [server|{pc}]; there it [stops|ends|dies] with [Illegal instruction|SIGILL|132]. {why}|llama runner process has terminated: signal: illegal instruction (core dumped)[, on {linux}|. My computer is from 2010|]"
      "|[On my new computer it works|My friend can run it], [but|yet] on the [very old|ancient|15 years old|old] [computer|server|desktop|netbook] it [just says|prints|ends with] [illegal instruction|Illegal instruction (core dumped)|SIGILL]. {why}|[Is my CPU broken|Is my processor defective|Is my CPU too old|Is my machine too old] [when|if] [I see|it says|the shell prints] [illegal instruction|SIGILL|132]?"
      "|[dmesg|The kernel log|journalctl] [shows|has|says] trap invalid opcode [for ollama|in libggml-cpu.so|for llama-server][ after each start| and the program is gone|]. {why}"
      "|[The pip package|The Docker image|The release|The new version] of [llama.cpp|llama-cpp-python|Ollama|text-generation-webui] [crashes|stops] with [illegal instruction|SIGILL|132] [on my old CPU|on my Raspberry Pi|since the update]. {why}|[Can a CPU that is|Can a machine that is] too old [cause|be the reason for|lead to] [an illegal instruction|exit code 132|SIGILL]?"
      "|[How do I get rid of|How can I avoid|What helps against] [the illegal instruction|Illegal instruction (core dumped)|SIGILL|132][ on my old machine| on Linux| with {app}|]?|I wanted to give my [old|very old|ancient] [notebook|server|PC] a second life with a language model, but [all I get is|the only thing I see is|it ends with] [illegal instruction|Illegal instruction (core dumped)]"
      "|[132 or 139|139 or 132], which one [means an illegal instruction|is about the old CPU|is about AVX]?"
      "|[Ran|Started|Tried] it on my old [Phenom|Athlon|Core 2|Xeon|Pentium|Opteron] [box|PC|server|machine] and [the shell prints|I see|it prints|all I get is] [illegal instruction|Illegal instruction (core dumped)|132][, echo $? gives 132|]. {why}"
      "|illegal [hardware instruction|instruction], [zsh|bash] says[. {why}|]"
      "|[the exact same binary|the same program|it] [runs fine|works] on my new PC but [dies|quits|falls over] with [132|illegal instruction|SIGILL] on the [old one|server|second hand Dell][. {why}|]"
      "|status=4/ILL[. {why}|]|[132|SIGILL], [is it the processor?|wrong build?]]",
      "SIGILL (exit code 132) is an illegal instruction: the program was built for a newer CPU, for example with AVX. Use a build for your CPU, or llrun, which chooses at run time." },
    { CODE, "[exit code 134|exit status 134|return code 134|SIGABRT|signal 6|Aborted|Aborted (core dumped)]", "What does abort mean?",
      "[the program [quits|stops|dies|crashes] with [134|SIGABRT|abort] [all the time|at once|]|[ollama|llama.cpp] [ends|dies] with [SIGABRT|134|signal: aborted]|signal: aborted (core dumped)|GGML_ASSERT failed|an assert failed|an assertion failed, 134|the runner called abort"
      "|[I loaded a {size} model|I started the server|I changed the context] [in|with] {app} on {linux} and it [stopped|ended|died] with [Aborted (core dumped)|134|SIGABRT]. [Where is the reason?|What can I do?|Why?]|GGML_ASSERT([ctx|tensor|n_tokens > 0|n_past < n_ctx|buffer]) failed[, then Aborted|, and the program is gone|. What does it mean?|, what can I do?]"
      "|llama runner process has terminated: signal: aborted (core dumped)[, on {linux}|. Where do I look?|]|[terminate called after throwing an instance of std::runtime_error|terminate called without an active exception|Assertion failed], [then Aborted|and then 134|followed by Aborted (core dumped)]. {why}"
      "|[Is my memory too small|Is my CPU too old|Is the file broken|Is it a bug] [when|if] [I see|it says|the shell prints] [Aborted|SIGABRT|134]?|[The last word|The last line|All I see at the end] [in my terminal|of the log|on the screen] is Aborted[. Why?|, what happened?|. Where do I find the cause?]"
      "|My [service|monitoring|script] [reports|says] [exit code 134|status=6/ABRT|SIGABRT] [for the model server|for ollama|for llama-server]. {why}|[Where do I find|How do I find out] [why it aborted|the reason for an abort|why it called abort|the reason for 134]?"
      "|[A failed assert|A failed assertion|A failed check], which [exit code|signal] does it give [on Linux|on {linux}]?"
      "|[It|The server|The program|My process] [aborted|ended|quit|went down] with [status 134|code 134|134|SIGABRT|abort], is [that|it] my fault or a bug?"
      "|[134|SIGABRT|Aborted], [did I do something wrong?|my fault or a bug?|is it a bug in the program?|who is to blame?|should I report it?]"
      "|is [an abort|134|SIGABRT|a failed assert] [my fault|a bug|my mistake|something I should report]?"
      "|[abort() was called|the program called abort|it calls abort][ and exits with 134| and I get 134|][. {why}|]|systemd: status=6/ABRT[. {why}|]]",
      "SIGABRT (exit code 134) means that the program stopped itself after a failed check (assert): usually a bug or a damaged file, not your fault. The line before it tells why." },
    { CODE, "[exit code 135|exit status 135|SIGBUS|Bus error|signal 7]", "What is a bus error?",
      "[the program [quits|stops|dies|crashes] with [135|SIGBUS|a bus error]|[bus error|SIGBUS] while reading the model|I replaced the file while it was running and got a bus error|signal: bus error"
      "|[I updated the model|I overwrote the GGUF|I deleted some of the file|I downloaded the file again] while [{app}|the server] was [using it|running], and it [died|ended|crashed] with [a bus error|SIGBUS|135]. [Is that the reason?|{why}]"
      "|[My models are on a|The GGUF lies on a] [USB stick|network drive|SD card|NAS|external disk] and [sometimes|now and then|after an hour] the program [dies|ends|stops] with [Bus error|SIGBUS|135]. [Is my disk broken?|Is the disk dying?|Why?]"
      "|Bus error (core dumped) [on {linux}|on my Raspberry Pi|while a {size} model was writing|in the middle of the answer]. {why}|[Is my disk broken|Is my SSD dying|Is my file too short|Is my SD card bad] [when|if] [I see|it says|the shell prints] [Bus error|SIGBUS|135]?"
      "|llama runner process has terminated: signal: bus error[, on {linux}|. Is it the disk?|]|[What happens|What do I get] [if the model file is changed|when the file gets shorter|if somebody truncates the file] while it is [mapped|in use|running]?|[Is a bus error|Is SIGBUS|Is 135] [about the disk|about the file|a hardware error|something with the USB bus]?"
      "|[I pulled out the disk|The network drive was gone|The NAS went to sleep] while the model was [running|in use] and [it said Bus error|got 135|there was a SIGBUS]"
      "|[Bus error|SIGBUS|135] [while it reads the model|with the model on a network share|on my NAS|over NFS|from a USB disk][. {why}|, is the disk dying?|]"
      "|[the shell|zsh|bash|systemd] [says|shows|prints] [bus error|135|status=7/BUS][. {why}|. My fault or a bug?|]]",
      "SIGBUS (exit code 135) means that mapped memory could not be read. The model file was cut short while in use, or its disk failed." },
    { CODE, "[exit code 136|exit status 136|SIGFPE|signal 8|floating point exception]", "What is a floating point exception?",
      "[the program [quits|stops|dies|crashes] with [136|SIGFPE|a floating point exception]|division by zero in the model|signal: floating point exception|FPE after loading"
      "|[I loaded a model from the web|I converted a model myself|I tried a new GGUF] [on {linux}|with {app}|] and it [stopped|ended|died] with [Floating point exception (core dumped)|SIGFPE|136]. [Is the file bad?|{why}]"
      "|[Is my CPU broken|Is the file damaged|Is my model broken|Does my CPU calculate wrongly] [when|if] [I see|it says|the shell prints] [Floating point exception|SIGFPE|136]?|llama runner process has terminated: signal: floating point exception[, on {linux}|. Is it the model?|]"
      "|[Something divides by zero|The program divided by zero|It says divide error] [when I load the model|at the start|in the runner]. {why}|[dmesg|The kernel log] [shows|says] trap divide error [for llama-server|for ollama|in the runner]. {why}"
      "|Floating point exception (core dumped) [is all I get|comes at once|is printed] [when I start a {size} model|on my {pc}|with that one file]. {why}|[What makes|How can] a [model|GGUF file|runner] [end with|cause|stop with] [136|SIGFPE|an arithmetic error|a division by zero]?"
      "|My [script|service] [says|reports] [exit code 136|status=8/FPE|SIGFPE][ for the model server| for llama-server|]. {why}"
      "|[exit|code|status] 136[?? never seen that one before|? what is that|, strange number|. {why}]|[divided by zero?|division by zero] [136|SIGFPE|floating point exception][. {why}|. My fault or a bug?|]"
      "|[the shell|zsh|bash|systemd] [says|shows|prints] [Floating point exception|136|status=8/FPE][. {why}|]]",
      "SIGFPE (exit code 136) is an arithmetic error, mostly a division by zero. It is a bug in the program, or the model file is damaged." },
    { CODE, "[exit code 137|exit status 137|return code 137|SIGKILL|signal 9|signal: killed|Killed]", "[Why was my process [K|k]illed?|Why did Linux kill my model?|Who killed my process?|why was my model killed?|What does Killed mean?]",
      "[[ollama|llama.cpp|the server|the model|LM Studio] [suddenly|always|now|] [says|ends with|shows|dies with] [signal: killed|Killed|137]|the program [quits|stops|dies|ends] with [137|Killed|signal 9|SIGKILL] [all the time|at once|]|signal: killed[, what is going on here?|]|it just says Killed [and nothing else|]|my terminal [only|just] [shows|prints] Killed|Linux killed the [model|process|program|runner]|somebody killed my process with signal 9|llama runner process has terminated: signal: killed"
      "|[I start it|I run it|It starts], [a few seconds pass|the fan gets loud|it loads and loads], [and then Killed|and the shell prints Killed|and all I see is Killed]. {why}|[On my Raspberry Pi|On my small VPS] with [2|4|8] GB every [7B|13B|bigger] model [ends with|stops with|is] Killed. [What can I change?|Is the memory too small?|Why?]"
      "|I started a [13B|30B|70B|7B|big|] model on my [server|{pc}|Raspberry Pi], [went for coffee|had lunch|went to bed|did something else], and when I came back the terminal [only said|just said|showed|said] Killed[. What happened?|. Who did that?|. Why?|]"
      "|[I have|My {pc} has] [8|16|4] GB of RAM and {linux}; [as soon as|when|a minute after] I [load|start|open] a [13B|30B|large|] model, [the program is gone and it says Killed|it ends with Killed|the last line is Killed|I get 137]. {why}"
      "|[It loads for a while|It loads up to 90 percent|The computer becomes very slow|Everything freezes for a minute], then [there is only the word Killed|it prints Killed|it says Killed][ and I am back at the prompt| and the prompt is back|]. {why}"
      "|My [script|service|cron job] [reports|says|shows] [exit code 137|status=9/KILL|code=killed, status=9] [for the model server|for ollama|for llama-server|for llrun]. {why}|[Is my model broken|Is it a bug|Is my RAM too small] [when|if] [it only says|the terminal says|the last line is] Killed?"
      "|[There is no error message|No error at all], [just|only] [the word Killed|a single word: Killed|Killed and then the prompt]. [Why?|What happened?|Where is the reason?]|[How do I prevent|How can I avoid|What helps against] [the Killed|being Killed|exit code 137|the signal 9|getting Killed][ on {linux}| on my Raspberry Pi| with a 13B model|]?"
      "|{app} [worked with a small model|ran well with 3B], but [with the 13B|with the big one|with a long context] [it gets killed|I see Killed|it ends with signal: killed|it ends with 137]. {why}"
      "|[Nobody touched it|I did not kill it|I am the only user of this machine], [but|yet] [the process was killed|it says Killed|it ended with 137|it got a SIGKILL]. [Who was it?|What killed it?|Why?]|[137 or 139|139 or 137|137 or 143], which one [means that the memory ran out|says that memory was short|is about too little RAM]?"
      "|[my job|the process|it|python|my script] [got|gets|was] [killed|Killed] [while loading the weights|at 95 percent|on the small box|over night][. {why}|]|zsh: killed[ ./llrun| llama-server|][. {why}|]"
      "|[137|Killed|kill -9], [who did that?|what ate my process?|not enough RAM?|too little memory?]"
      "|[on my VPS|on the NAS|on a 2 GB box|on the netbook] it [loads for a minute|starts] and then [Killed|137][. {why}|]]",
      "Exit code 137 (Killed) means that the system ended the process, nearly always because memory ran out. Use a smaller model, a smaller context with -c, or --kv q8_0." },
    { CODE, "[exit code 139|exit status 139|return code 139|SIGSEGV|signal 11|segmentation fault|Segmentation fault (core dumped)|a segfault]", "Why does my model segfault?",
      "[the program [quits|stops|dies|crashes] with [139|a segfault|SIGSEGV|signal 11] [all the time|at once|]|[ollama|llama.cpp|LM Studio] [crashes|dies] with [a segfault|139|SIGSEGV]|segfault [at start|while loading|after some tokens]|signal: segmentation fault (core dumped)"
      "|[I was chatting with a {size} model on {linux}|Yesterday everything was fine on my {linux} {pc}|I loaded a {size} model in {app} on {linux}] and [suddenly|after ten minutes|then] [it was gone with|it ended with|there was] [a segfault|Segmentation fault (core dumped)|139|SIGSEGV]. [Is my RAM broken?|What can I do?|Why?]"
      "|llama runner process has terminated: signal: segmentation fault[, on {linux}|. The model worked last week|. Is it a bug?|]|[dmesg|The kernel log] [shows|says] segfault at [0|10|7f21] ip [for llama-server|for ollama|in libggml.so|in libcuda.so]. {why}"
      "|[Is my RAM|Is my memory module|Is my hardware|Is the model file] [broken|bad|defective] [when|if] [I see|it says|the shell prints] [a segfault|Segmentation fault|SIGSEGV|139]?"
      "|{app} [crashes|dies] [with a segfault|with Segmentation fault|with 139|with signal 11] [as soon as I send a long text|with a large context|after the update|every second time]. [How do I get rid of it?|Is it a bug?|{why}]"
      "|Segmentation fault (core dumped) [is all I get|comes at once|appears after some time] [when I start a {size} model|on my Mac|on {linux}]. {why}"
      "|My [service|script] [reports|says] [exit code 139|status=11/SEGV|signal 11] [for the model server|for ollama|for llama-server]. {why}|[Can I do anything|Should I update|Should I report a bug] [when|if] it [segfaults|ends with a segfault|ends with 139|dies with SIGSEGV]?"
      "|Since the last update the [runner|server|program] [segfaults|has a segmentation fault|ends with 139|gets signal 11] [when I open my model|while it is writing|with every model]"
      "|[Process|It|The program|The job] [just|] [ended|quit|stopped|finished] with 139 after [a few tokens|two sentences|a minute|loading]. [What does that number mean?|{why}]"
      "|[139|segfault|Segmentation fault|SIGSEGV], [did I do something wrong?|my fault or a bug?|is my RAM bad?|should I report it?]|zsh: segmentation fault[ ./llrun| llama-server|][. {why}|]"
      "|systemd: status=11/SEGV[. {why}|]|[general protection fault|segfault at 0 ip] in dmesg[. {why}|]]",
      "SIGSEGV (exit code 139) is a segmentation fault: the program touched memory that is not its own. It is a bug in the program; update it, or try a smaller context." },
    { CODE, "[exit code 127|exit status 127|command not found]", "Why does the shell not find the command?",
      "[the shell [says|prints] command not found|bash: llrun: command not found|[127|code 127] when I type llrun|llrun is not found|it does not know the command llrun"
      "|[I built llrun|I unpacked llrun|I downloaded llrun][ on {linux}| to my home folder|], [typed llrun|entered llrun run model.gguf], and [the shell says command not found|bash does not know it|got command not found]. {why}"
      "|[The file is in this folder|I see llrun with ls|It is right here in the folder], but [typing llrun|the command llrun] [gives|ends with|says] [command not found|127]. {why}|My [cron job|script|service|systemd unit] [fails with|ends with|reports] [127|exit code 127|command not found][, although it works by hand|. Is the path wrong?|]"
      "|[zsh: command not found: llrun|sh: 1: llrun: not found|bash: ollama: command not found|zsh: command not found: llama-cli][, what now?|, how do I fix it?|. Why?|]|[Do I have to|Must I|Should I] [type ./ before the name|add it to the PATH|give the whole path] [when the shell does not find it|if I get 127|if it says command not found]?|[How do I tell|How can I teach] the shell [where llrun is|where to find the program|the way to llrun]?"
      "|[Is the program|Is llrun] not installed [if|when] [I get 127|the shell says command not found|the command is not found]?|[the term llrun is not recognized|llrun is not recognized as a command] [on {windows}|in PowerShell|]"
      "|Shell says 127 when I type [llrun|llama-server|ollama][. I have built it yesterday|. The file is there|]. {why}|zsh: command not found: llrun[. {why}|]"
      "|[I built it|I compiled it|it is built], [but|yet] [the shell|bash] [does not know it|cannot find it|says 127|says command not found][. {why}|]"
      "|[my cron job|my script|the container] [ends|fails] with 127[. {why}|]|llrun: not found[, but it is right there|]]",
      "Exit code 127 means that the shell did not find the command. Check the path, for example ./llrun instead of llrun." },
    { CODE, "[exit code 126|exit status 126|permission denied when I start it]", "Why can the program not be executed?",
      "[bash: ./llrun: permission denied|[126|code 126] when I start it|permission denied [on|for] ./llrun|cannot execute binary file"
      "|[I downloaded|I copied|I unpacked] [llrun|the program|a binary][ on {linux}| to a USB stick| to my Raspberry Pi|], and [when I start it|on ./llrun] [I get permission denied|the shell says permission denied|it ends with 126]. {why}"
      "|cannot execute binary file: Exec format error[ on my Raspberry Pi| on {linux}| on my Mac|][, what is wrong?|. Why?|]|[The file is there|ls shows the file], but [Linux|the shell|bash] [does not let me start it|refuses to run it|says permission denied][. How do I make it executable?|. What is missing?|]|[Do I need|Should I use|Will it help to use] chmod [+x|] [when|if] [I get 126|it says permission denied at the start|the program cannot be executed]?"
      "|[I took the x86 build|I took the ARM build|I used the file from my PC] [on a Raspberry Pi|on another machine] and it [cannot be executed|ends with 126|says Exec format error]|[How do I make|How can I make] [the downloaded file|llrun|the binary] executable?|My [cron job|script|service] [fails with|ends with|reports] [126|exit code 126][. Are the rights wrong?|. Why?|]|[126 or 127|127 or 126], which one [means that the file cannot be executed|is about permissions|is about chmod]?"
      "|[bash|the shell|zsh] [returns|gives|says] 126 [on|for] the [binary|program|file] I [just|] [copied over|scp'd|moved] from [another machine|my PC|the server][. {why}|]"
      "|[126|permission denied] [after scp|from a USB stick|on the NAS|after unzip|after wget][. {why}|]|[the binary|it] [is not executable|has no x bit|will not execute][, what do I type?|. {fix}]"
      "|zsh: permission denied: ./llrun]",
      "Exit code 126 means that the file cannot be executed. Try chmod +x, and check that it was built for this system." },
    { CODE, "[exit status 2|runner terminated with exit status 2|llama runner process has terminated: exit status 2]", "[Why did the Ollama runner end with exit status 2?|What is a Go panic?]",
      "[llama runner process has terminated with 2|ollama [says|shows] exit status 2|the runner of ollama [died|ended|crashed] with [status 2|exit status 2|2]|error: llama runner process has terminated: exit status 2|goroutine panic in ollama"
      "|I [asked Ollama|used Ollama|told ollama run] [to load a {size} model|for a summary|with a big model] on [my {pc}|{linux}|{windows}] and got: llama runner process has terminated: exit status 2[. Is my memory too small?|. What is wrong?|]"
      "|Ollama [worked|was fine] [last week|before the update|with small models], now [the runner ends with exit status 2|it says exit status 2|I get exit status 2 from the runner]. {why}|Error: 500[ Internal Server Error|]: llama runner process has terminated: exit status 2[. Help!|. What now?|]"
      "|[The log of Ollama|server.log of Ollama|journalctl -u ollama] [shows|has|says] [panic: runtime error|goroutine 1 running|a Go panic][ and exit status 2| and then the runner is gone|]. {why}"
      "|[Open WebUI|My browser|The Python client] [shows|says|reports] that the [Ollama|llama] runner [process has terminated|was terminated|ended] with exit status 2. {why}|[Where do I find the reason for|Where do I look after|What should I read after] exit status 2 [of|in|from] Ollama?|[Is a Go panic|Is exit status 2] [in|of] Ollama [a bug|about memory|my fault|dangerous]?"
      "|ollama run [llama3|qwen3|mistral|gemma3] [ends|fails|stops] with exit status 2 [all the time|on my {pc}|since the update|]|[Does the Go program of|Did the runner of|Why does the runner of] Ollama [panic|crash] with [status 2|exit status 2]?"
      "|[ollama|Ollama] [on my VPS|in a VM|on the NAS|on my server|] [throws|prints|gives] [runner process has terminated: exit status 2|exit status 2][. {why}|]"
      "|error: llama runner process has terminated: exit status 2[. My fault or a bug?|, is it the RAM?|. {fix}]]",
      "Exit status 2 of the Ollama runner is a panic of its Go program. The log above it shows where; often memory was short." },
    { TROUBLE, "[the OOM killer ended my model|dmesg says out of memory|dmesg shows oom-kill|the kernel says Out of memory: Killed process]", "What is the OOM killer?",
      "[[dmesg|the kernel log|journalctl] [shows|says|has] [oom-kill|Out of memory|the OOM killer|an OOM kill]|[OOM|oom killer|oom-killer] [in the log|in dmesg|on Linux|]|Out of memory: Killed process [1234|4711|ollama|llrun|]|does the kernel kill programs when memory is short?"
      "|[I looked into dmesg|I read the kernel log|I opened journalctl] [after the crash|after my model was gone|] and [found|there was|saw] [Out of memory: Killed process [1234|2087|4711] (ollama)|oom-kill: task=ollama|ollama invoked oom-killer|something about an OOM killer]. {why}"
      "|[My {pc}|The server] [has|with] [8|16|32] GB [and|runs {linux} and] the OOM killer [strikes|comes|ends my model] [every time|whenever I load a 13B model|at night]. [What helps?|How do I stop that?|]|[Can I|Should I|How do I] [turn off|disable|avoid|keep away] the [OOM killer|oom-killer][ on {linux}| on Linux|]?"
      "|[Out of memory in dmesg|oom_reaper in dmesg|oom-kill in the journal], [is my RAM broken?|is that a bug of Linux?|what should I do?|what does Linux do there?]|[How does Linux decide|Why did Linux decide] [which program is ended|to end my model|to end the largest process] when [memory is short|the RAM is full|nothing is left]?|[ollama|llama-server|python|koboldcpp] invoked oom-killer[: gfp_mask=0x140dca|, says dmesg|, what is that?]"
      "|[systemd-oomd killed|earlyoom ended|The kernel OOM killer took] my [terminal|session|model|server]. {why}|[Somebody told me to look for|What does it mean to find|I should look for] the OOM killer in [the log|dmesg|journalctl][. What is that?|, and there it is|?]"
      "|dmesg [shows|has|says|prints] \"Out of memory: Killed process [4312|917|20551] ([llrun|ollama|llama-server|python3])\"[. What can I do about it?|. {why}|. {fix}]"
      "|[Memory cgroup out of memory|oom-kill:constraint=CONSTRAINT_NONE|oom_score_adj] in [dmesg|the journal][. {why}|]"
      "|[Linux|the kernel] [sacrifices|picks|shoots|takes out] my [model|process|server] [as soon as the RAM is full|when memory is gone][. {why}|. {fix}]"
      "|[the VPS|the box|my little server] has [no swap|hardly any RAM] and the OOM killer [gets|ends|takes] [my model|it][. {fix}|]]",
      "The OOM killer of Linux ends the largest process when memory runs out. Use a smaller model or context, and look with llrun plan before you start." },
    { TROUBLE, "[my container is killed|Docker kills my model|the container gets OOMKilled|the pod is OOMKilled]", "What does OOMKilled mean?",
      "[[Why do I get|I get] [137|Killed|OOMKilled] [inside|in|with|from] [docker|a container|kubernetes|the container|a pod|podman]|[docker|podman|kubernetes|the container] [stops|ends|dies|exits] with [137|OOMKilled]|[137|Killed] in [docker|a container|kubernetes]|my docker container [dies|stops|ends] when the model loads|memory limit of [docker|the container|the pod]"
      "|[I run {app} in Docker|I run the model in a container|My model runs in Kubernetes] on a server with [64|128|32] GB, [but|yet] the container [is killed|ends with 137|dies] [although the host has enough memory|with lots of free memory on the host|when the model is loaded]. {why}"
      "|kubectl describe pod [shows|says] [Reason: OOMKilled|OOMKilled, exit code 137|Last State: Terminated, OOMKilled]. [How do I fix that?|{why}]|docker [ps|inspect|logs] [shows|says] [Exited (137)|OOMKilled: true] for [my model container|ollama|the llama.cpp container]. {why}"
      "|[How do I give|How can I give|Can I give] [a container|my container|Docker|the pod] more [memory|RAM][ for a model|]?|[Outside of Docker|Without the container|On the host] the model [runs|works|fits], [inside|in the container] it [gets Killed|ends with 137|is killed]. {why}"
      "|Docker Desktop on [my Mac|{windows}] [kills|stops|ends] the container [when the model loads|with 137|as soon as I load a {size} model]. {why}|[Is the limit of my container|Is the memory limit of the pod] too [small|low] [if|when] [it ends with 137|it is OOMKilled|the model is killed inside]?"
      "|My [compose file|pod|container] has [a limit of 4 GB|mem_limit: 4g|a memory limit] and the model [is killed|ends with 137|never gets through loading]"
      "|my [job|pod|deployment|container] in [kubernetes|k8s|k3s|OpenShift] [dies|ends|restarts|goes down] with [137|OOMKilled|exit code 137] [every time|whenever|as soon as] the [weights are loading|model loads|model is loaded][, why|. {why}|. {fix}|]"
      "|[Docker|podman|containerd] [stops|ends|takes down|kills] my container [halfway through loading|while it loads|in the middle of loading], [although|but|even though] the host [still|] has [plenty of|lots of|enough] [free|] memory[. {why}|. {fix}|]"
      "|which [limit|setting|value|field] do I [raise|set|change] in [Kubernetes|my deployment|the pod spec|the yaml|my compose file|docker run] [for the memory|for a big model|so that the model fits|against OOMKilled]?"
      "|[resources.limits.memory|the memory limit] [of the pod|in the yaml|is 4Gi|is 2Gi][, too small for the model?|, is that why it is OOMKilled?|, what should it be?]"
      "|CrashLoopBackOff[, OOMKilled|, exit code 137| with OOMKilled][. {why}|]]",
      "The container reached its memory limit, although the host may have more. Raise it (--memory in Docker, resources.limits.memory in Kubernetes), or use a smaller context or model." },

    /* --- CPU --- */
    { NOUN, "[AVX|AVX2|AVX and AVX2]", "[Why do programs need AVX?|What is AVX good for?]",
      "[What does AVX do for me?|why is everybody talking about AVX2|is AVX2 important for models?|advantages of AVX2"
      "|[I read everywhere that|Somebody said that|A forum says that] [programs|models|runners] need [AVX|AVX2]. [What is that?|What is it for?|What does it do?]|[What is the difference between|How do they differ,] AVX and [AVX2|normal instructions|SSE2]?|[Which CPUs have|Since when is there] [AVX|AVX2], [and what is it good for?|and what does it bring?|and why does it matter?]"
      "|[What happens|What do I see] [if a program uses|when a program uses] [AVX|AVX2] [on a CPU that does not have it|on a CPU without it]?|[How much|Why] does [AVX|AVX2] [speed up|help|matter for] [a language model|models|local models]?|[I want to buy a used {pc}|I am looking for a cheap computer] for models. [Why should it have AVX2?|Is AVX2 worth it?|What is AVX2 good for?]"
      "|[Explain to a beginner what|In simple words, what is|For a beginner, what is] [AVX is|AVX|AVX2 is|AVX2|the thing called AVX]?|[The page of the model says AVX2|The system requirements say AVX2|LM Studio lists AVX2 as a requirement][. What is it?|, what is meant?|. What does it mean?]"
      "|[what|] is avx2 [some kind of|a] [CPU thing|instruction|chip feature|GPU thing]?|[vector|SIMD] instructions[, what are they|: AVX and AVX2]?"
      "|the [specs|data sheet|box] of my [CPU|processor] [lists|says] AVX2[, do I need that?|, what is it?|]]",
      "AVX and AVX2 are instructions that calculate with 8 numbers at once. They make models faster; a program that uses them on a CPU without them stops with an illegal instruction." },
    { TROUBLE, "[my CPU has no AVX|my CPU does not support AVX|my old computer has no AVX|CPU does not have AVX]", "[Does llrun need AVX?|Does llrun run without AVX?|Can I run a model without AVX?|Do I need AVX2?|Does it work on an old CPU?]",
      "[My [processor|CPU|computer] is [very|quite|] old and [knows|has] no AVX. Will llrun work?|no AVX on my [CPU|laptop|processor|Pentium|Celeron][, does it run?|, can I still use it?|]|will it [run|work|start] on a [very old|2009|15 years old|weak] [processor|CPU|PC|laptop]?|[old|ancient] [CPU|processor|hardware] without AVX|is there a problem if my CPU [does not know|lacks] AVX?"
      "|I have [an i5-760|an old ThinkPad|a Core 2 Duo|a Xeon X5650|a Phenom II|a Pentium N4200|a Celeron from 2012|a PC from 2009][ at home| in the cellar|], [will llrun run on it?|can I use llrun with it?|is that enough for llrun?|does llrun work there?]|[LM Studio|Ollama|GPT4All|Jan] [tells me|says] that my CPU [has no AVX2|has no AVX|is not supported because AVX is missing|lacks AVX]. [Is there a program that works anyway?|What else can I use?|What can I do?|Will llrun work?]"
      "|[What does llrun do|What happens in llrun|How does llrun behave] [on a CPU without AVX|if there is no AVX|when AVX is missing|on a CPU with only SSE2]?|[Is my CPU too old|Is my processor too old|Is a machine from 2008 too old] for llrun?|[What are the|Which] [CPU requirements|requirements for the processor|minimum CPU requirements] [of|does|for] llrun[ have|]?|[Do I have to buy|Do I need] a [new|newer|better] [CPU|computer] [because|if|when] [mine|my old one] has no [AVX|AVX2]?"
      "|[How much slower|Is it much slower|Does it get slower] [is llrun without AVX|if my CPU has no AVX|without AVX2]?|[Which runner|Which program|What software] [works|runs a model] on [a CPU|an old PC|a processor] [without AVX|that has no AVX|that knows only SSE2]?|I would like to [use|run] [a small model|a 1B model|a language model] on my [grandfather's PC|old netbook|2009 laptop], which has no [AVX|AVX2]. [Is there hope?|Is it possible?|What can I do?]"
      "|[only|just] [SSE2|SSE4|SSE4.2], no AVX [on this box|on my old server|here][, does llrun care?|, any chance?|, will it run?]"
      "|[is there|does there exist] [any|a] [program|engine|runner] for [CPUs|machines|old boxes] without AVX?"
      "|[ancient|retro|15 year old] [hardware|box|PC|server] [from 2008|from 2010|with a Core 2|with a Phenom], [can it run llrun?|any chance with llrun?]]",
      "llrun does not need AVX. It looks at the CPU when it starts and uses what is there, from SSE2 to AVX-512; without AVX it is only slower." },
    { NOUN, "[AVX-512|AVX512]", "[Do I need AVX-512?|Is AVX-512 faster?]",
      "[does AVX-512 [help|make it faster|pay off]?|my CPU has AVX-512, is that good?|is it worth buying a CPU with AVX-512"
      "|[I could buy|I am thinking about] a [used server|Xeon|Ryzen 9|new CPU] with [AVX-512|AVX512]. [Will it be faster?|Is it worth it?|How much does it bring?|Does it help with models?]|[How much faster|Is it really faster, or how much faster] [is|gets] [a model|llrun|the prompt] with [AVX-512|AVX512]?|[Why is AVX-512 not|Why is AVX512 not] [twice as fast as|faster than|much better than] AVX2[ when writing| for generation|]?"
      "|[AVX2 or AVX-512|AVX-512 or AVX2|AVX-512 against AVX2], [what is the difference?|which is better for models?|does it matter?]|[My Ryzen|My Xeon|My new CPU|My i9] [knows|has|supports] [AVX-512|AVX512], [does the model profit from it?|what do I gain?|what is it good for?]|[Does|Will] [AVX-512|AVX512] [give me|bring] more [tokens per second|speed|tokens]?|[What do 512 bit instructions|What do 512 bit vectors] [bring|do|change] for [language models|a model|the speed]?"
      "|[Should I switch on|Should I enable] [AVX-512|AVX512] [in the BIOS|for my models|to make models faster]?"
      "|[zmm|512 bit] [registers|vectors|instructions], [worth it for models?|do they help?|is it worth paying for?]"
      "|[a Xeon|a Zen 4|a Zen 5|an Epyc] with AVX-512 [or a cheaper one without|for models], [good idea?|any gain?|worth it?]]",
      "AVX-512 calculates with 16 numbers at once. It helps with long prompts; when writing text the memory is the limit, so it changes little." },
    { NOUN, "[a kernel tier|an ISA tier|a tier of llrun]", "[Which tiers does llrun have?|Which instruction sets does llrun support?]",
      "[which kernels are built in?|list of kernel tiers|what are ssse3, avx2 and avx512 in llrun?|names for --isa"
      "|[The log of llrun|The output of llrun|llrun] [says|mentions|prints] [tier avx2|tier sse2|a tier|tier avxvnni], [what is meant?|what is a tier?|what is that?]|[How does llrun choose|How does llrun pick|How does llrun decide on] [its kernels|the tier|between its kernels]?|[What is the difference between|How do they differ:] the tiers [sse2 and avx2|avx and avx2|avx2 and avxvnni|scalar and sse2] [in|of] llrun?"
      "|[What does avxvnni mean|What is scalar|What is the avxvnni tier|What is the scalar tier] in llrun?|[Which tiers|Which kernels|Which variants of its code] [are there|exist|are built in] [in|for|inside] llrun?|[How many tiers|How many kernel sets|How many versions of its kernels] does llrun [have|contain|bring]?"
      "|[Is there only one program for all CPUs|Does one binary of llrun work for all CPUs|How can one llrun run on all CPUs], [how does it pick its kernels?|or are there several sets of kernels?|what about the kernels?]|[the word tier|the term kernel tier] in [the manual of llrun|the help of llrun|llrun cpu], [what does it stand for?|please explain]"
      "|[sse2, ssse3, avx, avx2, avxvnni, avx512|scalar, sse2, avx2], [what are these in llrun?|are these tiers?|what is this list?]"
      "|llrun cpu [prints|shows|lists] [tiers|a list of tiers|a tier with a star], [what does that mean?|meaning?|what is a tier?]]",
      "A tier is a set of kernels for one instruction set: scalar, sse2, ssse3, avx, avx2, avxvnni or avx512. llrun chooses the best that the CPU can run." },
    { TASK, "[choose the instruction set|force another kernel tier|use other CPU instructions|run without AVX2|force sse2]", "What does --isa do?",
      "[I want llrun to use only [SSE2|AVX|AVX2|scalar|SSSE3] [kernels|instructions|code|]|[make|let] llrun [use|run with] [sse2|avx2|avx|scalar code] [only|]|disable [AVX2|AVX-512|AVX] [in llrun|]|switch off AVX-512|how to test the sse2 kernels"
      "|[I would like to compare|For a test I want to compare] [AVX2 with SSE2|the tiers|AVX with AVX2][ on my {pc}| in llrun|]. [How do I select one?|How do I choose one?|Which flag is it?]|[llrun takes AVX2 by itself|It chooses avx512 on its own], [but I want another one|but I want sse2|can I tell it to use avx2 instead?]"
      "|[How do I tell|Can I tell|How can I tell] llrun [which kernels to use|which instruction set to take|to pretend to be on an old CPU|not to use AVX2|to stay with SSE2]?|[My CPU gets hot|The clock drops|It throttles] with AVX-512, [how do I turn it off in llrun?|can llrun use avx2 instead?|can I choose AVX2?]|[Which values|Which words] [does --isa take|can I give to --isa|are allowed after --isa]?|[What happens|What will I get] [with|if I use|when I write] --isa avx2?"
      "|[Is there a flag for the|Which option sets the|What option is there for the] [instruction set|CPU tier|kernel tier|kernels][ of llrun| in llrun|]?|[select|pick|set] the [kernel tier|tier|instruction set] by hand [in llrun|on my {pc}|]"
      "|[llrun picked|it picked|it takes] [avx512|avx2|avxvnni], [I'd rather have|give me|how do I get] [sse2|avx2|scalar][ instead|]?"
      "|[to reproduce a bug|for a test|for debugging] I [need|want] the [scalar|sse2|avx] [kernels|code path|tier] of llrun[, how?|]"
      "|[override|overrule] the [automatic|] choice of the [kernels|tier|instruction set]]",
      "Use --isa NAME, for example --isa sse2 or --isa avx2. The names are shown by llrun cpu; one that your CPU cannot run is refused with exit code 6." },
    { TASK, "[see what my CPU can do|see which instructions are used|list the CPU features|find out which tier is chosen]", "What does llrun cpu do?",
      "[what instructions does my [processor|CPU] support?|does my CPU have AVX2?|which kernels would be used on my machine?|show me the features of my processor"
      "|[How do I find out|How can I find out|How do I see|Where can I see] [whether|if] my [CPU|processor|{pc}|i5-2400|Celeron] [has|supports|knows] [AVX|AVX2|AVX-512|VNNI]?|[I do not know|I have no idea|I am not sure] [what my processor can do|which instructions my CPU has|whether my CPU has AVX2|if my {pc} has AVX]. [How do I check?|Which command shows it?|Can llrun tell me?]"
      "|[Which command|What command] [shows|lists|prints|displays] [the CPU features|the abilities of my processor|the instruction sets of this machine|what the CPU supports]?|[Can llrun tell me|Does llrun tell me|Can I ask llrun] [what my CPU supports|which tier it uses|why it chose a tier|which features my CPU has]?"
      "|[Which tier|Which kernels|Which instruction set] [does llrun use|is llrun using|did llrun choose] [on my {pc}|here|on this machine], [and why?|how do I see it?]|[Check|Test|Show me] [if my CPU has AVX|the features of this CPU|what this processor can do]|[Before I start a model I want to know|I want to know] [what my CPU offers|whether AVX2 is there|which instructions this {pc} has]."
      "|[Is there something like|Does llrun have something like] [lscpu|CPU-Z|a hardware check][ in llrun|]?"
      "|how do [i|I] find out if my [processor|CPU|chip|box] [supports|has|knows|can do] [avx2|AVX|avx512|AVX-512 VNNI][?| on Linux?| without opening the PC?]"
      "|[no idea which|not sure which|which] [instruction sets|CPU features|SIMD] [this box|my server|the new machine] [has|supports][, how do I look?|?]"
      "|[a command|some command|a way] to [list|show|print] [CPU flags|what the chip can do|SIMD support|CPU features]]",
      "Run llrun cpu. It lists the CPU features and the kernel tiers, and says which one is chosen and why." },
    { TROUBLE, "[my virtual machine has no AVX|the VM does not show AVX|AVX is missing inside the virtual machine]", "Why is there no AVX in my VM?",
      "[[my|the] [VM|virtual machine|Proxmox guest|KVM guest|VirtualBox machine] [does not have|has no|lacks|hides] [AVX|AVX2]|AVX [is missing|does not show|is gone] in [Proxmox|KVM|VirtualBox|QEMU|my virtual machine]|inside a virtual machine the CPU features are missing"
      "|[I have|There is] [no AVX|no AVX2] in my [VM|guest|virtual server], but [the host CPU supports it|the host has it|the real processor has it|on the host it is there]. [How come?|What do I set?|Why?]|[My host CPU|The host|The Proxmox host|My real CPU] [supports|has|knows] [AVX|AVX2], [but|yet] [inside the VM|in the guest|in my virtual machine] [it is missing|there is none|lscpu does not show it]. [Why?|How do I get it?|What can I do?]"
      "|[I rented|I have] a [cloud server|VPS|virtual server][ with a modern CPU|], and [lscpu shows no AVX|AVX is missing there|the model says no AVX]. {why}|[How do I pass|How can I pass|Can I pass] [AVX|AVX2|the CPU features] [through|on] to [a VM|my Proxmox guest|a KVM guest|the guest|VirtualBox]?"
      "|[The processor is new enough|My Ryzen surely has AVX2|The i7 has AVX2], but [Proxmox|VirtualBox|Hyper-V|QEMU|the VM] [does not show it|hides it|does not give it to the guest]. {why}|[Illegal instruction|An illegal instruction] only [inside the VM|in the virtual machine|in the Proxmox guest], on the host [it runs|everything works][. Is AVX hidden?|. Why?|]"
      "|[Which CPU type|What CPU type] [should I choose|do I set|do I need] in [Proxmox|QEMU|the VM settings|virt-manager] [for models|to get AVX|so that AVX2 is there]?|[lscpu|/proc/cpuinfo] in [the guest|my VM|the virtual machine] [says|shows] [QEMU Virtual CPU|kvm64|Common KVM processor][ and no AVX| without AVX2|]. {why}"
      "|[Why does [llrun cpu|lscpu] [show|list]|How come [llrun cpu|lscpu] [shows|lists]] no AVX in [my VM|Proxmox|the cloud server|the guest], [although|when] the host [CPU supports it|has it]?|[Does a VM|Does Proxmox|Does VirtualBox|Does a virtual server] [hide|take away|remove] [AVX|AVX2|CPU features]?"
      "|I [moved|put] [Ollama|my model server|llrun] into a VM on [Proxmox|an ESXi host|KVM], and now [it says that AVX is missing|AVX2 is gone|it does not see AVX]. {why}"
      "|I [rented|have|got|pay for|booked] a [VPS|vserver|cloud VM|virtual server|droplet|KVM guest][ at Hetzner| at Contabo| at OVH| somewhere|] and [lscpu|/proc/cpuinfo|cat /proc/cpuinfo|llrun cpu|htop] [shows|has|lists|says] no [avx|AVX|AVX2|avx2][ at all|], but the provider [says|claims|advertises] it is a [modern|new|recent] [Xeon|EPYC|CPU|Epyc]. {why}"
      "|[lscpu|/proc/cpuinfo] [on|in] [my|the|a] [VPS|vserver|cloud instance|droplet|guest|hosted server] [has|shows|lists] no [avx|AVX|AVX2] [flag|] [at all|], [why|how come|is that normal|the CPU surely has it|what can I ask the provider]?"
      "|the [provider|hoster|cloud] [says|claims|promises] [a modern CPU|Xeon Gold|EPYC|it is a new Xeon], [but|yet] [there is no AVX|no avx in lscpu|AVX is not there|avx2 is missing][. {why}|]"
      "|[why|how come] [is|has] AVX [missing|hidden|not there|gone] on [my|a] [VPS|rented server|cloud server|virtual machine|vserver]?"
      "|[Proxmox|KVM|QEMU|ESXi|Hyper-V|VirtualBox]: [no AVX|AVX missing|no avx2] in the [guest|VM], [the host has it|the host is a Ryzen|the host is new][. {why}|. {fix}|]"
      "|[x86-64-v2-AES|kvm64|qemu64|QEMU Virtual CPU version 2.5+] [hides|has no] [AVX|AVX2], [what do I set instead?|what should I choose?|right?]]",
      "A virtual machine often hides CPU features such as AVX, even if the host has them. Set its CPU type to host, or ask the provider; llrun works without AVX, only slower." },
    { TASK, "[set the number of threads|use more cores|use fewer threads|change the number of threads]", "What does -t do?",
      "[limit it to [4|two|8] [cores|threads]|how many cores are used[ by default|]?|it should use only [half of my|four|two] cores|use all my cores"
      "|[While a model is running I cannot work|My {pc} becomes unusable|The fan is so loud] because it [takes|uses] [all cores|every core]. [How do I limit it?|How do I give it only 2 threads?|Can it use fewer?]|[How do I tell|Can I tell|How can I tell] llrun [to use only 4 threads|to use 8 cores|to leave some cores free|how many threads to use]?"
      "|[Which flag|What option|Which switch] [sets|is for|controls] the [threads|number of threads|number of cores]?|[What is the default|What does llrun take by default|How many does llrun start] for the [threads|number of threads]?|[I have a CPU with|My {pc} has] [6|8|12|16] cores and llrun [uses only half of them|shows 50 percent load|seems not to use them all]. [How do I change that?|Which option is it?|]"
      "|[limit|reduce|raise|set] the [threads|CPU use|number of cores] [of llrun|in llrun] [to four|to 2|to 6|]|[Run llrun|Start the model] with [one thread|a single core|two threads|four threads][, how?|, which flag?|]|[Can I leave|How do I leave] [a core|two cores|some cores] free for [other programs|my work|the browser]?"
      "|[my laptop gets hot|the fan screams|the whole box lags], [how do I use fewer cores?|fewer threads please|how do I throttle it?]"
      "|[taskset|nproc|OMP_NUM_THREADS] or [is there|what is] [a flag|the option] for [the number of threads|threads] in llrun?]",
      "Use -t N to set the number of threads. The default is the number of physical cores; more than that is usually slower." },
    { TROUBLE, "[more threads make it slower|it is slower with 16 threads|it is slow although all cores are busy]", "How many threads should I use?",
      "[[using|with] [all|] [32|16|24|64] threads [is|it is] slower than [with|using|] [8|4|6|half of them]|what is the best number of threads?|why is it slower with more [threads|cores]?|do more threads help?|hyperthreading makes it slower|should I use all my threads?"
      "|[I have a Ryzen with 8 cores and 16 threads|My Xeon has 12 cores and 24 threads|My CPU has hyperthreading]. [How many should I give to the model?|Which -t is best?|Should I use all of them?|What is the best setting?]|[I expected|I thought|I hoped] that [more threads|twice the threads|all threads] would be faster, but [it got slower|the speed went down|nothing changed]. [Why?|What is the reason?|]"
      "|[With -t 4 it is faster than with -t 16|With 6 threads I get more than with 12|Half the threads give more speed][, how can that be?|. Why?|, is that normal?]|[Does it make sense|Is it useful|Does it pay] to [use more threads than cores|use hyperthreads|give it all 32 threads]?"
      "|[All cores are at 100 percent|htop shows all cores at 100 percent|The CPU is at full load], [but the speed does not rise|but more threads bring nothing|yet adding threads does not help]. {why}|[What is a good value|Which value is best|What do you recommend] for [-t|the number of threads|threads][ on a {pc}| on an 8 core CPU|]?"
      "|[physical cores or logical cores|cores or hyperthreads|threads or cores], [what should I count for -t?|which number do I take?|what counts for the number of threads?]|[Does the speed|Will the speed] [double|grow] [if I double the threads|with twice the threads]?"
      "|I have [16|8|12|24|6] cores [with|and] [32|16|24|48|12] threads, and [setting|using|-t] [32|16|24|all of them] is slower than [8|6|16|4]. {why}"
      "|[SMT|hyperthreading|Hyper-Threading|efficiency cores] [on or off|helps or hurts|with models], [what is best?|how many threads then?|which -t?]"
      "|[-t 32|32 threads|all threads] [is|are] slower [than half of them|than 8|] [on my Ryzen|on a Xeon|on an Epyc|][, why?|. {why}]]",
      "Use as many threads as physical cores, with -t. More threads only wait for each other and for the memory." },
    { TROUBLE, "[generation is slow|the model writes very slowly|I only get few tokens per second|it is too slow]", "[Why is it so slow?|How do I make it faster?|How can I get more tokens per second?]",
      "[It [only|just] [produces|writes|makes|gives] [two|one|3|few|a few] tokens [a|per] second[. What can be done?|]|the [text|output|answer] comes [very|so|too] slowly|how can I speed it up?|make it faster|why does every word take so long?|generation takes forever|only [1|2|3] tokens per second"
      "|[Everything is slow|It is slow|It is so slow|It runs, but slowly|My model is slow][ on my {pc}| with {app}| since I use it without a graphics card|]. [Why?|What can I do?|How do I speed it up?|Is that normal?]|[Which|What] [option|setting|change] [makes it faster|gives more speed|speeds up the answers|helps most against slow answers]?"
      "|I have [an i5-2400|an old ThinkPad|a {pc} with 16 GB|a Raspberry Pi 5|a Ryzen 5] and [{app}|a {size} model] [writes|produces|gives] only [one word per second|2 tokens per second|a few words a minute]. [What can I do?|Is that normal?|How can I speed it up?|Why?]"
      "|[Answers take minutes|I wait minutes for an answer|It types like a snail|Every answer takes ages|It is painfully slow][ on my {pc}| with a {size} model| in {app}|]. [What can be done?|Is there a trick?|How do I get it faster?|Why?]"
      "|[What limits|What decides|What determines] the [speed|generation speed|tokens per second][ of a model| on a CPU| on my {pc}|]?|[Why are small models|Why is a small model|Why is q4_0] [so much|] faster[ than big ones| than a large one|]?"
      "|[Is there anything|What is there] I can [change|do|buy] [to make it write faster|for more speed|to get more tokens per second]?|The [CPU|processor] is [new|fast|good], [still|but still|yet] the [text|answer] [comes slowly|crawls|drips word by word]. {why}|[A 13B|A 30B|A big] model [writes|answers] much [slower|more slowly] than a [3B|1B|small] one. Why?"
      "|[Which models are|Which type is|What kind of model is] [fast|quick|faster] on [a weak {pc}|a slow computer|an old CPU]?|[slow answers|slow generation|low speed|bad speed] [on my {pc}|with {app}|on a CPU], [any tips?|what helps?|what to do?]"
      "|I only get [2|3|1.5|four|4] [words|tokens] [per|a] second [from|with|out of] a [13B|7B|8B|32B|big one] on my {pc}. [How do I speed it up?|{why}|{fix}]"
      "|[Ollama|llama.cpp|LM Studio|The model|It] [crawls|is sluggish|takes ages|is super slow|is a slideshow|drags][ on my {pc}| with a {size} model|][. {why}|. How do I speed it up?|. {fix}]"
      "|[sluggish|crawling|painfully slow] [on|with] [a Celeron|my VPS|the NAS|an i5|a Xeon][, what can I do?|. {why}|, how do I speed it up?]"
      "|one [word|token] [every|per] [second|two seconds|three seconds][. {why}|. How do I speed it up?]]",
      "Writing text is limited by how fast memory is read: every token reads the whole model. A smaller model or a smaller type such as q4_0 is faster." },
    { NOUN, "[the speed of the RAM|the RAM speed|the memory bandwidth|faster RAM]", "[Does the speed of my RAM matter?|Does faster RAM help?|Would faster RAM speed it up?|Does RAM speed matter for models?|Would a faster CPU help?]",
      "[[does|will|would] the [speed|clock|MHz|bandwidth] of [my|the] [RAM|memory|modules|memory sticks] [matter|count|make a difference|change anything|play a role] [for how fast it writes|for the tokens per second|for a model|for generation|at all|]?"
      "|[Would|Will] [faster RAM|a faster CPU|a better processor|DDR5|more memory channels|quad channel|a new CPU] [help|make it faster|speed it up|give more tokens per second|write faster][ on my {pc}| with a {size} model|]?"
      "|[Does|Will] [dual channel|a second memory stick|a second module|faster memory|DDR5-6400|XMP] [help|make it faster|speed it up|pay off|matter]?|[DDR4 or DDR5|DDR3 or DDR4|one stick or two|single or dual channel|2666 or 3200 MHz], [does it matter|what is better|is it faster|any difference] [for models|for the speed|for local models|]?"
      "|[faster RAM or a faster CPU|a better CPU or better RAM|CPU or RAM], [what makes it faster|what should I buy|what should I upgrade|which one counts] [for local models|for more tokens per second|]?|[I want to upgrade|I could upgrade|Shall I upgrade] my {pc}[ for models|]: [faster RAM or a new CPU|RAM or processor|what brings more speed]?"
      "|[is|are] [my memory modules|the RAM|my memory|the memory bus|the memory bandwidth] [the bottleneck|what holds it back|the limit|too slow] [when it writes|for the speed|for a model|]?|[memory bandwidth|RAM speed|RAM clock|memory clock|memory channels] and [tokens per second|generation speed|how fast it writes|speed of answers][, is there a connection?|, does one depend on the other?|]"
      "|[how important|how much does it matter] [is|, the] [fast RAM|RAM speed|memory bandwidth] for [local models|how fast it writes|token generation]?|my {pc} has only [one memory stick|one module|single channel memory|slow DDR3], [does that slow it down|is that bad for models|should I add one]?]",
      "The speed of the RAM decides how fast text is written, because every token reads the whole model. Two memory channels are nearly twice as fast as one; a faster CPU changes little." },
    { NOUN, "[tokens per second|tok/s|the generation speed]", "How is speed measured?",
      "[what is a good speed?|how fast is 10 tokens per second?|how many tokens per second do I need?"
      "|[Everybody talks about|People always write|In reviews I read] [tokens per second|tok/s|t/s]. [What is that?|What does it mean?|How much is good?]|[Is|Are] [5|7|10|20|30] tokens per second [good|fast|enough|ok|a good value][ for chatting| for reading| on a {pc}|]?|[How many|What number of] tokens per second [is comfortable|is enough for reading|is as fast as I read|do people read]?"
      "|[What does|What is meant by] [tok/s|t/s|tokens per second] [in the output|in the last line|at the end of an answer|mean]?|[I get 12 tok/s|My {pc} makes 9 tokens per second|It shows 15 tok/s], [is this a good number?|is that good?|how fast is that?]|[How fast do people read|How fast does a person read|What is reading speed], in tokens per second?"
      "|[Is a higher number of|Are more] tokens per second [better|always better], [and what is enough?|or what does it say?|how much do I need?]|[the unit|the number|the value] [tok/s|tokens per second][ explained|, what is it?|, what does it tell me?]"
      "|[t/s|tok/s|tps|tokens/s], [what is the unit?|good or bad?|what do they measure?|what is that number?]|is [3|8|15|25|40] [t/s|tok/s|tokens per second] [any good|decent|normal|usable|readable]?]",
      "Tokens per second is how many tokens a model writes in a second. About 7 per second is as fast as people read; llrun bench measures it." },
    { TASK, "[measure the speed|benchmark a model|test how fast a model is]", "What does llrun bench do?",
      "[how fast is my machine?|find out the speed of my computer|a benchmark, please|compare the speed with the memory|time a model"
      "|[tokens per second|speed|tok/s]: how do I [measure|test|find out] [it|that][ with llrun|]?|[How do I measure|How can I measure|How do I find|How do I determine] [tokens per second|the tokens per second|the speed of a model|the tok/s|the generation speed][ with llrun| in llrun| on my {pc}|]?"
      "|[I bought a new {pc}|I have new RAM|I changed the memory|I switched to dual channel] and [want to measure|want to know|would like to test] [how fast it is|how many tokens per second it makes|the speed]. [Which command?|How?|]|[Which command|What command] [measures|tests|shows|gives me] [the speed|tokens per second|prompt and generation speed|how fast a model runs]?"
      "|[I want to compare|How do I compare|I need to compare] [two machines|two computers|my {pc} with a server|q4_0 and q8_0 in speed|the speed of two models].|[Is there something like|Does llrun have something like|What is the counterpart of] [llama-bench|a benchmark|a speed test][ in llrun|]?|[Can llrun|Does llrun] [measure|test|show] [tokens per second|its own speed|the speed|how fast my machine is]?"
      "|[How do I know|How can I see|How do I check] [whether|if] my [memory|RAM] [limits the speed|is the limit for the speed|slows the model down]?|[measure|benchmark|test|time] [tokens per second|the speed|the generation speed|prompt speed] [with llrun|using llrun|on {linux}|on {windows}]"
      "|[I would like some numbers|I need numbers|I want figures] [about|for|on] the speed of [my {pc}|this machine|my model]. [How do I get them?|What do I run?|]"
      "|[I want to know|how do I see|show me] how [quick|fast] my [box|VPS|new PC|NAS] [is|really is] with a model[. Which command?|?|]"
      "|[a speed test|benchmark|pp512 and tg128|prompt speed and generation speed] [for llrun|with llrun|on my box]"
      "|[compare|test] [my VPS|two boxes|old and new RAM] [for speed|in tokens per second][, which command?|]]",
      "Run llrun bench MODEL. It measures prompt and generation speed, and compares them with what the memory can deliver." },

    /* --- memory --- */
    { TASK, "[use less memory|reduce the memory|save memory|run with little RAM|make it fit into memory]", "Which flags reduce memory?",
      "[I only have [4|2|6|8] GB [of RAM|of memory][, what can I change so that it loads?|, what can I do?|]|it needs too much memory|how do I get it to fit into [4|8|16] GB?|[lower|shrink|cut] the memory[ use| need|]|my computer has little [RAM|memory]|reduce the RAM usage|what can I do against exit code 5?"
      "|I have a [laptop|ThinkPad|Raspberry Pi|mini PC|Mac] with [only|just] [4|6|8] GB and I would like to [bring|get] the memory [use|need] [down|lower], [which options help|what can I change|what are my choices]?"
      "|what [options|settings|flags|tricks] [are there|exist|do I have] to [save|spare|reduce|lower] [memory|RAM] [on a small machine|on my [laptop|PC|server]|]?"
      "|llrun [eats|takes|uses|wants] [all|nearly all|most] of my [memory|RAM][, how do I make it take less|, how can I bring that down|, what can I do against it]?"
      "|it [takes|eats|uses] too much [memory|RAM] on my [Windows 10|Windows 11|Ubuntu|Debian|Mac] [machine|PC|laptop][. What can I turn down?|, what should I change?|. How do I reduce it?]"
      "|[my|the] [browser|desktop|other programs] [also needs|must keep] some [RAM|memory], so how do I make [the model|llrun|it] [use|take] less of it?"
      "|The plan says that [I need [1|2|3] GB more than I have|it does not fit], what can I [change|turn down|make smaller] [so that it fits|to make it fit]?"
      "|not enough [memory|RAM] [for this model|to load it|here], which [settings|options|flags] [help|should I change|make it smaller]?"
      "|Is there anything [I can do|to try] [when|if] [memory|RAM] is [tight|short|scarce], apart from buying more?"
      "|how do people [get|squeeze] [models|such models] into [4|6|8|16] GB[ of RAM| of memory|]?"
      "|[memory|RAM] is the problem here, what [is the first thing I should try|would you change first|can be made smaller]?"
      "|which [settings|options] [matter|are important] [most|] for [the memory use|how much memory is used]?"
      "|[Only got|I only have|Just|I have|There are only] [8|4|6|16|2] [gigs|GB|gigabytes] of [RAM|memory] in [this|my|the] {pc}[. What are my options|, what are my options|. What can I do|. How do I manage] to [squeeze a model in|get a model in|fit a model|run a model at all|load something]?"
      "|what are my options with [8|4|6|2] [gigs|GB|gigabytes][ of RAM| of memory|]?"
      "|[how do I|can I somehow|any tricks to] [squeeze|cram|fit|get|stuff] [a model|a 7B|an 8B|it|this model] into [8|4|6] [gigs|GB|gigabytes][ of RAM| of memory|]?"
      "|[little|not much|hardly any|too little|only a few gigs of] [RAM|memory] [here|in this box|on my VPS|in the old laptop], [what are my options?|what can I do?|which options help?|which settings help?]"
      "|[low memory|low RAM|small RAM] [settings|options|tips|tricks|flags][, please|?|]"
      "|my [VPS|netbook|NAS|Raspberry Pi|old box] [has|comes with] [2|4|8] [gigs|GB] of RAM[. How do I make a model fit?|. What are my options?|, what would you change?]]",
      "Use a smaller model or a smaller type such as q4_0, a smaller context with -c, and a smaller cache with --kv q8_0. llrun plan shows what each would take." },
    { TASK, "[see how much memory a model needs|check if a model fits|know the memory before I start|find out if it will run]", "What does llrun plan do?",
      "[How can I [find out|see|know|check] [in advance|beforehand|before starting] [whether|if] a [13B|7B|70B|big|] [file|model] will [fit|run|work] [in|on] my [laptop|PC|machine|computer]?|will this model [run|fit] on my [machine|laptop|PC]?|how much memory will my model take?|calculate the memory of a model|is my RAM enough for this file?"
      "|before I [download|buy|start|try] [it|anything], [how do I know|can I know|is there a way to tell] [if|whether] [the model|a 13B model|it] [fits|will fit|is going to fit]?"
      "|I [have|own] a [laptop|ThinkPad|server|Mac] with [16|32|64] GB, how do I [check|test|find out] [if|whether] [this file|this model|a certain model] [fits|will fit|works there]?"
      "|is there a [command|tool|calculator|way] [that|which] [tells|shows] [me|] how much [memory|RAM] [a file|a model|it] [will need|is going to take|needs]?"
      "|I do not want to [wait|try] for nothing, can llrun [tell|say] [beforehand|in advance] [if|whether] [there is enough memory|the memory is enough|it fits]?"
      "|[can|could] I [run|use|load] this [file|model] here or [is it too large|not][?|, how do I check?]"
      "|[estimate|predict|work out|calculate] the [memory|RAM] [need|use|needs] [before the start|in advance|of my model|of a model file]"
      "|where do I see [what|how much] [the weights, the cache and the scratch space take|each part takes in memory]?"
      "|which command [shows|prints] the [memory plan|memory need|memory numbers][ of a model| of a file|]?"
      "|a friend asks [if|whether] [his PC|his laptop|her Mac] can [hold|take] [this|such a] model, how do we [find out|check|see that]?"
      "|how do I [see|check|know] [if|whether] my [PC|laptop|hardware|computer] is [good|big|strong] enough for [the|this|a] model?"
      "|I'd like to know the [memory|RAM] [it will take|needed] with a [given|certain|longer] context [before I start|beforehand]"
      "|[will it|does it|is it going to] [fit|run|work] on [my box|an 8 GB laptop|a 16 GB PC|the VPS|my NAS][, how do I check?|? How do I find out before I download it?|, which command tells me?]"
      "|[a calculator|some tool|a command] that [says|tells me] [how many gigs|how much RAM] [a file|a model|it] [takes|needs]"
      "|[is there|do you have] a [VRAM calculator|memory calculator|dry run|test] [for models|before loading]?]",
      "Run llrun plan MODEL. It shows the memory for weights, KV cache and scratch, and whether it fits; exit code 5 means that it does not." },
    { TASK, "[start although the plan says it does not fit|ignore the memory check|run it anyway]", "What does --force do?",
      "[the plan says no, but I want to try|skip the memory check|start it although memory is short|override exit code 5"
      "|llrun [refuses|does not want] to [start|load|run] because of [the plan|memory|its memory check], [how do I start it all the same|can I make it start anyway|how do I override that]?"
      "|I know that [memory|RAM] [is short|is not enough|will be tight], but [let me|I want to] [try|start|run] it [anyway|all the same|regardless][. How?|]"
      "|how do I [override|switch off|bypass|get around|turn off] the [memory check|memory plan|check for memory]?"
      "|I don't care [that|if] it [does not fit|gets slow|swaps], [just start|start it anyway|I want to load it anyway][, which flag is that?|. How?]"
      "|can llrun be [told|made] to [load|start] [the|a] model [even though|although] [the plan says no|it says that it does not fit]?"
      "|I am [sure|certain] that it fits, but llrun [says no|refuses|does not believe me][. How do I insist?|, which option makes it start?]"
      "|[which|what] [flag|option|switch] [ignores|overrules] the [memory plan|memory check|plan]?|what [happens|risk do I take] [if|when] I [use|give|add] --force?"
      "|is it [dangerous|safe|a bad idea] to use --force?|make it start [although|even if] [the memory is too small|it thinks that it will not fit]"
      "|llrun [says|thinks] it [will not|won't] fit, [but I want to try it|let me try anyway|I know better][. Which flag?|. How?|]"
      "|[override|overrule|ignore] [the plan|its memory check|the check][ of llrun|], [how?|which flag?]]",
      "Use --force. llrun then starts although the memory plan says no; it may be very slow or be killed by the system." },
    { TASK, "[set the context size|make the context larger|change the context|use a longer context]", "[What does -c do?|What does --ctx-size do?]",
      "[how do I get a [longer|larger|bigger] context?|set the context to [16k|8192|2048]|which flag is for the context?|increase the context [length|size|window]|more room for the conversation|what is the default context?"
      "|I want to [paste|feed in|use] a [long|whole] [document|book|chapter|article], how do I [give it|get|set] a [larger|longer|bigger] context?"
      "|how many tokens of context do I get [if I set nothing|by default|without any option], and [how do I change that|can I have more]?"
      "|my [chats|conversations|stories] get [long|very long], [where|how] do I [raise|set|increase] the [context|context size|context length]?"
      "|in [Ollama|LM Studio|llama.cpp|koboldcpp] I set [num_ctx|the context] to [16384|8192|32768], [how do I do that here|what is it called in llrun]?"
      "|what is the [option|flag|switch|setting] for the [number of context tokens|context window|context length]?|is there a limit [of|on] the context and [how do I raise it|how can I set it]?"
      "|how do I [run|start] llrun with [a 16k context|8192 tokens of context|32k of context|a bigger window]?|[set|change|raise|increase] [num_ctx|ctx-size|n_ctx|the context window] [in llrun|]"
      "|the model should [remember|see|keep] more of [our conversation|my text|the chat][, which option is that?|, how do I set that?]"
      "|[4096|2048] tokens [is|are] too few for me, how do I [get|set] more?|I would like to [lower|shorten] the context [to 2048|to 1024|a bit], which [flag|option] [is it|sets it]?"
      "|[num_ctx|n_ctx|ctx_size|context_length|max_seq_len] [16384|32768|8192], [where do I set that in llrun?|what is it called in llrun?|which flag?]"
      "|[4k|8k|2k|4096] is [not enough|too short|too small], [how do I get|I need|give me] [16k|32k|more context|a longer context]|[raise|set|bump] the context to [16k|32k|8k][, how?|, which flag?|]]",
      "Use -c N, for example -c 8192. A larger context takes more memory for the KV cache; the default is up to 8192 tokens, as far as they fit." },
    { NOUN, "[the context|the context size|the context length|a context window]", "What is a context window?",
      "[how much can a model remember?|why does the model forget the beginning?|what does context length mean?|how long may my text be?|tokens the model can see at once"
      "|in a [long|longer] [chat|conversation] the model [forgets|no longer knows|has forgotten] [what I said|what we talked about] [at the start|earlier|before][, why is that?|, is that normal?|]"
      "|people [say|write] that a model has [8k|32k|128k] context, what [do they mean|is meant by that|does this number tell me]?"
      "|everybody [talks|writes] about [context windows|context length], [what is it in plain words|can somebody explain it]?"
      "|what is the [limit|longest text] [for|of] what [a|the] model can [see|read|keep in mind] [at once|at one time]?"
      "|does the [prompt|question] count [towards|for] the context, or only the answer?|does the answer [also|] count [as part of|towards] the context?"
      "|how much of [my text|our chat|a book] can the model [see|have in view|take in] [at once|at a time]?"
      "|why does it not [remember|know] what I [said|told it] [an hour ago|at the very beginning|many messages ago]?|is the context the [memory|short-term memory] of the model?"
      "|what is [a context|ctx|n_ctx] [and why should I care|and what does it change|good for]?"
      "|context[, what is that|?| explained]|[8k|32k|128k] [context|ctx], [what does that say?|8 thousand what?|what is counted there?]"
      "|[how long|how far back] can it [remember|look back|keep track of] [what I said|the chat|our talk]?]",
      "The context is how many tokens a model can see at once: the prompt and the answer together. A longer one takes more memory." },
    { NOUN, "[the KV cache|a KV cache|the cache for keys and values]", "What is stored in the KV cache?",
      "[what is KV?|what does KV cache stand for?|why is there a cache for the context?"
      "|the log [of llama.cpp|of Ollama|] [mentions|talks about|has a line on] a KV [cache|buffer], [what is that|what is it for|what does it hold]?"
      "|what is [kept|held|saved] in [the|that] [KV cache|KV buffer|cache of keys and values][ while the model writes| during a chat|]?|why [does|must] a model [keep|store] keys and values?"
      "|what would happen without a KV cache?|do I need [the|a] KV cache [at all|or can I turn it off]?"
      "|I understand the weights, but what is [the KV part|this KV cache|the cache] [of the memory|in the plan][ for|]?"
      "|[keys and values|K and V] of [a transformer|attention], [why are they cached|what is the cache for]?|in llrun plan there is a line KV cache[, what is it?|. What does it mean?]"
      "|what is the [purpose|use|job] of the KV cache?"
      "|[attention cache|KV buffer|key value cache|keys and values], [what is it for?|what is that?|what is stored there?]|what [is|does] [the|this] attention cache[ for| do| good for|]?]",
      "The KV cache keeps the keys and values of all tokens seen so far, so that they are not computed again. It grows with the context." },
    { TROUBLE, "[a long context fills my memory|the memory runs out with a long context|the memory grows with the context|a large context takes too much memory]", "[Why does the context take memory?|Why does a long context need so much memory?|What eats my memory in long chats?]",
      "[Everything is [fine|ok|good] with [short chats|a short context|short prompts|4k|a small context], but when I [raise|set|increase|put] the context to [32k|16k|64k|128k|32768] my memory is [gone|full|used up][. What eats it?|. Where does it go?|. {why}|. {fix}]|why does the memory [grow|go up|rise|increase|explode] [with|when I raise|when I increase|with a longer] [the context|context|context length|num_ctx]?"
      "|[what|who] [eats|takes|uses|swallows] [all|so much of|] my memory [when|if|as soon as] [the context is long|I raise the context|the chat gets long|I set 32k|I use a long context]?|[with|at] [32k|64k|128k|a long] context [my memory is gone|the RAM is full|nothing fits any more|it swaps|memory explodes][, what eats it?|. {why}|. {fix}|]"
      "|[long chats|long conversations|long prompts|big contexts] [fill|eat|use up|need] [all my memory|all the RAM|gigabytes of RAM|more and more memory][. {why}|. What eats it?|. {fix}|]|the [file|model] is only [4|5] GB, but with [32k|a long|128k] context [it takes|llrun plan says|the process needs] [9|12|20] GB[. {why}|. Where does it go?|. What eats the rest?|]"
      "|[the model fits|the weights fit|it loads fine], but [a long context|32k of context|a larger -c|the context] [does not|is too much|uses up the rest][. {why}|. {fix}|]|[context|num_ctx|-c] [up|doubled|raised], [memory gone|RAM full|memory full][. {why}|. {fix}|]"
      "|does [each|every] [token|message|page] of the [chat|context] [take|need|cost] memory?|[short context|4k context] [works|is ok], [long context|32k] [kills my memory|fills the RAM|does not fit][. {why}|. {fix}|]]",
      "The KV cache takes it: it grows with every token of context. Use a smaller context with -c, or --kv q8_0, which halves the cache." },
    { NOUN, "[the memory of a context|the size of the KV cache|the memory per token]", "[How much memory does a context take?|How much memory does the KV cache need?|How big is the KV cache?|How do I compute the KV cache?]",
      "[formula for the KV cache|calculate the size of the KV cache|how many bytes per token does the cache take?|memory per token of context"
      "|how much [memory|RAM] [do|will] [4096|4k|four thousand] tokens [of context|] [take|need|cost]?|what [does|will] a context of [4096|4k] cost me in [memory|RAM|megabytes]?"
      "|[how many|the number of] bytes [does|for] [each|every|one|a single] token [take in the cache|of context|in the KV cache]"
      "|how do I [compute|calculate|work out|estimate] [the memory for|the size of] [the context|the KV cache|the cache] [by hand|from the metadata|myself]?"
      "|is there a [formula|rule of thumb|simple rule] for the memory [of the context|that a context takes|per token]?"
      "|if I double the context, how much more memory [is that|does it take|do I need]?|what does [one|each] [more|extra|] token [of context|in the context] cost in memory?"
      "|the KV cache of an 8B model with 4096 tokens, how [big|large] is it?|how many [MB|megabytes|MiB] [for|does] [4k|4096] [tokens of context|context] [take|]"
      "|layers, heads, head size: how do I get the cache size from [that|these numbers]?|I want to know [how the size of the KV cache is computed|what the context costs per token]"
      "|[how many|what] [bytes|KiB|KB] per token [in the cache|does the attention cache take|for the context]?|[a rule|the math|the arithmetic] for the [size of the cache|KV cache size|context memory]]",
      "The KV cache takes 2 x layers x KV heads x head size x 2 bytes for each token in f16. For a typical 8B model that is 128 KiB per token, or 512 MiB for 4096 tokens." },
    { NOUN, "[the memory of 8192 tokens|the memory of a context of 8192|the cache of 8192 tokens]", "[How much memory does a context of 8192 take?|How much RAM do 8192 tokens need?]",
      "[How big is the [KV cache|cache|context] for [eight thousand|8000|8192|8k] tokens?|memory for [8k|8192|8000|eight thousand] tokens|[8k|8192] [of context|context] in [GB|memory|RAM]|what does a context of 8k cost?"
      "|I [set|use|want] -c 8192, how much [memory|RAM] [goes|will go] [into|to] the [context|cache]?"
      "|how much [more|extra|additional] [memory|RAM] do I need [on top of the weights|beside the weights|] for [8k|8192 tokens of] context?"
      "|I have [8|16] GB and want [8k|8192 tokens|a context of 8192], [what will the cache take|how much of it goes to the cache]?|is [8k|8192] of context [expensive|much memory|a lot of RAM]?"
      "|going from [4k|4096|2048] to [8k|8192], what does that cost in [memory|RAM]?"
      "|does [8k|8192] [context|of context] fit [into 1 GB|beside the model], how [big|large] is [the cache|it][ then|]?|the KV cache at [8k|8192|8192 tokens], how many [GB|gigabytes|GiB]?"
      "|what is the [memory|RAM] need of [8192|8k] context [tokens|] on [Ollama|llama.cpp|llrun|LM Studio]?|how many [gigabytes|GB] [go|are used] for a context of [8192|8k|8000 tokens]?"
      "|[8192|8k|8000] tokens of context, how much [RAM|memory] [is that|will they take|should I plan]?"
      "|[what|how much memory|how many gigs] [does|do|will] [a 8k context|8192 tokens|a window of 8192|-c 8192] [eat|cost|take|need][ on top of the model|]?"
      "|how [big|large] [is|gets] the [cache|KV cache|attention cache] [at|with] [8k|8192]?]",
      "For a typical 8B model with f16 cache, 8192 tokens take about 1 GiB. With --kv q8_0 it is about half." },
    { NOUN, "[the memory of 32768 tokens|the memory of a context of 32768|the cache of 32k tokens]", "[How much memory does a context of 32768 take?|How much RAM does a 32k context need?]",
      "[How big is the [KV cache|cache|context] for [32 thousand|32000|32768|32k] tokens?|memory for [32k|32768|32000] tokens|[32k|32768] [of context|context] in [GB|memory|RAM]|what does a context of 32k cost?"
      "|I [set|use|want] -c 32768, how much [memory|RAM] [goes|will go] [into|to] the [context|cache]?"
      "|how much [more|extra|additional] [memory|RAM] do I need [on top of the weights|beside the weights|] for [32k|32768 tokens of] context?"
      "|I have [16|24] GB and want [32k|32768 tokens|a context of 32768], [what will the cache take|how much of it goes to the cache]?"
      "|is [32k|32768] of context [expensive|much memory|a lot of RAM]?|going from [4k|8k|8192] to [32k|32768], what does that cost in [memory|RAM]?"
      "|the KV cache at [32k|32768|32768 tokens], how many [GB|gigabytes|GiB]?|what is the [memory|RAM] need of [32768|32k] context [tokens|] on [Ollama|llama.cpp|llrun|LM Studio]?"
      "|how many [gigabytes|GB] [go|are used] for a context of [32768|32k|32000 tokens]?|[32768|32k|32000] tokens of context, how much [RAM|memory] [is that|will they take|should I plan]?"
      "|does [32k|32768] [context|of context] fit beside [the|an 8B] model, how [big|large] is [the cache|it][ then|]?"
      "|[what|how much memory|how many gigs] [does|do|will] [a 32k context|32768 tokens|a window of 32768|-c 32768] [eat|cost|take|need][ on top of the model|]?"
      "|how [big|large] [is|gets] the [cache|KV cache|attention cache] [at|with] [32k|32768]?]",
      "For a typical 8B model with f16 cache, 32768 tokens take about 4 GiB. With --kv q8_0 it is about half." },
    { NOUN, "[the memory of 16384 tokens|the memory of a context of 16384|the cache of 16k tokens]", "[How much memory does a context of 16384 take?|How much RAM does a 16k context need?]",
      "[How big is the [KV cache|cache|context] for [16 thousand|16000|16384|16k] tokens?|memory for [16k|16384|16000] tokens|[16k|16384] [of context|context] in [GB|memory|RAM]|what does a context of 16k cost?"
      "|I [set|use|want] -c 16384, how much [memory|RAM] [goes|will go] [into|to] the [context|cache]?|how much [more|extra|additional] [memory|RAM] do I need[ on top of the weights| beside the weights|] for [16k|16384 tokens of] context?"
      "|the KV cache at [16k|16384|16384 tokens], how many [GB|gigabytes|GiB]?|going from [4k|8k|8192] to [16k|16384], what does that cost in [memory|RAM]?|is [16k|16384] of context [expensive|much memory|a lot of RAM]?"
      "|I have [8|16] GB and want [16k|16384 tokens|a context of 16384], [what will the cache take|how much of it goes to the cache]?|[16384|16k|16000] tokens of context, how much [RAM|memory] [is that|will they take|should I plan]?"
      "|[what|how much memory|how many gigs] [does|do|will] [a 16k context|16384 tokens|a window of 16384|-c 16384] [eat|cost|take|need][ on top of the model|]?"
      "|how [big|large] [is|gets] the [cache|KV cache|attention cache] [at|with] [16k|16384]?]",
      "For a typical 8B model with f16 cache, 16384 tokens take about 2 GiB. With --kv q8_0 it is about half." },
    { NOUN, "[the memory of 131072 tokens|the memory of a context of 131072|the cache of 128k tokens]", "[How much memory does a context of 131072 take?|How much RAM does a 128k context need?]",
      "[How big is the [KV cache|cache|context] for [128 thousand|128000|131072|128k] tokens?|memory for [128k|131072|128000] tokens|[128k|131072] [of context|context] in [GB|memory|RAM]|what does a context of 128k cost?"
      "|the model [card|page] [says|promises] 128k [of context|tokens], how much [memory|RAM] would [that|all of it] [take|need]?|can I use the full 128k context [on my laptop|with 16 GB|on a PC with 32 GB]?"
      "|the KV cache at [128k|131072|131072 tokens], how many [GB|gigabytes|GiB]?|going from [8k|32k|8192] to [128k|131072], what does that cost in [memory|RAM]?|is [128k|131072] of context [expensive|much memory|a lot of RAM]?"
      "|I [set|use|want] -c 131072, how much [memory|RAM] [goes|will go] [into|to] the [context|cache]?|[131072|128k|128000] tokens of context, how much [RAM|memory] [is that|will they take|should I plan]?"
      "|[what|how much memory|how many gigs] [does|do|will] [a 128k context|131072 tokens|a window of 131072|-c 131072] [eat|cost|take|need][ on top of the model|]?"
      "|how [big|large] [is|gets] the [cache|KV cache|attention cache] [at|with] [128k|131072]?]",
      "For a typical 8B model with f16 cache, 131072 tokens take about 16 GiB. Few machines have that beside the weights, so use a smaller -c." },
    { TASK, "[make the KV cache smaller|compress the KV cache|use a q8_0 cache|halve the memory of the context]", "What does --kv q8_0 do?",
      "[Is there [some|a] [switch|flag|option] to make the [cache|KV cache|cache for the context] [half as big|smaller]?|a smaller cache for the context|store the KV cache in [8 bits|q8_0]|cut the [context memory|KV cache] in half|the KV cache is too big"
      "|the [context|cache|KV cache] takes [more|as much] [memory|RAM] [than|as] the [weights|model itself], [how do I shrink it|how can I make it smaller]?"
      "|I want [16k|32k] of context but the [cache|KV cache] [is too large|does not fit][. Can it be compressed?|, can it be made smaller?]"
      "|[can|could] the [KV cache|cache] be [quantised|compressed|stored in 8 bits|stored in fewer bits][ like the weights| too|]?"
      "|is there a way to [keep|have] [the long|the same|a long] context and [still|] [halve|shrink] [the cache|its memory]?"
      "|in [llama.cpp|Ollama|koboldcpp] I use [a quantised KV cache|cache-type-k q8_0|an 8-bit cache], how do I [get|do] that [here|in llrun]?"
      "|does an 8-bit [cache|KV cache] [hurt|lower|harm] the quality?|do I lose [quality|much] [with|if I use] --kv q8_0?"
      "|how do I [get|bring] the [memory|size] of the KV cache down [by half|to the half|without a shorter context]?"
      "|which option [stores|keeps] [the cache|keys and values] in [8 bits|q8_0|fewer bits]?|[quantise|quantize|shrink|squeeze] the [KV cache|cache of the context]"
      "|the line KV cache in the plan is [huge|too large], [what makes it smaller|which option makes it smaller]?"
      "|Is there a way to [store|keep|hold] the [attention cache|KV cache|keys and values|attention memory] in [fewer bits|8 bits|less memory|half the space] so [long chats fit|that a long context fits|it fits]?"
      "|[cache-type-k|cache_type_k|OLLAMA_KV_CACHE_TYPE|-ctk q8_0 -ctv q8_0] [in llrun|here][, how?|, what is it called?|]"
      "|[quantised|8-bit|int8|compressed] [attention cache|KV cache|context][, how do I turn it on?|, possible?|]]",
      "Use --kv q8_0. The KV cache is then stored in 8 bits and takes about half the memory of f16, with almost the same quality." },
    { NOUN, "[the option --kv|--kv|the flag --kv]", "Which types does --kv know?",
      "[values for --kv|can the KV cache be f32?|which cache types are there?"
      "|which [types|formats|values] can I [choose|use|give] for the [KV cache|cache]?|what is the default type of the [KV cache|cache]?|does --kv accept [q4_0|f32|bf16|q8_0]?"
      "|should I [use|take] f16 or f32 for the [KV cache|cache]?|I want the [cache|KV cache] in f32, [is that possible|can I do that]?|is the KV cache f16 [by default|if I set nothing]?"
      "|what may [stand|I write] [after|behind] --kv?|can I [set|choose|pick] the [precision|type|number format] of the [KV cache|cache]?"
      "|in which [type|format|precision] [is the cache kept|does llrun keep the KV cache][ by default| normally|]?|what are the [choices|possible values] of --kv[ and which is the default|]?"
      "|[f16, f32 or q8_0|f16 or f32] for the [KV cache|attention cache][, what can I choose?|, what is the default?|]|what does --kv [accept|allow|know|support]?]",
      "--kv sets the type of the KV cache: f16 is the default, f32 is larger and exact, q8_0 takes about half of f16." },
    { NOUN, "[mmap|memory mapping|a memory-mapped file]", "Why does llrun map the file?",
      "[how does mmap work?|why does the model open so fast?|does llrun copy the file?"
      "|llrun [opens|loads] a [10|20|5] GB [file|model] in [a second|no time|an instant], how is that possible?"
      "|why is [loading|opening|starting] so [fast|quick] [here|with llrun|compared with other programs]?"
      "|other [programs|runners] [copy|read] the whole file first, [why does llrun not|how does llrun do it]?"
      "|what [is the advantage|are the advantages|is the benefit] of [mmap|mapping the file|a mapped file]?|is [mmap|memory mapping] [a good thing|good|better than reading the file]?"
      "|[llama.cpp|Ollama|koboldcpp] [has an option about|mentions|talks about] mmap, what does [it|that] mean?"
      "|does the file stay on the disk [when it is mapped|with mmap], or is it [copied|read] [into RAM|into memory]?"
      "|what does it mean that [the file is mapped|the weights are mapped|a model is memory mapped]?|are the weights [read|copied] into RAM or [used from the file|used directly from the disk]?"
      "|what happens to mapped weights when [other programs need memory|memory gets short]?"
      "|[memory mapped|mmapped|mapped] [file|weights|model][, what is that?|, good or bad?|, what does it mean?]"
      "|[a 20 GB|a 5 GB|a huge] [file|model] [opens|loads] in [0.1 seconds|no time|a blink], [is that real?|how?|what is the trick?]]",
      "Memory mapping uses the file where it lies instead of copying it. Opening is instant, and the system can drop and read the parts again when memory is short." },
    { TASK, "[turn off mmap|read the file into memory|not use memory mapping]", "What does --no-mmap do?",
      "[load the whole file into RAM|do not map the file|copy the model into memory first"
      "|my model lies on a [slow|network|USB] [disk|drive|share], [can I read it into RAM first|how do I load all of it first]?"
      "|I don't want [mmap|memory mapping|the file mapped], how do I [switch|turn] it off?"
      "|how do I [make|tell] llrun [to read|read] the [whole|entire|complete] [file|model] [at the start|first|into memory]?"
      "|[is there a way|can I|how do I] [to|] [disable|switch off] [mmap|memory mapping][ like in llama.cpp| as in Ollama|]?"
      "|the file should be [copied|read|loaded] [completely|fully] into [RAM|memory] [before it starts|at the start], which [flag|option] [does that|is it]?"
      "|load [everything|the weights|all tensors] into [RAM|memory] [instead of mapping|without mapping][ it| them| the file|]|what [changes|happens] [if|when] I use --no-mmap?"
      "|do I need more [RAM|memory] without [mmap|mapping]?|I want to [remove|unplug] the [USB stick|drive] after loading, so [the model must be read|read the model] into [RAM|memory]"
      "|how do I [avoid|stop] llrun from [mapping|using mmap on] the file?"
      "|[I want|I'd like] [the whole thing|everything|all of it] [read into RAM|in RAM] [at start|up front], [no mmap|not mapped][. Which flag?|]|use_mmap=False[ in llrun| here|][, what is the flag?|, how?|]"
      "|model on [NFS|the NAS|a network share|a USB disk], [mmap off?|how do I read it in completely?|how do I turn off mmap?]]",
      "Use --no-mmap. The file is then read into memory instead of being mapped, which needs as much free memory as the file is large." },
    { TASK, "[keep the model in memory|lock the weights in RAM|stop the system from swapping the model]", "What does --mlock do?",
      "[prevent swapping|pin the weights|the model is swapped out|avoid that the weights leave the memory"
      "|after [a pause|some minutes|a break|lunch] the [first|next] answer [is slow|takes long] because the [model|weights] [was|were] [swapped out|dropped from memory][. How do I avoid that?|]"
      "|[Linux|Ubuntu|Windows|the system|macOS] [keeps|is] [swapping|paging] my [model|weights] out, [how do I stop that|how do I prevent it]?"
      "|how do I [make sure|ensure] that the [weights|model] [stay|stays|remain] in [RAM|memory]?"
      "|the weights should [never|not] [leave|be dropped from|be paged out of] [the memory|RAM][, how do I do that?|]|can I [lock|pin|fix|nail] the [weights|model|file] [in|into] [RAM|memory]?"
      "|mlock [failed|was refused|does not work|says cannot allocate memory], what [now|can I do]?"
      "|llrun [says|warns] that [mlock failed|the memory could not be locked], [how do I raise the limit|what must I change]?"
      "|which [flag|option] [keeps|holds] the [whole|] model [resident|in RAM][ even when other programs need memory| all the time|]?"
      "|is there [something|an option] like mlock [of llama.cpp|in Ollama|] here?|I leave it running [overnight|all day] and want the [weights|model] to stay in [RAM|memory]"
      "|what is the limit [of|from] ulimit -l [good for|about]?"
      "|[use_mlock|mlock|VirtualLock] [in llrun|here][, how?|, which flag?|]"
      "|[the box|the server|Linux] [swaps|pages] the [weights|model] [out|to disk] [at night|when idle|over the weekend][. How do I pin it?|. {fix}|]]",
      "Use --mlock. llrun then asks the system to keep the weights in memory; if that is refused, raise the limit with ulimit -l." },
    { TROUBLE, "[the RAM use looks low|the model does not show up in memory|top shows less memory than the file has]", "Why is the memory use so low?",
      "[top says it uses almost no memory|why does it use so little RAM?|htop shows only a few MB|the process looks small although the model is large"
      "|the task manager [shows|says|displays] [only|just|] [a little|300 MB of|very little|200 MB of|hardly any] [RAM|memory][ use|], [although|but] [the|my] [model|file] is [4|5|8|13] GB"
      "|I [loaded|started|run] a [4|5|8|14] GB [model|file], but [the task manager|top|htop|activity monitor|the system monitor] [shows|says] [only|just] [200|300|500] MB[, how can that be?|. Is that right?|. Where is the rest?]"
      "|where is the model if [the process|llrun|the program] [uses|shows|takes] [almost no|so little|hardly any] [memory|RAM]?"
      "|[Windows 10|Windows 11|Ubuntu|Debian|my Mac] [says|shows] that llrun [needs|uses|takes] [only|just] [a few hundred MB|very little RAM|almost no memory], [is something wrong|is the model really loaded|why is that]?"
      "|is the model [really|even] [loaded|in memory] when the memory [use|column|number] is so [low|small]?"
      "|free [memory|RAM] hardly [changes|goes down|drops] [when|after] I [load|start] a [big|large|5 GB] model[, why?|, is that normal?|]"
      "|the [memory|RAM] [graph|column|display] [does not go up|stays flat|stays low] [while|when|although] [the|a] [big|large|] model [runs|is loaded|is running][, why?|]"
      "|why [does|is] the [used memory|RAM use|memory of the process] [not go up|stay so low|not as large as the file][ with a big model| after loading|]?"
      "|the memory [use|number] in [the task manager|htop|top|activity monitor] is much [lower|smaller] than the [size of the file|file|model size]"
      "|is [it|this] [a bug|a mistake|an error] that [top|htop|the task manager] shows [so little|less] memory [than the file has|for a big model]?"
      "|my [RAM|memory] use [looks|seems] [too low|too small|suspiciously low] for [such|so] a big model"
      "|why is the model counted as [cache|file cache|buff/cache] and not as [used memory|memory of the program]?"
      "|[htop|top|free -h|Task Manager|ps] shows only [500|300|200|800] MB used [even though|although|but] I loaded a [5|8|4|20|13] GB [model|file]. [Is it really loaded?|{why}|Where is it?]"
      "|[RSS|RES|used memory|memory of the process] is [tiny|only 300 MB|much too small] [although|but] the [file|model] has [5|8|13] [gigs|GB][. {why}|. Is it really loaded?|]"
      "|[buff/cache|cached|page cache] is [huge|large|7 GB] but the [process|program] is [small|tiny][. {why}|, is the model in there?|]]",
      "That is normal: the weights are mapped from the file and count as file cache, not as memory of the program." },
    { TROUBLE, "[the model is larger than my RAM|the file is bigger than my memory|my model does not fit into RAM]", "[Can I run a model that is larger than RAM?|What happens if the model is too big?]",
      "[Is it ok to use a [file|model] [larger|bigger] than my [memory|RAM]?|[file|model] of [20|40|30] GB with [8|16] GB of RAM|the model is [too big|too large] for my [RAM|memory|computer]|what if the file does not fit into RAM?|a big model on a small machine"
      "|[can|could|may] I [run|use|load] a [30|40|48] GB [file|model] on a [laptop|PC|machine|Mac] [with|that has] [8|16|24] GB of [RAM|memory]?"
      "|what [happens|will happen] [when|if] the [weights|file|model] [do not fit|does not fit|is larger than what fits] into [RAM|memory][ completely|]?"
      "|the [disk|SSD] [light is on|is busy|is read] all the time while [the|my big] model [writes|answers][. Is the model too big?|, why?|]"
      "|my [RAM|memory] is [smaller|less] than the [file|model], will it [still|] [work|run|start]?"
      "|is it [possible|sensible|a good idea] to run a model [straight|directly] from [the SSD|the disk|an NVMe drive]?"
      "|[it needs|each token takes] [several|ten|30] seconds [per|for a] token since the [model|file] [does not fit into RAM|is bigger than my RAM]"
      "|I have a [file|model] of [20|26|40] GB but only [8|16] GB of RAM[, does that work|, will it run|, is there any hope]?"
      "|could the [SSD|disk|swap file] [replace|stand in for] missing [RAM|memory]?|how [bad|slow] is it [if|when] [the model|the file] is [larger|bigger] than [RAM|memory|the memory of my PC]?"
      "|does the [entire|whole] [file|model] [have to|need to] [fit into|be in] [RAM|memory]?|I [downloaded|got] a [model|file] that is [twice as large as|bigger than|larger than] my [RAM|memory]"
      "|Can I run a [40|30|26|70] GB [file|model] on a [machine|box|PC|laptop] with [32|16|24|64] GB [of RAM|], or will it [just|] [crash|die|fail|blow up]?"
      "|[file|model] [40|26|30] gigs, [RAM|memory] [32|16|24] gigs, [will it run?|hopeless?|any chance?|does that work?]"
      "|[bigger|larger] than RAM, [will it crash?|does it run at all?|does it swap?|is it any use?]]",
      "It can run, because weights are mapped from the file, but it reads from the disk for every token and is very slow. A smaller model is better." },
    { NOUN, "[the memory of a 7B model|the size of a 7B model|the memory of an 8B model]", "[How much memory does a 7B model need?|How much RAM do I need for an 8B model?|How big is a 7B model?]",
      "[how many [gigabytes|GB] do I need for a [7|8] billion [parameter|] model|RAM for [7B|8B]|memory for a model with [7|8] billion parameters|how much does an 8B model take|will [7B|8B] run with [8|16] GB?|size of [7B|8B] files"
      "|I have a [laptop|ThinkPad|mini PC|Mac|MacBook] with [8|16] GB, is that enough for [a 7B|an 8B] model?"
      "|how much [RAM|memory] should [a PC|a laptop|my next computer] have [for|to run] [a 7B|an 8B|a Llama 3 8B|a Mistral 7B] model?"
      "|how many [GB|gigabytes] is [a 7B|an 8B] model in [q4_K_M|q8_0|f16]?|what [does|will] [a 7B|an 8B] model [need|take|weigh|occupy][ in q4_K_M| in q8_0| in f16| in memory| on the disk|]?"
      "|can [my|a] [ThinkPad|laptop|Raspberry Pi|old PC] with [8|16] GB [hold|run|take] [a 7B|an 8B] model?"
      "|[Mistral 7B|Llama 8B|a model of 7 billion parameters|a model of 8 billion weights], how much [RAM|memory] [is needed|do I need|must I have]?"
      "|how [large|big] is the [download|file] of [a 7B|an 8B] model?"
      "|I'd like to run [a 7B|an 8B] model [on Windows 11|on Ubuntu|with Ollama|with LM Studio|at home], [what memory does that take|how much RAM is needed]?"
      "|do [seven|eight] billion parameters fit [in|into] [8|16|6] GB?|is [8|16] GB of [RAM|memory] enough for [7B|8B|an 8B model|a 7B model]?"
      "|the [memory|RAM] need of [7B|8B] models [in numbers|by type|with different quants], please"
      "|what fits [better|best|] on [8|16|6] [gb|GB|gigs], is a [7b|7B|8b|8B] ok?|is a [7b|8b|7B|8B] [ok|fine|realistic|too much|possible] [on|with|for] [8|16|6] [gb|GB|gigs][ of RAM|]?"
      "|[llama 8b|Llama 3 8B|Mistral 7B|qwen 7b], [how many gigs|how much RAM|how big a machine]?|how big a [machine|box|PC|laptop] do I need for [a 7b|an 8b|an 8B model|mistral 7b]?]",
      "A 7B or 8B model takes about 4 to 5 GB in q4_K_M, which fits into 8 GB of RAM, 8 to 9 GB in q8_0 and 14 to 16 GB in f16, plus the context." },
    { NOUN, "[the memory of a 70B model|the size of a 70B model]", "[How much memory does a 70B model need?|How much RAM do I need for a 70B model?]",
      "[how many [gigabytes|GB] do I need for a 70 billion [parameter|] model|RAM for 70B|memory for a model with 70 billion parameters|can I run 70B with [32|64] GB?"
      "|I have a [workstation|server|Mac Studio|PC] with [32|48|64|128] GB, is that enough for a 70B model?"
      "|how much [RAM|memory] should [a PC|a server|my next computer] have [for|to run] a [70B|Llama 70B|seventy billion] model?|how many [GB|gigabytes] is a 70B model in [q4_K_M|q8_0]?"
      "|what [does|will] a 70B model [need|take|weigh|occupy][ in q4_K_M| in q8_0| in memory| on the disk|]?|can [my|a] [workstation|server|PC] with [32|48|64] GB [hold|run|take] a 70B model?"
      "|how [large|big] is the [download|file] of a 70B model?"
      "|I'd like to run [a 70B|a Llama 70B] model [on Ubuntu|with Ollama|with LM Studio|at home], [what memory does that take|how much RAM is needed]?"
      "|do seventy billion parameters fit [in|into] [32|48|64] GB?|is [32|48|64] GB of [RAM|memory] enough for [70B|a 70B model]?"
      "|what [hardware|machine|computer] does a 70B model [need|ask for], how much [memory|RAM]?"
      "|How big a [machine|box|server|PC] do I need for a [llama 70b|70b|70B|Llama 3 70B] [at 4 bit|in 4 bit|at 8 bit|]?|[llama 70b|70b|a 70B], [how many gigs|how much RAM|how much memory|what machine]?"
      "|is [64|48|128|32] [gb|GB|gigs] [ok|enough|fine] for [a 70b|70B|llama 70b]?]",
      "A 70B model takes about 40 GB in q4_K_M and 75 GB in q8_0, plus the context." },
    { NOUN, "[the memory of a 1B model|the size of a 1B model]", "[How much memory does a 1B model need?|Which model fits into 2 GB?]",
      "[how many [gigabytes|GB] do I need for a 1 billion [parameter|] model|RAM for 1B|a model for a very small machine|which model runs with 1 GB of RAM?"
      "|I have a [Raspberry Pi|netbook|old laptop|small VPS|phone] with [1|2] GB, [which size of model|what model size] [fits|can it run|would work]?"
      "|how much [RAM|memory] [is needed|do I need] [for|to run] a [1B|one billion|Llama 1B] model?|how many [GB|gigabytes|megabytes] is a 1B model in [q4_0|q8_0]?"
      "|what [does|will] a 1B model [need|take|weigh|occupy][ in q4_0| in q8_0| in memory| on the disk|]?"
      "|can [my|a] [Raspberry Pi|netbook|old laptop|tiny server] with [1|2] GB [hold|run|take] a 1B model?|how [large|big] is the [download|file] of a 1B model?"
      "|which [size of model|model size] is right for a [Raspberry Pi|very old PC|netbook|very weak laptop]?|does one billion parameters fit [in|into] [1|2] GB?"
      "|is [1|2] GB of [RAM|memory] enough for [1B|a 1B model]?|is there a [model|size] [small enough|that is small enough] for [1|2] GB[ of memory| of RAM|]?"
      "|I want the smallest [useful|sensible] model for a machine [with hardly any memory|with 2 GB of RAM]"
      "|[llama 1b|a 1b|1B|tinyllama], [how many gigs|how much RAM|how much memory]?|what [can I run|runs|fits] [on|in] [1|2] [gig|gigs|GB] of RAM?"
      "|how [small|big] a [machine|box|Raspberry] [is enough|do I need] for a [1b|1B]?]",
      "A 1B model takes about 0.7 GB in q4_0 and 1.1 GB in q8_0, plus the context. It runs on nearly every machine." },

    /* --- GPU --- */
    { CODE, "[CUDA out of memory|CUDA error: out of memory|cudaMalloc failed: out of memory]", "[Why is my GPU out of memory?|What if the VRAM is full?]",
      "[My [graphics card|GPU|video card] [runs|is|ran] out of memory[, what now?|]|[VRAM|GPU memory|the graphics memory] is [full|not enough|too small]|[CUDA|the GPU|cuda] [says|reports] out of memory|out of memory on the GPU|the model does not fit on my [graphics card|GPU]"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp] [crashes|stops|fails] on my [RTX 3060|GTX 1060|RTX 2070|card with 6 GB|8 GB card] [because|since] the [VRAM|video memory|GPU memory] is [full|used up|not enough]"
      "|my [RTX 3060|GTX 1660|RTX 4070|NVIDIA card] has [only|] [4|6|8|12] GB and the [model|loader] [runs out of VRAM|fills it all|says CUDA out of memory][, what can I do?|. Which setting helps?|]"
      "|cudaMalloc [fails|failed] [while|when] [loading|starting][ the model|], [what is that|what now|what should I change]?"
      "|how do I [avoid|get around|get rid of] [CUDA out of memory|running out of VRAM|a full GPU memory]?"
      "|the [VRAM|graphics memory|GPU memory] is [full|used up] [as soon as|when] I [load|start] the model[, what should I turn down?|, what now?|]"
      "|it worked [yesterday|with a shorter context], but now CUDA [says|reports] out of memory"
      "|not enough [VRAM|video memory|graphics memory] for [all layers|the model|my model][, what helps?|, what can I reduce?]"
      "|the game [takes|needs] the VRAM and [now|then] the model [fails with CUDA out of memory|finds the GPU memory full]|[failed|unable] to allocate [CUDA|GPU] [memory|buffer]"
      "|[what helps|what can be done] [against|about] [out of memory on the GPU|a CUDA memory error|too little VRAM]?"
      "|ggml_cuda: CUDA error: out of memory. The card has [6|8|4] GB and the model is [7|9|5] GB. {fix}"
      "|[the model|the file] is [7|9|12] [GB|gigs] and the [card|GPU|RTX 3060|GTX 1060] has [only|] [6|8|4] [GB|gigs][. {fix}|, CUDA out of memory|, what now?]"
      "|[torch.cuda.OutOfMemoryError|cudaErrorMemoryAllocation|CUBLAS_STATUS_ALLOC_FAILED|failed to allocate CUDA buffer][. {why}|. {fix}|]|my [card|GPU] [runs|ran] out of [memory|VRAM][. {fix}|]]",
      "CUDA out of memory means that the memory of the GPU is full. Put fewer layers on it with a smaller -ngl, use a smaller context, or close other programs on the GPU." },
    { CODE, "[no kernel image is available|CUDA error: no kernel image is available for execution on the device]", "Why does my old GPU have no kernel image?",
      "[no kernel image [for|on] my [graphics card|GPU|device|old card]|[CUDA|it] says no kernel image is available|my card is too old for this build|compute capability not supported"
      "|I put [a GTX 750|an old Tesla K80|a Quadro from 2013|an old card] into my [server|PC|machine] and now [CUDA|Ollama|llama.cpp] says no kernel image"
      "|is my [card|GPU|Tesla|Quadro|GTX] too old if [it says|CUDA says] no kernel image is available?|what [is|does] no kernel image [about|mean] on [an old|a Kepler|a Maxwell] [card|GPU]?"
      "|my [Tesla K80|GTX 680|GTX 770|Kepler card|Quadro K2000] is [not supported|refused|too old], [can I still use it|do I need another build]?"
      "|which build [do I need|works] for an [old|older] [NVIDIA card|GPU|graphics card][ of compute capability 3.5| with compute capability 5.0|]?"
      "|the program [has|contains] no kernels for my [graphics card|GPU|card]|the error [talks about|mentions] a kernel image[, what is it?|. Has it to do with my Linux kernel?|]"
      "|what can I do when the [program|build] does not know the compute capability of my [card|GPU]?|why [does|will] CUDA not [execute|run] [kernels|anything] on my [old|ancient] [GPU|card]?"
      "|it finds my [old GPU|old card|Kepler card] but [then|] stops with no kernel image"
      "|CUDA error: no kernel image is available for execution on the device - I have [an old|a|a second hand] [GTX 960|GTX 750|Quadro K620|Tesla M40|Tesla P4|RTX 5090][. {why}|]"
      "|[compute_50|sm_35|sm_52|sm_61|compute capability] [not supported|missing|not in this build][. {why}|]]",
      "This message means that the program was not built for your GPU. Old cards need a build for their compute capability; otherwise use the CPU." },
    { CODE, "[CUDA driver version is insufficient|CUDA driver version is insufficient for CUDA runtime version]", "What if my driver is too old?",
      "[It tells me that the driver version is insufficient|[the|my] [NVIDIA|CUDA|] driver is too old|driver version insufficient for the runtime|do I have to update my NVIDIA driver?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp] [says|complains|reports] that my [CUDA|NVIDIA|graphics|GPU] driver is [too old|insufficient|older than the runtime]"
      "|after [updating|the update of] the program it [says|complains] that the driver version is insufficient[, do I need a new driver?|]"
      "|the [driver|NVIDIA driver] on my [Debian|Ubuntu|Windows 10|server] [machine|box|] is [old|from 2019|several years old] and CUDA [complains|does not like it|says insufficient]"
      "|which driver do I need [when|if] [CUDA|the runtime] says that [mine|it] is insufficient?|does the driver have to [match|fit] the CUDA [version|runtime]?"
      "|the CUDA runtime is newer than my driver[, what can I do?|. How do I fix it?|]|can I [keep|stay with] my old NVIDIA driver?"
      "|[nvidia driver|driver] [mismatch|too old], [CUDA runtime|the runtime] wants a newer one|what is insufficient about my [driver|NVIDIA driver]?"
      "|how do I [fix|solve|get rid of] [the message about|] an insufficient [driver|driver version]?"
      "|\"CUDA driver version is insufficient for CUDA runtime version\" [what do I update?|{why}|{fix}]"
      "|[nvidia-smi|the driver] [says|is at] [470|450|390|CUDA 11.4] and the [program|build] [wants|needs] [CUDA 12|a newer one|12.4][. {why}|. {fix}|]"
      "|which one do I update, [CUDA or the driver|the driver or the toolkit]?]",
      "The NVIDIA driver is older than the program needs. Update the driver or use a build for an older CUDA version." },
    { CODE, "[CUDA error 999|CUDA unknown error 999|CUDA unknown error]", "Why is the GPU lost after suspend?",
      "[After [waking|waking up|coming back] from [sleep|suspend], CUDA [gives|shows] [unknown error|error] 999|the GPU is gone after [sleep|suspend|standby]|after suspend CUDA does not work|unknown error 999"
      "|my [laptop|ThinkPad|PC] [slept|was asleep|was suspended] [over night|for an hour|] and [now|since then] [Ollama|llama.cpp|the model] [uses only the CPU|cannot find the GPU|gives CUDA error 999]"
      "|[every time|each time|whenever] I [close the lid|suspend the laptop|wake the PC], the [GPU|card|CUDA device] is [lost|gone|unusable] [afterwards|]"
      "|how do I [get|bring] the [GPU|CUDA device] back after [suspend|sleep|standby|hibernation][ without a reboot| without rebooting| on Ubuntu| on Linux|]?"
      "|CUDA [works|worked] [until|before] [the laptop goes to sleep|suspend], then [unknown error|error 999|nothing]"
      "|do I have to [reboot|restart the machine] after [suspend|sleep] to use [CUDA|the GPU] again?|what [must|do] I reload [when|if] CUDA [is broken|fails] after [resume|suspend|sleep]?"
      "|how do I reload [nvidia_uvm|the nvidia module|the NVIDIA kernel module]?|since [waking up|resume|standby] the [runner|program|model] [no longer sees|does not see|has lost] the GPU"
      "|cuInit [returns|failed with|gives] 999|the [card|GPU] [disappears|vanishes|is lost] when the [laptop|PC] [wakes up|comes back from sleep]"
      "|[GPU|card|CUDA] [dead|gone|broken|lost] after [suspend|sleep|I opened the lid|hibernate][. {why}|. {fix}|]|cudaErrorUnknown[ 999|][ since this morning| after sleep|][. {why}|]"
      "|[unknown error|error 999] [after I opened the lid|after the PC slept|when it wakes up][. {why}|. {fix}|]]",
      "CUDA error 999 often comes after suspend. Stop the GPU programs and reload the module: sudo rmmod nvidia_uvm, then sudo modprobe nvidia_uvm." },
    { CODE, "[libcuda.so.1 not found|libcuda.so.1: cannot open shared object file]", "Why is libcuda not found?",
      "[libcuda.so.1 is missing|cannot open libcuda|it does not find the NVIDIA driver library|docker does not see the GPU|no libcuda in the container"
      "|[in|inside] [Docker|my container|podman|the container] [Ollama|the program|llama.cpp] [cannot find|does not find|misses] [libcuda|the NVIDIA library|libcuda.so.1]"
      "|error while loading shared libraries: libcuda.so.1|which [package|thing|program] [contains|brings|provides|installs] libcuda.so.1?"
      "|do I need [the CUDA toolkit|CUDA|the driver] [to get|for] libcuda?|the GPU works on the host but not [in|inside] [Docker|the container|my container][, which option is missing?|]"
      "|how do I [give|pass|hand] the GPU to [a Docker container|my container|Docker]?|I [forgot|did not use] --gpus all[, is that why libcuda is missing?|, what happens then?]"
      "|on my [fresh|new|] [Debian|Ubuntu|Fedora] [machine|install|server] libcuda is [missing|not there|not found][, what do I install?|]|the [loader|linker|system] cannot [find|open] libcuda"
      "|what is libcuda.so.1 [and where do I get it|and why do I need it|for]?"
      "|error while loading shared libraries: libcuda.so.1: cannot open shared object file[. {why}|. {fix}|: No such file or directory|]|libcuda.so.1 => not found[. {why}|]"
      "|ldd [says|shows] libcuda.so.1 [not found|missing][. {why}|. {fix}]"
      "|[NVIDIA Container Toolkit|nvidia-container-toolkit|--gpus all], [do I need it for libcuda?|is that it?|why is libcuda missing without it?]]",
      "libcuda.so.1 belongs to the NVIDIA driver. Install the driver; in Docker start the container with --gpus all." },
    { TASK, "[put layers on the GPU|use the GPU|move layers to the GPU|set the GPU layers]", "[What does -ngl do?|What does --n-gpu-layers do?]",
      "[how many layers should go to the GPU?|offload [layers|the model|everything] to the GPU|run it on my graphics card|use my NVIDIA card|which flag is for the GPU?"
      "|I have an [RTX 3060|RTX 4060|NVIDIA card|graphics card] with [6|8|12] GB, how do I [make the model use it|put part of the model on it|split the model between CPU and GPU]?"
      "|what [number|value] should I [give|set|use] for [-ngl|the GPU layers|--n-gpu-layers]?|[can|could] the model be [split|divided|shared] between [CPU and GPU|GPU and CPU|RAM and VRAM]?"
      "|how do I [send|offload|shift] [half of|some of|part of|all] the layers to the [GPU|graphics card]?"
      "|in [LM Studio|llama.cpp|koboldcpp] there is a [slider|setting|option] for GPU [layers|offload], what does it do?"
      "|what [happens|changes] [if|when] I [raise|lower|set] [-ngl|the GPU layers][ to 20| to 99|]?"
      "|only [some|half|part] of the model [should be|shall go] on the [GPU|graphics card|card][, how do I set that?|]|what does offloading [layers|] mean?"
      "|where do the layers go that [do not fit|are not] on the GPU?|-ngl [99|20|0|35], what does that [mean|do]?"
      "|is there a [setting|way|flag] [for how many|to say how many] layers [run|are] on the [GPU|card]?"
      "|[n_gpu_layers|num_gpu|gpu_layers|-ngl] [99|33|20|35|-1], [what is that?|what does that do?|how many should I take?]"
      "|how many [layers|blocks] [fit|can I put|should I put] on [a 6 GB card|an 8 GB card|my RTX 3060|a 12 GB GPU]?]",
      "-ngl N sets how many layers go to the GPU, and the rest stays on the CPU. Use a smaller number when the GPU is out of memory." },
    { TROUBLE, "[the GPU is not used|my GPU does nothing|everything runs on the CPU]", "Why is my GPU not used?",
      "[my [graphics card|GPU|NVIDIA card] [is idle|sits idle|is not used|does nothing|stays at 0 percent]|it runs on the CPU instead of the GPU|only the CPU is busy|why is the GPU ignored?"
      "|[nvidia-smi|the task manager] shows [0 percent|no load|0 % GPU|nothing] while [Ollama|the model|llama.cpp|LM Studio] [runs|writes|answers]"
      "|I [bought|have|own] [an RTX 3060|an RTX 4070|a gaming PC|an NVIDIA card], but [the model|Ollama|llama.cpp|koboldcpp] [only uses the CPU|runs on the CPU|does not touch the GPU][, why?|]"
      "|why does [Ollama|it|llama.cpp|the program] [take|use|choose] the CPU [although|when] I have a [GPU|graphics card|good card]?"
      "|how do I [find out|see] why [the GPU|my card] is [not used|ignored|idle]?|it [falls|fell] back to the CPU [without a word|silently|by itself][, how do I notice that?|, why?|]"
      "|no [usable|compatible|] GPU [was found|found|detected], [what is missing|why]?|the [fans|fan] of my [card|GPU] [stay quiet|do not spin] and the CPU [is at 100 percent|works hard|gets hot]"
      "|[the log says|it says] that no GPU [was found|is used|was detected]|I want an error [instead of a silent fallback to the CPU|if the GPU is not used]"
      "|why is my [NVIDIA card|graphics card|GPU] not [recognised|recognized|detected|found][ by the program| by the runner|]?|can I [force|make sure] that the GPU is [really|] used?"
      "|nvidia-smi shows [0%|0 %|0 percent|no process|nothing] while it [generates|writes|runs|answers] and all my [CPU cores|cores|CPUs] are [busy|at 100%|hot]. Is my [graphics card|GPU|card|RTX] being ignored?"
      "|is my [graphics card|GPU|card|RTX 3060|RTX 4090] [being ignored|ignored|not used|doing nothing|idle|asleep][ at all|]?"
      "|[nvidia-smi|nvtop|Task Manager|GPU-Z|radeontop] [shows|says|reports] [0%|0 %|0 percent|no load|idle|no processes|nothing][ on the card| for the GPU|] [while|when|although] [it generates|the model runs|it answers|all cores are busy|I chat][. {why}|. Is the card ignored?|]"
      "|[the CPU|the processor|every core] is [busy|at 100%|glowing] [and|but|while] the [GPU|graphics card|card] [is at 0%|does nothing|stays cold|idles][. {why}|. {fix}|]"
      "|how do I [know|see|check|tell] [if|whether] [it uses the GPU|the GPU is used|my card is used|it runs on the card]?"
      "|[it says|the log says] [offloaded 0/33 layers to GPU|no GPU|using CPU|0 layers offloaded][. {why}|. {fix}|]]",
      "Then the CPU does all the work: the program has no GPU support, found no driver or no free GPU memory, or -ngl is 0. Look at its messages; --gpu require makes llrun fail instead." },
    { NOUN, "[VRAM|GPU memory|video memory]", "How is VRAM different from RAM?",
      "[what is the memory of a graphics card?|is VRAM the same as RAM?|what must fit into VRAM?"
      "|what is the difference between RAM and [VRAM|video memory|graphics memory]?|my card has [6|8|12|24] GB of VRAM, what [does that mean for models|has to fit in there|goes in there]?"
      "|do RAM and VRAM add up?|can I use [normal RAM|my RAM] [as|instead of] VRAM?|everyone [asks|talks] about VRAM, [is that the RAM of my PC|what do they mean|what kind of memory is it]?"
      "|which parts of a model [need|take|live in|use] [VRAM|the memory of the GPU]?|I have [32|64] GB of RAM but only [4|8] GB of VRAM, which one [counts|matters][ for the GPU|]?"
      "|[where|what] is [video memory|VRAM][ in a computer| used for|]?|does the context [also|] [need|take] VRAM?|the shop says 12 GB GDDR6, is [that VRAM|this the memory for models]?"
      "|[VRAM or RAM|RAM or VRAM|RAM vs VRAM], [what is the difference?|which one matters?|which counts?]"
      "|[graphics memory|card memory|GDDR6|dedicated GPU memory], [what is that?|what is it for?|what goes in there?]]",
      "VRAM is the memory of the graphics card. Layers on the GPU, their KV cache and scratch space must fit into it." },

    /* --- types --- */
    { NOUN, "[quantization|quantisation|a quantised type|a quantized type|a quant]", "[Why are models quantised?|What are quants?]",
      "[what does quantised mean?|why are the files smaller than the original?|is quantisation bad?|how do weights get smaller?"
      "|the [page|readme|model card|forum] [talks about|mentions] [quants|quantised files|quantised models], [what does that mean|what are they|can somebody explain it]?"
      "|what is lost [when|if] a model is [quantised|quantized|made smaller]?|why [do people|does everybody|would I] [quantise|quantize|shrink] [models|weights]?"
      "|how can a [7B|13B|70B] model [become|be] so much smaller than [the original|it was in f16]?|[is|are] a quantised model [worse|less clever|dumber] than the original?"
      "|what do [the names|names like] [q4, q5 and q8|Q4 and Q8] [stand for|mean] [in general|at the end of file names]?|[weights|numbers] with few bits, [how does that work|why does that work]?"
      "|do [quants|quantised models] run faster than the original?|[does|will] [quantisation|quantization] make [a model|it] [dumber|worse|faster]?"
      "|how does [quantisation|quantization] [work|make the file smaller]?"
      "|[quants|quantized|quantised|GPTQ, AWQ, GGUF quants|4 bit, 5 bit, 8 bit][, what does it all mean?|, what is that about?|? explain]"
      "|how [do|can] [they|people] [shrink|squeeze|compress] [a 16 GB model|the weights|a model] to [4|5] [GB|gigs]?]",
      "Quantisation stores weights with few bits, in small groups that share a scale. The model gets smaller and faster and loses a little quality." },
    { NOUN, "[q4_0|Q4_0|the type q4_0]", "How many bits does q4_0 use?",
      "[bits per weight of q4_0|size of q4_0|how good is q4_0?|tell me about the 4 bit type"
      "|[my|the] file [ends in|is called|has the type] [q4_0|Q4_0], [what is that|what does it tell me|is that any good]?"
      "|how [large|big] is a block of q4_0[ and how many weights are in it| in bytes|]?"
      "|[is|would] q4_0 [a good choice|fast|good enough] [on an old PC|on my laptop|on a Raspberry Pi|for a slow CPU]?|why is q4_0 [so fast|so simple|still used]?"
      "|how does q4_0 [store|pack] [its|the] weights?|what does the [0|zero] in q4_0 [mean|stand for]?|how many bytes does q4_0 [take|use] for 32 weights?|the simplest type [with|of] 4 bits"
      "|[llama.cpp|Ollama] [uses|gave me|downloaded] q4_0, [what kind of type is it|is it fine]?"
      "|[q4_0|Q4_0], [any good?|legacy?|what is it?|what does it stand for?]|the plain [4 bit|4-bit] [type|quant] q4_0[, how does it work?|]]",
      "q4_0 stores 32 weights in 4 bits each with one scale: 18 bytes, or 4.5 bits per weight. It is simple, small and fast." },
    { NOUN, "[q4_1|Q4_1|the type q4_1]", "How many bits does q4_1 use?",
      "[bits per weight of q4_1|size of q4_1|how good is q4_1?|q4_0 or q4_1?"
      "|[my|the] file [ends in|is called|has the type] [q4_1|Q4_1], [what is that|what does it tell me|is that any good]?|how [large|big] is a q4_1 block?"
      "|what is [the difference between q4_0 and q4_1|different in q4_1|the 1 in q4_1]?|is q4_1 [still used|outdated|worth it|old]?|should I [use|take|download] q4_1[ or not|]?"
      "|how does q4_1 [store|pack] [its|the] weights?|[does|why does] q4_1 [keep|have|need] a minimum?|q4_1 [against|versus|compared with] q4_0|is q4_1 larger than q4_0?"
      "|[q4_1|Q4_1], [any good?|what is it?|still used?]]",
      "q4_1 stores 32 weights in 4 bits each with a scale and a minimum: 5 bits per weight. It is an older type." },
    { NOUN, "[q5_0|Q5_0|q5_1|Q5_1]", "How many bits does q5_0 use?",
      "[bits per weight of [q5_0|q5_1]|size of [q5_0|q5_1]|how good is [q5_0|q5_1]?"
      "|[my|the] file [ends in|is called|has the type] [q5_0|q5_1|Q5_0], [what is that|what does it tell me|is that any good]?"
      "|[are|is] [q5_0 and q5_1|q5_0|q5_1] [still used|outdated|old|worth it]?|[q5_0|q5_1] or q5_K, which one [is better|should I take]?|what is the difference between q5_0 and q5_1?"
      "|should I [use|take|download] [q5_0|q5_1][ or not|]?|how [do|does] [q5_0|q5_1] [store|pack] [its|the] weights?|the [old|older] types with 5 bits"
      "|[q5_0|q5_1] [against|versus|compared with] [q5_K|q5_K_M]|how many bits [are there|are] in a weight of [q5_0|q5_1]?"
      "|[q5_0|q5_1|Q5_0|Q5_1], [any good?|what is it?|still used?]]",
      "q5_0 and q5_1 store weights in 5 bits: 5.5 and 6 bits per weight with scales. They are older types; q5_K is usually better." },
    { NOUN, "[q8_0|Q8_0|the type q8_0]", "How many bits does q8_0 use?",
      "[bits per weight of q8_0|size of q8_0|how good is q8_0?|is q8_0 as good as f16?"
      "|[my|the] file [ends in|is called|has the type] [q8_0|Q8_0], [what is that|what does it tell me|is that any good]?"
      "|[does|will] q8_0 [lose|cost] [any|much] quality[ compared with f16| against f16|]?|[can|could] [I|anyone] [see|notice|feel] a difference between q8_0 and f16?"
      "|how [large|big] is a block of q8_0[ and how many weights are in it| in bytes|]?|I have [enough|plenty of] memory, is q8_0 [nearly perfect|as good as the original|worth its size]?"
      "|how does q8_0 [store|pack] [its|the] weights?|the 8-bit type [of GGUF files|with one scale]|q8_0 or f16, [is there a difference|which one should I use|do I need f16]?"
      "|what quality [do I get|can I expect] from [q8_0|8 bits]?|q8_0 [against|versus|compared with] f16|how many bytes does q8_0 [take|use] for 32 weights?"
      "|[q8_0|Q8_0], [any good?|what is it?|what does it stand for?|how close to the original?]|the [8 bit|8-bit|int8] [quant|version|file][, how good is it?|, any loss?]]",
      "q8_0 stores 32 weights in 8 bits each with one scale: 34 bytes, or 8.5 bits per weight. Its quality is almost that of f16." },
    { NOUN, "[q4_K_M|Q4_K_M|q4_K|Q4_K]", "[Is q4_K_M good?|Which quant is a good choice?]",
      "[bits per weight of [q4_K|q4_K_M]|size of q4_K_M|how good is [q4_K_M|q4_K]?|quality of q4_K_M"
      "|[my|the] file [ends in|is called|has the type] [q4_K_M|Q4_K_M], [what is that|what does it tell me|is that any good]?"
      "|[everybody|everyone|half the forum] [recommends|uses|takes] q4_K_M, [why|what is so good about it|is it really good]?"
      "|is q4_K_M [good enough|fine|okay] for [chatting|writing|coding|daily use]?"
      "|[Ollama|LM Studio] [downloads|takes|gives me] q4_K_M [by default|by itself], [what is it|is that good]?|which types are mixed in [q4_K_M|a q4_K_M file]?"
      "|how much [worse|smaller] is q4_K_M than [f16|the original]?|q4_K_M or q4_0, [which one is better|which do you prefer]?|q4_K_M [against|versus|compared with] q4_0"
      "|what is [inside|special about] [q4_K_M|q4_K]?|how many bits [are there|are] in a weight of [q4_K_M|q4_K]?"
      "|[q4_K_M|Q4_K_M|q4_k_m], [any good?|what is it?|how many bits?|quality?]|[is|how good is] [q4_K_M|Q4_K_M] [good enough|ok|fine][ for a 7B| for daily use| for coding|]?]",
      "q4_K_M uses mostly q4_K, which has 4.5 bits per weight, and q6_K for some tensors: about 4.8 bits. It is a good balance of size and quality." },
    { NOUN, "[the K and the M in q4_K_M|the letters K and M|K_M|K_S and K_M|the K in q4_K_M|the M in q4_K_M]", "[What do K and M stand for in q4_K_M?|What does K_M mean?|What is the difference between q4_K_S and q4_K_M?]",
      "[What's the K and the M in [q4_K_M|Q4_K_M|q5_K_M]?|what [do|does] the [K and the M|letters K and M|K_M|S, M and L|K|M] [in the name|at the end|of a quant|in q4_K_M|of Q5_K_M|in the file name] [mean|stand for|say|tell me]?"
      "|[K_S, K_M, K_L|S, M and L|K_S or K_M|_S, _M and _L], [what is the difference?|what do the letters mean?|which one is bigger?|what do they stand for?]|what [are|is] [k-quants|a k-quant|K quants|the k-quants]?|[why|what for] [is|is there] [a K|an M|the K|the M] in [q4_K_M|the name|Q6_K|q5_K_M]?"
      "|[q4_K_S|q3_K_L|q5_K_S] [or|against] [q4_K_M|q3_K_M|q5_K_M], what does the last letter [say|mean|change]?|the [letters|suffix|letter] [K_M|K|M|S|L|K_S] [after|behind] [q4|Q5|the number of bits][, what is that|, meaning|, explain it to me]?"
      "|[M as in medium|does M mean medium|is K for kilo|does K mean thousand|what does the M stand for] in [q4_K_M|Q4_K_M|these names]?|how do I read [a name|names] like [q4_K_M|Q5_K_S|q3_K_L]?]",
      "K stands for k-quants: blocks of 256 weights with scales of their own. S, M and L are small, medium and large mixes; q4_K_M is mostly q4_K with some q6_K, about 4.8 bits per weight." },
    { NOUN, "[q5_K_M|Q5_K_M|q5_K|Q5_K]", "How many bits does q5_K use?",
      "[bits per weight of [q5_K|q5_K_M]|size of q5_K_M|how good is [q5_K_M|q5_K]?"
      "|[my|the] file [ends in|is called|has the type] [q5_K_M|Q5_K_M], [what is that|what does it tell me|is that any good]?"
      "|q5_K_M or q4_K_M, [which one is better|which should I take|is the larger one worth it]?|q5_K_M [against|versus|compared with] q4_K_M"
      "|is [q5_K_M|q5_K] [worth it|worth the extra memory|better than q4_K_M]?|[how much better is|what do I gain with] [q5_K_M|q5_K] [than q4_K_M|over q4_K_M]?"
      "|I have a bit more memory than q4_K_M needs, is q5_K_M [better|good]?|which types are mixed in [q5_K_M|a q5_K_M file]?|how many bits [are there|are] in a weight of [q5_K_M|q5_K]?"
      "|how much larger is [q5_K_M|q5_K] than q4_K_M?"
      "|[q5_K_M|Q5_K_M|q5_k_m], [any good?|what is it?|how many bits?|quality?]]",
      "q5_K has 5.5 bits per weight; q5_K_M mixes it with q6_K. It is a little larger and better than q4_K_M." },
    { NOUN, "[q6_K|Q6_K|the type q6_K]", "How many bits does q6_K use?",
      "[bits per weight of q6_K|size of q6_K|how good is q6_K?|quality of q6_K"
      "|[my|the] file [ends in|is called|has the type] [q6_K|Q6_K], [what is that|what does it tell me|is that any good]?|is q6_K [nearly|almost|] as good as q8_0?"
      "|q6_K or q8_0, [which one is better|which should I take|can I see a difference]?|q6_K [against|versus|compared with] q8_0"
      "|[can|could] I [save|spare] memory with q6_K [instead of q8_0|without losing quality]?|how much smaller is q6_K than q8_0?|q8_0 does not fit, is q6_K [good|fine|nearly the same]?"
      "|how many bits [are there|are] in a weight of q6_K?|what quality [do I get|can I expect] from [q6_K|6 bits]?|the 6-bit type [of GGUF files|with blocks of 256]"
      "|[q6_K|Q6_K|q6_k], [any good?|what is it?|how many bits?|quality?]]",
      "q6_K has about 6.6 bits per weight in blocks of 256. Its quality is close to q8_0, and it is smaller." },
    { NOUN, "[q2_K|Q2_K|the type q2_K]", "Is q2_K good?",
      "[bits per weight of q2_K|size of q2_K|how good is q2_K[ compared to others|]?|is q2_K too small?|quality of q2_K"
      "|[my|the] file [ends in|is called|has the type] [q2_K|Q2_K], [what is that|what does it tell me|is that any good]?"
      "|only q2_K fits [into my memory|on my laptop|on my Raspberry Pi], [should I take it|is it usable|does it make sense]?"
      "|is a [large|big|13B] model in q2_K better than a [small|smaller|7B] one in q4_K_M?|how [bad|stupid|good] is a model [in|with] [q2_K|2 bits]?|are [2|two] bits [too few|enough]?"
      "|q2_K [against|versus|compared with] q4_K_M|does q2_K [hurt|harm|ruin] the quality?|how many bits [are there|are] in a weight of q2_K?"
      "|the smallest quant [in the list|they offer], [is it any good|can I use it]?"
      "|[q2_K|Q2_K|q2_k], [any good?|what is it?|usable?|how bad is it?]|is [q2_K|Q2_K|a 2 bit quant] [usable|any good|too stupid|worth a try]?]",
      "q2_K has about 2.6 bits per weight. It is very small, but the quality suffers; a smaller model in q4_K_M is often better." },
    { NOUN, "[q3_K|Q3_K|q3_K_M|Q3_K_M]", "How many bits does q3_K use?",
      "[bits per weight of [q3_K|q3_K_M]|size of q3_K|how good is [q3_K|q3_K_M]?"
      "|[my|the] file [ends in|is called|has the type] [q3_K|q3_K_M|Q3_K_M], [what is that|what does it tell me|is that any good]?"
      "|q4_K_M [is a bit too big|does not quite fit], is [q3_K|q3_K_M] [usable|all right|a way out]?|how much [worse|smaller] is [q3_K|q3_K_M] than q4_K_M?|are [3|three] bits [too few|enough]?"
      "|[q3_K|q3_K_M] [against|versus|compared with] q4_K_M|[q3_K|q3_K_M] or q4_K_M, [which one is better|which should I take]?|does [q3_K|q3_K_M] [hurt|harm] the quality?"
      "|how many bits [are there|are] in a weight of [q3_K|q3_K_M]?|when [should|would] I [use|take] [q3_K|q3_K_M]?"
      "|[q3_K_M|Q3_K_M|q3_k_m|q3_K_S|q3_K_L], [any good?|what is it?|how many bits?|usable?]]",
      "q3_K has about 3.4 bits per weight. Use it when q4_K_M does not fit; the quality is clearly lower." },
    { NOUN, "[iq4_xs|IQ4_XS|iq4_nl|IQ4_NL]", "How many bits does iq4_xs use?",
      "[bits per weight of [iq4_xs|iq4_nl]|size of iq4_xs|how good is [iq4_xs|iq4_nl]?"
      "|[my|the] file [ends in|is called|has the type] [iq4_xs|IQ4_XS|iq4_nl], [what is that|what does it tell me|is that any good]?|what does the [i|I] in [iq4_xs|iq4_nl] [mean|stand for]?"
      "|[iq4_xs|iq4_nl] or q4_0, [which one is better|which should I take]?|[iq4_xs|iq4_nl] [against|versus|compared with] q4_0|what is the difference between iq4_nl and iq4_xs?"
      "|the 4-bit types with a table|how [do|does] [iq4_xs|iq4_nl] [store|pack] [its|the] weights?|how many bits [are there|are] in a weight of [iq4_xs|iq4_nl]?"
      "|is [iq4_xs|iq4_nl] smaller than q4_0?"
      "|[iq4_xs|IQ4_XS|iq4_nl|IQ4_NL], [any good?|what is it?|how many bits?]]",
      "iq4_nl and iq4_xs store 4-bit indices into a table of uneven steps: 4.5 and 4.25 bits per weight. They are a little better than q4_0." },
    { NOUN, "[mxfp4|MXFP4|the type mxfp4]", "How many bits does mxfp4 use?",
      "[bits per weight of mxfp4|size of mxfp4|how good is mxfp4?|4-bit floats"
      "|[my|the] file [ends in|is called|has the type] [mxfp4|MXFP4], [what is that|what does it tell me|is that any good]?"
      "|[gpt-oss|my new model] [comes in|uses|has] mxfp4, [what is that|what kind of type is it]?|how does mxfp4 [store|pack] [its|the] weights?"
      "|a float with only 4 bits, [is there such a thing|how does that work]?|which models [use|come in|were trained for] mxfp4?|what does the mx in mxfp4 [mean|stand for]?"
      "|[do|why do] 32 weights share an exponent[ in mxfp4|]?|how many bits [are there|are] in a weight of mxfp4?|is mxfp4 [a float type|made of floats|the same as q4_0]?"
      "|[mxfp4|MXFP4], [any good?|what is it?|what is that odd type?|how many bits?]|gpt-oss [uses|comes in|is in] mxfp4[, what is that?|, why?|]]",
      "mxfp4 stores 32 weights as 4-bit floats with one shared exponent: 4.25 bits per weight. Some models were trained for it." },
    { NOUN, "[f16|F16|half precision]", "How many bits does f16 use?",
      "[bits per weight of f16|size of f16|how good is f16?|what is half precision?"
      "|[my|the] file [ends in|is called|has the type] [f16|F16], [what is that|what does it tell me|is that the original]?|[how many|what number of] bytes does a weight [take|have|use] in f16?"
      "|is f16 the [original|unquantised form|full quality]?|do I [need|want] f16 [at home|on my laptop|to run a model|] or is it [a waste|too large]?"
      "|how [large|big] is a weight [in|of] [f16|half precision]?|floats with 16 bits|why are f16 files [so large|so big|twice as large as q8_0]?"
      "|what are models [stored|kept] in before they are quantised?|two bytes per weight, which type is that?"
      "|[f16|F16|fp16|FP16], [what is it?|the original?|how big?|do I need it?]]",
      "f16 is a float of 16 bits: 2 bytes per weight. It is the usual form before quantisation." },
    { NOUN, "[bf16|BF16|bfloat16]", "How is bf16 different from f16?",
      "[what's the difference between bf16 and [normal|] f16|bits per weight of bf16|bf16 or f16?|what is brain float?"
      "|[my|the] file [ends in|is called|has the type] [bf16|BF16], [what is that|what does it tell me|how does it differ from f16]?"
      "|[many models|new models|most models] [come|are published] in bf16, [why|what is it]?|what [does|do] the [b|letter b] in bf16 [mean|stand for]?|bf16 [against|versus|compared with] f16"
      "|which is [better|more precise], bf16 or f16?|is bf16 [the same as|as precise as|better than] f16?|why are models trained in bf16?|how [large|big] is a weight [in|of] [bf16|bfloat16]?"
      "|does bf16 have a [larger|wider] range than f16?|the float from Google Brain[ with 16 bits|]"
      "|[bf16|BF16|bfloat16], [what is it?|or f16?|why not f16?]|bf16 or f16, [what is the difference?|which one?]]",
      "bf16 is a float of 16 bits with the range of f32 and less precision than f16. Many models are trained in it." },
    { NOUN, "[f32|F32|single precision]", "How many bits does f32 use?",
      "[bits per weight of f32|size of f32|single precision floats"
      "|[my|the] file [ends in|is called|has the type] [f32|F32], [what is that|what does it tell me|is that too large]?"
      "|[some|a few] tensors [in my file|in the list|of my model] are f32, [why|is that normal]?|why are the norms [stored in|kept in|still] f32?"
      "|[how many|what number of] bytes does a weight [take|have|use] in f32?|how [large|big] is a weight [in|of] [f32|single precision]?|floats with 32 bits|do I [need|want] a model in f32?"
      "|which tensors are [f32|kept in f32] in a model file?|four bytes per weight, which type is that?"
      "|[f32|F32|fp32|FP32], [what is it?|do I need it?|how big?]]",
      "f32 is a float of 32 bits: 4 bytes per weight. In model files it is used for small tensors such as norms." },
    { TASK, "[choose a quant|choose the right type|find the best quantisation]", "[Which quant should I use?|Which type is best?|Which quantisation should I take?]",
      "[Which [quantised|] [file|quant|type|version] should a beginner [download|take|use]?|there are so many files, which one [do I take|should I download]?|which quantisation do you recommend?|best [file|quant|type] for [8|16] GB|what is the best quant?"
      "|which quant should I [download|take|get], there are [like|about|] [20|ten|a dozen] of them [on the page|on Hugging Face|]"
      "|[the page|Hugging Face|the download page] [has|offers|lists] [20|ten|a dozen|so many] [files|quants|versions] of [the same|one] model, [which one is for me|which do I pick|which should I download]?"
      "|I [am new to this|just started|have no idea] and [see|there are] [lots of|so many|20] [quants|types|versions], [which one do I take|what would you pick|where do I start]?"
      "|I have a [laptop|PC|Mac|ThinkPad] with [8|16|32] GB, which [quant|type|version] [is best|should I take|do you recommend|would you choose]?"
      "|what is the [best|right|most sensible] [quant|type|version] for [a beginner|my laptop|most people|a normal PC|everyday use]?"
      "|[Q4, Q5, Q6, Q8|q4, q5, q8|all these Q names], [I am lost|I do not understand the choice], [what should I download|which one is for me]?"
      "|how do I [decide|choose] between [all these|the many|so many] [quants|files|types|versions]?|the larger quant or the smaller one, how do I [choose|decide]?"
      "|is there a [rule|rule of thumb|simple advice] for [choosing|picking] [a quant|the quant|the type]?|which [quant|type] gives the best quality [that fits|for my memory|for my RAM]?"
      "|should I [always|] take the [largest|biggest] quant [that fits|I can run|my memory can hold]?"
      "|[recommend|suggest|tell me] a [quant|quant type][ for 16 GB| for a beginner| to start with|], please"
      "|[so many|ten|twenty] [gguf files|ggufs|downloads|files] [on the page|in the repo], [which one?|which do I grab?|which one do I need?]|[which|what] quant [for|on] [8|16|12|24|32] [gigs|GB][ of RAM|]?"
      "|[what should I|which one should I] [grab|pull|download|get], [IQ3, Q4, Q5 or Q8|a small quant or a big one|the big file or the small file]?]",
      "Take the largest that fits into memory with your context. q4_K_M is a good start, q6_K or q8_0 are better, and below q4 the quality drops." },
    { NOUN, "[the difference between q4_0, q6_K and q8_0|q4_0 compared with q8_0|q4_0 compared with q6_K]", "[q4_0, q6_K or q8_0?|What is the difference between q4_0 and q8_0?|Is q8_0 better than q4_0?]",
      "[[q4_0 or q8_0|q4_0 or q6_K|q4_0, q6_K or q8_0], [which one is better|which is smaller|how do they compare|what is the difference]?|[q4_0 vs q8_0|q6_K vs q4_0|q8_0 vs q4_0|q6_K vs q4_0 vs q8_0][, which is better?|, what is the difference?|?]"
      "|[compare|can you compare] [q4_0 and q8_0|q4_0 with q6_K|q8_0 with q4_0|q4_0, q6_K and q8_0 with one another][, please|]|is [q8_0|q6_K] [much|really|a lot|] better than q4_0?|how much [larger|bigger] is [q8_0|q6_K] than q4_0?|is q8_0 twice as [large|big] as q4_0?"
      "|how many bits do q4_0, q6_K and q8_0 [have|use|take]?|I can [choose between|get] q4_0 and [q8_0|q6_K], [which one is better|what do I gain with the larger one|is the larger one worth it]?|should I go from q4_0 to [q8_0|q6_K]?|do I lose [much|a lot of|] quality with q4_0 [instead of|compared with|against] [q8_0|q6_K]?"
      "|my [laptop|PC|Mac] can hold [both|all] of them, q4_0 and [q8_0|q6_K], which one [is better|is faster|should it be]?|[q4_0|the 4-bit one] is faster, but is [q8_0|q6_K] better?"
      "|should I take q8_0 or q4_0[, I do not see much of a difference|, does it matter|, which one]?"
      "|[q4_0 and q8_0|q4_0 and q6_K] [side by side|in comparison], [which one?|what do I lose?|what is the difference?]]",
      "More bits are better but larger and slower: q4_0 has 4.5, q6_K 6.6 and q8_0 8.5 bits per weight. q6_K and q8_0 are nearly as good as f16; q4_0 is the smallest and fastest." },
    { NOUN, "[q8_0 compared with q4_K_M|the difference between q8_0 and q4_K_M|the difference between q4_K_M and q6_K]", "[q8_0 or q4_K_M?|q4_K_M or q8_0?|Is q8_0 better than q4_K_M?|q4_K_M or q6_K?]",
      "[should I [take|use|download|go for] [q8_0 or q4_K_M|q4_K_M or q8_0|q6_K or q4_K_M|Q8_0 or Q4_K_M|q4_K_M or q6_K][, I do not see much of a difference|, which one|, does it matter|, what do you recommend|]?|[q8_0|q6_K|Q8_0] [vs|versus|against|compared to|or] [q4_K_M|Q4_K_M][, which is better?|, what is the difference?|, worth it?|, any visible difference?|?|]"
      "|[q4_K_M|Q4_K_M] [vs|versus|against|compared to|or] [q8_0|q6_K|Q8_0][, which is better?|, what is the difference?|, which one?|, do I lose much?|?|]|I [have|downloaded|tried] [both|] q4_K_M and [q8_0|q6_K][ and see no difference|, which one do I keep|, the answers look the same][. Which one should I take?|. Which one?|. {why}|]"
      "|is [q8_0|q6_K] [worth|really worth] the [extra|double|additional] [size|memory|space|gigs] [over|compared with] q4_K_M?|how much [better|larger|slower|bigger] is [q8_0|q6_K] than q4_K_M?|do I lose [much|a lot|anything] [with|if I take] q4_K_M instead of [q8_0|q6_K]?"
      "|is q4_K_M [much|a lot|noticeably] [worse|smaller|faster|dumber] than [q8_0|q6_K]?|I can run [both|either], q8_0 and q4_K_M[, which one is better|, which is the right one|. Which would you take]?|[switch|change|go] from q4_K_M to [q8_0|q6_K], [worth it|is it better|what do I gain]?]",
      "q4_K_M has 4.8 bits per weight, q6_K 6.6 and q8_0 8.5: q4_K_M is little more than half as large as q8_0 and faster, with a small loss. Take the largest that fits with your context." },

    /* --- files and words --- */
    { NOUN, "[GGUF|a GGUF file|a .gguf file]", "What is in a GGUF file?",
      "[what is the ending gguf?|which format do the models have?|what does GGUF mean?|explain the file format"
      "|I [downloaded|got|found] a file [ending in|with the ending|that ends in] gguf, what [is it|kind of file is that|can it be]?"
      "|what [is stored|do I find|is] [inside|in] [a|such a|the] [.gguf|GGUF] file?|which [file format|kind of file|format] does [llama.cpp|llrun|LM Studio] [use|want|read]?"
      "|do I need [other|more] files [beside|in addition to] the [GGUF|.gguf file]?|is the tokenizer [inside|part of] the GGUF[ file|]?"
      "|[safetensors|pickle files|ONNX] I know, but what is [GGUF|this GGUF]?|everyone [shares|uploads|offers] GGUF files, [what is that|what is special about them]?"
      "|does [one|a single] GGUF file hold [everything|the whole model|all that is needed]?|what does the [extension|ending] [.gguf|gguf] [mean|tell me|stand for]?"
      "|[gguf|.gguf|GGUF], [what is it?|what kind of file?|what is in it?]|[.gguf|gguf] [or safetensors|vs safetensors|or .bin], [what is the difference?|what is gguf?]]",
      "GGUF is a file format for language models. One file holds the metadata, the tokenizer and all weights." },
    { NOUN, "[llrun|this program|this engine]", "[What are you?|Who are you?|Who made you?|What can you do?]",
      "[tell me about yourself|introduce yourself|what is llrun good for?|are you ChatGPT?|which model are you?"
      "|who am I [talking|speaking|writing] to?|are you [a big model|a small model|a human|a robot|GPT-4|a real person|Llama]?|what [sort|kind] of [program|thing|model] are you?"
      "|what is [the difference between llrun and Ollama|special about llrun|different from llama.cpp]?|[in which language|in what] is llrun written?"
      "|what [are you good at|can I ask you|do you know]?|what is the [purpose|idea] of llrun?|do you have a name?|can you [write code|tell stories|answer questions|talk about anything]?"
      "|on which machines does llrun [run|work]?|why are you so [small|simple]?|my friend [told me about|uses|recommended] llrun, what is it?]",
      "llrun is a small engine in plain C that runs GGUF language models on any machine. I am a tiny model that comes with it: I tell stories and answer questions about running models." },
    { NOUN, "[a token|tokens|a token in a language model]", "How long is a token?",
      "[how many words is a token?|what are tokens?|how many letters does a token have?|is a token a word?"
      "|[everything|speed|the context] is [counted|measured|given] in tokens, what [is one|are they|does that mean]?|how many tokens [are|is] [a page|1000 words|a book|one word]?"
      "|how many [words|letters|characters] are [in|] [100 tokens|a token|one token]?|is one token [one word|a letter|the same as a word]?|what is the difference between a word and a token?"
      "|does a [comma|space|long word] count as a token?|why [tokens|do they count tokens] and not words?|in what pieces does [a|the] model [read|write] text?"
      "|roughly how long is [one|a single] token[ in English|]?|what [unit|kind of unit] is a token?"
      "|[token|tokens], [what is it?|word or letter?|what are they?]|how many [words|letters] [is|are] [a token|500 tokens|1000 tokens]?]",
      "A token is a piece of text, often a word or a part of one. Models read and write tokens; in English one token is about four letters." },
    { NOUN, "[a tokenizer|the tokenizer]", "What does llrun tokenize do?",
      "[what is a tokenizer for?|how is text cut into tokens?|how do I see the tokens of my text?|what does a tokenizer do?"
      "|[who|what] [turns|changes|cuts] my text into [tokens|numbers|pieces]?|how do I [see|get|print] the token [ids|numbers] of a [text|sentence]?"
      "|where [is|do I get] the tokenizer[ of a model| from|]?|do I need a [separate|extra] [tokenizer file|tokenizer.json|tokenizer]?|how many tokens [has|does] my [text|prompt][ have|]?"
      "|how does [text|a sentence] become numbers?|count the tokens of a [text|sentence|prompt]|[every|each] model has [its own|a] tokenizer, what [does it do|is its job]?"
      "|which [command|part of llrun] [shows|prints] the [tokens|token ids] of a text?"
      "|[tokenizer|BPE|tokenization|sentencepiece], [what is it?|what does it do?|what is that?]]",
      "A tokenizer cuts text into tokens and gives each a number. It is part of the GGUF file; llrun tokenize shows the numbers." },
    { NOUN, "[a chat template|the chat template]", "Where is the chat template?",
      "[how does the model know who is talking?|what is ChatML?|what does --raw do?|how is a conversation given to the model?"
      "|the model [card|page] [says|speaks|talks] [of a|about a] chat template, [what is that|do I need it|what is it for]?"
      "|how [are|do] my messages [turned into|become] [one text|a prompt][ for the model|]?|what are [these tags|im_start and im_end|the tags around my messages]?"
      "|do I have to [write|set|choose] the [chat format|template|prompt format] [by hand|myself]?|where does llrun [get|take|find] the [chat format|prompt format|chat template] from?"
      "|how do I [skip|turn off|not use] the chat template?|what is the [prompt format|chat format] of [a|my] model?"
      "|[my text|the prompt] should [go to|reach] the model [as it is|unchanged|without a template], how?|how does [a|the] model [know|see] [where my question ends|what I said and what it said]?"
      "|why do [chat models|instruct models] need a template?"
      "|[chat template|prompt template|ChatML|jinja template|instruct format], [what is it?|what for?|what is that?|do I need it?]|[<|im_start|>|[INST]] [in the output|in the text], [what is that?]]",
      "A chat template writes a conversation as the text that a model was trained on. It is stored in the GGUF file; --raw does not use it." },
    { NOUN, "[perplexity|the perplexity of a model]", "Is a low perplexity good?",
      "[how do I measure the quality of a model?|which perplexity is good?|compare the quality of two files"
      "|how do I [find out|measure|check] how much [quality|] a quant [loses|costs|has lost]?|[people|papers|the tables] [compare|rate] quants by perplexity, [what is it|what does the number say]?"
      "|is [lower|higher|a small number] better [with|for] perplexity?|how can I [measure|compare] [which of two files|which quant|how well a model] predicts [a text|better]?"
      "|what does a perplexity of [6|8|12] [mean|tell me|say]?|with which command do I [measure|compute|get] the [perplexity|quality of a model]?|is [8|10|6] a good perplexity?"
      "|a [number|measure] for the quality of a [quant|model]|how [well|good] does my file [predict|model] text?"
      "|[perplexity|ppl|PPL 6.2], [what is it?|low or high?|good or bad?|what does it say?]]",
      "Perplexity says how well a model predicts a text: lower is better. llrun perplexity MODEL -f FILE measures it." },
    { NOUN, "[the temperature|--temp|the option --temp]", "[What does --temp do?|Which temperature should I use?]",
      "[how do I make it more creative?|less random answers|what does the temperature do?|the answers are too wild|make it more predictable"
      "|what [temperature|value of the temperature] [is good|should I set|do you suggest] for [stories|code|facts|questions]?"
      "|the answers are too [dull|boring|tame|dry], [which setting makes them livelier|how do I get more surprising ones]?"
      "|the model [invents|makes up] too [much|many things|wild things], which setting [calms it|makes it more careful]?|what is the [default|normal|usual] temperature?"
      "|[high|low] temperature, what does [it|that] [do|change]?|[LM Studio|Ollama|llama.cpp|koboldcpp] has a [slider|setting] [called|for the] temperature, what does it [do|change]?"
      "|what [happens|changes] [if|when] I [raise|lower|set] the temperature[ to 0| to 1.5|]?|is [1|0.2|1.5|0.8] a [good|high|low] temperature?"
      "|I want [bolder|more surprising|wilder|more creative] [stories|text|answers]|I want [safer|less wild|more careful|more sober] [stories|text|answers]"
      "|[temperature|temp|temp 0.7|temp 1.2], [what is it?|what value?|high or low?|what does it do?]"
      "|[too wild|too boring|too creative|too random] [answers|text], [which temperature?|what do I do with the temperature?]]",
      "The temperature says how bold the choice of tokens is. --temp 0 always takes the most probable one; 0.8 is the default, and higher values are more surprising." },
    { NOUN, "[top-k|--top-k|top-p|--top-p|min-p]", "What do --top-k and --top-p do?",
      "[what is nucleus sampling?|limit the choice of tokens|what do top_k and top_p mean?|what is min_p?"
      "|what [values|numbers] [are good|should I use] for [top-k|top-p|min-p]?|how [do|does] [top-k|top-p|min-p] [work|choose the next token]?|what is the difference between top-k and top-p?"
      "|[LM Studio|Ollama|llama.cpp|koboldcpp] [shows|has] [settings|sliders] [called|named] [top-k and top-p|top_p|min_p], what [are they|do they do]?"
      "|should I [change|touch|set] [top-k|top-p|min-p][ or the temperature| at all|]?|which options [drop|cut away|remove] the improbable tokens?"
      "|the model sometimes picks [a silly|an absurd|a very unlikely] word, [how do I cut off such tokens|what limits the choice]?|[top-k|top-p] of [40|0.9|0.95|1], what does that [mean|do]?"
      "|what are the [samplers|sampling options] [top-k and min-p|top-k, top-p and min-p] [for|good for]?"
      "|[top_p|top_k|top-p 0.9|top-k 40|min_p 0.05], [what is it?|what value?|what does it do?]]",
      "They limit the choice of the next token: --top-k to the N most probable, --top-p to the most probable that together reach p, --min-p to those near the best." },
    { TASK, "[get the same text every time|make the output repeatable|set the seed|always get the same answer]", "What does --seed do?",
      "[I'd like identical answers on each run|the answer is different every time|reproducible output|why is the text different each time?|no randomness, please"
      "|for a [test|demo|paper|bug report] I need the [same|identical] [text|output|answer] [on every run|each time|every time]"
      "|[each|every] run [gives|brings|writes] [another|a different|a new] [text|answer|story], how do I [stop|prevent|switch off] that?"
      "|why do I get [another|a different] answer [each|every] time[ I ask the same| for the same prompt|]?"
      "|I asked the same [thing|question] [twice|three times] and got [two|different] answers[, how do I make it stable?|, why?|]"
      "|my colleague gets [another|a different] answer with the same [prompt|file], how do we get [the same|identical ones]?"
      "|how do I [make|get] [results|the output|runs] [deterministic|reproducible|repeatable]?|which option [fixes|sets] the [random numbers|randomness|dice]?"
      "|how do I [switch|turn] [the randomness|chance|random sampling] off?|[can|could] I get [exactly|] the same story [again|once more][ later| tomorrow|]?"
      "|what is the seed[ good for| and what do I set|]?|it should [always answer|answer every time|write] [exactly|word for word|] the same"
      "|the [text|answer|output] [changes|differs|varies] [from run to run|each time|every time], I want it [fixed|stable|constant]"
      "|I want [identical|the same|bit-identical|repeatable] [output|answers|text|results] [on each run|every time|on every run] for my [unit tests|CI|regression tests|tests|paper][, which setting does that?|, how?|. Which option?]"
      "|[seed 42|a fixed seed|deterministic|no randomness][, how?|, which flag?|, please|]]",
      "Use --seed N, or --temp 0, which always takes the most probable token. The same seed gives the same text; without it every run is different." },
    { TASK, "[get a different answer each time|get more variety|have another story on every run|make the output vary]", "[Why is the answer always the same?|What makes the text vary?]",
      "[it [writes|tells|gives me] [always|every time] the same [story|answer|text], but I want [another one|variety|something new][. How?|]|I get the [very same|same|identical] [answer|story|text] [each time|every time|on every run], how do I [change that|get another one|get something new]?"
      "|why does it [always|every time] [say|tell|write] the same [thing|story|text|answer]?|[each|every] run [gives|brings|writes] the same [text|answer|story], can I [get|have] a different one?|the [story|answer|text|output] never changes[, how do I get a new one?|, why?|]"
      "|how do I [get|make it write] [a different|another|a new] [answer|story|text] [for|to|with] the same [prompt|question]?|I [want|would like|need] [several|ten|three] different [answers|stories|versions] [for|of|from] the same prompt|no matter how often I ask, the [answer|text|story] [is|stays] the same"
      "|more [variety|variation|variants] in the [answers|stories|text], please|which option [brings|gives] [more variety|other answers|another answer]?|the same [prompt|question] always gets the same [answer|reply][, can that be changed?|, is that normal?|]|with --temp 0 [the text|the answer] is always the same[, what do I set?|]"
      "|[always|every time|each time] [the very same|the same|identical] [answer|story|reply], [boring|I want something else|how do I get another one|can it vary]?]",
      "Use a higher --temp, such as 1, and no --seed or another one: every run is then different. With --temp 0, or with the same seed, the answer is always the same." },
    { TROUBLE, "[the model repeats itself|it writes the same sentence again and again|the text runs in a loop]", "What does --repeat-penalty do?",
      "[The [answer|text|output] repeats [the same line|itself|one sentence] [forever|again and again|endlessly]|it says the same thing over and over|the model is stuck in a loop|endless repetition|it does not stop repeating"
      "|after [a few|some] [lines|paragraphs|minutes] [the model|it|my story] [starts to|begins to] [repeat|say] the same [words|sentence|line]"
      "|[it|the model|the bot] [gets|is|hangs] [caught|stuck|trapped] in [a|an endless] loop[, what can I set?|, how do I stop it?|]"
      "|why does [the model|my bot|it] [say|write] [everything|the same sentence|one phrase] [twice|ten times|again and again]?"
      "|how do I [stop|prevent|avoid|get rid of] [repetition|repetitions|loops|endless loops][ in the text|]?"
      "|the [same|very same] [paragraph|sentence|phrase] [comes|appears] [over and over|again and again|ten times] in [one|the same] answer"
      "|which [setting|option|penalty] [is there against|stops|helps against] [repetition|repeating|loops]?|[my|the] [story|answer|text] goes round in circles"
      "|what [value|number] for the [repeat penalty|repetition penalty]?|[a small|my] model [loops|keeps repeating words|repeats the last line], what helps?"
      "|After a while it keeps [saying|writing|repeating|telling me] the same [sentence|thing|phrase|paragraph|words] [over and over|again and again|endlessly|without end]. [How can I stop that?|How do I stop that?|{why}|{fix}]"
      "|it [keeps|does not stop] [saying|repeating|writing] the same [sentence|thing|words|line] [over and over|again and again|like a broken record|forever][. How can I stop that?|. {fix}|, how do I stop it?]"
      "|[like a broken record|a broken record|same words again and again|endless loop of the same words][. {why}|. {fix}]"
      "|[repetition_penalty|repeat_penalty|frequency penalty|DRY][, what is it called here?|, what value?| in llrun?]"
      "|it [loops|repeats|parrots] [itself|one line|my words] [after a while|after 200 tokens|in long chats][. {why}|. How can I stop that?|. {fix}]]",
      "Try --repeat-penalty 1.1 or a higher temperature. A wrong chat template also makes models repeat themselves." },
    { TROUBLE, "[the model writes nonsense|the output is garbage|I only get strange characters]", "Why is the output garbage?",
      "[the [answer|text|output] is [complete|pure|] [nonsense|garbage|gibberish]|it [writes|prints] only [question marks|strange characters|nonsense]|weird characters in the answer|the answers make no sense"
      "|[since|after] the download [the model|it] [writes|prints|says] only [rubbish|garbage|nonsense|odd symbols]"
      "|instead of [words|an answer] I [get|see] [symbols|question marks|random letters|hash signs|random words]"
      "|why does [my model|it|Ollama|LM Studio] [talk|write|answer with] [rubbish|gibberish|complete nonsense]?"
      "|the [output|text|reply] is [a salad of words|unreadable|broken|random letters][, is my file bad?|, what is wrong?|]"
      "|[it|the model] answers in [random words|a mix of languages|strange symbols][, what could be broken?|]"
      "|the [words|sentences] [make no sense|are just random][ at all|], is the [file|download|model] [damaged|broken]?"
      "|my [new|fresh|] model is [broken|crazy|mad], it [babbles|writes rubbish|prints junk]|what can I [check|try] if the [text|output] is [gibberish|junk|rubbish]?"
      "|[GGGGGG|a row of exclamation marks] instead of an answer"
      "|[gibberish|garbage|@@@@@@|random letters|GGGGGG|word salad] [only|instead of an answer|all the time|in the output][. {why}|. {fix}]"
      "|it [talks|spits out|answers with] [gibberish|rubbish|garbage|random symbols|Chinese signs][ only| since today|][. {why}|. {fix}]]",
      "The file may be damaged, the chat template wrong, or the temperature too high. Compare the checksum of the file, and try --temp 0." },
    { TASK, "[limit the length of the answer|get a shorter answer|set the number of tokens|stop after 100 tokens]", "What does -n do?",
      "[How do I stop after [50|100|20|200] tokens?|the answers are too long|shorter answers, please|limit the output to [100|50] tokens|maximum length of the answer|it writes too much"
      "|it [writes|wrote] [a novel|a whole essay|pages and pages|three pages] [when I ask a simple question|for every question|instead of one sentence][, how do I stop that?|]"
      "|the [answers|replies] are [way|far|much] too long[, I want two sentences|, how do I cut them|, can I limit that|]"
      "|[it|the model] [never stops|does not stop|goes on forever|talks and talks][ writing| talking|], how do I [limit|end|cut] [it|the answer]?"
      "|I [only|just] want [a short answer|one sentence|a few words|one line], not [a novel|an essay|a lecture]|how do I [keep|make] the [answers|replies|output] [short|brief|shorter]?"
      "|[can|could] I set [a limit|a maximum] [for|on] the [length|number of tokens] of [the answer|a reply]?"
      "|which [option|flag] [sets|is] the [number of tokens to write|maximum number of tokens|length of the output]?|what is [num_predict|n_predict|max_tokens][ called here| in llrun|]?"
      "|how do I make it [stop|end] [at a certain word|at the end of a line|before a word]?|the model [talks|writes|babbles] too much[, how do I shorten it?|, what do I set?|]"
      "|how long [may|can|will] an answer [be|get] and [how do I limit it|can I change that]?|I'd like [brief|short|shorter] [answers|replies]"
      "|[max_tokens|num_predict|n_predict] [100|200|50], [which flag is that?|how in llrun?|what is it called?]|[too long|too chatty|too wordy], [two lines are enough|short answers please|how do I cap it?]"
      "|[cap|limit] [it|the reply|the output] at [50|100|200] [tokens|words][, how?|]]",
      "Use -n N: at most N tokens are written. --stop TEXT ends the answer before a certain text." },
    { TROUBLE, "[my prompt is longer than the context|it says the prompt is too long|the prompt does not fit]", "What if the prompt is too long?",
      "[my [text|prompt|document] is too long|prompt longer than the context|it refuses my long [text|prompt]|too many tokens in the prompt"
      "|I [pasted|gave it|sent] a [whole book|long article|long log file] and [it|llrun] [refuses|stops|says it is too long]"
      "|llrun [stops|ends|quits] because my [prompt|text|document] has [too many|more] tokens [than fit|]"
      "|how do I [get|give] a [very long|huge] [prompt|text|document] [in|to the model] [if|when] it is too long?"
      "|what happens [if|when] my [prompt|text] [has more tokens than|is longer than|exceeds] the context?"
      "|the [document|file|text] I [paste|summarise|ask about] [is too long|does not fit into the context]"
      "|the [input|prompt] is [too long|too large] [for this model|for 4096 tokens|for the context][, what can I do?|]|[prompt|input] [exceeds|is over] the [context|limit|maximum]"
      "|my prompt has [5000|10000] tokens but the context only [4096|2048]|it does not [accept|take] my [long|huge] [text|prompt|document]"
      "|Pasted a whole [book chapter|PDF|chapter|manual|log] and it [complains|says] that the prompt [does not fit|is too long|is too big][. What now?|. {fix}|]"
      "|[input|prompt|text] [is|has] [9000|12000|5120] tokens, [maximum|limit|context] [is|] [4096|8192|2048][. {fix}|. What now?|]"
      "|[context length exceeded|prompt too long|input too long|exceeds context][. {fix}|. What now?|]]",
      "The prompt has more tokens than the context; llrun ends with exit code 2. Use a larger -c, or a shorter prompt." },
    { TROUBLE, "[it says not a GGUF file|the file is not a GGUF|the magic number is wrong]", "[Why is my file not a GGUF?|What if I downloaded an HTML page?]",
      "[The loader says the magic is wrong|[invalid|bad|wrong] magic[ number|]|it says that the file is no GGUF|my download is an HTML page|git lfs pointer instead of a model|I only downloaded a small text file"
      "|my [download|file] is only [a few|2|130] [kilobytes|KB|bytes] and [is not accepted|cannot be read as GGUF|is no GGUF]"
      "|I [cloned|pulled] the [repository|model] with git and the [file|model] is [tiny|only 130 bytes|a text file]"
      "|I saved the [link|page] from [Hugging Face|the browser] and [it says|now llrun says] it is not a GGUF"
      "|[llrun|llama.cpp|LM Studio|koboldcpp] [does not accept|refuses] my file, it [says|claims] [it is no GGUF|the magic is wrong|the magic does not match]"
      "|why is the magic [number|] [wrong|bad|not GGUF]?|can I [load|use] an old [GGML|ggml .bin] file?|the [file|model] starts with [html|version https git-lfs|a web page] [instead of GGUF|]"
      "|the ending is gguf but [it says|llrun says] that it is no GGUF|how do I [get|download] the real file instead of [a pointer|a web page|an LFS pointer]?"
      "|what is wrong when the [loader|program] does not [find|see] the GGUF magic?"
      "|I [downloaded|fetched|grabbed|got|pulled] [a file|a model|it|the gguf] with [wget|curl|the browser|git clone|aria2c|a script] and the [loader|program|runner|engine] [complains about|says|reports|throws] [bad magic|wrong magic|invalid magic|not a gguf|bad magic, not a gguf][. The file is only [15|1|2|130|40|3] [KB|kB|kilobytes]|. It is only [15|2|40] KB|. The file is tiny|]. {why}"
      "|[the file|my download|the gguf|what I got] is only [15|1|2|130|40] [KB|kB|kilobytes|bytes][ small| big|][, is that the model?|, can that be right?|. {why}|, what did I download?]"
      "|[bad magic|invalid magic|wrong magic|magic mismatch|bad magic number][, not a gguf|: expected GGUF| '<!DO'| '<htm'|][. {why}|. What did I download?|]"
      "|[wget|curl|my script|the browser] [gave me|saved|fetched|downloaded] [a small file|an HTML page|a tiny file|a few KB|only 15 KB] instead of [the model|the gguf|5 GB|several gigs][. {why}|. {fix}|]"
      "|the [file|gguf] [opens in a text editor|is a text file|contains html|says oid sha256|begins with version https://git-lfs][. {why}|. {fix}]"
      "|[after git clone|cloned the repo and] [the model is|every gguf is|the file is] [130|134|1] bytes[. {why}|. {fix}|]]",
      "The file is something else: an HTML page or a Git LFS pointer if it is small, or an old GGML file. Download it again from the real file link." },
    { TROUBLE, "[the file is truncated|the download is incomplete|a tensor ends past the end of the file]", "What if my download was cut off?",
      "[My download [stopped|ended|broke off] [at|after] [80|50|90] percent[, and now the file does not open|]|the file is [too short|incomplete|truncated|cut off]|[wget|curl|the browser] stopped before the end|half of the file is missing|tensor data is out of bounds|the network failed during the download"
      "|my [internet|wifi|connection] [broke|dropped|failed] [while downloading|during the download], [can I still use the file|and now the model does not load]"
      "|the [file|model] on my disk is smaller than [on the page|the website says|it should be]"
      "|the [disk|SSD|USB stick] was full [during|while] the download and now the file is [too short|incomplete]"
      "|it [says|complains] that a tensor [is|lies|ends] [past|behind|outside] the end of the file|can I [resume|continue|go on with] [a|the|my] [broken|stopped|interrupted] download?"
      "|only [half|3 of 5 GB|a part] of the [model|file] [arrived|was downloaded], [what now|do I have to start again]?"
      "|[llrun|llama.cpp|LM Studio] says [the file is cut short|truncated|unexpected end of file]|[I stopped|somebody stopped|the PC rebooted during] the download [too early|]"
      "|unexpected end of [the|] file[ while loading| when I open the model|]|is my [file|download] [too short|incomplete|cut off]? it does not load"
      "|My download [broke off|stopped|died|was interrupted] at [90|80|40|99]% and now it says the tensor data goes past the end of the file[. {why}|. {fix}|]"
      "|[wget|curl|aria2c|the browser] [died|stopped|broke off|timed out] [at 70%|after 3 GB|half way][. {why}|. Can I go on?|. {fix}|]"
      "|tensor data [goes|reaches|runs] [past|beyond] the end of the file[. {why}|. {fix}|]|[the file is|only] 3.1 of 4.7 [GB|gigs][ arrived|][. {why}|. {fix}|]]",
      "The file is shorter than its table says, so the download was cut off. Resume it or download it again, and compare the checksum." },
    { TROUBLE, "[the architecture is not supported|it says unknown model architecture|unsupported architecture]", "What if my model is too new?",
      "[unknown model architecture|the architecture is unknown|it does not know this model|the newest model does not load|is my model too new for this program?"
      "|a [model|file] that [came out|was published|was released] [last week|yesterday|this month] [does not load|is refused|is not supported]"
      "|the [brand-new|new|newest] [model|file] works in [Ollama|LM Studio] but [llrun|this program] does not [know|support] it"
      "|[it says|llrun says|llama.cpp says] the architecture is [unknown|not known|not supported][, is my file broken?|, what now?|]"
      "|which [models|architectures] [does it|can it] not [run|support], and what do I do then?|unknown [architecture|model type] [in the file|when loading|]"
      "|do I have to wait for an update [if|when] the [model|architecture] is [too new|unknown]?|is the file [broken|bad] if the architecture is [unknown|not supported]?"
      "|my [model|file] has an architecture that [llrun|the program] [does not know|cannot run]|[general.architecture|the architecture in the header] is not [supported|known]"
      "|[unknown model architecture|unsupported arch|architecture not supported]: '[qwen4|gemma5|mamba3|xyz]'[. {why}|. {fix}|]"
      "|[brand new|just released|this week's] model, [does not load|unknown architecture|not supported][. {why}|. {fix}]]",
      "The file is valid, but this version does not know its architecture. Update the program or choose another model; llrun ends with exit code 4." },
    { TASK, "[open a split model|load a model in several files|run a file named 00001-of-00003]", "What are split GGUF files?",
      "[my model has [several|3|many] [parts|files]|how do I open 00001-of-00005?|a model in parts|do I have to join the parts?|a shard is missing"
      "|the download [has|comes in|consists of] [3|5|several] [files|parts|pieces], [which one do I open|what do I give to llrun|do I have to merge them]?"
      "|do I [need|have] to [merge|join|glue|combine] the [parts|shards|pieces] [before I start|first]?"
      "|there is 00001-of-00003[ and|,] 00002-of-00003[ and so on|], which [one|file] do I [load|give|open]?|the model is [split|cut|divided] into [several|3|many] [files|shards|parts]"
      "|where must the [other|remaining] [parts|shards|files] [be|lie]?|[a|one] [part|shard|piece] of [my|the] model is [missing|not found]"
      "|which file [of|from] a [split|sharded] model do I [give|pass] to [llrun|the program]?|does llrun [support|read|know] [split|sharded] [files|models|GGUF files]?"
      "|I have [two|three|5] [gguf|model] files that belong together"
      "|The model was [uploaded|published|released|cut] [as|in|into] [three|two|five|several] [pieces|parts|files], 00001-of-00003 and so on. [Do I have to join them first?|Which one do I open?|{why}]"
      "|[cat|copy /b|gguf-split --merge|join], [do I need that for|must I do that with] [a split model|the three parts|00001-of-00003]?]",
      "Give the first file, the one with 00001-of in its name. The others must lie beside it; llrun finds them." },
    { TASK, "[look into a model file|see the metadata|see the tensors of a model]", "What does llrun show do?",
      "[what is inside my file?|which architecture does my file have?|list the tensors|print the metadata|what kind of model is this file?"
      "|I [forgot|do not know] [what|which model|which quant] [is in this file|this file is], how do I [find out|see it]?"
      "|is there a [command|way|tool] to [see|read|list|print] [the metadata|the header|what is inside][ of a GGUF|]?|how many layers does my [model|file] have, where can I [see|read] that?"
      "|where do I [see|find] [the quant|the type|the architecture|the number of layers] of [a|my] [file|model]?|[list|show|print] [all|the] tensors [and their types|of my file|with their sizes]"
      "|what does the header of my [model|file] say?|how do I know [if|whether] llrun supports [this|a certain] [file|model]?|which [types|tensors] are in [this|my|the] file?"
      "|[inspect|examine|look at] [a|the|my] [GGUF|model] file"
      "|[which model|what quant|how many layers] is [this file|in this gguf|this gguf], [how do I look?|which command?]|[dump|print|list] [the header|metadata|tensor names] of [a gguf|my file]]",
      "Run llrun show MODEL. It lists the metadata and the tensors, and says what is supported." },
    { TASK, "[run a model|start llrun|start a model]", "What is the command to run a model?",
      "[how do I chat with a model?|how do I use llrun?|first steps with llrun|how does one start a model?|I downloaded a model, what now?"
      "|I have [the|a|my] [gguf|model file|file] on my disk, [what is the next step|how do I start it|what do I type now]?"
      "|I am [new|a beginner], [what is the first command|how do I get a first answer|how do I start]?"
      "|how do I [ask|give] the model [a question|a prompt] [from the shell|on the command line|in the terminal]?"
      "|what do I [type|write|enter] to [get an answer from|talk to|chat with|start] [a|the|my] model?|show me [an example|a command|how] to [start|run|use] [llrun|a model]"
      "|coming from [Ollama|LM Studio|GPT4All|llama.cpp], how do I [run|start] a model here?|[how|where] do I give the prompt?"
      "|I just [built|compiled|unpacked] llrun, [how do I use it|what now|how do I try it]?|[let me|I want to|how can I] [chat|talk] with [a|my|the] model"
      "|where is the list of options[ for run| of llrun run|]?"
      "|[got|have] [the file|a gguf|the model], [now what?|what do I type?|how do I start it?]|[the command line|an example|the syntax] [to run|for running] a [gguf|model]]",
      "Run ./llrun run MODEL.gguf with your prompt after -p. All options are listed by llrun help run." },
    { TASK, "[build llrun|compile llrun|install llrun]", "What do I need to build llrun?",
      "[which compiler do I need?|how do I compile it?|does it need cmake or Python?|what are the dependencies?"
      "|I [downloaded|cloned|unpacked] the source[ code|], [how do I build it|how do I get a program from it|what do I type]?"
      "|do I need [cmake|Python|CUDA|Rust|a new compiler] to [build|compile] [it|llrun]?"
      "|how do I [get|make|build] [the program|llrun|it] [from source|from the source code|on Debian|on Ubuntu|on a Raspberry Pi]?"
      "|what must be installed [before I can|to] [compile|build] [it|llrun]?|can I [compile|build] it on [an old PC|a Raspberry Pi|Debian|my Mac]?"
      "|which [libraries|packages|tools] [are needed|do I need|does it need] [to build|for building] [it|llrun]?|is gcc enough to [compile|build] [it|llrun]?"
      "|where is the installer[ of llrun| for llrun|]?|how do I [install|set up] llrun on [Debian|Ubuntu|my Raspberry Pi|an old server]?"
      "|[cloned|unpacked|downloaded] it, [now what?|how do I compile?|how do I build?]|[cmake|ninja|pip|cargo|a Makefile] or [what|how] [do I build|is it built|to build llrun]?"
      "|apt install [what|which packages] [to build it|for llrun]?]",
      "Run make. You need only a C compiler and make; no other libraries and no special CPU." },
    { TASK, "[verify a download|compare the checksum|get the SHA-256 of a model]", "What does --checksum do?",
      "[is my download complete and correct?|check the sum of a file|which SHA-256 does my file have?|compare my file with the published checksum|was the file changed on the way?"
      "|how [can|do] I [make sure|be sure|check] that [my|the] [download|file] is [not damaged|complete|the right one|unchanged]?"
      "|[Hugging Face|the page|the website] [shows|lists|gives] a SHA-256, how do I [compare|check] it[ with my file|]?"
      "|is there a way to [verify|check|test] [a|my|the] [file|model][ against the published sum| for bit errors|]?|how do I get the [hash|SHA-256|checksum|sum] of [my|a] [file|model|GGUF]?"
      "|I [copied|moved] the model [from a USB stick|over the network|to another disk], is it still [the same|undamaged|identical]?"
      "|I do not trust my [disk|download|USB stick], can llrun [check|verify] the file?|are [both|the two] files [identical|the same], the one on my [PC|laptop] and the [published|original] one?"
      "|which command [prints|shows|computes] [the|a] [checksum|SHA-256|hash]?|can I [see|get] a [hash|sum] of [each|every] tensor?"
      "|[sha256|checksum|hash] of [my|the] [file|gguf|download][, how?|, which command?|]|how do I [know|see|make sure] [the download|my file|the gguf] is [ok|intact|not corrupt]?]",
      "Run llrun show --checksum MODEL. It prints SHA-256 sums of the file and of its tensors; compare the first with the published one." },
    { TASK, "[end llrun with my program|avoid orphaned processes|stop llrun when its parent ends]", "What does --die-with-parent do?",
      "[a runner is left behind and holds the memory|the process stays when my program crashes|an orphaned process holds the VRAM|kill the child when the parent dies|nothing should be left running"
      "|my [app|program|script|server] starts llrun, and when [it|the app] [crashes|dies|is killed] the [runner|process] [stays|lives on|keeps running]"
      "|how do I [make sure|ensure] that llrun [ends|stops|is gone] when my [app|program|script] [ends|dies|crashes]?"
      "|after [a crash|kill -9|closing the window] of my [app|program] [a|the] llrun process is [still there|left behind|left over]"
      "|[zombie|orphaned|leftover] [runners|processes] [fill|hold|keep] my [memory|RAM|VRAM]|the [child|runner|llrun process] should [die|end|stop] [with|together with] [its|the] parent"
      "|llrun [keeps|goes on] running [after|although] my [program|script|app] [has ended|was closed|died]|is there a flag [so|that makes sure] that no [runner|process] [is left|stays] behind?"
      "|I start llrun from [Python|Node|a shell script|my own program], how do I [avoid|prevent] [leftovers|orphans|processes left behind]?"
      "|how [does|can] llrun notice that its parent [is gone|died|has ended]?"
      "|[my GUI|my service|my Python app|the parent] [dies|is killed|quits] and llrun [stays|keeps eating RAM|lives on][. {fix}|]"
      "|[zombies|leftovers|orphans] of llrun [in htop|in the task manager|eat my RAM][. {fix}|]]",
      "Start it with --die-with-parent. llrun then ends by itself when the process that started it ends, even by kill -9." },
    { TASK, "[find out what is wrong with my machine|check my system|decode an exit status]", "What does llrun doctor do?",
      "[something is wrong, but I do not know what|look at my log file|which tool explains error codes?|diagnose my computer|what does an unknown message mean?|a health check for my machine"
      "|nothing works on my [laptop|PC|server|machine] and I [do not know|have no idea] [why|where to look|where to begin]"
      "|is there a [tool|command] that [checks|examines|looks at] [my|the] [whole|entire|] [machine|system|computer|setup]?"
      "|how do I [find|search for] the [reason|cause] of [a|some] [problem|error] [that I do not understand|without guessing]?"
      "|which command [tells|shows] [me|] what is [wrong|missing|broken] on [my|this] [machine|system|computer]?"
      "|I have [a number|some code|a message] that I cannot [find|look up][ anywhere|], which [command|tool] [explains|decodes] it?"
      "|[can|could] llrun [explain|decode|look up] [an error|an exit code|a message|a log] for me?"
      "|[check|test|examine] [my system|the driver, memory and ports|my setup] for [problems|errors|mistakes]|before I ask in the forum, what [should I run|can I check myself]?"
      "|is my [machine|system|setup] [all right|healthy|in order]?"
      "|[something is off|it does not work|weird problem] [on this box|on my VPS|here], [how do I find out what?|which command checks everything?|how do I diagnose it?]"
      "|[diagnose|check|self test|health check] [my setup|this box|the machine][, which command?|]]",
      "Run llrun doctor. It checks CPU, memory, limits, GPU driver and ports, and says what to do; llrun doctor --explain WHAT decodes an exit status or a message." },
    { TASK, "[get exact float results|compute without rounding|check the results]", "What does --exact do?",
      "[is there a mode without rounding?|float32 everywhere|the slow reference mode|check whether the numbers are right"
      "|I [want|need] to [compare|check] the [numbers|logits|results] [with|against] [another program|a reference|PyTorch]"
      "|are the [results|activations|logits] rounded[ to 8 bits|], and can I [turn that off|avoid that]?|is there a [reference|slow but exact|precise] mode?"
      "|I [doubt|do not trust] the [numbers|results], is there a way to compute [exactly|in float32|without rounding]?|how do I [switch off|avoid|turn off] the rounding of activations?"
      "|everything [should be|shall be] [computed|calculated] in [float32|full precision]|which [option|flag] [gives|makes] [the most exact|unrounded|full precision] [results|numbers]?"
      "|why is --exact so slow?|when [should|would] I use --exact?|[full|highest] precision[ for a test| for checking|, please]"
      "|[float32|full precision|unrounded] [activations|computing|results] in llrun[, how?|, which flag?]|[compare|check] [logits|results] with [PyTorch|a reference|transformers][, which flag of llrun?|]]",
      "Use --exact. llrun then computes in float32 without rounding activations to 8 bits; it is slow and meant for checking." },
};

/* A word or phrase of a question, and what others say instead (a template). Earlier rows win, so a row that replaces a phrase
 * by itself protects it: VRAM must not become RAM, and "exit status 2" is the one of Ollama. Only the first letter may differ
 * in case. No row may change what is asked. */
typedef struct swap { const char *from, *to; } swap;

static const swap synonyms[] = {
    { "exit code 2", "exit code 2" }, { "exit status 2", "exit status 2" }, { "code 2", "code 2" }, { "status 2", "status 2" },
    { "GPU memory", "GPU memory" }, { "video memory", "video memory" }, { "virtual memory", "virtual memory" }, { "graphics memory", "graphics memory" },
    { "memory of a graphics card", "memory of a graphics card" }, { "memory of the GPU", "memory of the GPU" },
    { "memory mapping", "memory mapping" }, { "memory mapped", "memory mapped" }, { "memory bandwidth", "memory bandwidth" }, { "memory stick", "memory stick" },
    { "Out of memory", "Out of memory" }, { "CUDA error", "CUDA error" }, { "unknown error", "unknown error" }, { "GPU layers", "GPU layers" }, { "GPU support", "GPU support" },
    { "NVIDIA driver", "NVIDIA driver" }, { "fast fail", "fast fail" }, { "this program", "this program" }, { "model file", "model file" }, { "the model server", "the model server" },
    { "my model server", "my [model server|service|API|inference server]" }, { "virtual machine", "[VM|guest|virtual box]" },
    { "do I get", "do I get" }, { "can I get", "can I get" }, { "how fast", "how [fast|quick]" }, { "context size", "[context size|context length|window]" },

    /* memory */
    { "GB of RAM", "[GB of memory|gigs of RAM|gigs|GB RAM|gigabytes of RAM|GB|G of RAM]" }, { "GB of memory", "[GB of RAM|gigs of memory|gigs|gigabytes]" },
    { "GB", "[gigs|gigabytes|gig|GB]" }, { "MB", "[megabytes|megs|MB]" },
    { "my RAM", "my [memory|system memory|main memory|RAM]" }, { "my memory", "my [RAM|system memory|RAM]" }, { "enough memory", "enough [RAM|free RAM|memory free]" },
    { "more memory", "more [RAM|memory]" }, { "less memory", "less [RAM|memory]" }, { "how much memory", "[how much RAM|how many gigs|how many gigabytes|how much memory]" },
    { "how much RAM", "[how much memory|how many gigs|how many gigabytes|how much RAM]" }, { "memory use", "[memory usage|RAM usage|footprint|RAM use]" },
    { "RAM use", "[memory usage|RAM usage|footprint]" }, { "page file", "[swap file|page file|pagefile]" },

    /* machines */
    { "graphics card", "[GPU|video card|NVIDIA card|gpu|RTX card]" }, { "NVIDIA card", "[GeForce|NVIDIA GPU|RTX card|graphics card]" },
    { "my card", "my [GPU|graphics card|video card]" }, { "the GPU", "the [graphics card|video card|card|gpu]" }, { "my GPU", "my [graphics card|video card|card|gpu|RTX]" },
    { "the CPU", "the [processor|chip|cpu]" }, { "my CPU", "my [processor|chip|cpu]" }, { "processor", "[CPU|chip|processor]" },
    { "laptop", "[notebook|machine|computer|box|netbook]" }, { "PC", "[computer|machine|box|desktop|tower|rig]" }, { "computer", "[PC|machine|box|system]" },
    { "machine", "[box|computer|PC|system]" }, { "my server", "my [box|home server|root server|rack server|Dell server]" }, { "on Linux", "[under Linux|on Linux|on my Linux box]" },
    { "my old", "my [ancient|ten year old|second hand|trusty old|dusty old]" }, { "an old", "[an ancient|a ten year old|a second hand|a dusty]" },

    /* programs and models */
    { "the program", "the [app|tool|binary|thing|software|executable|exe]" }, { "a program", "[an app|a tool|a piece of software|something]" }, { "other programs", "other [apps|software|tools]" },
    { "the runner", "the [engine|backend|worker|runner]" }, { "the process", "the [program|job|task|process]" },
    { "a model", "[an LLM|a language model|an AI model|a network|a local LLM|a gguf]" }, { "my model", "my [LLM|chatbot|network|local AI|language model|gguf]" },
    { "the model", "the [LLM|chatbot|network|bot|AI|language model|thing]" }, { "models", "[LLMs|language models|local models|networks]" }, { "the weights", "the [parameters|model weights|tensors]" },
    { "the context", "the [context window|context length|ctx|window]" }, { "quant", "[quantisation|quant type|version|quant]" },
    { "download it", "[fetch|grab|pull|get] it" }, { "downloaded", "[fetched|grabbed|pulled|got|downloaded]" }, { "while downloading", "[while fetching it|during the download]" },

    /* what happens */
    { "crashes", "[dies|goes down|quits|falls over|blows up|bails out|craps out]" }, { "crashed", "[died|went down|quit|fell over|blew up|bailed out]" },
    { "dies", "[crashes|goes down|quits|falls over|blows up]" }, { "died", "[crashed|went down|quit|blew up]" },
    { "ends with", "[quits with|dies with|exits with|goes down with|finishes with|comes back with]" }, { "ended with", "[quit with|died with|exited with|went down with|finished with]" },
    { "stopped with", "[quit with|died with|went down with|bailed out with]" }, { "stops with", "[quits with|dies with|goes down with|bails out with]" },
    { "says that", "[reports|tells me|claims|complains] that" }, { "says", "[reports|tells me|prints|throws|complains with|spits out|says]" },
    { "shows", "[prints|reports|spits out|throws|displays|gives]" }, { "prints", "[shows|reports|spits out|throws|outputs]" },
    { "I get", "[I see|I am getting|it throws|I receive|I run into]" }, { "I got it", "I got it" }, { "I got the", "I got the" }, { "I got", "[I saw|it threw|I received|there was|I ran into]" },
    { "exit code", "[exit status|return code|code|status|exit value]" }, { "exit status", "[exit code|return code|code|status]" }, { "error", "[error message|message|problem|error]" },
    { "again and again", "[over and over|all the time|constantly|each time]" }, { "at once", "[immediately|right away|instantly|straight away]" },
    { "suddenly", "[out of the blue|all of a sudden|without warning]" }, { "slow", "[sluggish|dead slow|terribly slow|laggy|super slow]" },
    { "slowly", "[sluggishly|at a crawl|at a snail's pace|terribly slowly]" }, { "faster", "[quicker|speedier|faster]" }, { "speed it up", "[make it quicker|get it to run faster|get more speed|speed things up]" },
    { "writes", "[generates|produces|types|outputs|spits out]" }, { "answers", "[replies|responds|answers]" }, { "answer", "[reply|response|answer]" },
    { "big", "[large|huge|fat|giant]" }, { "large", "[big|huge|sizable]" }, { "small", "[tiny|little|small|minuscule]" },

    /* how one asks */
    { "I want to", "[I'd like to|I need to|I would like to|I wanna|I have to|I am trying to]" }, { "I would like to", "[I'd like to|I want to|I need to|I wish to]" },
    { "I need to", "[I have to|I want to|I must]" }, { "How do I", "[How can I|How would I|How does one|How should I|how to]" }, { "How can I", "[How do I|How could I|How to|How might I]" },
    { "What can I do", "[What should I do|What are my options|What would help|What do you suggest|What could I try]" }, { "What now?", "[What next?|And now?|What am I supposed to do?|Now what?]" },
    { "Why?", "[How come?|What is the reason?|What is behind it?|Why is that?|What gives?]" }, { "Which flag", "[Which option|Which switch|What flag|What setting|Which setting]" },
    { "Which option", "[Which flag|Which switch|What option|What setting]" }, { "Can you explain", "[Could you clarify|Would you explain|Can somebody explain|Please explain]" },
    { "start it", "[launch|run|fire up|kick off] it" }, { "I start", "I [launch|run|fire up]" }, { "I started", "I [launched|ran|fired up|kicked off]" },
    { "I load", "I [open|pull in|fire up|load]" }, { "I loaded", "I [opened|pulled in|fired up]" }, { "friend", "[colleague|brother|neighbour|mate|buddy]" },
    { "yesterday", "[today|this morning|last night|on Monday|earlier]" }, { "does not", "[doesn't|does not|won't]" }, { "do not", "don't" }, { "cannot", "[can't|can not]" },
    { "is not", "isn't" }, { "I am", "I'm" }, { "what is", "what's" }, { "I have", "[I've got|I have|got]" }, { "please", "[pls|plz|please]" },
};

/* Clauses in the middle of a sentence. A comma at the end is dropped before a full stop. */
static const swap clauses[] = {
    { "model file", "model file" }, { "the model server", "the model server" }, { "my model server", "my model server" },
    { "my laptop", "my laptop[, which worked before,|, an old ThinkPad,| (i5, 16 GB)|, with a fresh Debian on it,|, a gift from work,]" },
    { "my PC", "my PC[, which worked before,|, built in 2013,| (Ryzen 5)|, with everything up to date,|, nothing overclocked,]" },
    { "my server", "my server[, a used Dell,|, which sits in the cellar,| (two Xeons)|, with nothing else on it,|, freshly installed,]" },
    { "my model", "my model[, which worked before,|, the same as always,|, a 7B from Hugging Face,|, quite a new one,| (a gguf)]" },
    { "the model", "the model[, which worked before,|, a Llama,|, a Qwen,|, the usual one,| (from Hugging Face)|, no matter which,]" },
    { "the program", "the program[, freshly installed,|, the newest version,|, which worked last week,|, without any options,]" },
    { "Ollama", "Ollama[, the newest version,|, freshly installed,|, which worked until today,| (latest)|, as a service,]" },
    { "llama.cpp", "llama.cpp[, built from source,|, a release from last week,| (current master)|, which worked before,]" },
    { "my computer", "my computer[, which is not new,|, an office machine,|, with little else running,]" },
};

/* Sentences about things that have nothing to do with the question, so that their words do not stand for a fact; hence none
 * may come near a question about them: `never_with` lists words of such questions. */
typedef struct scene { const char *text, *never_with; } scene;

static const scene scenes[] = {
    { "[I looked at|I checked] [htop|top|free -h|the Task Manager|btop], [nothing strange there|all normal|it looks fine].", "top|manager|memory|ram|gb|show|slow" },
    { "[lscpu|dmidecode|neofetch|CPU-Z] [says|shows] [Xeon E5-2690|Ryzen 5 3600|i7-4770|EPYC 7302|Celeron J4125].", "avx|vm|virtual|cpu|processor|instruction|132|ill|isa|0xc000001d" },
    { "[I rented|I have|I use|This is on|It runs on] a [VPS|cloud server|vserver|root server|small VPS][ with 8 GB| with 4 cores| at Hetzner| at Contabo|].", "avx|vm|virtual|cpu|isa|instruction|132|ill|gb|0xc|windows" },
    { "[This is on|It runs on|I use|The machine is] [my NAS|an old office PC|a mini PC|a NUC|a netbook|a used Dell|an HP EliteDesk|a Synology|a Steam Deck|a Chromebook|a thin client|a rack server].", "avx|0xc|windows|instruction" },
    { "[Everything runs|I run all this|It lives] in [a VM|Proxmox|a Proxmox guest|WSL|WSL2|an LXC container].", "avx|vm|virtual|instruction|132|ill|cpu|container|docker|pod|137|oom|gpu|cuda|0xc|windows|isa" },
    { "[Same under WSL|Same on bare metal|It is the same in WSL2|Native Windows, no WSL|No VM here|No virtual machine involved].", "avx|vm|virtual|instruction|cpu|linux|systemd|ubuntu|dmesg|container|docker|isa" },
    { "[nvidia-smi|The NVIDIA driver|The CUDA toolkit] [works|looks fine|is installed|shows the card].", "gpu|cuda|card|vram|ngl|layer|nvidia|driver|offload" },
    { "My [graphics card|GPU|video card] is [a GTX 1060|an RTX 3060|a 4090|integrated Intel graphics|an old Radeon].", "gpu|cuda|card|vram|ngl|layer|nvidia|driver|offload|memory" },
    { "I [fetched|got|pulled|downloaded] [it|the model|the gguf] with [wget|curl|git lfs|huggingface-cli|the browser|aria2c].", "magic|gguf|download|file|trunc|sum|kb|127|126|sha" },
    { "[It|The thing|The server|My bot] is started by [systemd|cron|a shell script|pm2|supervisor|a Python script].", "container|docker|pod|kill|137|143|term|service|parent|exit code|return|behind|orphan|0xc" },
    { "[Docker or not|With and without Docker|In Docker and outside], [it is the same|no difference|same thing].", "container|docker|pod|kill|137|oom|libcuda|gpu|cuda" },
    { "I [am on|use|run] [Arch, by the way|NixOS|Gentoo|Rocky Linux|openSUSE|Alpine|macOS Sonoma|Debian 12|Ubuntu 24.04].", "windows|0x|dll|mac" },
    { "[64|128|24|12] [gigs|GB] of [RAM|DDR4|DDR5|memory] in [the box|it|this machine].", "memory|ram|gb|gig|fit|context|cache|size|large|big|b model" },
    { "[A 3B|A 14B|A 24B|A 32B|Qwen 14B|Phi-4|Gemma 12B], by the way.", "q2|q3|q4|q5|q6|q8|quant|b model|billion|size|memory|ram|70b|7b|8b|1b" },
    { "[kernel 6.8|gcc 13|glibc 2.36|Python 3.11|Java is not involved|fresh reboot], [if that matters|just so you know|fwiw].", "kernel|build|compile" },
    { "[htop, dmesg and lscpu|wget, curl and git|systemd, docker and nginx|nvidia-smi and top] are [all there|installed], [ask for output|I can post logs|tell me what to run].", "avx|cpu|gpu|top|dmesg|docker|container|download|magic" },
    { "[The strange thing:|Funny:|Odd:] [my friend's laptop|the other box|my old NAS|the office PC] [does the same|shows the same|has it too].", "repeat|same" },
    { "[I already|Already] [rebooted|reinstalled it|updated everything|ran memtest|swapped the cable|checked the disk].", "suspend|999|update" },
    { "[It is for|I need it for|This is for] [a school project|my home assistant|a Discord bot|summaries at work|a small website|my thesis].", "" },
    { "[Never seen this before|First time I see that|Never heard of it|New to me].", "" },
    { "[Google|ChatGPT|The forum|Reddit|Stack Overflow] [was no help|gave me ten different answers|did not know|says all sorts of things].", "" },
    { "[Not urgent|Kind of urgent|It drives me mad|It bugs me|I am stuck here|Just curious].", "" },
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

/* One short word is left out ("What does it mean if" - "What it mean if"): the words that matter are longer, or have digits. */
static void lose_word(rng *r, char *s)
{
    size_t n = strlen(s), from, to, i, tries;
    for (tries = 0; tries < 10 && n > 20; tries++) {
        int plain = 1;
        from = rng_below(r, (unsigned)n);
        while (from > 0 && s[from - 1] != ' ') from--;
        for (to = from; to < n && s[to] != ' '; to++) { }
        for (i = from; i < to; i++) if (!isalpha((unsigned char)s[i])) plain = 0;
        if (!plain || to - from > 4 || to == n) continue;
        memmove(s + from, s + to + 1, n - to);
        return;
    }
}

/* Every word but those with digits or capitals inside (codes, types, names) and options is lost with 12 %: the model has to
 * learn every sign of a fact and not just the best one. Seven words stay, for a short question may have but one sign. A lost
 * "not" would change the question. */
static void lose_words(rng *r, text *q)
{
    static const char *const kept = " no not without never instead than ";
    char word[64], *from = q->s, *to = q->s;
    int left = 1;
    for (from = q->s; *from; from++) left += *from == ' ';
    for (from = q->s; *from; ) {
        size_t n = strcspn(from, " "), i;
        int plain = n < sizeof word - 2;
        for (i = 0; i < n && plain; i++) plain = islower((unsigned char)from[i]) || strchr("'?.,!", from[i]) || (!i && isupper((unsigned char)from[i]));
        if (plain) { snprintf(word, sizeof word, " %.*s ", (int)n, from); plain = !strstr(kept, word); }
        if (plain && left > 7 && rng_chance(r, 12)) {
            left--;
            from += n + (from[n] == ' ');
            continue;
        }
        n += from[n] == ' ';
        memmove(to, from, n);
        to += n;
        from += n;
    }
    *to = 0;
    q->n = (size_t)(to - q->s);
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
    if (rng_chance(r, 15)) { lose_word(r, q->s); q->n = strlen(q->s); }
}

/* How long the phrase is if it stands at p as whole words, else 0. */
static size_t phrase_at(const char *p, const char *phrase)
{
    size_t n = strlen(phrase);
    if (tolower((unsigned char)*p) != tolower((unsigned char)*phrase) || strncmp(p + 1, phrase + 1, n - 1)) return 0;
    return !p[n] || strchr(" ,?!:;)", p[n]) || (p[n] == '.' && (!p[n + 1] || p[n + 1] == ' ')) ? n : 0;
}

/* Replaces what the table knows, each with `percent`. */
static void swap_phrases(rng *r, text *q, const swap *table, size_t rows, unsigned percent)
{
    variables none;
    text out;
    const char *p = q->s;
    none.n = 0;
    text_clear(&out);
    while (*p) {
        size_t i = rows, n = 0;
        if (p == q->s || p[-1] == ' ') for (i = 0; i < rows && !(n = phrase_at(p, table[i].from)); i++) { }
        if (i == rows) { text_char(&out, *p++); continue; }
        if (rng_chance(r, percent)) expand_all(&out, r, table[i].to, &none);
        else for (i = 0; i < n; i++) text_char(&out, p[i]);
        p += n;
        if (out.n && out.s[out.n - 1] == ',' && *p != ' ') out.s[--out.n] = 0;
    }
    *q = out;
}

/* Whether one of the words of a list, "avx|cpu", occurs in the text, in whatever case and inside of words too. */
static int mentions(const char *s, const char *list)
{
    for (; *list; list += strcspn(list, "|"), list += *list == '|') {
        size_t n = strcspn(list, "|"), i;
        const char *p;
        for (p = s; *p; p++) {
            for (i = 0; i < n && tolower((unsigned char)p[i]) == list[i]; i++) { }
            if (i == n) return 1;
        }
    }
    return 0;
}

/* What people say around their question. */
static const char *const before_question =
    "[[Hello!|Hi!|Hey,|Hi all,|Good morning!] |Please help. |Quick question: |Sorry to ask. |So, |Ok, |I am new to this. |I am new to local models. |I am not an expert. |Maybe a stupid question: "
    "|I searched the web but found nothing. |I use [Windows 11|Windows 10|Ubuntu|Debian|Fedora|a Mac|a Raspberry Pi] on [a laptop|an old PC|a server|a ThinkPad]. "
    "|I have [8|16|32|4] GB of RAM and [an i5|an old Xeon|a Ryzen|a Core 2 Duo|an AMD CPU]. |I downloaded a [7B|13B|3B|Llama|Qwen|Mistral|Gemma] model [yesterday|today|from the web|last week]. "
    "|I [installed|updated|started|tried] [Ollama|LM Studio|llama.cpp|llrun|koboldcpp|GPT4All] [yesterday|today|last week|on my new laptop]. |Everything worked until [yesterday|last week|the update]. "
    "|I started a [7B|13B|big] model on my [server|laptop|PC], went [for coffee|to lunch|away], and when I came back: |I tried [it three times|another model|a restart][ and it is always the same|, no change|]. "
    "|My [son|boss|friend|colleague|teacher] [asked me this|wants to know|asked]: |I have been [looking at|fighting with] this for [hours|two days|a week]. |I just want to chat with a model. ]";
static const char *const after_question =
    "[ Thanks!| Thank you.| thx| Any help is welcome.| Please help.| I tried a restart, no change.| This is on [Windows 10|Windows 11|Ubuntu|Debian|a Raspberry Pi] with [8|16|32] GB of RAM."
    "| It worked [yesterday|last week|before].| I do not understand it.| Please explain it simply.| In simple words, please.| No idea what to do.| I use [Ollama|LM Studio|llama.cpp|llrun].| I am lost.| What would you do?| Is there a simple answer?]";

static void end_sentence(text *t)
{
    if (t->n && isalnum((unsigned char)t->s[t->n - 1])) text_char(t, '.');
    text_char(t, ' ');
}

/* A question about a fact in the words of the tables. */
static void ask(rng *r, const fact *f, text *question)
{
    variables v;
    text subject;
    size_t i;
    unsigned how = rng_below(r, 100);
    v.n = 0;
    text_clear(question);
    text_clear(&subject);
    for (i = 0; i < sizeof common / sizeof *common; i++) var_set(&v, common[i].name, common[i].value);
    expand_all(&subject, r, f->subject, &v);
    if (subject.n && subject.s[subject.n - 1] == ' ') subject.s[--subject.n] = 0;   /* an optional word at its end */
    var_set(&v, "x", subject.s);
    expand_all(question, r, how < 55 ? f->more : how < 68 ? f->question : asking[f->kind], &v);
}

/* One question and its answer. */
static void make_question(rng *r, text *question, text *answer)
{
    const fact *f = PICK(r, facts);
    const scene *around = rng_chance(r, 25) ? PICK(r, scenes) : NULL;
    int first = rng_chance(r, 50);
    variables none;
    text core;
    none.n = 0;
    ask(r, f, &core);
    if (around && mentions(core.s, around->never_with)) around = NULL;
    if (rng_chance(r, 12)) swap_phrases(r, &core, clauses, sizeof clauses / sizeof *clauses, 50);
    if (rng_chance(r, 24)) lose_words(r, &core);
    text_clear(question);
    if (rng_chance(r, 25)) expand_all(question, r, before_question, &none);
    if (around && first) { expand_all(question, r, around->text, &none); end_sentence(question); }
    text_put(question, core.s);
    if (around && !first) { end_sentence(question); expand_all(question, r, around->text, &none); }
    if (rng_chance(r, 15)) { end_sentence(question); expand_all(question, r, after_question, &none); }
    if (rng_chance(r, 60)) swap_phrases(r, question, synonyms, sizeof synonyms / sizeof *synonyms, 40);
    text_clear(answer);
    expand_all(answer, r, f->answer, &none);
    roughen(r, question);
}
#endif
