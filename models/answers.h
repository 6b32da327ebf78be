/* answers.h - a generator of questions and answers about running language models locally.
 *
 * A fact has a kind, the ways to name its subject, questions of its own, what people say who do not know its name, and its
 * answer. The kind brings the usual ways of asking ("What does X mean?", "I got X. Why?"), so that every fact can be asked
 * in hundreds of ways; small letters, missing question marks, lost words and typing errors are added at random. Answers are
 * one to three sentences.
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
      "|[In a batch file on [Windows 10|Windows 11|Windows]|In a shell script on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]], how do I [test|check] that llrun [had no error|was successful|went well]?|[Is zero|Is 0|Does 0 mean|Is the code 0] a good [result|sign|return value] [of|from|for] llrun?|[There was no error at all|Everything seems to have worked|It printed its answer and ended], [so which number does llrun return?|which exit code is that?]"
      "|[I expected a number like 1, but|The log says that] llrun [ended|exited|returned] with [zero|0|status 0]. [Is something wrong?|Is that right?|What does that say?]|[exited with code 0|process finished with exit code 0|status=0/SUCCESS]: [is that good news?|is this an error?|what is it trying to say?]]",
      "Exit code 0 means success: llrun did what you asked." },
    { CODE, "[exit code 1|return code 1|llrun exit code 1|exit code 1 of llrun]", "What does llrun return when it fails while running?",
      "[llrun [gave me back|returned|ended with|said] [a 1|1|code 1]|What is it that makes llrun return 1?|llrun exits with 1, why?"
      "|My [script|cron job|service] on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] [stopped|failed] because llrun [returned|exited with|came back with] [1|code 1|status 1]. [Where do I look?|What is the reason?|How do I find out more?]|[After a few minutes|In the middle of the answer|While it was writing] llrun [ended|stopped|gave up] and the exit code [was|is] [1|one]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[I cannot write to that folder|The disk was full|The output file could not be written], which [code|number|status] does llrun [return|give|use]?|[What kind of failure|What sort of error|Which problem] does llrun [report with|mean by|express with] [a 1|code 1|the number 1]?|[Is 1 the code for|Does 1 stand for|Is one just] a general [error|failure] [in|of|with] llrun?"
      "|llrun [exited with status 1|failed with 1|returned one] on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation], [but the model is fine|although the file is good|and I do not see why]. [What happened?|What is the reason?|]|[Something went wrong while llrun was running|llrun started well and then failed] and echo $? [shows|prints|says] 1. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[How do I find the reason|Where does it say why] when llrun [exits with|returns|ends with] [1|code 1]?]",
      "Exit code 1 of llrun means that something failed while running, for example a file that could not be written. The error line names the reason." },
    { CODE, "[exit code 2 of llrun|llrun exit code 2|exit code 2 from llrun]", "What does llrun return for a wrong option?",
      "[llrun [gave me back|returned|ended with] [a 2|2|code 2]|What is it that makes llrun return 2?|I mistyped an option, which code do I get?"
      "|[llrun gave me exit code 2|I got exit code 2 from llrun|llrun ended with exit code 2] [after I added an option|on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|when I started a [1B|3B|7B|8B|13B|] model|in my script]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[I typed|I wrote|I tried] llrun [run model.gguf|chat|plan] with [some|a few|new] flags and it [came back|ended|exited] with [2|code 2|status 2]. [What did I do wrong?|What is wrong with my command?|Why?]|My [script|batch file|cron job] calls llrun and [gets|receives|sees] [a 2|code 2|exit code 2] [back|every time|since today]. [Is my command wrong?|What is wrong?|What should I change?]"
      "|[Which number|Which code|What] does llrun [return|give back|use] [for a typing error in the options|when an option is unknown|if I give it a bad value|if the flag does not exist|when the command line is wrong]?|[My prompt is too long for the context|The prompt is longer than the context], [what will llrun return?|which code does llrun give?|with which code does llrun stop?]"
      "|[unknown option|bad value|invalid option] [says llrun|is what llrun prints], [and the exit code is 2|and then it returns 2|and $? is 2][. What now?|. Why?|]|[Does the 2|Does code 2|Does exit code 2] [of|from] llrun mean that [my model is broken|I made a mistake|the options are wrong|I have to read the help]?"
      "|llrun [does not even start|ends at once|stops immediately], [the exit code is 2|it returns 2|with code 2]. [Did I use it wrongly?|What is wrong with my options?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]|[What is the meaning of|How should I read] [2|a two|status 2] [as a return value of|as the result of|from] llrun?]",
      "Exit code 2 of llrun means wrong usage: an unknown option, a bad value, or a prompt that is longer than the context. See llrun help." },
    { CODE, "[exit code 3|llrun exit code 3|exit code 3 of llrun|return code 3|exit status 3]", "What does llrun return for a broken file?",
      "[llrun [gave me back|returned|ended with|says] [a 3|3|code 3][, is my download broken?|]|What is it that makes llrun return 3?|llrun exits with 3[, is the file bad?|]|Which code means that the model file is unusable?"
      "|[I downloaded a [1B|3B|7B|8B|13B|] model|I copied a GGUF file|I moved my models] [yesterday|to my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|to a USB disk], and now llrun [ends|exits|stops] with [3|code 3|exit code 3]. [Is the file broken?|Do I have to download it again?|What is wrong with it?]"
      "|[Which|What] code does llrun [return|give|use] [if the file does not exist|when the download was cut off|if the GGUF is damaged|for a file that is not GGUF|when the model is missing|when I mistyped the path]?|[Is my disk broken|Is my download corrupt|Is the model damaged|Did I give a wrong path] if llrun [returns|ends with|exits with] [3|code 3]?"
      "|llrun [worked yesterday|was fine before], [but today|but since this morning] it [returns|gives|exits with] [3|code 3|status 3] for [the same model|every file|my new model]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[The download broke off|My internet was gone during the download|The browser stopped at 80 percent] and llrun [says 3|ends with code 3|returns 3 for that file]. [Can I still use it?|What should I do?|]"
      "|My script [sees|gets|reports] return value 3 [from|of] llrun. [Is it about the file?|What is wrong with the model?|What does three stand for?]|[The path looks right to me|The file is there|I see the file in the folder], but llrun [ends with|returns|says] [code 3|3|exit code 3]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|llrun run model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 3]",
      "Exit code 3 means that the model file cannot be used: it is missing, damaged, cut short or not a GGUF file. Check the path or download it again." },
    { CODE, "[exit code 4|llrun exit code 4|exit code 4 of llrun|return code 4|exit status 4]", "What does llrun return if the architecture is not supported?",
      "[llrun [gave me back|returned|ended with|says] [a 4|4|code 4]|What is it that makes llrun return 4?|Which code does llrun use for things it does not support?"
      "|[I downloaded a brand new model|I tried a model from last week|I have a new kind of model] and llrun [ends|stops|exits] with [4|code 4|exit code 4]. [Is the file bad?|Is it too new?|Do I need an update?|Why?]|[Which|What] code does llrun [return|give|use] [for an unknown architecture|when the tokenizer is not supported|if the tensor type is unknown|for a model that it does not know]?"
      "|[Is my file broken|Is my download bad|Is my hardware too weak] if llrun [returns|ends with|exits with] [4|code 4], [or is the model just not supported?|or what does it mean?]|The same file [works in|runs with] [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui], but llrun [returns|ends with|exits with] [4|code 4]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[The checksum is right|The file is complete], [yet|but still] llrun [refuses the model|will not run it] and [returns|gives|ends with] 4. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|My script [sees|gets|reports] return value 4 [from|of] llrun. [What is not supported?|Will a newer version help?|What does four stand for?]"
      "|[Does a newer llrun|Does an update|Would a later version] [help|change anything] [against|with] [exit code 4|the code 4|status 4]?|llrun run [new-model|model].gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 4]",
      "Exit code 4 means that the file is valid, but something in it is not supported, such as its architecture, tensor type or tokenizer. A newer version may help." },
    { CODE, "[exit code 5|llrun exit code 5|exit code 5 of llrun|return code 5|exit status 5]", "What does llrun return when memory is short?",
      "[llrun [gave me back|returned|ended with|says] [a 5|5|code 5]|What is it that makes llrun return 5?|Which code does llrun use when the memory is not enough?|llrun refuses to start and returns 5"
      "|[I wanted to start|I tried to run|I loaded] a [13B|30B|70B|big|large] model on [an old [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] with 8 GB|a Raspberry Pi] and llrun [returned|ended with|exited with] [5|code 5|exit code 5]. [What can I change?|Is my RAM too small?|What now?]|[Which|What] code does llrun [return|give|use] [when the RAM is too small|if the model does not fit|when it cannot get enough memory]?"
      "|[Does 5|Does code 5|Does exit code 5] [of llrun|from llrun|] mean that [I need more RAM|my memory is too small|the model is too big|the context is too large]?|My script [sees|gets|reports] return value 5 [from|of] llrun. [What does five stand for?|Is it the memory?|What should I make smaller?]"
      "|[With a small context it runs|With -c 2048 it works], but [with a long one|with -c 32768] llrun [returns|ends with|exits with] [5|code 5]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|llrun plan [ends with|returned|exits with|gives] [5|code 5|exit code 5][, will the model not run?|, and now?|. What does that mean?]|[How can I|What must I do to] get [rid of|past|around] [exit code 5|the 5 of llrun|status 5 of llrun]?"
      "|llrun run model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 5]",
      "Exit code 5 means that there is not enough memory. Use a smaller context with -c, --kv q8_0, or a smaller model; llrun plan shows the numbers." },
    { CODE, "[exit code 6|llrun exit code 6|exit code 6 of llrun|return code 6|exit status 6]", "What does llrun return if the CPU lacks the instructions of --isa?",
      "[llrun [gave me back|returned|ended with|says] [a 6|6|code 6]|What is it that makes llrun return 6?|Which code does llrun use for missing hardware?"
      "|[I forced|I asked for|I wanted] [AVX2|AVX-512|a faster tier] with --isa on my [old|] [laptop|ThinkPad|PC|mini PC|workstation|desktop|notebook] and llrun [ended|exited|stopped] with [6|code 6|exit code 6]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[I used --gpu require|I started it with --gpu require] on a [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] [without a graphics card|with an old card|with no NVIDIA card] and [got 6|llrun returned 6|it ended with code 6]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Which|What] code does llrun [return|give|use] [when --gpu require finds no GPU|if the CPU cannot run the chosen tier|when there is no graphics card]?"
      "|[Is my graphics card|Is my CPU|Is my hardware] [broken|too old|the problem] if llrun [returns|ends with|exits with] [6|code 6]?|My script [sees|gets|reports] return value 6 [from|of] llrun. [What does six stand for?|Is it the hardware?|What is missing?]|[On my other machine it works|On the new PC it works], but [on this one|here] llrun --isa avx512 [returns|ends with] [6|code 6]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Do I have to change|Should I leave out] [--isa|--gpu require] [when|if] [I get|llrun returns] [6|code 6]?|llrun run --isa avx2 model.gguf [ends at once|stops immediately] and echo $? [prints|says|shows] 6]",
      "Exit code 6 means that the hardware you asked for is not usable: --isa names a tier that this CPU cannot run, or --gpu require found no GPU." },
    { CODE, "[exit code 130|exit status 130|return code 130|SIGINT|signal 2]", "What does Ctrl-C return?",
      "[the program [ends|quits|stops] with 130|Which code do I get after [pressing|hitting] Ctrl-C?|code 130 after I interrupted it"
      "|[130 or 143, what is the difference?|What is the difference between [130 and 143|143 and 130|SIGINT and SIGTERM]?|Sometimes I get 130 and sometimes 143. [Why?|How do they differ?|]|130 against 143, [which is which?|please explain]|Is 130 the same as 143?|How does SIGINT differ from SIGTERM?]"
      "|[I pressed Ctrl-C|I hit Ctrl-C|I interrupted it with Ctrl-C] [while the model was writing|in the middle of the answer|because it was too slow] and [the shell shows|my script says|echo $? prints] 130. [Is that bad?|Did something break?|Is that an error?|]|[Is my model damaged|Did I break something|Is anything lost] [when|if] I [stop|interrupt|cancel] it [with|by] Ctrl-C?"
      "|My [script|log|batch job] on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] says that [Ollama|llama.cpp|koboldcpp|llrun|the runner] [ended|exited|finished] with [130|status 130|code 130]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Which number|What code|Which status] [comes back|is returned|do I see] [after|when I press|if somebody presses] Ctrl-C[ on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| in the terminal|]?"
      "|[I stopped the chat with the keyboard|I cancelled the answer in the terminal] and [now there is a 130|got 130|the status was 130], [is this a crash?|should I worry?|what is it?]|[Does 130|Is 130] [mean a crash|an error|something to worry about|a problem of the model]?|interrupted by [SIGINT|signal 2|the keyboard][, which exit code is it?|, what is that?|. Is that a fault?]]",
      "Exit code 130 means that the program was ended by Ctrl-C (SIGINT, signal 2), which is not an error. 143 would be SIGTERM, sent by another program." },
    { CODE, "[exit code 143|exit status 143|return code 143|SIGTERM|signal 15]", "What does it mean when the program gets SIGTERM?",
      "[the program [ends|quits|stops] with 143|143 [after|at] shutdown|systemd stopped it with 143|Who sends signal 15?|Is 143 a crash?"
      "|My [server|service|model server] on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] [ran all night|was running for days] and [in the morning|then] [it was gone with|the log said|it had ended with] [143|status 143|exit code 143]. [Who stopped it?|Why?|What happened?]|[Somebody|My colleague|A script|The system] [used kill on|ended|terminated] [my model|the process|the runner], [which code is that?|what will I see as exit code?|is that 143?]"
      "|systemctl stop [makes|lets] [the server|my model server|llrun] end with 143[. Is that an error?|, is that normal?|]|[main process exited, code=exited, status=143|status=143/n/a] [in the journal|says systemd|in the log of my service][. What is wrong?|. Is that a failure?|]"
      "|[When I shut down|When I reboot] my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation], [Ollama|llama.cpp|koboldcpp|llrun|the runner] [ends with|reports|logs] [143|SIGTERM|signal 15][. Normal?|. Why?|, is something broken?]|[Does 143|Is 143] [a sign of too little memory|an error of the model|mean that it crashed|about a bug], or [did somebody stop it?|was it ended from outside?]"
      "|[What sends a SIGTERM to my model|Which program sends signal 15 to the runner|Where does a SIGTERM come from|Where does the signal 15 come from]?|[Terminated|It says Terminated][ and nothing else| in my terminal|, then the prompt is back]. [Who did that?|What happened?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]|[A plain kill|The command kill] [without options|with no number] [gives|leads to] which exit code?]",
      "Exit code 143 means that somebody ended the program with SIGTERM (signal 15), for example the system at shutdown or a service manager." },
    { NOUN, "[the list of exit codes|the exit codes of llrun]", "[Which exit codes does llrun have?|List the exit codes of llrun.|What do the exit codes mean?]",
      "[Give me an overview of the exit codes|Is there a table of return codes?|All the exit statuses of llrun, please"
      "|I am writing a [script|wrapper|batch file|service] around llrun and need [all of its|the meaning of its|a list of its] [exit codes|return values|exit statuses].|[Where can I see|Where do I find|Is there documentation for] [all|the] [return values|exit codes|status codes] [of llrun|that llrun uses]?|[What can|Which values can|Which numbers can] llrun return [to a script|to the shell|when it ends]?"
      "|[Please list|Show me|I need] [every|each] [exit code|return code|exit status] [of llrun|llrun has|that llrun knows][ and what it means| with its meaning|].|[How many|Which different] [exit codes|return values] [does llrun know|does llrun have|are there in llrun]?|What do the [codes|numbers|exit codes] [0 to 6|from 0 to 6|1 to 6|between 0 and 6] [of llrun|that llrun returns] [mean|stand for]?"
      "|My monitoring [reads|watches] the exit status of llrun. [Which values are possible?|Which ones must I know?|What can come back?]|[an overview of|a table with|a summary of] what llrun returns [in which case|when it fails|and why]]",
      "llrun returns 0 for success, 1 failed, 2 wrong usage, 3 unusable file, 4 not supported, 5 not enough memory, 6 hardware not usable, 130 and 143 when it was interrupted." },

    /* --- Windows --- */
    { CODE, "[exit status|error|exit code|code|] [0xc000001d|0xC000001D|3221225501|STATUS_ILLEGAL_INSTRUCTION]", "What does Windows call an illegal instruction?",
      "[Which [error number|code|status] does Windows [use|give|show] [when a CPU instruction is unknown|for an unknown instruction|for an illegal instruction|if AVX is missing]?|[illegal|unknown] instruction on Windows|What code means that my Windows PC lacks AVX?|c000001d|-1073741795"
      "|[I have an old [laptop|ThinkPad|PC|mini PC|workstation|desktop|notebook] with [Windows 10|Windows 11|Windows]|I run [Windows 10|Windows 11|Windows] on a [Core 2 Duo|Phenom|Pentium|2011 Celeron]] and [since yesterday|after the update|from the first start] [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [stops|crashes|closes] with [0xc000001d|exit status 0xc000001d|3221225501]. [What can I do?|Is my CPU too old?|Why?]"
      "|llama runner process has terminated: exit status 0xc000001d[, and that on [Windows 10|Windows 11|Windows]|. My PC is from 2010|. Do I need a new CPU?|]|[On my new PC it works|My friend can run it], [but|yet] the [old|second|office] machine with [Windows 10|Windows 11|Windows] [only says|shows|dies with] 0xc000001d. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc000001d|c000001d] for [ollama.exe|the runner|koboldcpp.exe|llama-server.exe]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Is my processor too old|Does my CPU lack AVX|Is AVX the problem] [when|if] [Windows 10|Windows 11|Windows] [reports|shows|says] [0xc000001d|3221225501|an illegal instruction]?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Windows 10|Windows 11|Windows] [crashes|dies] with [an illegal instruction|STATUS_ILLEGAL_INSTRUCTION] [as soon as|when] [the model is loaded|I send a message|it starts to write].|[How can I get|Is there a way to get] a model running on [Windows 10|Windows 11|Windows] [in spite of|without|when it ends with] [0xc000001d|3221225501]?"
      "|[0xc000001d or 0xc0000005|0xc0000409 or 0xc000001d], which one [is about|means|stands for] [AVX|the missing CPU instructions|an old CPU]?|the [process|program|runner] exited with [-1073741795|3221225501|0xc000001d] [right after the start|while loading a [1B|3B|7B|8B|13B|] model|on my [Xeon|Athlon|i5-760]] [under [Windows 10|Windows 11|Windows]|on [Windows 10|Windows 11|Windows]|]]",
      "0xc000001d is an illegal instruction: the program uses instructions such as AVX that your CPU does not have. Use a build without them, or llrun, which looks at the CPU first." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000005|0xC0000005|3221225477|STATUS_ACCESS_VIOLATION|access violation]", "What is an access violation on Windows?",
      "[my windows [box|PC|machine|laptop] [shows|says|gives] [3221225477|0xc0000005|-1073741819]|c0000005|-1073741819|Windows [crashes|fails] with 0xc0000005 [after|while] loading the model|memory access error on Windows|3221225477, any clue what this is?"
      "|[I was chatting with a [1B|3B|7B|8B|13B|] model on [Windows 10|Windows 11|Windows]|Yesterday everything was fine on my [Windows 10|Windows 11|Windows] [laptop|ThinkPad|PC|mini PC|workstation|desktop|notebook]|I loaded a [1B|3B|7B|8B|13B|] model in [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Windows 10|Windows 11|Windows]] and [suddenly|after ten minutes|then] [it was gone with|the window closed with|it ended with|there was] [0xc0000005|error 0xc0000005|exit code 0xc0000005]. [Is my RAM broken?|What can I do?|Why?|What happened?]"
      "|llama runner process has terminated: exit status 0xc0000005[, on [Windows 10|Windows 11|Windows]|. The model worked last week|. Do I need another version?|]|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc0000005|c0000005] for [ollama.exe|the runner|koboldcpp.exe|llama-server.exe]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Is my RAM|Is my memory module|Is my hardware|Is my disk] [broken|bad|defective] [when|if] [Windows 10|Windows 11|Windows] [reports|shows|says] [0xc0000005|an access violation]?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [crashes|dies|closes itself] [with an access violation|with 0xc0000005|with 3221225477] [as soon as I send a long text|with a large context|after the update|every second time]. [How do I get rid of it?|Is it a bug?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]"
      "|Unhandled exception: access violation [reading|writing] location [in the runner|in llama.dll|0x0000000000000000], [what does it mean?|what now?|why?]|[How can I get|Is there a way to get] a model running on [Windows 10|Windows 11|Windows] [without|when it ends with|in spite of] [0xc0000005|3221225477|an access violation]?"
      "|[Exception code|The exception code|Error number] [0xc0000005|c0000005] [comes up|appears|turns up] [whenever I load a model|in the middle of an answer|when I set the context to 32768][ with [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]| on my [Windows 10|Windows 11|Windows] [laptop|ThinkPad|PC|mini PC|workstation|desktop|notebook]|], [what is behind it?|is it a bug in the program?|what is it?]"
      "|the [process|program|runner] exited with [-1073741819|3221225477|0xc0000005] [after half an hour|while loading a [1B|3B|7B|8B|13B|] model|when I made the context larger] [under [Windows 10|Windows 11|Windows]|on [Windows 10|Windows 11|Windows]|]|the instruction at 0x00007ff6 referenced memory at 0x0, the memory could not be [read|written] [on [Windows 10|Windows 11|Windows]|]]",
      "0xc0000005 is an access violation: the program touched memory that is not its own. It is a bug in the program or a failed allocation; try a smaller context or another version." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000409|0xC0000409|3221226505|STATUS_STACK_BUFFER_OVERRUN]", "Is 0xc0000409 about AVX?",
      "[c0000409|-1073740791|Windows shows [0xc0000409|3221226505]|Does 0xc0000409 mean that my CPU is too old?|stack buffer overrun on Windows|fast fail on Windows|my windows [box|PC] ends with 3221226505"
      "|[I start [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Windows 10|Windows 11|Windows]|I loaded a [1B|3B|7B|8B|13B|] model on [Windows 10|Windows 11|Windows]] and [after a second|suddenly|at once] it [ends|closes|stops] with [0xc0000409|exit status 0xc0000409|3221226505]. [Is my CPU too old for it?|Do I need AVX?|What happened?|Why?]"
      "|llama runner process has terminated: exit status 0xc0000409[, on [Windows 10|Windows 11|Windows]|. Somebody said it is AVX|. What should I look at?|]|The [event viewer|Windows event log|event log] [has|shows|lists] exception code [0xc0000409|c0000409] for [ollama.exe|the runner|ucrtbase.dll|llama-server.exe]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[People say|A forum says|I read] that 0xc0000409 [means that my CPU has no AVX|is about missing AVX|comes from an old CPU]. [Is that true?|Is that right?|True or false?]|[Was there a buffer overrun|Is it a virus|Was I hacked|Is it a security problem] [when|if] [Windows 10|Windows 11|Windows] [reports|shows] [0xc0000409|a stack buffer overrun]?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Windows 10|Windows 11|Windows] [aborts|ends itself|gives up] with [0xc0000409|3221226505|-1073740791] [while loading|after the update|with my new model]. [Where do I find the reason?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]|[Which|What] code does [Windows 10|Windows 11|Windows] [show|give|use] [when a program calls abort|after a failed assert|for a fast fail]?"
      "|the [process|program|runner] exited with [-1073740791|3221226505|0xc0000409] [at once|while loading a [1B|3B|7B|8B|13B|] model|when I sent the first message] [under [Windows 10|Windows 11|Windows]|on [Windows 10|Windows 11|Windows]|]]",
      "0xc0000409 means that the program ended itself with an abort, often after a failed check (assert). It does not mean missing AVX; read the line before it." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000135|0xC0000135|STATUS_DLL_NOT_FOUND]", "Why is a DLL not found?",
      "[c0000135|Windows [says|shows] 0xc0000135|a DLL is missing [on Windows|]|the program does not start because of a missing DLL|vcruntime140.dll is missing|which library is missing on Windows?"
      "|[I unpacked|I downloaded|I copied] [llama.cpp|koboldcpp|a CUDA build|the runner] on [a fresh|my new|another] [Windows 10|Windows 11|Windows] machine and it [ends at once with|only shows|does not start:] [0xc0000135|error 0xc0000135|exit status 0xc0000135]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[The code execution cannot proceed because|The program cannot start because] [cudart64_12.dll|msvcp140.dll|cublas64_12.dll|vcruntime140.dll] [was not found|is missing]. [What do I install?|How do I fix it?|]|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [complains about|says there is|reports] a missing DLL[ on [Windows 10|Windows 11|Windows]| when it starts|], [where do I get it?|what should I install?|what now?]"
      "|[Do I have to|Should I|Must I] install [the Visual C++ runtime|the CUDA runtime|CUDA] [when|if] [Windows 10|Windows 11|Windows] [shows|says] 0xc0000135?|The application was unable to start correctly (0xc0000135)[. Help!|. What is missing?|]|[exit status|exit code] [-1073741515|3221225781|0xc0000135][ on [Windows 10|Windows 11|Windows]| from the runner|][ right at the start| before anything is printed|][, what is missing?|. Why?|]"
      "|[It ran on my old PC|It works on my other computer], but on the new [Windows 10|Windows 11|Windows] [machine|installation] [a DLL is not found|it misses some DLL|there is a DLL missing]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Which|What] code does [Windows 10|Windows 11|Windows] [show|give|use] [when a DLL is missing|if a library cannot be found]?]",
      "0xc0000135 means that a DLL was not found. Install the missing library, for example the CUDA or Visual C++ runtime." },
    { CODE, "[exit status|error|exit code|code|] [0xc0000017|0xC0000017|STATUS_NO_MEMORY]", "What is STATUS_NO_MEMORY?",
      "[c0000017|Windows [says|shows] 0xc0000017|Windows has no memory left|which code means out of memory on Windows?"
      "|[I loaded|I tried|I wanted to start] a [13B|30B|big|] model [in [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|] on my [Windows 10|Windows 11|Windows] [laptop|ThinkPad|PC|mini PC|workstation|desktop|notebook] with [8|16|4] GB and got [0xc0000017|error 0xc0000017|exit status 0xc0000017]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|llama runner process has terminated: exit status 0xc0000017[, on [Windows 10|Windows 11|Windows]|. Is my memory too small?|. What should I change?|]|[Does a larger page file|Will a bigger page file|Does more virtual memory] [help|work|fix it] [against|with|for] 0xc0000017?|[Is my RAM broken|Is my RAM too small|Do I need more RAM] [when|if] [Windows 10|Windows 11|Windows] [reports|shows|says] [0xc0000017|STATUS_NO_MEMORY]?"
      "|[exit status|exit code] [-1073741801|3221225495|0xc0000017][ on [Windows 10|Windows 11|Windows]| from the runner|][ while loading| with a long context|][, what is it?|. Why?|]|[Windows 10|Windows 11|Windows] [tells me|says] that there is not enough [memory|virtual memory][ for the model| to load the model|], [code|error|it is] 0xc0000017. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|The [event viewer|Windows event log] [has|shows|lists] 0xc0000017 for [ollama.exe|the runner|koboldcpp.exe]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Which|What] code does [Windows 10|Windows 11|Windows] [show|give|use] [when it has no memory left|if the page file is too small|when memory is not enough]?]",
      "0xc0000017 means that Windows had not enough memory. Use a smaller model or context, or make the page file larger." },
    { CODE, "[exit status|error|exit code|code|] [0xc00000fd|0xC00000FD|STATUS_STACK_OVERFLOW]", "What is a stack overflow on Windows?",
      "[c00000fd|Windows [says|shows] 0xc00000fd|stack overflow [on Windows|in the runner]|the stack was too small"
      "|[I pasted a huge text|I used a strange grammar|I opened a deeply nested JSON|I asked a long question] in [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Windows 10|Windows 11|Windows] and it [ended|crashed|closed] with [0xc00000fd|error 0xc00000fd|a stack overflow]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|llama runner process has terminated: exit status 0xc00000fd[, on [Windows 10|Windows 11|Windows]|. Is it my fault?|. What should I do?|]|[Is it my fault|Is it a bug|Can I fix it myself|Do I need more RAM] [when|if] [Windows 10|Windows 11|Windows] [reports|shows|says] [0xc00000fd|a stack overflow]?|[exit status|exit code] [-1073741571|3221225725|0xc00000fd][ on [Windows 10|Windows 11|Windows]| from the runner|][, what is it?|. Why?|]"
      "|The [event viewer|Windows event log] [has|shows|lists] exception code [0xc00000fd|c00000fd] for [ollama.exe|the runner|koboldcpp.exe]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [says|reports|dies with] stack overflow [on [Windows 10|Windows 11|Windows]|when I load a model|since the update], [will an update help?|what can I do?|how come?]"
      "|[Which|What] code does [Windows 10|Windows 11|Windows] [show|give|use] [when the stack is full|for a stack overflow|if calls are nested too deeply]?|a program that [calls itself too deeply|runs out of stack] on [Windows 10|Windows 11|Windows][, which code is that?|]]",
      "0xc00000fd is a stack overflow: calls were nested too deeply. It is a bug in the program; update it." },
    { CODE, "[exit status|error|exit code|code|] [0xc000013a|0xC000013A|STATUS_CONTROL_C_EXIT]", "Which status does Ctrl-C give on Windows?",
      "[c000013a|Windows [says|shows] 0xc000013a|I closed the window and got 0xc000013a|interrupted on Windows"
      "|[I closed the black window|I closed the console|I clicked the x of the terminal|I pressed Ctrl-C] [while [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] was running|in the middle of an answer|] on [Windows 10|Windows 11|Windows] and [the log shows|got|it says] [0xc000013a|error 0xc000013a]. [Is that bad?|Is something broken?|What is it?]"
      "|[Is my model damaged|Did I break something|Do I have to repair something] [when|if] [Windows 10|Windows 11|Windows] [reports|shows|says] 0xc000013a?|[exit status|exit code] [-1073741510|3221225786|0xc000013a][ on [Windows 10|Windows 11|Windows]| from the runner|][, is that a crash?|, what is it?|. Why?|]|[Which|What] code does [Windows 10|Windows 11|Windows] [show|give|use] [when I press Ctrl-C|after Ctrl-C|if I close the window of a program]?"
      "|My [batch file|scheduled task|PowerShell script] on [Windows 10|Windows 11|Windows] [ends|stopped|finished] with [0xc000013a|3221225786]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|The task scheduler [says|shows|reports] 0xc000013a [for my model server|for the runner|for llrun]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|llama runner process has terminated: exit status 0xc000013a[. I only closed the window|. Did I stop it myself?|]|[Is 0xc000013a the same as|Is 0xc000013a just|Does 0xc000013a mean] [Ctrl-C|an interrupt|that I stopped it] on [Windows 10|Windows 11|Windows]?]",
      "0xc000013a means that the program was ended by Ctrl-C or by closing its window. It is not an error." },

    /* --- signals --- */
    { CODE, "[exit code 132|exit status 132|return code 132|SIGILL|signal 4|Illegal instruction|illegal instruction (core dumped)]", "Why does it stop with an illegal instruction on my old CPU?",
      "[[illegal instruction|Illegal instruction (core dumped)|SIGILL] on my [old|2010|2008|] [Xeon|CPU|laptop|PC|computer|Core 2|Athlon]|the program [quits|stops|dies|crashes] with [132|SIGILL|illegal instruction] [all the time|at once|at the start|when starting|]|[ollama|llama.cpp|LM Studio] [crashes|dies] with [illegal instruction|SIGILL|132]|I see [illegal instruction|SIGILL|132] [when starting the program|at start|on my old Xeon]|signal: illegal instruction|invalid opcode in dmesg|trap invalid opcode"
      "|[Illegal instruction|Illegal instruction (core dumped)] [on a very old machine|on my 15 years old computer|on a PC from 2007|on my Core 2 Quad|on an old Opteron server], [what can I do?|is there any hope?|do I need another program?|why?]"
      "|I have [an i5-2400|an old ThinkPad|a Core 2 Duo|a Xeon X5650|a Phenom II|a Pentium N4200|a Celeron from 2012|a 15 years old PC] with [Ubuntu|Debian|Fedora|Linux Mint|Arch|Linux], and [[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|the program] [says|prints|only says|ends with|dies with] [Illegal instruction|Illegal instruction (core dumped)|SIGILL|exit code 132][. Is there a build that works?|. What can I do?|. Do I need a new machine?|]"
      "|[I compiled|I built] [llama.cpp|it] on my new PC and [copied it|took it] to an old [server|[laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]]; there it [stops|ends|dies] with [Illegal instruction|SIGILL|132]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|llama runner process has terminated: signal: illegal instruction (core dumped)[, on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|. My computer is from 2010|]"
      "|[On my new computer it works|My friend can run it], [but|yet] on the [very old|ancient|15 years old|old] [computer|server|desktop|netbook] it [just says|prints|ends with] [illegal instruction|Illegal instruction (core dumped)|SIGILL]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Is my CPU broken|Is my processor defective|Is my CPU too old|Is my machine too old] [when|if] [I see|it says|the shell prints] [illegal instruction|SIGILL|132]?"
      "|[dmesg|The kernel log|journalctl] [shows|has|says] trap invalid opcode [for ollama|in libggml-cpu.so|for llama-server][ after each start| and the program is gone|]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[The pip package|The Docker image|The release|The new version] of [llama.cpp|llama-cpp-python|Ollama|text-generation-webui] [crashes|stops] with [illegal instruction|SIGILL|132] [on my old CPU|on my Raspberry Pi|since the update]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Can a CPU that is|Can a machine that is] too old [cause|be the reason for|lead to] [an illegal instruction|exit code 132|SIGILL]?"
      "|[How do I get rid of|How can I avoid|What helps against] [the illegal instruction|Illegal instruction (core dumped)|SIGILL|132][ on my old machine| on Linux| with [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|]?|I wanted to give my [old|very old|ancient] [notebook|server|PC] a second life with a language model, but [all I get is|the only thing I see is|it ends with] [illegal instruction|Illegal instruction (core dumped)]"
      "|[132 or 139|139 or 132], which one [means an illegal instruction|is about the old CPU|is about AVX]?]",
      "SIGILL (exit code 132) is an illegal instruction: the program was built for a newer CPU, for example with AVX. Use a build for your CPU, or llrun, which chooses at run time." },
    { CODE, "[exit code 134|exit status 134|return code 134|SIGABRT|signal 6|Aborted|Aborted (core dumped)]", "What does abort mean?",
      "[the program [quits|stops|dies|crashes] with [134|SIGABRT|abort] [all the time|at once|]|[ollama|llama.cpp] [ends|dies] with [SIGABRT|134|signal: aborted]|signal: aborted (core dumped)|GGML_ASSERT failed|an assert failed|an assertion failed, 134|the runner called abort"
      "|[I loaded a [1B|3B|7B|8B|13B|] model|I started the server|I changed the context] [in|with] [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] and it [stopped|ended|died] with [Aborted (core dumped)|134|SIGABRT]. [Where is the reason?|What can I do?|Why?]|GGML_ASSERT([ctx|tensor|n_tokens > 0|n_past < n_ctx|buffer]) failed[, then Aborted|, and the program is gone|. What does it mean?|, what can I do?]"
      "|llama runner process has terminated: signal: aborted (core dumped)[, on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|. Where do I look?|]|[terminate called after throwing an instance of std::runtime_error|terminate called without an active exception|Assertion failed], [then Aborted|and then 134|followed by Aborted (core dumped)]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Is my memory too small|Is my CPU too old|Is the file broken|Is it a bug] [when|if] [I see|it says|the shell prints] [Aborted|SIGABRT|134]?|[The last word|The last line|All I see at the end] [in my terminal|of the log|on the screen] is Aborted[. Why?|, what happened?|. Where do I find the cause?]"
      "|My [service|monitoring|script] [reports|says] [exit code 134|status=6/ABRT|SIGABRT] [for the model server|for ollama|for llama-server]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Where do I find|How do I find out] [why it aborted|the reason for an abort|why it called abort|the reason for 134]?"
      "|[A failed assert|A failed assertion|A failed check], which [exit code|signal] does it give [on Linux|on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]]?]",
      "SIGABRT (exit code 134) means that the program gave up by itself, usually after a failed check (assert). The line before it tells why." },
    { CODE, "[exit code 135|exit status 135|SIGBUS|Bus error|signal 7]", "What is a bus error?",
      "[the program [quits|stops|dies|crashes] with [135|SIGBUS|a bus error]|[bus error|SIGBUS] while reading the model|I replaced the file while it was running and got a bus error|signal: bus error"
      "|[I updated the model|I overwrote the GGUF|I deleted some of the file|I downloaded the file again] while [[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|the server] was [using it|running], and it [died|ended|crashed] with [a bus error|SIGBUS|135]. [Is that the reason?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]"
      "|[My models are on a|The GGUF lies on a] [USB stick|network drive|SD card|NAS|external disk] and [sometimes|now and then|after an hour] the program [dies|ends|stops] with [Bus error|SIGBUS|135]. [Is my disk broken?|Is the disk dying?|Why?]"
      "|Bus error (core dumped) [on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|on my Raspberry Pi|while a [1B|3B|7B|8B|13B|] model was writing|in the middle of the answer]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Is my disk broken|Is my SSD dying|Is my file too short|Is my SD card bad] [when|if] [I see|it says|the shell prints] [Bus error|SIGBUS|135]?"
      "|llama runner process has terminated: signal: bus error[, on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|. Is it the disk?|]|[What happens|What do I get] [if the model file is changed|when the file gets shorter|if somebody truncates the file] while it is [mapped|in use|running]?|[Is a bus error|Is SIGBUS|Is 135] [about the disk|about the file|a hardware error|something with the USB bus]?"
      "|[I pulled out the disk|The network drive was gone|The NAS went to sleep] while the model was [running|in use] and [it said Bus error|got 135|there was a SIGBUS]]",
      "SIGBUS (exit code 135) means that mapped memory could not be read. The model file was cut short while in use, or its disk failed." },
    { CODE, "[exit code 136|exit status 136|SIGFPE|signal 8|floating point exception]", "What is a floating point exception?",
      "[the program [quits|stops|dies|crashes] with [136|SIGFPE|a floating point exception]|division by zero in the model|signal: floating point exception|FPE after loading"
      "|[I loaded a model from the web|I converted a model myself|I tried a new GGUF] [on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|with [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|] and it [stopped|ended|died] with [Floating point exception (core dumped)|SIGFPE|136]. [Is the file bad?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]"
      "|[Is my CPU broken|Is the file damaged|Is my model broken|Does my CPU calculate wrongly] [when|if] [I see|it says|the shell prints] [Floating point exception|SIGFPE|136]?|llama runner process has terminated: signal: floating point exception[, on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|. Is it the model?|]"
      "|[Something divides by zero|The program divided by zero|It says divide error] [when I load the model|at the start|in the runner]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[dmesg|The kernel log] [shows|says] trap divide error [for llama-server|for ollama|in the runner]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|Floating point exception (core dumped) [is all I get|comes at once|is printed] [when I start a [1B|3B|7B|8B|13B|] model|on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|with that one file]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[What makes|How can] a [model|GGUF file|runner] [end with|cause|stop with] [136|SIGFPE|an arithmetic error|a division by zero]?"
      "|My [script|service] [says|reports] [exit code 136|status=8/FPE|SIGFPE][ for the model server| for llama-server|]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]",
      "SIGFPE (exit code 136) is an arithmetic error, mostly a division by zero. With a model it often means a damaged file." },
    { CODE, "[exit code 137|exit status 137|return code 137|SIGKILL|signal 9|signal: killed|Killed]", "[Why was my process [K|k]illed?|Why did Linux kill my model?|Who killed my process?|why was my model killed?|What does Killed mean?]",
      "[[ollama|llama.cpp|the server|the model|LM Studio] [suddenly|always|now|] [says|ends with|shows|dies with] [signal: killed|Killed|137]|the program [quits|stops|dies|ends] with [137|Killed|signal 9|SIGKILL] [all the time|at once|]|signal: killed[, what is going on here?|]|it just says Killed [and nothing else|]|my terminal [only|just] [shows|prints] Killed|Linux killed the [model|process|program|runner]|somebody killed my process with signal 9|llama runner process has terminated: signal: killed"
      "|[I start it|I run it|It starts], [a few seconds pass|the fan gets loud|it loads and loads], [and then Killed|and the shell prints Killed|and all I see is Killed]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[On my Raspberry Pi|On my small VPS] with [2|4|8] GB every [7B|13B|bigger] model [ends with|stops with|is] Killed. [What can I change?|Is the memory too small?|Why?]"
      "|I started a [13B|30B|70B|7B|big|] model on my [server|[laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|Raspberry Pi], [went for coffee|had lunch|went to bed|did something else], and when I came back the terminal [only said|just said|showed|said] Killed[. What happened?|. Who did that?|. Why?|]"
      "|[I have|My [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] has] [8|16|4] GB of RAM and [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]; [as soon as|when|a minute after] I [load|start|open] a [13B|30B|large|] model, [the program is gone and it says Killed|it ends with Killed|the last line is Killed|I get 137]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[It loads for a while|It loads up to 90 percent|The computer becomes very slow|Everything freezes for a minute], then [there is only the word Killed|it prints Killed|it says Killed][ and I am back at the prompt| and the prompt is back|]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|My [script|service|cron job] [reports|says|shows] [exit code 137|status=9/KILL|code=killed, status=9] [for the model server|for ollama|for llama-server|for llrun]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Is my model broken|Is it a bug|Is my RAM too small] [when|if] [it only says|the terminal says|the last line is] Killed?"
      "|[There is no error message|No error at all], [just|only] [the word Killed|a single word: Killed|Killed and then the prompt]. [Why?|What happened?|Where is the reason?]|[How do I prevent|How can I avoid|What helps against] [the Killed|being Killed|exit code 137|the signal 9|getting Killed][ on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| on my Raspberry Pi| with a 13B model|]?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [worked with a small model|ran well with 3B], but [with the 13B|with the big one|with a long context] [it gets killed|I see Killed|it ends with signal: killed|it ends with 137]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Nobody touched it|I did not kill it|I am the only user of this machine], [but|yet] [the process was killed|it says Killed|it ended with 137|it got a SIGKILL]. [Who was it?|What killed it?|Why?]|[137 or 139|139 or 137|137 or 143], which one [means that the memory ran out|says that memory was short|is about too little RAM]?]",
      "Exit code 137 (Killed) means that the system ended the process, nearly always because memory ran out. Use a smaller model, a smaller context with -c, or --kv q8_0." },
    { CODE, "[exit code 139|exit status 139|return code 139|SIGSEGV|signal 11|segmentation fault|Segmentation fault (core dumped)|a segfault]", "Why does my model segfault?",
      "[the program [quits|stops|dies|crashes] with [139|a segfault|SIGSEGV|signal 11] [all the time|at once|]|[ollama|llama.cpp|LM Studio] [crashes|dies] with [a segfault|139|SIGSEGV]|segfault [at start|while loading|after some tokens]|signal: segmentation fault (core dumped)"
      "|[I was chatting with a [1B|3B|7B|8B|13B|] model on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|Yesterday everything was fine on my [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|I loaded a [1B|3B|7B|8B|13B|] model in [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]] and [suddenly|after ten minutes|then] [it was gone with|it ended with|there was] [a segfault|Segmentation fault (core dumped)|139|SIGSEGV]. [Is my RAM broken?|What can I do?|Why?]"
      "|llama runner process has terminated: signal: segmentation fault[, on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|. The model worked last week|. Is it a bug?|]|[dmesg|The kernel log] [shows|says] segfault at [0|10|7f21] ip [for llama-server|for ollama|in libggml.so|in libcuda.so]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Is my RAM|Is my memory module|Is my hardware|Is the model file] [broken|bad|defective] [when|if] [I see|it says|the shell prints] [a segfault|Segmentation fault|SIGSEGV|139]?"
      "|[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] [crashes|dies] [with a segfault|with Segmentation fault|with 139|with signal 11] [as soon as I send a long text|with a large context|after the update|every second time]. [How do I get rid of it?|Is it a bug?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]"
      "|Segmentation fault (core dumped) [is all I get|comes at once|appears after some time] [when I start a [1B|3B|7B|8B|13B|] model|on my Mac|on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|My [service|script] [reports|says] [exit code 139|status=11/SEGV|signal 11] [for the model server|for ollama|for llama-server]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Can I do anything|Should I update|Should I report a bug] [when|if] it [segfaults|ends with a segfault|ends with 139|dies with SIGSEGV]?"
      "|Since the last update the [runner|server|program] [segfaults|has a segmentation fault|ends with 139|gets signal 11] [when I open my model|while it is writing|with every model]]",
      "SIGSEGV (exit code 139) is a segmentation fault: the program touched memory that is not its own. It is a bug in the program; update it, or try a smaller context." },
    { CODE, "[exit code 127|exit status 127|command not found]", "Why does the shell not find the command?",
      "[the shell [says|prints] command not found|bash: llrun: command not found|[127|code 127] when I type llrun|llrun is not found|it does not know the command llrun"
      "|[I built llrun|I unpacked llrun|I downloaded llrun][ on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| to my home folder|], [typed llrun|entered llrun run model.gguf], and [the shell says command not found|bash does not know it|got command not found]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[The file is in this folder|I see llrun with ls|It is right here in the folder], but [typing llrun|the command llrun] [gives|ends with|says] [command not found|127]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|My [cron job|script|service|systemd unit] [fails with|ends with|reports] [127|exit code 127|command not found][, although it works by hand|. Is the path wrong?|]"
      "|[zsh: command not found: llrun|sh: 1: llrun: not found|bash: ollama: command not found|zsh: command not found: llama-cli][, what now?|, how do I fix it?|. Why?|]|[Do I have to|Must I|Should I] [type ./ before the name|add it to the PATH|give the whole path] [when the shell does not find it|if I get 127|if it says command not found]?|[How do I tell|How can I teach] the shell [where llrun is|where to find the program|the way to llrun]?"
      "|[Is the program|Is llrun] not installed [if|when] [I get 127|the shell says command not found|the command is not found]?|[the term llrun is not recognized|llrun is not recognized as a command] [on [Windows 10|Windows 11|Windows]|in PowerShell|]]",
      "Exit code 127 means that the shell did not find the command. Check the path, for example ./llrun instead of llrun." },
    { CODE, "[exit code 126|exit status 126|permission denied when I start it]", "Why can the program not be executed?",
      "[bash: ./llrun: permission denied|[126|code 126] when I start it|permission denied [on|for] ./llrun|cannot execute binary file"
      "|[I downloaded|I copied|I unpacked] [llrun|the program|a binary][ on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| to a USB stick| to my Raspberry Pi|], and [when I start it|on ./llrun] [I get permission denied|the shell says permission denied|it ends with 126]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|cannot execute binary file: Exec format error[ on my Raspberry Pi| on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| on my Mac|][, what is wrong?|. Why?|]|[The file is there|ls shows the file], but [Linux|the shell|bash] [does not let me start it|refuses to run it|says permission denied][. How do I make it executable?|. What is missing?|]|[Do I need|Should I use|Will it help to use] chmod [+x|] [when|if] [I get 126|it says permission denied at the start|the program cannot be executed]?"
      "|[I took the x86 build|I took the ARM build|I used the file from my PC] [on a Raspberry Pi|on another machine] and it [cannot be executed|ends with 126|says Exec format error]|[How do I make|How can I make] [the downloaded file|llrun|the binary] executable?|My [cron job|script|service] [fails with|ends with|reports] [126|exit code 126][. Are the rights wrong?|. Why?|]|[126 or 127|127 or 126], which one [means that the file cannot be executed|is about permissions|is about chmod]?]",
      "Exit code 126 means that the file cannot be executed. Try chmod +x, and check that it was built for this system." },
    { CODE, "[exit status 2|runner terminated with exit status 2|llama runner process has terminated: exit status 2]", "[Why did the Ollama runner end with exit status 2?|What is a Go panic?]",
      "[llama runner process has terminated with 2|ollama [says|shows] exit status 2|the runner of ollama [died|ended|crashed] with [status 2|exit status 2|2]|error: llama runner process has terminated: exit status 2|goroutine panic in ollama"
      "|I [asked Ollama|used Ollama|told ollama run] [to load a [1B|3B|7B|8B|13B|] model|for a summary|with a big model] on [my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|[Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|[Windows 10|Windows 11|Windows]] and got: llama runner process has terminated: exit status 2[. Is my memory too small?|. What is wrong?|]"
      "|Ollama [worked|was fine] [last week|before the update|with small models], now [the runner ends with exit status 2|it says exit status 2|I get exit status 2 from the runner]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|Error: 500[ Internal Server Error|]: llama runner process has terminated: exit status 2[. Help!|. What now?|]"
      "|[The log of Ollama|server.log of Ollama|journalctl -u ollama] [shows|has|says] [panic: runtime error|goroutine 1 running|a Go panic][ and exit status 2| and then the runner is gone|]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Open WebUI|My browser|The Python client] [shows|says|reports] that the [Ollama|llama] runner [process has terminated|was terminated|ended] with exit status 2. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Where do I find the reason for|Where do I look after|What should I read after] exit status 2 [of|in|from] Ollama?|[Is a Go panic|Is exit status 2] [in|of] Ollama [a bug|about memory|my fault|dangerous]?"
      "|ollama run [llama3|qwen3|mistral|gemma3] [ends|fails|stops] with exit status 2 [all the time|on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|since the update|]|[Does the Go program of|Did the runner of|Why does the runner of] Ollama [panic|crash] with [status 2|exit status 2]?]",
      "Exit status 2 of the Ollama runner is a panic of its Go program. The log above it shows where; often memory was short." },
    { TROUBLE, "[the OOM killer ended my model|dmesg says out of memory|dmesg shows oom-kill|the kernel says Out of memory: Killed process]", "What is the OOM killer?",
      "[[dmesg|the kernel log|journalctl] [shows|says|has] [oom-kill|Out of memory|the OOM killer|an OOM kill]|[OOM|oom killer|oom-killer] [in the log|in dmesg|on Linux|]|Out of memory: Killed process [1234|4711|ollama|llrun|]|does the kernel kill programs when memory is short?"
      "|[I looked into dmesg|I read the kernel log|I opened journalctl] [after the crash|after my model was gone|] and [found|there was|saw] [Out of memory: Killed process [1234|2087|4711] (ollama)|oom-kill: task=ollama|ollama invoked oom-killer|something about an OOM killer]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[My [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|The server] [has|with] [8|16|32] GB [and|runs [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS] and] the OOM killer [strikes|comes|ends my model] [every time|whenever I load a 13B model|at night]. [What helps?|How do I stop that?|]|[Can I|Should I|How do I] [turn off|disable|avoid|keep away] the [OOM killer|oom-killer][ on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]| on Linux|]?"
      "|[Out of memory in dmesg|oom_reaper in dmesg|oom-kill in the journal], [is my RAM broken?|is that a bug of Linux?|what should I do?|what does Linux do there?]|[How does Linux decide|Why did Linux decide] [which program is ended|to end my model|to end the largest process] when [memory is short|the RAM is full|nothing is left]?|[ollama|llama-server|python|koboldcpp] invoked oom-killer[: gfp_mask=0x140dca|, says dmesg|, what is that?]"
      "|[systemd-oomd killed|earlyoom ended|The kernel OOM killer took] my [terminal|session|model|server]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Somebody told me to look for|What does it mean to find|I should look for] the OOM killer in [the log|dmesg|journalctl][. What is that?|, and there it is|?]]",
      "The OOM killer of Linux ends the largest process when memory runs out. Use a smaller model or context, and look with llrun plan before you start." },
    { TROUBLE, "[my container is killed|Docker kills my model|the container gets OOMKilled|the pod is OOMKilled]", "What does OOMKilled mean?",
      "[[Why do I get|I get] [137|Killed|OOMKilled] [inside|in|with|from] [docker|a container|kubernetes|the container|a pod|podman]|[docker|podman|kubernetes|the container] [stops|ends|dies|exits] with [137|OOMKilled]|[137|Killed] in [docker|a container|kubernetes]|my docker container [dies|stops|ends] when the model loads|memory limit of [docker|the container|the pod]"
      "|[I run [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui] in Docker|I run the model in a container|My model runs in Kubernetes] on a server with [64|128|32] GB, [but|yet] the container [is killed|ends with 137|dies] [although the host has enough memory|with lots of free memory on the host|when the model is loaded]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|kubectl describe pod [shows|says] [Reason: OOMKilled|OOMKilled, exit code 137|Last State: Terminated, OOMKilled]. [How do I fix that?|[What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]|docker [ps|inspect|logs] [shows|says] [Exited (137)|OOMKilled: true] for [my model container|ollama|the llama.cpp container]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[How do I give|How can I give|Can I give] [a container|my container|Docker|the pod] more [memory|RAM][ for a model|]?|[Outside of Docker|Without the container|On the host] the model [runs|works|fits], [inside|in the container] it [gets Killed|ends with 137|is killed]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|Docker Desktop on [my Mac|[Windows 10|Windows 11|Windows]] [kills|stops|ends] the container [when the model loads|with 137|as soon as I load a [1B|3B|7B|8B|13B|] model]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Is the limit of my container|Is the memory limit of the pod] too [small|low] [if|when] [it ends with 137|it is OOMKilled|the model is killed inside]?"
      "|My [compose file|pod|container] has [a limit of 4 GB|mem_limit: 4g|a memory limit] and the model [is killed|ends with 137|never gets through loading]]",
      "The container reached its memory limit, although the host may have more. Raise the limit with --memory, or use a smaller context or model." },

    /* --- CPU --- */
    { NOUN, "[AVX|AVX2|AVX and AVX2]", "[Why do programs need AVX?|What is AVX good for?]",
      "[What does AVX do for me?|why is everybody talking about AVX2|is AVX2 important for models?|advantages of AVX2"
      "|[I read everywhere that|Somebody said that|A forum says that] [programs|models|runners] need [AVX|AVX2]. [What is that?|What is it for?|What does it do?]|[What is the difference between|How do they differ,] AVX and [AVX2|normal instructions|SSE2]?|[Which CPUs have|Since when is there] [AVX|AVX2], [and what is it good for?|and what does it bring?|and why does it matter?]"
      "|[What happens|What do I see] [if a program uses|when a program uses] [AVX|AVX2] [on a CPU that does not have it|on a CPU without it]?|[How much|Why] does [AVX|AVX2] [speed up|help|matter for] [a language model|models|local models]?|[I want to buy a used [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|I am looking for a cheap computer] for models. [Why should it have AVX2?|Is AVX2 worth it?|What is AVX2 good for?]"
      "|[Explain to a beginner what|In simple words, what is|For a beginner, what is] [AVX is|AVX|AVX2 is|AVX2|the thing called AVX]?|[The page of the model says AVX2|The system requirements say AVX2|LM Studio lists AVX2 as a requirement][. What is it?|, what is meant?|. What does it mean?]]",
      "AVX and AVX2 are instructions that calculate with 8 numbers at once. They make models faster; a program that uses them on a CPU without them stops with an illegal instruction." },
    { TROUBLE, "[my CPU has no AVX|my CPU does not support AVX|my old computer has no AVX|CPU does not have AVX]", "[Does llrun need AVX?|Does llrun run without AVX?|Can I run a model without AVX?|Do I need AVX2?|Does it work on an old CPU?]",
      "[My [processor|CPU|computer] is [very|quite|] old and [knows|has] no AVX. Will llrun work?|no AVX on my [CPU|laptop|processor|Pentium|Celeron][, does it run?|, can I still use it?|]|will it [run|work|start] on a [very old|2009|15 years old|weak] [processor|CPU|PC|laptop]?|[old|ancient] [CPU|processor|hardware] without AVX|is there a problem if my CPU [does not know|lacks] AVX?"
      "|I have [an i5-760|an old ThinkPad|a Core 2 Duo|a Xeon X5650|a Phenom II|a Pentium N4200|a Celeron from 2012|a PC from 2009][ at home| in the cellar|], [will llrun run on it?|can I use llrun with it?|is that enough for llrun?|does llrun work there?]|[LM Studio|Ollama|GPT4All|Jan] [tells me|says] that my CPU [has no AVX2|has no AVX|is not supported because AVX is missing|lacks AVX]. [Is there a program that works anyway?|What else can I use?|What can I do?|Will llrun work?]"
      "|[What does llrun do|What happens in llrun|How does llrun behave] [on a CPU without AVX|if there is no AVX|when AVX is missing|on a CPU with only SSE2]?|[Is my CPU too old|Is my processor too old|Is a machine from 2008 too old] for llrun?|[What are the|Which] [CPU requirements|requirements for the processor|minimum CPU requirements] [of|does|for] llrun[ have|]?|[Do I have to buy|Do I need] a [new|newer|better] [CPU|computer] [because|if|when] [mine|my old one] has no [AVX|AVX2]?"
      "|[How much slower|Is it much slower|Does it get slower] [is llrun without AVX|if my CPU has no AVX|without AVX2]?|[Which runner|Which program|What software] [works|runs a model] on [a CPU|an old PC|a processor] [without AVX|that has no AVX|that knows only SSE2]?|I would like to [use|run] [a small model|a 1B model|a language model] on my [grandfather's PC|old netbook|2009 laptop], which has no [AVX|AVX2]. [Is there hope?|Is it possible?|What can I do?]]",
      "llrun does not need AVX. It looks at the CPU when it starts and uses what is there, from SSE2 to AVX-512; without AVX it is only slower." },
    { NOUN, "[AVX-512|AVX512]", "[Do I need AVX-512?|Is AVX-512 faster?]",
      "[does AVX-512 [help|make it faster|pay off]?|my CPU has AVX-512, is that good?|is it worth buying a CPU with AVX-512"
      "|[I could buy|I am thinking about] a [used server|Xeon|Ryzen 9|new CPU] with [AVX-512|AVX512]. [Will it be faster?|Is it worth it?|How much does it bring?|Does it help with models?]|[How much faster|Is it really faster, or how much faster] [is|gets] [a model|llrun|the prompt] with [AVX-512|AVX512]?|[Why is AVX-512 not|Why is AVX512 not] [twice as fast as|faster than|much better than] AVX2[ when writing| for generation|]?"
      "|[AVX2 or AVX-512|AVX-512 or AVX2|AVX-512 against AVX2], [what is the difference?|which is better for models?|does it matter?]|[My Ryzen|My Xeon|My new CPU|My i9] [knows|has|supports] [AVX-512|AVX512], [does the model profit from it?|what do I gain?|what is it good for?]|[Does|Will] [AVX-512|AVX512] [give me|bring] more [tokens per second|speed|tokens]?|[What do 512 bit instructions|What do 512 bit vectors] [bring|do|change] for [language models|a model|the speed]?"
      "|[Should I switch on|Should I enable] [AVX-512|AVX512] [in the BIOS|for my models|to make models faster]?]",
      "AVX-512 calculates with 16 numbers at once. It helps with long prompts; when writing text the memory is the limit, so it changes little." },
    { NOUN, "[a kernel tier|an ISA tier|a tier of llrun]", "[Which tiers does llrun have?|Which instruction sets does llrun support?]",
      "[which kernels are built in?|list of kernel tiers|what are ssse3, avx2 and avx512 in llrun?|names for --isa"
      "|[The log of llrun|The output of llrun|llrun] [says|mentions|prints] [tier avx2|tier sse2|a tier|tier avxvnni], [what is meant?|what is a tier?|what is that?]|[How does llrun choose|How does llrun pick|How does llrun decide on] [its kernels|the tier|between its kernels]?|[What is the difference between|How do they differ:] the tiers [sse2 and avx2|avx and avx2|avx2 and avxvnni|scalar and sse2] [in|of] llrun?"
      "|[What does avxvnni mean|What is scalar|What is the avxvnni tier|What is the scalar tier] in llrun?|[Which tiers|Which kernels|Which variants of its code] [are there|exist|are built in] [in|for|inside] llrun?|[How many tiers|How many kernel sets|How many versions of its kernels] does llrun [have|contain|bring]?"
      "|[Is there only one program for all CPUs|Does one binary of llrun work for all CPUs|How can one llrun run on all CPUs], [how does it pick its kernels?|or are there several sets of kernels?|what about the kernels?]|[the word tier|the term kernel tier] in [the manual of llrun|the help of llrun|llrun cpu], [what does it stand for?|please explain]]",
      "A tier is a set of kernels for one instruction set: scalar, sse2, ssse3, avx, avx2, avxvnni or avx512. llrun chooses the best that the CPU can run." },
    { TASK, "[choose the instruction set|force another kernel tier|use other CPU instructions|run without AVX2|force sse2]", "What does --isa do?",
      "[I want llrun to use only [SSE2|AVX|AVX2|scalar|SSSE3] [kernels|instructions|code|]|[make|let] llrun [use|run with] [sse2|avx2|avx|scalar code] [only|]|disable [AVX2|AVX-512|AVX] [in llrun|]|switch off AVX-512|how to test the sse2 kernels"
      "|[I would like to compare|For a test I want to compare] [AVX2 with SSE2|the tiers|AVX with AVX2][ on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]| in llrun|]. [How do I select one?|How do I choose one?|Which flag is it?]|[llrun takes AVX2 by itself|It chooses avx512 on its own], [but I want another one|but I want sse2|can I tell it to use avx2 instead?]"
      "|[How do I tell|Can I tell|How can I tell] llrun [which kernels to use|which instruction set to take|to pretend to be on an old CPU|not to use AVX2|to stay with SSE2]?|[My CPU gets hot|The clock drops|It throttles] with AVX-512, [how do I turn it off in llrun?|can llrun use avx2 instead?|can I choose AVX2?]|[Which values|Which words] [does --isa take|can I give to --isa|are allowed after --isa]?|[What happens|What will I get] [with|if I use|when I write] --isa avx2?"
      "|[Is there a flag for the|Which option sets the|What option is there for the] [instruction set|CPU tier|kernel tier|kernels][ of llrun| in llrun|]?|[select|pick|set] the [kernel tier|tier|instruction set] by hand [in llrun|on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|]]",
      "Use --isa NAME, for example --isa sse2 or --isa avx2. The names are shown by llrun cpu; one that your CPU cannot run is refused with exit code 6." },
    { TASK, "[see what my CPU can do|see which instructions are used|list the CPU features|find out which tier is chosen]", "What does llrun cpu do?",
      "[what instructions does my [processor|CPU] support?|does my CPU have AVX2?|which kernels would be used on my machine?|show me the features of my processor"
      "|[How do I find out|How can I find out|How do I see|Where can I see] [whether|if] my [CPU|processor|[laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|i5-2400|Celeron] [has|supports|knows] [AVX|AVX2|AVX-512|VNNI]?|[I do not know|I have no idea|I am not sure] [what my processor can do|which instructions my CPU has|whether my CPU has AVX2|if my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] has AVX]. [How do I check?|Which command shows it?|Can llrun tell me?]"
      "|[Which command|What command] [shows|lists|prints|displays] [the CPU features|the abilities of my processor|the instruction sets of this machine|what the CPU supports]?|[Can llrun tell me|Does llrun tell me|Can I ask llrun] [what my CPU supports|which tier it uses|why it chose a tier|which features my CPU has]?"
      "|[Which tier|Which kernels|Which instruction set] [does llrun use|is llrun using|did llrun choose] [on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|here|on this machine], [and why?|how do I see it?]|[Check|Test|Show me] [if my CPU has AVX|the features of this CPU|what this processor can do]|[Before I start a model I want to know|I want to know] [what my CPU offers|whether AVX2 is there|which instructions this [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] has]."
      "|[Is there something like|Does llrun have something like] [lscpu|CPU-Z|a hardware check][ in llrun|]?]",
      "Run llrun cpu. It lists the CPU features and the kernel tiers, and says which one is chosen and why." },
    { TROUBLE, "[my virtual machine has no AVX|the VM does not show AVX|AVX is missing inside the virtual machine]", "Why is there no AVX in my VM?",
      "[[my|the] [VM|virtual machine|Proxmox guest|KVM guest|VirtualBox machine] [does not have|has no|lacks|hides] [AVX|AVX2]|AVX [is missing|does not show|is gone] in [Proxmox|KVM|VirtualBox|QEMU|my virtual machine]|inside a virtual machine the CPU features are missing"
      "|[I have|There is] [no AVX|no AVX2] in my [VM|guest|virtual server], but [the host CPU supports it|the host has it|the real processor has it|on the host it is there]. [How come?|What do I set?|Why?]|[My host CPU|The host|The Proxmox host|My real CPU] [supports|has|knows] [AVX|AVX2], [but|yet] [inside the VM|in the guest|in my virtual machine] [it is missing|there is none|lscpu does not show it]. [Why?|How do I get it?|What can I do?]"
      "|[I rented|I have] a [cloud server|VPS|virtual server][ with a modern CPU|], and [lscpu shows no AVX|AVX is missing there|the model says no AVX]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[How do I pass|How can I pass|Can I pass] [AVX|AVX2|the CPU features] [through|on] to [a VM|my Proxmox guest|a KVM guest|the guest|VirtualBox]?"
      "|[The processor is new enough|My Ryzen surely has AVX2|The i7 has AVX2], but [Proxmox|VirtualBox|Hyper-V|QEMU|the VM] [does not show it|hides it|does not give it to the guest]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[Illegal instruction|An illegal instruction] only [inside the VM|in the virtual machine|in the Proxmox guest], on the host [it runs|everything works][. Is AVX hidden?|. Why?|]"
      "|[Which CPU type|What CPU type] [should I choose|do I set|do I need] in [Proxmox|QEMU|the VM settings|virt-manager] [for models|to get AVX|so that AVX2 is there]?|[lscpu|/proc/cpuinfo] in [the guest|my VM|the virtual machine] [says|shows] [QEMU Virtual CPU|kvm64|Common KVM processor][ and no AVX| without AVX2|]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]"
      "|[Why does [llrun cpu|lscpu] [show|list]|How come [llrun cpu|lscpu] [shows|lists]] no AVX in [my VM|Proxmox|the cloud server|the guest], [although|when] the host [CPU supports it|has it]?|[Does a VM|Does Proxmox|Does VirtualBox|Does a virtual server] [hide|take away|remove] [AVX|AVX2|CPU features]?"
      "|I [moved|put] [Ollama|my model server|llrun] into a VM on [Proxmox|an ESXi host|KVM], and now [it says that AVX is missing|AVX2 is gone|it does not see AVX]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]]",
      "A virtual machine often hides CPU features such as AVX, even if the host has them. Set its CPU type to host, or ask the provider; llrun works without AVX, only slower." },
    { TASK, "[set the number of threads|use more cores|use fewer threads|change the number of threads]", "What does -t do?",
      "[limit it to [4|two|8] [cores|threads]|how many cores are used[ by default|]?|it should use only [half of my|four|two] cores|use all my cores"
      "|[While a model is running I cannot work|My [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] becomes unusable|The fan is so loud] because it [takes|uses] [all cores|every core]. [How do I limit it?|How do I give it only 2 threads?|Can it use fewer?]|[How do I tell|Can I tell|How can I tell] llrun [to use only 4 threads|to use 8 cores|to leave some cores free|how many threads to use]?"
      "|[Which flag|What option|Which switch] [sets|is for|controls] the [threads|number of threads|number of cores]?|[What is the default|What does llrun take by default|How many does llrun start] for the [threads|number of threads]?|[I have a CPU with|My [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] has] [6|8|12|16] cores and llrun [uses only half of them|shows 50 percent load|seems not to use them all]. [How do I change that?|Which option is it?|]"
      "|[limit|reduce|raise|set] the [threads|CPU use|number of cores] [of llrun|in llrun] [to four|to 2|to 6|]|[Run llrun|Start the model] with [one thread|a single core|two threads|four threads][, how?|, which flag?|]|[Can I leave|How do I leave] [a core|two cores|some cores] free for [other programs|my work|the browser]?]",
      "Use -t N to set the number of threads. The default is the number of physical cores; more than that is usually slower." },
    { TROUBLE, "[more threads make it slower|it is slower with 16 threads|it is slow although all cores are busy]", "How many threads should I use?",
      "[[using|with] [all|] [32|16|24|64] threads [is|it is] slower than [with|using|] [8|4|6|half of them]|what is the best number of threads?|why is it slower with more [threads|cores]?|do more threads help?|hyperthreading makes it slower|should I use all my threads?"
      "|[I have a Ryzen with 8 cores and 16 threads|My Xeon has 12 cores and 24 threads|My CPU has hyperthreading]. [How many should I give to the model?|Which -t is best?|Should I use all of them?|What is the best setting?]|[I expected|I thought|I hoped] that [more threads|twice the threads|all threads] would be faster, but [it got slower|the speed went down|nothing changed]. [Why?|What is the reason?|]"
      "|[With -t 4 it is faster than with -t 16|With 6 threads I get more than with 12|Half the threads give more speed][, how can that be?|. Why?|, is that normal?]|[Does it make sense|Is it useful|Does it pay] to [use more threads than cores|use hyperthreads|give it all 32 threads]?"
      "|[All cores are at 100 percent|htop shows all cores at 100 percent|The CPU is at full load], [but the speed does not rise|but more threads bring nothing|yet adding threads does not help]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[What is a good value|Which value is best|What do you recommend] for [-t|the number of threads|threads][ on a [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]| on an 8 core CPU|]?"
      "|[physical cores or logical cores|cores or hyperthreads|threads or cores], [what should I count for -t?|which number do I take?|what counts for the number of threads?]|[Does the speed|Will the speed] [double|grow] [if I double the threads|with twice the threads]?]",
      "Use as many threads as physical cores, with -t. More threads only wait for each other and for the memory." },
    { TROUBLE, "[generation is slow|the model writes very slowly|I only get few tokens per second|it is too slow]", "[Why is it so slow?|How do I make it faster?|How can I get more tokens per second?]",
      "[It [only|just] [produces|writes|makes|gives] [two|one|3|few|a few] tokens [a|per] second[. What can be done?|]|the [text|output|answer] comes [very|so|too] slowly|how can I speed it up?|make it faster|why does every word take so long?|generation takes forever|only [1|2|3] tokens per second"
      "|[Everything is slow|It is slow|It is so slow|It runs, but slowly|My model is slow][ on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]| with [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]| since I use it without a graphics card|]. [Why?|What can I do?|How do I speed it up?|Is that normal?]|[Which|What] [option|setting|change] [makes it faster|gives more speed|speeds up the answers|helps most against slow answers]?"
      "|I have [an i5-2400|an old ThinkPad|a [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] with 16 GB|a Raspberry Pi 5|a Ryzen 5] and [[Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|a [1B|3B|7B|8B|13B|] model] [writes|produces|gives] only [one word per second|2 tokens per second|a few words a minute]. [What can I do?|Is that normal?|How can I speed it up?|Why?]"
      "|[Answers take minutes|I wait minutes for an answer|It types like a snail|Every answer takes ages|It is painfully slow][ on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]| with a [1B|3B|7B|8B|13B|] model| in [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|]. [What can be done?|Is there a trick?|How do I get it faster?|Why?]"
      "|[What limits|What decides|What determines] the [speed|generation speed|tokens per second][ of a model| on a CPU| on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|]?|[Would faster RAM|Would a faster CPU|Would a better processor|Does dual channel memory] [help|make it faster|speed it up]?|[Why are small models|Why is a small model|Why is q4_0] [so much|] faster[ than big ones| than a large one|]?"
      "|[Is there anything|What is there] I can [change|do|buy] [to make it write faster|for more speed|to get more tokens per second]?|The [CPU|processor] is [new|fast|good], [still|but still|yet] the [text|answer] [comes slowly|crawls|drips word by word]. [What does that mean?|What does it mean?|What is that?|Any ideas?|What should I do?|What now?|Why?|]|[A 13B|A 30B|A big] model [writes|answers] much [slower|more slowly] than a [3B|1B|small] one. Why?"
      "|[Which models are|Which type is|What kind of model is] [fast|quick|faster] on [a weak [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|a slow computer|an old CPU]?|[slow answers|slow generation|low speed|bad speed] [on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|with [Ollama|LM Studio|llama.cpp|koboldcpp|GPT4All|Jan|text-generation-webui]|on a CPU], [any tips?|what helps?|what to do?]]",
      "Writing text is limited by how fast memory is read: every token reads the whole model. A smaller model or a smaller type such as q4_0 is faster." },
    { NOUN, "[tokens per second|tok/s|the generation speed]", "How is speed measured?",
      "[what is a good speed?|how fast is 10 tokens per second?|how many tokens per second do I need?"
      "|[Everybody talks about|People always write|In reviews I read] [tokens per second|tok/s|t/s]. [What is that?|What does it mean?|How much is good?]|[Is|Are] [5|7|10|20|30] tokens per second [good|fast|enough|ok|a good value][ for chatting| for reading| on a [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|]?|[How many|What number of] tokens per second [is comfortable|is enough for reading|is as fast as I read|do people read]?"
      "|[What does|What is meant by] [tok/s|t/s|tokens per second] [in the output|in the last line|at the end of an answer|mean]?|[I get 12 tok/s|My [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] makes 9 tokens per second|It shows 15 tok/s], [is this a good number?|is that good?|how fast is that?]|[How fast do people read|How fast does a person read|What is reading speed], in tokens per second?"
      "|[Is a higher number of|Are more] tokens per second [better|always better], [and what is enough?|or what does it say?|how much do I need?]|[the unit|the number|the value] [tok/s|tokens per second][ explained|, what is it?|, what does it tell me?]]",
      "Tokens per second is how many tokens a model writes in a second. About 7 per second is as fast as people read; llrun bench measures it." },
    { TASK, "[measure the speed|benchmark a model|test how fast a model is]", "What does llrun bench do?",
      "[how fast is my machine?|find out the speed of my computer|a benchmark, please|compare the speed with the memory|time a model"
      "|[tokens per second|speed|tok/s]: how do I [measure|test|find out] [it|that][ with llrun|]?|[How do I measure|How can I measure|How do I find|How do I determine] [tokens per second|the tokens per second|the speed of a model|the tok/s|the generation speed][ with llrun| in llrun| on my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|]?"
      "|[I bought a new [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|I have new RAM|I changed the memory|I switched to dual channel] and [want to measure|want to know|would like to test] [how fast it is|how many tokens per second it makes|the speed]. [Which command?|How?|]|[Which command|What command] [measures|tests|shows|gives me] [the speed|tokens per second|prompt and generation speed|how fast a model runs]?"
      "|[I want to compare|How do I compare|I need to compare] [two machines|two computers|my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation] with a server|q4_0 and q8_0 in speed|the speed of two models].|[Is there something like|Does llrun have something like|What is the counterpart of] [llama-bench|a benchmark|a speed test][ in llrun|]?|[Can llrun|Does llrun] [measure|test|show] [tokens per second|its own speed|the speed|how fast my machine is]?"
      "|[How do I know|How can I see|How do I check] [whether|if] my [memory|RAM] [limits the speed|is the limit for the speed|slows the model down]?|[measure|benchmark|test|time] [tokens per second|the speed|the generation speed|prompt speed] [with llrun|using llrun|on [Ubuntu|Debian|Fedora|Linux Mint|Arch|Raspberry Pi OS]|on [Windows 10|Windows 11|Windows]]"
      "|[I would like some numbers|I need numbers|I want figures] [about|for|on] the speed of [my [laptop|ThinkPad|PC|home server|mini PC|Mac|workstation]|this machine|my model]. [How do I get them?|What do I run?|]]",
      "Run llrun bench MODEL. It measures prompt and generation speed, and compares them with what the memory can deliver." },

    /* --- memory --- */
    { TASK, "[use less memory|reduce the memory|save memory|run with little RAM|make it fit into memory]", "Which flags reduce memory?",
      "[I only have [4|2|6|8] GB [of RAM|of memory|][, what can I change so that it loads?|, what can I do?|]|it needs too much memory|how do I get it to fit into [4|8|16] GB?|[lower|shrink|cut] the memory [use|need|]|my computer has little [RAM|memory]|reduce the RAM usage|what can I do against exit code 5?]",
      "Use a smaller context with -c, a smaller cache with --kv q8_0, or a smaller model type such as q4_0. llrun plan shows what each would take." },
    { TASK, "[see how much memory a model needs|check if a model fits|know the memory before I start|find out if it will run]", "What does llrun plan do?",
      "[How can I [find out|see|know|check] [in advance|beforehand|before starting] [whether|if] a [13B|7B|70B|big|] [file|model] will [fit|run|work] [in|on] my [laptop|PC|machine|computer]?|will this model [run|fit] on my [machine|laptop|PC]?|how much memory will my model take?|calculate the memory of a model|is my RAM enough for this file?]",
      "Run llrun plan MODEL. It shows the memory for weights, KV cache and scratch, and whether it fits; exit code 5 means that it does not." },
    { TASK, "[start although the plan says it does not fit|ignore the memory check|run it anyway]", "What does --force do?",
      "[the plan says no, but I want to try|skip the memory check|start it although memory is short|override exit code 5]",
      "Use --force. llrun then starts although the memory plan says no; it may be very slow or be killed by the system." },
    { TASK, "[set the context size|make the context larger|change the context|use a longer context]", "[What does -c do?|What does --ctx-size do?]",
      "[how do I get a [longer|larger|bigger] context?|set the context to [16k|8192|2048]|which flag is for the context?|increase the context [length|size|window]|more room for the conversation|what is the default context?]",
      "Use -c N, for example -c 8192. A larger context takes more memory for the KV cache; the default is up to 8192 tokens, as far as they fit." },
    { NOUN, "[the context|the context size|the context length|a context window]", "What is a context of 4096?",
      "[how much can a model remember?|why does the model forget the beginning?|what does context length mean?|how long may my text be?|tokens the model can see at once]",
      "The context is how many tokens a model can see at once: the prompt and the answer together. A longer one takes more memory." },
    { NOUN, "[the KV cache|a KV cache|the cache for keys and values]", "[Why does the context take memory?|What is stored in the KV cache?]",
      "[what is KV?|what does KV cache stand for?|why is there a cache for the context?]",
      "The KV cache keeps the keys and values of all tokens seen so far, so that they are not computed again. It grows with the context." },
    { NOUN, "[the memory of a context|the size of the KV cache|the memory per token]", "[How much memory does a context take?|How much memory does the KV cache need?|How big is the KV cache?|How do I compute the KV cache?]",
      "[formula for the KV cache|calculate the size of the KV cache|how many bytes per token does the cache take?|memory per token of context]",
      "The KV cache takes 2 x layers x KV heads x head size x 2 bytes for each token in f16. For a typical 8B model that is 128 KiB per token, or 512 MiB for 4096 tokens." },
    { NOUN, "[the memory of 8192 tokens|a context of 8192|the cache of 8192 tokens]", "[How much memory does a context of 8192 take?|How much RAM do 8192 tokens need?]",
      "[How big is the [KV cache|cache|context] for [eight thousand|8000|8192|8k] tokens?|memory for [8k|8192|8000|eight thousand] tokens|[8k|8192] [of context|context] in [GB|memory|RAM]|what does a context of 8k cost?]",
      "For a typical 8B model with f16 cache, 8192 tokens take about 1 GiB. With --kv q8_0 it is about half." },
    { NOUN, "[the memory of 32768 tokens|a context of 32768|a context of 32k]", "[How much memory does a context of 32768 take?|How much RAM does a 32k context need?]",
      "[How big is the [KV cache|cache|context] for [32 thousand|32000|32768|32k] tokens?|memory for [32k|32768|32000] tokens|[32k|32768] [of context|context] in [GB|memory|RAM]|what does a context of 32k cost?]",
      "For a typical 8B model with f16 cache, 32768 tokens take about 4 GiB. With --kv q8_0 it is about half." },
    { TASK, "[make the KV cache smaller|compress the KV cache|use a q8_0 cache|halve the memory of the context]", "What does --kv q8_0 do?",
      "[Is there [some|a] [switch|flag|option] to make the [cache|KV cache|cache for the context] [half as big|smaller]?|a smaller cache for the context|store the KV cache in [8 bits|q8_0]|cut the [context memory|KV cache] in half|the KV cache is too big]",
      "Use --kv q8_0. The KV cache is then stored in 8 bits and takes about half the memory of f16, with almost the same quality." },
    { NOUN, "[the option --kv|--kv|the flag --kv]", "Which types does --kv know?",
      "[values for --kv|can the KV cache be f32?|which cache types are there?]",
      "--kv sets the type of the KV cache: f16 is the default, f32 is larger and exact, q8_0 takes about half of f16." },
    { NOUN, "[mmap|memory mapping|a memory-mapped file]", "Why does llrun map the file?",
      "[how does mmap work?|why does the model open so fast?|does llrun copy the file?]",
      "Memory mapping uses the file where it lies instead of copying it. Opening is instant, and the system can drop and read the parts again when memory is short." },
    { TASK, "[turn off mmap|read the file into memory|not use memory mapping]", "What does --no-mmap do?",
      "[load the whole file into RAM|do not map the file|copy the model into memory first]",
      "Use --no-mmap. The file is then read into memory instead of being mapped, which needs as much free memory as the file is large." },
    { TASK, "[keep the model in memory|lock the weights in RAM|stop the system from swapping the model]", "What does --mlock do?",
      "[prevent swapping|pin the weights|the model is swapped out|avoid that the weights leave the memory]",
      "Use --mlock. llrun then asks the system to keep the weights in memory; if that is refused, raise the limit with ulimit -l." },
    { TROUBLE, "[the RAM use looks low|the model does not show up in memory|top shows less memory than the file has]", "Why is the memory use so low?",
      "[top says it uses almost no memory|why does it use so little RAM?|htop shows only a few MB|the process looks small although the model is large]",
      "That is normal: the weights are mapped from the file and count as file cache, not as memory of the program." },
    { TROUBLE, "[the model is larger than my RAM|the file is bigger than my memory|my model does not fit into RAM]", "[Can I run a model that is larger than RAM?|What happens if the model is too big?]",
      "[Is it ok to use a [file|model] [larger|bigger] than my [memory|RAM]?|[file|model] of [20|40|30] GB with [8|16] GB of RAM|the model is [too big|too large] for my [RAM|memory|computer]|what if the file does not fit into RAM?|a big model on a small machine]",
      "It can run, because weights are mapped from the file, but it reads from the disk for every token and is very slow. A smaller model is better." },
    { NOUN, "[the memory of a 7B model|the size of a 7B model|the memory of an 8B model]", "[How much memory does a 7B model need?|How much RAM do I need for an 8B model?|How big is a 7B model?]",
      "[how many [gigabytes|GB] do I need for a [7|8] billion [parameter|] model|RAM for [7B|8B]|memory for a model with [7|8] billion parameters|how much does an 8B model take|will [7B|8B] run with [8|16] GB?|size of [7B|8B] files]",
      "A 7B or 8B model takes about 4 to 5 GB in q4_K_M, 8 to 9 GB in q8_0 and 14 to 16 GB in f16, plus the context." },
    { NOUN, "[the memory of a 70B model|the size of a 70B model]", "[How much memory does a 70B model need?|How much RAM do I need for a 70B model?]",
      "[how many [gigabytes|GB] do I need for a 70 billion [parameter|] model|RAM for 70B|memory for a model with 70 billion parameters|can I run 70B with [32|64] GB?]",
      "A 70B model takes about 40 GB in q4_K_M and 75 GB in q8_0, plus the context." },
    { NOUN, "[the memory of a 1B model|the size of a 1B model]", "[How much memory does a 1B model need?|Which model fits into 2 GB?]",
      "[how many [gigabytes|GB] do I need for a 1 billion [parameter|] model|RAM for 1B|a model for a very small machine|which model runs with 1 GB of RAM?]",
      "A 1B model takes about 0.7 GB in q4_0 and 1.1 GB in q8_0, plus the context. It runs on nearly every machine." },

    /* --- GPU --- */
    { CODE, "[CUDA out of memory|CUDA error: out of memory|cudaMalloc failed: out of memory]", "[Why is my GPU out of memory?|What if the VRAM is full?]",
      "[My [graphics card|GPU|video card] [runs|is|ran] out of memory[, what now?|]|[VRAM|GPU memory|the graphics memory] is [full|not enough|too small]|[CUDA|the GPU|cuda] [says|reports] out of memory|out of memory on the GPU|the model does not fit on my [graphics card|GPU]]",
      "CUDA out of memory means that the memory of the GPU is full. Put fewer layers on it with a smaller -ngl, use a smaller context, or close other programs on the GPU." },
    { CODE, "[no kernel image is available|CUDA error: no kernel image is available for execution on the device]", "Why does my old GPU have no kernel image?",
      "[no kernel image [for|on] my [graphics card|GPU|device|old card]|[CUDA|it] says no kernel image is available|my card is too old for this build|compute capability not supported]",
      "This message means that the program was not built for your GPU. Old cards need a build for their compute capability; otherwise use the CPU." },
    { CODE, "[CUDA driver version is insufficient|CUDA driver version is insufficient for CUDA runtime version]", "What if my driver is too old?",
      "[It tells me that the driver version is insufficient|[the|my] [NVIDIA|CUDA|] driver is too old|driver version insufficient for the runtime|do I have to update my NVIDIA driver?]",
      "The NVIDIA driver is older than the program needs. Update the driver or use a build for an older CUDA version." },
    { CODE, "[CUDA error 999|CUDA unknown error 999|CUDA unknown error]", "Why is the GPU lost after suspend?",
      "[After [waking|waking up|coming back] from [sleep|suspend], CUDA [gives|shows] [unknown error|error] 999|the GPU is gone after [sleep|suspend|standby]|after suspend CUDA does not work|unknown error 999]",
      "CUDA error 999 often comes after suspend. Stop the GPU programs and reload the module: sudo rmmod nvidia_uvm, then sudo modprobe nvidia_uvm." },
    { CODE, "[libcuda.so.1 not found|libcuda.so.1: cannot open shared object file]", "Why is libcuda not found?",
      "[libcuda.so.1 is missing|cannot open libcuda|it does not find the NVIDIA driver library|docker does not see the GPU|no libcuda in the container]",
      "libcuda.so.1 belongs to the NVIDIA driver. Install the driver; in Docker start the container with --gpus all." },
    { TASK, "[put layers on the GPU|use the GPU|move layers to the GPU|set the GPU layers]", "[What does -ngl do?|What does --n-gpu-layers do?]",
      "[how many layers should go to the GPU?|offload [layers|the model|everything] to the GPU|run it on my graphics card|use my NVIDIA card|which flag is for the GPU?]",
      "-ngl N sets how many layers go to the GPU, and the rest stays on the CPU. Use a smaller number when the GPU is out of memory." },
    { TROUBLE, "[the GPU is not used|my GPU does nothing|everything runs on the CPU]", "Why is my GPU not used?",
      "[my [graphics card|GPU|NVIDIA card] [is idle|sits idle|is not used|does nothing|stays at 0 percent]|it runs on the CPU instead of the GPU|only the CPU is busy|why is the GPU ignored?]",
      "The program was built without GPU support, or it found no driver or no free GPU memory. Look at its messages; --gpu require makes llrun fail instead of using the CPU." },
    { NOUN, "[VRAM|GPU memory|video memory]", "How is VRAM different from RAM?",
      "[what is the memory of a graphics card?|is VRAM the same as RAM?|what must fit into VRAM?]",
      "VRAM is the memory of the graphics card. Layers on the GPU, their KV cache and scratch space must fit into it." },

    /* --- types --- */
    { NOUN, "[quantization|quantisation|a quantised type|a quantized type|a quant]", "[Why are models quantised?|What are quants?]",
      "[what does quantised mean?|why are the files smaller than the original?|is quantisation bad?|how do weights get smaller?]",
      "Quantisation stores weights with few bits, in small groups that share a scale. The model gets smaller and faster and loses a little quality." },
    { NOUN, "[q4_0|Q4_0|the type q4_0]", "How many bits does q4_0 use?",
      "[bits per weight of q4_0|size of q4_0|how good is q4_0?|tell me about the 4 bit type]",
      "q4_0 stores 32 weights in 4 bits each with one scale: 18 bytes, or 4.5 bits per weight. It is simple, small and fast." },
    { NOUN, "[q4_1|Q4_1|the type q4_1]", "How many bits does q4_1 use?",
      "[bits per weight of q4_1|size of q4_1|how good is q4_1?|q4_0 or q4_1?]",
      "q4_1 stores 32 weights in 4 bits each with a scale and a minimum: 5 bits per weight. It is an older type." },
    { NOUN, "[q5_0|Q5_0|q5_1|Q5_1]", "How many bits does q5_0 use?",
      "[bits per weight of [q5_0|q5_1]|size of [q5_0|q5_1]|how good is [q5_0|q5_1]?]",
      "q5_0 and q5_1 store weights in 5 bits: 5.5 and 6 bits per weight with scales. They are older types; q5_K is usually better." },
    { NOUN, "[q8_0|Q8_0|the type q8_0]", "How many bits does q8_0 use?",
      "[bits per weight of q8_0|size of q8_0|how good is q8_0?|is q8_0 as good as f16?]",
      "q8_0 stores 32 weights in 8 bits each with one scale: 34 bytes, or 8.5 bits per weight. Its quality is almost that of f16." },
    { NOUN, "[q4_K_M|Q4_K_M|q4_K|Q4_K]", "[Is q4_K_M good?|Which quant is a good choice?]",
      "[bits per weight of [q4_K|q4_K_M]|size of q4_K_M|how good is [q4_K_M|q4_K]?|what does K_M mean?|quality of q4_K_M]",
      "q4_K_M uses mostly q4_K, which has 4.5 bits per weight, and q6_K for some tensors: about 4.8 bits. It is a good balance of size and quality." },
    { NOUN, "[q5_K_M|Q5_K_M|q5_K|Q5_K]", "How many bits does q5_K use?",
      "[bits per weight of [q5_K|q5_K_M]|size of q5_K_M|how good is [q5_K_M|q5_K]?]",
      "q5_K has 5.5 bits per weight; q5_K_M mixes it with q6_K. It is a little larger and better than q4_K_M." },
    { NOUN, "[q6_K|Q6_K|the type q6_K]", "How many bits does q6_K use?",
      "[bits per weight of q6_K|size of q6_K|how good is q6_K?|quality of q6_K]",
      "q6_K has about 6.6 bits per weight in blocks of 256. Its quality is close to q8_0, and it is smaller." },
    { NOUN, "[q2_K|Q2_K|the type q2_K]", "Is q2_K good?",
      "[bits per weight of q2_K|size of q2_K|how good is q2_K [compared to others|]?|is q2_K too small?|quality of q2_K]",
      "q2_K has about 2.6 bits per weight. It is very small, but the quality suffers; a smaller model in q4_K_M is often better." },
    { NOUN, "[q3_K|Q3_K|q3_K_M|Q3_K_M]", "How many bits does q3_K use?",
      "[bits per weight of [q3_K|q3_K_M]|size of q3_K|how good is [q3_K|q3_K_M]?]",
      "q3_K has about 3.4 bits per weight. Use it when q4_K_M does not fit; the quality is clearly lower." },
    { NOUN, "[iq4_xs|IQ4_XS|iq4_nl|IQ4_NL]", "How many bits does iq4_xs use?",
      "[bits per weight of [iq4_xs|iq4_nl]|size of iq4_xs|how good is [iq4_xs|iq4_nl]?]",
      "iq4_nl and iq4_xs store 4-bit indices into a table of uneven steps: 4.5 and 4.25 bits per weight. They are a little better than q4_0." },
    { NOUN, "[mxfp4|MXFP4|the type mxfp4]", "How many bits does mxfp4 use?",
      "[bits per weight of mxfp4|size of mxfp4|how good is mxfp4?|4-bit floats]",
      "mxfp4 stores 32 weights as 4-bit floats with one shared exponent: 4.25 bits per weight. Some models were trained for it." },
    { NOUN, "[f16|F16|half precision]", "How many bits does f16 use?",
      "[bits per weight of f16|size of f16|how good is f16?|what is half precision?]",
      "f16 is a float of 16 bits: 2 bytes per weight. It is the usual form before quantisation." },
    { NOUN, "[bf16|BF16|bfloat16]", "How is bf16 different from f16?",
      "[what's the difference between bf16 and [normal|] f16|bits per weight of bf16|bf16 or f16?|what is brain float?]",
      "bf16 is a float of 16 bits with the range of f32 and less precision than f16. Many models are trained in it." },
    { NOUN, "[f32|F32|single precision]", "How many bits does f32 use?",
      "[bits per weight of f32|size of f32|single precision floats]",
      "f32 is a float of 32 bits: 4 bytes per weight. In model files it is used for small tensors such as norms." },
    { TASK, "[choose a quant|choose the right type|find the best quantisation]", "[Which quant should I use?|Which type is best?|Which quantisation should I take?]",
      "[Which [quantised|] [file|quant|type|version] should a beginner [download|take|use]?|there are so many files, which one [do I take|should I download]?|which quantisation do you recommend?|best [file|quant|type] for [8|16] GB|q4 or q8?|what is the best quant?]",
      "Take the largest that fits into memory with your context. q4_K_M is a good start, q6_K or q8_0 are better, and below q4 the quality drops." },

    /* --- files and words --- */
    { NOUN, "[GGUF|a GGUF file|a .gguf file]", "What is in a GGUF file?",
      "[what is the ending gguf?|which format do the models have?|what does GGUF mean?|explain the file format]",
      "GGUF is a file format for language models. One file holds the metadata, the tokenizer and all weights." },
    { NOUN, "[llrun|this program|this engine]", "[What are you?|Who are you?|Who made you?|What can you do?]",
      "[tell me about yourself|introduce yourself|what is llrun good for?|are you ChatGPT?|which model are you?]",
      "llrun is a small engine in plain C that runs GGUF language models on any machine. I am a tiny model that comes with it: I tell stories and answer questions about running models." },
    { NOUN, "[a token|tokens|a token in a language model]", "How long is a token?",
      "[how many words is a token?|what are tokens?|how many letters does a token have?|is a token a word?]",
      "A token is a piece of text, often a word or a part of one. Models read and write tokens; in English one token is about four letters." },
    { NOUN, "[a tokenizer|the tokenizer]", "What does llrun tokenize do?",
      "[what is a tokenizer for?|how is text cut into tokens?|how do I see the tokens of my text?|what does a tokenizer do?]",
      "A tokenizer cuts text into tokens and gives each a number. It is part of the GGUF file; llrun tokenize shows the numbers." },
    { NOUN, "[a chat template|the chat template]", "Where is the chat template?",
      "[how does the model know who is talking?|what is ChatML?|what does --raw do?|how is a conversation given to the model?]",
      "A chat template writes a conversation as the text that a model was trained on. It is stored in the GGUF file; --raw does not use it." },
    { NOUN, "[perplexity|the perplexity of a model]", "Is a low perplexity good?",
      "[how do I measure the quality of a model?|which perplexity is good?|compare the quality of two files]",
      "Perplexity says how well a model predicts a text: lower is better. llrun perplexity MODEL -f FILE measures it." },
    { NOUN, "[the temperature|--temp|the option --temp]", "[What does --temp do?|Which temperature should I use?]",
      "[how do I make it more creative?|less random answers|what does the temperature do?|the answers are too wild|make it more predictable]",
      "The temperature says how bold the choice of tokens is. --temp 0 always takes the most probable one; 0.8 is the default, and higher values are more surprising." },
    { NOUN, "[top-k|--top-k|top-p|--top-p|min-p]", "What do --top-k and --top-p do?",
      "[what is nucleus sampling?|limit the choice of tokens|what do top_k and top_p mean?|what is min_p?]",
      "They limit the choice of the next token: --top-k to the N most probable, --top-p to the most probable that together reach p, --min-p to those near the best." },
    { TASK, "[get the same text every time|make the output repeatable|set the seed|always get the same answer]", "What does --seed do?",
      "[I'd like identical answers on each run|the answer is different every time|always the same [text|answer|story]|reproducible output|why is the text different each time?|no randomness, please]",
      "Use --seed N, or --temp 0, which always takes the most probable token. The same seed gives the same text." },
    { TROUBLE, "[the model repeats itself|it writes the same sentence again and again|the text runs in a loop]", "What does --repeat-penalty do?",
      "[The [answer|text|output] repeats [the same line|itself|one sentence] [forever|again and again|endlessly]|it says the same thing over and over|the model is stuck in a loop|endless repetition|it does not stop repeating]",
      "Try --repeat-penalty 1.1 or a higher temperature. A wrong chat template also makes models repeat themselves." },
    { TROUBLE, "[the model writes nonsense|the output is garbage|I only get strange characters]", "Why is the output garbage?",
      "[the [answer|text|output] is [complete|pure|] [nonsense|garbage|gibberish]|it [writes|prints] only [question marks|strange characters|nonsense]|weird characters in the answer|the answers make no sense]",
      "The file may be damaged, the chat template wrong, or the temperature too high. Compare the checksum of the file, and try --temp 0." },
    { TASK, "[limit the length of the answer|get a shorter answer|set the number of tokens|stop after 100 tokens]", "What does -n do?",
      "[How do I stop after [50|100|20|200] tokens?|the answers are too long|shorter answers, please|limit the output to [100|50] tokens|maximum length of the answer|it writes too much]",
      "Use -n N: at most N tokens are written. --stop TEXT ends the answer before a certain text." },
    { TROUBLE, "[my prompt is longer than the context|it says the prompt is too long|the prompt does not fit]", "What if the prompt is too long?",
      "[my [text|prompt|document] is too long|prompt longer than the context|it refuses my long [text|prompt]|too many tokens in the prompt]",
      "The prompt has more tokens than the context, and llrun ends with exit code 2. Use a larger -c, or a shorter prompt." },
    { TROUBLE, "[it says not a GGUF file|the file is not a GGUF|the magic number is wrong]", "[Why is my file not a GGUF?|What if I downloaded an HTML page?]",
      "[The loader says the magic is wrong|[invalid|bad|wrong] magic [number|]|it says that the file is no GGUF|my download is an HTML page|git lfs pointer instead of a model|I only downloaded a small text file]",
      "The file is something else, for example an HTML page, a Git LFS pointer or an old GGML file. Download it again from the real file link." },
    { TROUBLE, "[the file is truncated|the download is incomplete|a tensor ends past the end of the file]", "What if my download was cut off?",
      "[My download [stopped|ended|broke off] [at|after] [80|50|90] percent[, and now the file does not open|]|the file is [too short|incomplete|truncated|cut off]|[wget|curl|the browser] stopped before the end|half of the file is missing|tensor data is out of bounds|the network failed during the download]",
      "The file is shorter than its table says, so the download was cut off. Resume it or download it again, and compare the checksum." },
    { TROUBLE, "[the architecture is not supported|it says unknown model architecture|unsupported architecture]", "What if my model is too new?",
      "[unknown model architecture|the architecture is unknown|it does not know this model|the newest model does not load|is my model too new for this program?]",
      "The file is valid, but this version does not know its architecture. Update the program or choose another model; llrun ends with exit code 4." },
    { TASK, "[open a split model|load a model in several files|run a file named 00001-of-00003]", "What are split GGUF files?",
      "[my model has [several|3|many] [parts|files]|how do I open 00001-of-00005?|a model in parts|do I have to join the parts?|a shard is missing]",
      "Give the first file, the one with 00001-of in its name. The others must lie beside it; llrun finds them." },
    { TASK, "[look into a model file|see the metadata|see the tensors of a model]", "What does llrun show do?",
      "[what is inside my file?|which architecture does my file have?|list the tensors|print the metadata|what kind of model is this file?]",
      "Run llrun show MODEL. It lists the metadata and the tensors, and says what is supported." },
    { TASK, "[run a model|start llrun|start a model]", "What is the command to run a model?",
      "[how do I chat with a model?|how do I use llrun?|first steps with llrun|how does one start a model?|I downloaded a model, what now?]",
      "Run ./llrun run MODEL.gguf with your prompt after -p. All options are listed by llrun help run." },
    { TASK, "[build llrun|compile llrun|install llrun]", "What do I need to build llrun?",
      "[which compiler do I need?|how do I compile it?|does it need cmake or Python?|what are the dependencies?]",
      "Run make. You need only a C compiler and make; no other libraries and no special CPU." },
    { TASK, "[verify a download|compare the checksum|get the SHA-256 of a model]", "What does --checksum do?",
      "[is my download complete and correct?|check the sum of a file|which SHA-256 does my file have?|compare my file with the published checksum|was the file changed on the way?]",
      "Run llrun show --checksum MODEL. It prints SHA-256 sums of the file and of its tensors; compare the first with the published one." },
    { TASK, "[end llrun with my program|avoid orphaned processes|stop llrun when its parent ends]", "What does --die-with-parent do?",
      "[a runner is left behind and holds the memory|the process stays when my program crashes|an orphaned process holds the VRAM|kill the child when the parent dies|nothing should be left running]",
      "Start it with --die-with-parent. llrun then ends by itself when the process that started it ends, even by kill -9." },
    { TASK, "[find out what is wrong with my machine|check my system|decode an exit status]", "What does llrun doctor do?",
      "[something is wrong, but I do not know what|look at my log file|which tool explains error codes?|diagnose my computer|what does an unknown message mean?|a health check for my machine]",
      "Run llrun doctor. It checks CPU, memory, limits, GPU driver and ports, and says what to do; llrun doctor --explain WHAT decodes an exit status or a message." },
    { TASK, "[get exact float results|compute without rounding|check the results]", "What does --exact do?",
      "[is there a mode without rounding?|float32 everywhere|the slow reference mode|check whether the numbers are right]",
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

/* One question and its answer. */
static void make_question(rng *r, text *question, text *answer)
{
    const fact *f = PICK(r, facts);
    unsigned how;
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
    how = rng_below(r, 100);
    expand_all(question, r, how < 45 ? f->more : how < 60 ? f->question : asking[f->kind], &v);
    expand_all(answer, r, f->answer, &v);
    roughen(r, question);
}
#endif
